"""Which files a URI means: itself, or all below it that patterns let through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePath

from omicsdk.fs.entry import Entry
from omicsdk.fs.errors import IsFolder
from omicsdk.fs.store import Store
from omicsdk.fs.uri import Uri


@dataclass(frozen=True, slots=True)
class Selected:
    """A file that was found.

    Attributes:
        uri: Where it is.
        entry: What it is.
        name: Its path below what was named; its own name where it was named itself.
    """

    uri: Uri
    entry: Entry
    name: str


@dataclass(frozen=True, slots=True)
class Patterns:
    """Shell patterns for names below a folder; `*` stands for slashes, too, and case counts.

    Attributes:
        include: A file needs to fit one of them; all do when there are none.
        exclude: A file must fit none of them.
    """

    include: Sequence[str] = ()
    exclude: Sequence[str] = ()

    def fit(self, name: str) -> bool:
        """Whether a file is wanted.

        Args:
            name: Its path below the folder. A pattern without a slash is held against the last part, too.
        """
        wanted = not self.include or _any(name, self.include)
        return wanted and not _any(name, self.exclude)


ALL = Patterns()


def select(
    store: Store, uri: Uri, *, entry: Entry | None = None, recursive: bool = True, patterns: Patterns = ALL
) -> Iterator[Selected]:
    """Gives the files that a URI means.

    Args:
        store: The store that has it.
        uri: A file, or a folder.
        entry: What `store.look` said of it; asked for when it isn't given.
        recursive: Whether a folder means all files below it.
        patterns: Which of those are wanted; what is named itself is wanted always.

    Raises:
        PathNotFound: Nothing is there.
        IsFolder: It is a folder, and `recursive` isn't asked for.
    """
    entry = entry or store.look(uri.path)
    if not entry.is_folder:
        yield Selected(uri, entry, entry.file_name or entry.name or uri.name)
        return
    if not recursive:
        raise IsFolder(str(uri), "is a folder", remedy="Give --recursive for all that is in it.")
    for found in store.walk(entry.path):
        name = below(uri.scheme, entry.path, found.path)
        if patterns.fit(name):
            yield Selected(Uri(uri.scheme, found.path), found, name)


def below(scheme: str, folder: str, path: str) -> str:
    """The path of something as seen from a folder above it, with slashes between its parts.

    Args:
        scheme: The scheme of both.
        folder: The folder's path.
        path: The path.
    """
    if scheme == "file":
        return PurePath(path).relative_to(folder).as_posix()
    return path[len(folder) :].removeprefix("/") if folder else path


def _any(name: str, patterns: Iterable[str]) -> bool:
    last = name.rpartition("/")[2]
    return any(
        fnmatchcase(name, pattern) or ("/" not in pattern and fnmatchcase(last, pattern)) for pattern in patterns
    )
