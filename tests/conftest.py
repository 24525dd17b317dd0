"""Settings of every test run: property tests ignore the clock, and MuJoCo draws without a window."""

from hypothesis import settings

from pilotline.benchmarks.cli.display import choose_backend

settings.register_profile("pilotline", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("pilotline")

choose_backend()  # before any test imports mujoco
