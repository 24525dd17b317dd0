"""Recordings: what is kept is what a score sees, in a dataset that Minari reads."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minari
import numpy as np
import pytest

from pilotline import policies, robots
from pilotline.benchmarks import campaign
from pilotline.benchmarks import demos as recording
from pilotline.benchmarks.job import Job
from pilotline.envs.seeds import cycle_seed
from pilotline.envs.station_batch import StationBatch
from pilotline.envs.stations import load
from pilotline.envs.world import build_world
from pilotline.policies.imitate import storage
from pilotline.policies.imitate.demos import Demos, DemosError
from pilotline.policies.reference.reach import ReachPolicy
from pilotline.policies.train.plan import MAX_SEED, Plan, demos_seed

MakeJob = Callable[..., Job]


def test_minari_reads_it_with_its_environment(folder: Path, shown: Demos) -> None:
    dataset = minari.MinariDataset(folder / "data")
    assert len(dataset) == 5
    env = dataset.recover_environment()
    assert dataset.observation_space == env.observation_space
    assert dataset.action_space == env.action_space
    for ours, theirs in zip(shown.episodes, dataset, strict=True):
        assert dataset.observation_space.contains({name: rows[0] for name, rows in theirs.observations.items()})
        assert theirs.terminations.tolist() == [False] * (len(theirs) - 1) + [True]
        assert not theirs.truncations.any()
        np.testing.assert_array_equal(ours.actions, theirs.actions)
        repr(theirs)


def test_the_same_words_give_the_same_arrays_at_any_batch_size(job: MakeJob, shown: Demos, tmp_path: Path) -> None:
    for nsim in (1, 5):
        out = tmp_path / str(nsim)
        out.mkdir()
        recording.record(job(nsim=nsim), "good", out)
        assert storage.read(out).sha256() == shown.sha256()
    other = tmp_path / "other"
    other.mkdir()
    recording.record(job(seed=demos_seed(1)), "good", other)
    assert storage.read(other).sha256() != shown.sha256()


def test_actions_played_again_give_the_same_observations_and_rewards(shown: Demos) -> None:
    robot, episode = robots.load("fixed"), shown.episodes[3]
    batch = StationBatch(build_world(load("reach"), robot, "ideal"), 1, 1, "ee")
    batch.begin(np.array([0]), [cycle_seed(demos_seed(0), "reach", episode.cycle)])
    policy = policies.load("reference", "reach", robot, 1)
    policy.begin(np.array([0]))
    obs = batch.observe()
    for t, action in enumerate(episode.actions):
        for name, rows in episode.observations.items():
            np.testing.assert_array_equal(rows[t], obs[name][0].astype(np.float32))
        wanted = np.clip(policy.act(obs), -1.0, 1.0)
        np.testing.assert_array_equal(action, wanted[0].astype(np.float32))
        step = batch.step(wanted)
        assert step.reward[0] == episode.rewards[t]
        obs = step.obs
    for name, rows in episode.observations.items():
        np.testing.assert_array_equal(rows[-1], obs[name][0].astype(np.float32))


class Half:
    """The reference, which leaves targets on one side alone."""

    control = "ee"

    def __init__(self, *given: Any) -> None:
        self._usual = ReachPolicy(robots.load("fixed"), given[3])

    def begin(self, ids: np.ndarray) -> None:
        self._usual.begin(ids)

    def act(self, obs: Any) -> np.ndarray:
        return np.where(obs["target"][:, 2:] > 1.0, 0.0, self._usual.act(obs))


def test_rows_are_those_of_a_score_and_only_good_cycles_are_kept(
    job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "load", Half)
    asked = job(cycles=8, nsim=3)
    wanted = campaign.run(asked)
    good = [row.cycle for row in wanted if row.success]
    assert 0 < len(good) < 8
    wishes: tuple[tuple[recording.Keep, list[int]], ...] = (("good", good), ("all", list(range(8))))
    for keep, cycles in wishes:
        out = tmp_path / keep
        out.mkdir()
        kept, rows = recording.record(asked, keep, out)
        found = storage.read(out)
        assert rows == wanted
        assert kept == len(cycles)
        assert [episode.cycle for episode in found.episodes] == cycles
        assert [episode.faults for episode in found.episodes] == [wanted[cycle].faults for cycle in cycles]
        assert [episode.success for episode in found.episodes] == [wanted[cycle].success for cycle in cycles]


def test_a_recording_without_a_good_cycle_leaves_nothing(
    job: MakeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Idle(Half):
        def act(self, obs: Any) -> np.ndarray:
            return 0.0 * super().act(obs)

    monkeypatch.setattr(policies, "load", Idle)
    with pytest.raises(DemosError, match="no cycle to keep; allowed: one or more, keep=all"):
        recording.record(job(cycles=2), "good", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_holds_some_is_not_written_over(job: MakeJob, folder: Path) -> None:
    before = (folder / "data" / "metadata.json").read_bytes()
    with pytest.raises(DemosError, match="holds demonstrations already; allowed: another folder"):
        recording.record(job(), "good", folder)
    assert (folder / "data" / "metadata.json").read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["data"]


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("metadata.json", ""),
        ("metadata.json", "{}"),
        ("metadata.json", "[1]"),
        ("metadata.json", '{"pilotline": {"schema": "pilotline/demos/9"}}'),
        ("main_data.hdf5", "not HDF5"),
    ],
)
def test_what_is_no_recording_is_told(file: str, text: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    (tmp_path / "copy" / "data" / file).write_text(text)
    with pytest.raises(DemosError, match="allowed: ") as told:
        storage.read(tmp_path / "copy")
    assert "\n" not in str(told.value)
    with pytest.raises(DemosError, match="no demonstrations there"):
        storage.read(tmp_path / "nowhere")


def test_a_file_without_spaces_makes_no_environment(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    path = tmp_path / "copy" / "data" / "metadata.json"
    content = json.loads(path.read_text())
    del content["action_space"]
    path.write_text(json.dumps(content))
    with pytest.raises(DemosError, match="no demonstrations there"):
        storage.read(tmp_path / "copy")


def test_an_array_that_was_changed_changes_the_hash(folder: Path, shown: Demos, tmp_path: Path) -> None:
    import h5py

    shutil.copytree(folder, tmp_path / "copy")
    with h5py.File(tmp_path / "copy" / "data" / "main_data.hdf5", "a") as file:
        file["episode_2/actions"][7, 0] += 0.25
    assert storage.read(tmp_path / "copy").sha256() != shown.sha256()


def test_no_cycle_of_a_recording_is_one_of_training_or_evaluation() -> None:
    plan = Plan("bc", {}, "reach", "fixed", "ideal", "ee", "D0", None, MAX_SEED, 1, 1, 1)
    assert plan.training_seed(2**12) < plan.evaluation_seed < demos_seed(0) < demos_seed(MAX_SEED) < 2**53
