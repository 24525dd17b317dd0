"""Videos for the report: a good cycle and one of each frequent failure, or the reason why there are none."""

from __future__ import annotations

from dataclasses import replace

from pilotline.benchmarks import films
from pilotline.benchmarks.cli import display
from pilotline.benchmarks.cli.progress import progress
from pilotline.benchmarks.cli.verb import Session
from pilotline.benchmarks.films import Film
from pilotline.benchmarks.job import Job
from pilotline.benchmarks.report import Video, video_of
from pilotline.benchmarks.schema import Scorecard

_SIZE = {"width": 480, "height": 270, "fps": 10}
"""Small, so that drawing in software stays a matter of seconds."""


def films_of(card: Scorecard, session: Session) -> list[Video]:
    """Record a good cycle and one of each of the most frequent failures, as many as the page has room for."""
    chosen = films.choose(card.body)
    reason = display.why_not_drawing()
    if reason:
        session.note(f"report without videos: {reason}")
    found: list[Video] = []
    room = films.MOST_BYTES
    with progress(session.notes, "videos") as advance:
        for done, film in enumerate(chosen):
            advance(done, len(chosen))
            video = _video(film, card, reason)
            size = len(video.mp4_bytes or b"")
            if size > room:
                left = f"left out, because the films of a page take at most {films.MOST_BYTES / 1e6:g} MB"
                video = replace(video, mp4_bytes=None, caption=f"{video.caption}; {left}.")
                size = 0
            room -= size
            found.append(video)
    return found


def _video(film: Film, card: Scorecard, reason: str | None) -> Video:
    job, row = Job.of(card.body.job), film.row
    caption = films.caption(film, card.body)
    if reason:
        return video_of(film, None, f"{caption}. Not recorded: {reason}.")
    from pilotline.benchmarks import video
    from pilotline.envs.safety.setup import Precautions
    from pilotline.policies.remote import RemoteError

    shown = video.Shown(
        station=row.station,
        robot=job.robot,
        actuators=job.actuators,
        policy=job.policy,
        seed=job.seed,
        cycle=row.cycle,
        pack=job.pack,
        precautions=Precautions(job.people, job.supervisor),
    )
    try:
        content = video.record_cycle(shown, **_SIZE)
    except RemoteError as error:  # the server went away after the last cycle; the score stands
        return video_of(film, None, f"{caption}. Not recorded: {error}.")
    return video_of(film, content, caption)
