"""Files and folders: a tree for each project, in a table; and the storage of their bytes, on the platform or in volumes' buckets."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omicsdk.sandbox.s3.staging import MotoObject, Staging, objects_below
from omicsdk.sandbox.sb.documents import JsonObject
from omicsdk.sandbox.sb.responses import bad, when
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
