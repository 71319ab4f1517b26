"""Downloads from a commons in which much goes wrong: all that can come comes whole, and what cannot states why."""

import hashlib
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import ChecksumMismatch, DiskFull, Forbidden, Retry, TransportError, Unauthorized
from omicsdk.drs import RequestedObject, ResolutionSettings, Resolver, Servers, parse_drs_id
from omicsdk.drs.downloads import download_objects
from omicsdk.drs.planning import requested_objects
from omicsdk.gen3 import Gen3, Gen3Login
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.gen3 import READER
from omicsdk.transfer import TransferOptions
from small_cells import UNIT
from waiting import until

MIB = 1 << 20
CELL = 4 * MIB
NOBODY = ResolutionSettings(order=())
STORAGE = "/gen3/_storage"


def states(report: Any) -> list[str]:
    return [outcome.state for outcome in report.outcomes]


def manifest_object(sandbox: Sandbox, name: str, content: bytes, **more: Any) -> RequestedObject:
    """A file as a manifest states it."""
    guid = sandbox.gen3.add_file(name, content, **more)
    return RequestedObject(parse_drs_id(guid), name, len(content), {"md5": hashlib.md5(content).hexdigest()})


@pytest.mark.usefixtures("small_cells")
def test_bodies_that_are_cut_each_time_come_whole(sandbox: Sandbox, commons: Gen3, tmp_path: Path, noise: Any) -> None:
    contents = {f"{n}.bam": noise(9 * UNIT + n, n) for n in range(3)}
    guids = [sandbox.gen3.add_file(name, content) for name, content in contents.items()]
    sandbox.add_faults(Rule("cut", path=f"{STORAGE}/*", at=5 * UNIT))
    commons.download(guids, tmp_path / "out", settings=NOBODY)
    assert {name: (tmp_path / "out" / name).read_bytes() for name in contents} == contents


def test_names_may_have_spaces_and_any_letters(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    names = ["reads 1 (copy).bam", "größe é 試料.vcf", "a+b&c=d#e?f%20.txt", "' \" ;.tsv"]
    guids = [sandbox.gen3.add_file(name, name.encode()) for name in names]
    commons.download(guids, tmp_path / "out", settings=NOBODY)
    assert [(tmp_path / "out" / name).read_bytes() for name in names] == [name.encode() for name in names]


def test_a_record_without_hashes_is_held_against_its_size_and_reports_it(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    guids = [sandbox.gen3.add_file("none", b"none", hashes={}), sandbox.gen3.add_file("some", b"some")]
    report = commons.download(guids, tmp_path / "out", settings=NOBODY)
    report.raise_if_failed()
    unsure, sure = (outcome.verified for outcome in report.outcomes)
    assert unsure.startswith("size and ETag only")
    assert sure == "md5, sha256"
    assert not report.outcomes[0].checksums


def test_a_server_that_asks_to_wait_is_waited_for(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guids = [sandbox.gen3.add_file(f"{n}", b"%d" % n) for n in range(3)]
    sandbox.add_faults(
        Rule("status", path="/ga4gh/*", status=429, retry_after=1, times=1),
        Rule("status", path=f"{STORAGE}/*", status=429, retry_after=1, times=1),
    )
    began = time.monotonic()
    commons.download(guids, tmp_path / "out", settings=NOBODY)
    assert time.monotonic() - began >= 2


def test_a_token_that_ends_in_the_midst_is_renewed(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    objects = [manifest_object(sandbox, f"{n}", b"%d" % n, authz=("/programs/secret",)) for n in range(150)]
    auth, access = commons.credentials, sandbox.gen3.access
    assert isinstance(auth, Gen3Login)
    ended = threading.Event()

    def watch(progress: Any) -> None:
        if progress.files_done and not ended.is_set():
            ended.set()
            access.revoke(access.claims(auth.get_access_token())["jti"])

    commons.download(objects[:1], tmp_path / "out", settings=NOBODY, progress=watch)
    assert ended.is_set()
    commons.download(objects, tmp_path / "out", settings=NOBODY)
    assert len(sandbox.requests("/user/credentials/cdis/access_token")) == 2


def test_one_that_is_forbidden_keeps_no_other_from_coming(sandbox: Sandbox, tmp_path: Path) -> None:
    """Also where a manifest states it, so that it is requested at the last moment."""
    secret = [manifest_object(sandbox, f"secret{n}", b"s", authz=("/programs/secret",)) for n in range(2)]
    free = [manifest_object(sandbox, f"free{n}", b"f") for n in range(3)]
    auth = Gen3Login(refresh_file=sandbox.gen3_credentials(tmp_path / "reader.json", READER))
    with Gen3(sandbox.gen3_url, credentials=auth) as commons:
        report = commons.download([secret[0], *free, secret[1]], tmp_path / "out", settings=NOBODY, check=False)
    assert states(report) == ["failed", "done", "done", "done", "failed"]
    assert all(isinstance(outcome.error, Forbidden | Unauthorized) for outcome in report.failed)


def test_urls_that_end_before_their_turn_are_requested_again(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    objects = [manifest_object(sandbox, f"{n}", b"%d" % n) for n in range(20)]
    sandbox.add_faults(Rule("status", path=f"{STORAGE}/*", status=403, times=1, each="path"))
    commons.download(objects, tmp_path / "out", settings=NOBODY)


def test_rows_of_a_manifest_are_described_when_their_turn_comes(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    objects = [manifest_object(sandbox, f"{n}.bin", b"%d" % n) for n in range(150)]
    dry = commons.download(objects, tmp_path / "out", settings=NOBODY, dry_run=True)
    assert states(dry) == ["planned"] * 150
    assert not sandbox.requests("/ga4gh")
    commons.download(objects, tmp_path / "out", settings=NOBODY)
    assert len(sandbox.requests("/ga4gh")) == 4  # two hundreds of objects, two hundreds of URLs
    again = commons.download(objects, tmp_path / "out", settings=NOBODY)
    assert states(again) == ["skipped"] * 150
    assert len(sandbox.requests("/ga4gh")) == 4


def test_a_row_that_states_a_wrong_checksum_fails_alone(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    right = manifest_object(sandbox, "right", b"right")
    wrong = RequestedObject(manifest_object(sandbox, "x", b"x").identifier, "wrong", 1, {"md5": "0" * 32})
    nonsense = RequestedObject(manifest_object(sandbox, "y", b"y").identifier, "nonsense", 1, {"md5": "none"})
    negative = RequestedObject(manifest_object(sandbox, "z", b"z").identifier, "negative", -1)
    foreign = RequestedObject(manifest_object(sandbox, "w", b"w").identifier, "foreign", 1, {"crc": "1"})
    long = RequestedObject(manifest_object(sandbox, "v", b"v").identifier, "long", 1, {"sha512": "0" * 128})
    report = commons.download(
        [wrong, nonsense, right, negative, foreign, long], tmp_path / "out", settings=NOBODY, check=False
    )
    assert states(report) == ["failed", "failed", "done", "failed", "done", "failed"]
    assert isinstance(report.outcomes[0].error, ChecksumMismatch)
    assert isinstance(report.outcomes[5].error, ChecksumMismatch)
    assert "none" in str(report.outcomes[1].error)
    assert "negative" in str(report.outcomes[3].error)


def test_a_bundle_that_a_manifest_states_as_a_file_becomes_a_folder(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    guids = [sandbox.gen3.add_file(name, name.encode()) for name in ("one", "two")]
    made = commons.indexd.create_bundle.raw(name="study", bundles=guids).json()
    bundle = RequestedObject(parse_drs_id(made["bundle_id"]), "mine", 6, {"md5": "0" * 32})
    report = commons.download([bundle, manifest_object(sandbox, "last", b"l")], tmp_path / "out", settings=NOBODY)
    report.raise_if_failed()
    assert [outcome.name for outcome in report.outcomes] == ["mine/one", "mine/two", "last"]


def test_another_commons_that_is_down_fails_its_files_and_no_others(sandbox: Sandbox, tmp_path: Path) -> None:
    uris = [f"drs://localhost:1/{n}" for n in range(2000)]
    good = sandbox.gen3.add_file("good", b"good")
    home = sandbox.url.partition("://")[2]
    with Servers(Resolver(home, settings=NOBODY), retry=Retry(attempts=2, base=0.01)) as servers:
        rows = [
            RequestedObject(parse_drs_id(f"drs://localhost:1/row{n}"), f"{n}", 1, {"md5": "0" * 32})
            for n in range(2000)
        ]
        report = download_objects(
            list(requested_objects([*uris, *rows, f"drs://{home}/{good}"])),
            tmp_path / "out",
            servers=servers,
            options=TransferOptions(),
        )
    assert states(report) == [*["failed"] * 4000, "done"]
    assert all(isinstance(outcome.error, TransportError) for outcome in report.failed)
    assert "localhost:1" in str(report.outcomes[0].error)


def test_a_stop_ends_the_asking_for_objects_at_once(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    guids = [sandbox.gen3.add_file(f"{n}", b"%d" % n) for n in range(250)]
    sandbox.add_faults(Rule("stall", path="/ga4gh/*"))
    stop, ended, reports = threading.Event(), threading.Event(), list[Any]()

    def run() -> None:
        reports.append(commons.download(guids, tmp_path / "out", settings=NOBODY, stop=stop, check=False))
        ended.set()

    threading.Thread(target=run, daemon=True).start()
    until(lambda: sandbox.stalled)
    stop.set()
    assert ended.wait(30)
    sandbox.fault_book.clear()
    sandbox.release()
    assert states(reports[0]) == ["stopped"] * 250
    assert reports[0].why_stopped
    commons.download(guids, tmp_path / "out", settings=NOBODY)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no kill -9")
@pytest.mark.parametrize("signal_", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_was_ended_is_resumed(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path, start: Any, noise: Any, signal_: signal.Signals
) -> None:
    content = noise(24 * MIB)
    small = [sandbox.gen3.add_file(f"{n}", b"%d" % n) for n in range(20)]
    guids = [*small, sandbox.gen3.add_file("big", content)]
    sandbox.add_faults(Rule("stall", path=f"{STORAGE}/*/big", at=3 * MIB, nth=2))
    process = start("download", guids, str(tmp_path / "out"))
    until(lambda: sandbox.stalled, process)
    process.send_signal(signal_)
    process.communicate(timeout=30)
    sandbox.fault_book.clear()
    connections = max(1, sum(entry["path"].endswith("/big") for entry in sandbox.requests(STORAGE)))
    report = commons.download(guids, tmp_path / "out", settings=NOBODY)
    report.raise_if_failed()
    assert (tmp_path / "out/big").read_bytes() == content
    sent = sum(entry["sent"] for entry in sandbox.requests(STORAGE) if entry["path"].endswith("/big"))
    assert sent - len(content) <= connections * (CELL + MIB)  # a socket's buffers contain bytes that were not read
    assert not list((tmp_path / "out").rglob("*.part"))


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limits of processes")
def test_a_full_disk_is_named_and_the_rest_comes_when_there_is_room(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path, start: Any, noise: Any
) -> None:
    content = noise(12 * MIB)
    guids = [sandbox.gen3.add_file("big", content), sandbox.gen3.add_file("small", b"s")]
    process = start("download", guids, str(tmp_path / "out"), limit=6 * MIB)
    _, stderr = process.communicate(timeout=60)
    assert DiskFull.__name__ in stderr
    report = commons.download(guids, tmp_path / "out", settings=NOBODY)
    report.raise_if_failed()
    assert (tmp_path / "out/big").read_bytes() == content
    with suppress(FileNotFoundError):
        assert not list((tmp_path / "out").rglob("*.part"))
