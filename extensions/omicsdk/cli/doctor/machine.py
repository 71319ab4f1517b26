"""What this machine has to offer: room, hard links, open files, an encoding. Decisions over gathered facts."""

from __future__ import annotations

import shlex
from typing import NamedTuple

from omicsdk.cli.doctor.outcome import Outcome

MIB, GIB = 2**20, 2**30
ROOM_FAILED, ROOM_WARNING = 100 * MIB, 1 * GIB
"""Bytes: journals and settings need the first, and few downloads of omics data are smaller than the second."""
INODES_FAILED, INODES_WARNING = 100, 10_000
FILES_WARNING = 256
"""Open files that a process may have: a transfer has some hundred connections and files at once."""


class Room(NamedTuple):
    """What is left where a folder is.

    Attributes:
        folder: The folder; empty where there can't be one.
        use: What it is for.
        free: Bytes that may be written.
        inodes: Files that may be made; None where the file system doesn't count them.
        error: Why nothing can be told.
        writable: Whether this user may write there.
        at: The folder that is there already, in which the others are made.
        elsewhere: How to have it somewhere else.
        read_only: Whether nobody may write to its file system.
    """

    folder: str
    use: str
    free: int = 0
    inodes: int | None = None
    error: str = ""
    writable: bool = True
    at: str = ""
    elsewhere: str = "use another disk"
    read_only: bool = False


def room(facts: Room) -> Outcome:
    """Whether a folder has room.

    Args:
        facts: What was gathered.
    """
    subject = f"{facts.use}: {facts.folder}" if facts.folder else facts.use
    if facts.error:
        return Outcome("disk", subject, "warning", facts.error, _sentence(facts.elsewhere))
    left = f"{_size(facts.free)} free" + (f", {facts.inodes:,} files" if facts.inodes is not None else "")
    if not facts.writable:
        at = facts.at or facts.folder
        what = "can't be written" if at == facts.folder else f"can't be made: {at} can't be written"
        see = f"See who owns it: ls -ld {shlex.quote(at)}."
        if facts.read_only:
            what, see = f"{what}, since its disk is mounted read-only", "Have it mounted for writing."
        remedy = f"{see} Or {facts.elsewhere}."
        return Outcome("disk", subject, "warning", f"{what} ({left})", remedy)
    few = facts.inodes is not None and facts.inodes < INODES_WARNING
    if facts.free >= ROOM_WARNING and not few:
        return Outcome("disk", subject, "ok", left)
    failed = facts.free < ROOM_FAILED or (facts.inodes is not None and facts.inodes < INODES_FAILED)
    what = "files" if few and facts.free >= ROOM_WARNING else "bytes"
    remedy = f"{'Delete many small files' if what == 'files' else 'Make room'}, or {facts.elsewhere}."
    return Outcome("disk", subject, "failed" if failed else "warning", f"only {left}", remedy)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _size(count: int) -> str:
    return f"{count / GIB:,.1f} GiB" if count >= GIB else f"{count / MIB:,.0f} MiB"


class Links(NamedTuple):
    """Whether a file got a second name.

    Attributes:
        folder: Where links are wanted.
        error: Why it didn't.
        tried: Whether there was a file to give it to.
    """

    folder: str = ""
    error: str = ""
    tried: bool = True


def hard_links(facts: Links) -> Outcome:
    """Whether a second name can be made for a file.

    Args:
        facts: What was gathered.
    """
    if not facts.tried:
        found = f"can't be tried, since no file can be made: {facts.error}"
        return Outcome("hard links", facts.folder, "skipped", found, "See what is said of the disk.")
    if not facts.error:
        return Outcome("hard links", facts.folder, "ok", "can be made")
    remedy = (
        "Downloads into bundles copy files that they share instead, which takes more room; nothing else needs links."
    )
    return Outcome("hard links", facts.folder, "warning", f"can't be made: {facts.error}", remedy)


def open_files(soft: int | None, hard: int | None) -> Outcome:
    """Whether enough files may be open at once.

    Args:
        soft: How many may be; None where there is no such limit.
        hard: How many the user may ask for; None likewise.
    """
    if soft is None:
        return Outcome("open files", "", "ok", "no limit")
    if soft >= FILES_WARNING:
        return Outcome("open files", "", "ok", f"{soft:,} may be open")
    most = "unlimited" if hard is None else str(hard)
    allowed = hard is None or hard > soft
    remedy = f"Raise it: ulimit -n {most if hard is not None and hard < 4096 else 4096}" if allowed else ""
    return Outcome("open files", "", "warning", f"only {soft} may be open", remedy or "Ask the administrator for more.")


class Encodings(NamedTuple):
    """How texts become bytes.

    Attributes:
        names: Of names of files.
        files: Of files that are opened without one.
        output: Of what is printed.
    """

    names: str
    files: str
    output: str


def encodings(facts: Encodings) -> Outcome:
    """Whether names and texts of any language survive.

    Args:
        facts: What was gathered.
    """
    told = {"names of files": facts.names, "files": facts.files, "output": facts.output}
    others = [f"{what} in {name}" for what, name in told.items() if name.lower().replace("-", "") not in ("utf8", "")]
    if not others:
        return Outcome("encoding", "", "ok", "UTF-8")
    remedy = "Set PYTHONUTF8=1, or a locale such as LC_ALL=C.UTF-8."
    return Outcome("encoding", "", "warning", "; ".join(others), remedy)
