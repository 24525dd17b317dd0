"""The program `pilotline VERB key=value ...`: a file per verb, settings composed by Hydra from `configs/`."""

from pilotline.benchmarks.cli.program import main

__all__ = ["main"]
