"""Uploads to a commons in which much goes wrong: one record a file, and little is sent twice."""

import hashlib
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypedDict

import pytest
from omicsdk.core import ChecksumMismatch, ManualClock, NotWritable, ServerError, SourceChanged
from omicsdk.gen3 import Gen3, Gen3Login, fence_store
from omicsdk.gen3.fence_store import GuidBook
from omicsdk.gen3.uploads import UploadResult
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.problems import Problem
from omicsdk.transfer.uploads.sending import FileBody
from small_cells import UNIT
from waiting import until

pytestmark = pytest.mark.usefixtures("small_fence_parts")

STORAGE = "/gen3/_storage"


class Options(TypedDict):
    """How the files are sent."""

    part_size: int
    single: int
    wait: float
    bucket: str


PARTS: Options = {"part_size": 5 * UNIT, "single": 0, "wait": 0, "bucket": "sandbox-gen3"}


@pytest.fixture
def big(tmp_path: Path, noise: Any) -> Path:
    """A file of three parts, of which all but the last have the least size."""
    path = tmp_path / "in/big"
    path.parent.mkdir()
    path.write_bytes(noise(10 * UNIT + 5))
    return path


def records(commons: Gen3) -> list[dict[str, Any]]:
    return commons.indexd.list_records.raw().json()["records"]


def check_arrived(commons: Gen3, result: UploadResult, tmp_path: Path) -> None:
    """Check that the commons has one record for each file, and returns what was sent."""
    result.raise_if_failed()
    assert sorted(record["did"] for record in records(commons)) == sorted(file.guid for file in result.transferred)
    commons.download([file.guid for file in result.transferred], tmp_path / "back", layout="id")
    for file in result.transferred:
        (copy,) = (tmp_path / "back" / file.guid.replace("/", "_")).iterdir()
        assert hashlib.sha256(copy.read_bytes()).digest() == hashlib.sha256(file.path.read_bytes()).digest()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize(
    ("part", "signal_"),
    [
        *((part, signal.SIGKILL) for part in (1, 2, 3)),
        (2, signal.SIGINT),
        *(pytest.param(part, signal.SIGINT, marks=pytest.mark.long) for part in (1, 3)),
    ],
)
def test_an_upload_that_was_ended_continues_and_makes_no_second_record(
    sandbox: Sandbox,
    commons: Gen3,
    big: Path,
    tmp_path: Path,
    start: Any,
    puts: Callable[[], int],
    part: int,
    signal_: signal.Signals,
) -> None:
    sandbox.add_faults(Rule("stall", path=f"{STORAGE}/*", method="PUT", query={"partNumber": str(part)}))
    process = start("upload", str(big), connections=1, least=5 * UNIT, **PARTS)
    until(lambda: sandbox.stalled, process)
    process.send_signal(signal_)
    process.communicate(timeout=30)
    sandbox.fault_book.clear()
    result = commons.upload(str(big), connections=1, **PARTS)
    check_arrived(commons, result, tmp_path)
    assert puts() <= 4
    assert len(sandbox.requests("/user/data/multipart/init")) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("shows", [True, False])
@pytest.mark.parametrize(("fills", "sent"), [(True, 3), (False, 6)])
def test_an_upload_that_was_ended_while_its_parts_were_put_together(
    sandbox: Sandbox,
    commons: Gen3,
    big: Path,
    tmp_path: Path,
    start: Any,
    puts: Callable[[], int],
    fills: bool,
    sent: int,
    shows: bool,
) -> None:
    """The record states that they are, if the commons fills it; if that is unknown, all is sent under the same GUID.

    The gateway of public deployments does not show why Fence fails: the storage does, to which a part is sent.
    """
    sandbox.settings.turn({"gen3.indexing": fills})
    sandbox.add_faults(Rule("stall", path="/user/data/multipart/complete"))
    process = start("upload", str(big), least=5 * UNIT, **PARTS)
    until(lambda: sandbox.stalled, process)
    process.kill()
    process.communicate(timeout=30)
    (begun,) = records(commons)
    until(lambda: sandbox.gen3.files.find(f"s3://sandbox-gen3/{begun['did']}/big"))
    sandbox.fault_book.clear()
    if fills:
        until(lambda: sandbox.finish() or records(commons)[0]["size"])
    if not shows:
        sandbox.add_faults(Rule("status", path="/user/data/multipart/complete", status=500, times=1))
    check_arrived(commons, commons.upload(str(big), retries=0, **PARTS), tmp_path)
    assert puts() == sent + (not shows)


def test_parts_whose_response_was_masked_are_put_together(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, puts: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The storage has put them together, but not in the time that the gateway has."""
    complete = sandbox.gen3.files.complete

    def too_late(*args: Any) -> None:
        complete(*args)
        raise Problem(500, "", "service failure - try again later")

    monkeypatch.setattr(sandbox.gen3.files, "complete", too_late)
    check_arrived(commons, commons.upload(big, retries=0, **PARTS), tmp_path)
    assert puts() == 4


def test_a_failing_commons_is_not_taken_for_a_lost_upload(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, puts: Callable[[], int]
) -> None:
    sandbox.add_faults(Rule("status", path="/user/data/multipart/complete", status=500, times=1))
    first = commons.upload(big, retries=0, **PARTS, check=False)
    assert isinstance(first.transferred[0].error, ServerError)
    check_arrived(commons, commons.upload(big, **PARTS), tmp_path)
    assert puts() == 4


def test_a_part_that_fails_permanently_is_all_that_is_sent_the_next_time(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, puts: Callable[[], int]
) -> None:
    (big.parent / "small").write_bytes(b"small")
    (rule,) = sandbox.add_faults(Rule("status", path=f"{STORAGE}/*", query={"partNumber": "3"}, status=500))
    # One connection: parts under way when another fails permanently are sent again.
    first = commons.upload(big.parent, connections=1, retries=1, **PARTS, check=False)
    assert [file.state for file in first.transferred] == ["failed", "indexed"]
    assert isinstance(first.transferred[0].error, ServerError)
    sandbox.fault_book.remove(rule)
    before = puts()
    second = commons.upload(big.parent, **PARTS, check=False)
    check_arrived(commons, second, tmp_path)
    assert puts() == before + 1
    assert [file.guid for file in second.transferred] == [file.guid for file in first.transferred]


def test_a_lost_book_of_records_is_restored_from_the_journal(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path
) -> None:
    (rule,) = sandbox.add_faults(Rule("status", path=f"{STORAGE}/*", query={"partNumber": "3"}, status=500))
    first = commons.upload(big, retries=0, connections=1, **PARTS, check=False)
    sandbox.fault_book.remove(rule)
    (book,) = (tmp_path / "state").rglob("*.journal-guids")
    book.unlink()
    second = commons.upload(big, **PARTS, check=False)
    check_arrived(commons, second, tmp_path)
    assert second.transferred[0].guid == first.transferred[0].guid


def test_what_passes_is_tried_again(sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path) -> None:
    sandbox.add_faults(
        Rule("status", path="/user/data/multipart/init", status=429, retry_after=1, times=1),
        Rule("reset", path=f"{STORAGE}/*", method="PUT", times=2),
        Rule("status", path=f"{STORAGE}/*", method="PUT", status=503, retry_after=1, nth=4),
        Rule("status", path="/user/data/multipart/upload", status=503, nth=3),
    )
    check_arrived(commons, commons.upload(big, **PARTS), tmp_path)
    assert len(records(commons)) == 1


@pytest.mark.parametrize("expires", [True, False])
def test_a_token_that_ends_in_the_midst_is_renewed(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, expires: bool
) -> None:
    auth, access = commons.credentials, sandbox.gen3.access
    assert isinstance(auth, Gen3Login)
    ended = threading.Event()

    def watch(progress: Any) -> None:
        if progress.bytes_fetched > 6 * UNIT and not ended.is_set():
            ended.set()
            claims = access.claims(auth.get_access_token())
            if expires:  # at the commons, whose clock is ahead of this machine's: it is not renewed before
                sandbox.clock.advance(claims["exp"] - claims["iat"] + 60)
            else:
                access.revoke(claims["jti"])

    check_arrived(commons, commons.upload(big, connections=1, progress=watch, **PARTS), tmp_path)
    assert ended.is_set()
    assert len(sandbox.requests("/user/credentials/cdis/access_token")) == 2


@pytest.mark.parametrize("size", [6 * UNIT, 15 * UNIT])
def test_a_file_that_shrinks_or_grows_meanwhile_fails_and_leaves_no_record(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, size: int
) -> None:
    sandbox.add_faults(Rule("stall", path=f"{STORAGE}/*", method="PUT", query={"partNumber": "2"}))
    results = list[UploadResult]()
    running = threading.Thread(
        target=lambda: results.append(commons.upload(big, connections=1, **PARTS, check=False)), daemon=True
    )
    running.start()
    until(lambda: sandbox.stalled)
    os.truncate(big, size)
    sandbox.fault_book.clear()
    sandbox.release()
    running.join(30)
    (file,) = results[0].transferred
    assert file.state == "failed"
    assert "big" in str(file.error)
    assert "changed" in str(file.error)
    assert records(commons) == []
    check_arrived(commons, commons.upload(big, **PARTS), tmp_path)


def test_a_record_that_is_gone_is_made_again(sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path) -> None:
    (big.parent / "small").write_bytes(b"small")
    sandbox.add_faults(Rule("status", path=f"{STORAGE}/*", status=500))
    options: Options = {**PARTS, "single": 10}
    first = commons.upload(big.parent, retries=0, **options, check=False)
    assert [file.state for file in first.transferred] == ["failed", "failed"]
    for file in first.transferred:
        commons.fence.delete_file_locations(file_id=file.guid)
    sandbox.fault_book.clear()
    second = commons.upload(big.parent, **options, check=False)
    check_arrived(commons, second, tmp_path)
    assert not {file.guid for file in first.transferred} & {file.guid for file in second.transferred}


def test_a_record_that_went_before_its_parts_were_put_together_is_made_again(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path
) -> None:
    sandbox.add_faults(Rule("status", path="/user/data/multipart/complete", status=500))
    (first,) = commons.upload(big, retries=0, **PARTS, check=False).transferred
    assert first.state == "failed"
    commons.fence.delete_file_locations(file_id=first.guid)
    sandbox.fault_book.clear()
    second = commons.upload(big, **PARTS, check=False)
    check_arrived(commons, second, tmp_path)
    assert second.transferred[0].guid != first.guid


def test_parts_that_cannot_be_put_together_are_sent_again(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals, complete = [Problem(400, "InvalidPart", "no such part")], sandbox.gen3.files.complete

    def refuse_once(*args: Any) -> None:
        if refusals:
            raise refusals.pop()
        complete(*args)

    monkeypatch.setattr(sandbox.gen3.files, "complete", refuse_once)
    result = commons.upload(big, retries=0, **PARTS, check=False)
    check_arrived(commons, result, tmp_path)


def test_a_folder_that_got_one_more_file_is_resumed(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path, puts: Callable[[], int], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in "ab":
        (folder / name).write_text(name)
    first = commons.upload(folder, wait=0)  # the bucket is unknown: the records stay blank
    assert [file.state for file in first.transferred] == ["uploaded", "uploaded"]
    (folder / "c").write_text("c")
    monkeypatch.chdir(tmp_path)
    sandbox.finish()
    second = commons.upload("in", wait=0)
    assert [file.state for file in second.transferred] == ["indexed", "indexed", "uploaded"]
    assert puts() == 3
    sandbox.finish()
    check_arrived(commons, commons.upload(Path("in"), wait=0), tmp_path)


def test_files_of_one_name_are_not_sent_again_for_each_other(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path, puts: Callable[[], int]
) -> None:
    for name in ("x/a", "y/a", "z/b"):
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(name.encode())
    options: Options = {**PARTS, "single": 10}
    sandbox.add_faults(Rule("status", path=f"{STORAGE}/*/b", status=403))
    first = commons.upload(tmp_path / "in", retries=0, **options, check=False)
    assert [file.state for file in first.transferred] == ["indexed", "indexed", "failed"]
    sandbox.fault_book.clear()
    before = puts()
    check_arrived(commons, commons.upload(tmp_path / "in", **options), tmp_path)
    assert puts() == before + 1


def test_names_may_have_spaces_and_any_letters(commons: Gen3, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("reads 1 (copy).bam", "größe é 試料.vcf", "a+b&c=d#e?f%20.txt", "empty"):
        (folder / name).write_text("" if name == "empty" else name)
    check_arrived(commons, commons.upload(folder, bucket="sandbox-gen3", wait=0), tmp_path)


def test_records_are_waited_for_together(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    """A commons without a job that fills them must not cost a minute a file."""
    sandbox.settings.turn({"gen3.indexing": False})
    folder = tmp_path / "in"
    folder.mkdir()
    for n in range(40):
        (folder / f"{n}").write_text(f"{n}")

    class Clock:
        def __init__(self) -> None:
            self.passed = 0.0
            self.lock = threading.Lock()

        def now(self) -> float:
            return self.passed

        def monotonic(self) -> float:
            return self.passed

        def sleep(self, seconds: float) -> None:
            with self.lock:
                self.passed += seconds

        async def async_sleep(self, seconds: float) -> None:
            raise AssertionError(seconds)

    clock = Clock()
    result = commons.upload(folder, wait=60, clock=clock)
    assert {file.state for file in result.transferred} == {"uploaded"}
    assert 60 <= clock.passed < 120


@pytest.mark.parametrize(
    "trouble",
    [
        Rule("stall", path=f"{STORAGE}/*"),
        Rule("stall", path="/user/*"),
        Rule("status", path="/user/data/*", status=500),
        Rule("status", path=f"{STORAGE}/*", status=503, retry_after=30),
        Rule("stall", path="/index/index/*"),
    ],
    ids=["silent storage", "silent commons", "broken commons", "busy storage", "silent index"],
)
def test_a_stop_ends_an_upload_whatever_it_waits_for(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, trouble: Rule
) -> None:
    sandbox.add_faults(trouble)
    stop, ended = threading.Event(), threading.Event()
    results = list[UploadResult]()

    def run() -> None:
        results.append(commons.upload(big, stop=stop, **PARTS, check=False))
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    until(lambda: any(rule["acted"] for rule in sandbox.fault_book.rules()))
    stop.set()
    assert ended.wait(20)
    assert results[0].transferred[0].state in ("stopped", "uploaded")
    sandbox.fault_book.clear()
    sandbox.release()
    first = results[0].transferred[0].guid
    again = commons.upload(big, **PARTS, check=False)
    again.raise_if_failed()
    assert first in ("", again.transferred[0].guid)
    if first:  # else the response to the request for a record was lost
        check_arrived(commons, again, tmp_path)


def test_a_book_with_a_line_cut_off_is_resumed(tmp_path: Path) -> None:
    path, file = tmp_path / "book", tmp_path / "file"
    file.write_text("x")
    GuidBook(path).keep("elsewhere", "one", "guid-1")
    path.write_bytes(path.read_bytes() + b'{"file": "cut o')
    book = GuidBook(path)
    assert book.find("elsewhere", "one") == "guid-1"
    book.keep(str(file), "two", "guid-2")
    assert GuidBook(path).find(str(file), "two") == "guid-2"
    book.keep(str(file), "two", "")
    assert GuidBook(path).find(str(file), "two") == ""
    file.write_text("changed")
    assert book.find(str(file), "two") == ""


def test_a_book_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "book").mkdir()
    with pytest.raises(NotWritable, match="book"):
        GuidBook(tmp_path / "book")


@pytest.mark.parametrize("call", ["upload", "multipart/init", "multipart/complete"])
@pytest.mark.parametrize(
    "fault", [{"action": "cut", "at": 0}, {"action": "reset"}, {"action": "status", "status": 500}]
)
def test_a_lost_response_makes_no_second_record_and_sends_nothing_twice(
    sandbox: Sandbox,
    commons: Gen3,
    big: Path,
    tmp_path: Path,
    puts: Callable[[], int],
    call: str,
    fault: dict[str, Any],
) -> None:
    sandbox.add_faults(Rule(**fault, path=f"/user/data/{call}", method="POST", times=1))
    how = PARTS if "multipart" in call else {**PARTS, "single": 64 * UNIT}
    check_arrived(commons, commons.upload(str(big), **how, clock=ManualClock()), tmp_path)
    probes = call == "multipart/complete" and fault["action"] == "status"  # the storage, by an empty part
    assert puts() == (3 + probes if "multipart" in call else 1)


@pytest.mark.parametrize(("fault", "status"), [("cut", 400), ("cut", 404), ("reset", 404)])
def test_a_refusal_after_a_lost_response_does_not_show_whether_the_parts_were_put_together(
    sandbox: Sandbox, commons: Gen3, big: Path, tmp_path: Path, puts: Callable[[], int], fault: Any, status: int
) -> None:
    path = "/user/data/multipart/complete"
    sandbox.add_faults(Rule(fault, path=path, at=0, times=1), Rule("status", path=path, status=status, nth=2))
    first = commons.upload(big, **PARTS, check=False)
    assert first.transferred[0].state == ("indexed" if fault == "cut" else "failed")
    check_arrived(commons, first if fault == "cut" else commons.upload(big, **PARTS), tmp_path)
    assert puts() == 4


def test_a_blank_record_of_an_earlier_upload_of_the_same_name_is_left_alone(
    sandbox: Sandbox, commons: Gen3, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = commons.fence.upload_file.raw(file_name="big").json()["guid"]
    plain = fence_store.seconds_of_date
    monkeypatch.setattr(fence_store, "seconds_of_date", lambda text: plain(text) + 3600)  # an hour later
    sandbox.add_faults(Rule("reset", path="/user/data/multipart/init", method="POST", times=1))
    (sent,) = commons.upload(str(big), **PARTS, clock=ManualClock()).transferred
    assert sent.guid != earlier


@pytest.mark.parametrize("times", [1, 99])
def test_a_part_with_a_flipped_bit_is_sent_again(
    sandbox: Sandbox,
    commons: Gen3,
    big: Path,
    tmp_path: Path,
    puts: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    times: int,
) -> None:
    plain, flips = FileBody.read, [times]

    def read(self: Any, length: int) -> bytes | int:
        data = plain(self, length)
        if flips[0] and data:
            flips[0] -= 1
            return bytes([data[0] ^ 1, *data[1:]])
        return data

    monkeypatch.setattr(FileBody, "read", read)
    result = commons.upload(str(big), connections=1, **PARTS, clock=ManualClock(), check=False)
    if times == 1:
        check_arrived(commons, result, tmp_path)
        assert puts() == 4
    else:
        assert isinstance(result.transferred[0].error, ChecksumMismatch)
        assert sandbox.requests("/user/data/multipart/complete") == []


def test_a_file_that_changes_while_it_is_sent_whole_leaves_no_record(
    sandbox: Sandbox, commons: Gen3, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = FileBody.read

    def read(self: Any, length: int) -> bytes | int:
        with big.open("r+b") as other:
            other.seek(-5, os.SEEK_END)
            other.write(b"other")
        return plain(self, length)

    monkeypatch.setattr(FileBody, "read", read)
    (file,) = commons.upload(str(big), **{**PARTS, "single": 64 * UNIT}, check=False).transferred
    assert isinstance(file.error, SourceChanged)
    assert records(commons) == []
    assert "was removed" in str(file.error)


def test_a_record_of_an_earlier_run_stays_when_the_file_changes(
    sandbox: Sandbox, commons: Gen3, big: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.add_faults(Rule("status", path=f"{STORAGE}/*", status=500))
    how: Options = {**PARTS, "single": 64 * UNIT}
    (first,) = commons.upload(str(big), retries=0, **how, check=False).transferred
    assert (first.state, len(records(commons))) == ("failed", 1)
    sandbox.fault_book.clear()
    plain = FileBody.read

    def read(self: Any, length: int) -> bytes | int:
        os.utime(big, ns=(1, 1))
        return plain(self, length)

    monkeypatch.setattr(FileBody, "read", read)
    (file,) = commons.upload(str(big), **how, check=False).transferred
    assert (file.guid, len(records(commons))) == (first.guid, 1)
    assert f"The record {first.guid} has what was sent last" in str(file.error)
