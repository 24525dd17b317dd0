"""Arms whose truth is known: what is told apart, by how much, and what is left open."""

import dataclasses
import io
import json

import numpy as np
import pytest
from rich.console import Console

from pilotline.benchmarks import scorecard
from pilotline.benchmarks.canonical import layout, sha256
from pilotline.benchmarks.compare import arms, picture, table
from pilotline.benchmarks.compare.arms import CompareError
from pilotline.benchmarks.compare.result import Comparison, Judged, compare
from pilotline.benchmarks.compare.words import sentences
from pilotline.benchmarks.facts import LineFacts
from pilotline.benchmarks.job import Job

from .conftest import HEADER, OTHER, ROBOT, STATION


def some(value: float | None) -> float:
    assert value is not None
    return value


def judged(found: Comparison, figure: str, arm: str) -> Judged:
    return next(one for one in found.judged if (one.found.figure, one.found.arm) == (figure, arm))


def test_a_slower_arm_is_worse_by_cycle_time_by_what_it_is_slower(scored):
    found = compare(arms.read([scored("a"), scored("b", slower_s=0.5)]))
    (verdict,) = found.verdicts
    assert verdict.by is not None
    assert (verdict.better, verdict.by.found.figure, verdict.anytime) == (False, "cycle_time_s", True)
    assert verdict.by.found.difference == pytest.approx(0.5, abs=0.05)
    assert some(verdict.by.found.low) < 0.5 < some(verdict.by.found.high)
    assert (found.rank_low, found.rank_high) == ((1, 2), (1, 2))


def test_common_seeds_find_what_independent_cycles_do_not(scored):
    control = scored("a")
    paired = judged(compare(arms.read([control, scored("b", slower_s=0.2)])), "cycle_time_s", "b")
    alone = judged(compare(arms.read([control, scored("c", slower_s=0.2, seed=2)])), "cycle_time_s", "c")
    assert (paired.found.paired, alone.found.paired) == (True, False)
    assert paired.shown
    assert not alone.shown
    assert some(paired.found.high) - some(paired.found.low) < 0.1 * (some(alone.found.high) - some(alone.found.low))
    assert alone.more_cycles is None or alone.more_cycles > 60


def test_yield_comes_before_time(scored):
    """An arm that is faster and fails a third of its cycles is worse."""
    found = compare(arms.read([scored("a"), scored("b", slower_s=-1.0, fails=0.33)]))
    (verdict,) = found.verdicts
    assert verdict.by is not None
    assert (verdict.better, verdict.by.found.figure) == (False, "yield")
    assert judged(found, "cycle_time_s", "b").found.better is True


def test_a_good_part_of_an_arm_that_fails_costs_the_time_of_its_failures(scored):
    found = compare(arms.read([scored("a"), scored("b", fails=0.33)]))
    cost = next(cost for cost in found.costs if cost.name == "time_per_good_s")
    good = some(judged(found, "yield", "b").found.arm_value) / 100.0
    assert some(cost.arm_value) == pytest.approx(12.0 + (1.0 - good) / good * 18.0, abs=0.7)
    assert some(cost.low) < some(cost.arm_value) - some(cost.control_value) < some(cost.high)


def test_arms_alike_are_not_told_apart_and_share_the_places(scored):
    found = compare(arms.read([scored("a"), scored("b", heat=0.2, seed=2), scored("c", heat=0.2, seed=3)]))
    assert [verdict.better for verdict in found.verdicts] == [None, None]
    assert (found.rank_low, found.rank_high) == ((1, 1, 1), (3, 3, 3))
    assert all("not told apart" in line for line in sentences(found) if not line.startswith(" "))


def test_the_cycles_that_would_settle_a_difference_do(scored):
    """A difference that 20 cycles leave open, at the number of cycles that they ask for."""
    few = judged(compare(arms.read([scored("a", n=20), scored("b", n=20, fails=0.15)])), "yield", "b")
    assert not few.shown
    assert few.more_cycles is not None
    n = 20 + few.more_cycles
    assert judged(compare(arms.read([scored("c", n=n), scored("d", n=n, fails=0.15)])), "yield", "d").shown


def test_one_pair_says_nothing_of_how_many_more_would_settle_it(scored):
    found = compare(arms.read([scored("a", n=1), scored("b", n=1, slower_s=2.0)]))
    one = judged(found, "cycle_time_s", "b")
    assert some(one.found.difference) == pytest.approx(2.0, abs=0.3)
    assert one.more_cycles is None
    assert "from too few cycles to say" in "\n".join(sentences(found))


def test_no_fewer_cycles_are_planned_than_the_test_can_tell_apart(scored):
    """Signs of n pairs, all alike, have p = 2^(1 - n): three questions at 5 % take seven pairs, however clear."""
    found = compare(arms.read([scored("a", n=3), scored("b", n=3, slower_s=5.0)]))
    few = judged(found, "cycle_time_s", "b").more_cycles
    assert few is not None
    assert 3 + few >= 7
    enough = compare(arms.read([scored("c", n=3 + few), scored("d", n=3 + few, slower_s=5.0)]))
    assert judged(enough, "cycle_time_s", "d").shown


def test_heat_is_explained_between_drives_and_energy_not_held_against_ideal_joints(scored):
    found = compare(arms.read([scored("cool", heat=0.2), scored("hot", heat=0.6), scored("ideal")]))
    heat = judged(found, "heat_load", "hot")
    assert heat.shown
    assert heat.found.difference == pytest.approx(40.0, abs=1.0)
    assert {one.found.figure for one in found.judged if one.found.arm == "ideal"}.isdisjoint({"energy_j", "heat_j"})
    assert any("energy of ideal is mechanical work" in remark for remark in found.remarks)


def test_holm_makes_a_difference_harder_to_show_among_many_arms(scored):
    one = compare(arms.read([scored("a"), scored("b", fails=0.12)]))
    many = compare(
        arms.read([scored("c"), scored("d", fails=0.12), *(scored(f"e{k}", heat=0.1 * k) for k in range(1, 6))])
    )
    assert judged(many, "yield", "d").found.p == judged(one, "yield", "b").found.p
    assert judged(many, "yield", "d").p_holm > judged(one, "yield", "b").p_holm


def test_several_stations_are_judged_one_by_one_and_together(scored):
    both = (STATION, OTHER)
    found = compare(arms.read([scored("a", stations=both), scored("b", slower_s=0.4, stations=both)]))
    assert [verdict.station for verdict in found.verdicts] == ["device_test", "peg_gear"]
    (overall,) = found.overall
    assert overall.yield_difference == 0.0
    assert overall.time_interval is not None
    assert overall.time_interval[0] < some(overall.time_change) < overall.time_interval[1]


def test_runs_from_end_to_end_are_told_with_the_ranges_of_their_twins(few_replicas, line_of, drive, tmp_path):
    line = line_of(2, clear_s=30.0, transfer_s=2.0)
    stations = tuple(dataclasses.replace(STATION, name=name) for name in line.station_names)
    facts = LineFacts(line.name, line.title, "1", stations, takt_s=line.takt_s, buffers=(5,), card=line)
    paths = []
    for name, time_s in (("quick", 20.0), ("slow", 26.0)):
        rng = np.random.default_rng(1)
        run = drive(line, 3600.0, lambda k, rng=rng, time_s=time_s: (float(rng.normal(time_s, 1.0)), ()))
        asked = {"robot": "wheeled", "actuators": "ideal", "policy": name, "seed": 1}
        job = Job.of(asked | {"line": line.name, "hours": 1.0})
        paths.append(tmp_path / name)
        scorecard.write(scorecard.build(job, facts, ROBOT, run, HEADER), paths[-1] / "scorecard.json")
    found = compare(arms.read(paths))
    assert all(verdict.better is False for verdict in found.verdicts)
    (told,) = (line for line in sentences(found) if line.startswith("from end to end"))
    assert "quick 9" in told
    assert "slow 6" in told
    assert told.count("of its twin") == 2


def test_cards_of_other_lengths_are_paired_as_far_as_they_go(scored):
    found = compare(arms.read([scored("a", n=60), scored("b", n=40, slower_s=0.5)]))
    assert judged(found, "yield", "b").found.n == 40


def test_an_arm_without_a_good_cycle_ends_in_words(scored):
    found = compare(arms.read([scored("a"), scored("none", fails=1.0)]))
    assert found.verdicts[0].better is False
    assert judged(found, "cycle_time_s", "none").found.difference is None
    assert any("a good part costs –" in line for line in sentences(found))


def test_the_control_is_the_first_or_the_one_that_is_named(scored):
    paths = [scored("a"), scored("b", slower_s=0.5)]
    assert [arm.name for arm in arms.read(paths)] == ["a", "b"]
    assert [arm.name for arm in arms.read(paths, control="b")] == ["b", "a"]
    with pytest.raises(CompareError, match="control=c: no such arm; allowed: a, b"):
        arms.read(paths, control="c")


def test_one_card_or_the_same_card_twice_is_refused(scored):
    a = scored("a")
    with pytest.raises(CompareError, match="scorecards to compare: 1; allowed: 2 to 12"):
        arms.read([a])
    with pytest.raises(CompareError, match="is given twice"):
        arms.read([a, a / "scorecard.json"])
    with pytest.raises(CompareError, match="hold the same campaign"):
        arms.read([a, scored("copy")])


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"pack": "D1"}, "pack is D0 and D1; allowed: the same"),
        ({"stations": (OTHER,)}, "stations is device_test and peg_gear"),
        ({"stations": (dataclasses.replace(STATION, version="2"),)}, "version of device_test is 1 and 2"),
        ({"stations": (dataclasses.replace(STATION, tau_l_s=20.0),)}, "the card of device_test differs though"),
    ],
)
def test_cards_of_other_work_are_refused_in_one_line(scored, other, words):
    with pytest.raises(CompareError, match=words) as caught:
        arms.read([scored("a"), scored("b", seed=2, **other)])
    assert "\n" not in str(caught.value)


def test_a_card_edited_by_hand_is_refused_also_when_its_hash_was_mended(scored):
    path = scored("b", seed=2) / "scorecard.json"
    document = json.loads(path.read_text())
    document["body"]["rows"][0]["time_s"] = 1.0
    document["body_sha256"] = sha256(document["body"])
    path.write_bytes(layout(document))
    with pytest.raises(CompareError, match=r"b/scorecard.json: the figures do not follow from the rows: body[.]"):
        arms.read([scored("a"), path])


def test_more_than_one_thing_that_differs_is_told(scored):
    robot = dataclasses.replace(ROBOT, name="biped", entry_class="biped")
    found = arms.read([scored("a"), scored("b", robot=robot, heat=0.2, seed=2)])
    told = "\n".join(arms.remarks(found))
    assert "b differs from a in robot and actuators" in told
    assert "unpaired" in told
    assert "b is biped and a wheeled" in told


def test_the_same_job_on_two_seeds_is_an_a_a_comparison(scored):
    found = arms.read([scored("a"), scored("b", seed=2)])
    assert any("A/A" in remark for remark in arms.remarks(found))


def test_the_table_fits_a_terminal_of_80_columns_with_every_digit(scored):
    found = compare(arms.read([scored("as_built", heat=0.2), scored("arms_torso_swapped", heat=0.6, slower_s=90.0)]))
    out = io.StringIO()
    Console(width=80, file=out).print(table.render(found))
    text = out.getvalue()
    assert "…" not in text
    assert all(word in text for word in ("difference", "peeking", "settled"))
    assert max(map(len, text.splitlines())) <= 80


def test_table_and_picture_name_every_arm_and_unit(scored, tmp_path):
    found = compare(arms.read([scored("cool", heat=0.2), scored("hot", heat=0.6), scored("ideal")]))
    out = io.StringIO()
    Console(width=100, file=out).print(table.render(found))
    text = out.getvalue()
    assert all(word in text for word in ("cool", "hot", "ideal", "first-pass yield (%)", "heat load (%)", "place"))
    assert max(map(len, text.splitlines())) <= 100
    picture.write(found, tmp_path / "one.svg")
    picture.write(found, tmp_path / "two.svg")
    svg = (tmp_path / "one.svg").read_bytes()
    assert svg == (tmp_path / "two.svg").read_bytes()
    assert svg.count(b"<svg") == 1
    assert b'href="http' not in svg
