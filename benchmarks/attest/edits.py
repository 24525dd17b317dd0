"""Edit the files of a signed scorecard: `python -m pilotline.benchmarks.attest.edits RESULT.json [edits=200] [seed=0]`.

A small campaign with a policy file and a sealed seed is scored and signed. Then copies of its folder are edited, by
single bytes and by people who know how the files are made but have not the grader's key, and `pilotline verify
key=PUBLIC cycles=0` is asked. Last, cards are forged *before* an honest grader signs them: only running cycles again
finds those.
"""

from __future__ import annotations

import io
import json
import shutil
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from pilotline.benchmarks import evidence
from pilotline.benchmarks.attest import forgeries, seal
from pilotline.benchmarks.cli import main as pilotline

_EXAMPLE = Path(__file__).with_name("example.yaml")
_TRAIN = ("station=reach", "robot=fixed", "trainer=sb3_ppo", "nsim=8", "leg_steps=512", "steps=512", "nthread=1")


class Settings(BaseModel):
    """Keys of the command line."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    edits: int = Field(default=200, ge=1)
    forged: int = Field(default=10, ge=0)
    cycles: int = Field(default=8, ge=2)
    seed: int = Field(default=0, ge=0)


def run(settings: Settings, folder: Path) -> dict[str, Any]:
    """Sign a campaign and attack it; what was found, by kind of edit."""
    honest = _signed(settings, folder)
    if _status(honest, folder, "cycles=0")[0] or _status(honest, folder)[0]:
        raise evidence.EvidenceError("the card does not hold before it is edited")
    rng = np.random.default_rng(settings.seed)
    forger = forgeries.Forger(honest, folder / "forger", rng)
    kinds: dict[str, dict[str, Any]] = {}
    for k in range(settings.edits):
        name = forgeries.KINDS[k % len(forgeries.KINDS)]
        copy = _copy(honest, folder)
        forger.edit(name, copy)
        found, check = _status(copy, folder, "cycles=0")
        kind = kinds.setdefault(name, {"edits": 0, "found": 0, "by": {}})
        kind["edits"] += 1
        kind["found"] += found != 0
        kind["by"][check] = kind["by"].get(check, 0) + 1
    before = {"cards": settings.forged, "found_without_running": 0, "found_by_running_all": 0}
    for _ in range(settings.forged):
        copy = _copy(honest, folder)
        forger.before_signing(copy)
        _attest(copy, folder, "overwrite=true")
        before["found_without_running"] += _status(copy, folder, "cycles=0")[0] != 0
        before["found_by_running_all"] += _status(copy, folder)[0] != 0
    return {
        "edits": sum(kind["edits"] for kind in kinds.values()),
        "found": sum(kind["found"] for kind in kinds.values()),
        "kinds": kinds,
        "forged_before_signing": before,
    }


def _signed(settings: Settings, folder: Path) -> Path:
    """Train, score on a sealed seed, sign."""
    _quiet("train", *_TRAIN, f"out={folder / 'trained'}")
    policy = folder / "policy.onnx"
    shutil.copyfile(folder / "trained" / "last.onnx", policy)
    _quiet("key", f"out={folder / 'key'}")
    _quiet("seal", f"out={folder / 'seal'}")
    seed = seal.read_secret(folder / "seal" / seal.SECRET).seed
    words = ("station=reach", "robot=fixed", f"policy={policy}", f"cycles={settings.cycles}", f"seed={seed}")
    _quiet("score", *words, "video=false", f"out={folder / 'scored'}")
    policy.unlink()  # a policy is looked for beside the card when it is not where it was
    shutil.copyfile(folder / "trained" / "last.onnx", folder / "scored" / policy.name)
    _attest(folder / "scored", folder)
    return folder / "scored"


def _attest(campaign: Path, folder: Path, *words: str) -> None:
    key, secret = folder / "key" / "private.pem", folder / "seal" / seal.SECRET
    _quiet("attest", str(campaign / "scorecard.json"), f"dossier={_EXAMPLE}", f"key={key}", f"seal={secret}", *words)


def _copy(honest: Path, folder: Path) -> Path:
    copy = folder / "edited"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(honest, copy)
    return copy


def _status(campaign: Path, folder: Path, *words: str) -> tuple[int, str]:
    """Exit status of `pilotline verify` with the grader's key, and the check that failed."""
    out = folder / "checked"
    shutil.rmtree(out, ignore_errors=True)
    card, key = campaign / "scorecard.json", folder / "key" / "public.pem"
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        status = pilotline(["verify", str(card), f"key={key}", *words, f"out={out}"])
    result = out / "result.json"
    return status, json.loads(result.read_text())["figures"]["check"] if result.exists() else "not a scorecard"


def _quiet(*words: str) -> None:
    told = io.StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        status = pilotline(list(words))
    if status:
        raise evidence.EvidenceError(f"pilotline {' '.join(words)}: {told.getvalue()}")


def _all_found(found: dict[str, Any]) -> bool:
    forged = found["forged_before_signing"]
    return bool(found["found"] == found["edits"] and forged["found_by_running_all"] == forged["cards"])


def main(words: list[str]) -> int:
    """Write the result file; 1 where an edit was not found."""
    return evidence.main("attest.edits", words, Settings, run, _all_found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
