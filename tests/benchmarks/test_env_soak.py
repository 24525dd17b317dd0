"""The soak of an environment tells poison from blame, counts what ended, and watches memory."""

import json

import numpy as np
import pytest

from pilotline.benchmarks import env_soak
from pilotline.benchmarks.env_soak import Soak, main, parse, run


@pytest.fixture(scope="module")
def soaked():
    return run(Soak(steps=1_000, nsim=20, nan_share=0.1, actuators="ideal", nthread=1, seed=3))


def test_every_poisoned_row_ends_its_cycle_as_a_bad_action_and_no_other_does(soaked):
    assert soaked["env_steps"] == 1_000
    assert soaked["poisoned_rows"] > 50
    assert soaked["poisoned_without_fault"] == 0
    assert soaked["bad_action_without_poison"] == 0
    assert soaked["rows_with_non_finite_output"] == 0
    ended = soaked["cycles_ended"]
    assert ended["bad_action"] == soaked["poisoned_rows"]
    assert ended["all"] >= ended["bad_action"]


def test_the_same_seed_gives_the_same_counts(soaked):
    again = run(Soak(steps=1_000, nsim=20, nan_share=0.1, actuators="ideal", nthread=2, seed=3))
    assert again["cycles_ended"] == soaked["cycles_ended"]
    assert again["poisoned_rows"] == soaked["poisoned_rows"]


def test_memory_is_sampled_and_its_growth_is_that_after_the_warm_up(soaked):
    steps, bytes_ = zip(*soaked["own_bytes"], strict=True)
    assert (steps[0], steps[-1]) == (0, 1_000)
    warm = [value for at, value in soaked["own_bytes"] if at >= 100]
    assert soaked["own_growth"] == pytest.approx(max(warm) / warm[0] - 1.0)
    assert min(bytes_) > 10_000_000


def faults(**named):
    return {"faults": {name: np.array(value) for name, value in named.items()}, "success": np.zeros(3, bool)}


def test_a_missed_poison_a_wrong_blame_and_a_number_that_is_none_are_counted():
    tally = env_soak._Tally(3)
    none = np.zeros(3, np.bool_)
    poisoned = np.array([True, False, False])
    tally.add(poisoned, none, none, faults(bad_action=[False, True, False]), finite=np.array([True, True, False]))
    assert (tally.poisoned, tally.missed, tally.blamed, tally.not_numbers) == (1, 1, 1, 1)
    assert not tally.clean


def test_a_slot_that_begins_anew_does_not_look_at_its_action():
    tally = env_soak._Tally(3)
    none, bad = np.zeros(3, np.bool_), np.array([True, False, False])
    tally.add(bad, bad, none, faults(bad_action=bad), finite=~none)
    tally.add(bad, none, none, faults(bad_action=bad), finite=~none)
    assert (tally.poisoned, tally.missed, tally.blamed) == (1, 0, 0)
    assert tally.clean


def test_the_command_writes_its_result(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(env_soak, "GROWTH_LIMIT", 10.0)
    out = tmp_path / "soak.json"
    assert main([str(out), "steps=40", "nsim=4", "nan_share=0.5", "actuators=ideal"]) == 0
    result = json.loads(out.read_text())
    assert result["command"].endswith("steps=40 nsim=4 nan_share=0.5 actuators=ideal")
    assert result["figures"]["setting"]["seed"] == 0
    assert {"date", "hardware", "versions"} < set(result)
    assert "0 without a fault" in capsys.readouterr().out


def test_words_are_numbers_as_people_write_them():
    assert parse(["steps=10_000_000", "nan_share=0.02"]) == Soak(steps=10_000_000, nan_share=0.02)


@pytest.mark.parametrize(
    ("word", "complaint"),
    [
        ("stps=1", "stps=1: allowed: key=value with steps, nsim"),
        ("steps=many", "steps=many: allowed: int"),
        ("nan_share=2", "nan_share=2.0: allowed: 0.0 to 1.0"),
        ("station=tote", "tote"),
    ],
)
def test_what_cannot_be_run_is_refused_in_one_line(tmp_path, capsys, word, complaint):
    assert main([str(tmp_path / "soak.json"), word]) == 2
    shown = capsys.readouterr().err
    assert complaint in shown
    assert shown.count("\n") == 1
