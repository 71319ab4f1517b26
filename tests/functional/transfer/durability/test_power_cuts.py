"""Power cuts at any moment: what was promised is there, what is trusted is right, and the next run makes all of it right."""

import random
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.transfer import Item, Location, download, journal
from omicsdk.transfer.downloads import files
from omicsdk.transfer.journal import Journal
from power_cuts import Cut, Image, Operation, Promise, RecordingDisk, Write, image

MIB = 1024 * 1024
SIZES = {
    "large": (8 * MIB + 5, "sha256"),
    "unstated": (4 * MIB + 1, ""),
    "d/two": (200_000, "crc32c"),
    **{f"d/e{number % 2}/small{number}": (3000 * number, "md5") for number in range(5)},
    "small unstated": (700, ""),
}


@pytest.fixture
def world(server: Any, tmp_path: Path, monkeypatch: Any) -> "World":
    return World(server, tmp_path, monkeypatch)


class World:
    """Two versions of the same files on a server, and folders that they are fetched into."""

    def __init__(self, server: Any, tmp_path: Path, monkeypatch: Any) -> None:
        self.server = server
        self.tmp_path = tmp_path
        self.monkeypatch = monkeypatch
        self.numbers = count()
        self.bodies = {
            (version, name): random.Random(f"{version}{name}" if algorithm else name).randbytes(size)
            for version in "AB"
            for name, (size, algorithm) in SIZES.items()
        }
        for (version, name), body in self.bodies.items():
            server.put(f"{version}/{name}".replace(" ", "_"), body)
        self.disk: RecordingDisk | None = None
        monkeypatch.setattr(files, "BATCH", 2)  # files are committed in several batches, in both ways
        monkeypatch.setattr(files, "_FEW", 2)
        real = Journal.finish

        def finish(journal: Journal, files: Any) -> None:
            real(journal, files)
            if self.disk is not None:
                self.disk.promise(name for name, _ in files)

        monkeypatch.setattr(Journal, "finish", finish)

    def items(self, version: str) -> list[Item]:
        return [
            Item(
                name,
                self.location(version, name),
                size,
                {algorithm: self.checksum(version, name)} if algorithm else {},
                retries=0,
            )
            for name, (size, algorithm) in SIZES.items()
        ]

    def location(self, version: str, name: str) -> Callable[[], Location] | Location:
        """Where a file is: said at once, or when it is requested, which goes other ways through the engine."""
        there = Location(self.server.url(f"{version}/{name}".replace(" ", "_")))
        return (lambda: there) if "e0" in name else there

    def checksum(self, version: str, name: str) -> str:
        from omicsdk.core.checksums import digest

        return digest(self.bodies[version, name], SIZES[name][1])

    def folder(self, contents: Image | None = None) -> Path:
        path = self.tmp_path / f"world{next(self.numbers)}" / "target"
        path.parent.mkdir()
        if contents is not None:
            contents.write(path)
        return path

    def fetch(
        self, version: str, folder: Path, kind: Callable[[Path], RecordingDisk] = RecordingDisk, within: str = ""
    ) -> RecordingDisk:
        """Fetches those files of a version that lie `within`, and gives what was done to the disk for that."""
        items = [item for item in self.items(version) if item.name.startswith(within)]
        folder.mkdir(exist_ok=True)
        self.disk = kind(folder)
        download(items, folder, disk=self.disk).raise_if_failed()
        disk, self.disk = self.disk, None
        for item in items:
            assert self.is_right(version, folder, item.name), f"{item.name} is wrong"
        return disk

    def is_right(self, version: str, folder: Path, name: str) -> bool:
        """Whether a file has its bytes; pytest would draw the difference of megabytes for minutes."""
        return (folder / name).read_bytes() == self.bodies[version, name]

    def fetch_nothing(self, version: str, folder: Path) -> None:
        """Leaves under a final name only what is right, or an earlier version that the journal vouches for: a new one replaces
        it when it is complete, and here nothing can be fetched."""
        items = [replace(item, locate=Location(self.server.url("nothing"))) for item in self.items(version)]
        kept = self.trusted(folder)
        download(items, folder)
        for name, (_, algorithm) in SIZES.items():
            if algorithm and (folder / name).exists():
                versions = "AB" if name in kept else version
                assert any(self.is_right(one, folder, name) for one in versions), f"{name} is wrong and stays"

    def trusted(self, folder: Path) -> dict[str, dict[str, str]]:
        """Replays the journal; gives what it states of files that are as it states."""
        path = folder / ".omics-transfer/transfer.journal"
        if not path.exists():
            return {}
        replayed = Journal(path, lambda: False, read_only=True)
        try:
            states = {name: replayed.done_state(name) for name in SIZES if (folder / name).exists()}
        finally:
            replayed.close()
        stats = {name: (folder / name).stat() for name in states}
        return {
            name: dict(state.checksums)
            for name, state in states.items()
            if state and (state.size, state.mtime_ns) == (stats[name].st_size, stats[name].st_mtime_ns)
        }

    def check(self, version: str, disk: RecordingDisk, cut: int, folder: Path) -> None:
        """What was promised is there, and what is trusted is right."""
        trusted = self.trusted(folder)
        for name, checksums in trusted.items():
            body = (folder / name).read_bytes()
            versions = [one for one in "AB" if self.bodies[one, name] == body]
            assert versions, f"{name} is trusted and wrong"
            assert not checksums or self.checksum(versions[0], name) in checksums.values()
        for operation in disk.log[:cut]:
            for name in operation.names if isinstance(operation, Promise) else ():
                assert (folder / name).exists(), f"{name} was promised and is not there"
                assert self.is_right(version, folder, name), f"{name} was promised and is wrong"
                assert name in trusted, f"{name} was promised and is not trusted"

    def trial(self, dice: random.Random, cuts: Sequence[float]) -> None:
        """Fetches, cuts the power, examines what is left, and continues from there, again and again."""
        folder = self.folder()
        for share in cuts:
            version, folder = self.cut(dice, share, folder)
            if dice.random() < 0.3:
                self.fetch_nothing(version, folder)
        version = dice.choice("AB")
        self.fetch(version, folder)
        request_count = len(self.server.requests)
        self.fetch(version, folder)
        assert len(self.server.requests) == request_count
        shutil.rmtree(folder)

    def cut(self, dice: random.Random, share: float, folder: Path) -> tuple[str, Path]:
        """Fetches, cuts the power and examines what is left; gives the version that was fetched, and what is left."""
        version = dice.choice("AAB")
        # journals are written again when it is worth it, or always
        self.monkeypatch.setattr(journal, "_COMPACT_FROM", dice.choice([0, -1000]))
        disk = self.fetch(version, folder)
        left = self.left(version, disk, share, dice)
        shutil.rmtree(disk.root)
        return version, left

    def left(self, version: str, disk: RecordingDisk, share: float, dice: random.Random) -> Path:
        """Makes and checks an image that a cut during a fetch may have left."""
        cut = moment(disk.log, share, dice)
        folder = self.folder(image(disk, cut, dice, ordered=dice.random() < 0.5))
        self.check(version, disk, cut, folder)
        return folder


def moment(log: list[Operation], share: float, dice: random.Random) -> int:
    """When the power is cut: mostly right after something else than a write."""
    if dice.random() < 0.3:
        return round(share * len(log))
    events = [at for at, one in enumerate(log, 1) if not isinstance(one, Write | Cut)]
    return events[round(share * (len(events) - 1))] if events else len(log)


SHARES = st.lists(st.floats(0, 1), min_size=1, max_size=3)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=settings().max_examples // 5,
    deadline=None,
)
@given(seed=st.integers(0, 2**32), cuts=SHARES)
def test_every_image_that_a_power_cut_may_leave_is_fixed(world: World, seed: int, cuts: list[float]) -> None:
    world.trial(random.Random(seed), cuts)


def test_an_earlier_version_stays_where_the_new_one_cannot_be_fetched(world: World) -> None:
    folder = world.folder()
    world.fetch("A", folder)
    world.fetch_nothing("B", folder)
    assert all(world.is_right("A", folder, name) for name in SIZES)


@pytest.mark.long
@pytest.mark.timeout(1200)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=settings().max_examples // 4,
    deadline=None,
)
@given(seed=st.integers(0, 2**32), cuts=SHARES)
def test_very_many_images_are_fixed(world: World, seed: int, cuts: list[float]) -> None:
    world.trial(random.Random(seed), cuts)


class SyncsNoFiles(RecordingDisk):
    def sync_files(self, paths: Sequence[str]) -> None:
        pass

    def sync_file_system(self, folder: str) -> bool:
        return True


class SyncsNoJournal(RecordingDisk):
    def sync(self, descriptor: int) -> None:
        pass


class SyncsNoFolders(RecordingDisk):
    def sync_folders(self, paths: Iterable[str]) -> None:
        pass

    def sync_file_system(self, folder: str) -> bool:
        return False


class ForgetsNewFolders(RecordingDisk):
    """Syncs the folders of files, but not those in which these folders were made."""

    def sync_folders(self, paths: Iterable[str]) -> None:
        self._parents.clear()
        super().sync_folders(paths)

    def sync_file_system(self, folder: str) -> bool:
        return False


def caught(world: World, kind: Callable[[Path], RecordingDisk] = RecordingDisk, within: str = "") -> str:
    """Tries until something is noticed; gives what."""
    for seed in range(50):  # what a cut meets depends on threads: mostly a few are enough
        dice = random.Random(seed)
        disk = world.fetch("A", world.folder(), kind, within)
        for _ in range(8):  # to look at an image costs less than to fetch for one
            try:
                world.left("A", disk, max(dice.random(), dice.random()), dice)
            except AssertionError as error:
                return str(error)
    return ""


@pytest.mark.parametrize(
    ("kind", "within"),
    # The folder above is synced for its own files, and with it the new one's name: there are none.
    [(SyncsNoFiles, ""), (SyncsNoJournal, ""), (SyncsNoFolders, ""), (ForgetsNewFolders, "d/e")],
)
def test_a_sync_that_is_left_out_is_noticed(world: World, kind: Callable[[Path], RecordingDisk], within: str) -> None:
    assert "promised" in (message := caught(world, kind, within)) or "is trusted and wrong" in message


def test_a_record_before_its_file_is_durable_is_noticed(world: World, monkeypatch: Any) -> None:
    real = files.Committer._commit

    def hasty(self: Any, batch: Any) -> None:
        self._journal.finish([(landing.name, state) for landing, state in batch])
        real(self, batch)

    monkeypatch.setattr(files.Committer, "_commit", hasty)
    assert "promised" in (message := caught(world)) or "is trusted and wrong" in message
