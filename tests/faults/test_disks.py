"""Disk and folder errors."""

import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from disk_space import stating
from omicsdk.core import DiskFull, NotWritable
from omicsdk.transfer import Item, Location, download
from privileges import as_ordinary_user
from small_cells import MIB, UNIT
from trials import swapped

pytestmark = pytest.mark.usefixtures("small_cells")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a file system in memory with these options; None where that is not allowed."""
    mounted: list[Path] = []

    def mount(options: str) -> Path | None:
        place = tmp_path / f"disk{len(mounted)}"
        place.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
        if sys.platform != "linux" or subprocess.run(command, capture_output=True, check=False).returncode:
            return None
        mounted.append(place)
        return place

    yield mount
    for place in mounted:
        subprocess.run(["umount", "-l", str(place)], check=True)


def refusing(name: str, number: int, after: int = 0) -> Any:
    """Make a call of the system fail after a number of calls."""
    real, calls = getattr(os, name), iter(range(10**9))

    def refuses(*arguments: Any, **more: Any) -> Any:
        if next(calls) >= after:
            raise OSError(number, os.strerror(number))
        return real(*arguments, **more)

    return swapped(os, name, refuses)


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault("disk full mid-file, space is freed later", ends="DiskFull")
def test_full(trial: Any, server: Any, noise: Any, small_disk: Any) -> None:
    item = server.item("one", noise(30 * MIB), "sha256")
    small = server.item("small", noise(1000), "md5")
    place = small_disk("size=20m")
    if place is None:  # no small disk may be mounted here: the call that writes refuses instead
        with refusing("pwritev", errno.ENOSPC, 100):
            trial.download([small, item], counted=["one"])
        trial.again([small, item])
        return
    # Other programs fill the disk after its free space was read.
    with swapped(os, "statvfs", stating(lambda: (1 << 40, 1 << 40))):
        report = trial.download([small, item], place, counted=["one"])
    assert str(place / "one") in str(report.outcomes[1].error)
    subprocess.run(["mount", "-o", "remount,size=80m", str(place)], check=True)
    assert trial.again([small, item], place).outcomes[1].bytes_kept >= 8 * MIB


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault(
    "file larger than the free space: it is not requested, and smaller ones arrive", ends="InsufficientSpace"
)
def test_too_large(trial: Any, server: Any, noise: Any) -> None:
    items = [server.item("small", noise(1000), "md5"), server.item("one", noise(30 * MIB), "sha256")]
    items.append(server.item("last", noise(2 * MIB), "sha256"))

    def space() -> tuple[int, int]:
        there = (path for path in trial.folder.rglob("*") if path.is_file())
        return 20 * MIB - sum(path.stat().st_size for path in there), 20 * MIB

    with swapped(os, "statvfs", stating(space)):
        report = trial.download(items, counted=["one"])
    assert [outcome.state for outcome in report.outcomes] == ["done", "failed", "done"]
    assert server.of("one") == []
    trial.again(items)


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault("endless body of a file of unknown size", ends="DiskFull")
def test_endless(trial: Any, server: Any, noise: Any, fault: Any, small_disk: Any) -> None:
    place, body = small_disk("size=20m"), noise(30 * MIB)
    server.put("one", body, None)
    server.always["one"] = fault.changed(headers={"Connection": "close"}, unsized=True, cut=len(body))
    item, small = Item("one", Location(server.url("one"))), server.item("small", noise(1000), "md5")
    folder = place or trial.folder

    def space() -> tuple[int, int]:  # where no small disk may be mounted
        return 20 * MIB - sum(path.stat().st_size for path in folder.rglob("*.part")), 20 * MIB

    with nullcontext() if place else swapped(os, "statvfs", stating(space)):
        report = trial.download([item, small], folder, counted=["one"])
    assert "these are kept free" in str(report.outcomes[0].error)
    assert report.outcomes[1].state == "done"
    assert list(folder.rglob("*.part")) == []


@pytest.mark.fault("disk full from the first byte on", ends="DiskFull")
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_full_from_the_start(trial: Any, server: Any, noise: Any, number: int) -> None:
    items = [server.item(name, noise(10_000), "md5") for name in "ab"]
    with refusing("pwritev", number), refusing("pwrite", number):
        report = trial.download(items)
    assert report.outcomes[0].attempts == 1
    assert sorted(path.name for path in trial.folder.iterdir()) == [".omics-transfer"]
    trial.again(items)


LIMITED = """
import json, resource, signal, sys
from omicsdk.transfer import Item, Location, download
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (5 << 20, 5 << 20))
url, size, sha256, folder = sys.argv[1:]
report = download([Item("one", Location(url), int(size), {"sha256": sha256})], folder)
print(json.dumps([type(report.outcomes[0].error).__name__, str(report.outcomes[0].error)]))
"""


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault("limit on the size of a process's files", ends="DiskFull")
def test_limit(trial: Any, server: Any, noise: Any) -> None:
    import json

    item = server.item("one", noise(9 * MIB), "sha256")
    arguments = [server.url("one"), str(item.size), item.checksums["sha256"], str(trial.folder)]
    done = subprocess.run([sys.executable, "-c", LIMITED, *arguments], capture_output=True, text=True, check=True)
    error, message = json.loads(done.stdout)
    trial.check_content(trial.folder, "one", there=False)
    trial.ended(error)
    assert "ulimit -f" in message
    trial.again([item])


@pytest.mark.fault("short writes, as on a disk that is nearly full", ends="right file")
def test_short_writes(trial: Any, server: Any, noise: Any) -> None:
    real = os.pwritev

    def short(descriptor: int, buffers: Any, offset: int) -> int:
        return real(descriptor, [b"".join(buffers)[:1000]], offset)

    with swapped(os, "pwritev", short):
        trial.download([server.item("one", noise(6 * UNIT), "sha256"), server.item("two", noise(9000), "sha256")])


@pytest.mark.usefixtures("usual_cells")
@pytest.mark.fault("disk that fails to write (EIO) mid-file", ends="NotWritable")
def test_broken_disk(trial: Any, server: Any, noise: Any) -> None:
    item = server.item("one", noise(17 * MIB), "sha256")
    with refusing("pwritev", errno.EIO, 10):
        report = trial.download([item])
    assert "Input/output error" in str(report.outcomes[0].error)
    trial.again([item])


@pytest.mark.fault("disk that fails to sync (EIO)", ends="NotWritable")
def test_broken_sync(trial: Any, server: Any, noise: Any) -> None:
    item = server.item("one", noise(5000), "sha256")
    with refusing("fdatasync", errno.EIO), refusing("fsync", errno.EIO):
        trial.download([item])
    trial.again([item])


@pytest.mark.fault(
    "too many open files", ends=("NotWritable", "TransportError", "ConnectFailed", "TransferError", "right file")
)
def test_no_descriptors(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    items = [server.item(f"f{number}", noise(200_000, number), "md5", retries=2) for number in range(40)]
    with refusing("open", errno.EMFILE, 60):
        trial.download(items, clock=clock)
    trial.again(items)


@pytest.mark.fault("read-only file system", ends="NotWritable")
def test_read_only(trial: Any, server: Any, noise: Any, small_disk: Any) -> None:
    place = small_disk("size=1m,ro")
    item = server.item("one", noise(10))
    with (
        nullcontext() if place else refusing("open", errno.EROFS),
        pytest.raises(NotWritable, match="Read-only file system") as caught,
    ):
        download([item], place or trial.folder)
    assert str(place or trial.folder) in str(caught.value)
    trial.ended("NotWritable")
    assert server.requests == []


@pytest.mark.fault("folder without write permission", ends="NotWritable")
def test_no_right(trial: Any, server: Any, noise: Any) -> None:
    trial.folder.mkdir()
    trial.folder.chmod(0o555)
    with as_ordinary_user(), pytest.raises(NotWritable, match="Permission denied"):
        download([server.item("one", noise(10))], trial.folder)
    trial.folder.chmod(0o755)
    trial.ended("NotWritable")
    assert server.requests == []


@pytest.mark.fault("write permission for the folder lost during the transfer", ends="NotWritable")
@pytest.mark.parametrize("size", [5000, 17 * UNIT])
def test_right_lost(trial: Any, server: Any, noise: Any, size: int) -> None:
    item = server.item("sub/one", noise(size), "sha256")
    (trial.folder / "sub").mkdir(parents=True)

    def loses(_server: Any, _request: Any, response: Any) -> Any:
        (trial.folder / "sub").chmod(0o555)
        return response

    server.fault("sub/one", loses)
    with as_ordinary_user():
        trial.download([item, server.item("two", b"2", "md5")], counted=["sub/one"])
    (trial.folder / "sub").chmod(0o755)
    trial.again([item])


@pytest.mark.fault("disk without space for a journal", ends="DiskFull")
def test_no_room_for_a_journal(trial: Any, server: Any, small_disk: Any) -> None:
    place = small_disk("size=16k,nr_inodes=2")
    item = server.item("one", b"1")
    with (
        nullcontext() if place else refusing("open", errno.ENOSPC),
        pytest.raises(DiskFull, match="Free disk space") as caught,
    ):
        download([item], place or trial.folder)
    assert str(place or trial.folder) in str(caught.value)
    trial.ended("DiskFull")
    assert server.requests == []


@pytest.mark.fault("target folder removed during the transfer", ends=("NotWritable", "TransferError", "right file"))
@pytest.mark.parametrize("size", [5000, 9 * UNIT, 17 * UNIT])
def test_removed(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, size: int) -> None:
    def removes(_server: Any, _request: Any, response: Any) -> Any:
        shutil.rmtree(trial.folder)
        return response

    item = server.item("sub/one", noise(size), "sha256")
    server.fault("sub/one", fault.cut(size // 2), removes)
    trial.download([item], clock=clock)
    trial.again([item], clock=clock)


@pytest.mark.fault("target is a file", ends="NotWritable")
def test_a_file(trial: Any, server: Any) -> None:
    trial.folder.write_bytes(b"mine")
    with pytest.raises(NotWritable, match="file"):
        download([server.item("one", b"1")], trial.folder)
    assert trial.folder.read_bytes() == b"mine"
    trial.ended("NotWritable")


@pytest.mark.fault("folder at the target path", ends="NotWritable")
@pytest.mark.parametrize("full", [True, False])
def test_a_folder(trial: Any, server: Any, full: bool) -> None:
    (trial.folder / "one").mkdir(parents=True)
    if full:
        (trial.folder / "one" / "mine").write_bytes(b"mine")
    items = [server.item("one", b"1"), server.item("two", b"2")]
    report = trial.download(items, counted=["one"])
    assert "a folder of that name exists" in str(report.outcomes[0].error)
    assert report.outcomes[1].state == "done"
    assert (trial.folder / "one").is_dir()


@pytest.mark.fault("folder created at the target path during the transfer", ends="NotWritable")
@pytest.mark.parametrize("size", [500, 9 * UNIT])
def test_a_folder_appears(trial: Any, server: Any, noise: Any, leftovers: Any, size: int) -> None:
    def appears(_server: Any, _request: Any, response: Any) -> Any:
        (trial.folder / "one" / "sub").mkdir(parents=True)
        return response

    server.fault("one", appears)
    items = [server.item("one", noise(size), "md5"), server.item("two", b"2", "md5")]
    report = trial.download(items, counted=["one"])
    assert report.outcomes[1].state == "done"
    assert size > 500 or leftovers() == []


@pytest.mark.fault("symbolic link at the target path", ends="right file")
@pytest.mark.parametrize("checksums", [[], ["md5"]])
def test_a_link(trial: Any, server: Any, noise: Any, tmp_path: Path, checksums: list[str]) -> None:
    (tmp_path / "precious").write_bytes(b"mine")
    trial.folder.mkdir()
    (trial.folder / "one").symlink_to(tmp_path / "precious")
    trial.download([server.item("one", noise(5000), *checksums)])
    assert not (trial.folder / "one").is_symlink()
    assert (tmp_path / "precious").read_bytes() == b"mine"


def _stopped(server: Any, fault: Any, folder: Path, item: Any) -> Path:
    """A first run that is stopped when it has some cells; gives its part."""
    stop = threading.Event()
    server.always[item.name] = fault.cut(5 * UNIT, stall=True)

    def seen(progress: Any) -> None:
        if progress.bytes_fetched >= 5 * UNIT:
            stop.set()

    assert download([item], folder, stop=stop, progress=seen, connections=2).outcomes[0].state == "stopped"
    server.always.clear()
    (part,) = folder.glob("*.part")
    return part


@pytest.mark.fault("part replaced by a link between two runs", ends=("right file", "NotWritable"))
@pytest.mark.parametrize("whole", [True, False])
def test_a_linked_part(trial: Any, server: Any, fault: Any, noise: Any, tmp_path: Path, whole: bool) -> None:
    body = noise(17 * UNIT)
    item = server.item("one", body, "sha256")
    part = _stopped(server, fault, trial.folder, item)
    precious = body if whole else b"mine"
    (tmp_path / "precious").write_bytes(precious)
    part.unlink()
    part.symlink_to(tmp_path / "precious")
    trial.download([item])
    assert not (trial.folder / "one").is_symlink()
    assert (tmp_path / "precious").read_bytes() == precious


@pytest.mark.fault("part replaced by a link while it is fetched", ends=("right file", "NotWritable", "TransferError"))
@pytest.mark.parametrize("checksums", [[], ["sha256"]])
@pytest.mark.parametrize("size", [5000, 17 * UNIT])
def test_a_part_that_becomes_a_link(
    trial: Any, server: Any, noise: Any, tmp_path: Path, checksums: list[str], size: int
) -> None:
    (tmp_path / "precious").write_bytes(bytes(size))

    def swaps(_server: Any, request: Any, response: Any) -> Any:
        for part in trial.folder.glob("one*.part"):
            part.unlink()
            part.symlink_to(tmp_path / "precious")
        return response

    server.fault("one", *([_kept, _kept, swaps] if size > UNIT else [swaps]))
    trial.download([server.item("one", noise(size), *checksums)])
    assert not (trial.folder / "one").is_symlink()
    assert (tmp_path / "precious").read_bytes() == bytes(size)


def _kept(_server: Any, _request: Any, response: Any) -> Any:
    return response


@pytest.mark.fault("part cut short while it is fetched", ends=("right file", "TransferError"))
@pytest.mark.parametrize("checksums", [["md5"], ["sha256"]])
def test_a_part_that_shrinks(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, checksums: list[str]) -> None:
    def shortens(_server: Any, _request: Any, response: Any) -> Any:
        for part in trial.folder.glob("*.part"):
            os.truncate(part, 1000)
        return response

    item = server.item("one", noise(9 * UNIT), *checksums)
    server.fault("one", fault.cut(5 * UNIT), shortens)
    trial.download([item], clock=clock)


@pytest.mark.fault("part damaged between two runs", ends="right file")
@pytest.mark.parametrize("checksums", [[], ["sha256"], ["crc32c"]])
@pytest.mark.parametrize("damage", ["bytes", "shorter", "longer", "gone"])
def test_a_damaged_part(trial: Any, server: Any, fault: Any, noise: Any, checksums: list[str], damage: str) -> None:
    item = server.item("one", noise(17 * UNIT), *checksums)
    part = _stopped(server, fault, trial.folder, item)
    if damage == "gone":
        part.unlink()
    else:
        with part.open("r+b") as file:
            if damage == "bytes":
                file.write(b"damaged")
            else:
                file.truncate(1 * UNIT if damage == "shorter" else 50 * UNIT)
    (outcome,) = trial.download([item]).outcomes
    assert (trial.folder / "one").stat().st_size == 17 * UNIT
    if damage == "bytes":
        assert 0 < outcome.bytes_kept == 17 * UNIT - outcome.bytes_fetched


@pytest.mark.fault("journal damaged between two runs", ends="right file")
@pytest.mark.parametrize("damage", ["emptied", "torn", "overwritten", "zeros", "gone"])
def test_a_damaged_journal(trial: Any, server: Any, fault: Any, noise: Any, damage: str) -> None:
    item, small = server.item("one", noise(17 * UNIT), "sha256"), server.item("small", b"small", "md5")
    download([small], trial.folder)
    _stopped(server, fault, trial.folder, item)
    journal = trial.folder / ".omics-transfer" / "transfer.journal"
    content = journal.read_bytes()
    match damage:
        case "gone":
            journal.unlink()
        case "emptied":
            journal.write_bytes(b"")
        case "torn":
            journal.write_bytes(content[:-9])
        case "overwritten":
            journal.write_bytes(content[: len(content) // 2] + b"!!!!" + content[len(content) // 2 + 4 :])
        case _:
            journal.write_bytes(content + bytes(4096))
    trial.download([item, small])


@pytest.mark.fault("unrelated file at the journal's path", ends="NotWritable")
def test_no_journal(trial: Any, server: Any, noise: Any) -> None:
    journal = trial.folder / ".omics-transfer" / "transfer.journal"
    journal.parent.mkdir(parents=True)
    journal.write_bytes(noise(5000, 3))
    with pytest.raises(NotWritable, match="not a journal"):
        download([server.item("one", b"1")], trial.folder)
    assert journal.read_bytes() == noise(5000, 3)
    trial.ended("NotWritable")


@pytest.mark.fault("journal that cannot be opened: its path is a folder", ends="NotWritable")
def test_a_journal_that_is_a_folder(trial: Any, server: Any) -> None:
    (trial.folder / ".omics-transfer" / "transfer.journal").mkdir(parents=True)
    with pytest.raises(NotWritable):
        download([server.item("one", b"1")], trial.folder)
    trial.ended("NotWritable")
    assert server.requests == []


@pytest.mark.fault("existing file with the right size and wrong bytes", ends="right file")
@pytest.mark.parametrize("size", [5000, 9 * UNIT])
def test_a_wrong_file_that_exists(trial: Any, server: Any, noise: Any, size: int) -> None:
    trial.folder.mkdir()
    (trial.folder / "one").write_bytes(noise(size, 5))
    trial.download([server.item("one", noise(size), "sha256")])


@pytest.mark.fault("finished file damaged afterwards, its date changed", ends="right file")
def test_a_file_that_is_damaged_later(trial: Any, server: Any, noise: Any) -> None:
    item = server.item("one", noise(9 * UNIT), "sha256")
    download([item], trial.folder)
    with (trial.folder / "one").open("r+b") as file:
        file.write(b"damaged")
    os.utime(trial.folder / "one", (1_700_000_000, 1_700_000_000))
    trial.download([item])
