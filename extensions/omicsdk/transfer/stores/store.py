"""What is done with a store, each a call that waits: looking for an object, reading it, putting it and comparing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from logging import getLogger
from typing import Any, NamedTuple
from uuid import uuid4

from omicsdk.core.checksums import Digests
from omicsdk.core.clock import Clock
from omicsdk.core.errors import ChecksumMismatch, NotWritable, TransferError, TruncatedTransfer
from omicsdk.core.redaction import mask_text
from omicsdk.transfer.hashing import STRIDE, Stopped, checksums_of, first_difference, follow
from omicsdk.transfer.items import Item
from omicsdk.transfer.journals.journal_lines import DoneState
from omicsdk.transfer.stores.target import FsspecTarget
from omicsdk.transfer.stores.told import Claim, claims, identity

#: How often a file is put before it is given up, and the seconds before the second time; then twice as many.
TRIES = 3
DELAY = 0.5
#: Under this name a done-record has what the store told of the object, among the checksums.
IDENTITY = "store"

_HOPELESS = (PermissionError, FileNotFoundError, NotADirectoryError, IsADirectoryError, NotImplementedError)
_log = getLogger("omicsdk.transfer")


class There(NamedTuple):
    """A file that the store has, and that is right.

    Attributes:
        size: Its size in bytes.
        checksums: What was verified, now or when it was put.
        fresh: What is to be recorded of it, None when it is already.
    """

    size: int
    checksums: Mapping[str, str]
    fresh: DoneState | None


class Put(NamedTuple):
    """A file that was put, and is right.

    Attributes:
        state: What is to be recorded.
        held: What it was held against, in words.
    """

    state: DoneState
    held: str


class Store:
    """The calls; safe to use from several threads as far as the file system is.

    Args:
        target: Where.
        clock: Waits between tries.
    """

    def __init__(self, target: FsspecTarget, clock: Clock) -> None:
        self.target = target
        self._fs = target.fs
        self._clock = clock

    def there(self, item: Item, done: DoneState | None, stopped: Callable[[], bool]) -> There | None:
        """Looks for a file that needn't be fetched.

        Args:
            item: The file.
            done: What the journal has of it.
            stopped: Is asked while bytes are read.

        Returns:
            What is there, None when there is nothing or not the right thing.

        Raises:
            NotWritable: A folder is in the way.
            TransferError: The store can't be asked.
            Stopped: `stopped` said so.
        """
        path = self.target.place(item.name)
        try:
            info = self._info(path)
        except Exception as error:  # fsspec's file systems raise what their libraries raise
            raise self._error(item.name, "looking it up", error) from error
        if info is None or (item.size is not None and info["size"] != item.size):
            return None
        if info.get("type") == "directory":
            raise NotWritable(self.target.url(item.name), "a folder of that name exists", name=item.title)
        size, told = int(info["size"]), identity(info)
        if done is not None and told and done.size == size and done.checksums.get(IDENTITY) == told:
            checksums = {name: value for name, value in done.checksums.items() if name != IDENTITY}
            if item.checksums.items() <= checksums.items():
                return There(size, checksums, None)
        if not item.checksums:
            return None
        try:
            read = self._read(path, item.checksums, size, stopped)
        except Stopped:
            raise
        except Exception as error:
            raise self._error(item.name, "reading it", error) from error
        if first_difference(item.checksums, read) is not None:
            return None
        return There(size, read, DoneState(size, 0, {**read, IDENTITY: told}))

    def put(self, name: str, local: str, size: int, checksums: Mapping[str, str]) -> Put:
        """Puts a verified file and holds what is there then against it.

        Args:
            name: The file.
            local: Where its bytes are.
            size: Its size in bytes.
            checksums: What was verified.

        Returns:
            What is to be recorded, and what was compared.

        Raises:
            NotWritable: The store refuses.
            TruncatedTransfer: It has fewer bytes, or more.
            ChecksumMismatch: It has other bytes, each time that they were put.
        """
        delay = DELAY
        for left in reversed(range(TRIES)):
            try:
                return self._put(name, local, size, checksums)
            except (ChecksumMismatch, TruncatedTransfer) as error:
                self._remove(self.target.place(name))  # no name holds bytes that are known to be wrong
                problem: TransferError = error
            except OSError as error:
                problem = self._error(name, "writing it", error)
                problem.__cause__ = error
                if isinstance(error, _HOPELESS):
                    raise problem from error
            except Exception as error:
                raise self._error(name, "writing it", error) from error
            if not left:
                raise problem
            _log.info("%s; retrying in %g s", problem, delay)
            self._clock.sleep(delay)
            delay *= 2
        raise AssertionError("unreachable")

    def _put(self, name: str, local: str, size: int, checksums: Mapping[str, str]) -> Put:
        path = self.target.place(name)
        if self.target.whole:
            self._fs.put_file(local, path)
            info, held = self._check(name, path, local, size, checksums)
        else:
            aside = f"{path}.{uuid4().hex[:8]}.part"
            self._fs.makedirs(path.rpartition("/")[0], exist_ok=True)
            try:
                self._fs.put_file(local, aside)
                _, held = self._check(name, aside, local, size, checksums)
                self._move(aside, path)
            except BaseException:
                self._remove(aside)
                raise
            info = self._sized(name, path, size)
        return Put(DoneState(size, 0, {**checksums, IDENTITY: identity(info)}), held)

    def _check(
        self, name: str, path: str, local: str, size: int, checksums: Mapping[str, str]
    ) -> tuple[Mapping[str, Any], str]:
        """Holds what was put against the file, wherever it was put; gives what is told of it, and what was compared."""
        info = self._sized(name, path, size)
        held = self._held_against(name, local, size, checksums, claims(info, size))
        if self.target.verify == "read" or held is None:
            self._read_back(name, path, local, size, checksums)
            held = f"{held or 'size'}, its bytes"
        return info, held

    def _sized(self, name: str, path: str, size: int) -> Mapping[str, Any]:
        info = self._info(path)
        if info is None or info["size"] != size:
            raise TruncatedTransfer(self.target.url(name), expected=size, received=0 if info is None else info["size"])
        return info

    def _held_against(
        self, name: str, local: str, size: int, checksums: Mapping[str, str], told: Iterable[Claim]
    ) -> str | None:
        """Holds what a store tells against a file.

        Returns:
            What was right, "size" where nothing else could be held against it; None when only its bytes can tell.
        """
        right, doubtful = list[str](), False
        for claim in told:
            ours = checksums.get(claim.algorithm) if not claim.part else None
            if ours is None:
                ours = digest_of(local, claim, size)
            if ours == claim.value:
                right.append(claim.algorithm)
            elif claim.sure:
                raise ChecksumMismatch(
                    self.target.url(name), algorithm=claim.algorithm, expected=ours, actual=claim.value
                )
            elif not claim.part:
                doubtful = True
        return None if doubtful and not right else ", ".join(["size", *right])

    def _read_back(self, name: str, path: str, local: str, size: int, checksums: Mapping[str, str]) -> None:
        expected = checksums or checksums_of(local, ("crc32c",), size)
        actual = self._read(path, expected, size, lambda: False)
        wrong = first_difference(expected, actual)
        if wrong is not None:
            raise ChecksumMismatch(
                self.target.url(name), algorithm=wrong, expected=expected[wrong], actual=actual[wrong]
            )

    def _read(self, path: str, names: Iterable[str], size: int, stopped: Callable[[], bool]) -> dict[str, str]:
        digests = Digests(names, size)
        with self._fs.open(path, "rb") as file:
            while data := file.read(STRIDE):
                if stopped():
                    raise Stopped
                digests.update(data)
        return digests.values()

    def _info(self, path: str) -> Mapping[str, Any] | None:
        """What the store has under a path now, not what it had when somebody last looked; None for nothing."""
        self._fs.invalidate_cache(path)
        self._fs.invalidate_cache(path.rpartition("/")[0])
        try:
            return self._fs.info(path)
        except (FileNotFoundError, NotADirectoryError):
            return None

    def _move(self, source: str, path: str) -> None:
        try:
            self._fs.mv(source, path)
        except FileExistsError:  # some move only to where nothing is
            self._fs.rm_file(path)
            self._fs.mv(source, path)

    def _remove(self, path: str) -> None:
        try:
            self._fs.rm_file(path)
        except Exception as error:  # it isn't there, or must not be removed: what is told is why it was to be
            _log.debug("%s: cannot be removed: %r", path, error)

    def _error(self, name: str, doing: str, error: Exception) -> TransferError:
        reason = getattr(error, "strerror", None) or str(error) or repr(error)
        return NotWritable(self.target.url(name), f"{doing} failed: {mask_text(reason)}", name=name)


def digest_of(local: str, claim: Claim, size: int) -> str:
    """Compute the checksum of a file that a store's statement would be, if the store has the same bytes.

    Args:
        local: The file.
        claim: The statement.
        size: The file's size in bytes.
    """
    digests = Digests((claim.algorithm,), size, part_size=claim.part or None)
    follow(local, digests, 0, size, lambda: False)
    return digests.values()[claim.algorithm]
