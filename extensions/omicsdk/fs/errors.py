"""Errors of paths: ours for whoever catches those, and Python's own for readers that know nothing of us."""

from __future__ import annotations

import errno

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
