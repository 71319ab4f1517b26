"""A disk that remembers what was done to it, and the images of it that a power cut may leave.

What was synced is in every image. Of the rest a block of a file may be as it was at any moment since the last sync, length
and time (together) too, and names that were made, moved or removed may be lost: in their order (`ordered`), as journals of
file systems do, or each by itself, which is harder than any of them.
"""

import os
import random
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from omicsdk.transfer.disk import Disk

SECTOR = 512
BLOCK = 4096
ALL = -1


@dataclass
class Content:
    """What a file holds, and when it was changed."""

    data: bytearray
    mtime_ns: int


@dataclass
class Image:
    """A folder as a power cut leaves it; the paths are relative to it."""

    files: dict[str, Content] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, root: Path) -> "Image":
        """Read a folder, which is treated as durable."""
        image = cls()
        for path in root.rglob("*"):
            name = str(path.relative_to(root))
            if path.is_dir():
                image.folders.add(name)
            else:
                image.files[name] = Content(bytearray(path.read_bytes()), path.stat().st_mtime_ns)
        return image

    def write(self, root: Path) -> None:
        """Make the folder again."""
        root.mkdir()
        for folder in sorted(self.folders):
            (root / folder).mkdir()
        for name, content in self.files.items():
            (root / name).write_bytes(content.data)
            os.utime(root / name, ns=(content.mtime_ns, content.mtime_ns))


@dataclass(frozen=True)
class Write:
    """Bytes of a file; `mtime_ns` is its time after that."""

    file: int
    offset: int
    data: bytes
    mtime_ns: int


@dataclass(frozen=True)
class Cut:
    """A file's new length."""

    file: int
    length: int
    mtime_ns: int


@dataclass(frozen=True)
class Name:
    """A name that was given to a file (`old` is the one that it had) or, with `new` empty, taken from it."""

    file: int
    old: str
    new: str


@dataclass(frozen=True)
class Folder:
    """A folder that was made."""

    path: str


@dataclass(frozen=True)
class Sync:
    """A file that was synced; ALL for everything there is."""

    file: int


@dataclass(frozen=True)
class SyncFolder:
    """A folder whose names were synced."""

    path: str


@dataclass(frozen=True)
class Promise:
    """Files that were required to be durable."""

    names: tuple[str, ...]


Operation = Write | Cut | Name | Folder | Sync | SyncFolder | Promise


class RecordingDisk(Disk):
    """Changes files below a folder and keeps a log of that. Nothing is really synced: it only takes time."""

    def __init__(self, root: Path) -> None:
        super().__init__()
        self.before = Image.of(root)
        self.log: list[Operation] = []
        self.root = str(root) + os.sep
        self._names = {name: number for number, name in enumerate(self.before.files)}
        self._next = len(self._names)
        self._open: dict[int, int] = {}
        self._guard = threading.RLock()

    def promise(self, names: Iterable[str]) -> None:
        with self._guard:
            self.log.append(Promise(tuple(names)))

    def create(self, path: str) -> int:
        with self._guard:
            descriptor = super().create(path)
            self._made(path, descriptor)
            return descriptor

    def reopen(self, path: str) -> int:
        with self._guard:
            descriptor = super().reopen(path)
            self._open[descriptor] = self._names[self._short(path)]
            return descriptor

    def open_log(self, path: str) -> int:
        with self._guard:
            there = Path(path).exists()
            descriptor = super().open_log(path)
            if there:
                self._open[descriptor] = self._names[self._short(path)]
            else:
                self._made(path, descriptor)
            return descriptor

    def write_at(self, descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
        with self._guard:
            written = Disk.write_at(descriptor, buffers, offset)
            self.log.append(Write(self._open[descriptor], offset, b"".join(buffers), _mtime(descriptor)))
            return written

    def append(self, descriptor: int, data: bytes) -> None:
        with self._guard:
            offset = os.fstat(descriptor).st_size
            Disk.append(descriptor, data)
            self.log.append(Write(self._open[descriptor], offset, bytes(data), _mtime(descriptor)))

    def truncate(self, descriptor: int, length: int) -> None:
        with self._guard:
            super().truncate(descriptor, length)
            self.log.append(Cut(self._open[descriptor], length, _mtime(descriptor)))

    def close(self, descriptor: int) -> None:
        with self._guard:
            del self._open[descriptor]
            super().close(descriptor)

    def rename(self, source: str, target: str) -> None:
        with self._guard:
            super().rename(source, target)
            old, new = self._short(source), self._short(target)
            self._names[new] = self._names.pop(old)
            self.log.append(Name(self._names[new], old, new))

    def unlink(self, path: str) -> None:
        with self._guard:
            super().unlink(path)
            old = self._short(path)
            self.log.append(Name(self._names.pop(old), old, ""))

    def make_folders(self, path: str) -> None:
        with self._guard:
            missing = [one for one in (Path(path), *Path(path).parents) if not one.exists()]
            super().make_folders(path)
            logged = {operation.path for operation in self.log if isinstance(operation, Folder)}
            self.log += [Folder(name) for one in reversed(missing) if (name := self._short(str(one))) not in logged]

    def sync(self, descriptor: int) -> None:
        with self._guard:
            self.log.append(Sync(self._open[descriptor]))

    def sync_files(self, paths: Sequence[str]) -> None:
        with self._guard:
            self.log += [Sync(self._names[self._short(path)]) for path in paths]

    def sync_file_system(self, folder: str) -> bool:
        with self._guard:
            self.log.append(Sync(ALL))
            self._parents.clear()
            return True

    def _sync_folder(self, path: str) -> None:
        with self._guard:
            self.log.append(SyncFolder(self._short(path)))

    def _made(self, path: str, descriptor: int) -> None:
        name = self._short(path)
        self._names[name] = self._open[descriptor] = self._next
        self._next += 1
        self.log += [Name(self._names[name], "", name), Cut(self._names[name], 0, _mtime(descriptor))]

    def _short(self, path: str) -> str:
        return "" if path + os.sep == self.root else path.removeprefix(self.root)


def _parent(path: str) -> str:
    return path.rpartition(os.sep)[0]


def _mtime(descriptor: int) -> int:
    return os.fstat(descriptor).st_mtime_ns


def image(disk: RecordingDisk, cut: int, dice: random.Random, *, ordered: bool) -> Image:
    """Make one of the images that are legal when the power is cut.

    Args:
        disk: What was done.
        cut: How many operations had ended by then.
        dice: Chooses.
        ordered: Whether names are lost in their order only.
    """
    log = disk.log[:cut]
    tree, folders = _tree(disk, log, dice, ordered=ordered)
    files = list(disk.before.files.values())
    result = Image(folders=folders)
    for name, number in tree.items():
        start = files[number] if number < len(files) else Content(bytearray(), 0)
        result.files[name] = _content(start, number, log, dice)
    return result


def _tree(
    disk: RecordingDisk, log: list[Operation], dice: random.Random, *, ordered: bool
) -> tuple[dict[str, int], set[str]]:
    names = {name: number for number, name in enumerate(disk.before.files)}
    folders = set(disk.before.folders)
    everything = max((at for at, one in enumerate(log) if isinstance(one, Sync) and one.file == ALL), default=-1)
    synced = {one.path: at for at, one in enumerate(log) if isinstance(one, SyncFolder)}
    last = max([everything, *synced.values()])
    prefix = dice.choice([last, len(log), dice.randint(last, len(log))])
    share = dice.choice([0.0, 0.5, 0.9])
    for at, one in enumerate(log):
        if isinstance(one, Folder | Name):
            path = one.path if isinstance(one, Folder) else one.new or one.old
            durable = at <= max(everything, synced.get(_parent(path), -1))
            if not durable and not (at <= prefix if ordered else dice.random() < share):
                continue
        if isinstance(one, Folder):
            folders.add(one.path)
        elif isinstance(one, Name):
            if names.get(one.old) == one.file:
                del names[one.old]
            if one.new:
                names[one.new] = one.file

    def stands(path: str) -> bool:
        parent = _parent(path)
        return not parent or (parent in folders and stands(parent))

    return {name: one for name, one in names.items() if stands(name)}, {one for one in folders if stands(one)}


def _content(start: Content, number: int, log: list[Operation], dice: random.Random) -> Content:
    changes = [(at, one) for at, one in enumerate(log) if isinstance(one, Write | Cut) and one.file == number]
    synced = max((at for at, one in enumerate(log) if isinstance(one, Sync) and one.file in (number, ALL)), default=-1)
    data, mtime_ns = bytearray(start.data), start.mtime_ns
    for at, one in changes:
        if at < synced:
            _apply(data, one)
            mtime_ns = one.mtime_ns
    later = [(at, one) for at, one in changes if at > synced]
    states = [(len(data), mtime_ns)]
    truth = len(data)
    for _, one in later:
        truth = one.length if isinstance(one, Cut) else max(truth, one.offset + len(one.data))
        states.append((truth, one.mtime_ns))
    moments = [at for at, _ in later]
    grain = SECTOR if truth < 1 << 16 else BLOCK
    style = dice.choice(["none", "all", "moment", "blocks", "mostly"])
    moment = dice.choice(moments) if moments else 0
    frozen: dict[int, int] = {}

    def kept(block: int, at: int) -> bool:
        match style:
            case "none" | "all":
                return style == "all"
            case "moment":
                return at <= moment
            case _:
                if block not in frozen:
                    lost = dice.random() < (0.5 if style == "blocks" else 0.02)
                    frozen[block] = dice.choice([-1, *moments]) if lost else len(log)
                return at <= frozen[block]

    for at, one in later:
        if isinstance(one, Cut):
            if dice.random() < 0.5:
                _apply(data, one)
            continue
        end = one.offset + len(one.data)
        for block in range(one.offset // grain, -(-end // grain)):
            if kept(block, at):
                first, behind = max(one.offset, block * grain), min(end, (block + 1) * grain)
                _put(data, first, one.data[first - one.offset : behind - one.offset])
    length, mtime_ns = dice.choice([states[-1], dice.choice(states)])
    _apply(data, Cut(number, length, mtime_ns))
    return Content(data, mtime_ns)


def _apply(data: bytearray, one: Write | Cut) -> None:
    if isinstance(one, Write):
        _put(data, one.offset, one.data)
    elif one.length < len(data):
        del data[one.length :]
    else:
        data += bytes(one.length - len(data))


def _put(data: bytearray, offset: int, new: bytes) -> None:
    if len(data) < offset:
        data += bytes(offset - len(data))
    data[offset : offset + len(new)] = new
