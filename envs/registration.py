"""Gymnasium ids of stations and lines, such as `pilotline/ToteDestack-v1` and `pilotline/LineAssembly-v1`."""

from __future__ import annotations

import gymnasium

from pilotline.configs.lines import load as load_line
from pilotline.configs.lines import names as line_names
from pilotline.envs.card import CardError, card_names, load_card


def register() -> None:
    """Make every station and line known to `gymnasium.make` and `gymnasium.make_vec`; again does no harm.

    A card that cannot be read is left out with a warning, so that the other stations stay usable.
    """
    for name in card_names():
        try:
            card = load_card(name)
        except CardError as error:
            gymnasium.logger.warn(f"station {name} is not registered: {error}")
            continue
        if card.id not in gymnasium.registry:
            gymnasium.register(
                id=card.id,
                entry_point="pilotline.envs.gym_env:StationEnv",
                vector_entry_point="pilotline.envs.vector_env:StationVectorEnv",
                kwargs={"station": name},
            )
    for name in line_names():
        line_id = f"pilotline/Line{name.title().replace('_', '')}-v{load_line(name).version}"
        if line_id not in gymnasium.registry:
            gymnasium.register(id=line_id, entry_point="pilotline.policies.line_env:LineEnv", kwargs={"line": name})
