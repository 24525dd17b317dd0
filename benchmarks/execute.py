"""Run a job: the campaign or the line that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pilotline.benchmarks.job import Job

if TYPE_CHECKING:
    from pilotline.benchmarks.campaign import Progress
    from pilotline.benchmarks.crew.workers import Workers
    from pilotline.benchmarks.scorecard import Ran
    from pilotline.benchmarks.store import Store


def execute(
    job: Job,
    progress: Progress | None = None,
    told: Callable[[str], None] = lambda remark: None,
    store: Store | None = None,
    workers: Workers | None = None,
) -> Ran:
    """Cycles of a campaign, or the run of a line for hours from end to end.

    Args:
      job: what to run.
      progress: told what is done and planned.
      told: given what policies have to tell when their work is done, a line each.
      store: of cycles: has those of a campaign that are done already, and is given each as it ends.
      workers: who runs the cycles of a campaign; this process by default. A line is one simulation, which runs here.

    Raises:
      ValueError: an unknown robot, actuator tier, line, station, policy or pack; the message has the choices.
    """
    from pilotline.policies.policy import remarks_of

    def worked(policy: object) -> None:
        for remark in remarks_of(policy):
            told(remark)

    if job.end_to_end:
        from pilotline.benchmarks.line_run import run_line

        return run_line(job, progress=progress, worked=worked, store=store)
    if workers is None or workers.alone:
        from pilotline.benchmarks import campaign

        return campaign.run(job, progress=progress, worked=worked, store=store)
    from pilotline.benchmarks.crew import driver

    return driver.run(job, workers, progress=progress, told=told, store=store)
