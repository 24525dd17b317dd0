"""The table holds every figure of every cycle, in columns that pandas and DuckDB know the types of."""

import pytest

from pilotline.benchmarks.table import flat, parquet, table_of

pytest.importorskip("pyarrow")


@pytest.fixture(scope="module")
def rows(rerun, ask):
    found = rerun(ask(line=None, stations=("ToteDestack", "DeviceTest"), cycles=12, actuators="harmonic"))
    return [row for row in found if row.cycle < 12]


def test_every_figure_of_a_row_is_in_a_column_of_its_own(rows):
    table = table_of(rows, {})
    assert table.num_rows == len(rows)
    for k, row in enumerate(rows):
        cells = {name: table[name][k].as_py() for name in table.column_names}
        assert {name: value for name, value in cells.items() if value is not None} == flat(row)
        assert cells["metrics_place_error_mm"] == row.metrics["place_error_mm"]
        assert cells["drives_right_arm_heat_j"] == row.drives["right_arm"].heat_j
        assert cells["faults"] == ",".join(row.faults)


def test_columns_are_typed_and_what_a_station_lacks_is_null(rows):
    table = table_of(rows, {})
    kinds = {field.name: str(field.type) for field in table.schema}
    assert [*kinds][:6] == ["station", "cycle", "success", "faults", "time_s", "within_payload"]
    assert (kinds["cycle"], kinds["success"], kinds["time_s"], kinds["digest"]) == ("int64", "bool", "double", "string")
    devices = [k for k, row in enumerate(rows) if row.station == "DeviceTest"]
    assert devices
    assert all(table["metrics_mass_kg"][k].as_py() is None for k in devices)


def test_the_file_is_the_same_each_time_and_others_read_it(rows, tmp_path):
    data = parquet(rows, {"job": {"seed": 7}})
    assert data == parquet(rows, {"job": {"seed": 7}})
    path = tmp_path / "cycles.parquet"
    path.write_bytes(data)
    import pandas
    import pyarrow.parquet

    frame = pandas.read_parquet(path)
    assert frame["time_s"].tolist() == [row.time_s for row in rows]
    assert frame.groupby("station")["success"].sum().to_dict() == {
        name: sum(row.success for row in rows if row.station == name) for name in ("ToteDestack", "DeviceTest")
    }
    assert pyarrow.parquet.read_schema(path).metadata[b"job"] == b'{"seed":7}'
