"""The command `pilotline` as a process of its own."""

import sys

PILOTLINE = (sys.executable, "-c", "import sys; from pilotline.benchmarks.cli import main; sys.exit(main())")
"""Words before those of the command line, wherever the package is installed."""
