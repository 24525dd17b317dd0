"""Standing on two legs: measure the body, plan where to push and step, turn it into joint targets."""
