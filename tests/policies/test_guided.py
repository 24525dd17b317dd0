"""A script that is led does what it is told to, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pilotline import policies, robots
from pilotline.envs import stations
from pilotline.envs.control import Channel
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.world import build_world
from pilotline.policies.file import Contract, Layer, Training, write_policy
from pilotline.policies.file.present import present
from pilotline.policies.guided import GUIDED, Guide, GuideError, Led, guide_of, seen
from pilotline.policies.policy import Float
from pilotline.policies.reference.peg_plan import QUEUE, Step
from pilotline.policies.reference.peg_trim import TELLS, TRIMS, told, trim_of

STATION, STEPS = "peg_gear", 450
"""Steps until the first peg is in its hole."""


@pytest.fixture(scope="module")
def robot() -> robots.Robot:
    return robots.load("wheeled")


@pytest.fixture
def batch(robot: robots.Robot) -> StationBatch:
    """Two cycles at the board."""
    made = StationBatch(build_world(stations.load(STATION), robot, "ideal"), 2, 1, "joint")
    made.begin(np.arange(2), [cycle_seed(3, STATION, k) for k in range(2)])
    return made


def obs_of(batch: StationBatch) -> Mapping[str, Float]:
    return {name: np.array(value) for name, value in batch.observe().items()}


def guide(robot: robots.Robot, nsim: int = 2) -> Guide:
    made = guide_of(STATION, robot, nsim, "ideal")
    made.begin(np.arange(nsim))
    return made


def test_trims_of_zero_change_no_bit(batch: StationBatch, robot: robots.Robot) -> None:
    script, led = policies.load("reference", STATION, robot, 2), guide(robot)
    script.begin(np.arange(2))
    for _ in range(STEPS):
        obs = obs_of(batch)
        action = script.act(obs)
        np.testing.assert_array_equal(led.act(obs, np.zeros((2, len(TRIMS)))), action)
        batch.step(action)
    assert led.told()[:, TELLS.parts.index("right_push")].any()


def depth_after(batch: StationBatch, led: Guide, pace: float) -> float:
    trim = np.zeros((2, len(TRIMS)))
    trim[:, [channel.name == "right_pace" for channel in TRIMS]] = pace
    lowest = np.full(2, np.inf)
    column, pushes = (TELLS.parts.index(f"right_{name}") for name in ("depth_mm", "push"))
    for _ in range(STEPS):
        batch.step(led.act(obs_of(batch), trim))
        said = led.told()
        lowest = np.where(said[:, pushes] > 0.0, np.minimum(lowest, said[:, column]), lowest)
    return float(lowest.max())


def test_a_higher_pace_brings_pegs_down_sooner(robot: robots.Robot) -> None:
    found = []
    for pace in (-0.5, 0.5):
        world = build_world(stations.load(STATION), robot, "ideal")
        batch = StationBatch(world, 2, 1, "joint")
        batch.begin(np.arange(2), [cycle_seed(3, STATION, k) for k in range(2)])
        found.append(depth_after(batch, guide(robot), pace))
    assert found[1] < found[0] - 5.0


def test_factors_are_the_right_hands_and_reach_from_the_inverse_of_the_highest_to_it() -> None:
    high, low = trim_of(np.ones((1, len(TRIMS))), 1), trim_of(-np.ones((1, len(TRIMS))), 1)
    for name, most in (("pace", 3.0), ("slide", 3.0), ("press", 2.0)):
        np.testing.assert_allclose(getattr(high, name), [most, 1.0])
        np.testing.assert_allclose(getattr(low, name), [1.0 / most, 1.0])


def test_a_script_speaks_of_hands_that_feel_their_way_alone() -> None:
    step = np.array([Step.CARRY, Step.SEARCH, Step.PUSH, Step.OPEN])
    index = np.array([0, 1, 2, 1])
    push = np.arange(12.0).reshape(4, 3)
    right = (np.array([1.0, 2.0]), np.array([0.0, 0.001]), np.array([[0.0, 0.0], [0.001, -0.002]]))
    said = told(step, index, push, np.full(4, 0.5), np.full(4, 3.0), np.full(4, 20.0), right)
    assert said.shape == (2, len(TELLS.parts))
    rows = [dict(zip(TELLS.parts, row, strict=True)) for row in said]
    assert not any(value for name, value in rows[0].items() if name.startswith("right"))
    assert not any(value for name, value in rows[1].items() if name.startswith("left"))
    assert rows[1]["right_search"] == 1.0
    assert rows[1]["right_touch"] == rows[1]["right_push"] == 0.0
    pegs = [name for name in TELLS.parts if name.startswith("right_peg")]
    assert [rows[1][name] for name in pegs] == [float(peg == QUEUE[0][1]) for peg in range(4)]
    assert (rows[1]["right_push_z_n"], rows[1]["right_depth_mm"]) == (5.0, 40.0)
    assert (rows[1]["right_slid_s"], rows[1]["right_fallen_mm"], rows[1]["right_stuck_s"]) == (2.0, 1.0, 10.0)
    assert (rows[1]["right_off_x_mm"], rows[1]["right_off_y_mm"]) == (1.0, -2.0)
    assert rows[0]["left_push"] == 1.0


def test_a_file_leads_as_its_network_says(batch: StationBatch, robot: robots.Robot, tmp_path: Path) -> None:
    here = present(STATION, robot, "ideal", GUIDED)
    contract = Contract.of(here, ["script"], training=Training(trainer="none"))
    values = np.linspace(-0.8, 0.8, len(TRIMS))
    layers = [Layer(np.zeros((contract.inputs, len(TRIMS))), values)]
    write_policy(tmp_path / "leads.onnx", layers, contract)
    policy, led = policies.load(str(tmp_path / "leads.onnx"), STATION, robot, 2), guide(robot)
    assert policy.control == "joint"
    policy.begin(np.arange(2))
    trim = np.tile(values.astype(np.float32).astype(np.float64), (2, 1))
    for _ in range(STEPS):
        obs = obs_of(batch)
        assert set(seen(obs, led)) == {entry.name for entry in here.observation}
        action = policy.act(obs)
        np.testing.assert_array_equal(action, led.act(obs, trim))
        batch.step(action)


class Counting:
    """A leader that says how often it was asked since its cycle began, in hundredths."""

    control = GUIDED

    def __init__(self) -> None:
        self.asked = np.zeros(2)

    def begin(self, ids: NDArray[np.int64]) -> None:
        self.asked[ids] = 0.0

    def act(self, obs: Mapping[str, Float]) -> Float:
        self.asked += 1.0
        return np.tile(self.asked[:, None] / 100.0, (1, len(TRIMS)))


class Listening:
    """A script that only notes the trims that it is given."""

    control, tells, hold = "joint", TELLS, 3
    trims: tuple[Channel, ...] = TRIMS

    def __init__(self) -> None:
        self.given: list[Float] = []

    def begin(self, ids: NDArray[np.int64]) -> None: ...

    def told(self) -> Float:
        return np.zeros((2, len(TELLS.parts)))

    def led(self) -> NDArray[np.bool_]:
        return np.zeros(2, np.bool_)

    def risk(self, metrics: Mapping[str, Float]) -> Float:
        return np.zeros(2)

    def act(self, obs: Mapping[str, Float], trim: Float | None = None) -> Float:
        assert trim is not None
        self.given.append(100.0 * trim[:, 0])
        return np.zeros((2, 1))


def test_a_trim_is_held_from_the_beginning_of_each_cycle_on() -> None:
    script = Listening()
    led = Led(Counting(), script, 2)
    led.begin(np.arange(2))
    for step in range(7):
        if step == 4:
            led.begin(np.array([1]))
        led.act({})
    np.testing.assert_allclose(script.given, [[1, 1], [1, 1], [1, 1], [4, 4], [4, 1], [4, 1], [7, 1]])


def test_scripts_that_cannot_be_led_are_named_with_what_can(robot: robots.Robot) -> None:
    with pytest.raises(GuideError, match="control=guided at reach, whose reference policy cannot be led; allowed: at"):
        guide_of("reach", robot, 1, "ideal")
    with pytest.raises(GuideError, match="control=guided: policy 'reference' cannot do peg_gear with biped"):
        guide_of(STATION, robots.load("biped"), 1, "ideal")
