"""The speed measurement runs every way of stepping on the same physics, and says what it could not measure."""

import json
import multiprocessing
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from gymnasium.vector import SyncVectorEnv

from pilotline.benchmarks.marked import put
from pilotline.benchmarks.speed import (
    compare,
    memory,
    mjx_way,
    ours,
    pages,
    peers,
    profile,
    scale,
    sweep,
    table,
    workers,
    yardstick,
)
from pilotline.benchmarks.speed.compare import Row
from pilotline.benchmarks.speed.python_laws import NoLawError, PythonLawEnv
from pilotline.benchmarks.speed.setting import Setting
from pilotline.benchmarks.turns import Spread, Way, rates
from pilotline.envs.gym_env import StationEnv

SETTING = Setting("tote_destack", "wheeled", "harmonic", nsim=3, nthread=1, seconds=0.05)


@pytest.fixture(scope="module")
def measured():
    """With the environments of others' workers in this process: starting one takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workers, "AsyncVectorEnv", lambda makers, context: SyncVectorEnv(makers))
        if find_spec("stable_baselines3"):
            import stable_baselines3.common.vec_env as sb3

            patch.setattr(sb3, "SubprocVecEnv", lambda makers, start_method: sb3.DummyVecEnv(makers))
        yield compare.measure(SETTING)


def test_workers_are_processes_that_have_imported_everything():
    with ExitStack() as stack:
        way = workers.gymnasium_workers(SETTING, compare.ASYNC, 1, stack)
        way.step()
        assert multiprocessing.active_children()


def test_every_way_is_measured_beside_raw_mujoco_and_beside_ours(measured):
    rows = {row["way"]: row for row in measured["rows"]}
    optional = {compare.SB3, compare.SUBPROC} & measured["missing"].keys()
    assert set(rows) == set(compare.TITLES) - {compare.MJX, compare.ASYNC_MANY} - optional
    for row in rows.values():
        for figure in (row["env_steps_per_s"], row["of_raw"]):
            assert 0.0 < figure["lowest"] <= figure["quarter"] <= figure["median"] <= figure["three_quarters"]
        assert row["physics_steps_per_s"] == pytest.approx(10 * row["env_steps_per_s"]["median"])
    assert rows[compare.SINGLE]["raw_way"] == compare.LOOP
    assert rows[compare.VECTOR]["raw_way"] == compare.BATCH
    assert rows[compare.VECTOR]["vector_env_over_this"] is None
    assert rows[compare.BATCH]["of_raw"]["median"] == 1.0
    assert (rows[compare.VECTOR]["nsim"], rows[compare.SINGLE]["nsim"], rows[compare.ASYNC]["nsim"]) == (3, 1, 1)


def test_the_tables_fit_into_100_columns(measured):
    from rich.console import Console

    figures = {
        "tables": [measured, measured],
        "sweep": sweep.measure(SETTING, [1, 2]),
        "memory": {
            "rows": [{"way": "vector_env", "nsim": 4096, "resident_bytes": 2**31, "own_bytes": 2**30}],
            "bytes_per_simulation": {"vector_env": 2.0**18},
        },
        "profile": [{"way": "vector_env", "nsim": 256, "step_s": 0.1, "shares": {"x": 1.0}, "profiler_slowdown": 1.0}],
    }
    console = Console(width=100)
    with console.capture() as captured:
        console.print(table.render(figures))
    shown = captured.get()
    assert "actuators: harmonic" in shown
    assert "…" not in shown  # nothing is cut off
    for title in (compare.TITLES[row["way"]] for row in measured["rows"]):
        assert title in shown


def test_ways_that_others_do_can_be_left_out():
    found = compare.measure(SETTING, others=False)
    assert [row["way"] for row in found["rows"]] == [
        compare.LOOP,
        compare.LOOPS,
        compare.BATCH,
        compare.VECTOR,
        compare.SINGLE,
    ]


def test_what_cannot_be_measured_says_why(monkeypatch):
    def absent(*given):
        raise mjx_way.NoMjxError("mujoco.mjx is not installed")

    monkeypatch.setattr(mjx_way, "start", absent)
    monkeypatch.setattr(compare, "_workers", lambda *given: [])
    ideal = Setting("tote_destack", "wheeled", "ideal", nsim=1, nthread=1, seconds=0.01)
    found = compare.measure(ideal, mjx=1)
    assert found["missing"][compare.MJX] == "mujoco.mjx is not installed"
    assert "no joint has a law" in found["missing"][compare.LAW_ARRAYS]
    lines = list(table.missing({"tables": [found]}))
    assert "our MJX env (ideal): not measured: mujoco.mjx is not installed" in lines


def test_a_process_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr(mjx_way, "find_spec", lambda name: True)
    monkeypatch.setattr(mjx_way.sys, "executable", "/bin/cat")
    with ExitStack() as stack, pytest.raises(mjx_way.NoMjxError, match="status"):
        mjx_way.start(SETTING, "mjx", 1, stack)


@pytest.mark.parametrize("control", ["joint", "ee"])
def test_the_robot_is_asked_to_hold_its_home_pose(control):
    from pilotline.envs.face import make_batch

    batch = make_batch("tote_destack", "wheeled", "ideal", control, "D0", 1, 1)
    home = batch.engine.ctrl.copy()
    batch.step(ours.still_of(batch)[None])
    np.testing.assert_allclose(batch.engine.ctrl, home, atol=0.02)


def test_cycles_of_all_slots_end_in_turn():
    seen = []
    step = ours.Refreshing(lambda actions: seen.append(np.isnan(actions).any(axis=1)), 5, np.zeros(2))
    for _ in range(2 * ours.CYCLE_STEPS):
        step()
    assert np.sum(seen, axis=0).tolist() == [2, 2, 2, 2, 2]
    assert np.sum(seen, axis=1).max() == 1


@pytest.mark.parametrize("at_once", [True, False])
def test_laws_in_python_move_the_robot_as_our_environment_does(at_once):
    theirs = PythonLawEnv("tote_destack", "wheeled", "harmonic", at_once)
    own = StationEnv("tote_destack", "wheeled", "harmonic")
    theirs.reset()
    own.reset(seed=ours.SEED)
    action = np.array(ours.still_of(own.batch))
    moved = theirs.still.copy()
    moved[:5] += 0.1
    action[: len(moved)] = 0.0
    names = [own.batch.world.model.actuator(int(i)).name for i in theirs._ids]
    for name, value in zip(names, moved, strict=True):
        action[own.batch.control.names.index(name)] = value
    for _ in range(3):
        theirs.step(moved)
        own.step(action)
    np.testing.assert_allclose(theirs._data.qpos, own.batch.engine.qpos[0], atol=2e-4)
    assert not np.allclose(theirs._data.qpos, theirs._begun[0], atol=2e-3)


def test_an_actuator_without_a_law_is_refused_there():
    with pytest.raises(NoLawError, match=r"twin.*partner"):
        PythonLawEnv("tote_destack", "wheeled", "twin")


def test_ways_take_turns_forth_and_back():
    order: list[str] = []
    ways = [Way(name, 1, partial(order.append, name)) for name in "ab"]
    rates(ways, seconds=0.0, turn_s=1.0, fewest=4)
    assert "".join(order[6:]) == "abbaabba"


def test_ratios_are_taken_within_turns():
    spread = Spread.of_ratio([2.0, 20.0, 200.0], [1.0, 10.0, 100.0])
    assert (spread.lowest, spread.median, spread.highest, spread.turns) == (2.0, 2.0, 2.0, 3)


def test_the_sweep_has_a_row_for_every_way_and_size_and_is_drawn(measured, tmp_path):
    rows = sweep.measure(SETTING, [1, 2])
    assert {(row["way"], row["nsim"]) for row in rows} >= {
        (way, n) for way in ("mujoco_batch", "vector_env") for n in (1, 2)
    }
    for name in ("speed.svg", "speed.png"):
        sweep.plot(rows, measured, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5_000


def test_memory_is_measured_in_a_process_of_its_own():
    found = memory.measure(SETTING, [9], ways=(compare.VECTOR,))
    (row,) = found["rows"]
    assert (row["way"], row["nsim"]) == (compare.VECTOR, 9)
    assert 0 < row["own_bytes"] < row["resident_bytes"] < 2_000 * memory.MIB
    assert found["bytes_per_simulation"] == {compare.VECTOR: pytest.approx(row["own_bytes"] / 9)}


def test_a_process_that_fails_gives_its_last_words():
    with pytest.raises(memory.ProbeError, match="no_such_station"):
        memory.measure(Setting("no_such_station", "wheeled", "ideal", 1), [1])


def test_the_profile_accounts_for_the_whole_step():
    vector, single = profile.measure(SETTING)
    for row in (vector, single):
        assert sum(row["shares"].values()) == pytest.approx(1.0)
        assert row["shares"][profile.PHYSICS] > 0.1
        assert row["shares"][profile.FACES] > 0.0
    assert (vector["nsim"], single["nsim"]) == (3, 1)


SIDE = {"name": "theirs", "num_envs": 64, "env_steps_per_s": {"median": 10.0}, "peak_memory_mib": 5000.0}
OURS = {**SIDE, "ratio": {"median": 2.0, "spread": [1.5, 2.5]}, "physics_ratio": {"median": 1.0, "spread": [0.8, 1.2]}}


def test_results_of_peers_are_shown_beside(tmp_path):
    path = tmp_path / "peers.json"
    path.write_text(json.dumps({"figures": {"pairings": [{"peer": SIDE, "ours": {"a": OURS}}, {"error": "absent"}]}}))
    (row,) = peers.read(path)
    assert (row["peer"]["num_envs"], row["ratio"]["highest"]) == (64, 2.5)
    assert table._peers([row]).row_count == 1


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"figures": {"pairings": [{"peer": {}}]}}'])
def test_a_file_that_is_no_result_of_peers_is_refused(tmp_path, text):
    path = tmp_path / "peers.json"
    path.write_text(text)
    with pytest.raises(peers.PeerError, match=r"peers\.json"):
        peers.read(path)
    with pytest.raises(peers.PeerError, match="No such file"):
        peers.read(tmp_path / "none.json")


def test_a_row_is_plain_json():
    spread = Spread.of([1.0, 2.0])
    row = Row("vector_env", 2, 10, "mujoco_batch", spread, spread, None)
    assert json.loads(json.dumps(row.plain()))["of_raw"]["median"] == 1.5


def figures_of(physics_share):
    """Two threads, 4,000 raw and 3,800 env-steps/s; a step of 256 simulations."""
    rate = {"quarter": 1.0, "three_quarters": 1.0, "lowest": 1.0, "highest": 1.0, "turns": 7}
    rows = [
        {
            "way": way,
            "nsim": 256,
            "raw_way": compare.BATCH,
            "env_steps_per_s": {**rate, "median": median},
            "of_raw": {**rate, "median": median / 4000.0},
            "vector_env_over_this": None,
        }
        for way, median in ((compare.BATCH, 4000.0), (compare.VECTOR, 3800.0))
    ]
    about = {"station": "tote_destack", "robot": "wheeled", "actuators": "harmonic", "nthread": 2}
    step = {"way": compare.VECTOR, "nsim": 256, "step_s": 0.064, "profiler_slowdown": 1.0}
    return {
        "tables": [{**about, "physics_steps_per_env_step": 10, "rows": rows, "missing": {}}],
        "sweep": [{key: row[key] for key in ("way", "nsim", "env_steps_per_s", "of_raw")} for row in rows],
        "memory": {
            "rows": [{"way": compare.VECTOR, "nsim": 4096, "resident_bytes": 2**29}],
            "bytes_per_simulation": {compare.VECTOR: 2.0**17},
        },
        "profile": [{**step, "shares": {profile.PHYSICS: physics_share, profile.FACES: 1.0 - physics_share}}],
        "yardstick": {"dearer": {**rate, "median": 5.0}},
    }


def test_more_cores_help_physics_and_not_the_rest():
    ideal = scale.here(figures_of(physics_share=1.0))
    assert ideal.rate(threads=2, busy=1.0) == pytest.approx(4000.0)
    assert ideal.rate(threads=64, busy=1.0) == pytest.approx(32 * 4000.0)
    real = scale.here(figures_of(physics_share=0.95))
    assert real.rest_s == pytest.approx(0.05 * 0.064 / 256)
    assert real.rate(64, 1.0) < 1.0 / real.rest_s
    measured, one_process, processes, cluster, gpu, gpus = scale.lines(real)
    assert (measured.kind, measured.low, measured.high) == ("measured", 3800.0, 3800.0)
    assert {line.kind for line in (one_process, processes, cluster, gpu, gpus)} == {"reckoned"}
    assert one_process.high < processes.high < 32 * 4000.0
    assert cluster.high == pytest.approx(16 * processes.high)
    assert gpu.low == pytest.approx(950_000 / 5.0 / 10)
    assert gpus.high == pytest.approx(8 * gpu.high)


def test_pages_take_their_tables_from_a_result(tmp_path):
    (tmp_path / "speed.json").write_text(json.dumps({"figures": figures_of(0.95)}))
    for name, marks in pages.PAGES.items():
        text = "".join(f"before\n<!-- {mark}: begin -->\nold\n<!-- {mark}: end -->\nafter\n" for mark in marks)
        (tmp_path / name).write_text(text)
    for _ in range(2):  # again, over what the first has written
        assert pages.main([str(tmp_path / "speed.json"), str(tmp_path)]) == 0
        speed, machines = ((tmp_path / name).read_text() for name in ("speed.md", "scale.md"))
        assert "old" not in speed + machines
        assert "| our vector env, harmonic | 256 | **0.950** (1.00–1.00) |  | 3,800 |" in speed
        assert "| our vector env | 4,096 | 512 MiB | 0.125 MiB |" in speed
        assert "| this machine, 2 threads | measured | 3,800 |" in machines
        assert speed.count("after") == 4


def test_the_pages_of_the_repository_have_places_for_their_tables():
    docs = Path(__file__).resolve().parents[2] / "docs"
    for name, marks in pages.PAGES.items():
        for mark in marks:
            put((docs / name).read_text(encoding="utf-8"), mark, "")


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="no <!-- ways: begin -->"):
        put("nothing", "ways", "")


def test_the_yardstick_says_how_much_dearer_our_physics_is():
    found = yardstick.measure(SETTING)
    assert found["physics_steps_per_s"]["median"] > 0.0
    assert found["dearer"]["median"] > 0.5
