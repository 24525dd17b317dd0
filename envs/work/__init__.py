"""What the upper body does while the legs keep the balance: work motions, loads, pushes, uneven floor."""
