"""What the platform's handlers work on: its documents, files and jobs, and who may do what."""

import hmac
import secrets
import uuid as uuids
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.sb import SANDBOX_SB_USER, sandbox_sb_token
from omicsdk.sandbox.sb.problems import no_such, refuse
from omicsdk.sandbox.sb.requests.gate import token_of
from omicsdk.sandbox.sb.requests.meter import Meter
from omicsdk.sandbox.sb.settings import SETTINGS
from omicsdk.sandbox.sb.stores.buckets import Buckets
from omicsdk.sandbox.sb.stores.documents import Documents, JsonObject
from omicsdk.sandbox.sb.stores.files import FileRecord
from omicsdk.sandbox.sb.stores.jobs import Jobs
from omicsdk.sandbox.sb.stores.membership import Membership
from omicsdk.sandbox.sb.stores.work import Work
from omicsdk.sandbox.service import Call, Caller, Grounds

_DAY = 24 * 3600.0
_FORBIDDEN = {"project": 3001, "volume": 9020, "dataset": 90002}


def when(seconds: float) -> str:
    """A time as the platform writes it.

    Args:
        seconds: Seconds since 1970.
    """
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def when_known(seconds: float | None) -> str | None:
    """A time as the platform writes it; None for one that hasn't come."""
    return None if seconds is None else when(seconds)


def new_id() -> str:
    """An identity as files have it: 24 hexadecimal digits."""
    return secrets.token_hex(12)


def new_uuid() -> str:
    """An identity as tasks have it."""
    return str(uuids.uuid4())


class Sb:
    """The platform.

    Args:
        grounds: What it stands on.
        run_tools: Whether cwltool, where it is installed, runs the tools of tasks. No request can change it.

    Attributes:
        run_tools: As given.
        documents: What has no table of its own.
        membership: Who belongs to what.
        jobs: What is due when.
        meter: Counts requests.
        buckets: What volumes are connected with.
        work: Files, uploads, apps, tasks and automations.
    """

    def __init__(self, grounds: Grounds, *, run_tools: bool = False) -> None:
        self.grounds = grounds
        self.run_tools = run_tools
        grounds.settings.declare(*SETTINGS)
        self.documents = Documents(grounds.database)
        self.membership = Membership(self.documents)
        self.jobs = Jobs(grounds.database, grounds.clock.now)
        self.meter = Meter(
            grounds.clock.now,
            lambda: int(grounds.settings.number("sb.rate_limit")),
            lambda: grounds.settings.number("sb.rate_seconds"),
        )
        self.buckets = Buckets(grounds.staging, self.documents)
        self.work = Work(grounds, new_id)
        self._first_token = sandbox_sb_token(grounds.secrets).encode()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.grounds.clock.now()

    # -- callers

    def authenticate(self, headers: Mapping[str, str]) -> Caller:
        """Who sent a request; it is counted.

        Raises:
            Problem: 401 without a good token, 429 beyond the limit, 503 during maintenance.
        """
        self.open()
        token = token_of(headers)
        if not token:
            raise refuse(401, 90001, "The request has neither X-SBG-Auth-Token nor a bearer token")
        if hmac.compare_digest(token.encode(), self._first_token):
            caller = Caller(SANDBOX_SB_USER, frozenset())
        else:
            caller = self.grounds.tokens.caller(f"Bearer {token}")
        user = self.documents.get("user", caller.email)
        if user is None or user["disabled"]:
            raise refuse(401, 90001, f"{caller.email} isn't a user of the platform, or was disabled")
        if not self.meter.count(token):
            raise refuse(429, 1000, "Rate limit exceeded: X-RateLimit-Reset says when requests are taken again")
        return caller

    def open(self) -> None:
        """Raises a 503 during maintenance."""
        if self.grounds.settings.flag("sb.maintenance"):
            raise refuse(503, 0, "The platform is under maintenance: try again later")

    def token_for(self, username: str, seconds: float = _DAY) -> str:
        """Issues a token.

        Args:
            username: Whose it is: sandbox-user, ada, grace, or one that `add_user` made.
            seconds: How long it is good for, in the sandbox's time.
        """
        return self.grounds.tokens.issue(username, seconds, ())

    def user(self, call: Call) -> str:
        """The username of who sent a request."""
        return call.sender.email

    def add_user(self, username: str, **fields: str) -> JsonObject:
        """Makes a user.

        Args:
            username: Their name.
            fields: What else is told of them, such as first_name and email.
        """
        blank = dict.fromkeys(
            ("first_name", "last_name", "affiliation", "phone", "address", "state", "country", "zip_code", "city"), ""
        )
        email = f"{username}@sandbox.example.org"
        user: JsonObject = {**blank, "email": email, "role": "member", **fields, "username": username, "tags": []}
        user["disabled"] = False
        self.documents.put("user", username, user)
        return user

    def add_drs_object(self, uri: str, content: bytes, name: str, **metadata: str) -> None:
        """Makes an object known that can be imported by its DRS URI.

        Args:
            uri: The URI, such as drs://drs.example.org/1234.
            content: Its bytes.
            name: What its file is called when nobody says otherwise.
            metadata: What its file's metadata are.
        """
        known: JsonObject = {"name": name, "size": len(content), "blob": self.work.blobs.put_bytes(content)}
        self.documents.put("drs-object", uri, {**known, "volume": "", "location": "", "metadata": metadata})

    # -- who may do what; jobs that go on without a request ask by the user's name

    def held(self, call: Call, kind: str, id: str, needs: str = "read") -> JsonObject:
        """A project, volume or dataset.

        Args:
            call: The request.
            kind: Which of them.
            id: Its identity, `owner/name`.
            needs: What the caller must be allowed: read, copy, write, execute or admin.

        Raises:
            Problem: 404 when it isn't there or the caller no member, 403 when the caller may not do that.
        """
        return self._held(self.user(call), kind, id, needs)

    def _held(self, username: str, kind: str, id: str, needs: str) -> JsonObject:
        found = self.documents.get(kind, id)
        permissions = self._permissions(kind, id, username) if found else None
        if found is None or permissions is None:
            raise no_such(kind, id)
        if not permissions.get(needs):
            raise refuse(403, _FORBIDDEN[kind], f"{username} has no {needs} permission on the {kind} {id}")
        return found

    def _permissions(self, kind: str, id: str, username: str) -> Mapping[str, bool] | None:
        held = self.membership.permissions(kind, id, username)
        if held is None and kind == "dataset" and (self.documents.get(kind, id) or {}).get("visibility") == "public":
            return {"read": True, "copy": True}
        return held

    def project(self, call: Call, id: str, needs: str = "read") -> JsonObject:
        """A project; see `held`. An identity without `owner/` is a 400."""
        return self.project_for(self.user(call), id, needs)

    def project_for(self, username: str, id: str, needs: str = "read") -> JsonObject:
        """The same for a user."""
        if id.count("/") != 1:
            raise refuse(400, 3012, f"{id!r} is no project: its identity is owner/short-name")
        return self._held(username, "project", id, needs)

    def may_see(self, username: str, project: str) -> bool:
        """Whether a user is a member of a project; every member reads."""
        return self.membership.permissions("project", project, username) is not None

    def projects_of(self, username: str) -> list[str]:
        """The identities of the projects that a user is a member of."""
        return self.membership.joined("project", username)

    def file(self, call: Call, id: str, needs: str = "read") -> FileRecord:
        """A file or folder.

        Raises:
            Problem: 404 when it isn't there or can't be seen, 403 when the caller may not do that.
        """
        return self.file_for(self.user(call), id, needs)

    def file_for(self, username: str, id: str, needs: str = "read") -> FileRecord:
        """The same for a user."""
        found = self.work.files.get(id)
        if found is None:
            raise no_such("file", id)
        permissions = self._file_permissions(username, found)
        if permissions is None:
            raise no_such("file", id)
        if not permissions.get(needs):
            raise refuse(403, 5001, f"{username} has no {needs} permission on the file {id}")
        return found

    def may_copy(self, username: str, file: FileRecord) -> bool:
        """Whether a user may copy a file or folder, and so give it to a task."""
        return bool((self._file_permissions(username, file) or {}).get("copy"))

    def _file_permissions(self, username: str, file: FileRecord) -> Mapping[str, bool] | None:
        kind, _, holder = file.project.rpartition(":")
        return self._permissions(kind or "project", holder, username)

    def volume_url(self, volume: str, location: str, seconds: float) -> str:
        """A presigned URL of an object on a volume; it ends by real time, as S3 has no other.

        Args:
            volume: The volume's identity.
            location: Where on it.
            seconds: How long the URL is good for.
        """
        return self.buckets.place(volume).url(location, seconds)

    # -- life

    def settle(self) -> None:
        """Brings about what is due."""
        self.jobs.settle()

    def finish(self) -> int:
        """Ends what is under way and returns how much that was."""
        return self.jobs.finish()

    def clear(self) -> None:
        """Forgets what isn't in the tables, when these were emptied."""
        self.meter.clear()
        self.work.clear()


def href(call: Call, *steps: str | int) -> str:
    """The address of a thing on the platform.

    Args:
        call: The request.
        steps: The steps of its path.
    """
    return call.service_url("/" + "/".join(str(step) for step in steps), {})


def shown(call: Call, data: Mapping[str, Any], *steps: str | int) -> JsonObject:
    """A document as an answer has it: with its address."""
    return {"href": href(call, *steps), **data}


def path_id(call: Call, kind: str) -> str:
    """The identity `owner/name` of the project, volume or dataset that a path names."""
    return f"{call.arguments['owner']}/{call.arguments[kind]}"
