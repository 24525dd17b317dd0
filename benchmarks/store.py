"""Cycles of a campaign as they end, in a file that a kill at any moment leaves whole.

An SQLite database: what the cycles depend on, a row for each finished cycle, a row for each session that worked on it.
There is one writer, the process that drives the campaign; anybody may read while it runs.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from pilotline.benchmarks.canonical import canonical
from pilotline.benchmarks.difference import Difference, first_difference
from pilotline.benchmarks.rows import CycleRow, RowError

NAME = "campaign.db"
SCHEMA = 2
_OURS = 0x504C4331
"""Marks the file as ours, in SQLite's `application_id`."""
_TABLES = (
    "CREATE TABLE campaign (one INTEGER PRIMARY KEY CHECK (one = 1), setting TEXT NOT NULL)",
    "CREATE TABLE cycle (station TEXT NOT NULL, cycle INTEGER NOT NULL, sha256 TEXT NOT NULL, row TEXT NOT NULL, "
    "PRIMARY KEY (station, cycle)) WITHOUT ROWID",
    "CREATE TABLE moment (one INTEGER PRIMARY KEY CHECK (one = 1), sha256 TEXT NOT NULL, text TEXT NOT NULL)",
    "CREATE TABLE session (number INTEGER PRIMARY KEY, wall_s REAL NOT NULL, about TEXT NOT NULL)",
    f"PRAGMA application_id = {_OURS}",
    f"PRAGMA user_version = {SCHEMA}",
)


class StoreError(ValueError):
    """A store that cannot be used; one line with the file and what is wrong."""


class Store:
    """Finished cycles of one campaign; made by `opened`.

    Attributes:
      path: of the file.
    """

    def __init__(self, path: Path, base: sqlite3.Connection) -> None:
        self.path, self._base = path, base
        self._begun = time.perf_counter()
        self._session: int | None = None

    def rows(self, station: str | None = None) -> list[CycleRow]:
        """The finished cycles of a station, or of all, by cycle.

        Raises:
          StoreError: a row is not as it was written.
        """
        with self._told():
            found = self._base.execute(
                "SELECT station, cycle, sha256, row FROM cycle "
                "WHERE ?1 IS NULL OR station = ?1 ORDER BY station, cycle",
                (station,),
            ).fetchall()
        return [self._row(*each) for each in found]

    def keep(self, rows: Sequence[CycleRow]) -> None:
        """Store cycles that have ended, all of them or none; on disk when this returns.

        A cycle that is there already stays as it is.

        Raises:
          StoreError: one that is there came out otherwise then, or the file cannot be written.
        """
        with self._told(), self._transaction():
            for row in rows:
                text = canonical(row.to_json()).decode()
                sha256 = hashlib.sha256(text.encode()).hexdigest()
                self._base.execute(
                    "INSERT INTO cycle VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
                    (row.station, row.cycle, sha256, text),
                )
                where = (row.station, row.cycle)
                (there,) = self._base.execute(
                    "SELECT sha256 FROM cycle WHERE station = ? AND cycle = ?", where
                ).fetchone()
                if there != sha256:
                    raise StoreError(
                        f"{self.path}: cycle {row.cycle} of {row.station} came out otherwise before: "
                        "what runs it is not the same from run to run"
                    )
            self._base.execute(
                "UPDATE session SET wall_s = ? WHERE number = ?", (time.perf_counter() - self._begun, self._session)
            )

    def mark(self, text: str) -> None:
        """Store what one long simulation goes on from, in the place of what was there; on disk when this returns.

        Raises:
          StoreError: the file cannot be written.
        """
        with self._told(), self._transaction():
            sha256 = hashlib.sha256(text.encode()).hexdigest()
            self._base.execute("INSERT OR REPLACE INTO moment VALUES (1, ?, ?)", (sha256, text))

    def moment(self) -> str | None:
        """What was marked last, None where nothing was.

        Raises:
          StoreError: it is not as it was written.
        """
        with self._told():
            found = self._base.execute("SELECT sha256, text FROM moment").fetchone()
        if found is None:
            return None
        sha256, text = found
        if not isinstance(text, str) or hashlib.sha256(text.encode()).hexdigest() != sha256:
            raise StoreError(f"{self.path} is damaged: the moment to go on from is not as it was written")
        return text

    @property
    def count(self) -> int:
        """Finished cycles of all stations."""
        with self._told():
            return int(self._base.execute("SELECT count(*) FROM cycle").fetchone()[0])

    @property
    def wall_s(self) -> float:
        """Time that sessions before this one took, from their beginning to the last cycle that they stored."""
        with self._told():
            found = self._base.execute(
                "SELECT coalesce(sum(wall_s), 0.0) FROM session WHERE number IS NOT ?", (self._session,)
            ).fetchone()
        return float(found[0])

    def sessions(self) -> list[dict[str, Any]]:
        """What the sessions said of themselves, in order."""
        with self._told():
            found = self._base.execute("SELECT about FROM session ORDER BY number").fetchall()
        return [dict(json.loads(about)) for (about,) in found]

    def begin(self, setting: Mapping[str, Any], about: Mapping[str, Any]) -> Difference | None:
        """Begin a session for cycles that depend on `setting`.

        Returns:
          Where the setting of the cycles that are there is another (`stored`); nothing is written then.

        Raises:
          StoreError: the file is damaged or cannot be written.
        """
        with self._told(), self._transaction():
            if _is_empty(self._base):
                for statement in _TABLES:
                    self._base.execute(statement)
                self._base.execute("INSERT INTO campaign VALUES (1, ?)", (canonical(setting).decode(),))
            (found,) = self._base.execute("PRAGMA quick_check(1)").fetchone()
            if found != "ok":
                raise StoreError(f"{self.path} is damaged: {' '.join(found.split())}")
            (there,) = self._base.execute("SELECT setting FROM campaign").fetchone()
            stored = json.loads(there)
            for part, here in json.loads(json.dumps(setting)).items():
                if other := first_difference(part, stored.get(part), here):
                    return other
            put = self._base.execute(
                "INSERT INTO session (wall_s, about) VALUES (0.0, ?)", (canonical(about).decode(),)
            )
            self._session = put.lastrowid
        return None

    def close(self) -> None:
        """Leave one file."""
        with self._told():
            self._base.close()

    def _row(self, station: str, cycle: int, sha256: str, text: str) -> CycleRow:
        try:
            if hashlib.sha256(text.encode()).hexdigest() == sha256:
                row = CycleRow.from_json(json.loads(text))
                if (row.station, row.cycle) == (station, cycle):
                    return row
        except (AttributeError, ValueError, RowError):
            pass
        raise StoreError(f"{self.path} is damaged: cycle {cycle} of {station} is not as it was written")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._base.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._base.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """SQLite's troubles in one line."""
        try:
            yield
        except (sqlite3.Error, json.JSONDecodeError) as error:
            raise StoreError(f"{self.path}: {str(error)[:200]}") from None  # a damaged text can be the whole setting


@contextmanager
def opened(folder: Path) -> Iterator[Store]:
    """The store of a folder, new where there is none, for one process at a time.

    Raises:
      StoreError: another process has it open, or the file is no store of a campaign.
    """
    path = folder / NAME
    with _alone(folder):
        store = Store(path, _connected(path))
        try:
            yield store
        finally:
            store.close()


def peek(folder: Path) -> tuple[dict[str, Any], list[CycleRow]]:
    """Setting and finished cycles of a store, read only, while another process may be at work on it.

    Raises:
      StoreError: no store, not ours, without a campaign yet, or damaged.
    """
    path = folder / NAME
    try:
        base = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from None
    store = Store(path, base)
    try:
        with store._told():
            if base.execute("PRAGMA application_id").fetchone() != (_OURS,):
                raise StoreError(f"{path} should be the store of a campaign, and is something else")
            if base.execute("PRAGMA user_version").fetchone() != (SCHEMA,):
                raise StoreError(f"{path} is the store of a campaign in another form; this version has form {SCHEMA}")
            (setting,) = base.execute("SELECT setting FROM campaign").fetchone() or ("null",)
        found = json.loads(setting)
        if not isinstance(found, dict):
            raise StoreError(f"{path} holds no campaign yet")
        return found, store.rows()
    finally:
        base.close()


def _connected(path: Path) -> sqlite3.Connection:
    """A connection whose commits are on disk when they return, also against loss of power."""
    # without an isolation level transactions begin and end where the code says so
    try:
        base = sqlite3.connect(path, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be opened: {error}") from None
    try:
        (ours,) = base.execute("PRAGMA application_id").fetchone()
        (schema,) = base.execute("PRAGMA user_version").fetchone()
        if (ours, schema) != (_OURS, SCHEMA) and not _is_empty(base):
            said = (
                f"one in form {schema}; this version has form {SCHEMA}, fresh=true begins anew"
                if ours == _OURS
                else "something else"
            )
            raise StoreError(f"{path} should be the store of a campaign, and is {said}")
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        base.close()
        raise StoreError(f"{path} is no store of a campaign, or a damaged one: {error}") from None
    except StoreError:
        base.close()
        raise
    return base


def _is_empty(base: sqlite3.Connection) -> bool:
    return bool(base.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,))


def drop(folder: Path) -> None:
    """Take the store of a folder away.

    Raises:
      StoreError: a process is at work on it.
    """
    with _alone(folder):
        # the log before the file that it belongs to: a log alone would bring its cycles back
        for name in (f"{NAME}-wal", f"{NAME}-shm", NAME):
            (folder / name).unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder; the system lets go of it when this process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # not on this system; SQLite's own locks keep the file whole
        yield
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreError(f"{folder / NAME}: another process is at work on this campaign") from None
        yield
    finally:
        os.close(held)
