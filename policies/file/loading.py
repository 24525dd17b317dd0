"""From a path to a policy that works at a station."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pilotline.envs.interface import Interface
from pilotline.envs.station_batch import SetupError
from pilotline.policies import Policy, PolicyError, PolicyWarning
from pilotline.policies.file.card import CardError, read_card
from pilotline.policies.file.fit import Fit, FitError, Terms, fit
from pilotline.policies.file.learned import LearnedPolicy
from pilotline.policies.file.present import present
from pilotline.policies.file.reading import read
from pilotline.policies.file.session import Onnx, OnnxError
from pilotline.policies.guided import GUIDED, GuideError, Led, guide_of
from pilotline.robots import Robot

_TROUBLE = (CardError, FitError, GuideError, OnnxError, SetupError, ImportError)


@dataclass(frozen=True)
class Source:
    """Where a policy came from.

    Attributes:
      title: as its file says.
      robot, actuators: those that it was trained with; empty where that is not known.
      files: name and SHA-256 of the file, and of the network that a card names.
      notes: what is not here as it was in training, a line each.
    """

    title: str
    robot: str
    actuators: str
    files: tuple[tuple[str, str], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Opened:
    """A file that was read, its own or somebody else's."""

    source: Source
    control: str
    network: Onnx
    terms: Callable[[Interface], Terms]
    clip: float | None

    def fitted(self, station: str, robot: Robot, actuators: str) -> tuple[Interface, Terms, Fit]:
        """How it fits a station.

        Raises:
          FitError, SetupError: it does not.
        """
        here = present(station, robot, actuators, self.control)
        terms = self.terms(here)
        for what, count, wanted in (
            ("inputs", self.network.inputs, terms.contract.inputs),
            ("outputs", self.network.outputs, terms.contract.outputs),
        ):
            if count != wanted:
                raise FitError(f"its network has {count} {what}; allowed: {wanted}, as its contract says")
        return here, terms, fit(terms, here)


def check(path: str) -> None:
    """Refuse a file that can be used nowhere.

    Raises:
      PolicyError: what is wrong with it.
    """
    try:
        _open(path).network.session()
    except _TROUBLE as error:
        raise _refusal(path, error) from None


def load_file(path: str, station: str, robot: Robot, nsim: int, actuators: str) -> Policy:
    """The policy of a file at a station, serving nsim simulations; what is not as in training is warned of.

    Raises:
      PolicyError: a file that cannot be used, or not here.
    """
    try:
        opened = _open(path)
        here, terms, found = opened.fitted(station, robot, actuators)
        session = opened.network.session()
    except _TROUBLE as error:
        raise _refusal(path, error) from None
    for note in found.notes:
        warnings.warn(f"policy {path}: {note}", PolicyWarning, stacklevel=2)
    policy = LearnedPolicy(session, terms.contract, found, here, nsim, opened.clip)
    return Led(policy, guide_of(station, robot, nsim, actuators), nsim) if opened.control == GUIDED else policy


def source_of(path: str, stations: Sequence[str], robot: Robot, actuators: str) -> Source:
    """Where the policy of a file came from, with the notes of all stations.

    Raises:
      PolicyError: a file that cannot be used, or not at one of the stations.
    """
    try:
        opened = _open(path)
        notes = [note for station in stations for note in opened.fitted(station, robot, actuators)[2].notes]
    except _TROUBLE as error:
        raise _refusal(path, error) from None
    source = opened.source
    return Source(source.title, source.robot, source.actuators, source.files, tuple(dict.fromkeys(notes)))


def _open(path: str) -> _Opened:
    if path.endswith(".yaml"):
        foreign = read_card(path)
        card = foreign.card
        source = Source(card.title, card.robot, "", foreign.files)
        return _Opened(source, card.control, foreign.network, card.terms, card.outputs.clip)
    file = read(path)
    contract = file.contract
    source = Source(contract.title, contract.robot, contract.actuators, ((file.name, file.sha256),))
    return _Opened(source, contract.control, file.network, lambda here: Terms(contract), None)


def _refusal(path: str, error: Exception) -> PolicyError:
    text = str(error)
    return PolicyError(text if text.startswith(f"policy {path}") else f"policy {path}: {text}")
