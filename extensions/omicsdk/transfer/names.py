"""Names of files from a server or a manifest: none may lead out of the target folder, no two to one path."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable

from omicsdk.core.errors import NameClash, UnsafePath

#: Where a transfer keeps its journals, within the target folder; no file of that name is fetched.
WORK_FOLDER = ".omics-transfer"
#: Bytes that file systems allow in one part of a path.
LONGEST = 255

_DRIVE = re.compile(r"[A-Za-z]:")
_WINDOWS_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\\]')
_WINDOWS_DEVICE = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?\Z", re.IGNORECASE)


def check_name(name: str, *, windows: bool = os.name == "nt") -> None:
    """Checks one name by itself.

    Args:
        name: A path within the target folder, with "/" between its parts.
        windows: Whether Windows' rules hold too (backslashes, device names, trailing dots).

    Raises:
        UnsafePath: The name is empty, absolute, has a drive letter, "..", NUL or an empty part, or is too long.
    """
    if not name:
        raise UnsafePath(name, "is empty")
    if "\0" in name:
        raise UnsafePath(name, "has a NUL in it")
    if name.startswith("/") or (windows and name.startswith("\\")):
        raise UnsafePath(name, "is absolute")
    if _DRIVE.match(name):
        raise UnsafePath(name, "begins with a drive letter")
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        raise UnsafePath(name, "can't be written as a file name on this system") from None
    for part in name.split("/"):
        if part == "..":
            raise UnsafePath(name, "has a '..' in it")
        if part in ("", "."):
            raise UnsafePath(name, "has an empty part or a '.' in it")
        if len(os.fsencode(part)) > LONGEST:
            raise UnsafePath(name, f"has a part of more than {LONGEST} bytes")
        if windows and (_WINDOWS_FORBIDDEN.search(part) or _WINDOWS_DEVICE.match(part) or part[-1] in ". "):
            raise UnsafePath(name, "isn't allowed on Windows")
    if name.partition("/")[0].casefold() == WORK_FOLDER:
        raise UnsafePath(name, "stands where transfers keep their journals")


def check_names(names: Iterable[str], *, folds_case: bool, windows: bool = os.name == "nt") -> None:
    """Checks the names of a transfer, each by itself and against the others.

    Args:
        names: Paths within the target folder, with "/" between their parts.
        folds_case: Whether the file system takes "A" and "a" for one name.
        windows: Whether Windows' rules hold too.

    Raises:
        UnsafePath: A name isn't safe.
        NameClash: Two entries would land on one path, or one where another needs a folder.
    """
    files = dict[str, str]()
    folders = dict[str, str]()
    for name in names:
        check_name(name, windows=windows)
        key = _folded(name) if folds_case else name
        if key in files:
            raise NameClash(name, _same_path(name, files[key]))
        files[key] = name
        while (cut := key.rfind("/")) > 0:
            key = key[:cut]
            if key in folders:
                break
            folders[key] = name
    for key in files.keys() & folders.keys():
        raise NameClash(files[key], f"is also a folder of another entry, {folders[key]!r}")


def _same_path(name: str, other: str) -> str:
    return "stands there twice" if name == other else f"is the same path as {other!r} on this file system"


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


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


def check_links(names: Iterable[str], folder: str) -> None:
    """Looks for links among the folders that the files would land in.

    Args:
        names: Names that check_name allows.
        folder: The target folder.

    Raises:
        UnsafePath: A folder on the way is a link that leads out of the target folder, or isn't a folder.
    """
    root = os.path.realpath(folder)
    seen = {""}
    for name in names:
        parent = name.rpartition("/")[0]
        if parent in seen:
            continue
        path = ""
        for part in parent.split("/"):
            path = f"{path}/{part}" if path else part
            if path not in seen:
                seen.add(path)
                _check_folder(name, os.path.join(folder, path), root)


def _check_folder(name: str, path: str, root: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return
    if stat.S_ISLNK(mode):
        target = os.path.realpath(path)
        if target != root and not target.startswith(root.rstrip(os.sep) + os.sep):
            raise UnsafePath(name, f"leads out of the folder through the link {path}")
        if not os.path.isdir(target):
            raise UnsafePath(name, f"leads through {path}, a link to nothing or to a file")
    elif not stat.S_ISDIR(mode):
        raise UnsafePath(name, f"needs a folder where the file {path} is")
