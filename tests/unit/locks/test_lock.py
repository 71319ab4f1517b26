"""A lock of lists on disk: resolved, compared and written without a request, since the lists state everything."""

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import omicsdk
import pytest
from omicsdk.core import ManualClock
from omicsdk.core.checksums import digest
from omicsdk.core.errors import ConfigError, SomeFailed, UnsafePath, UsageError
from omicsdk.core.files import locked
from omicsdk.locks import Cache, Lock, LockedFile, LockError, add
from omicsdk.transfer import Item, Location, Progress, TransferFailed

HOST = "https://files.example.org"
BEGIN = 1_769_860_800.0  # 2026-01-31T12:00:00Z


def md5(content: str) -> str:
    return hashlib.md5(content.encode(), usedforsecurity=False).hexdigest()


def write_list(name: str, **contents: str) -> None:
    """A list of files with these contents, by name."""
    rows = (f"{HOST}/{file}\t{file}\t{len(text)}\t{md5(text)}\n" for file, text in contents.items())
    Path(name).write_text("url\tname\tsize\tmd5\n" + "".join(rows))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ManualClock:
    monkeypatch.chdir(tmp_path)
    write_list("one.tsv", a="A", b="B")
    add("one.tsv", name="one")
    clock = ManualClock()
    clock.advance(BEGIN - clock.now())
    return clock


@pytest.fixture
def lock(clock: ManualClock) -> Lock:
    lock = Lock(clock=clock)
    assert lock.update().is_written
    return lock


def since(lock: Lock) -> dict[str, str]:
    return {file.path: file.since for file in lock.files()}


def text() -> str:
    return Path("omics.lock").read_text()


def test_a_new_lock_has_the_files_of_all_sources(lock: Lock):
    first = LockedFile("data/a", "one", 1, {"md5": md5("A")}, "url", f"{HOST}/a", (), "2026-01-31T12:00:00Z")
    assert next(lock.files()) == first
    assert [file.path for file in omicsdk.Lock.load().files(["one"])] == ["data/a", "data/b"]
    with pytest.raises(UsageError, match="no source 'two'"):
        lock.files(["two"])


def test_a_first_lock_is_written_without_a_file(clock: ManualClock):
    Path("omics.toml").write_text('[sources.one]\nfrom = "one.tsv"\nexclude = "*"\n')
    assert Lock(clock=clock).update().is_written
    assert text() == '{"omics_lock": 1}\n'


def test_a_lock_keeps_its_folder_when_the_current_one_changes(lock: Lock, monkeypatch: pytest.MonkeyPatch):
    Path("elsewhere").mkdir()
    monkeypatch.chdir("elsewhere")
    assert [*lock.files().rows()] == [file._asdict() for file in lock.files()] != []
    assert {row["state"] for row in lock.status().rows()} == {"missing"}


def test_nothing_is_written_again_without_a_change(lock: Lock, clock: ManualClock):
    before = Path("omics.lock").stat()
    clock.advance(60)
    result = lock.update()
    assert (result.files, result.counts, result.is_written, result.is_refused) == (2, {}, False, False)
    assert Path("omics.lock").stat().st_ino == before.st_ino


class TickingClock(ManualClock):
    """A second passes whenever the time is read."""

    def monotonic(self) -> float:
        self.advance(1)
        return super().monotonic()


def test_a_resolution_and_a_verification_report_their_progress(lock: Lock):
    write_list("one.tsv", **{f"f{number}": "content" for number in range(1200)})
    states: list[Progress] = []
    Lock(clock=TickingClock()).update(accept=True, progress=states.append)
    assert [(state.files, state.files_done, state.phase) for state in states] == [
        (None, count, "preparing") for count in (500, 1000, 1200)
    ]
    Path("data").mkdir()
    for number in range(1, 1200):
        Path(f"data/f{number}").write_text("content")
    ticking = Lock(clock=TickingClock())
    for is_status in (True, False):
        states.clear()
        if is_status:
            assert [state.state for state in ticking.status(verify=True, progress=states.append)] == ["missing"]
        else:
            assert not ticking.verify(progress=states.append, check=False).ok
        last = states[-1]
        assert (last.files, last.files_done, last.files_failed) == (1200, 1199, 1)
        assert last.bytes == last.bytes_done == last.bytes_fetched == 7 * 1199
        assert last.rate > 0
    cache = Cache("cache", clock=TickingClock())
    checksums = {"md5": digest(b"content", "md5")}
    cache.add("data/f1", checksums)
    longer = Item("f", Location("https://h.example/f"), 8, checksums)
    assert (
        cache.take(longer, "data/f", link="copy", create=lambda path: os.open(path, os.O_WRONLY | os.O_CREAT)) is None
    )
    Path("cache/notes.txt").touch()
    assert [problem.state for problem in cache.verify(states.append)] == ["foreign"]
    assert (states[-1].files, states[-1].files_done, states[-1].bytes, states[-1].bytes_fetched) == (1, 1, 7, 7)


def test_changed_content_gets_another_time_and_other_content_keeps_its_own(lock: Lock, clock: ManualClock):
    clock.advance(60)
    write_list("one.tsv", a="A", b="B2", c="C")
    result = lock.update(accept=True)
    assert dict(result.counts) == {"changed": 1, "added": 1}
    assert next(change.why for change in result.first_changes) == f"size 1 -> 2; md5 {md5('B')} -> {md5('B2')}"
    assert since(lock) == {
        "data/a": "2026-01-31T12:00:00Z",
        "data/b": "2026-01-31T12:01:00Z",
        "data/c": "2026-01-31T12:01:00Z",
    }


def test_another_address_of_the_same_content_keeps_the_time(lock: Lock, clock: ManualClock):
    clock.advance(60)
    Path("one.tsv").write_text(Path("one.tsv").read_text().replace(f"{HOST}/a", f"{HOST}/moved/a"))
    assert [change.why for change in lock.update().first_changes] == [f"address {HOST}/a -> {HOST}/moved/a"]
    assert since(lock)["data/a"] == "2026-01-31T12:00:00Z"


@pytest.mark.parametrize("contents", [{"a": "A", "b": "B2"}, {"a": "A"}, {"a": "A", "b": "B", "c": "C"}])
def test_a_source_that_changed_is_not_taken_unless_accepted(lock: Lock, contents: dict[str, str]):
    before = text()
    write_list("one.tsv", **contents)
    result = lock.update()
    assert (result.is_refused, result.is_written, sum(result.counts.values()), text()) == (True, False, 1, before)
    assert lock.update(accept=True).is_written
    assert not lock.update().is_refused


def test_a_new_source_is_taken(lock: Lock):
    write_list("two.tsv", c="C")
    add("two.tsv", name="two", to="more")
    assert lock.update().is_written
    assert [*since(lock)] == ["data/a", "data/b", "more/c"]


def test_a_source_that_was_deleted_loses_its_files_when_that_is_accepted(lock: Lock):
    write_list("two.tsv", c="C")
    Path("omics.toml").write_text('[sources.two]\nfrom = "two.tsv"\n')
    assert lock.update().is_refused
    assert lock.update(accept=True).is_written
    assert [*since(lock)] == ["data/c"]


def test_named_sources_are_resolved_and_the_others_kept(lock: Lock):
    write_list("two.tsv", c="C")
    add("two.tsv", name="two", to="more")
    lock.update()
    write_list("two.tsv", c="C2")
    Path("one.tsv").unlink()  # it is not read
    assert dict(lock.update(["two"], accept=True).counts) == {"changed": 1}
    assert [*since(lock)] == ["data/a", "data/b", "more/c"]
    with pytest.raises(UsageError, match=r"no source 'tow'. Did you mean 'two'"):
        lock.update(["tow"])


@pytest.mark.parametrize("names", [(), ("two",)])
def test_two_sources_cannot_have_one_path(lock: Lock, names: tuple[str, ...]):
    before = text()
    write_list("two.tsv", b="B")
    add("two.tsv", name="two")
    with pytest.raises(LockError, match="data/b: the sources 'one' and 'two' both have this path"):
        lock.update(names)
    assert text() == before


def test_two_files_of_a_source_cannot_have_one_path(lock: Lock):
    Path("one.tsv").write_text(f"url\tname\tmd5\n{HOST}/1/a\ta\t{md5('1')}\n{HOST}/2/a\ta\t{md5('2')}\n")
    with pytest.raises(LockError, match="layout"):
        lock.update()


def test_a_file_cannot_be_the_folder_of_another(lock: Lock):
    Path("one.tsv").write_text(f"url\tname\n{HOST}/a\ta\n{HOST}/b\ta/b\n")
    with pytest.raises(LockError, match="as it was"):
        lock.update()


def test_unsafe_names_are_not_locked(lock: Lock):
    before = text()
    Path("one.tsv").write_text(f"url\tname\n{HOST}/a\tx.0a1b2c3d.part\n")
    with pytest.raises(SomeFailed) as raised:
        lock.update()
    assert isinstance(raised.value.errors[0], UnsafePath)
    assert text() == before


def test_no_file_takes_the_place_of_the_lock(clock: ManualClock):
    Path("omics.toml").write_text('[sources.one]\nfrom = "one.tsv"\nto = ""\n')
    write_list("one.tsv", **{"a": "A", "Omics.lock": "L"})
    with pytest.raises(SomeFailed) as raised:
        Lock(clock=clock).update()
    assert "that of the lock" in str(raised.value.errors[0])
    assert not Path("omics.lock").exists()


def test_signed_urls_and_headers_are_not_locked(lock: Lock):
    before = text()
    Path("one.tsv").write_text(f"url\tname\n{HOST}/a?X-Amz-Signature=5\ta\n{HOST}/b\tb\n")
    with pytest.raises(SomeFailed, match=r"1 file of 2 cannot be locked") as raised:
        lock.update()
    assert "signature" in str(raised.value.errors[0])
    assert "X-Amz" not in str(raised.value.errors[0])
    Path("one.tsv").write_text(f"{HOST}/a\n  out=a\n  header=X-Auth-Token: secret\n")
    with pytest.raises(SomeFailed) as raised:
        lock.update()
    assert "headers" in str(raised.value.errors[0])
    assert "secret" not in str(raised.value.errors[0])
    assert text() == before
    Path("one.tsv").write_text(f"{HOST}/a\t{HOST}/m/a\t{HOST}/s/a?X-Amz-Signature=5\n  out=a\n")
    lock.update(accept=True)
    assert [file.mirrors for file in lock.files()] == [(f"{HOST}/m/a",)]


def test_a_lock_that_is_being_written_is_refused(lock: Lock):
    with locked(lock.path), pytest.raises(ConfigError, match="is locked"):
        lock.update()


def test_an_invalid_lock_is_left_as_it_is(lock: Lock):
    Path("omics.lock").write_text(broken := text().replace('"size"', '"szie"'))
    with pytest.raises(LockError, match="szie"):
        lock.update()
    assert text() == broken


class Killed(BaseException):
    """Stands for SIGKILL: nothing after it is done."""


POINTS = ["copyfileobj: nothing", "copyfileobj: half", "fsync", "replace"]


@pytest.mark.parametrize("point", POINTS)
def test_a_kill_at_any_point_of_writing_leaves_the_lock_before(lock: Lock, monkeypatch: pytest.MonkeyPatch, point: str):
    before = text()
    write_list("one.tsv", a="A2", b="B2")
    with killed_at(monkeypatch, point), pytest.raises(Killed):
        lock.update(accept=True)
    assert text() == before
    assert any(Path().glob(".omics.lock.*.part"))
    assert lock.update(accept=True).is_written  # the next one removes what was left
    assert not any(Path().glob(".omics.lock*"))


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, point: str) -> Iterator[None]:
    def kill(*_: Any) -> None:
        raise Killed

    def copy(whole: IO[bytes], out: IO[bytes], _: int) -> None:
        data = whole.read()
        out.write(data[: len(data) // 2 if point.endswith("half") else 0])
        out.flush()
        raise Killed

    unlink = Path.unlink

    def keep(path: Path, *words: Any, **options: Any) -> None:
        if path.suffix != ".part":  # which an exception would remove, and a kill does not
            unlink(path, *words, **options)

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.unlink", keep)
        if point.startswith("copyfileobj"):
            patch.setattr(shutil, "copyfileobj", copy)
        elif point == "fsync":
            patch.setattr("os.fsync", kill)
        else:
            patch.setattr("pathlib.Path.replace", kill)
        yield


@pytest.mark.parametrize(("one", "other"), [("a", "A"), ("\u00e9", "e\u0301"), ("a", "A/b")])
def test_paths_that_are_one_on_other_systems_are_locked_with_a_warning(clock: ManualClock, one: str, other: str):
    write_list("one.tsv", **{one: "1", other: "2"})
    messages = list[str]()
    assert Lock(clock=clock).update(on_message=messages.append).is_written
    assert ["cannot be pulled there" in line for line in messages if line.startswith("warning")] == [True]


# -- what exists


def put(path: str, content: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(content)


def states(lock: Lock, *, verify: bool = False) -> dict[str, str]:
    return {state.path: state.state for state in lock.status(verify=verify)}


def test_missing_changed_unverified_and_foreign_files_are_found(lock: Lock):
    assert states(lock) == {"data/a": "missing", "data/b": "missing"}
    put("data/a", "A")
    put("data/b", "longer")
    for foreign in ("data/sub/omics.lock", "data/sub.x", "data/.hidden/x", "data/b.0a1b2c3d.part", "elsewhere"):
        put(foreign, "x")
    assert [*states(lock).items()] == [
        ("data/a", "unverified"),
        ("data/b", "changed"),
        ("data/sub.x", "foreign"),
        ("data/sub/omics.lock", "foreign"),
    ]
    assert states(lock, verify=True) == {"data/b": "changed", "data/sub.x": "foreign", "data/sub/omics.lock": "foreign"}


def test_content_is_compared_when_it_is_verified(lock: Lock):
    put("data/a", "X")
    put("data/b", "B")
    assert {state.state for state in lock.status()} == {"unverified"}
    assert states(lock, verify=True) == {"data/a": "changed"}
    report = lock.verify(check=False)
    assert [(outcome.name, outcome.state) for outcome in report.outcomes] == [("data/a", "failed"), ("data/b", "done")]
    assert f"md5 is {md5('X')}, expected {md5('A')}" in str(report.failed[0].error)
    with pytest.raises(TransferFailed, match="data/a"):
        lock.verify("one")
    with pytest.raises(UsageError, match="no source 'two'"):
        lock.verify(["two"])


def test_the_lock_itself_is_not_foreign_in_its_folder(clock: ManualClock):
    Path("omics.toml").write_text('[sources.one]\nfrom = "one.tsv"\nto = "."\n')
    lock = Lock(clock=clock)
    lock.update()
    assert states(lock) == {"a": "missing", "b": "missing", "one.tsv": "foreign"}


def test_nested_folders_are_walked_once(lock: Lock):
    write_list("two.tsv", c="C")
    add("two.tsv", name="two", to="data/more")
    lock.update()
    put("data/more/x", "x")
    assert states(lock) == {
        "data/a": "missing",
        "data/b": "missing",
        "data/more/c": "missing",
        "data/more/x": "foreign",
    }


def test_differences_upstream_are_listed_after_the_others(lock: Lock):
    write_list("one.tsv", b="B2", c="C")
    before = text()
    put("data/a", "A")
    upstream = [(entry.path, entry.state) for entry in lock.status(upstream=True) if entry.state.endswith("upstream")]
    assert upstream == [("data/a", "removed upstream"), ("data/b", "changed upstream"), ("data/c", "added upstream")]
    assert text() == before


def test_checksums_are_exported_as_coreutils_write_them(lock: Lock):
    assert [*lock.export("md5")] == [f"{md5('A')}  data/a", f"{md5('B')}  data/b"]
    with pytest.raises(LockError, match="data/a has no sha256"):
        [*lock.export("sha256")]


def test_a_folder_without_a_lock_is_refused(tmp_path: Path):
    with pytest.raises(LockError, match="neither"):
        Lock.load(tmp_path / "none")
    with pytest.raises(LockError, match="Run `omics lock`"):
        [*Lock(tmp_path).files()]
