"""What happens later, by the sandbox's clock: nothing runs in the background, each request first does what is due."""

import logging
import threading
from collections.abc import Callable

from omicsdk.sandbox.store import Database

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
        self._runners: dict[str, Runner] = {}
        self._lock = threading.RLock()
        database.define(
            sb_jobs="number INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL"
        )
        database.execute("CREATE INDEX IF NOT EXISTS sb_jobs_due ON sb_jobs (at, number)")

    def on(self, kind: str, runner: Runner) -> None:
        """Says what to do about jobs of a kind.

        Args:
            kind: The kind.
            runner: Called with the job's identity and the time at which it was due.
        """
        self._runners[kind] = runner

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
        if self._now() < self._soonest():
            return
        with self._lock:
            while self._now() >= (at := self._soonest()):
                self._run(at)

    def finish(self) -> int:
        """Does all that is noted as if it were due now, and what comes of it; returns how much that was."""
        done = 0
        with self._lock:
            while (at := self._soonest()) < _NEVER and done < _MOST:
                self._run(min(at, self._now()))
                done += 1
        return done

    def _run(self, at: float) -> None:
        row = self._database.row("SELECT * FROM sb_jobs ORDER BY at, number LIMIT 1")
        if row is None:
            return
        # Gone before it is done: what fails once would fail with every request from then on.
        self._database.execute("DELETE FROM sb_jobs WHERE number = ?", (row["number"],))
        try:
            self._runners[row["kind"]](row["id"], at)
        except Exception:
            log.exception("%s of %s failed", row["kind"], row["id"])

    def _soonest(self) -> float:
        row = self._database.row("SELECT min(at) AS at FROM sb_jobs")
        return _NEVER if row is None or row["at"] is None else row["at"]
