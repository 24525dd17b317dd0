"""Imitation: demonstrations as a Minari dataset, and behaviour cloning from them.

`demos.Demos` is what was shown, `storage` writes and reads it, `cloning.Cloning` is the learner.
"""
