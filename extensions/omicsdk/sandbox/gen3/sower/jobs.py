"""The jobs: nothing runs in the background, each request to Sower first does what is due by the sandbox's clock."""

import json
import logging
import secrets
import string
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from sqlite3 import Row
from typing import TYPE_CHECKING, Any

from omicsdk.sandbox.gen3.sower.actions import ACTIONS, JobFailed, Work
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.settings import Setting

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

log = logging.getLogger("omicsdk.sandbox")

SECONDS = "gen3.job_seconds"
KEPT_SECONDS = 1800.0
"""For how long a job is known after it was dispatched, when it has ended."""
_RUNNING, _COMPLETED, _FAILED = "Running", "Completed", "Failed"
_COLUMNS = (
    "uid TEXT PRIMARY KEY, owner TEXT NOT NULL, name TEXT NOT NULL, action TEXT NOT NULL, input TEXT NOT NULL,"
    " at REAL NOT NULL, status TEXT NOT NULL, told TEXT NOT NULL, files TEXT NOT NULL"
)


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes:
        uid: Its identity.
        name: Its name.
        status: Running, Completed or Failed.
        told: What it says for itself when it has ended.
        files: The storage URLs of the files that it left.
    """

    uid: str
    name: str
    status: str
    told: str
    files: list[str]


class Sower:
    """Sower's state.

    Args:
        gen3: The commons, in which jobs work.
    """

    def __init__(self, gen3: "Gen3") -> None:
        self._gen3 = gen3
        self._database = gen3.grounds.database
        self._clock = gen3.grounds.clock
        self._lock = threading.Lock()
        gen3.grounds.settings.declare(
            Setting(SECONDS, 2.0, "For how many seconds a job of the Gen3 commons runs before it has done its work.")
        )
        self._database.define(gen3_jobs=_COLUMNS)

    def dispatch(self, owner: str, action: str, input: Mapping[str, Any]) -> Job | None:
        """Begins a job.

        Args:
            owner: Whose it is, a user name.
            action: What it does.
            input: With what.

        Returns:
            The job; None when there is no such action.
        """
        if action not in ACTIONS:
            return None
        uid = str(uuid.uuid4())
        name = f"{action}-{''.join(secrets.choice(string.ascii_lowercase) for _ in range(5))}"
        row = (uid, owner, name, action, json.dumps(input), self._clock.now(), _RUNNING, "", "[]")
        self._database.execute("INSERT INTO gen3_jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
        return self._job(uid)

    def find(self, uid: str, owner: str = "") -> Job | None:
        """A job; None when there is none, or it is somebody else's.

        Args:
            uid: Its identity.
            owner: Whose it must be; by default anybody's.
        """
        self.settle()
        return self._job(uid, owner)

    def all_of(self, owner: str) -> list[Job]:
        """Somebody's jobs, as they were dispatched."""
        self.settle()
        rows = self._database.rows("SELECT * FROM gen3_jobs WHERE owner = ? ORDER BY at, rowid", (owner,))
        return [_job(row) for row in rows]

    def settle(self) -> None:
        """Does the work of jobs that have run long enough, and forgets jobs that ended long ago."""
        now = self._clock.now()
        self._run(now - self._gen3.grounds.settings.number(SECONDS))
        self._database.execute("DELETE FROM gen3_jobs WHERE at < ? AND status <> ?", (now - KEPT_SECONDS, _RUNNING))

    def finish(self) -> int:
        """Does the work of all jobs at once and returns how many they were."""
        return self._run(float("inf"))

    def _run(self, before: float) -> int:
        with self._lock:
            rows = self._database.rows(
                "SELECT * FROM gen3_jobs WHERE status = ? AND at <= ? ORDER BY at, rowid", (_RUNNING, before)
            )
            for row in rows:
                self._work(row)
        return len(rows)

    def _work(self, row: Row) -> None:
        work = Work(self._gen3, row["uid"], json.loads(row["input"]))
        status, told = _COMPLETED, ""
        try:
            with self._database.transaction():
                ACTIONS[row["action"]](work)
        except JobFailed as failure:
            status, told = _FAILED, f"{row['action']} failed: {failure}"
        except Problem as problem:
            status, told = _FAILED, f"{row['action']} failed: {problem.title}"
        except Exception:
            log.exception("job %s failed", row["name"])
            status, told = _FAILED, f"{row['action']} failed in the sandbox: see its log"
        files = json.dumps(work.left if status == _COMPLETED else [])
        self._database.execute(
            "UPDATE gen3_jobs SET status = ?, told = ?, files = ? WHERE uid = ?", (status, told, files, row["uid"])
        )

    def _job(self, uid: str, owner: str = "") -> Job | None:
        row = self._database.row("SELECT * FROM gen3_jobs WHERE uid = ? AND ? IN ('', owner)", (uid, owner))
        return _job(row) if row else None


def _job(row: Row) -> Job:
    return Job(row["uid"], row["name"], row["status"], row["told"], json.loads(row["files"]))
