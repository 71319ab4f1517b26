"""The Upload service's tables: areas, jobs on checksums, what they found, validations."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.state.database import Database


@dataclass(frozen=True, slots=True)
class Area:
    """An upload area.

    Attributes:
        uuid: Its UUID, as whoever made it wrote it.
        locked: Whether nobody may write to it.
        gone: When its deletion is done, in the sandbox's time; None while nobody wants it deleted.
    """

    uuid: str
    locked: bool
    gone: float | None


@dataclass(frozen=True, slots=True)
class Job:
    """A computation of checksums, or a validation.

    Attributes:
        id: Its uuid.
        area: The area's UUID.
        starts: When it leaves the queue, in the sandbox's time.
        ends: When it is done.
        results: What a validation printed, or will have printed at its end; for checksums nothing.
    """

    id: str
    area: str
    starts: float
    ends: float
    results: str = ""

    def status(self, now: float, running: str, done: str) -> str:
        """How far it is: SCHEDULED, or one of the words for running and done."""
        if now < self.starts:
            return "SCHEDULED"
        return running if now < self.ends else done


@dataclass(frozen=True, slots=True)
class Checked:
    """A file whose checksums are known; its contents are in the store of objects.

    Attributes:
        name: Its name in the area.
        etag: ETag of the object in the bucket that they are of.
        content_type: Its media type.
        metadata: Its user metadata.
        checksums: s3_etag, sha1, sha256 and crc32c.
    """

    name: str
    etag: str
    content_type: str
    metadata: Mapping[str, str]
    checksums: Mapping[str, str]


class UploadStore:
    """The one place that knows the Upload service's tables.

    Args:
        database: Where they are.
        now: The sandbox's time; an area whose deletion is over by then isn't there any more.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._now = now
        self.transaction = database.transaction
        database.define(
            upload_areas="uuid TEXT PRIMARY KEY, locked INTEGER NOT NULL, gone REAL",
            upload_jobs=(
                "id TEXT PRIMARY KEY, area TEXT, name TEXT, starts REAL, ends REAL, computed INTEGER,"
                " UNIQUE (area, name)"
            ),
            upload_checked=(
                "area TEXT, name TEXT, etag TEXT, content_type TEXT, metadata TEXT, checksums TEXT,"
                " PRIMARY KEY (area, name)"
            ),
            upload_validations="id TEXT PRIMARY KEY, area TEXT, starts REAL, ends REAL, results TEXT",
            upload_validated="area TEXT, name TEXT, validation TEXT, PRIMARY KEY (area, name)",
        )

    # -- areas

    def area(self, uuid: str) -> Area | None:
        """An area, or None when it isn't there or its deletion is done."""
        row = self._database.row("SELECT * FROM upload_areas WHERE uuid = ?", (uuid,))
        if row is None or (row["gone"] is not None and row["gone"] <= self._now()):
            return None
        return Area(row["uuid"], bool(row["locked"]), row["gone"])

    def areas(self) -> list[str]:
        """The UUIDs of all areas that aren't being deleted."""
        return [row["uuid"] for row in self._database.rows("SELECT uuid FROM upload_areas WHERE gone IS NULL")]

    def put_area(self, uuid: str) -> None:
        """Makes an area; one that was deleted under that UUID is forgotten."""
        self._database.execute("REPLACE INTO upload_areas VALUES (?, 0, NULL)", (uuid,))

    def lock_area(self, uuid: str, locked: bool) -> None:
        """Locks or unlocks an area."""
        self._database.execute("UPDATE upload_areas SET locked = ? WHERE uuid = ?", (locked, uuid))

    def delete_area(self, uuid: str, gone: float) -> None:
        """Marks an area as deleted from a time on, and forgets its files."""
        with self.transaction():
            self._database.execute("UPDATE upload_areas SET gone = ? WHERE uuid = ?", (gone, uuid))
            for table in ("upload_jobs", "upload_checked", "upload_validations", "upload_validated"):
                self._database.execute(f"DELETE FROM {table} WHERE area = ?", (uuid,))  # noqa: S608 - our own names

    def forget_area(self, uuid: str) -> None:
        """Removes an area as if it had never been made."""
        with self.transaction():
            self.delete_area(uuid, self._now())
            self._database.execute("DELETE FROM upload_areas WHERE uuid = ?", (uuid,))

    # -- checksums

    def put_job(self, job: Job, name: str) -> None:
        """Enters a computation of a file's checksums that nobody has done yet, in place of an earlier one."""
        values = (job.id, job.area, name, job.starts, job.ends)
        self._database.execute("REPLACE INTO upload_jobs VALUES (?, ?, ?, ?, ?, 0)", values)

    def job(self, area: str, name: str) -> Job | None:
        """The latest computation of a file's checksums."""
        return _job(self._database.row("SELECT * FROM upload_jobs WHERE area = ? AND name = ?", (area, name)))

    def job_by_id(self, area: str, id: str) -> tuple[Job, str] | None:
        """A computation by its own uuid, with the file's name."""
        row = self._database.row("SELECT * FROM upload_jobs WHERE area = ? AND id = ?", (area, id))
        job = _job(row)
        return None if row is None or job is None else (job, row["name"])

    def jobs(self, area: str) -> dict[str, Job]:
        """The latest computation of each file of an area, by the file's name."""
        rows = self._database.rows("SELECT * FROM upload_jobs WHERE area = ?", (area,))
        return {row["name"]: job for row in rows if (job := _job(row))}

    def is_due(self, area: str, name: str) -> bool:
        """Whether a file's checksums should be there by now, and nobody has computed them."""
        statement = "SELECT 1 FROM upload_jobs WHERE area = ? AND name = ? AND ends <= ? AND NOT computed"
        return self._database.row(statement, (area, name, self._now())) is not None

    def uncomputed(self) -> list[tuple[str, str]]:
        """Areas and names of the files that the service was told of and whose checksums nobody has computed."""
        rows = self._database.rows("SELECT area, name FROM upload_jobs WHERE NOT computed")
        return [(row["area"], row["name"]) for row in rows]

    def put_checked(self, area: str, checked: Checked) -> None:
        """Enters what the computation of a file's checksums found, and that it is done."""
        values = (checked.name, checked.etag, checked.content_type, _text(checked.metadata), _text(checked.checksums))
        with self.transaction():
            self._database.execute("REPLACE INTO upload_checked VALUES (?, ?, ?, ?, ?, ?)", (area, *values))
            self.mark_computed(area, checked.name)

    def mark_computed(self, area: str, name: str) -> None:
        """Notes that nothing is left to be computed of a file."""
        self._database.execute("UPDATE upload_jobs SET computed = 1 WHERE area = ? AND name = ?", (area, name))

    def checked(self, area: str) -> dict[str, Checked]:
        """The files of an area whose checksums were computed, by name."""
        rows = self._database.rows("SELECT * FROM upload_checked WHERE area = ?", (area,))
        return {row["name"]: _checked(row) for row in rows}

    def checked_file(self, area: str, name: str) -> Checked | None:
        """What is known of one file whose checksums were computed."""
        row = self._database.row("SELECT * FROM upload_checked WHERE area = ? AND name = ?", (area, name))
        return None if row is None else _checked(row)

    # -- validations

    def put_validation(self, job: Job, names: Sequence[str]) -> None:
        """Enters a validation, the latest of the named files."""
        with self.transaction():
            values = (job.id, job.area, job.starts, job.ends, job.results)
            self._database.execute("INSERT INTO upload_validations VALUES (?, ?, ?, ?, ?)", values)
            self._database.execute_many(
                "REPLACE INTO upload_validated VALUES (?, ?, ?)", [(job.area, name, job.id) for name in names]
            )

    def change_validation(self, job: Job) -> None:
        """Replaces times and results of a validation."""
        values = (job.starts, job.ends, job.results, job.id)
        self._database.execute("UPDATE upload_validations SET starts = ?, ends = ?, results = ? WHERE id = ?", values)

    def validation(self, area: str, name: str) -> Job | None:
        """The latest validation of a file."""
        return _job(
            self._database.row(
                "SELECT v.* FROM upload_validated f JOIN upload_validations v ON v.id = f.validation"
                " WHERE f.area = ? AND f.name = ?",
                (area, name),
            )
        )

    def validation_by_id(self, area: str, id: str) -> Job | None:
        """A validation by its own uuid."""
        return _job(self._database.row("SELECT * FROM upload_validations WHERE area = ? AND id = ?", (area, id)))

    def validations(self, area: str) -> dict[str, Job]:
        """The latest validation of each file of an area that has one, by the file's name."""
        rows = self._database.rows(
            "SELECT f.name, v.* FROM upload_validated f JOIN upload_validations v ON v.id = f.validation"
            " WHERE f.area = ?",
            (area,),
        )
        return {row["name"]: job for row in rows if (job := _job(row))}

    # -- time

    def finish(self) -> int:
        """Ends everything that is under way now and returns how much that was."""
        now = self._now()
        with self.transaction():
            ended = self._database.execute("UPDATE upload_areas SET gone = ? WHERE gone > ?", (now, now))
            for table in ("upload_jobs", "upload_validations"):
                statement = f"UPDATE {table} SET starts = min(starts, ?), ends = ? WHERE ends > ?"  # noqa: S608 - our own names
                ended += self._database.execute(statement, (now, now, now))
        return ended


def _job(row: Any) -> Job | None:
    if row is None:
        return None
    results = row["results"] if "results" in row.keys() else ""  # noqa: SIM118 - a row's `in` looks at its values
    return Job(row["id"], row["area"], row["starts"], row["ends"], results)


def _checked(row: Any) -> Checked:
    found = json.loads(row["metadata"]), json.loads(row["checksums"])
    return Checked(row["name"], row["etag"], row["content_type"], *found)


def _text(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value))
