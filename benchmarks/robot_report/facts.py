"""What a robot report states: `robot.json`, whose schema these models are."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from pilotline.robots.card import Mark

Point = tuple[float, float, float]


class Facts(BaseModel):
    """Base: immutable, no unknown keys, finite numbers."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, populate_by_name=True)


class Masses(Facts):
    """Masses."""

    total_kg: float
    groups_kg: dict[str, float] = Field(description="mass that the joints of each group carry, and of the base")
    centre_m: Point = Field(description="centre of mass at home, in the world")


class Freedom(Facts):
    """Degrees of freedom."""

    driven: dict[str, int] = Field(description="joints that have a drive, by group; hands without followers")
    followers: int = Field(description="joints of hands that follow a driven one")
    passive: int = Field(description="joints that nothing drives")


class Reach(Facts):
    """How far one arm reaches, from the anchor of its first joint, the torso at home."""

    side: str
    shoulder_m: Point = Field(description="anchor of the first joint at home, in the world")
    links_m: float = Field(description="length of the links: from anchor to anchor to the tool point")
    farthest_m: float = Field(description="farthest tool point found within the joint limits")
    tip: str = Field(description="what is taken for the tool point")


class Area(Facts):
    """Where one arm's tool point gets at one height, hand level and pointing as said, torso as the card has it."""

    side: Literal["right", "left", "both"]
    height_m: float
    ahead_m2: float = Field(description="area where the hand can point straight ahead")
    down_m2: float = Field(description="area where it can point straight down")
    either_m2: float = Field(description="area where it can do one of both")
    farthest_ahead_m: float | None = Field(description="largest x of it, from the middle of the base")


class Payload(Facts):
    """Largest mass in one hand at a place straight ahead of the shoulder, static; None where it does not get there."""

    side: str
    at: Literal["shoulder height", "table height"]
    share: float = Field(description="distance from the shoulder over the reach")
    point_m: Point
    peak_kg: float | None = Field(description="from the joints' largest torque")
    peak_joint: str | None = Field(description="joint that limits it")
    rated_kg: float | None = Field(description="from the joints' continuous torque")
    rated_joint: str | None


class Load(Facts):
    """Two-hand load at one grip height, with 80 % of the effort limits."""

    height_m: float
    kg: float


class Drive(Facts):
    """One joint and what moves it. Hinges in N m, rad, rad/s, kg m2; slides in N, m, m/s, kg."""

    joint: str
    group: str
    unit: Literal["N m", "N"]
    low: float
    high: float
    peak: float
    rated: float
    speed: float
    armature: float
    sheet: str | None
    gear: str | None = Field(description="gear set of the data sheet")
    ratio: float | None
    source: str
    mark: Mark


class Camera(Facts):
    """A camera."""

    name: str
    link: str
    fovy_deg: float


class Stance(Facts):
    """A legged robot at rest on both feet."""

    pose: Literal["home", "half squat"]
    root_m: float = Field(description="height of the root")
    margin_m: float = Field(description="from the centre of mass to the nearest edge of the support polygon")
    centre_m: tuple[float, float]
    polygon_m: tuple[tuple[float, float], ...]
    torque: dict[str, float] = Field(description="gravity torque over the limit, of every joint of legs and torso")
    rated: dict[str, float] = Field(description="the same over continuous torque")


class Hand(Facts):
    """One hand."""

    side: str
    kind: str
    actuators: int
    opening_m: float = Field(description="largest gap between its fingers")
    force_n: float


class File(Facts):
    """A file that the robot was made of."""

    name: str
    sha256: str


class RobotFacts(Facts):
    """Everything that the report states. Lengths in m, masses in kg, torques in N m, angles in rad."""

    schema_: Annotated[Literal["pilotline/robot-report/1"], Field(alias="schema")] = "pilotline/robot-report/1"
    text: str = Field(description="the text that names the robot")
    name: str
    title: str
    entry_class: str
    height_m: float = Field(description="top of the highest body at home")
    masses: Masses
    freedom: Freedom
    reach: tuple[Reach, ...]
    workspace: tuple[Area, ...]
    payload: tuple[Payload, ...]
    load_chart: tuple[Load, ...] | None = Field(description="None for a robot without two hands")
    hands: tuple[Hand, ...]
    stances: tuple[Stance, ...] = Field(description="empty for a robot without legs")
    drives: tuple[Drive, ...]
    sensors: tuple[str, ...]
    cameras: tuple[Camera, ...]
    notes: tuple[str, ...]
    sources: tuple[str, ...]
    files: tuple[File, ...]


def json_schema() -> dict[str, Any]:
    """Schema of robot.json."""
    return RobotFacts.model_json_schema(by_alias=True)
