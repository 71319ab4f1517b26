"""One writer at a time for a small file that several processes may change."""

import os
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from omicsdk.core.errors import ConfigError
from omicsdk.core.files.atomic_file import target_of
from omicsdk.core.files.system_lock import HELD, lock_now

PATIENCE = 10.0
"""Seconds to wait for another writer; each holds the lock for milliseconds."""

_PAUSE = 0.02
"""Seconds between two tries."""


@contextmanager
def locked(
    path: Path,
    *,
    patience: float = PATIENCE,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Generator[None]:
    """Keeps other writers away from a file, threads of this process too. Readers need no lock: writers replace files whole.

    The lock is held on a file beside it, which is gone afterwards: the file itself is replaced while the lock is held.
    Where the file system has no locks, writers go on without.

    Args:
        path: The file, which need not be there; where it is a link, what it points at is locked.
        patience: Seconds to wait at most.
        clock: Gives the time in seconds.
        sleep: Waits for seconds.

    Raises:
        ConfigError: Another writer doesn't let go, the folder can't be written to, or there is something else than a file.
    """
    target = target_of(path)
    beside = target.with_name(f".{target.name}.lock")
    end = clock() + patience
    while (descriptor := _taken(beside, path)) is None:
        if clock() >= end:
            raise ConfigError(
                f"{path} is being changed by another program for {patience:g} s",
                remedy="Try again when that has ended.",
            )
        sleep(_PAUSE)
    try:
        yield
    finally:
        if os.name != "nt":  # there an open file can't be removed
            with suppress(OSError):
                beside.unlink()
        os.close(descriptor)


def _taken(beside: Path, path: Path) -> int | None:
    """The descriptor that holds the lock; None while another one has it."""
    try:
        beside.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(
            f"{path} can't be written: {error.strerror or error}",
            remedy="Check the permissions of the file and its folder, and that there is room on the disk.",
        ) from error
    # Whoever held the lock removed its file: what was opened before that is nobody's any more.
    if _lock(descriptor) and _is_still(beside, descriptor):
        return descriptor
    os.close(descriptor)
    return None


def _is_still(beside: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(beside.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _lock(descriptor: int) -> bool:
    try:
        lock_now(descriptor)
    except OSError as error:
        return error.errno not in HELD  # no locks on this file system
    return True
