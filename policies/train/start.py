"""A policy file that a training run begins from instead of from nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pilotline.envs.interface import Interface
from pilotline.policies.file import Contract, Layer, LayerError, Normalisation
from pilotline.policies.file.fit import FitError, Terms, fit
from pilotline.policies.file.graph import layers_of
from pilotline.policies.file.layers import check
from pilotline.policies.file.reading import read
from pilotline.policies.file.segments import (
    ClockSegment,
    EntrySegment,
    HeadingSegment,
    MemorySegment,
    PlaceSegment,
    PreviousSegment,
    Segment,
)
from pilotline.policies.file.words import segments
from pilotline.policies.train.learner import TrainError
from pilotline.policies.train.plan import Plan

TRAINERS = ("sb3_ppo", "sbx_ppo")
"""That can begin from a file: their actor is a chain of dense layers whose last one gives the mean action."""

_GENTLE = {"log_std_init": -2.5, "learning_rate": 1e-5, "critic_steps": 50_000}
"""For what can do something already: actions tried that are near its own (0.08 is their standard deviation, in a range
from -1 to 1), steps that are small beside that, and a critic that has learned before the actor follows it.

A step of Adam moves every weight by the learning rate, so the action of a network of some hundred units by hundreds of
times as much: 1e-3 and 1e-4 undid a clone at Reach within one leg."""


@dataclass(frozen=True)
class Start:
    """A policy file as the beginning of a run.

    Attributes:
      path: as it was given, for messages.
      sha256: of the file's bytes.
      contract: of the file.
      layers: from the normalised observation to the mean action; hidden ones, at least one, all with one activation.
      normalisation: of the file.
      reads: what the network takes, in the words of `reads=`.
    """

    path: str
    sha256: str
    contract: Contract
    layers: tuple[Layer, ...]
    normalisation: Normalisation
    reads: tuple[str, ...]

    @classmethod
    def of(cls, path: Path | str) -> Start:
        """Read a policy file.

        Raises:
          OnnxError: no such file, or one that is no policy file.
          TrainError: a network that no trainer here can begin from.
          ImportError: the package `onnx` is not installed.
        """
        file = read(path)
        contract = file.contract
        try:
            layers = layers_of(file.network.model, contract)
            check(layers, contract.inputs, contract.outputs)
        except LayerError as error:
            raise TrainError(f"start={path}: {error}") from None
        hidden = {layer.activation for layer in layers[:-1]}
        if len(hidden) != 1 or None in hidden or layers[-1].activation:
            told = ", ".join(str(layer.activation or "nothing") for layer in layers)
            raise TrainError(
                f"start={path}: after its layers come {told}; allowed: one activation, and nothing after the last"
            )
        if (normalisation := contract.normalisation) is None or normalisation.clip is None:
            raise TrainError(f"start={path}: its inputs are not cut off; allowed: a normalisation with clip")
        channels = [channel.name for channel in contract.action]
        reads = tuple(_word(segment, channels, path) for segment in contract.reads)
        return cls(str(path), file.sha256, contract, layers, normalisation, reads)

    def params(self) -> dict[str, Any]:
        """Parameters of the trainer that follow from the file, and those that are others with a file than without."""
        return {**self._shape(), **_GENTLE}

    def check(self, plan: Plan, here: Interface) -> None:
        """Refuse a plan in which the network would not be what it is in the file.

        Args:
          here: interface of the plan's station.

        Raises:
          TrainError: what differs, with both values.
          ReadsError: the plan reads an entry that the station does not have.
        """
        if plan.trainer not in TRAINERS or plan.params.get("gait"):
            what = "a gait" if plan.trainer in TRAINERS else f"trainer={plan.trainer}"
            raise TrainError(f"start={self.path} with {what}; allowed: {', '.join(TRAINERS)} without a gait")
        try:
            notes = fit(Terms(self.contract), here).notes
        except FitError as error:
            raise TrainError(f"start={self.path}: {error}") from None
        # what a file is adapted to where it is used would be learned as if it were so
        if notes:
            raise TrainError(f"start={self.path}: {notes[0]}; allowed: as in the file's training")
        if segments(here, plan.reads) != self.contract.reads:
            ours = "all entries" if plan.reads is None else ",".join(plan.reads)
            raise TrainError(
                f"start={self.path}: reads {','.join(self.reads)}, here reads={ours}; "
                f"allowed: the same entries, whole, in the same order"
            )
        for name, own in self._shape().items():
            given = plan.params.get(name)
            given = list(given) if isinstance(given, tuple) else given
            if given != own:
                raise TrainError(f"start={self.path}: {name} is {own} in the file, here {given}; allowed: the file's")

    def _shape(self) -> dict[str, Any]:
        hidden = self.layers[:-1]
        return {
            "net": [layer.weights.shape[1] for layer in hidden],
            "activation": str(hidden[0].activation).lower(),
            "clip_obs": self.normalisation.clip,
        }


def _word(segment: Segment, channels: Sequence[str], path: Path | str) -> str:
    """A segment in the words of `reads=`; parts and scales, which these cannot say, are compared by `Start.check`."""
    match segment:
        case EntrySegment():
            return f"{segment.entry}{_near(segment.within)}"
        case PreviousSegment(only=()):
            return "previous_action"
        case PreviousSegment():
            return f"previous_action:{channels[segment.only[0]].rpartition('_')[0]}"
        case HeadingSegment():
            return f"heading:{segment.heading}{_fold(segment.fold)}{_near(segment.within)}"
        case PlaceSegment():
            return f"{segment.place}@{segment.seen_from}{_fold(segment.fold)}{_near(segment.within)}"
        case MemorySegment(adds=True):
            timer = f":{segment.timer_s:g}" if segment.timer_s else ""
            return f"memory:{segment.memory}" + (f":{segment.whole}{timer}" if segment.whole else "")
        case ClockSegment():
            return f"clock:{segment.clock.period_s:.3f}".rstrip("0").rstrip(".")
    kind = type(segment).__name__.removesuffix("Segment").lower()
    raise TrainError(f"start={path}: reads a segment {kind}; allowed: entries and what `reads=` has words for")


def _fold(times: int) -> str:
    return f":{times}" if times > 1 else ""


def _near(within: float) -> str:
    return f"~{within:f}".rstrip("0").rstrip(".") if within else ""
