"""Where a model's file is: in MuJoCo Menagerie by name, or on disk beside its card.

Menagerie's folders come from the package `mujoco-menagerie` (extra `robots`): from `MENAGERIE_ROOT` where that is set,
else from its own download. Only the folder is asked for; the files are read from disk, because their base names may
repeat in different folders.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

from pilotline.robots.adapters.card import AdapterCard, FileModel
from pilotline.robots.adapters.errors import ModelError, nearest

MENAGERIE = "menagerie:"
ROOT_VARIABLE = "MENAGERIE_ROOT"


def model_file(card: AdapterCard, card_path: Path) -> Path:
    """Path of the model that an adapter card names. Raises ModelError where there is none."""
    if isinstance(card.model, FileModel):
        path = card_path.parent / card.model.file
        if not path.is_file():
            raise ModelError(f"{card_path.name}: model.file = {card.model.file!r}: no such file in {card_path.parent}")
        return path
    return menagerie_file(card.model.menagerie, card.model.entry)


def menagerie_file(name: str, entry: str | None = None) -> Path:
    """Path of an entry of a robot of MuJoCo Menagerie; without an entry the robot's default model, not its scene.

    Raises ModelError: the package is missing, the robot or entry unknown, the folder not there, or no network.
    """
    folder = menagerie_folder(name)
    found = entry or _package().get(name).default_model
    path = folder / f"{found}.xml"
    if not path.is_file():
        here = sorted(file.stem for file in folder.glob("*.xml"))
        raise ModelError(
            f"{MENAGERIE}{name}: no {path.name} in {folder}{nearest(found, here)}; it has {', '.join(here)}"
        )
    return path


def menagerie_folder(name: str) -> Path:
    """Folder of a robot of MuJoCo Menagerie, fetched by the package if need be."""
    package = _package()
    try:
        robot = package.get(name)
    except package.UnknownRobotError:
        humanoids = [one.name for one in package.robots("humanoid")]
        known = nearest(name, package.names()) or f"; its humanoids are {', '.join(humanoids)}"
        raise ModelError(f"{MENAGERIE}{name}: MuJoCo Menagerie has no such robot{known}") from None
    try:
        return Path(robot.path(progress=None))
    except package.DownloadError as error:
        raise ModelError(
            f"{MENAGERIE}{name}: cannot be downloaded ({_one_line(error)}); "
            f"set {ROOT_VARIABLE} to a checkout of mujoco_menagerie to work offline"
        ) from error
    except (package.MenagerieError, OSError) as error:
        root = os.environ.get(ROOT_VARIABLE)
        here = (
            sorted(path.name for path in Path(root).iterdir() if path.is_dir()) if root and Path(root).is_dir() else []
        )
        has = f"; it has {', '.join(here[:20]) or 'no folders'}" if root else ""
        where = f"no folder {name} in {ROOT_VARIABLE}={root}{has}" if root else _one_line(error)
        raise ModelError(f"{MENAGERIE}{name}: {where}") from error


def humanoids_at_hand() -> tuple[str, ...]:
    """Humanoids of MuJoCo Menagerie whose default model is on this machine; none without the package."""
    try:
        package = _package()
    except ModelError:
        return ()
    robots = sorted(package.robots("humanoid"), key=lambda robot: str(robot.name))
    return tuple(robot.name for robot in robots if menagerie_at_hand(robot.name, robot.default_model))


def menagerie_at_hand(name: str, entry: str) -> bool:
    """Whether an entry's file is on this machine, so that nothing need be fetched."""
    root = os.environ.get(ROOT_VARIABLE)
    if root:
        return (Path(root) / name / f"{entry}.xml").is_file()
    try:
        package = _package()
        return bool(package.Cache().is_cached(package.get(name)))
    except (ModelError, LookupError):
        return False


def _package() -> ModuleType:
    try:
        import mujoco_menagerie
    except ImportError:
        raise ModelError(
            f"{MENAGERIE}NAME needs the package mujoco-menagerie; install the extra: pip install 'pilotline[robots]'"
        ) from None
    return mujoco_menagerie


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())
