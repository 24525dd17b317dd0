"""What a robot was made of, as file names and SHA-256."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pilotline.robots.adapters.read import Model


def model_hashes(model: Model) -> tuple[tuple[str, str], ...]:
    """Name and SHA-256 of the XML files, and one over all other files that the model reads."""
    hashes = [(path.name, hashlib.sha256(path.read_bytes()).hexdigest()) for path in model.files]
    folder = model.path.resolve().parent
    assets = sorted(
        {
            Path(item.file)
            for items in (model.spec.meshes, model.spec.hfields, model.spec.skins, model.spec.textures)
            for item in items
            if item.file
        }
    )
    if assets:
        total = hashlib.sha256()
        for path in assets:
            name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name
            total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        hashes.append((f"{model.path.stem} ({len(assets)} meshes and textures)", total.hexdigest()))
    return tuple(hashes)
