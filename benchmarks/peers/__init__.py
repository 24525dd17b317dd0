"""Our environments beside those of others, each in a Python environment of its own, in turns on one machine."""
