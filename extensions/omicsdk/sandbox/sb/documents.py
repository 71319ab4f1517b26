"""The platform's data: files and folders, a tree for each project, with the storage of their bytes; documents of many kinds; memberships."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.s3.staging import MotoObject, Staging, objects_below
from omicsdk.sandbox.sb.responses import bad, no_such, when
from omicsdk.sandbox.service import JsonObject
from omicsdk.sandbox.state.database import Database, Table


@dataclass(slots=True)  # not frozen: that makes reading a page of them a fifth slower; nothing changes one
class FileRecord:
    """A file or a folder.

    Attributes:
        id: Its identity.
        name: Its name, without its folder.
        project: The project that it is in; `dataset:owner/name` for a file of a dataset.
        parent: The folder that it is in; empty for a project's own folder, and for what is in no folder.
        created_on: When it was made, in the sandbox's time.
        modified_on: When it was changed last.
        type: file or folder.
        size: Length in bytes; 0 for folders.
        blob: The object with its bytes; empty for folders, and for files whose bytes are on a volume.
        volume: The volume that its bytes are on; empty when they are on the platform.
        location: Location on that volume.
        metadata: Its metadata.
        tags: Its tags.
        task: The task that made it; empty for none.
        secondary: Identities of files that belong to it, such as its index.
    """

    id: str
    name: str
    project: str
    parent: str
    created_on: float
    modified_on: float
    type: str = "file"
    size: int = 0
    blob: str = ""
    volume: str = ""
    location: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    tags: Sequence[str] = ()
    task: str = ""
    secondary: Sequence[str] = ()


class FileStore:
    """The one place that knows the table of files.

    Args:
        database: The sandbox's database.
        new_id: Makes identities.
        now: The sandbox's time in seconds since 1970.
    """

    def __init__(self, database: Database, new_id: Callable[[], str], now: Callable[[], float]) -> None:
        self._database = database
        self._new_id = new_id
        self._now = now
        self._table = Table(database, "sb_files", FileRecord, more="UNIQUE (parent, name)", indexes=("project",))

    # -- projects

    def root(self, project: str) -> str:
        """Return the identity of a project's root folder, which is created if missing."""
        return self.folder(project, "", project).id

    def drop_project(self, project: str) -> None:
        """Remove all files and folders of a project."""
        self._table.remove(project=project)

    # -- reading

    def get(self, id: str) -> FileRecord | None:
        """A file or folder; None when it does not exist."""
        return self._table.get(id)

    def existing(self, id: str) -> FileRecord:
        """A file or folder that is known to be there."""
        file = self.get(id)
        assert file is not None, f"there is no file {id}"
        return file

    def child(self, parent: str, name: str) -> FileRecord | None:
        """The file or folder of a name in a folder; None when there is none."""
        return self._table.first(parent=parent, name=name)

    def children(self, parent: str, offset: int = 0, limit: int = -1) -> list[FileRecord]:
        """The contents of a folder, by name.

        Args:
            parent: The folder.
            offset: Number of items to skip.
            limit: Largest number of items; -1 for all.
        """
        # The index has the kinds of rows: those that are left out are not read.
        condition = "rowid IN (SELECT rowid FROM sb_files WHERE parent = ? ORDER BY name LIMIT ? OFFSET ?)"
        return self._table.all(condition, parent, limit, offset, order="name")

    def count(self, parent: str) -> int:
        """The number of items in a folder."""
        return self._table.count(parent=parent)

    def below(self, folder: str) -> Iterator[FileRecord]:
        """The contents of a folder and of those below it, a folder before its contents."""
        for child in self.children(folder):
            yield child
            if child.type == "folder":
                yield from self.below(child.id)

    def of_projects(self, projects: Sequence[str]) -> list[FileRecord]:
        """All files and folders of some projects but the projects' own folders, by name."""
        condition = f"project IN ({', '.join('?' * len(projects))}) AND parent IN (SELECT id FROM sb_files)"  # noqa: S608 - marks only
        return self._table.all(condition, *projects, order="name, id")

    # -- writing

    def add(self, *, project: str, parent: str, name: str, **more: Any) -> FileRecord:
        """Enter a file or folder; its name must be free.

        Args:
            project: The project that it is in.
            parent: The folder that it is in.
            name: Its name there.
            more: Further fields of it.
        """
        now = self._now()
        record = FileRecord(self._new_id(), name, project, parent, now, now, **more)
        self._table.add(record)
        return record

    def folder(self, project: str, parent: str, name: str) -> FileRecord:
        """The file or folder of a name in a folder; a missing folder is made."""
        existing = self.child(parent, name)
        return existing or self.add(project=project, parent=parent, name=name, type="folder")

    def change(self, id: str, **changes: Any) -> None:
        """Change fields of a file; it is treated as modified now."""
        self._table.change(id, **{"modified_on": self._now(), **changes})

    def remove(self, id: str) -> None:
        """Remove a file, or a folder with all that is below it."""
        with self._database.transaction():
            for record_id in [id, *(record.id for record in self.below(id))]:
                self._table.remove(id=record_id)

    def free_name(self, parent: str, name: str) -> str:
        """A name that nothing has in a folder: the given one, or with a number before it, as in `_1_reads.fq`."""
        free, number = name, 0
        while self.child(parent, free) is not None:
            number += 1
            free = f"_{number}_{name}"
        return free


@dataclass(frozen=True, slots=True)
class VolumeObject:
    """An object on a volume.

    Attributes:
        location: Location on the volume.
        size: Length in bytes.
        metadata: The metadata that the bucket has of it.
    """

    location: str
    size: int
    metadata: Mapping[str, Any]


class Place:
    """The part of a bucket that a volume shows; the bucket is made when it does not exist, since it is the sandbox's own.

    Args:
        staging: The S3 server; started when the first volume is looked at.
        volume: The volume's document.

    Raises:
        Problem: 9103; the bucket is not one that the sandbox can have.
    """

    def __init__(self, staging: Staging, volume: JsonObject) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        service: JsonObject = volume["service"]
        self._staging = staging
        self._bucket: str = service.get("bucket") or service.get("container") or ""
        try:
            staging.make_bucket(self._bucket)
        except (BotoCoreError, ClientError) as error:
            message = f"The bucket {self._bucket!r} of the volume {volume['id']} can't be used: {error}"
            raise bad(message, 9103) from error
        prefix = (service.get("prefix") or "").strip("/")
        self._prefix = f"{prefix}/" if prefix else ""

    def _shown(self, stored: MotoObject) -> VolumeObject:
        facts = {"etag": stored.etag, "size": stored.size, "last_modified": when(stored.modified)}
        metadata = {**facts, "content_type": stored.content_type, **stored.metadata}
        return VolumeObject(stored.name.removeprefix(self._prefix), stored.size, metadata)

    def _objects(self, prefix: str) -> list[VolumeObject]:
        return [self._shown(stored) for stored in objects_below(self._bucket, self._prefix + prefix)]

    def _stored(self, location: str) -> MotoObject | None:
        return self._staging.find(self._bucket, self._prefix + location)

    def list(self, prefix: str, limit: int, after: str) -> tuple[Sequence[VolumeObject], Sequence[str], str]:
        """A page of what begins with a prefix; what has a slash after it is returned as one folder.

        Args:
            prefix: The prefix.
            limit: Largest number of objects and folders.
            after: The last name of the page before; empty for the first page.

        Returns:
            Objects in the folder itself, folders in it, and the page's last name; empty on the last page.
        """
        entries: dict[str, VolumeObject | None] = {}
        for object_ in self._objects(prefix):
            name, slash, _ = object_.location[len(prefix) :].partition("/")
            entries[f"{prefix}{name}{slash}"] = None if slash else object_
        names = [name for name in entries if name > after]
        page_entries = {name: entries[name] for name in names[:limit]}
        objects = [entry for entry in page_entries.values() if entry is not None]
        folders = [name for name, entry in page_entries.items() if entry is None]
        return objects, folders, names[limit - 1] if len(names) > limit else ""

    def find(self, location: str) -> VolumeObject | None:
        """An object; None when there is none."""
        stored = self._stored(location)
        return None if stored is None else self._shown(stored)

    def below(self, folder: str) -> Sequence[VolumeObject]:
        """All objects in a folder and in those below it."""
        return [object_ for object_ in self._objects(f"{folder.strip('/')}/") if not object_.location.endswith("/")]

    def put(self, location: str, path: Path) -> None:
        """Copy a file of the local disk to a location."""
        key = self._prefix + location
        if not self._staging.put(self._bucket, key, str(path), "application/octet-stream"):
            raise bad(f"The bucket {self._bucket!r} can't be written", 9103)

    def read(self, location: str) -> Iterable[bytes]:
        """The bytes of an object; none where it was removed."""
        stored = self._stored(location)
        return () if stored is None else stored.blocks()

    def url(self, location: str, seconds: float) -> str:
        """A presigned URL of an object; it ends by real time, as S3 has no other."""
        parameters = {"Bucket": self._bucket, "Key": self._prefix + location}
        return self._staging.client().generate_presigned_url("get_object", parameters, ExpiresIn=max(int(seconds), 1))


# -- documents


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class _Document:
    kind: str
    id: str
    group: str
    rank: float
    data: JsonObject


class Documents:
    """JSON objects by kind and identity; what is looked up by anything else has its own table.

    Args:
        database: The sandbox's database.
    """

    def __init__(self, database: Database) -> None:
        self._table = Table(database, "sb_documents", _Document, key="kind id", indexes=('kind, "group", rank',))

    def get(self, kind: str, id: str) -> JsonObject | None:
        """Return a document; None when there is none."""
        row = self._table.get(kind, id)
        return None if row is None else row.data

    def existing(self, kind: str, id: str, **equal: object) -> JsonObject:
        """Return a document; one whose fields have other values than those given is treated as missing.

        Raises:
            Problem: 404; there is none.
        """
        document = self.get(kind, id)
        if document is None or any(document[name] != value for name, value in equal.items()):
            raise no_such(kind.replace("-", " "), id)
        return document

    def put(self, kind: str, id: str, data: JsonObject, group: str = "", rank: float = 0.0) -> None:
        """Store a document, in place of one of the same kind and identity, which keeps its place in lists.

        Args:
            kind: Its kind, such as project.
            id: Its identity.
            data: The document.
            group: What it is listed under, such as a file for its markers; kept when the document exists already.
            rank: Lists are sorted by it, then by the time of creation; stored with the document.
        """
        if not self._table.change(kind, id, data=data):
            self._table.add(_Document(kind, id, group, rank, data))

    def remove(self, kind: str, id: str) -> bool:
        """Remove a document; False when there is none."""
        return self._table.remove(kind=kind, id=id) > 0

    def remove_group(self, kind: str, group: str) -> None:
        """Remove all documents that are listed under something."""
        self._table.remove(kind=kind, group=group)

    def listed(self, kind: str, group: str | None = None, offset: int = 0, limit: int = -1) -> list[JsonObject]:
        """Documents of a kind in their order; with a group only those that are listed under it."""
        rows = self._table.all(kind=kind, group=group, order="rank, rowid", offset=offset, limit=limit)
        return [row.data for row in rows]

    def among(self, kind: str, ids: Iterable[str]) -> list[JsonObject]:
        """Documents of a kind in their order that have one of some identities."""
        # One parameter, since SQLite bounds the number of them.
        condition = "id IN (SELECT value FROM json_each(?))"
        return [row.data for row in self._table.all(condition, json.dumps([*ids]), kind=kind, order="rank, rowid")]

    def ids(self, kind: str, group: str | None = None) -> list[str]:
        """The identities of all documents of a kind in their order."""
        return [row.id for row in self._table.all(kind=kind, group=group, order="rank, rowid")]

    def count(self, kind: str, group: str | None = None) -> int:
        """The number of documents of a kind."""
        return self._table.count(kind=kind, group=group)


# -- members

USER, TEAM, DIVISION = "USER", "TEAM", "DIVISION"
_PERMISSIONS = ("read", "copy", "write", "execute", "admin")
Permissions = Mapping[str, bool]


def permissions_of(requested: Permissions | None, kind: str) -> dict[str, bool]:
    """All permissions of a member: every member reads, and an administrator may do everything.

    Args:
        requested: Those that were stated; without any a member reads.
        kind: project, volume, dataset or automation; on volumes nothing is executed.
    """
    requested = requested or {}
    everything = bool(requested.get("admin"))
    names = [name for name in _PERMISSIONS if not (kind == "volume" and name == "execute")]
    return {name: everything or name == "read" or bool(requested.get(name)) for name in names}


@dataclass(slots=True)  # not frozen: that doubles the time in which one is made
class _Member:
    kind: str
    id: str
    username: str
    data: JsonObject


# A user is a member by their own name, and by those of the teams and divisions that they are in.
_BY_ANY_NAME = """username IN (
    SELECT ? UNION ALL SELECT id FROM sb_members WHERE username = ? AND kind IN ('team', 'division')
)"""


class Membership:
    """Memberships: of users in teams and divisions, and of all these in projects, volumes, datasets and automations.

    Args:
        database: The sandbox's database.
    """

    def __init__(self, database: Database) -> None:
        self._table = Table(database, "sb_members", _Member, key="kind id username", indexes=("username, kind",))

    def add(self, kind: str, id: str, member: JsonObject) -> None:
        """Add a member, or change what is known of one.

        Args:
            kind: What the member belongs to: project, volume, dataset, automation, team or division.
            id: Its identity.
            member: The member, with the `username` of a user, or the identity of a team or division in its place.
        """
        username: str = member["username"]
        if not self._table.change(kind, id, username, data=member):
            self._table.add(_Member(kind, id, username, member))

    def get(self, kind: str, id: str, username: str) -> JsonObject | None:
        """A member by the name of a user, team or division."""
        row = self._table.get(kind, id, username)
        return None if row is None else row.data

    def existing(self, kind: str, id: str, username: str) -> JsonObject:
        """The same; a 404 when there is none."""
        return or_raise(self.get(kind, id, username), no_such("member", f"{username} of the {kind} {id}"))

    def remove(self, kind: str, id: str, username: str) -> bool:
        """End a membership; False when there is none."""
        return self._table.remove(kind=kind, id=id, username=username) > 0

    def of(self, kind: str, id: str) -> list[JsonObject]:
        """All members of something."""
        return [row.data for row in self._table.all(kind=kind, id=id)]

    def drop(self, kind: str, id: str) -> None:
        """End all memberships of something that was deleted."""
        self._table.remove(kind=kind, id=id)

    def rights(self, kind: str, username: str, id: str | None = None) -> dict[str, Permissions]:
        """A user's permissions on each object of a kind that they are a member of, by its identity.

        Args:
            kind: The kind.
            username: The user.
            id: The only object of interest; None for all.
        """
        rights: dict[str, Permissions] = {}
        for row in self._table.all(_BY_ANY_NAME, username, username, kind=kind, id=id):
            granted: Permissions = row.data.get("permissions", {})
            present = rights.get(row.id)
            # A member by several names may do what any of them may.
            rights[row.id] = {name: present[name] or granted[name] for name in present} if present else granted
        return rights
