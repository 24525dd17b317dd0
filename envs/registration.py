"""The stations' Gymnasium ids, such as `pilotline/ToteDestack-v1`, read from their cards."""

from __future__ import annotations

import gymnasium

from pilotline.envs.card import CardError, card_names, load_card


def register() -> None:
    """Make every station known to `gymnasium.make` and `gymnasium.make_vec`; again does no harm.

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
