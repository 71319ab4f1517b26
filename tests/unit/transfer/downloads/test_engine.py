"""The engine on a simulated network: files of known URLs, and which files are requested, refused and reported."""

import errno
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from disk_space import stating
from hypothesis import example, given, settings
from hypothesis import strategies as st
from omicsdk import Cache
from omicsdk.core import ChecksumMismatch, ChecksumMissing, ConnectFailed, DiskFull, NotFound, SourceChanged, UnsafePath
from omicsdk.core.checksums import digest
from omicsdk.transfer import Item, Location, Outcome, Progress, TransferReport
from omicsdk.transfer.names import journal_path
from omicsdk.transfer.network.wire import Ask
from simulated import CELL, Killed, Source, World, fetched

SMALL = st.lists(st.integers(1, CELL) | st.integers(1, 3 * CELL), min_size=1, max_size=5)


def world_of(seed: int, sizes: list[int], **how: Any) -> World:
    chance = random.Random(seed)
    contents = {f"f{number}": chance.randbytes(size) for number, size in enumerate(sizes)}
    return World(seed, {name: Source(content, content) for name, content in contents.items()}, **how)


def items_of(world: World, **how: Any) -> list[Item]:
    """Items whose first URL is known: a small one is a single request that no job prepares."""
    items = list[Item]()
    for name, source in world.sources.items():
        later = world.item(name, {"md5": digest(source.declared_content, "md5")})
        assert callable(later.locate)
        location = later.locate()
        items.append(
            Item(name, location, later.size, later.checksums, retries=1000, min_delay=0.01, renew=later.locate, **how)
        )
    return items


def check(report: TransferReport, here: Path, world: World) -> None:
    for outcome, (name, source) in zip(report.outcomes, world.sources.items(), strict=True):
        assert (outcome.name, outcome.state, outcome.size) == (name, "done", len(source.content))
        assert (outcome.verification, outcome.server) == ("verified", "http://127.0.0.1:9")
        assert (here / name).read_bytes() == source.content


BODY = b"contents"
OK, BUSY, GONE = "200 OK", "503 Later", "404 Gone"


class Answering(World):
    """A world whose server answers with these, one request after the other, and the last one from then on."""

    def __init__(self, *responses: tuple[str, bytes], **how: Any) -> None:
        super().__init__(1, {"f0": Source(BODY, BODY)}, **how)
        self._responses = list(responses)

    def response(self, ask: Ask) -> tuple[list[bytes], bytes]:
        del ask
        status, body = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        return [f"HTTP/1.1 {status}\r\n".encode(), b"\r\n"], body


@pytest.mark.parametrize(
    ("responses", "attempts", "fetched_bytes", "error"),
    [
        ([(OK, BODY)], 1, 8, None),
        ([(BUSY, b"busy"), (OK, BODY)], 2, 8, None),
        ([(OK, b"contentz"), (OK, BODY)], 2, 16, None),
        ([(OK, BODY[:5]), (OK, BODY)], 2, 13, None),
        ([(OK, BODY + b"and more"), (OK, BODY)], 2, 24, None),
        ([(GONE, b"gone")], 1, 0, NotFound),
    ],
)
def test_any_other_response_than_a_small_file_is_handled_as_that_of_a_large_one(
    tmp_path: Path,
    responses: list[tuple[str, bytes]],
    attempts: int,
    fetched_bytes: int,
    error: type[Exception] | None,
) -> None:
    world = Answering(*responses)
    report, here = fetched(world, items_of(world), tmp_path)
    (outcome,) = report.outcomes
    assert (outcome.attempts, outcome.bytes_fetched) == (attempts, fetched_bytes)
    assert (type(outcome.error), outcome.verification) == (error or type(None), "unverified" if error else "verified")
    assert [path.read_bytes() for path in here.glob("f0*")] == ([] if error else [BODY])


@pytest.mark.parametrize(("body", "error"), [(b"contentz", ChecksumMismatch), (BODY + b"and more", SourceChanged)])
def test_a_response_that_stays_wrong_fails_the_file_with_its_cause(
    tmp_path: Path, body: bytes, error: type[Exception]
) -> None:
    world = Answering((OK, body))
    (item,) = items_of(world)
    report, here = fetched(world, [Item(item.name, item.locate, item.size, item.checksums, retries=1)], tmp_path)
    (outcome,) = report.outcomes
    assert (type(outcome.error), outcome.attempts, [*here.glob("f0*")]) == (error, 2, [])


@pytest.mark.parametrize("body", [b"", b"abc"])
def test_a_file_of_unknown_size_is_what_the_response_has(tmp_path: Path, body: bytes) -> None:
    world = Answering((OK, body))
    item = Item("f0", Location("http://127.0.0.1:9/f0?url=1"), checksums={"md5": digest(body, "md5")})
    report, here = fetched(world, [item], tmp_path)
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.size, outcome.attempts, world.requests) == ("done", len(body), 1, 1)
    assert (here / "f0").read_bytes() == body


def test_a_small_file_that_cannot_be_written_fails_alone(tmp_path: Path) -> None:
    world = Answering((OK, BODY), disk=1.0)
    report, here = fetched(world, items_of(world), tmp_path)
    (outcome,) = report.outcomes
    assert (outcome.state, outcome.attempts, outcome.bytes_fetched) == ("failed", 1, 8)
    assert [*here.glob("f0*")] == []


def test_a_file_that_exists_is_not_taken_for_right_without_a_record(tmp_path: Path) -> None:
    world = world_of(1, [CELL, CELL])
    right = world.sources["f0"].content
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "f0").write_bytes(right)
    (tmp_path / "0" / "f1").write_bytes(right)
    report, here = fetched(world, items_of(world), tmp_path)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "done"]
    assert (here / "f1").read_bytes() == world.sources["f1"].content
    requests = world.requests
    report, _ = fetched(world, items_of(world), tmp_path)
    assert [outcome.state for outcome in report.outcomes] == ["skipped", "skipped"]
    assert world.requests == requests


@pytest.mark.parametrize("known", [True, False])
def test_only_what_fits_on_the_disk_is_requested(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    world = world_of(1, [CELL] * 6)
    space = 3 * CELL + CELL // 2
    monkeypatch.setattr(
        "os.statvfs", stating(lambda: (space - sum(file.stat().st_size for file in world.here.glob("f*")), space))
    )

    def items() -> Iterator[Item]:
        for item in items_of(world) if known else [world.item(name, {}) for name in world.sources]:
            world.clock.advance(2)  # the free space is read again, while those before are not on the disk
            yield item

    shown = list[Progress]()
    report, _ = fetched(world, items(), tmp_path, progress=shown.append)
    assert (shown[-1].files_done, shown[-1].files_failed) == (3, 3)
    assert [outcome.state for outcome in report.outcomes] == ["done"] * 3 + ["failed"] * 3
    errors = [outcome.error for outcome in report.outcomes if outcome.error]
    assert all(isinstance(error, DiskFull) for error in errors)
    assert world.requests == 3


def test_a_file_without_a_checksum_is_not_requested_where_one_is_required(tmp_path: Path) -> None:
    world = world_of(1, [CELL, CELL, 2 * CELL])
    with_checksum, *others = items_of(world)
    items = [with_checksum, *(Item(item.name, item.locate, item.size) for item in others)]
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "f2").write_bytes(b"mine")
    report, here = fetched(world, items, tmp_path, require_checksum=True)
    assert [(outcome.state, type(outcome.error)) for outcome in report.outcomes] == [
        ("done", type(None)),
        ("failed", ChecksumMissing),
        ("failed", ChecksumMissing),
    ]
    assert (world.requests, (here / "f2").read_bytes()) == (1, b"mine")


def test_names_that_come_one_by_one_are_refused_one_by_one(tmp_path: Path) -> None:
    world = world_of(1, [CELL, CELL])
    items = items_of(world)
    outside = Item("../out", Location("http://127.0.0.1:9/f0?url=1"), 1)
    report, _ = fetched(world, iter([items[0], outside, items[1]]), tmp_path)
    states: list[tuple[str, Any]] = [(outcome.state, type(outcome.error)) for outcome in report.outcomes]
    assert states == [("done", type(None)), ("failed", UnsafePath), ("done", type(None))]
    assert isinstance(report.outcomes[1], Outcome)


@pytest.mark.parametrize(("threads", "cells"), [(1, [1, 3]), (3, [20, 20, 1, 20, 20, 1])])
def test_large_and_small_files_arrive_together_and_are_counted(tmp_path: Path, threads: int, cells: list[int]) -> None:
    world = world_of(1, [count * CELL for count in cells])
    world.threads = threads
    shown = list[Progress]()
    report, here = fetched(world, items_of(world), tmp_path, progress=shown.append)
    check(report, here, world)
    size = sum(cells) * CELL
    assert (shown[-1].bytes_done, shown[-1].bytes_fetched, shown[-1].phase, world.served) == (size, size, "over", size)


def test_a_small_file_that_the_cache_has_is_not_requested(tmp_path: Path) -> None:
    world, cache = world_of(1, [CELL]), Cache(tmp_path / "cache")
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        report, here = fetched(world, items_of(world), tmp_path / folder, cache=cache)
        (outcome,) = report.outcomes
        assert (outcome.state, outcome.verification, outcome.from_cache) == ("done", "verified", folder == "b")
        assert ((here / "f0").read_bytes(), world.requests) == (world.sources["f0"].content, 1)


def test_no_more_files_are_open_than_take_a_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omicsdk.transfer.downloads.engine.OPEN", 3)
    world = world_of(1, [CELL] * 9)
    taken, opened = list[Item](), list[int]()

    def items() -> Iterator[Item]:
        for item in items_of(world):
            taken.append(item)
            yield item

    world.watch = lambda: opened.append(len(taken) - len([*world.here.glob("f?")]))
    report, here = fetched(world, items(), tmp_path)
    check(report, here, world)
    assert max(opened) == 3


class Refusing(World):
    """A world whose server accepts no connection."""

    def happens(self) -> bool:
        return True


def test_files_of_a_server_that_cannot_be_reached_fail_without_requests(tmp_path: Path) -> None:
    chance = random.Random(1)
    chance.choice = lambda _: ConnectFailed("refused")
    world = Refusing(1, {f"f{number}": Source(BODY, BODY) for number in range(9)})
    world.chance = chance
    items = [Item(name, world.item(name, {}).locate(), 8, retries=0) for name in world.sources]
    report, _ = fetched(world, items, tmp_path)
    assert {type(outcome.error) for outcome in report.outcomes} == {ConnectFailed}
    assert world.requests < 9


class Chance(random.Random):
    """Ten bytes come with each round that something happens in."""

    idle = False

    def random(self) -> float:
        return 0.05 if self.idle else 0.95

    def randrange(self, *range: Any) -> int:
        return 10 if range == (1, 3 * CELL) else 0


class Stalling(World):
    """A world whose server sends ten bytes; what happens then is a generator, whose steps are a quarter of a second apart."""

    def __init__(self, size: int, then: Callable[["Stalling"], Iterator[None]], **how: Any) -> None:
        content = random.Random(1).randbytes(size)
        super().__init__(1, {"f0": Source(content, content)}, **how)
        self.chance, self.threads = Chance(), 1
        self._then = then(self)
        self.watch = self._step

    def _step(self) -> None:
        if self.control.paused:
            self.control.resume()
            return
        self.chance.idle = self.served == 10
        if self.chance.idle:
            next(self._then, None)
            self.clock.advance(0.25)


@pytest.mark.parametrize("size", [40, 3 * CELL])
def test_what_has_arrived_is_written_within_a_second_and_survives_a_death(tmp_path: Path, size: int) -> None:
    written = list[int]()

    def then(world: Stalling) -> Iterator[None]:
        for _ in range(5):
            written.append(sum(len(path.read_bytes().rstrip(b"\0")) for path in world.here.glob("f0*")))
            yield
        shutil.copytree(world.here, world.next)
        raise Killed

    world = Stalling(size, then)

    def items() -> Iterator[Item]:
        world.clock.advance(0.3)  # the first writing, after 0.4 s, leaves out a request that starts now
        yield from items_of(world)

    fetched(world, items(), tmp_path)
    assert written == [0, 0, 0, 10, 10]
    world.watch, world.chance = (lambda: None), random.Random(1)
    report, here = fetched(world, items_of(world), tmp_path)
    check(report, here, world)
    assert world.served == size


def test_what_a_full_disk_refuses_during_a_pause_fails_the_file(tmp_path: Path) -> None:
    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    def then(world: Stalling) -> Iterator[None]:
        world.disk.write_at = refuse
        world.control.pause()
        world.chance.idle = False
        yield

    world = Stalling(3 * CELL, then)
    report, _ = fetched(world, items_of(world), tmp_path)
    (outcome,) = report.outcomes
    assert (outcome.state, type(outcome.error)) == ("failed", DiskFull)


def test_a_small_file_that_a_pause_called_off_is_requested_again(tmp_path: Path) -> None:
    world = world_of(1, [CELL])

    def pause() -> None:
        if world.requests == 1 and not world.served:
            world.control.pause()

    world.watch = pause
    report, here = fetched(world, items_of(world), tmp_path)
    check(report, here, world)
    assert (world.requests, world.served) == (2, CELL)


class Losing(World):
    """A world whose server states in one of its responses, counted down to 0, that it does not have the file."""

    until = 0

    def response(self, ask: Ask) -> tuple[list[bytes], bytes]:
        self.until -= 1
        return super().response(ask) if self.until else ([b"HTTP/1.1 404 Gone\r\n", b"\r\n"], b"")


def lose(seed: int, cells: int, responses: int, threads: int | None = None) -> int:
    """Fail while other requests are on their way, and download the rest; return the bytes that both runs report."""
    content = random.Random(seed).randbytes(cells * CELL)
    world = Losing(seed, {"f0": Source(content, content)})
    world.until = responses
    world.threads = threads or world.threads
    with tempfile.TemporaryDirectory() as folder:
        failed, _ = fetched(world, items_of(world), Path(folder))
        world.until = 0
        report, here = fetched(world, items_of(world), Path(folder))
        assert report.ok
        assert (here / "f0").read_bytes() == content
    assert world.served == len(content)
    return failed.outcomes.bytes_fetched + report.outcomes.bytes_fetched


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_what_other_requests_of_a_failed_file_have_received_is_kept(threads: int) -> None:
    for seed in range(6):
        assert lose(seed, 12, 4, threads) == 12 * CELL


class Leaving(World):
    """A world whose server sends a beginning of the file, and then does not have it."""

    leaves = True
    beginning = 20

    def response(self, ask: Ask) -> tuple[list[bytes], bytes]:
        head, body = super().response(ask)
        if self.leaves:
            return (head, body[: self.beginning]) if self.requests == 1 else ([b"HTTP/1.1 404 Gone\r\n", b"\r\n"], b"")
        return head, body


@pytest.mark.parametrize("size", [16, CELL])  # the smaller one has no record until then
def test_the_beginning_of_a_small_file_survives_a_death_after_its_response_broke_off(tmp_path: Path, size: int) -> None:
    content = random.Random(1).randbytes(size)
    world = Leaving(1, {"f0": Source(content, content)})
    world.beginning = 10

    def die() -> None:
        if world.requests == 2:
            world.leaves, world.watch = False, lambda: None
            shutil.copytree(world.here, world.next)
            raise Killed

    world.watch = die
    report, here = fetched(world, items_of(world), tmp_path)
    check(report, here, world)
    assert (world.requests, world.served) == (3, size)


def test_a_cell_is_recorded_once_whichever_thread_receives_it(tmp_path: Path) -> None:
    world = world_of(1, [40 * CELL])
    world.threads = 3
    records = list[str]()

    def die() -> None:
        if world.served > 30 * CELL:
            world.watch = lambda: None
            lines = Path(journal_path(str(world.here))).read_text().splitlines()
            records.extend(line for line in lines if '["cell",' in line)
            shutil.copytree(world.here, world.next)
            raise Killed

    world.watch = die
    report, here = fetched(world, items_of(world), tmp_path)
    check(report, here, world)
    assert len(records) == len({*records}) > 20


@pytest.mark.parametrize("size", [CELL, 2 * CELL])
def test_the_beginning_of_a_failed_file_is_not_requested_again(tmp_path: Path, size: int) -> None:
    content = random.Random(1).randbytes(size)
    world = Leaving(1, {"f0": Source(content, content)})
    world.threads = 1
    failed, _ = fetched(world, items_of(world), tmp_path)
    assert [(outcome.state, outcome.bytes_fetched) for outcome in failed.outcomes] == [("failed", 20)]
    world.leaves = False
    report, here = fetched(world, items_of(world), tmp_path)
    check(report, here, world)
    assert world.served == size


def test_urls_are_requested_as_connections_can_take_them(tmp_path: Path) -> None:
    world = world_of(1, [CELL + 1] * 120)
    unused = list[int]()
    world.watch = lambda: unused.append(sum(source.issued for source in world.sources.values()) - world.requests)
    items = [world.item(name, {"md5": digest(source.content, "md5")}) for name, source in world.sources.items()]
    report, _ = fetched(world, items, tmp_path)
    assert report.ok
    assert 4 <= max(unused) <= 32


@settings(max_examples=settings().max_examples, deadline=None)
@given(st.integers(0, 2**32), SMALL)
@example(0, [79, 1, 1, 1, 130])  # the short cell at the end of a larger file was counted twice
def test_a_small_file_is_one_request(seed: int, sizes: list[int]) -> None:
    world = world_of(seed, sizes)
    shown = list[Progress]()
    with tempfile.TemporaryDirectory() as folder:
        report, here = fetched(world, items_of(world), Path(folder), progress=shown.append)
        check(report, here, world)
        small = [outcome for outcome in report.outcomes if (outcome.size or 0) <= CELL]
        assert all((outcome.attempts, outcome.bytes_fetched) == (1, outcome.size) for outcome in small)
        assert report.outcomes.bytes_fetched == world.served == sum(sizes) == shown[-1].bytes_fetched
        assert {progress.phase for progress in shown} <= {"preparing", "moving", "waiting", "finishing", "over"}
        assert all(progress.bytes_done <= sum(sizes) for progress in shown)


@settings(max_examples=settings().max_examples, deadline=None)
@given(st.integers(0, 2**32), SMALL, st.integers(0, 3), st.sampled_from([0.05, 0.2]), st.booleans())
def test_whatever_happens_to_small_files_they_arrive(
    seed: int, sizes: list[int], kills: int, trouble: float, corrupts: bool
) -> None:
    """Responses fail, are cut, changed on their way or paused, URLs expire, and the process is stopped or killed."""
    world = world_of(seed, sizes, trouble=trouble, kills=kills)
    world.corrupts = corrupts
    with tempfile.TemporaryDirectory() as folder:
        report, here = fetched(world, items_of(world), Path(folder))
        for outcome in report.outcomes:
            assert outcome.is_present or corrupts, outcome.error
            assert outcome.is_present == (here / outcome.name).exists()
            assert not outcome.is_present or (here / outcome.name).read_bytes() == world.sources[outcome.name].content


@settings(max_examples=settings().max_examples, deadline=None)
@given(st.integers(0, 2**32), SMALL)
def test_what_a_pause_called_off_is_requested_again(seed: int, sizes: list[int]) -> None:
    world = world_of(seed, sizes)

    def pause() -> None:
        if world.flying and world.chance.random() < 0.2:
            world.control.pause()

    world.watch = pause
    with tempfile.TemporaryDirectory() as folder:
        report, here = fetched(world, items_of(world), Path(folder))
        check(report, here, world)


@settings(max_examples=settings().max_examples, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 20), st.integers(1, 4))
def test_what_a_failed_file_has_received_is_not_requested_again(seed: int, cells: int, responses: int) -> None:
    assert lose(seed, cells, responses) == cells * CELL
