"""Stand-ins for the physics behind the verbs, so that the command line is tested alone and at once."""

from types import SimpleNamespace

import pytest

import pilotline.benchmarks
from pilotline.benchmarks.cli import display
from pilotline.benchmarks.facts import LineFacts, RobotFacts, StationFacts
from pilotline.benchmarks.rows import CycleRow

STATION = StationFacts(name="tote_destack", title="Totes", version="1", tau_h_s=8.7, tau_l_s=60.0, fidelity="K1")
LINE = LineFacts(name="logistics", title="Totes all day", version="1", stations=(STATION,), takt_s=84.0)
ROBOT = RobotFacts(
    name="wheeled", title="Robot", version="1", entry_class="wheeled", payload_kg=5.0, payload_basis="card"
)


def row(cycle: int, seed: int) -> CycleRow:
    """A made-up cycle that depends on the seed; every fifth one drops its tote."""
    good = cycle % 5 != 4
    return CycleRow(
        station="tote_destack",
        cycle=cycle,
        seed=(seed, cycle),
        success=good,
        faults=() if good else ("drop",),
        time_s=20.0 + cycle + seed,
        within_payload=True,
        metrics={"drops": 0.0 if good else 1.0, "force_exceedances": 0.0, "falls": 0.0},
        energy_j=500.0,
        peak_torque_ratio={"torso": 0.5},
        peak_force_n=120.0,
        digest=f"{seed * 1000 + cycle:016x}",
    )


@pytest.fixture
def campaign(monkeypatch):
    """A campaign that needs no physics; remembers the jobs it was given, and stops before cycle `stopped_at`."""
    jobs = []

    def run(job, progress=None, worked=None, store=None):
        jobs.append(job)
        rows = store.rows(STATION.name) if store else []
        progress(len(rows), job.cycles)
        for cycle in range(len(rows), job.cycles):
            if cycle == fake.stopped_at:
                raise KeyboardInterrupt
            rows.append(row(cycle, job.seed))
            if store:
                store.keep(rows[-1:])
            progress(cycle + 1, job.cycles)
        return rows

    fake = SimpleNamespace(run=run, facts=lambda job: (LINE, ROBOT), policy_facts=lambda job: None, jobs=jobs)
    fake.stopped_at = None
    monkeypatch.setattr(pilotline.benchmarks, "campaign", fake, raising=False)
    return fake


@pytest.fixture
def video(monkeypatch):
    """A recorder that draws nothing; remembers what it was asked for."""
    from pilotline.benchmarks.video import Shown

    asked = []

    def record_cycle(shown, **size):
        asked.append(vars(shown) | size)
        return b"an mp4"

    fake = SimpleNamespace(Shown=Shown, record_cycle=record_cycle, show_cycle=lambda shown: asked.append(vars(shown)))
    fake.asked = asked
    monkeypatch.setattr(pilotline.benchmarks, "video", fake, raising=False)
    monkeypatch.setattr(display, "why_not_drawing", lambda: None)
    monkeypatch.setattr(display, "has_window", lambda: False)
    return fake
