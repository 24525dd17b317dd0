"""The program `pilotline VERB key=value …`: one file per verb in `verbs/`, settings composed by Hydra from `configs/`."""

from pilotline.benchmarks.cli.program import main

__all__ = ["main"]
