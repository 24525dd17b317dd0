"""Learning to walk: a clock for the feet, networks that are the same on both sides, a critic that knows more."""
