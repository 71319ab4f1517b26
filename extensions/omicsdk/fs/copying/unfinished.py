"""Where it is remembered how far a copy is, until it is done."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Self

from omicsdk.core.errors import FolderBusy
from omicsdk.fs.entry import Entry
from omicsdk.transfer.calls import never
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.journals.journal import Journal
from omicsdk.transfer.journals.journal_file import JournalFile
from omicsdk.transfer.journals.places import journal_for


class Unfinished:
    """The journal of one copy, in the user's state folder: the same copy finds it again, and it goes when the copy is done.

    Those that nobody went on with for a month are removed by whoever begins another copy.

    Args:
        way: What kind of copy it is, a word.
        what: What tells it from others, lines; relative paths mean those of the current folder.

    Attributes:
        path: The journal's file; None where the state folder can't be written, or there is none since the user has no home.
        keep: Whether it is still needed when the block ends; so it is until somebody says otherwise.
    """

    def __init__(self, way: str, what: Iterable[str]) -> None:
        self.path = journal_for("copies", way, str(Path.cwd()), *what)
        self.keep = True

    @property
    def is_there(self) -> bool:
        """Whether an earlier run left it, or another one uses it."""
        return self.path is not None and self.path.exists()

    def forget(self, names: Iterable[str]) -> None:
        """Has files fetched that an earlier run had brought: they changed since, here or there.

        Args:
            names: Their names in the journal; not gone through where there is none.
        """
        if self.path is None or not self.is_there or not (known := list(names)):
            return
        with suppress(FolderBusy):  # another process is at it, and is waited for
            journal = Journal(self.path, never)
            try:
                for name in known:
                    journal.forget(name)
            finally:
                journal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.keep or self.path is None or not self.is_there:
            return
        with suppress(FolderBusy):  # another process goes on with it, and a third one has to find that it does
            remove_locked(self.path, JournalFile(self.path, never, Disk(0o600), look=False))


def remove_locked(path: Path, journal: JournalFile) -> None:
    """Removes a journal as long as it is locked, so that whoever waits for it makes a new one.

    Args:
        path: The file.
        journal: The same, open.
    """
    try:
        path.unlink(missing_ok=True)
        journal.close()
    except PermissionError:  # Windows removes no file that is open
        journal.close()
        with suppress(OSError):
            path.unlink(missing_ok=True)


def is_newer(entry: Entry, copy: str) -> bool:
    """Whether a file changed after an earlier run had brought it; where checksums are stated, they say more.

    Args:
        entry: The file.
        copy: The path of what that run brought.
    """
    modified = None if entry.checksums else entry.modified
    try:
        return modified is not None and modified > Path(copy).stat().st_mtime
    except OSError:
        return False
