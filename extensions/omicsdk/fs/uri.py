"""URIs of files, `scheme://path` or a path of this machine, and errors of what they name. Pure.

Names stand in a URI as they are: nothing is percent-encoded, blanks, `#` and `?` are parts of names. Only drs:// differs, whose
standard asks for percent-encoding behind a host; its store reads it.
"""

from __future__ import annotations

import errno
import os
import re
from dataclasses import dataclass
from pathlib import Path

from omicsdk.core.errors import OmicsError, UsageError


class WrongUri(UsageError):
    """A text isn't a URI that names a place, or names none that this can be done with."""

    default_remedy = (
        "Write SCHEME://PATH, as in sb://owner/project/reads/a.fastq; a file of this machine is named by its path."
    )


class PathError(OmicsError, OSError):
    """Something is wrong with what a URI names.

    Args:
        uri: The URI.
        problem: What is wrong, as the end of a sentence that begins with the URI.
        remedy: What to do.
    """

    code = errno.EIO

    def __init__(self, uri: str, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{uri} {problem}", remedy=remedy)
        self.errno = self.code
        self.uri = uri


class PathNotFound(PathError, FileNotFoundError):
    """Nothing is there."""

    code = errno.ENOENT


class IsFolder(PathError, IsADirectoryError):
    """A folder stands where a file is needed."""

    code = errno.EISDIR


class NotAFolder(PathError, NotADirectoryError):
    """A file stands where a folder is needed."""

    code = errno.ENOTDIR


class NotListed(PathError):
    """A folder whose platform doesn't tell what is in it."""

    code = errno.EOPNOTSUPP


class ReadOnly(PathError, PermissionError):
    """The place can't be written so."""

    code = errno.EROFS


class AlreadyThere(PathError, FileExistsError):
    """Something stands where nothing may be replaced."""

    code = errno.EEXIST

    def __init__(self, uri: str) -> None:
        super().__init__(uri, "is there already", remedy="Name another target, or have what is there replaced.")


class NotEmpty(PathError):
    """A folder that shall be removed has something in it."""

    code = errno.ENOTEMPTY

    def __init__(self, uri: str) -> None:
        super().__init__(uri, "isn't empty", remedy="Remove what is in it first.")


_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")
_ODD = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Uri:
    """Where something is.

    Attributes:
        scheme: Whose place it is, in small letters: `dss`, `sb`, `s3` ...; `file` for this machine.
        path: What names it there. Without slashes at its ends, save that a path of this machine is as it was written.
        is_folder: Whether it was written with a slash at its end, so that only a folder can be meant.
    """

    scheme: str
    path: str
    is_folder: bool = False

    @property
    def name(self) -> str:
        """The last part of the path; empty at the top of a scheme."""
        return re.split(r"[/\\]" if os.name == "nt" and self.scheme == "file" else "/", self.path.rstrip("/"))[-1]

    def child(self, name: str) -> Uri:
        """What has a name below this.

        Args:
            name: One or more parts with slashes between them.
        """
        if self.scheme == "file":
            return Uri("file", str(Path(self.path, *name.split("/"))))
        return Uri(self.scheme, f"{self.path}/{name}" if self.path else name)

    def __str__(self) -> str:
        end = "/" if self.is_folder and self.path and not self.path.endswith("/") else ""
        return f"{self.path}{end}" if self.scheme == "file" else f"{self.scheme}://{self.path}{end}"


def parse_uri(text: str) -> Uri:
    """Reads a URI or a path.

    Args:
        text: `scheme://path`, or a path of this machine (`reads/a.fastq`, `C:\\\\data`, `file:///data`).

    Raises:
        WrongUri: It is empty, or has characters that no name has, or a name such as `..` that leads elsewhere.
    """
    if not text:
        raise WrongUri("An empty text names no file")
    if _ODD.search(text):
        raise WrongUri(f"{text!a} has a character that no name can have")
    found = _SCHEME.match(text)
    if found is None:
        return Uri("file", text, _ends(text))
    scheme, rest = found[1].lower(), text[found.end() :]
    if scheme == "file":
        return _local(text, rest)
    parts = [part for part in rest.split("/") if part]
    if scheme != "s3" and any(part in (".", "..") for part in parts):
        raise WrongUri(f"{text} has the name {'..' if '..' in parts else '.'}", remedy="Write the path without it.")
    path = rest.rstrip("/") if scheme == "s3" else "/".join(parts)
    return Uri(scheme, path, rest.endswith("/") or not path)


def _local(text: str, rest: str) -> Uri:
    from urllib.request import url2pathname

    host, slash, path = rest.partition("/")
    if not slash or host not in ("", "localhost"):
        raise WrongUri(f"{text} names another machine's file", remedy="Write file:///path, or the path alone.")
    local = url2pathname(f"/{path}")
    return Uri("file", local, _ends(local))


def _ends(path: str) -> bool:
    return path.endswith(("/", "\\") if os.name == "nt" else "/")
