"""Errors of paths on any platform, and of what a store is asked for."""

from __future__ import annotations

import errno

from omicsdk.core.errors import OmicsError, UsageError


class WrongUri(UsageError):
    """A text is not a URI that names a place, or names none that this can be done with."""

    default_remedy = (
        "Write SCHEME://PATH, as in sb://owner/project/reads/a.fastq; a file of this machine is named by its path."
    )


class WrongOption(UsageError, TypeError):
    """A store has no such option, or its value has a wrong type."""


class PathError(OmicsError, OSError):
    """The file or folder of a URI has a problem.

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
    """A path does not exist."""

    code = errno.ENOENT
    default_remedy = "Check the path."

    def __init__(self, uri: str, problem: str, *, remedy: str | None = None) -> None:
        # The query of a URL is masked by asterisks, as is a login.
        address = uri.partition("?")[0].rpartition("@")[2] if uri.startswith(("http://", "https://")) else uri
        if {"*", "?"} & {*address} and remedy is None:
            remedy = "Patterns are not expanded: name the folder, with --recursive and --include PATTERN."
        super().__init__(uri, problem, remedy=remedy)


class BucketNotFound(PathNotFound):
    """The bucket of a path does not exist, so that nothing can be put there."""

    default_remedy = "Check its name, or create it."


class IsFolder(PathError, IsADirectoryError):
    """A folder exists where a file is needed."""

    code = errno.EISDIR
    default_remedy = "Name a file in it; omics ls lists them."


class NotAFolder(PathError, NotADirectoryError):
    """A file exists where a folder is needed."""

    code = errno.ENOTDIR


class Unsupported(PathError, UsageError):
    """The platform cannot do this with what a URI names."""

    code = errno.EOPNOTSUPP


class NotListed(Unsupported):
    """A folder whose platform does not list what is in it."""


class ReadOnly(Unsupported, PermissionError):
    """The place cannot be written so."""

    code = errno.EROFS


class AlreadyThere(PathError, FileExistsError):
    """A path exists that must not be replaced."""

    code = errno.EEXIST

    def __init__(self, uri: str) -> None:
        super().__init__(uri, "already exists", remedy="Name another target, or allow it to be replaced.")


class FileAndFolder(PathError):
    """A file and a folder have the path of a URI, and everything below a folder is meant."""

    def __init__(self, uri: str) -> None:
        remedy = (
            f"Write {uri}/ for everything below the folder. Commands without --recursive, such as cp, take the file."
        )
        super().__init__(uri, "names both a file and a folder", remedy=remedy)


class NotEmpty(PathError):
    """A folder to be removed is not empty."""

    code = errno.ENOTEMPTY

    def __init__(self, uri: str) -> None:
        super().__init__(uri, "is not empty", remedy="Remove its contents first.")
