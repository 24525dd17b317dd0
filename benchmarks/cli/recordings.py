"""Videos for the report: one good cycle and one failed one, or the reason why there are none."""

from __future__ import annotations

from collections.abc import Iterable

from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.verb import Session
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.report import Video
from pilotline.benchmarks.rows import CycleRow
from pilotline.benchmarks.schema import Scorecard
from pilotline.benchmarks.wording import plain

_SIZE = {"width": 480, "height": 270, "fps": 10}
"""Small, so that drawing in software stays a matter of seconds."""


def good_and_failed(card: Scorecard, session: Session) -> list[Video]:
    """Record the first good and the first failed cycle; graded cycles go first."""
    graded_first = sorted(card.body.rows, key=lambda row: not row.within_payload)
    chosen = {
        "A good cycle": _first(row for row in graded_first if row.success),
        "A failed cycle": _first(row for row in graded_first if not row.success),
    }
    reason = display.why_not_drawing()
    if reason:
        session.note(f"report without videos: {reason}")
    videos = []
    with progress(session.notes, "videos") as advance:
        for done, (title, row) in enumerate(chosen.items()):
            advance(done, len(chosen))
            videos.append(_video(title, row, card, reason))
    return videos


def _first(rows: Iterable[CycleRow]) -> CycleRow | None:
    return next(iter(rows), None)


def _video(title: str, row: CycleRow | None, card: Scorecard, reason: str | None) -> Video:
    job = Job.of(card.body.job)
    if row is None:
        return Video(title, None, "There was no such cycle in this campaign.")
    what = ", ".join(plain(fault) for fault in row.faults) or "first pass, in tolerance"
    caption = f"{plain(row.station)}, cycle {row.cycle}, {row.time_s:.1f} s: {what}"
    if card.body.run is not None:
        caption += "; shown at the station alone, with the robot fresh at home"
    if job.policy.startswith("remote "):
        caption += "; its server was asked again for this film"
    if reason:
        return Video(title, None, f"{caption}. Not recorded: {reason}.")
    from pilotline.benchmarks import video
    from pilotline.policies.remote import RemoteError

    try:
        content = video.record_cycle(
            station=row.station,
            robot=job.robot,
            actuators=job.actuators,
            policy=job.policy,
            seed=job.seed,
            cycle=row.cycle,
            pack=job.pack,
            **_SIZE,
        )
    except RemoteError as error:  # the server went away after the last cycle; the score stands
        return Video(title, None, f"{caption}. Not recorded: {error}.")
    return Video(title, content, caption)
