"""Environments of others, as `make peers` has measured them in installations of their own, to be shown beside ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class PeerError(ValueError):
    """A result file of peers that cannot be read."""


def read(path: Path) -> list[dict[str, Any]]:
    """A row for each of our environments in `result.json` of `make peers`, beside the peer it was paired with.

    Returns:
      Rows with `peer`, `ours` (name, num_envs, env_steps_per_s and peak_memory_mib each), `ratio` and `physics_ratio`
      (median, lowest, highest).

    Raises:
      PeerError: no such file, or another kind of file.
    """
    try:
        pairings = json.loads(path.read_text(encoding="utf-8"))["figures"]["pairings"]
        return [
            {
                "peer": _side(pairing["peer"]),
                "ours": _side(ours),
                "ratio": _spread(ours["ratio"]),
                "physics_ratio": _spread(ours["physics_ratio"]),
            }
            for pairing in pairings
            if "error" not in pairing
            for ours in pairing["ours"].values()
        ]
    except OSError as error:
        raise PeerError(f"peers={path}: {error.strerror}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise PeerError(f"peers={path}: not a result of `make peers`: {error!r}") from None


def _side(side: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": side["name"],
        "num_envs": side["num_envs"],
        "env_steps_per_s": side["env_steps_per_s"]["median"],
        "peak_memory_mib": side["peak_memory_mib"],
    }


def _spread(figure: dict[str, Any]) -> dict[str, float]:
    lowest, highest = figure["spread"]
    return {"median": figure["median"], "lowest": lowest, "highest": highest}
