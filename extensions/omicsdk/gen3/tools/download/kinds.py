"""What the documented downloads hand out: manifests' entries, objects, and what became of each file."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from omicsdk.core.narrowing import is_array, is_object
from omicsdk.gen3.errors import Gen3UserError

if TYPE_CHECKING:
    from omicsdk.transfer import Progress

#: Characters of the progress bar.
_WIDTH = 40
PENDING = "pending"
DOWNLOADED = "downloaded"
ERROR = "error"
NO_HOST = "error (resolving DRS host)"
NO_AUTH = "error (no auth)"
NO_TOKEN = "error (no access token)"  # noqa: S105 - a status
NO_METHODS = "error (no access methods)"


class DRSObjectType(StrEnum):
    """What an object is."""

    unknown = "unknown"
    object = "object"
    bundle = "bundle"


@dataclass
class DownloadStatus:
    """What became of one file.

    Attributes:
        filename: Its name.
        status: pending, downloaded, or error, which may have a reason in brackets.
        start_time: When its download began.
        end_time: When it ended.
        status_code: The HTTP status of an error, where it had one.
    """

    filename: str
    status: str = PENDING
    start_time: datetime | None = None
    end_time: datetime | None = None
    status_code: int | None = None


def draw(progress: Progress) -> None:
    """Draws a progress bar on stderr: many times on a terminal, its end alone elsewhere.

    Args:
        progress: How far a download is.
    """
    is_terminal = sys.stderr.isatty()
    if not (is_terminal or progress.final):
        return
    share = progress.bytes_done / progress.bytes if progress.bytes else float(progress.final)
    filled = int(_WIDTH * share)
    files = f"{progress.files_done} of {'?' if progress.files is None else progress.files} files"
    bar = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {share:4.0%} {files}, {progress.bytes_done / 1_000_000:.1f} MB"
    sys.stderr.write(("\r" if is_terminal else "") + bar + ("\n" if progress.final else ""))
    sys.stderr.flush()


class InvisibleProgress:
    """A progress bar that shows nothing."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        del args, kwargs

    def update(self, value: object) -> None:
        """Shows nothing."""


@dataclass
class Manifest:
    """One entry of a manifest.

    Attributes:
        object_id: The object's identifier.
        file_size: Its size in bytes, where the manifest states it; -1 where not.
        file_name: Its name, likewise.
        md5sum: Its MD5, likewise; a file is held against it.
        commons_url: The commons that has it, likewise.
    """

    object_id: str
    file_size: int | None = -1
    file_name: str | None = None
    md5sum: str | None = None
    commons_url: str | None = None

    @classmethod
    def from_dict(cls, kvs: Mapping[str, Any], *, infer_missing: bool = False) -> Self:
        """Makes one of a JSON object; members that it doesn't know are passed over.

        Args:
            kvs: The object.
            infer_missing: Has no effect: what is missing is None.

        Raises:
            Gen3UserError: It has no object_id, or a file_size that is no number.
        """
        del infer_missing
        object_id = kvs.get("object_id")
        if not isinstance(object_id, str) or not object_id.strip():
            raise Gen3UserError(
                "An entry of the manifest has no object_id",
                remedy='Give each entry one, as {"object_id": "dg.1234/..."}.',
            )
        size = kvs.get("file_size", -1)
        try:
            number = None if size in (None, "") else int(str(size))
        except ValueError:
            raise Gen3UserError(
                f"The file_size of {object_id} is {size!r}", remedy="It is a number of bytes; leave it out if unknown."
            ) from None
        name = kvs.get("file_name")
        if name is not None and not isinstance(name, str):
            raise Gen3UserError(
                f"The file_name of {object_id} is {name!r}", remedy="It is a text; leave it out if unknown."
            )
        texts = {name: kvs.get(name) for name in ("file_name", "md5sum", "commons_url")}
        return cls(object_id.strip(), number, **{name: str(value) if value else None for name, value in texts.items()})

    @classmethod
    def from_json(cls, s: str | bytes, *, infer_missing: bool = False, **kw: Any) -> Self:
        """Makes one of JSON text; arguments and errors as those of `from_dict`, `kw` goes to json.loads."""
        return cls.from_dict(json.loads(s, **kw), infer_missing=infer_missing)

    def to_dict(self, encode_json: bool = False) -> dict[str, Any]:
        """Gives it as a JSON object."""
        del encode_json
        return asdict(self)

    def to_json(self, **kw: Any) -> str:
        """Gives it as JSON text; `kw` goes to json.dumps."""
        return json.dumps(self.to_dict(), **kw)

    @classmethod
    def load(cls, filename: str | Path) -> list[Downloadable]:
        """Reads a manifest, and gives what is to be downloaded; as `load_manifest` and then `create_object_list`.

        Args:
            filename: The file.

        Raises:
            Gen3UserError: It can't be read, or an entry isn't one; the message names the entry.
        """
        return cls.create_object_list(cls.load_manifest(filename))

    @classmethod
    def load_manifest(cls, path: str | Path) -> list[Self]:
        """Reads a manifest: a JSON list of objects with `object_id`, and, where known, `file_size`, `file_name`, `md5sum` and
        `commons_url`.

        Args:
            path: The file.

        Raises:
            Gen3UserError: It can't be read, or an entry isn't one; the message names the entry.
        """
        file = Path(path)
        try:
            told: object = json.loads(file.read_bytes())
        except OSError as error:
            raise Gen3UserError(f"{file} can't be read: {error.strerror}", remedy="Check the path.") from error
        except (ValueError, RecursionError) as error:
            raise Gen3UserError(f"{file} isn't JSON: {error}", remedy="Download the manifest anew.") from error
        if not is_array(told):
            raise Gen3UserError(f"{file} isn't a list", remedy="A manifest is a JSON list of objects.")
        found: list[Self] = []
        for number, entry in enumerate(told, 1):
            try:
                if not is_object(entry):
                    raise Gen3UserError("It isn't an object", remedy="A manifest is a JSON list of objects.")
                found.append(cls.from_dict(entry))
            except Gen3UserError as error:
                raise Gen3UserError(f"{file}, entry {number}: {error.message}", remedy=error.remedy) from None
        return found

    @staticmethod
    def create_object_list(manifest: Sequence[Manifest]) -> list[Downloadable]:
        """Gives what is to be downloaded.

        Args:
            manifest: The entries.
        """
        return [
            Downloadable(
                each.object_id,
                file_size=each.file_size,
                file_name=each.file_name,
                hostname=(each.commons_url or "").partition("://")[2] or each.commons_url or None,
                md5sum=each.md5sum,
            )
            for each in manifest
        ]


@dataclass
class Downloadable:
    """An object that can be downloaded.

    Attributes:
        object_id: Its identifier.
        object_type: Whether it is a file or a bundle, once that is known.
        hostname: The host that has it, once that is known.
        file_size: Its size in bytes.
        file_name: Its name.
        updated_time: When it was changed last.
        created_time: When it was made.
        access_methods: The ways to its bytes as the server lists them.
        children: What is in it, where it is a bundle.
        md5sum: What a manifest states of its bytes.
    """

    object_id: str
    object_type: DRSObjectType | None = DRSObjectType.unknown
    hostname: str | None = None
    file_size: int | None = -1
    file_name: str | None = None
    updated_time: datetime | None = None
    created_time: datetime | None = None
    access_methods: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    children: list[Downloadable] = field(default_factory=list["Downloadable"])
    md5sum: str | None = None

    def download(self) -> None:
        """Does nothing: a `DownloadManager` downloads."""

    def pprint(self, indent: str = "") -> str:
        """Shows it, with what is in it, one a line.

        Args:
            indent: What stands before its line.

        Returns:
            The text, which is printed too.
        """
        kind = self.object_type.value if self.object_type else "unknown"
        size = "" if self.file_size in (None, -1) else f", {self.file_size} bytes"
        lines = [
            f"{indent}{self.file_name or self.object_id} ({kind}{size}) {self.hostname or ''} {self.object_id}".rstrip()
        ]
        lines += [child.pprint(f"{indent}  ") for child in self.children]
        text = "\n".join(lines)
        if not indent:
            print(text)  # noqa: T201 - what it is documented to do
        return text
