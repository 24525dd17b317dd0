"""A model as parts that move against each other: bodies that are welded together, and the joints between."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import mujoco
import numpy as np
from numpy.typing import NDArray

from pilotline.robots.adapters.errors import ModelError
from pilotline.robots.adapters.limits import JointLimits, joint_limits
from pilotline.robots.adapters.read import Model

Float = NDArray[np.float64]


@dataclass(frozen=True)
class Part:
    """Bodies that move as one.

    Attributes:
      parent: number of the part that carries it, -1 for the root.
      bodies: numbers, the one with the joints first.
      joints: numbers of the hinges and slides that move it against its parent, in order.
    """

    parent: int
    bodies: tuple[int, ...]
    joints: tuple[int, ...]


class Shape:
    """A compiled model in its zero pose (qpos0), as a tree of parts; part 0 is the root.

    Attributes:
      model, data: compiled, positions computed; `data` is this object's own and is put back by those who pose it.
      file: name of the model's file.
      parts: every parent before its children.
      floating: whether the file itself lets the root go.
    """

    def __init__(self, model: Model) -> None:
        self.model = model.compiled
        self.file = model.path.name
        self.data = mujoco.MjData(self.model)
        self.limits: dict[str, JointLimits] = joint_limits(self.model, model.speeds)
        roots = [body.name for body in model.spec.worldbody.bodies]
        if len(roots) != 1:
            raise ModelError(
                f"{self.file}: bodies under the world are {', '.join(roots)}; must be one, the robot's root "
                "(name the robot's own file, not a scene)"
            )
        self.root = roots[0]
        kinds = self.model.jnt_type
        self.floating = bool(np.any(kinds == mujoco.mjtJoint.mjJNT_FREE.value))
        ball = np.flatnonzero(kinds == mujoco.mjtJoint.mjJNT_BALL.value)
        if ball.size:
            name = self.model.joint(int(ball[0])).name
            raise ModelError(f"{self.file}: joint {name!r} is a ball joint; must be a hinge or a slide")
        if not self.limits:
            raise ModelError(f"{self.file}: has no hinge or slide; a robot must have some")
        self.parts = self._parts()
        self.rest()

    def rest(self) -> None:
        """Bring the data back to the zero pose."""
        mujoco.mj_resetData(self.model, self.data)
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)

    def _parts(self) -> tuple[Part, ...]:
        model = self.model
        one_axis = (mujoco.mjtJoint.mjJNT_HINGE.value, mujoco.mjtJoint.mjJNT_SLIDE.value)
        number: dict[int, int] = {}
        found: list[tuple[int, list[int], tuple[int, ...]]] = []
        for body in range(1, model.nbody):
            first = int(model.body_jntadr[body])
            joints = range(first, first + int(model.body_jntnum[body])) if first >= 0 else range(0)
            moving = tuple(joint for joint in joints if model.jnt_type[joint] in one_axis)
            parent = int(model.body_parentid[body])
            if parent == 0:
                if moving:  # a root on hinges or slides: they are the joints of a part of its own on the world
                    raise ModelError(
                        f"{self.file}: joint {model.joint(moving[0]).name!r} moves the root {model.body(body).name!r} "
                        "against the world; must be a free joint or none"
                    )
                number[body] = 0
                found.append((-1, [body], ()))
            elif moving:
                number[body] = len(found)
                found.append((number[parent], [body], moving))
            else:
                number[body] = number[parent]
                found[number[body]][1].append(body)
        return tuple(Part(parent, tuple(bodies), joints) for parent, bodies, joints in found)

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """Numbers of the parts that each part carries."""
        return tuple(
            tuple(n for n, part in enumerate(self.parts) if part.parent == number) for number in range(len(self.parts))
        )

    @cached_property
    def mass(self) -> Float:
        """Mass of each part, kg."""
        return np.array([self.model.body_mass[list(part.bodies)].sum() for part in self.parts])

    @cached_property
    def carried_mass(self) -> Float:
        """Mass of each part with all that it carries, kg."""
        total = self.mass.copy()
        for number in range(len(self.parts) - 1, 0, -1):
            total[self.parts[number].parent] += total[number]
        return total

    def below(self, part: int) -> list[int]:
        """A part and all that it carries."""
        found = [part]
        for number in range(part + 1, len(self.parts)):
            if self.parts[number].parent in found:
                found.append(number)
        return found

    def path(self, part: int) -> list[int]:
        """Parts from the root to a part, both included."""
        chain = [part]
        while self.parts[chain[-1]].parent >= 0:
            chain.append(self.parts[chain[-1]].parent)
        return chain[::-1]

    def anchor(self, part: int) -> Float:
        """Where a part's first joint is, (3,) m in the world; of the root its origin."""
        joints = self.parts[part].joints
        return np.array(self.data.xanchor[joints[0]] if joints else self.data.xpos[self.parts[part].bodies[0]])

    def name(self, joint: int) -> str:
        """Name of a joint."""
        return str(self.model.joint(joint).name)

    def body(self, part: int) -> str:
        """Name of the body of a part that its joints move."""
        return str(self.model.body(self.parts[part].bodies[0]).name)

    def names(self, parts: list[int] | tuple[int, ...]) -> list[str]:
        """Names of the joints of parts, in order."""
        return [self.name(joint) for part in parts for joint in self.parts[part].joints]

    @cached_property
    def followers(self) -> frozenset[str]:
        """Joints that an equality constraint makes follow another."""
        model = self.model
        kind = mujoco.mjtEq.mjEQ_JOINT.value
        return frozenset(
            self.name(int(model.eq_obj1id[number]))
            for number in range(model.neq)
            if model.eq_type[number] == kind and model.eq_obj2id[number] >= 0
        )

    def driven(self, joint: str) -> bool:
        """Whether a drive moves a joint: an actuator of the model; of a model without any, all but followers."""
        if self.model.nu:
            return self.limits[joint].driven
        return joint not in self.followers

    @cached_property
    def height(self) -> float:
        """From the lowest to the highest point of its bodies' origins and joints, m."""
        z = np.concatenate([self.data.xpos[1:, 2], self.data.xanchor[:, 2]])
        return float(z.max() - z.min())
