"""What stands between a vendor's program and the machine. Runs by itself, on the standard library alone.

The harness starts `keeper`, which locks itself in, starts the program and watches it until the end; see `keeper`.
"""
