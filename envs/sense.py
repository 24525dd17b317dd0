"""What is read of n simulations after a control step: state, and named sensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import mujoco


@dataclass(frozen=True)
class Sense:
    """State and named sensors after one control step; a station reads sensors alone.

    `sense["name"]` is `(n, dim)` at the end of the step; `sense.peak("name")` is the largest magnitude of
    each component over the control step's physics steps, so that a contact shorter than that counts.

    Attributes:
      time: (n,) s since the cycle began.
      last: (n, nsensordata).
      peaks: (n, nsensordata).
      columns: sensor name to its columns.
      qpos, qvel, act: (n, nq), (n, nv), (n, na) of MuJoCo, for the robot's own encoders and drives.
      torque: (n, nv) of its actuators at the joints, `qfrc_actuator`.
    """

    time: Any
    last: Any
    peaks: Any
    columns: Mapping[str, slice]
    qpos: Any
    qvel: Any
    act: Any
    torque: Any

    def __getitem__(self, name: str) -> Any:
        return self.last[:, self.columns[name]]

    def peak(self, name: str) -> Any:
        """Largest magnitude of each component within the step, (n, dim)."""
        return self.peaks[:, self.columns[name]]


def sensor_columns(model: mujoco.MjModel) -> dict[str, slice]:
    """Columns of `sensordata` by sensor name."""
    return {
        model.sensor(i).name: slice(int(adr), int(adr + dim))
        for i, (adr, dim) in enumerate(zip(model.sensor_adr, model.sensor_dim, strict=True))
    }
