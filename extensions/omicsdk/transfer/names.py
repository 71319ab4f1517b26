"""Checks of file names: none may lead out of the target folder, and no two to one path; and the walk of a folder to
upload.
"""

from __future__ import annotations

import os
import re
import stat
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

from omicsdk.core.errors import NameClash, UnsafePath, UsageError
from omicsdk.core.logs import logger

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")

#: Folder of journals within the target folder; no file of that name is downloaded, and none in it is uploaded.
WORK_FOLDER = ".omics-transfer"
#: Maximum bytes that file systems allow in one part of a path.
LONGEST = 255
#: Bytes of the suffix of an unfinished file: a dot, eight hex digits, ".part".
SUFFIX = 14
#: Maximum bytes of a whole path: 4,096 on Linux, with the final zero; `room_in` computes what a folder leaves of it.
ROOM = 4096 - 1 - SUFFIX

# Few names need these: `re` compiles and caches each at its first use.
DRIVE = r"[A-Za-z]:"
_WINDOWS_FORBIDDEN = r'[<>:"|?*\x00-\x1f\\]'
_WINDOWS_DEVICE = r"(?is)(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³]) *(\..*)?\Z"
# Such a name is safe, except on Windows: most names are decided by this alone.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.+=@, -]{0,199}/){0,9}[A-Za-z0-9_][A-Za-z0-9_.+=@, -]{0,199}\Z")
# The part of another entry could have such a name: a malicious list could have one file written into the other.
UNFINISHED = r"\.[0-9a-f]{8}\.part\Z"
_FILE, _FOLDER = 0, 1
#: Maximum number of sets that are tried if two names have one digest, which happens to none of a million; a source that returns
#: other names each time would never end.
_MOST_SETS = 4
#: Maximum number of folders that are remembered as examined.
_RECENT = 4096

#: Keys are sorted into 1,024 arrays by their upper bits: with a million keys each has a thousand, which is fast to
#: insert into.
_SHIFT = 64 - 10
#: 64 bits, of which the lowest is the kind.
_KEY = (1 << 64) - 2

_log = logger("omicsdk.transfer")


def journal_path(folder: str | os.PathLike[str], run: str = "transfer") -> str:
    """The path of the journal of a download into a folder.

    Args:
        folder: The folder.
        run: The name of the download.
    """
    return os.path.join(folder, WORK_FOLDER, f"{run}.journal")


def is_remote(text: str) -> bool:
    """Whether a text is meant as a remote place in the form of rclone or scp: its first name is new and has a colon.

    Args:
        text: The text, which is no URI.
    """
    folder, slash, _ = text.partition("/")
    host, colon, rest = folder.partition(":")
    # Neither a drive, C:, nor a time, T10:30.
    is_host = bool(colon) and len(host) > 1 and not rest[:1].isdigit() and (slash or "@" in host)
    return bool(is_host and not os.path.exists(folder))


def walk_folder(
    folder: str | os.PathLike[str], unreadable: Callable[[OSError], None] | None = None
) -> Iterator[tuple[Path, list[str]]]:
    """Walk a folder that is uploaded, without `WORK_FOLDER`, in the same order on all systems.

    Linked folders are logged and not entered: they may refer to a parent, or to another disk. Unfinished downloads are
    logged and left out.

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
        # In place, which is how `os.walk` is told where to go.
        folders[:] = sorted(name for name in folders if name != WORK_FOLDER)
        for name in filter(is_unfinished, names):
            _log.warning("%s %s: it is not uploaded", Path(above, name), LEFT)
        yield Path(above), sorted(name for name in names if not is_unfinished(name))


#: What a file with such a name is, after its path.
LEFT = "is what an interrupted download left"


def is_unfinished(name: str) -> bool:
    """Return whether transfers give a name to a file until it is complete.

    Args:
        name: A name, or a path.
    """
    return name[-5:].lower() == ".part" and re.search(UNFINISHED, name.casefold()) is not None


def _refuse_unreadable(error: OSError) -> None:
    raise UsageError(f"{error.filename} cannot be read: {error.strerror}", remedy="Check its permissions.") from error


#: Why a name with a lone surrogate is refused, as of any character that the file system cannot encode.
UNENCODABLE = "cannot be written as a file name on this system"


def safe_name(value: object, what: str, *, one_part: bool = False) -> str:
    """Return a name from a platform, a manifest or an archive, if it is safe in any folder.

    All incoming names are checked by this rule where they come in, so that the error can state their place;
    `check_name` checks what depends on the target folder.

    Args:
        value: The name.
        what: What has it, with its place: "file 3 of bundle UUID".
        one_part: Whether it is the name of one file or folder, without slashes.

    Raises:
        UnsafePath: It is not text, empty, absolute, or contains "..", ".", NUL or an empty part.
    """
    reason = wrong_with(value)
    if not reason and one_part and "/" in str(value):
        reason = "contains a slash"
    if reason or not isinstance(value, str):
        raise UnsafePath(value, f"of {what} {reason}")
    return value


def wrong_with(name: object) -> str:
    """Return why something cannot be the name of a file in any folder; empty if it can.

    Args:
        name: The name.
    """
    if not isinstance(name, str):
        return "is not text"
    if not name:
        return "is empty"
    if "\0" in name:
        return "contains a NUL"
    if not has_characters_of_names(name):
        return UNENCODABLE
    if name.startswith("/"):
        return "is absolute"
    parts = name.split("/")
    if ".." in parts:
        return "contains '..'"
    return "contains an empty part or '.'" if "" in parts or "." in parts else ""


def has_characters_of_names(name: str) -> bool:
    """Whether a file system can encode a name; JSON may have lone surrogates, which it cannot.

    Args:
        name: The name. What Python made of bytes that are not UTF-8 can be encoded.
    """
    if name.isascii():
        return True
    try:
        name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return False
    return True


def check_name(name: str, *, windows: bool = os.name == "nt", room: int = ROOM) -> None:
    """Check a single name.

    Names that only Windows refuses (backslashes, device names such as NUL, trailing dots and spaces) are refused on
    Windows and allowed elsewhere.

    Args:
        name: A path within the target folder, with "/" between its parts.
        windows: Whether Windows' rules apply too.
        room: Maximum bytes of the whole name, see `room_in`.

    Raises:
        UnsafePath: The name is not text, empty, absolute, contains "..", NUL or an empty part, or is
            too long.
    """
    if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - it may be what a server sent
        raise UnsafePath(name, "is not text")
    if not windows and len(name) <= room and _PLAIN.match(name) and name[-5:].lower() != ".part":
        return
    if reason := wrong_with(name):
        raise UnsafePath(name, reason)
    if windows and name.startswith("\\"):
        raise UnsafePath(name, "is absolute")
    if windows and re.match(DRIVE, name):
        raise UnsafePath(name, "begins with a drive letter")
    try:
        length = len(os.fsencode(name))
    except UnicodeEncodeError:
        raise UnsafePath(name, UNENCODABLE) from None
    for part in name.split("/"):
        if len(os.fsencode(part)) > LONGEST:
            raise UnsafePath(name, f"has a part of more than {LONGEST} bytes")
        if windows and (re.search(_WINDOWS_FORBIDDEN, part) or re.match(_WINDOWS_DEVICE, part) or part[-1] in ". "):
            raise UnsafePath(name, "is not allowed on Windows")
    if length > room:
        raise UnsafePath(name, f"has {length} bytes, more than the {room} that fit in this folder")
    if name.partition("/")[0].casefold() == WORK_FOLDER:
        raise UnsafePath(name, "is where transfers keep their journals")
    if is_unfinished(name):
        reason = "is a name that transfers give to unfinished files"
        raise UnsafePath(name, reason, remedy="Exclude it (*.part), or rename it where it is.")


def room_in(folder: str) -> int:
    """Return how many bytes a name in a folder may have, so that the file system accepts the whole path.

    Args:
        folder: The target folder; it need not exist.
    """
    try:
        longest = os.pathconf("/", "PC_PATH_MAX")
    except (AttributeError, OSError, ValueError):  # Windows, where long paths may have been enabled
        longest = 32_767
    return max(0, longest - 1 - SUFFIX - len(os.fsencode(os.path.join(os.path.abspath(folder), ""))))


def check_names(names: Iterable[str], *, folds_case: bool, room: int = ROOM) -> None:
    """Check the names of a transfer, each one and against the others, in 8 to 16 bytes of memory per name.

    They are read once, and once more if two clash, to name both. An iterator can be read only once: the error then
    names one of the two.

    Args:
        names: Paths within the target folder, with "/" between their parts.
        folds_case: Whether the file system treats "A" and "a" as one name.
        room: Maximum bytes of a whole name, see `room_in`.

    Raises:
        UnsafePath: A name is not safe.
        NameClash: Two entries have one path, or one has a path where another needs a folder.
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
            continue  # only their digests were equal: with another key they differ
        return


def _name_both(clashing: str, names: Iterable[str], keyed: Callable[[str], str]) -> None:
    """Raise NameClash with the name that another one clashes with; return if there is none."""
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
    """Yield the parents of a name that were not seen recently, the nearest first."""
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
    """Checks names one by one, as they arrive, in 8 to 16 bytes of memory each.

    Names are compared by a `NameSet`: among a million, one without a clash is refused once in ten million transfers.

    Args:
        folds_case: Whether the file system treats "A" and "a" as one name.
        room: Maximum bytes of a whole name, see `room_in`.
        folder: The target folder, if links in it are to be checked too.
    """

    def __init__(self, *, folds_case: bool, room: int = ROOM, folder: str | None = None) -> None:
        self._keyed = _folded if folds_case else str
        self._room = room
        self._links = LinkGuard(folder) if folder is not None else None
        self._seen = NameSet()
        self._recent = set[str]()

    def check(self, name: str) -> None:
        """Check a name alone and against those before it.

        Args:
            name: A path within the target folder, with "/" between its parts.

        Raises:
            UnsafePath: It is not safe.
            NameClash: It has the path of an earlier one, needs a folder where that is a file, or the reverse.
        """
        check_name(name, room=self._room)
        key = self._keyed(name if self._links is None else self._links.check(name))
        existing = self._seen.add(key, _FILE)
        if existing == _FILE:
            raise NameClash(name, "is listed twice, or is the same path as an earlier entry on this file system")
        if existing == _FOLDER:
            raise NameClash(name, "is also a folder of another entry")
        above = list(_new_folders(key, self._recent))
        for folder in above:
            if self._seen.add(folder, _FOLDER) == _FILE:
                # Not all of them were added: the next name in one of them has to check it again.
                self._recent.difference_update(above)
                raise NameClash(name, "needs a folder where another entry is a file")


def folds_case(existing: str) -> bool:
    """Return whether a file system treats upper and lower case as one name.

    Args:
        existing: The path of an existing file or folder; without letters in its name, the system's usual rule is returned.

    Returns:
        True if the name in the other case refers to the same file.
    """
    head, tail = os.path.split(existing)
    if tail == tail.swapcase():
        return os.path.normcase("A") == "a"
    try:
        return os.path.samestat(os.lstat(existing), os.lstat(os.path.join(head, tail.swapcase())))
    except FileNotFoundError:
        return False


def check_links(names: Iterable[str], folder: str) -> bool:
    """Check the parent folders of files for links.

    Args:
        names: Names that check_name allows.
        folder: The target folder.

    Returns:
        Whether a link within the target folder leads a file elsewhere than its name states.

    Raises:
        UnsafePath: A parent is a link that leads out of the target folder, or is not a folder.
    """
    guard = LinkGuard(folder)
    # All are checked, though one is enough for the response.
    return sum(guard.check(name) != name for name in names) > 0


class LinkGuard:
    """Checks the parent folders of files for links, remembering some thousand of them.

    A folder may be changed after its check by users with write access to the target folder: this guards against names
    from servers and manifests, not against other users of your own folders.

    Args:
        folder: The target folder.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._root = os.path.realpath(folder)
        self._empty = not os.path.lexists(folder)
        self._seen = {""}
        self._linked = False  # whether a link was met
        self._led = dict[str, str]()  # from folders below links to their targets

    def check(self, name: str) -> str:
        """Check the parent folders of a file.

        Args:
            name: A name that check_name allows.

        Returns:
            Its name in the target folder: another one if a parent is a link.

        Raises:
            UnsafePath: A parent is a link that leads out of the target folder, or is not a folder.
        """
        if self._empty:
            return name
        parent, _, tail = name.rpartition("/")
        if parent not in self._seen:
            self._examine_parents(name, parent)
        folder = self._led.get(parent)
        return name if folder is None else f"{folder}/{tail}" if folder else tail

    def _examine_parents(self, name: str, parent: str) -> None:
        if len(self._seen) > _RECENT:
            self._seen = {""}
            self._led.clear()
        path = ""
        for part in parent.split("/"):
            path = f"{path}/{part}" if path else part
            if path not in self._seen:
                mode = _check_folder(name, os.path.join(self._folder, path), self._root)
                if not mode:
                    break  # nothing exists here, so nothing exists below
                self._linked |= stat.S_ISLNK(mode)
                self._seen.add(path)
        self._seen.add(parent)
        # Without a link every folder is where its name states, so no path is resolved.
        if self._linked:
            real = os.path.relpath(os.path.realpath(os.path.join(self._folder, parent)), self._root)
            if real != os.path.normpath(parent):
                self._led[parent] = "" if real == os.curdir else real.replace(os.sep, "/")


_IN_THE_WAY = "Nothing was written. Remove it, or choose another folder."


def _check_folder(name: str, path: str, root: str) -> int:
    """Return the mode of an existing path, 0 if it does not exist."""
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return 0
    if stat.S_ISLNK(mode):
        target = os.path.realpath(path)
        # With the separator: `/data2` begins with `/data` and is not in it.
        if target != root and not target.startswith(root.rstrip(os.sep) + os.sep):
            raise UnsafePath(name, f"points outside the folder through the link {path}", remedy=_IN_THE_WAY)
        if not os.path.isdir(target):
            raise UnsafePath(name, f"passes through {path}, a link to nothing or to a file", remedy=_IN_THE_WAY)
    elif not stat.S_ISDIR(mode):
        raise UnsafePath(name, f"needs a folder where the file {path} is", remedy=_IN_THE_WAY)
    return mode


class NameSet:
    """A set of names, each of one of two kinds, in eight bytes of memory per name.

    Names are compared by 63 bits of a keyed digest: among a million, two collide once in twenty million sets, and names
    chosen by a client cannot make it happen.
    """

    # The digest is the interpreter's own for text, SipHash with a key of the process: six times as fast as BLAKE2,
    # whose module takes 3 ms to import. The secret separates sets, and is the only key if PYTHONHASHSEED sets the
    # process's.

    def __init__(self) -> None:
        self._secret = os.urandom(16).hex()
        self._buckets: dict[int, array[int]] = {}

    def add(self, name: str, kind: int = _FILE) -> int | None:
        """Add a name, unless it is present as either kind.

        Args:
            name: The name.
            kind: 0 or 1.

        Returns:
            The kind that is present already, None if it was added.
        """
        key = hash(self._secret + name) & _KEY
        bucket = self._buckets.get(key >> _SHIFT)
        if bucket is None:
            bucket = self._buckets[key >> _SHIFT] = array("Q")
        index = bisect_left(bucket, key)
        # The lowest bit is the kind, all others are of the name.
        if index < len(bucket) and bucket[index] | 1 == key | 1:
            return bucket[index] & 1
        bucket.insert(index, key | kind)
        return None


def first_of_each(items: Iterable[T], name: Callable[[T], str]) -> Iterator[T]:
    """Yield the items whose names differ from those before, as compared by a `NameSet`.

    Args:
        items: The items.
        name: Returns an item's name.
    """
    seen = NameSet()
    return filter(lambda item: seen.add(name(item)) is None, items)
