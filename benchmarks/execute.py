"""Run a job: the campaign or the line that it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from pilotline.benchmarks.job import Job

if TYPE_CHECKING:
    from pilotline.benchmarks.campaign import Progress
    from pilotline.benchmarks.scorecard import Ran
    from pilotline.policies import Policy


def execute(job: Job, progress: Progress | None = None, worked: Callable[[Policy], None] = lambda policy: None) -> Ran:
    """Cycles of a campaign, or the run of a line for hours from end to end.

    Args:
      job: what to run.
      progress: told what is done and planned.
      worked: given the policy of each station when its work is done.

    Raises:
      ValueError: an unknown robot, actuator tier, line, station, policy or pack; the message has the choices.
    """
    if job.end_to_end:
        from pilotline.benchmarks.line_run import run_line

        return run_line(job, progress=progress, worked=worked)
    from pilotline.benchmarks import campaign

    return campaign.run(job, progress=progress, worked=worked)
