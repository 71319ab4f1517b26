"""Going on where an earlier run stopped, whatever has changed since."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from breakable import Response
from disk_space import SmallDisk
from omicsdk.core import DiskFull
from omicsdk.transfer import Item, Location, download
from omicsdk.transfer.journal import Journal
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.wire import Ended, Wire
from small_cells import UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

CELL = 4 * UNIT


@pytest.fixture
def stopped(target: Path) -> Callable[..., Path]:
    """Fetches some MiB of an item; gives its part."""

    def run(item: Item, after: int, **how: Any) -> Path:
        (outcome,) = download([item], target, disk=SmallDisk(after), **how).outcomes
        assert isinstance(outcome.error, DiskFull)
        (part,) = target.rglob("*.part")
        return part

    return run


@pytest.mark.parametrize(("before", "after"), [(1, 8), (8, 1), (2, 3)])
def test_parts_may_be_of_another_size_and_number(
    server: Any, target: Path, noise: Any, stopped: Any, monkeypatch: Any, before: int, after: int
) -> None:
    body = noise(61 * UNIT + 3)
    item = server.item("one", body, "sha256")
    monkeypatch.setattr(plan, "LARGEST_PART", before * CELL)
    stopped(item, 30 * UNIT, connections=before)
    monkeypatch.setattr(plan, "LARGEST_PART", after * CELL)
    outcome = download([item], target, connections=after).outcomes[0]
    assert outcome.state == "done"
    assert outcome.bytes_kept >= 30 * UNIT
    assert outcome.bytes_kept + outcome.bytes_fetched == len(body)
    assert (target / "one").read_bytes() == body


def test_all_that_was_written_is_kept_when_several_requests_meet_the_full_disk_at_once(
    server: Any, target: Path, noise: Any, stopped: Any, monkeypatch: Any
) -> None:
    poll = Wire.poll

    def poll_to_the_end(wire: Wire, timeout: float) -> list[Ended]:
        ended = poll(wire, timeout)
        while ended and wire.flying:  # the others meet the full disk with the next bytes that they write
            ended += poll(wire, timeout)
        return ended

    monkeypatch.setattr(Wire, "poll", poll_to_the_end)
    monkeypatch.setattr("omicsdk.transfer.downloads.job.FIRST_LARGE", 8)
    monkeypatch.setattr(plan, "LARGEST_PART", 2 * CELL)
    item = server.item("one", noise(61 * UNIT + 3), "sha256")
    stopped(item, 30 * UNIT, connections=8)
    monkeypatch.setattr(Wire, "poll", poll)
    (outcome,) = download([item], target).outcomes
    assert outcome.bytes_kept >= 30 * UNIT


def test_a_source_that_changed_is_begun_again_and_that_is_stated(
    server: Any, target: Path, noise: Any, stopped: Any, caplog: Any
) -> None:
    old, new = noise(20 * UNIT, 1), noise(20 * UNIT, 2)
    stopped(server.item("one", old), 10 * UNIT)
    outcome = download([server.item("one", new)], target).outcomes[0]
    assert (target / "one").read_bytes() == new
    assert outcome.bytes_fetched == len(new)
    assert "one: the file changed on the server" in caplog.text
    assert "restarting" in caplog.text


def test_a_size_that_changed_is_begun_again(server: Any, target: Path, noise: Any, stopped: Any, caplog: Any) -> None:
    caplog.set_level("INFO")
    stopped(server.item("one", noise(20 * UNIT), "sha256"), 10 * UNIT)
    body = noise(30 * UNIT, 3)
    assert download([server.item("one", body, "sha256")], target).ok
    assert (target / "one").read_bytes() == body
    assert "cannot resume the earlier partial download; restarting" in caplog.text


@pytest.mark.parametrize("kind", ["link", "hard link", "link to nothing", "pipe"])
def test_what_took_the_parts_place_is_not_written_through(
    server: Any, target: Path, noise: Any, stopped: Any, tmp_path: Path, kind: str
) -> None:
    body, precious = noise(12 * UNIT), b"precious" * UNIT
    item = server.item("one", body, "sha256")
    part = stopped(item, 5 * UNIT)
    other = tmp_path / "other"
    part.unlink()
    if kind == "pipe":
        os.mkfifo(part)
    else:
        if kind != "link to nothing":
            other.write_bytes(precious)
        os.link(other, part) if kind == "hard link" else part.symlink_to(other)
    download([item], target).raise_if_failed()
    assert (target / "one").read_bytes() == body
    assert not (target / "one").is_symlink()
    assert not other.exists() or other.read_bytes() == precious


def test_a_folder_in_the_parts_place_is_the_error(server: Any, target: Path, noise: Any, stopped: Any) -> None:
    item = server.item("one", noise(12 * UNIT), "sha256")
    part = stopped(item, 5 * UNIT)
    part.unlink()
    (part / "sub").mkdir(parents=True)
    (outcome,) = download([item], target).outcomes
    assert outcome.state == "failed"
    assert str(part) in str(outcome.error)
    assert (part / "sub").exists()


def test_a_part_that_goes_while_it_is_written_is_no_file(server: Any, target: Path, noise: Any, fault: Any) -> None:
    def removes(_server: Any, _request: Any, response: Any) -> Any:
        for part in target.glob("*.part"):
            part.unlink()
        return response

    for algorithms in ((), ("md5",)):
        item = server.item("one", noise(9 * UNIT), *algorithms)
        server.fault("one", fault.cut(5 * UNIT), removes)
        (outcome,) = download([item], target).outcomes
        assert outcome.state == "failed"
        assert not (target / "one").exists()
    assert download([item], target).ok


def test_a_file_without_checksum_that_has_its_name_but_no_record_is_not_fetched_again(
    server: Any, target: Path, noise: Any, monkeypatch: Any
) -> None:
    """A kill or power cut between name and record."""
    body = noise(13 * UNIT)
    item = server.item("one", body)
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "finish", lambda *_: None)
        assert download([item], target).ok
    with (target / "one").open("r+b") as file:
        file.seek(9 * UNIT)
        file.write(b"damaged")
    server.requests.clear()
    outcome = download([item], target).outcomes[0]
    assert (outcome.state, outcome.bytes_fetched) == ("done", CELL)
    assert (target / "one").read_bytes() == body


def test_a_file_without_checksum_and_without_record_is_fetched(server: Any, target: Path, noise: Any) -> None:
    target.mkdir()
    (target / "one").write_bytes(noise(50_000, 1))
    assert download([server.item("one", noise(50_000, 2))], target).outcomes[0].state == "done"
    assert (target / "one").read_bytes() == noise(50_000, 2)


def test_an_old_record_does_not_vouch_for_a_file_that_is_written_to_again(
    server: Any, target: Path, noise: Any, stopped: Any
) -> None:
    old = noise(12 * UNIT, 1)
    new = old[:CELL] + noise(8 * UNIT, 2)
    first, second = server.item("one", old, "sha256"), server.item("two", new, "sha256")
    second = Item("one", Location(server.url("two")), second.size, second.checksums)
    assert download([first], target).ok
    mtime = (target / "one").stat().st_mtime_ns
    stopped(second, 10 * UNIT, connections=1).unlink()
    restored(target / "one", old, mtime)  # a power cut: cells of the new file are known, the names are as they were
    part = stopped(second, UNIT, connections=1)
    restored(target / "one", part.read_bytes(), mtime)  # another: it was written to, but name and time are as they were
    part.unlink()
    download([first], target).raise_if_failed()
    assert (target / "one").read_bytes() == old


@pytest.mark.parametrize("size", [10 * UNIT, 9 * UNIT])
def test_a_wrong_file_does_not_keep_its_name_beside_a_part(
    server: Any, target: Path, noise: Any, stopped: Any, size: int
) -> None:
    body = noise(10 * UNIT)
    item = server.item("one", body, "sha256")
    stopped(item, 5 * UNIT)  # the last write takes a little more
    (target / "one").write_bytes(noise(size, 2))
    server.always["one"] = lambda *_: Response(404)
    assert download([item], target).outcomes[0].state == "failed"
    assert not (target / "one").exists()
    server.always.clear()
    outcome = download([item], target).outcomes[0]
    assert outcome.state == "done"
    assert 5 * UNIT <= outcome.bytes_kept < 5 * UNIT + 144 * 1024
    assert outcome.bytes_kept + outcome.bytes_fetched == len(body)
    assert (target / "one").read_bytes() == body


def restored(path: Path, body: bytes, mtime_ns: int) -> None:
    """Puts a file back as it was."""
    path.write_bytes(body)
    os.utime(path, ns=(mtime_ns, mtime_ns))


def test_one_byte_less_each_time(server: Any, target: Path, noise: Any, monkeypatch: Any) -> None:
    vectors, plain = os.pwritev, os.write
    monkeypatch.setattr(os, "pwritev", lambda file, data, at: vectors(file, [b"".join(data)[: -1 or None]], at))
    monkeypatch.setattr(os, "write", lambda file, data: plain(file, bytes(data)[: max(1, len(data) - 1)]))
    items = [
        server.item("one", noise(6 * UNIT), "sha256"),
        server.item("two", noise(1000), "md5"),
        server.item("3", b"3"),
    ]
    download(items, target).raise_if_failed()
    assert (target / "one").read_bytes() == noise(6 * UNIT)
    assert download(items, target).counts["skipped"] == 3
