"""What a campaign is asked to do."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictInt, ValidationError, model_validator

from pilotline.benchmarks.policy_text import FILE_PATTERN, FOLDER_PATTERN, SERVED_PATTERN, is_folder, is_served

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$", max_length=100)]
_ONE = "allowed: exactly one of them"


def _selection(text: str) -> str:
    """The one spelling of a selection of actuators."""
    from pilotline.robots.actuators import selection  # imports MuJoCo, which a job as such does not need

    return str(selection.parse(text))


def _robot(text: str) -> str:
    """The one spelling of a robot's text."""
    from pilotline.robots import naming  # imports MuJoCo, which a job as such does not need

    return str(naming.parse(text))


def _policy(text: str) -> str:
    """The one spelling of a policy's text."""
    if is_served(text):
        from pilotline.policies.remote import address  # imports MuJoCo, which a job as such does not need

        return str(address.parse(text))
    if is_folder(text):
        from pilotline.policies.sandbox import place

        return str(place.parse(text))
    return text


Robot = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_robot)]
Policy = Annotated[
    str,
    Field(pattern=rf"^([A-Za-z][A-Za-z0-9_.-]*|{SERVED_PATTERN}|{FOLDER_PATTERN}|{FILE_PATTERN})$", max_length=2000),
    AfterValidator(_policy),
]
Actuators = Annotated[str, Field(max_length=2000), AfterValidator(_selection)]


class JobError(ValueError):
    """A job that cannot be run; one line with the name, its value and what is allowed."""


class Job(BaseModel):
    """One campaign: robot x actuators x line x policy x seeds.

    This model checks form and combination; whether a name exists is for the registry that owns it to say.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    robot: Robot = Field(description="Robot: built in, menagerie:NAME or a path, then right_hand=HAND, left_hand=HAND.")
    actuators: Actuators = Field(
        description="Tier of the actuators, then PLACE=TIER, PLACE=SHEET or PLACE=TIER:SHEET for groups and joints."
    )
    line: Name | None = Field(None, description="Line by name; excludes stations.")
    stations: tuple[Name, ...] = Field((), description="Stations in series, instead of a named line.")
    policy: Policy = Field(
        description="Policy by name, path of a .onnx or .yaml, remote url=ws://HOST:PORT, or sandbox:FOLDER."
    )
    pack: Name = Field("D0", description="Disturbance pack; D0 is nominal.")
    people: Literal["none", "crossing"] = Field("none", description="none, or crossing: a person walks by.")
    supervisor: Literal["off", "limits"] = Field(
        "off", description="Between policy and drives: off, or limits of position, speed, torque and separation."
    )
    # JSON readers keep whole numbers exact up to 2**53 - 1, and the seed goes into the scorecard
    seed: StrictInt = Field(ge=0, le=2**53 - 1, description="Campaign seed; cycle k has its own.")
    cycles: StrictInt | None = Field(None, ge=1, le=10_000_000, description="Cycles per station, or hours.")
    hours: float | None = Field(None, gt=0.0, le=10_000.0, description="Planned shift, or cycles.")
    nsim: StrictInt = Field(64, ge=1, le=65_536, description="Simulations per batch; changes no result.")
    nthread: StrictInt = Field(0, ge=0, le=1024, description="Threads, 0 for all cores; changes no result.")

    @model_validator(mode="after")
    def _one_of_each(self) -> "Job":
        if (self.line is None) == (not self.stations):
            raise ValueError(f"line is {self.line!r} and stations is {self.stations!r}; {_ONE}")
        if (self.cycles is None) == (self.hours is None):
            raise ValueError(f"cycles is {self.cycles!r} and hours is {self.hours!r}; {_ONE}")
        if self.end_to_end and (self.people, self.supervisor) != ("none", "off"):
            raise ValueError(
                f"people is {self.people} and supervisor is {self.supervisor} for a line by hours; "
                "allowed there: none and off, or cycles instead of hours"
            )
        return self

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Job":
        """Build a job from parsed values; JobError with one clear line instead of pydantic's several."""
        try:
            return cls.model_validate(dict(values))
        except ValidationError as error:
            raise JobError(_one_line(cls, error)) from None

    @property
    def end_to_end(self) -> bool:
        """Whether a whole line runs, instead of a campaign of stations one by one."""
        return self.line is not None and self.hours is not None

    def body(self) -> dict[str, Any]:
        """The part of the job that results depend on, in plain JSON types: all but nsim and nthread."""
        return self.model_dump(mode="json", exclude={"nsim", "nthread"})


def _one_line(model: type[BaseModel], error: ValidationError) -> str:
    """The first problem of a pydantic error as `name is value; allowed: ...`."""
    first = error.errors(include_url=False)[0]
    if not first["loc"]:
        return f"job: {first['msg'].removeprefix('Value error, ')}"
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] == "missing":
        return f"job: {name} is missing; allowed: {model.model_fields[name].description}"
    if first["type"] == "extra_forbidden":
        return f"job: unknown {name}={first['input']!r}; allowed: {', '.join(model.model_fields)}"
    allowed = first["msg"].removeprefix("Input ").removeprefix("should be ")
    if first["type"] == "value_error":
        return f"job: {name} is {first['input']!r}: {allowed.removeprefix('Value error, ')}"
    if first["type"] == "string_pattern_mismatch":
        allowed = "a name: a letter, then letters, digits, '_', '.' or '-'"
        allowed += (
            ", the path of a .onnx or .yaml, remote url=ws://HOST:PORT, or sandbox:FOLDER" if name == "policy" else ""
        )
    return f"job: {name} is {first['input']!r}; allowed: {allowed}"
