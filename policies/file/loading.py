"""From a path to a policy that works at a station."""

from __future__ import annotations

import warnings

from pilotline.envs.station_batch import SetupError
from pilotline.policies import PolicyError, PolicyWarning
from pilotline.policies.file.fit import FitError, Terms, fit
from pilotline.policies.file.learned import LearnedPolicy
from pilotline.policies.file.present import present
from pilotline.policies.file.reading import read
from pilotline.policies.file.session import OnnxError
from pilotline.robots import Robot


def load_file(path: str, station: str, robot: Robot, nsim: int, actuators: str) -> LearnedPolicy:
    """The policy of a file at a station, serving nsim simulations; what is not as in training is warned of.

    Raises:
      PolicyError: a file that cannot be used, or not here.
    """
    try:
        file = read(path)
        here = present(station, robot, actuators, file.contract.control)
        session = file.network.session()
        found = fit(Terms(file.contract), here)
    except (FitError, OnnxError, SetupError) as error:
        raise PolicyError(_named(path, error)) from None
    except ImportError as error:
        raise PolicyError(str(error)) from None
    for note in found.notes:
        warnings.warn(f"policy {path}: {note}", PolicyWarning, stacklevel=2)
    return LearnedPolicy(session, file.contract, found, here, nsim)


def _named(path: str, error: Exception) -> str:
    text = str(error)
    return text if text.startswith(f"policy {path}") else f"policy {path}: {text}"
