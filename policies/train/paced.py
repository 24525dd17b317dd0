"""PPO whose learning rate follows how far its updates go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stable_baselines3 import PPO

_STEP, _LEAST, _MOST = 1.5, 1e-5, 1e-2
_HELD = 1e-6
"""Divergence below which the actor was held, and only the critic learned: what is left is rounding."""


class PacedPPO(PPO):
    """Stable-Baselines3's PPO; with `desired_kl` the rate falls after an update that went too far, and else rises.

    rate <- rate / 1.5 where the mean divergence of old and new policy over the last epoch is above 2 desired_kl, rate *
    1.5 where it is below desired_kl / 2, within 1e-5 to 1e-2 (Schulman et al., "Proximal Policy Optimization
    Algorithms", 2017, section 4, whose penalty coefficient is adapted so). As exploration narrows, the same rate takes
    a policy ever further.

    Args:
      args, options: of PPO; `learning_rate`, a number, is the first one.
      desired_kl: None keeps the rate.
    """

    def __init__(self, *args: Any, desired_kl: float | None = None, **options: Any) -> None:
        if desired_kl is not None and not desired_kl > 0.0:
            raise ValueError(f"desired_kl is {desired_kl}, allowed: more than 0")
        super().__init__(*args, **options)
        self.desired_kl = desired_kl
        first: Callable[[float], float] = self.__dict__["lr_schedule"]
        self.rate = first(1.0)
        if desired_kl is not None:
            self.lr_schedule = self._rate

    def train(self) -> None:
        """Update; the rate changes only by updates that moved the actor."""
        super().train()
        if self.desired_kl is None:
            return
        kl = float(self.logger.name_to_value["train/approx_kl"])
        if kl < _HELD:
            return
        if kl > 2.0 * self.desired_kl:
            self.rate = max(self.rate / _STEP, _LEAST)
        elif kl < 0.5 * self.desired_kl:
            self.rate = min(self.rate * _STEP, _MOST)

    def _rate(self, _: float) -> float:
        return self.rate
