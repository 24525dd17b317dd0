"""A row survives JSON exactly and refuses what scoring could not use."""

import dataclasses
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotline.benchmarks.rows import CycleRow, GroupDrives, RowError

finite = st.floats(allow_nan=False, allow_infinity=False)
names = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8)
figures = st.dictionaries(names, finite, max_size=4)
GOOD = CycleRow("ToteDestack", 3, (7, 3), True, (), 21.5, True, {"mass_kg": 4.0}, 900.0, {"torso": 0.4}, 61.0, "0" * 16)


drives = st.builds(
    GroupDrives,
    **{field.name: st.integers(0, 30) if field.type is int else finite for field in dataclasses.fields(GroupDrives)},
)
WARM = GroupDrives(400.0, 30.0, 360.0, 26.0, 25.5, 51.0, 41.0, 0.2, 0, 0)


@st.composite
def rows(draw: st.DrawFn) -> CycleRow:
    faults = tuple(sorted(draw(st.sets(names, max_size=3))))
    return CycleRow(
        station=draw(names),
        cycle=draw(st.integers(0, 10**7)),
        seed=tuple(draw(st.lists(st.integers(0, 2**63), max_size=3))),
        success=not faults,
        faults=faults,
        time_s=draw(st.floats(1e-3, 1e4)),
        within_payload=draw(st.booleans()),
        metrics=draw(figures),
        energy_j=draw(finite),
        peak_torque_ratio=draw(figures),
        peak_force_n=draw(st.floats(0.0, 1e6)),
        digest=draw(st.text("0123456789abcdef", min_size=16, max_size=16)),
        drives=draw(st.dictionaries(names, drives, max_size=2)),
    )


@given(rows())
def test_a_row_survives_json_exactly(row: CycleRow) -> None:
    assert CycleRow.from_json(json.loads(json.dumps(row.to_json(), allow_nan=False))) == row


def test_numpy_scalars_become_plain_numbers() -> None:
    scalars: dict[str, Any] = {
        "cycle": np.int64(3),
        "success": np.bool_(True),
        "time_s": np.float64(21.5),
        "metrics": {"mass_kg": np.float32(4.0)},
    }
    row = dataclasses.replace(GOOD, **scalars)
    assert row == GOOD
    assert json.dumps(row.to_json()) == json.dumps(GOOD.to_json())


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"time_s": math.nan}, "time_s is nan"),
        ({"time_s": 0.0}, "time_s is 0.0"),
        ({"energy_j": math.inf}, "energy_j is inf"),
        ({"metrics": {"mass_kg": math.nan}}, r"metrics\['mass_kg'\] is nan"),
        ({"peak_force_n": -1.0}, "peak_force_n is -1.0"),
        ({"cycle": -1}, "cycle is -1"),
        ({"success": 1}, "success is 1"),
        ({"faults": ("drop",)}, "faults is"),
        ({"success": False}, "faults is"),
        ({"success": False, "faults": ("late", "drop")}, "sorted"),
        ({"digest": "12"}, "digest is '12'"),
        ({"station": ""}, "station is ''"),
    ],
)
def test_an_unusable_value_is_refused_by_name(change: dict, named: str) -> None:
    with pytest.raises(RowError, match=named):
        dataclasses.replace(GOOD, **change)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"heat_j": math.nan}, "heat_j is nan"),
        ({"tripped": -1}, "tripped is -1"),
        ({"derated": 0.5}, "derated is 0.5"),
        ({"winding_c": "warm"}, "winding_c is 'warm'"),
    ],
)
def test_unusable_figures_of_drives_are_refused_by_name(change: dict, named: str) -> None:
    with pytest.raises(RowError, match=named):
        dataclasses.replace(WARM, **change)


def test_missing_and_unknown_fields_are_named() -> None:
    row = GOOD.to_json()
    with pytest.raises(RowError, match="unknown colour"):
        CycleRow.from_json(row | {"colour": 1})
    with pytest.raises(RowError, match=r"drives\['torso'\] has drawn_j"):
        CycleRow.from_json(row | {"drives": {"torso": {"drawn_j": 1.0}}})
    row.pop("digest")
    with pytest.raises(RowError, match="no digest"):
        CycleRow.from_json(row)
    with pytest.raises(RowError, match="a row is list"):
        CycleRow.from_json([1, 2])
