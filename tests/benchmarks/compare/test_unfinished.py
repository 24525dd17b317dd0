"""Campaigns that are compared while they run: what is finished counts, as far as it has no gap."""

from pathlib import Path

import pytest
from pydantic import TypeAdapter

from pilotline.benchmarks import store
from pilotline.benchmarks.compare import arms
from pilotline.benchmarks.compare.result import compare
from pilotline.benchmarks.facts import LineFacts, RobotFacts
from pilotline.benchmarks.store import StoreError

from .conftest import ROBOT, STATION, rows

LINE = LineFacts("pair", "Made-up line", "1", (STATION,), takt_s=60.0)
JOB = {"robot": "wheeled", "actuators": "ideal", "stations": ["device_test"], "policy": "reference", "seed": 1}


def begun(folder: Path, numbers: range | list[int], slower_s: float = 0.0, **job: object) -> Path:
    """A store of a campaign of 60 cycles in which these have ended."""
    folder.mkdir()
    setting = {
        "job": JOB | {"cycles": 60} | job,
        "line": TypeAdapter(LineFacts).dump_python(LINE, mode="json"),
        "robot": TypeAdapter(RobotFacts).dump_python(ROBOT, mode="json"),
        "policy": None,
        "program": {"pilotline": "0.1.0", "mujoco": "4.0.0"},
    }
    made = rows(STATION, 60, 1, slower_s, 0.0, None)
    with store.opened(folder) as kept:
        kept.begin(setting, {})
        kept.keep([made[k] for k in numbers])
    return folder


def test_the_cycles_there_are_are_compared_and_said_to_be_some(scored, tmp_path):
    found = compare(arms.read([scored("whole"), begun(tmp_path / "part", range(40), slower_s=0.5)]))
    assert {one.found.n for one in found.judged} == {40}
    assert found.verdicts[0].better is False
    assert any(remark.startswith("part is not finished, 40 of 60 cycles") for remark in found.remarks)


def test_the_same_as_of_a_card_of_so_many_cycles(scored, tmp_path):
    control = scored("whole")
    part = compare(arms.read([control, begun(tmp_path / "part", range(30), slower_s=0.5)]))
    card = compare(arms.read([control, scored("short", n=30, slower_s=0.5)]))
    assert [one.found.p_anytime for one in part.judged] == [one.found.p_anytime for one in card.judged]


def test_what_a_look_shows_only_at_a_fixed_number_is_not_said_of_an_arm_still_running(scored, tmp_path):
    """Eight pairs, all slower: enough for eight cycles planned, too few for whoever looks as often as they like."""
    control = scored("whole")
    card = compare(arms.read([control, scored("short", n=8, slower_s=0.5)]))
    part = compare(arms.read([control, begun(tmp_path / "part", range(8), slower_s=0.5)]))
    assert (card.verdicts[0].better, card.rank_low) == (False, (1, 2))
    assert (part.verdicts[0].better, part.rank_low) == (None, (1, 1))


def test_cycles_after_a_gap_wait(scored, tmp_path):
    found = arms.read([scored("whole"), begun(tmp_path / "part", [0, 1, 2, 3, 7, 8], slower_s=0.5)])
    assert len(found[1].body.rows) == 4


def test_reading_needs_no_lock_and_leaves_the_store_as_it_was(tmp_path, scored):
    folder = begun(tmp_path / "part", range(5), slower_s=0.5)
    with store.opened(folder) as kept:
        arms.read([scored("whole"), folder])
        assert kept.count == 5


def test_a_finished_card_goes_before_the_store(scored, tmp_path):
    scored("b", n=60, slower_s=0.5)
    begun(tmp_path / "part", range(5), slower_s=0.5)
    (tmp_path / "part" / store.NAME).rename(tmp_path / "b" / store.NAME)
    assert arms.read([scored("whole"), tmp_path / "b"])[1].asked is None


@pytest.mark.parametrize(
    ("numbers", "job", "words"),
    [
        ([], {}, "not every station has its first cycle finished"),
        ([3], {}, "not every station has its first cycle finished"),
        ([0], {"cycles": None, "hours": 1.0, "line": "logistics", "stations": []}, "compared when it is finished"),
        ([0], {"pace": 3}, "not a campaign of this version: job: unknown pace=3"),
    ],
)
def test_what_cannot_be_compared_yet_is_said_in_one_line(scored, tmp_path, numbers, job, words):
    with pytest.raises(StoreError, match=words) as caught:
        arms.read([scored("whole"), begun(tmp_path / "part", numbers, **job)])
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_store_is_refused(scored, tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / store.NAME).write_text("nothing of the kind, but long enough to be looked at" * 40)
    with pytest.raises(StoreError, match=r"campaign\.db"):
        arms.read([scored("whole"), tmp_path / "part"])
