"""What a gait is to be like, and what of it is rewarded how much."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pilotline.policies.train.learner import misfit


class Weights(BaseModel):
    """Weights of the terms of `pilotline.policies.train.gait.reward`."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    speed: float = Field(2.5, ge=0.0)
    speed_near: float = Field(2.0, ge=0.0)
    turn: float = Field(0.75, ge=0.0)
    turn_near: float = Field(1.0, ge=0.0)
    upright: float = Field(0.5, ge=0.0)
    height: float = Field(0.3, ge=0.0)
    swing: float = Field(2.0, ge=0.0)
    rhythm: float = Field(0.5, ge=0.0)
    flat: float = Field(0.2, ge=0.0)
    straight: float = Field(0.3, ge=0.0)
    grip: float = Field(0.2, ge=0.0)
    smooth: float = Field(0.3, ge=0.0)
    planted: float = Field(0.0, ge=0.0)
    quiet: float = Field(0.0, ge=0.0)
    alive: float = Field(0.2, ge=0.0)


class Gait(BaseModel):
    """Figures of a gait.

    Attributes:
      period_s: of a step of the right foot and one of the left.
      swing_m: height that a foot is to reach.
      lift_m: height to which a network that has not learned anything yet lifts each foot in its turn.
      cycle_s: time after which a cycle is cut off in training, at most that of the task. Where some cycles are much
        harder than others, a robot falls early in those and learns little of them while the others go on.
      lively: whether a cycle in which the upper body is not at random work is passed over for another draw, once. Of
        three kinds that are as likely random work has then 5 of 9 cycles instead of 1 of 3.
      push_ns_per_kg: largest impulse over the robot's mass of the pushes in training; 0 for none.
      reach_rad: by which a joint's target moves for each unit of the network's output.
      smooth_s: time constant of the filter between the network's output and the joints' targets; 0 for none.
      average_updates: of the optimiser, over which the weights of the policy that is kept are averaged; 0 for the last
        weights. What one update more or less does to a gait is in no curve otherwise but as luck.
      feels: force-torque sensors that are read as well, since what hands carry is felt at the wrists alone, and
        `balance`, where the robot reckons its centre of mass over each foot.
      weights: of the reward's terms.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    period_s: float = Field(0.7, gt=0.0)
    swing_m: float = Field(0.08, gt=0.0)
    lift_m: float = Field(0.06, ge=0.0)
    lively: bool = False
    push_ns_per_kg: float = Field(0.0, ge=0.0)
    reach_rad: float = Field(0.3, gt=0.0)
    cycle_s: float = Field(20.0, gt=0.0)
    smooth_s: float = Field(0.0, ge=0.0)
    average_updates: int = Field(0, ge=0)
    feels: tuple[Literal["wrist_wrench", "foot_wrench", "balance"], ...] = ()
    weights: Weights = Weights()

    @classmethod
    def of(cls, given: Any) -> Gait:
        """The figures of a plan, a mapping.

        Raises:
          TrainError: one that cannot be.
        """
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            raise misfit("gait", error) from None
