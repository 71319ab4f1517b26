"""What the platform keeps beside files: documents of many kinds, who belongs to what, and what is due when."""

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass

from omicsdk.sandbox.sb.problems import no_such
from omicsdk.sandbox.service import JsonObject
from omicsdk.sandbox.state.database import Database, Table

log = logging.getLogger("omicsdk.sandbox")

# -- documents


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str
    id: str
    group: str
    rank: float
    data: JsonObject


class Documents:
    """JSON objects by kind and identity; what needs looking up by more than that has tables of its own.

    Args:
        database: Where they are.
    """

    def __init__(self, database: Database) -> None:
        self._table = Table(database, "sb_documents", _Document, key="kind id", indexes=('kind, "group", rank',))

    def get(self, kind: str, id: str) -> JsonObject | None:
        """A document; None when there is none."""
        row = self._table.get(kind, id)
        return None if row is None else row.data

    def found(self, kind: str, id: str, **equal: object) -> JsonObject:
        """A document; one whose fields have other values than those given counts as none.

        Raises:
            Problem: 404; there is none.
        """
        there = self.get(kind, id)
        if there is None or any(there[name] != value for name, value in equal.items()):
            raise no_such(kind.replace("-", " "), id)
        return there

    def put(self, kind: str, id: str, data: JsonObject, group: str = "", rank: float = 0.0) -> None:
        """Puts a document, in place of one of the same kind and identity, which keeps its place in lists.

        Args:
            kind: Its kind, such as project.
            id: Its identity.
            data: The document.
            group: What it is listed under, such as a file for its markers; kept when the document is there.
            rank: Lists are sorted by it, and among equals by when the document was made; kept likewise.
        """
        if not self._table.change(kind, id, data=data):
            self._table.add(_Document(kind, id, group, rank, data))

    def remove(self, kind: str, id: str) -> bool:
        """Removes a document; False when there is none."""
        return self._table.remove(kind=kind, id=id) > 0

    def remove_group(self, kind: str, group: str) -> None:
        """Removes all documents that are listed under something."""
        self._table.remove(kind=kind, group=group)

    def listed(self, kind: str, group: str | None = None, offset: int = 0, limit: int = -1) -> list[JsonObject]:
        """Documents of a kind in their order; with a group only those that are listed under it."""
        rows = self._table.all(kind=kind, group=group, order="rank, rowid", offset=offset, limit=limit)
        return [row.data for row in rows]

    def ids(self, kind: str, group: str | None = None) -> list[str]:
        """The identities of all documents of a kind in their order."""
        return [row.id for row in self._table.all(kind=kind, group=group, order="rank, rowid")]

    def groups(self, kind: str, ending: str) -> list[str]:
        """What documents of a kind are listed under whose identity is the group, a blank and an ending."""
        return [row.group for row in self._table.all("id = \"group\" || ' ' || ?", ending, kind=kind)]

    def count(self, kind: str, group: str | None = None) -> int:
        """How many documents of a kind there are."""
        return self._table.count(kind=kind, group=group)


# -- members

_ALL = ("read", "copy", "write", "execute", "admin")
USER, TEAM, DIVISION = "USER", "TEAM", "DIVISION"


def permissions_of(given: Mapping[str, bool] | None, kind: str) -> dict[str, bool]:
    """All permissions of a member: every member reads, and who administers may do everything.

    Args:
        given: Those that were stated; without any a member reads.
        kind: project, volume, dataset or automation; on volumes nothing is executed.
    """
    given = given or {}
    everything = bool(given.get("admin"))
    names = [name for name in _ALL if not (kind == "volume" and name == "execute")]
    return {name: everything or name == "read" or bool(given.get(name)) for name in names}


class Membership:
    """Who belongs to projects, volumes, datasets and automations, by themselves or by a team or division.

    Args:
        documents: Where members are.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add(self, kind: str, id: str, member: JsonObject) -> None:
        """Makes somebody a member, or changes what a member may do."""
        group = f"{kind}:{id}"
        self._documents.put("member", f"{group} {member['username']}", member, group)

    def add_owner(self, kind: str, id: str, username: str) -> None:
        """Makes a user the owner of something, who may do everything there."""
        email = (self._documents.get("user", username) or {}).get("email")
        permissions = permissions_of({"admin": True}, kind)
        self.add(kind, id, {"username": username, "email": email, "type": USER, "permissions": permissions})

    def get(self, kind: str, id: str, username: str) -> JsonObject | None:
        """A member by the name of a user, team or division."""
        return self._documents.get("member", f"{kind}:{id} {username}")

    def found(self, kind: str, id: str, username: str) -> JsonObject:
        """The same; a 404 when there is none."""
        member = self.get(kind, id, username)
        if member is None:
            raise no_such("member", f"{username} of the {kind} {id}")
        return member

    def remove(self, kind: str, id: str, username: str) -> None:
        """Ends a membership."""
        self._documents.remove("member", f"{kind}:{id} {username}")

    def of(self, kind: str, id: str) -> list[JsonObject]:
        """All members of something."""
        return self._documents.listed("member", f"{kind}:{id}")

    def drop(self, kind: str, id: str) -> None:
        """Ends all memberships of something that was deleted."""
        self._documents.remove_group("member", f"{kind}:{id}")

    def permissions(self, kind: str, id: str, username: str) -> dict[str, bool] | None:
        """What a user may do; None when they are no member."""
        members = [self.get(kind, id, name) for name in self._names(username)]
        held: list[dict[str, bool]] = [member["permissions"] for member in members if member is not None]
        return {each: any(one.get(each) for one in held) for each in _ALL} if held else None

    def joined(self, kind: str, username: str) -> list[str]:
        """The identities of what a user is a member of, oldest first."""
        start = f"{kind}:"
        groups = [group for name in self._names(username) for group in self._documents.groups("member", name)]
        there = dict.fromkeys(group.removeprefix(start) for group in groups if group.startswith(start))
        return [id for id in self._documents.ids(kind) if id in there] if len(there) > 1 else list(there)

    def _names(self, username: str) -> list[str]:
        """A user and the teams and divisions that they are in."""
        groups = (self._documents.groups(kind, username) for kind in ("team-member", "division-member"))
        return [username, *(group for each in groups for group in each)]


# -- jobs

_Runner = Callable[[str, float], object]
_NEVER = float("inf")
# A runner may schedule the next stage; one that always does would never let `finish` end.
_MOST = 100_000


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    at: float
    kind: str
    id: str


class Jobs:
    """What happens later, by the sandbox's clock: nothing runs in the background, each request first does what is due.

    A job leaves the database together with what it did, so one that a stop of the sandbox cut short is done after the restart.

    Args:
        database: Where jobs are noted.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, now: Callable[[], float]) -> None:
        self._database = database
        self._table = Table(database, "sb_jobs", _Job, indexes=("at, number",))
        self._now = now
        self._runners: dict[str, tuple[_Runner, bool]] = {}
        self._lock = threading.RLock()
        self._under_way: set[int] = set()

    def on(self, kind: str, runner: _Runner, *, slow: bool = False) -> None:
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
        self._table.add(_Job(0, at, kind, id))

    def settle(self) -> None:
        """Does what is due, in its order; not to be called within a transaction."""
        if self._due(self._now()) is None:
            return
        with self._lock:
            while job := self._due(self._now()):
                self._run(job, job.at)

    def finish(self) -> int:
        """Does all that is noted as if it were due now, and what comes of it; returns how much that was."""
        done = 0
        with self._lock:
            while done < _MOST and (job := self._due(_NEVER)):
                self._run(job, min(job.at, self._now()))
                done += 1
        return done

    def _run(self, job: _Job, at: float) -> None:
        runner, slow = self._runners[job.kind]
        self._under_way.add(job.number)
        try:
            with nullcontext() if slow else self._database.transaction():
                runner(job.id, at)
                self._table.remove(number=job.number)
        except Exception:
            log.exception("%s of %s failed", job.kind, job.id)
            # What fails once would fail with every request from then on.
            self._table.remove(number=job.number)
        finally:
            self._under_way.discard(job.number)

    def _due(self, now: float) -> _Job | None:
        """The first job that is due and that nobody is at."""
        # Hardly ever is more than one under way: slow ones are done one after another.
        jobs = self._table.all("at <= ?", now, order="at, number", limit=2)
        return next((job for job in jobs if job.number not in self._under_way), None)
