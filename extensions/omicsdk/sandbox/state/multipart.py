"""Multipart uploads that are not complete: their targets, and the parts that have arrived."""

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from omicsdk.core.checksums import MIB
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.state.database import Database, Table
from omicsdk.sandbox.state.objects import ObjectStore


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the storage has got.

    Attributes:
        upload: Identity of the upload.
        number: Its number, from 1.
        size: Its length in bytes.
        etag: The storage's ETag, without quotes.
        file: The upload's file that contains it.
        offset: Its offset there.
        reported: Whether the client has reported it.
    """

    upload: str
    number: int
    size: int
    etag: str
    file: str
    offset: int = 0
    reported: bool = False


class _Upload(Protocol):
    @property
    def id(self) -> str: ...


U = TypeVar("U", bound=_Upload)


def no_upload() -> Problem:
    """The refusal of an upload that does not exist, or has ended."""
    said = "The upload ID may be invalid, or the upload may have been aborted or completed."
    return Problem(404, "NoSuchUpload", f"The specified upload does not exist. {said}")


class Uploads(Generic[U]):
    """The one place that knows the tables and the files of a platform's uploads.

    Args:
        database: The sandbox's database.
        objects: Store of finished contents.
        name: The platform, for the names of tables and files.
        kind: The uploads' dataclass, whose key is `id`.

    Attributes:
        transaction: Context whose changes are committed together, or rolled back when it raises.
        table: The uploads.
        parts: Their parts.
        objects: As given.
    """

    def __init__(self, database: Database, objects: ObjectStore, name: str, kind: type[U]) -> None:
        self.transaction = database.transaction
        self.table = Table(database, f"{name}_uploads", kind)
        self.parts = Table(database, f"{name}_upload_parts", Part, key="upload number")
        self.objects = objects
        self._name = name

    def get(self, id: str) -> U | None:
        """An upload that is under way, or None."""
        return self.table.get(id)

    def path(self, id: str, file: str) -> Path:
        """The path of one of an upload's files."""
        # Flat, so that none blocks the removal when an upload is dropped while one of its parts arrives.
        return self.objects.workplace(f"{self._name}-uploads") / f"{id}.{file}"

    def new_file(self) -> str:
        """The name of a separate file for a part: one that is sent twice at once must not be mixed."""
        return secrets.token_hex(8)

    def enter(self, part: Part) -> None:
        """Enter a part that has come, in place of an earlier one of its number.

        Raises:
            Problem: 404; the upload has been completed or aborted meanwhile, and nothing of the part is kept.
        """
        with self.transaction():
            if self.get(part.upload) is None:
                self._remove_files(part.upload)
                raise no_upload()
            self.parts.put(part)

    def known(self, id: str, **equal: Any) -> dict[int, Part]:
        """The parts that have come, by number, in its order."""
        return {part.number: part for part in self.parts.all(upload=id, order="number", **equal)}

    def blocks(self, parts: Iterable[Part]) -> Iterator[bytes]:
        """The bytes of parts, one after another."""
        for part in parts:
            with self.path(part.upload, part.file).open("rb") as source:
                source.seek(part.offset)
                left = part.size
                while left > 0 and (block := source.read(min(left, MIB))):
                    yield block
                    left -= len(block)

    def drop(self, id: str) -> None:
        """Forget an upload and its parts."""
        with self.transaction():
            self.table.remove(id=id)
            self.parts.remove(upload=id)
        self._remove_files(id)

    def _remove_files(self, id: str) -> None:
        for path in self.path(id, "").parent.glob(f"{id}.*"):
            path.unlink(missing_ok=True)
