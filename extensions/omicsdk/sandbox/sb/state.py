"""The platform's state: its documents, files and jobs, permissions, its settings, and its listings."""

import hmac
import math
import re
import secrets
import threading
import uuid as uuids
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, NamedTuple, TypeVar

from omicsdk.sandbox.problems import Problem, or_raise
from omicsdk.sandbox.sb import SANDBOX_SB_USER, sandbox_sb_token
from omicsdk.sandbox.sb.documents import (
    USER,
    Documents,
    FileRecord,
    FileStore,
    Membership,
    Permissions,
    Place,
    permissions_of,
)
from omicsdk.sandbox.sb.responses import bad, error_body, kind_of, no_such, refuse, view
from omicsdk.sandbox.sb.uploadstore import SbUploads, Storage
from omicsdk.sandbox.service import Call, Caller, JsonObject, Reply, SandboxContext, bearer_token
from omicsdk.sandbox.state.clock import Clock, Jobs
from omicsdk.sandbox.state.settings import Settings

_T = TypeVar("_T")
_DAY = 24 * 3600.0


def new_id() -> str:
    """An identity as files have it: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def new_uuid() -> str:
    """An identity as tasks have it."""
    return str(uuids.uuid4())


def path_id(call: Call) -> str:
    """The identity of what a path is about: `owner/name` of a project, volume or dataset, that of another object as it is."""
    names = re.findall(r"{(\w+)}", call.operation.path)
    return "/".join(call.arguments[name] for name in names[: 2 if names[0] == "owner" else 1])


def token_of(headers: Mapping[str, str]) -> str:
    """The token that a request carries; empty when it has none."""
    return headers.get("x-sbg-auth-token") or bearer_token(headers)


class Meter:
    """Count the requests of each token, to refuse those beyond the limit; a period begins with a token's first one.

    Args:
        clock: The sandbox's time.
        settings: Returns the number of requests of a period, and its length.
    """

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self._lock = threading.Lock()
        self._counts: dict[str, tuple[int, int, float]] = {}  # the limit, how many of it are used, when the period ends

    def count(self, token: str) -> bool:
        """Count a request.

        Returns:
            False for one beyond the limit.
        """
        limit, seconds = int(self._settings.number("sb.rate_limit")), self._settings.number("sb.rate_seconds")
        with self._lock:
            # Not earlier: a later time of another thread would look like a clock that was set back.
            now = self._clock.now()
            _, used, end = self._counts.get(token, (limit, 0, 0.0))
            # A clock that was set back would otherwise keep a period.
            if not now < end <= now + seconds:
                used, end = 0, now + seconds
            self._counts[token] = (limit, used + 1, end)
        return used < limit

    def rate(self, token: str) -> Mapping[str, int]:
        """The rest of the token's limit after its last request: limit, remaining, reset; empty when there was none."""
        if (count := self._counts.get(token)) is None:
            return {}
        limit, used, end = count
        return {"limit": limit, "remaining": max(limit - used, 0), "reset": math.ceil(end)}

    def clear(self) -> None:
        """Forget all counts."""
        self._counts.clear()


class Course(NamedTuple):
    """How documents of a kind pass through states by the clock.

    Attributes:
        kind: The documents' kind.
        seconds: The states before the end in their order, each with the setting that has its duration; states with the same
            setting divide it.
        enter: Changes a document that comes into another of these states at a time.
        end: Ends a document whose last state here is over at a time, and keeps it.
        slow: Whether the end moves bytes or waits for others, as `Jobs.on` has it.
    """

    kind: str
    seconds: Mapping[str, str]
    enter: Callable[["Sb", JsonObject, float], object]
    end: Callable[["Sb", JsonObject, float], object]
    slow: bool = False


class Sb:
    """The platform.

    Args:
        context: State and settings that all services share.
        run_tools: Whether cwltool, where it is installed, runs the tools of tasks. No request can change it.

    Attributes:
        run_tools: As given.
        transaction: Context whose changes are committed together, or rolled back when it raises; blocks may nest.
        documents: The objects without a table.
        membership: Memberships.
        jobs: Due jobs.
        meter: Counts requests.
        objects: The bytes of files, each a `blob`.
        files: Files and folders.
        uploads: Uploads that are not complete.
        storage: The ASGI application of presigned URLs.
    """

    def __init__(self, context: SandboxContext, *, run_tools: bool = False) -> None:
        self.context = context
        self.run_tools = run_tools
        database = context.database
        self.transaction = database.transaction
        self.documents = Documents(database)
        self.membership = Membership(database)
        self.jobs = Jobs(database, "sb", context.clock.now)
        self.meter = Meter(context.clock, context.settings)
        self.objects = context.objects
        self.files = FileStore(database, new_id, context.clock.now)
        self.uploads = SbUploads(database, context.objects)
        self.storage = Storage(context.objects, context.signer, self.uploads)
        self._first_token = sandbox_sb_token(context.secrets).encode()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.context.clock.now()

    def number(self, setting: str) -> float:
        """The value of one of the platform's settings, such as `task_seconds`."""
        return self.context.settings.number(f"sb.{setting}")

    # -- callers

    def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """The sender of a request, which is counted.

        Raises:
            Problem: 401 without a valid token, 429 beyond the limit.
        """
        token = token_of(headers)
        if not token:
            raise refuse(401, 90001, "The request has neither X-SBG-Auth-Token nor a bearer token")
        if hmac.compare_digest(token.encode(), self._first_token):
            caller = Caller(SANDBOX_SB_USER, frozenset())
        else:
            caller = self.context.tokens.caller(f"Bearer {token}")
        user = self.documents.get("user", caller.email)
        if user is None or user["disabled"]:
            raise refuse(401, 90001, f"{caller.email} isn't a user of the platform, or was disabled")
        if not self.meter.count(token):
            raise refuse(429, 1000, "Rate limit exceeded: X-RateLimit-Reset states when requests are accepted again")
        return caller

    def token_for(self, username: str) -> str:
        """Issue a token for a day of the sandbox's time.

        Args:
            username: Its owner: sandbox-user, ada, grace, or one that `add_user` made.
        """
        return self.context.tokens.issue(username, _DAY, ())

    def user(self, who: Call | str) -> str:
        """The username of who sent a request; a username as it is."""
        return who if isinstance(who, str) else who.sender.email

    def add_user(self, username: str, **fields: str) -> JsonObject:
        """Make a user.

        Args:
            username: Their name.
            fields: Their other fields, such as first_name and email.
        """
        names = "first_name last_name affiliation phone address state country zip_code city"
        email = f"{username}@sandbox.example.org"
        user: JsonObject = {**dict.fromkeys(names.split(), ""), "email": email, "role": "member", **fields}
        user |= {"username": username, "tags": [], "disabled": False}
        self.documents.put("user", username, user)
        return user

    def add_owner(self, kind: str, id: str, username: str) -> None:
        """Make a user the owner of a project, volume or dataset, who may do everything there."""
        email = (self.documents.get("user", username) or {}).get("email")
        permissions = permissions_of({"admin": True}, kind)
        self.membership.add(kind, id, {"username": username, "email": email, "type": USER, "permissions": permissions})

    # -- who may do what; `who` is a request, or the user's name for what continues without one

    def permitted(self, who: Call | str, kind: str, id: str, needs: str = "read") -> JsonObject:
        """A project, volume, dataset or automation.

        Args:
            who: The user.
            kind: Its kind.
            id: Its identity.
            needs: Required permission: read, copy, write, execute or admin.

        Raises:
            Problem: 404 when it does not exist or they are no member, 403 when they may not do that.
        """
        return self.access(who, kind, id, needs)[0]

    def access(self, who: Call | str, kind: str, id: str, needs: str = "read") -> tuple[JsonObject, Permissions]:
        """The same, with all that they are allowed there."""
        return self._allowed(who, (kind, id), self.documents.get(kind, id), (kind, id), needs)

    def _allowed(
        self, who: Call | str, what: tuple[str, str], record: _T | None, holder: tuple[str, str], needs: str
    ) -> tuple[_T, Permissions]:
        """An object, with the user's permissions on it.

        Args:
            who: The user.
            what: Kind and identity of the object.
            record: The object; None when it does not exist.
            holder: Kind and identity of what has the object's members.
            needs: Required permission.

        Raises:
            Problem: 404 or 403, as `permitted` states it.
        """
        username = self.user(who)
        permissions = self.permissions(username, *holder) if record is not None else None
        if record is None or permissions is None:
            raise no_such(*what)
        if not permissions.get(needs):
            code = kind_of(what[0]).forbidden or kind_of(holder[0]).forbidden
            raise refuse(403, code, f"{username} has no {needs} permission on the {' '.join(what)}")
        return record, permissions

    def requested(self, call: Call, kind: str, needs: str = "read") -> JsonObject:
        """What a path names; of a project, volume, dataset or automation see `permitted`, all users may do everything with other objects."""
        id = path_id(call)
        return self.permitted(call, kind, id, needs) if kind_of(kind).forbidden else self.documents.existing(kind, id)

    def part(self, who: Call | str, kind: str, id: str, holder: str, needs: str = "read") -> JsonObject:
        """A task of a project, or a package or run of an automation.

        Args:
            who: The user.
            kind: Its kind.
            id: Its identity.
            holder: The kind of what it is in, whose members have the permissions; its field of this name has the identity.
            needs: Required permission there.

        Raises:
            Problem: 404 or 403, as `permitted` states it.
        """
        document = self.documents.existing(kind, id)
        return self._allowed(who, (kind, id), document, (holder, document[holder]), needs)[0]

    def drop(self, kind: str, id: str) -> None:
        """Remove an object with its members and files."""
        self.membership.drop(kind, id)
        self.files.drop_project(id if kind == "project" else f"{kind}:{id}")
        self.documents.remove(kind, id)

    def permissions(self, username: str, kind: str, id: str) -> Permissions | None:
        """A user's permissions on an object; None when they may not even see it."""
        member = self.membership.get(kind, id, username)
        if member is not None and all(member["permissions"].values()):
            return member["permissions"]  # no team or division can add to them
        rights = self.membership.rights(kind, username, id).get(id)
        if rights is None and kind == "dataset" and (self.documents.get(kind, id) or {}).get("visibility") == "public":
            return {"read": True, "copy": True}
        return rights

    def project(self, who: Call | str, id: str, needs: str = "read") -> JsonObject:
        """A project; see `permitted`. An identity without `owner/` is a 400."""
        if id.count("/") != 1:
            raise refuse(400, 3012, f"{id!r} is no project: its identity is owner/short-name")
        return self.permitted(who, "project", id, needs)

    def projects_of(self, who: Call | str, only: str | None = None) -> list[str]:
        """The identities of the projects that a user is a member of; where one is named, only that one, if they may see it."""
        projects = [self.project(who, only)] if only else self.joined(who, "project")
        return [project["id"] for project in projects]

    def joined(self, who: Call | str, kind: str) -> list[JsonObject]:
        """The objects that a user is a member of, oldest first."""
        return self.documents.among(kind, self.membership.rights(kind, self.user(who)))

    def file(self, who: Call | str, id: str, needs: str = "read") -> FileRecord:
        """A file or folder.

        Raises:
            Problem: 404 when it does not exist or cannot be seen, 403 when the caller may not do that.
        """
        file = self.files.get(id)
        return self._allowed(who, ("file", id), file, _holder(file) if file else ("", ""), needs)[0]

    def add_file(self, content: bytes, **fields: Any) -> FileRecord:
        """Make a file of bytes, with its project, parent, name and perhaps more."""
        return self.files.add(size=len(content), blob=self.objects.put_bytes(content).sha256, **fields)

    def may_copy(self, username: str, file: FileRecord) -> bool:
        """Whether a user may copy a file or folder, and so give it to a task."""
        return bool((self.permissions(username, *_holder(file)) or {}).get("copy"))

    # -- volumes

    def place(self, volume: str) -> Place:
        """The storage of a volume.

        Raises:
            Problem: 9104; there is no such volume. 9103; its bucket is not one that the sandbox can have.
        """
        document = or_raise(self.documents.get("volume", volume), refuse(404, 9104, f"There is no volume {volume}"))
        return Place(self.context.staging, document)

    # -- life

    def follow(self, *courses: Course) -> None:
        """State how documents continue by the clock."""
        for course in courses:
            self.jobs.on(course.kind, partial(self._continue, course), slow=course.slow)

    def begin(self, course: Course, document: JsonObject, at: float) -> None:
        """Note when the present state of a document ends."""
        setting = course.seconds[_state(document)]
        seconds = self.number(setting) / [*course.seconds.values()].count(setting)
        self.jobs.schedule(course.kind, document["id"], at + seconds)

    def _continue(self, course: Course, id: str, at: float) -> None:
        document, states = self.documents.get(course.kind, id), [*course.seconds]
        if document is None or _state(document) not in states:
            return
        if _state(document) == states[-1]:
            course.end(self, document, at)
            return
        document["status" if "status" in document else "state"] = states[states.index(_state(document)) + 1]
        with self.transaction():
            course.enter(self, document, at)
            self.documents.put(course.kind, id, document)
            self.begin(course, document, at)

    def finish(self) -> int:
        """End what is under way and return how much that was."""
        return self.jobs.finish()

    def clear(self) -> None:
        """Forget what is not in the tables, when these were emptied."""
        self.meter.clear()
        self.jobs.clear()


def _state(document: JsonObject) -> str:
    return document.get("state") or document["status"]


def _holder(file: FileRecord) -> tuple[str, str]:
    """Kind and identity of what a file is in: a project, a dataset, or an automation."""
    kind, _, id = file.project.rpartition(":")
    return kind or "project", id


def wanted_failure(sb: Sb, name: str) -> str:
    """Why a task or run of a name is to fail by the setting; empty when it is not."""
    patterns = [part.strip() for part in sb.context.settings.text("sb.failing_tasks").split(",")]
    match = next((pattern for pattern in patterns if pattern and fnmatchcase(name, pattern)), None)
    return "" if match is None else f"The setting sb.failing_tasks has {match!r}"


def record_of(sb: Sb, response: Callable[[_T], object], item: _T) -> JsonObject:
    """The result of one of many: a resource, or a refusal; a refused one changes nothing."""
    try:
        with sb.transaction():
            return {"resource": response(item), "error": None}
    except Problem as problem:
        return {"resource": None, "error": error_body(problem)}


def in_bulk(sb: Sb, items: Iterable[_T], response: Callable[[_T], JsonObject]) -> Reply:
    """Return a response about many objects: each has a separate result, and a failure for one does not stop the others.

    Args:
        sb: The platform.
        items: Members of the request, such as identities.
        response: Gives the resource of one of them.
    """
    return Reply({"items": [record_of(sb, response, item) for item in items]})


def body_fields(call: Call, names: str) -> JsonObject:
    """The values of some fields in a request's body, whose names are with blanks between."""
    return {name: call.body[name] for name in names.split() if name in call.body}


def filled(body: Mapping[str, Any], **unless: Any) -> JsonObject:
    """Fields of a body, in place of those that it does not state or leaves empty what is given."""
    return {name: body.get(name) or default for name, default in unless.items()}


def check_new_name(call: Call, kind: str, code: int = 90000) -> None:
    """Refuse a name in a request's body that is empty or of blanks."""
    if not call.body.get("name", "x").strip():
        raise bad(f"The name of the {kind} is empty", code)


def keep(sb: Sb, call: Call, kind: str, document: JsonObject, group: str = "") -> Reply:
    """Put a document, and return it."""
    sb.documents.put(kind, document["id"], document, group)
    return Reply(view(call, kind, document))
