"""What happens later, by the sandbox's clock: nothing runs in the background, each request first does what is due.

A job leaves the database together with what it did, so one that a stop of the sandbox cut short is done after the restart.
"""

import logging
import threading
from collections.abc import Callable
from sqlite3 import Row

from omicsdk.sandbox.state.database import Database

log = logging.getLogger("omicsdk.sandbox")

Runner = Callable[[str, float], object]
_NEVER = float("inf")
# A runner may schedule the next stage; one that always does would never let `finish` end.
_MOST = 100_000


class Jobs:
    """What is due when.

    Args:
        database: Where it is noted.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self._runners: dict[str, tuple[Runner, bool]] = {}
        self._lock = threading.RLock()
        self._under_way: set[int] = set()
        database.define(
            sb_jobs="number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL"
        )
        database.execute("CREATE INDEX IF NOT EXISTS sb_jobs_due ON sb_jobs (at, number)")

    def on(self, kind: str, runner: Runner, *, slow: bool = False) -> None:
        """Says what to do about jobs of a kind.

        Args:
            kind: The kind.
            runner: Called with the job's identity and the time at which it was due; what it changes takes effect
                together, or not at all when it raises.
            slow: Whether it moves bytes or waits for others: it takes care of transactions itself, so that requests
                go on meanwhile, and must bear being called again for a job that it has done.
        """
        self._runners[kind] = runner, slow

    def schedule(self, kind: str, id: str, at: float) -> None:
        """Notes a job.

        Args:
            kind: Its kind.
            id: What it is about.
            at: When it is due, in the sandbox's time.
        """
        self._database.execute("INSERT INTO sb_jobs (at, kind, id) VALUES (?, ?, ?)", (at, kind, id))

    def settle(self) -> None:
        """Does what is due, in its order; not to be called within a transaction."""
        if self._due(self._now()) is None:
            return
        with self._lock:
            while row := self._due(self._now()):
                self._run(row, row["at"])

    def finish(self) -> int:
        """Does all that is noted as if it were due now, and what comes of it; returns how much that was."""
        done = 0
        with self._lock:
            while done < _MOST and (row := self._due(_NEVER)):
                self._run(row, min(row["at"], self._now()))
                done += 1
        return done

    def _run(self, row: Row, at: float) -> None:
        runner, slow = self._runners[row["kind"]]
        try:
            if slow:
                self._slowly(row, at, runner)
            else:
                with self._database.transaction():
                    self._forget(row)
                    runner(row["id"], at)
        except Exception:
            log.exception("%s of %s failed", row["kind"], row["id"])
            # What fails once would fail with every request from then on.
            self._forget(row)

    def _slowly(self, row: Row, at: float, runner: Runner) -> None:
        self._under_way.add(row["number"])
        try:
            runner(row["id"], at)
            self._forget(row)
        finally:
            self._under_way.discard(row["number"])

    def _forget(self, row: Row) -> None:
        self._database.execute("DELETE FROM sb_jobs WHERE number = ?", (row["number"],))

    def _due(self, now: float) -> Row | None:
        """The first job that is due and that nobody is at."""
        # Hardly ever is more than one under way: slow ones are done one after another.
        rows = self._database.rows("SELECT * FROM sb_jobs WHERE at <= ? ORDER BY at, number LIMIT 2", (now,))
        return next((row for row in rows if row["number"] not in self._under_way), None)
