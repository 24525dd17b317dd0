"""What the words `launcher=NAME` and `launcher.PARAM=VALUE` ask for: who starts the runs of a sweep, through Hydra."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import Field

from pilotline.benchmarks.cli.errors import CommandError, one_line
from pilotline.benchmarks.cli.verb import DOT, Choice

KEY = "launcher"
PLACE = re.compile(rf"{KEY}\.([a-z][a-z0-9_.]*)")
"""Key that gives a parameter of Hydra's launcher a value."""

USAGE = f"{KEY}.PARAM=VALUE"
MEANING = "parameter of Hydra's launcher, such as launcher.n_jobs=4 or launcher.ray.init.address=auto"

_COMES_WITH = {"joblib": "pip install 'pilotline[sweep]'", "ray": "pip install hydra-ray-launcher"}


class LauncherChoice(Choice):
    """A launcher of Hydra and its parameters."""

    places: dict[str, str] = Field(default_factory=dict)

    @property
    def together(self) -> bool:
        """Whether it makes several runs at a time."""
        return self.name != "basic"

    def launch(self, task: Callable[[Any], Any], count: int, out: Path) -> list[Any]:
        """What a task gives for each number from 0 to `count` - 1; an exception where it raised one.

        Args:
          task: is given a configuration with the key `run`, the number; can be pickled.
          out: folder of the sweep.

        Raises:
          CommandError: a launcher that is not installed or does not come to its end, a parameter that it doesn't have.
        """
        from hydra import initialize_config_module
        from hydra._internal.callbacks import Callbacks
        from hydra.core.global_hydra import GlobalHydra
        from hydra.core.plugins import Plugins
        from hydra.errors import HydraException, MissingConfigException
        from hydra.types import HydraContext, RunMode
        from omegaconf.errors import OmegaConfBaseException

        # runs keep their own logs in folders of their own, and whatever this process logs with stays as it is
        words = [
            f"hydra/launcher={self.name}",
            "hydra/job_logging=none",
            "hydra/hydra_logging=none",
            "hydra.output_subdir=null",
            "hydra.job.chdir=false",
            f"hydra.sweep.dir='{out.resolve()}'",
            "hydra.sweep.subdir=.",
            *(_word(place.replace(DOT, "."), value) for place, value in self.places.items()),
        ]
        with initialize_config_module("pilotline.configs", version_base="1.3", job_name="sweep"):
            hydra = GlobalHydra.instance().hydra
            assert hydra is not None
            try:
                config = hydra.compose_config("train", words, RunMode.MULTIRUN, from_shell=False)
                context = HydraContext(hydra.config_loader, Callbacks())
                launcher = Plugins.instance().instantiate_launcher(context, task, config)
            except MissingConfigException:
                raise CommandError(
                    f"{KEY}={self.name}: Hydra's launcher is not installed; it comes with: {_COMES_WITH[self.name]}"
                ) from None
            except (HydraException, OmegaConfBaseException) as error:
                raise CommandError(f"{KEY}={self.name}: {one_line(error)}") from None
            try:
                returns = launcher.launch([[f"+run={number}"] for number in range(count)], 0)
            except Exception as error:  # of joblib or Ray: workers that died, a cluster that does not answer
                raise CommandError(f"{KEY}={self.name}: {type(error).__name__}: {one_line(error)}") from None
        # `return_value` would raise what a task raised
        return [each._return_value for each in returns]


def _word(place: str, value: str) -> str:
    """A parameter in Hydra's grammar; what goes to Ray has keys that Hydra does not know."""
    return f"{'++' if '.' in place else ''}hydra.launcher.{place}={value}"
