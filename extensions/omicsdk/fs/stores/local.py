"""Files of this machine as a store."""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, BinaryIO, ClassVar

from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.files import current_folder, is_special
from omicsdk.core.frozen import EMPTY, NamedTuple
from omicsdk.core.logs import logger
from omicsdk.fs.errors import AlreadyThere, NotAFolder, PathError, PathNotFound, ReadOnly, Unsupported
from omicsdk.fs.store import Entry, Features, Put, Store
from omicsdk.fs.uris import STORES
from omicsdk.transfer.names import WORK_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from omicsdk.fs.options import CopyOptions
    from omicsdk.transfer import Location, TransferReport

_log = logger("omicsdk.fs")

#: Whether the locale states another encoding of names than UTF-8.
_IN_LOCALE = sys.getfilesystemencoding() != "utf-8"


def check_encoding(name: str) -> None:
    """Refuse a name in UTF-8 that was decoded as the locale states: on a platform it would be another name.

    Args:
        name: The name, or a word of the command line.

    Raises:
        PathError: It is such a name.
    """
    try:
        text = os.fsencode(name).decode()
    except UnicodeError:  # as the locale states
        return
    if text != name:
        problem = f"is in UTF-8, but the locale's encoding is {sys.getfilesystemencoding()}"
        raise PathError(text, problem, remedy="Set PYTHONUTF8=1, or a locale such as LC_ALL=C.UTF-8.")


class UnreadableFolder(PathError):
    """A folder that cannot be listed."""

    code = errno.EACCES
    default_remedy = "Check its permissions."


class _Level(NamedTuple):
    """A folder that is walked.

    Attributes:
        start: What the paths in it begin with.
        identity: Its device and number, by which a link to a folder above is detected.
        names: The names in it that follow.
        folders: Those of folders.
        others: Those of what is neither a folder nor a file, such as a link whose target is missing.
    """

    start: str
    identity: tuple[int, int]
    names: Iterator[str]
    folders: set[str]
    others: set[str]


class LocalStore(Store):
    """Files of this machine. Links are followed, save those to a folder above, which would have no end.

    Args:
        within: The only folder with files: what is elsewhere is refused, and links out of it are left out with a warning.
    """

    scheme: ClassVar[str] = "file"
    features: ClassVar[Features] = Features(
        writable=True, makes_folders=True, removal_batch=1, moves=True, sorted_listings=True
    )

    def __init__(self, *, within: str | os.PathLike[str] | None = None) -> None:
        self._within = None if within is None else os.path.realpath(within)

    def _is_within(self, path: str) -> bool:
        if self._within is None:
            return True
        real_path = os.path.realpath(path)
        return real_path == self._within or real_path.startswith(self._within.rstrip(os.sep) + os.sep)

    def _check(self, path: str) -> None:
        if not self._is_within(path):
            raise PathError(
                path, "is out of the folder that files may be in", remedy=f"Use a path below {self._within}."
            )

    def _stat(self, path: str) -> Entry:
        self._check(path)
        try:
            return _entry_at(path)
        except FileNotFoundError as error:
            scheme, _, rest = path.partition(":/")
            remedy = f"Did you mean {scheme}://{rest.lstrip('/')}?" if rest and scheme in STORES else None
            if re.fullmatch(r"[A-Z]{3,6}\d+|10\.\d{4,9}/\S+", path):
                remedy = f"If it names data of an archive: omics get {path} --to FOLDER, or omicsdk.get in Python."
            is_link = os.path.islink(path)  # noqa: PTH114 - a name of any bytes
            raise PathNotFound(path, "is a broken link" if is_link else "not found", remedy=remedy) from error
        except NotADirectoryError as error:
            from pathlib import Path  # lists need none, which takes 4 ms to import

            if Path(path).exists():
                raise NotAFolder(path, "is a file", remedy="Write it without the slash at its end.") from error
            raise PathNotFound(path, "not found") from error

    def _entries(self, path: str) -> Iterator[Entry]:
        start = _start(path)
        for name in self._names(path)[0]:
            entry = _looked_up(start + name)
            if entry is not None:
                yield entry

    def _names(self, path: str) -> tuple[list[str], set[str], set[str]]:
        """Return the names in a folder in order, those of folders, and those of neither folders nor files.

        Data for resuming earlier downloads into the folder is left out.
        """
        self._check(path)
        names: list[str] = []
        folders: set[str] = set()
        others: set[str] = set()
        try:
            with os.scandir(path) as entries:
                for entry in entries:  # of which the system states the kind, so that none is looked up save links
                    if self._within is not None and entry.is_symlink() and not self._is_within(entry.path):
                        _log.warning("%s is left out: it is a link out of the folder that files may be in", entry.path)
                        continue
                    name = entry.name
                    if _IN_LOCALE:
                        check_encoding(name)
                    try:
                        if not entry.is_file():
                            if name == WORK_FOLDER and entry.is_dir():  # records of downloads
                                continue
                            (folders if entry.is_dir() else others).add(name)
                    except OSError:  # a link to itself
                        others.add(name)
                    names.append(name)
        except PathError:
            raise
        except FileNotFoundError as error:
            raise PathNotFound(path, "not found") from error
        except NotADirectoryError as error:
            raise NotAFolder(path, "is a file") from error
        except OSError as error:
            raise UnreadableFolder(path, f"cannot be listed: {error.strerror or error}") from error
        names.sort()
        return names, folders, others

    def _compared(self, path: str, entries: Iterable[Entry]) -> Iterator[Entry]:
        del path
        return iter(entries)  # the system lists what is in a folder

    def below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        return self._walked(path, _looked_up, needed)

    def names_below(self, path: str, needed: Callable[[str], bool] | None = None) -> Iterator[Entry]:
        return self._walked(path, lambda path: Entry(path, "file"), needed)

    def completed(self, entry: Entry) -> Entry:
        return _looked_up(entry.path) or entry

    def _walked(
        self, top: str, look_up: Callable[[str], Entry | None], needed: Callable[[str], bool] | None
    ) -> Iterator[Entry]:
        """Yield the files below a folder, those of a folder in it in the place of its name.

        Left out are pipes, sockets and devices, which may never end.

        Raises:
            InconsistentListing: After the last file: a folder below cannot be listed.
        """
        unreadable: UnreadableFolder | None = None
        levels: list[_Level] = []
        path = top
        while path or levels:
            if path:
                try:
                    level = self._level(path)
                except (PathNotFound, NotAFolder, UnreadableFolder) as error:
                    # Nothing of the folder itself is listed then; a folder below is reported after all that can be.
                    if path is top:
                        raise
                    if isinstance(error, UnreadableFolder):
                        unreadable = unreadable or error
                else:
                    # A link to a folder above would be followed without end.
                    if all(level.identity != above.identity for above in levels):
                        levels.append(level)
                path = ""
                continue
            start, _, names, folders, others = levels[-1]
            for name in names:
                if name in folders:
                    path = start + name
                    break
                if name in others and os.path.exists(start + name):  # noqa: PTH110 - a name of any bytes
                    if needed is None or needed(start + name):
                        _log.warning("%s is left out: it is neither a file nor a folder", start + name)
                elif (entry := look_up(start + name)) is not None:
                    yield entry
            else:
                levels.pop()
        if unreadable is not None:
            raise InconsistentListing(f"list of {top}", unreadable.message)

    def _level(self, path: str) -> _Level:
        try:
            status = os.stat(path)  # noqa: PTH116 - as above
        except (FileNotFoundError, NotADirectoryError) as error:
            raise PathNotFound(path, "not found") from error
        except OSError as error:  # it is in a folder that may be listed only, or its path is too long
            raise UnreadableFolder(path, f"cannot be listed: {error.strerror or error}") from error
        names, folders, others = self._names(path)
        if folders:  # in the order of paths, in which a slash follows the name of a folder
            names.sort(key=lambda name: f"{name}/" if name in folders else name)
        return _Level(_start(path), (status.st_dev, status.st_ino), iter(names), folders, others)

    def location(self, entry: Entry) -> Location:
        from pathlib import Path

        from omicsdk.transfer import Location  # listing needs no engine

        return Location(Path(entry.path).absolute().as_uri())

    def open(self, entry: Entry) -> BinaryIO | None:
        self._check(entry.path)
        try:
            return open(entry.path, "rb")  # noqa: PTH123 - as above
        except FileNotFoundError as error:
            raise PathNotFound(entry.path, "not found") from error
        except OSError as error:
            raise PathError(entry.path, f"cannot be read: {error.strerror or error}") from error

    def put(self, files: Sequence[Put], options: CopyOptions) -> TransferReport:
        from pathlib import Path

        from omicsdk.fs.copying.fetching import fetch
        from omicsdk.transfer import Outcome, TransferReport

        how = options.replaced(journal=None)
        outcomes: list[Outcome] = []
        for file in files:
            target = Path(file.path)
            self._check(str(target.parent))
            if not options.overwrite and os.path.lexists(target):
                outcomes.append(Outcome.of_error(file.path, AlreadyThere(file.path)))
                continue
            report = fetch([(self.stat(file.source), target.name)], self, str(target.parent), how)
            outcomes.append(report.outcomes[0]._replace(name=file.path))
        return TransferReport(outcomes, title="Copies within this machine", why_stopped=options.control.why)

    def presign(self, entry: Entry, seconds: int | None = None) -> str:
        del seconds
        what = "cannot be signed: a file of this machine has no URL"
        raise Unsupported(self.uri(entry.path), what, remedy="Copy it to a platform first: omics cp.")

    def make_folder(self, path: str) -> None:
        from pathlib import Path

        self._check(path)
        try:
            Path(path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise NotAFolder(path, "is a file, or below one", remedy="Choose another name.") from error

    def check_removal(self, path: str) -> None:
        from pathlib import Path

        self._check(str(Path(path).parent))  # a link is removed itself
        here = Path(current_folder() or "/")
        if Path(path).resolve() in (here, *here.parents):
            what = "is not removed: it is the current folder, or above it"
            raise ReadOnly(path, what, remedy="Change to another folder first.")

    def remove(self, entry: Entry) -> None:
        from pathlib import Path

        path = Path(entry.path)
        self._check(str(path.parent))
        path.rmdir() if entry.is_folder and not path.is_symlink() else path.unlink()

    def is_link(self, entry: Entry) -> bool:
        from pathlib import Path

        return Path(entry.path).is_symlink()

    def move(self, entry: Entry, path: str) -> bool:
        from pathlib import Path

        self._check(str(Path(path).parent))
        source, target = Path(entry.path), Path(path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if is_special(path):
                return False
            if not _loses_one(source, target):
                source.replace(target)
                return True
        except OSError as error:
            # On another file system: it is copied, and removed.
            if error.errno == errno.EXDEV:
                return False
            if not source.is_symlink() and not source.exists():
                raise PathNotFound(entry.path, "no longer exists") from error
            raise PathError(path, f"cannot be written: {error.strerror or error}") from error
        raise PathError(path, "and the source are the same file", remedy="Name another target.")

    def uri(self, path: str) -> str:
        return path


def _loses_one(source: Path, target: Path) -> bool:
    """Whether both are one file, and the system would replace it by a link to itself, or leave the source."""
    if not (source.exists() and target.exists() and source.samefile(target)):
        return False
    # With a single name, it is one that differs in case, where the file system ignores it.
    return not target.is_symlink() and (source.is_symlink() or source.stat().st_nlink > 1)


def _start(folder: str) -> str:
    """Return what the paths in a folder begin with, as the system writes them."""
    return os.path.join(folder, "")  # noqa: PTH118 - Path would change it


def _looked_up(path: str) -> Entry | None:
    """Return the entry of a listed path; None if it no longer exists."""
    try:
        return _entry_at(path)
    except FileNotFoundError:
        if not os.path.islink(path):  # noqa: PTH114 - as above
            return None
    except OSError as error:
        _log.debug("%s: %s", path, error)
    # The target of a link is missing, perhaps on a disk that is not mounted, or denied: reading it raises.
    return Entry(path, "file")


class _File(Entry):
    """A file of this machine; its handle is its time in nanoseconds."""

    __slots__ = ()

    @property
    def version(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride] - in lists and comparisons 6 % of CPU
        return f"{self.handle}-{self.size}"


def _entry_at(path: str) -> Entry:
    status = os.stat(path)  # noqa: PTH116 - thousands of them
    modified, size = status.st_mtime, status.st_size
    if stat.S_ISDIR(status.st_mode):
        return Entry(path, "folder", modified=modified)
    return _File(path, "file", size, EMPTY, modified, "", EMPTY, status.st_mtime_ns)
