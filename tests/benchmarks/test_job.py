"""A job says what to run; mistakes get one clear line."""

import pytest

from pilotline.benchmarks.job import Job, JobError

ROBOT = {"robot": "wheeled", "actuators": "ideal", "policy": "reference"}
ASKED = ROBOT | {"line": "logistics", "seed": 7, "cycles": 200}


def test_batch_size_and_threads_are_not_part_of_what_results_depend_on() -> None:
    small, large = Job.of(ASKED | {"nsim": 1, "nthread": 1}), Job.of(ASKED | {"nsim": 256, "nthread": 2})
    assert small.body() == large.body()
    assert not {"nsim", "nthread"} & small.body().keys()


def test_the_body_builds_the_same_job_again() -> None:
    job = Job.of(ASKED)
    assert Job.of(job.body()) == job
    driven = Job.of(ASKED | {"actuators": "harmonic arms=csg-20-100+tbm-6025 head=ideal right_arm_3=twin:./mine.yaml"})
    assert Job.of(driven.body()) == driven
    shift = Job.of(ROBOT | {"seed": 7, "hours": 8, "stations": ["ToteDestack", "DeviceTest"]})
    assert Job.of(shift.body()) == shift


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"cycles": 0}, "job: cycles is 0; allowed: greater than or equal to 1"),
        ({"cycles": "many"}, "job: cycles is 'many'; allowed: a valid integer"),
        ({"hours": 8.0}, "job: cycles is 200 and hours is 8.0; allowed: exactly one of them"),
        ({"cycles": None}, "job: cycles is None and hours is None; allowed: exactly one of them"),
        ({"cycles": None, "hours": float("nan")}, "job: hours is nan; allowed: a finite number"),
        ({"seed": -1}, "job: seed is -1; allowed: greater than or equal to 0"),
        ({"seed": 2**53}, f"job: seed is {2**53}; allowed: less than or equal to {2**53 - 1}"),
        ({"line": None}, "job: line is None and stations is (); allowed: exactly one of them"),
        (
            {"robot": "a b"},
            "job: robot is 'a b': robot a: 'b' is not one of hands=HAND, right_hand=HAND, left_hand=HAND, "
            "contacts=all|feet",
        ),
        (
            {"actuators": "turbo"},
            "job: actuators is 'turbo': unknown actuators 'turbo'; choose from ideal, servo, harmonic, twin",
        ),
        (
            {"actuators": "servo arms"},
            "job: actuators is 'servo arms': actuators: 'arms' is not place=tier, place=sheet or place=tier:sheet",
        ),
        ({"nsim": 0}, "job: nsim is 0; allowed: greater than or equal to 1"),
    ],
)
def test_a_mistake_gets_one_line_with_name_value_and_what_is_allowed(change: dict, line: str) -> None:
    with pytest.raises(JobError) as error:
        Job.of(ASKED | change)
    assert str(error.value) == line


def test_actuators_have_one_spelling() -> None:
    short, full = (Job.of(ASKED | {"actuators": f"harmonic  arms={arms}"}) for arms in ("mine", "harmonic:mine"))
    assert short.body() == full.body()
    assert full.actuators == "harmonic arms=harmonic:mine"


def test_missing_and_unknown_keys_are_named() -> None:
    with pytest.raises(JobError, match="job: robot is missing"):
        Job.of({key: value for key, value in ASKED.items() if key != "robot"})
    with pytest.raises(JobError, match="job: unknown colour='red'; allowed: robot, actuators"):
        Job.of(ASKED | {"colour": "red"})
