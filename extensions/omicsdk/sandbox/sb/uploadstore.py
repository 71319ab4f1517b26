"""Uploads of files and of automations' code, and the server of presigned URLs that takes their parts.

The same server gives the contents of files to those who have a presigned URL.
"""

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from anyio.to_thread import run_sync
from starlette.types import Receive, Scope, Send

from omicsdk.core.checksums import MIB, digest
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.objects import ObjectStore, Part, StoredObject, Uploads, no_upload
from omicsdk.sandbox.state.presigned import (
    LARGEST_PART,
    LEAST_PART,
    MOST_PARTS,
    Body,
    Signer,
    StorageServer,
    not_allowed,
)

USUAL_PART = 32 * MIB
_WHOLE = "whole"


# -- parts


def choose_part_size(size: int, requested: int | None, least: int = LEAST_PART) -> int:
    """The size of parts, whatever was requested.

    Args:
        size: The file's length in bytes.
        requested: The requested size; None leaves it to the platform.
        least: The smallest part but the last.

    Returns:
        The size in bytes: raised until the parts are few enough, in whole MiB when it had to be.
    """
    size_of_parts = min(max(requested or USUAL_PART, least), LARGEST_PART)
    return math.ceil(size / MOST_PARTS / MIB) * MIB if size > size_of_parts * MOST_PARTS else size_of_parts


def complaint(parts: Sequence[Part], size: int | None) -> str:
    """Why parts are not a complete file; an empty text when they are.

    Args:
        parts: The parts in the order of their numbers.
        size: Length of the file in bytes; None when none was stated.
    """
    if not parts:
        return "no part has been reported"
    numbers = [part.number for part in parts]
    if missing := sorted(set(range(1, numbers[-1] + 1)) - set(numbers)):
        return f"part {missing[0]} of {numbers[-1]} hasn't been reported"
    total = sum(part.size for part in parts)
    if size is not None and total != size:
        return f"the reported parts have {total} bytes together, the file has {size}"
    return ""


# -- uploads


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts.

    Attributes:
        id: Its identity.
        owner: Username of who started it.
        name: Name that the file will have.
        size: Length of the file in bytes; None when none was stated.
        part_size: Size of each part but the last.
        initiated: When it was started, in the sandbox's time.
        by_folder: Whether its starter named a folder and not a project.
        project: Project that the file will be in; empty for code of an automation.
        parent: Folder that the file will be in.
        overwrite: Whether a file of that name is replaced.
        automation: The automation that the code is for; empty for files.
    """

    id: str
    owner: str
    name: str
    size: int | None
    part_size: int
    initiated: float
    by_folder: bool
    project: str = ""
    parent: str = ""
    overwrite: bool = False
    automation: str = ""


class SbUploads(Uploads[Upload]):
    """Uploads whose parts are written where their numbers put them, so that a complete one need not be copied.

    Args:
        database: The sandbox's database.
        objects: Store of finished contents.
    """

    def __init__(self, database: Database, objects: ObjectStore) -> None:
        super().__init__(database, objects, "sb", Upload)

    def of(self, owner: str) -> list[Upload]:
        """A user's uploads of files, oldest first."""
        return self.table.all(owner=owner, automation="")

    def place(self, upload: Upload, number: int, length: int | None) -> tuple[str, int]:
        """The position of a part's bytes.

        Args:
            upload: The upload.
            number: The part's number.
            length: Its length in bytes; None when none was stated.

        Returns:
            The file, and where in it the part begins.
        """
        # Without a length it is unknown whether it fits between its neighbours.
        if length is None or length > upload.part_size:
            return self.new_file(), 0
        return _WHOLE, (number - 1) * upload.part_size

    def report(self, id: str, etags: Mapping[int, str]) -> int | None:
        """Notes that parts have been reported.

        Args:
            id: The upload.
            etags: ETag by number.

        Returns:
            The first number under which no part with that ETag has come; None when all have, and are noted.
        """
        with self.transaction():
            parts = self.known(id)
            for number, etag in sorted(etags.items()):
                if number not in parts or parts[number].etag != etag:
                    return number
            self.parts.put_all(replace(parts[number], reported=True) for number in etags)
        return None

    def finish(self, upload: Upload, parts: Sequence[Part]) -> StoredObject:
        """Make an object of parts and forget the upload.

        Args:
            upload: The upload.
            parts: Its parts, complete.
        """
        whole = self.path(upload.id, _WHOLE)
        # Parts that are stored in order at the offsets of their numbers need not be copied.
        if any(part.file != _WHOLE for part in parts) or any(part.size != upload.part_size for part in parts[:-1]):
            whole = self.path(upload.id, "joined")
            with whole.open("wb") as target:
                target.writelines(self.blocks(parts))
        with whole.open("ab"):
            os.truncate(whole, sum(part.size for part in parts))  # an earlier, longer last part may be stored there
        check = digest("".join(part.etag for part in parts).encode(), "crc32c")
        stored = self.objects.adopt(whole, f"up-{upload.id}", f"{check}-{len(parts)}")
        self.drop(upload.id)
        return stored

    def drop_project(self, project: str) -> None:
        """Forget the uploads to a project."""
        for upload in self.table.all(project=project):
            self.drop(upload.id)


# -- the server of presigned URLs

_PREFIX = "/sb/_storage"
_FILES = f"{_PREFIX}/files/"
_PARTS = f"{_PREFIX}/parts/"


class Storage(StorageServer):
    """The ASGI application below the prefix.

    Args:
        objects: The contents.
        signer: Checks the URLs.
        uploads: What parts are treated as.
    """

    def __init__(self, objects: ObjectStore, signer: Signer, uploads: SbUploads) -> None:
        super().__init__(objects, signer)
        self._uploads = uploads

    def file_url(self, origin: str, key: str, name: str, seconds: float) -> str:
        """A URL to read an object from.

        Args:
            origin: Scheme, host and port as the client reaches them.
            key: The object.
            name: The file's name, which ends the path.
            seconds: Validity in seconds.
        """
        return self.signer.signed(origin, f"{_FILES}{key}/{name}", seconds)

    def part_url(self, origin: str, upload: str, number: int, seconds: float) -> str:
        """A URL to send a part of an upload to.

        Args:
            origin: Scheme, host and port as the client reaches them.
            upload: Identity of the upload.
            number: Number of the part.
            seconds: Validity in seconds.
        """
        return self.signer.signed(origin, f"{_PARTS}{upload}/{number}", seconds)

    async def response(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to one request."""
        path = scope["path"]
        self.checked(scope)
        if path.startswith(_FILES) and scope["method"] in ("GET", "HEAD"):
            key = path.removeprefix(_FILES).partition("/")[0]
            # In a thread: the database may be busy.
            await self.give(scope, send, await run_sync(self.objects.get, key))
        elif path.startswith(_PARTS) and scope["method"] == "PUT":
            await self._take(path.removeprefix(_PARTS), scope, receive, send)
        else:
            raise not_allowed()

    async def _take(self, rest: str, scope: Scope, receive: Receive, send: Send) -> None:
        id, _, number = rest.partition("/")
        upload = or_raise(await run_sync(self._uploads.table.get, id), no_upload())
        body = Body(scope, receive, "md5")
        file, offset = self._uploads.place(upload, int(number), body.length)
        await body.save(self._uploads.path(id, file), offset)
        # No MD5, as of encrypted buckets: hashing would cost more than all the rest.
        etag = body.checksum
        await run_sync(self._uploads.enter, Part(id, int(number), body.size, etag, file, offset))
        await self.accept(send, etag)
