"""A log is read with every cell checked; what is wrong is said in one line with file, line, column and value."""

import hashlib

import numpy as np
import pytest

from pilotline.benchmarks.identify import IdentifyError, synthetic
from pilotline.benchmarks.identify import log as logs

HEADER = "t,command,position,velocity,current\n"
ROWS = "0.00,0,0.1,0,0.2\n0.01,0,0.1,0,0.2\n0.02,0,0.1,0,0.2\n"


def written(tmp_path, text):
    path = tmp_path / "run.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_columns_may_stand_in_any_order_and_time_begins_at_zero(tmp_path):
    path = written(tmp_path, "torque,t,position,command,velocity,link_position\n1,5.0,2,3,4,6\n1,5.5,2,3,4,6\n")
    log = logs.read(path)
    assert log.t.tolist() == [0.0, 0.5]
    assert log.command.tolist() == [3.0, 3.0]
    assert {name: column[0] for name, column in log.channels.items()} == {
        "position": 2.0,
        "velocity": 4.0,
        "torque": 1.0,
        "link_position": 6.0,
    }
    assert log.effort == "torque"
    assert log.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_log_notes_its_own_setting_before_the_header(tmp_path):
    log = logs.read(written(tmp_path, "# mass_kg = 0.5\n# made on a Tuesday\n# kp=20\n" + HEADER + ROWS))
    assert log.notes == {"mass_kg": 0.5, "kp": 20.0}


def test_angles_of_other_joints_have_columns_of_their_own(tmp_path):
    rows = "".join(f"{0.01 * k},0,0.1,0,0.2,0.7\n" for k in range(3))
    log = logs.read(written(tmp_path, HEADER.strip() + ",position.elbow\n" + rows))
    assert log.others["elbow"].tolist() == [0.7] * 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "run.csv: line 1: no header"),
        (b"\xff\xfe1", "is not UTF-8 text"),
        ("t;command\n", "line 1: unknown column 't;command'"),
        ("t,command,position,velocity,current_a\n" + ROWS, "line 1: unknown column 'current_a'; allowed: t, command"),
        ("t,command,position,current\n", "line 1: column velocity is missing"),
        ("t,command,position,velocity\n", "one column of current and torque is needed"),
        (HEADER.strip() + ",torque\n", "one column of current and torque is needed, not both"),
        ("t,t,command,position,velocity,current\n", "column t is there twice"),
        (HEADER + "0,0,0.1,0,0.2\n0.01,0,abc,0,0.2\n", "line 3, column position: 'abc' is not a finite number"),
        (HEADER + "0,0,0.1,0,nan\n", "line 2, column current: 'nan' is not a finite number"),
        ("# kp=20\n" + HEADER + "0,0,0.1,0,inf\n", "line 3, column current: 'inf' is not a finite number"),
        (HEADER + "0,0,0.1,0\n", "line 2: has 4 values; the header has 5"),
        (HEADER + ROWS + "0.02,0,0,0,0\n", "line 5, column t: 0.02 does not come after 0.02"),
        (HEADER + "0,0,0.1,0,0.2\n", "holds 1 rows"),
        (HEADER, "holds 0 rows"),
        ("# kp=high\n" + HEADER + ROWS, "line 1, column kp: 'high' is not a finite number"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, said):
    with pytest.raises(IdentifyError) as raised:
        logs.read(written(tmp_path, text))
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(IdentifyError, match=r"absent\.csv: cannot be read: No such file"):
        logs.read(tmp_path / "absent.csv")


def test_a_synthetic_log_reads_back_as_it_was(tmp_path, servo, logs):
    from pilotline.benchmarks.identify.log import read

    (made,) = logs(servo("m1"), 0, trajectories=("lift_and_drop",))
    path = tmp_path / made.log.name
    synthetic.write(made, path)
    back = read(path)
    for name, column in made.log.channels.items():
        np.testing.assert_allclose(back.channels[name], column, rtol=1e-8, atol=1e-12)
    assert np.array_equal(back.enabled, made.log.enabled)
    assert not back.enabled.all()
    assert back.notes["mass_kg"] == made.bench.mass_kg
    assert back.notes["kp"] == made.gains.kp
