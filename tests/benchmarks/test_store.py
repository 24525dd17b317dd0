"""A store keeps whole what was given to it, whatever happens to the process that writes it."""

import dataclasses
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pilotline.benchmarks import store
from pilotline.benchmarks.store import NAME, Store, StoreError

SETTING = {"job": {"seed": 0, "stations": ["a", "b"]}, "program": {"code": "1"}}
ABOUT = {"workers": 1}


@pytest.fixture(scope="module")
def rows(rerun, ask):
    """Twelve cycles of each of two stations, in the order in which they ended."""
    found = rerun(ask(line=None, stations=("ToteDestack", "DeviceTest"), cycles=12))
    own = {name: [row for row in found if row.station == name][:12] for name in ("ToteDestack", "DeviceTest")}
    return [row for pair in zip(*own.values(), strict=True) for row in pair]


@contextmanager
def session(folder: Path, setting: Mapping[str, Any] = SETTING) -> Iterator[Store]:
    with store.opened(folder) as opened:
        assert opened.begin(setting, ABOUT) is None
        yield opened


def all_of(opened: Store) -> list:
    return opened.rows("ToteDestack") + opened.rows("DeviceTest")


def in_order(rows: list) -> list:
    return sorted(rows, key=lambda row: (row.station != "ToteDestack", row.cycle))


def test_rows_come_back_bit_for_bit(rows, tmp_path):
    with session(tmp_path) as opened:
        opened.keep(rows)
    with session(tmp_path) as opened:
        assert [repr(row.to_json()) for row in all_of(opened)] == [repr(row.to_json()) for row in in_order(rows)]
        assert opened.count == 24
        assert opened.sessions() == [ABOUT, ABOUT]


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_a_kill_between_any_two_writes_loses_nothing_that_was_stored_and_doubles_nothing(rows, data):
    """The files are taken as they are at that moment; a cut through what was being written last is a torn page."""
    sizes = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=8))
    with tempfile.TemporaryDirectory() as made:
        alive, killed = Path(made, "alive"), Path(made, "killed")
        alive.mkdir()
        killed.mkdir()
        with session(alive) as opened:
            stored = 0
            for size in sizes:
                before = (alive / f"{NAME}-wal").stat().st_size
                opened.keep(rows[stored : stored + size])
                stored = min(stored + size, len(rows))
            log = (alive / f"{NAME}-wal").read_bytes()
            shutil.copy(alive / NAME, killed / NAME)
        whole = data.draw(st.booleans())
        cut = len(log) if whole else data.draw(st.integers(before, len(log) - 1))
        (killed / f"{NAME}-wal").write_bytes(log[:cut])
        left = stored if whole else max(0, sum(sizes[:-1]))
        with session(killed) as opened:
            found = all_of(opened)
            assert found in (in_order(rows[: min(left, len(rows))]), in_order(rows[:stored]))
            opened.keep(rows)
            assert all_of(opened) == in_order(rows)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_a_log_that_ends_anywhere_leaves_the_writes_before_that(rows, data):
    with tempfile.TemporaryDirectory() as made:
        alive, killed = Path(made, "alive"), Path(made, "killed")
        alive.mkdir()
        killed.mkdir()
        with store.opened(alive) as opened:
            opened.begin(SETTING, ABOUT)
            for row in rows[:6]:
                opened.keep([row])
            log = (alive / f"{NAME}-wal").read_bytes()
            shutil.copy(alive / NAME, killed / NAME)
        (killed / f"{NAME}-wal").write_bytes(log[: data.draw(st.integers(0, len(log)))])
        with session(killed) as opened:
            found = all_of(opened)
            assert found in [in_order(rows[:n]) for n in range(7)]


def test_a_cycle_that_comes_again_must_be_the_same(rows, tmp_path):
    with session(tmp_path) as opened:
        opened.keep(rows[:4])
        opened.keep(rows[2:6])
        assert opened.count == 6
        other = dataclasses.replace(rows[2], energy_j=rows[2].energy_j + 1.0)
        with pytest.raises(StoreError, match=f"cycle {other.cycle} of {other.station} came out otherwise before"):
            opened.keep([rows[7], other])
        assert opened.count == 6, "all of a write or nothing"


def test_another_setting_is_named_and_nothing_is_written(rows, tmp_path):
    with session(tmp_path) as opened:
        opened.keep(rows)
    before = (tmp_path / NAME).read_bytes()
    with store.opened(tmp_path) as opened:
        other = opened.begin({"job": {"seed": 1, "stations": ["a", "b"]}, "program": {"code": "2"}}, ABOUT)
    assert other is not None
    assert (other.path, other.stored, other.recomputed) == ("job.seed", 0, 1)
    assert (tmp_path / NAME).read_bytes() == before


def test_one_at_a_time(tmp_path):
    with session(tmp_path):
        with pytest.raises(StoreError, match="another process is at work"), store.opened(tmp_path):
            pass
        with pytest.raises(StoreError, match="another process is at work"):
            store.drop(tmp_path)


def test_a_store_that_was_dropped_is_empty(rows, tmp_path):
    with session(tmp_path) as opened:
        opened.keep(rows)
    store.drop(tmp_path)
    assert list(tmp_path.iterdir()) == []
    with session(tmp_path, {"job": "another"}) as opened:
        assert opened.count == 0


def damaged(path: Path, how: str) -> None:
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "overwritten":
        path.write_bytes(data[:4096] + bytes(len(data) - 4096))
    elif how == "a digit":
        at = data.index(b'"energy_j":') + 12
        path.write_bytes(data[:at] + (b"1" if data[at : at + 1] != b"1" else b"2") + data[at + 1 :])
    elif how == "no database":
        path.write_bytes(b"cycles" * 1000)
    else:
        path.unlink()
        with sqlite3.connect(path) as other:
            other.execute("CREATE TABLE shopping (item TEXT)" if how == "another's" else "PRAGMA application_id = 1")
            other.execute("CREATE TABLE IF NOT EXISTS cycle (station TEXT)")


@pytest.mark.parametrize("how", ["cut", "overwritten", "a digit", "no database", "another's", "marked as another's"])
def test_a_damaged_store_or_one_of_something_else_is_refused_in_a_line(how, rows, tmp_path):
    with session(tmp_path) as opened:
        opened.keep(rows)
    path = tmp_path / NAME
    damaged(path, how)
    before = path.read_bytes()
    with pytest.raises(StoreError) as refused, session(tmp_path) as opened:
        all_of(opened)
    assert str(refused.value).startswith(str(path))
    assert "\n" not in str(refused.value)
    if how != "a digit":
        assert path.read_bytes() == before, "what is not ours is left as it is"


def test_a_folder_in_the_stores_place_is_refused_in_a_line(tmp_path):
    (tmp_path / NAME).mkdir()
    with pytest.raises(StoreError, match="cannot be opened"), session(tmp_path):
        pass
