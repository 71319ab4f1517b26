"""Names of files: of those that come, none may lead out of the target folder, no two to one path; and of those in a folder."""

from __future__ import annotations

import os
import re
import stat
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from omicsdk.core.errors import NameClash, UnsafePath, UsageError
from omicsdk.core.lazy import logger

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

#: Where a transfer keeps its journals, within the target folder; no file of that name is fetched, none in it is uploaded.
WORK_FOLDER = ".omics-transfer"
#: Bytes that file systems allow in one part of a path.
LONGEST = 255
#: Bytes of the end that a file's name has until it is whole: a dot, eight hex digits, ".part".
SUFFIX = 14
#: Bytes that a whole name may have: a path of 4,096 on Linux, with the zero at its end; what a folder leaves, `room_in` says.
ROOM = 4096 - 1 - SUFFIX

# Few names need these: `re` compiles each when it is first used, and keeps it.
_DRIVE = r"[A-Za-z]:"
_WINDOWS_FORBIDDEN = r'[<>:"|?*\x00-\x1f\\]'
_WINDOWS_DEVICE = r"(?is)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?\Z"
# Nothing is wrong with such a name, save on Windows: most are decided by this alone.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.+=@, -]{0,199}/){0,9}[A-Za-z0-9_][A-Za-z0-9_.+=@, -]{0,199}\Z")
# Another entry's part could have it: whoever makes the names could have one file written into the other.
_UNFINISHED = r"\.[0-9a-f]{8}\.part\Z"
_FILE, _FOLDER = 0, 1
#: Sets that are tried, at most, where two names have one digest: that happens to none of a million; a source that gives other names
#: each time would go on for ever.
_MOST_SETS = 4
#: Folders that are remembered as looked at, at most.
_RECENT = 4096

#: Keys are sorted into 1,024 arrays by their upper bits: of a million keys each has a thousand, which is fast to insert into.
_SHIFT = 64 - 10
#: 64 bits, of which the lowest is the kind.
_KEY = (1 << 64) - 2

_log = logger("omicsdk.transfer")


def walk_folder(
    folder: str | os.PathLike[str], unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Walk a folder that is uploaded, without `WORK_FOLDER`, in the same order on all systems.

    Linked folders are logged and not entered: they may lead back to a folder above, or to another disk.

    Args:
        folder: The folder.
        unreadable: Called for each folder that cannot be read; by default the first one ends the walk.

    Yields:
        Each folder, the given one first, with the names of the files in it.

    Raises:
        UsageError: A folder cannot be read.
    """
    from pathlib import Path

    for above, folders, names in os.walk(folder, onerror=unreadable or _refuse_unreadable):
        for name in folders:
            if Path(above, name).is_symlink():
                _log.warning("%s is a link to a folder: its files are not uploaded", Path(above, name))
        folders[:] = sorted(name for name in folders if name != WORK_FOLDER)
        yield Path(above), sorted(names)


def _refuse_unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}", remedy="Check its permissions.") from error


def safe_name(value: object, what: str, *, one_part: bool = False) -> str:
    """Gives a name that came from a platform, a manifest or an archive, if it can be one in any folder.

    All names that come in are checked by this rule where they come in, which knows what to say of their place; what only the
    target folder can tell, `check_name` checks once it is known.

    Args:
        value: What came as the name.
        what: What has it, with its place: "file 3 of bundle UUID".
        one_part: Whether it is the name of one file or folder, without slashes.

    Raises:
        UnsafePath: It is not text, empty, absolute, or has "..", ".", NUL or an empty part in it.
    """
    reason = wrong_with(value)
    if not reason and one_part and "/" in str(value):
        reason = "contains a slash"
    if reason or not isinstance(value, str):
        raise UnsafePath(value, f"of {what} {reason}")
    return value


def wrong_with(name: object) -> str:
    """Why something can't be the name of a file in any folder; empty where it can.

    Args:
        name: What came as the name.
    """
    if not isinstance(name, str):
        return "is not text"
    if not name:
        return "is empty"
    if "\0" in name:
        return "contains a NUL"
    if name.startswith("/"):
        return "is absolute"
    parts = name.split("/")
    if ".." in parts:
        return "contains '..'"
    return "contains an empty part or '.'" if "" in parts or "." in parts else ""


def check_name(name: str, *, windows: bool = os.name == "nt", room: int = ROOM) -> None:
    """Checks one name by itself.

    What only Windows takes amiss (backslashes, device names such as NUL, trailing dots and blanks) is refused on Windows;
    elsewhere these are names like others.

    Args:
        name: A path within the target folder, with "/" between its parts.
        windows: Whether Windows' rules hold too.
        room: Bytes that the whole name may have, see `room_in`.

    Raises:
        UnsafePath: The name is not text, empty, absolute, has a drive letter, "..", NUL or an empty part, or is too long.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - it may be what a server sent
        raise UnsafePath(name, "is not text")
    if not windows and len(name) <= room and _PLAIN.match(name) and name[-5:].lower() != ".part":
        return
    if reason := wrong_with(name):
        raise UnsafePath(name, reason)
    if windows and name.startswith("\\"):
        raise UnsafePath(name, "is absolute")
    if re.match(_DRIVE, name):
        raise UnsafePath(name, "begins with a drive letter")
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        raise UnsafePath(name, "cannot be written as a file name on this system") from None
    for part in name.split("/"):
        if len(os.fsencode(part)) > LONGEST:
            raise UnsafePath(name, f"has a part of more than {LONGEST} bytes")
        if windows and (re.search(_WINDOWS_FORBIDDEN, part) or re.match(_WINDOWS_DEVICE, part) or part[-1] in ". "):
            raise UnsafePath(name, "is not allowed on Windows")
    if length > room:
        raise UnsafePath(name, f"has {length} bytes, more than the {room} that fit in this folder")
    if name.partition("/")[0].casefold() == WORK_FOLDER:
        raise UnsafePath(name, "is where transfers keep their journals")
    if re.search(_UNFINISHED, name.casefold()):
        raise UnsafePath(name, "is a name that transfers give to unfinished files")


def room_in(folder: str) -> int:
    """How many bytes a name in a folder may have, so that the file system takes the whole path.

    Args:
        folder: The target folder; it needn't be there.
    """
    try:
        longest = os.pathconf("/", "PC_PATH_MAX")
    except (AttributeError, OSError, ValueError):  # Windows, where long paths may have been allowed
        longest = 32_767
    return max(0, longest - 1 - SUFFIX - len(os.fsencode(os.path.join(os.path.abspath(folder), ""))))


def check_names(names: Iterable[str], *, folds_case: bool, room: int = ROOM) -> None:
    """Check the names of a transfer, each by itself and against the others, in 8 to 16 bytes of memory a name.

    They are read once, and once more when two clash, to name both. An iterator can be read only once: then the error names
    one of the two.

    Args:
        names: Paths within the target folder, with "/" between their parts.
        folds_case: Whether the file system takes "A" and "a" for one name.
        room: Bytes that a whole name may have, see `room_in`.

    Raises:
        UnsafePath: A name isn't safe.
        NameClash: Two entries would land on one path, or one where another needs a folder.
    """
    for attempt in range(1, _MOST_SETS + 1):
        guard = NameGuard(folds_case=folds_case, room=room)
        try:
            for name in names:
                guard.check(name)
        except NameClash as clash:
            if attempt == _MOST_SETS or iter(names) is names:
                raise
            _name_both(clash.name, names, _folded if folds_case else str)
            continue  # only their digests were equal: those with another secret are not
        return


def _name_both(clashing: str, names: Iterable[str], keyed: Callable[[str], str]) -> None:
    """Raise NameClash for the name that another one clashes with; return where there is none."""
    key, same = keyed(clashing), list[str]()
    for name in names:
        other = keyed(name)
        if other == key:
            same.append(name)
            if len(same) > 1:
                how = "is listed twice" if name == same[0] else f"is the same path as {same[0]!r} on this file system"
                raise NameClash(name, how) from None
        elif other.startswith(f"{key}/"):
            raise NameClash(clashing, f"is also a folder of another entry, {name!r}") from None
        elif key.startswith(f"{other}/"):
            raise NameClash(name, f"is also a folder of another entry, {clashing!r}") from None


def _new_folders(key: str, recent: set[str]) -> Iterator[str]:
    """The folders above a name that weren't seen lately, the nearest first."""
    while (cut := key.rfind("/")) > 0:
        key = key[:cut]
        if key in recent:
            return
        if len(recent) >= _RECENT:
            recent.clear()
        recent.add(key)
        yield key


def _folded(name: str) -> str:
    if name.isascii():
        return name.lower()
    import unicodedata

    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


class NameGuard:
    """Checks names one by one, as they come, in 8 to 16 bytes of memory each.

    Names are told apart by a `NameSet`: among a million, one that clashes with none is refused once in ten million transfers.

    Args:
        folds_case: Whether the file system takes "A" and "a" for one name.
        room: Bytes that a whole name may have, see `room_in`.
        folder: The target folder, when links in it are to be looked for too.
    """

    def __init__(self, *, folds_case: bool, room: int = ROOM, folder: str | None = None) -> None:
        self._keyed = _folded if folds_case else str
        self._room = room
        self._links = LinkGuard(folder) if folder is not None else None
        self._seen = NameSet()
        self._recent = set[str]()

    def check(self, name: str) -> None:
        """Checks a name by itself and against those before it.

        Args:
            name: A path within the target folder, with "/" between its parts.

        Raises:
            UnsafePath: It isn't safe.
            NameClash: It would land where an earlier one does, or where that needs a folder, or the other way about.
        """
        check_name(name, room=self._room)
        key = self._keyed(name if self._links is None else self._links.check(name))
        there = self._seen.add(key, _FILE)
        if there == _FILE:
            raise NameClash(name, "is listed twice, or is the same path as an earlier entry on this file system")
        if there == _FOLDER:
            raise NameClash(name, "is also a folder of another entry")
        above = list(_new_folders(key, self._recent))
        for folder in above:
            if self._seen.add(folder, _FOLDER) == _FILE:
                self._recent.difference_update(above)
                raise NameClash(name, "needs a folder where another entry is a file")


def folds_case(existing: str) -> bool:
    """Tells whether a file system takes two spellings for one name.

    Args:
        existing: The path of a file or folder that is there and has letters in its name.

    Returns:
        True when the name in other letters leads to the same file.
    """
    head, tail = os.path.split(existing)
    try:
        return os.path.samestat(os.lstat(existing), os.lstat(os.path.join(head, tail.swapcase())))
    except FileNotFoundError:
        return False


def check_links(names: Iterable[str], folder: str) -> bool:
    """Looks for links among the folders that the files would land in.

    Args:
        names: Names that check_name allows.
        folder: The target folder.

    Returns:
        Whether a file lands elsewhere than its name says, through a link to another folder of the target folder.

    Raises:
        UnsafePath: A folder on the way is a link that leads out of the target folder, or isn't a folder.
    """
    guard = LinkGuard(folder)
    # All are looked at, though one is enough for the answer.
    return sum(guard.check(name) != name for name in names) > 0


class LinkGuard:
    """Looks for links among the folders that files would land in. Remembers some thousand of them.

    What it has looked at may be changed afterwards by whoever may write in the target folder: names of servers and
    manifests are guarded against, not other users of one's own folders.

    Args:
        folder: The target folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._root = os.path.realpath(folder)
        self._empty = not os.path.lexists(folder)
        self._seen = {""}
        self._linked = False  # whether a link was met
        self._led = dict[str, str]()  # from folders below links to where they are

    def check(self, name: str) -> str:
        """Looks at the folders above a file.

        Args:
            name: A name that check_name allows.

        Returns:
            Where it lands in the target folder: another name where a folder above it is a link.

        Raises:
            UnsafePath: A folder on the way is a link that leads out of the target folder, or isn't a folder.
        """
        if self._empty:
            return name
        parent, _, tail = name.rpartition("/")
        if parent not in self._seen:
            self._look(name, parent)
        folder = self._led.get(parent)
        return name if folder is None else f"{folder}/{tail}" if folder else tail

    def _look(self, name: str, parent: str) -> None:
        if len(self._seen) > _RECENT:
            self._seen = {""}
            self._led.clear()
        path = ""
        for part in parent.split("/"):
            path = f"{path}/{part}" if path else part
            if path not in self._seen:
                mode = _check_folder(name, os.path.join(self._folder, path), self._root)
                if not mode:
                    break  # nothing is there, so nothing is below it
                self._linked |= stat.S_ISLNK(mode)
                self._seen.add(path)
        self._seen.add(parent)
        if self._linked:
            there = os.path.relpath(os.path.realpath(os.path.join(self._folder, parent)), self._root)
            if there != os.path.normpath(parent):
                self._led[parent] = "" if there == os.curdir else there.replace(os.sep, "/")


def _check_folder(name: str, path: str, root: str) -> int:
    """The mode of what is there, 0 when nothing is."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    if stat.S_ISLNK(mode):
        target = os.path.realpath(path)
        if target != root and not target.startswith(root.rstrip(os.sep) + os.sep):
            raise UnsafePath(name, f"points outside the folder through the link {path}")
        if not os.path.isdir(target):
            raise UnsafePath(name, f"passes through {path}, a link to nothing or to a file")
    elif not stat.S_ISDIR(mode):
        raise UnsafePath(name, f"needs a folder where the file {path} is")
    return mode


class NameSet:
    """A set of names, each of one of two kinds, in eight bytes of memory a name.

    Names are told apart by 63 bits of a keyed digest: among a million, two are taken for one once in twenty million sets, and
    names made on purpose cannot make it happen.
    """

    # The digest is the interpreter's own of texts, SipHash with a key of the process: six times as fast as BLAKE2, whose module
    # takes 3 ms to import. The secret keeps sets apart, and is the key where PYTHONHASHSEED sets the process's.

    def __init__(self) -> None:
        self._secret = os.urandom(16).hex()
        self._buckets: dict[int, array[int]] = {}

    def add(self, name: str, kind: int = _FILE) -> int | None:
        """Add a name, unless it is there as the one kind or the other.

        Args:
            name: The name.
            kind: 0 or 1.

        Returns:
            The kind that is there already, None when it was added.
        """
        key = hash(self._secret + name) & _KEY
        bucket = self._buckets.get(key >> _SHIFT)
        if bucket is None:
            bucket = self._buckets[key >> _SHIFT] = array("Q")
        place = bisect_left(bucket, key)
        if place < len(bucket) and bucket[place] | 1 == key | 1:
            return bucket[place] & 1
        bucket.insert(place, key | kind)
        return None


def first_of_each(things: Iterable[T], name: Callable[[T], str]) -> Iterator[T]:
    """Leave out what has the name of something before it, as a `NameSet` tells names apart.

    Args:
        things: Anything.
        name: Gives a thing's name.
    """
    seen = NameSet()
    return (thing for thing in things if seen.add(name(thing)) is None)
