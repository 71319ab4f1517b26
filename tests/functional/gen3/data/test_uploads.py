"""Uploads to a commons: whole or in parts, resumed after an interrupt, each with one record that states its content."""

import hashlib
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from drs_download import download
from omicsdk.core import BearerToken, Credentials, Forbidden, ManualClock
from omicsdk.gen3 import Gen3
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER
from waiting import until

MIB = 1024 * 1024
BUCKET = "sandbox-gen3"


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))


def commons_of(sandbox: Sandbox, name: str) -> Gen3:
    token = sandbox.gen3.access.issue(name, sandbox.url)
    return Gen3(sandbox.gen3_url, credentials=BearerToken(token, origins=[sandbox.gen3_url]))


@pytest.fixture
def commons(sandbox: Sandbox) -> Iterator[Gen3]:
    with commons_of(sandbox, ADMINISTRATOR) as made:
        yield made


def filled(folder: Path, **files: int) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, size in files.items():
        (folder / name).write_bytes(random.Random(name).randbytes(size))
    return folder


def record(commons: Gen3, guid: str) -> dict[str, Any]:
    return commons.indexd.get_record.raw(guid=guid).json()


def puts(sandbox: Sandbox) -> int:
    return len([entry for entry in sandbox.requests("/gen3/_storage") if entry["method"] == "PUT"])


def test_files_of_a_folder_get_records_that_say_what_they_hold(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", a=10, b=0, c=100_000)
    result = commons.upload(folder, authz=["/open"], bucket=BUCKET, wait=0)
    result.raise_if_failed()
    assert [file.name for file in result.transferred] == ["a", "b", "c"]
    for file in result.transferred:
        content = file.path.read_bytes()
        index_record = record(commons, file.guid)
        assert index_record["size"] == len(content)
        assert index_record["hashes"]["md5"] == hashlib.md5(content).hexdigest()
        assert index_record["authz"] == ["/open"]
        assert file.state == "indexed"


def test_a_large_file_goes_in_parts_and_comes_back_whole(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", big=23 * MIB)
    (file,) = commons.upload(
        folder / "big", authz=["/open"], bucket=BUCKET, part_size=5 * MIB, single=MIB, wait=0
    ).transferred
    assert file.error is None
    assert puts(sandbox) == 5
    host = sandbox.url.partition("://")[2]
    login = cast("Credentials", commons.credentials)
    download([f"drs://{host}/{file.guid}"], tmp_path / "out", credentials=lambda _host: login)
    assert (tmp_path / "out/big").read_bytes() == (folder / "big").read_bytes()


@pytest.mark.parametrize("single", [MIB, 0])
@pytest.mark.parametrize("name", ["a#1.txt", "#1", "a?b", "a%231"])
def test_a_file_is_where_its_record_states_it_whatever_its_name(
    commons: Gen3, tmp_path: Path, name: str, single: int
) -> None:
    folder = filled(tmp_path / "in", **{name: 10})
    (file,) = commons.upload(folder, authz=["/open"], bucket=BUCKET, single=single, wait=0).transferred
    url: str = commons.fence.get_presigned_url.raw(file_id=file.guid).json()["url"]
    assert httpx.get(url).content == (folder / name).read_bytes()


def test_the_commons_own_job_fills_the_record_where_there_is_one(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    folder = filled(tmp_path / "in", a=10)

    class Clock(ManualClock):
        def sleep(self, seconds: float) -> None:
            sandbox.finish()

    (file,) = commons.upload(folder / "a", clock=Clock()).transferred
    assert file.filled == "by the commons"


def test_a_record_is_left_blank_where_it_is_unknown_where_the_bytes_are(commons: Gen3, tmp_path: Path) -> None:
    """Filled without a URL it could not be downloaded, and the commons' job would not fill it any more."""
    result = commons.upload(filled(tmp_path / "in", a=10), wait=0)
    assert result.ok
    assert result.transferred[0].filled == "not yet"
    assert result.transferred[0].state == "uploaded"
    assert record(commons, result.transferred[0].guid)["size"] is None


def test_a_missing_permission_to_upload_is_reported_and_nothing_is_made(sandbox: Sandbox, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", a=10, b=10)
    with commons_of(sandbox, READER) as commons:
        result = commons.upload(folder, authz=["/programs/secret"], wait=0, check=False)
    assert [isinstance(file.error, Forbidden) for file in result.transferred] == [True, True]
    assert not any(file.guid for file in result.transferred)


def test_what_was_sent_is_not_sent_again_and_gets_no_second_record(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    folder = filled(tmp_path / "in", a=100, b=100, c=100)
    sandbox.add_faults(Rule("status", path="/gen3/_storage/*/c", status=500))
    first = commons.upload(folder, authz=["/open"], retries=0, wait=0, check=False)
    assert [file.state for file in first.transferred] == ["uploaded", "uploaded", "failed"]
    sandbox.fault_book.clear()
    before = puts(sandbox)
    second = commons.upload(folder, authz=["/open"], wait=0, check=False)
    second.raise_if_failed()
    assert puts(sandbox) == before + 1
    assert [file.guid for file in second.transferred] == [file.guid for file in first.transferred]
    assert commons.indexd.get_stats.raw().json()["fileCount"] == 3


def test_an_upload_of_another_user_is_not_continued(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", a=10)
    with commons_of(sandbox, READER) as reader:
        (theirs,) = reader.upload(folder, wait=0).transferred
    assert theirs.state == "uploaded"
    (ours,) = commons.upload(folder, wait=0).transferred
    assert (ours.guid == theirs.guid, record(commons, ours.guid)["uploader"]) == (False, ADMINISTRATOR)


def test_files_that_the_commons_has_are_skipped(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", a=100, b=0)
    first = commons.upload(folder, authz=["/open"], bucket=BUCKET, wait=0)
    assert [file.state for file in first.transferred] == ["indexed", "indexed"]
    filled(folder, c=10)
    before = puts(sandbox)
    again = commons.upload(folder, authz=["/open"], bucket=BUCKET, wait=0)
    again.raise_if_failed()
    states = [(file.name, file.state) for file in again.transferred]
    assert states == [("a", "skipped"), ("b", "skipped"), ("c", "indexed")]
    assert [file.guid for file in again.transferred[:2]] == [file.guid for file in first.transferred]
    assert (puts(sandbox), again.counts["skipped"], again.ok) == (before + 1, 2, True)
    assert commons.indexd.get_stats.raw().json()["fileCount"] == 3
    (folder / "a").write_bytes(random.Random("another").randbytes(100))  # the same name and size, other bytes
    changed = commons.upload(folder / "a", authz=["/open"], bucket=BUCKET, wait=0).transferred[0]
    assert (changed.state, changed.guid != first.transferred[0].guid) == ("indexed", True)
    anew = commons.upload(folder / "b", authz=["/open"], bucket=BUCKET, wait=0, resume=False).transferred[0]
    assert (anew.state, anew.guid != first.transferred[1].guid) == ("indexed", True)


def test_an_upload_in_parts_continues_in_another_run(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    folder = filled(tmp_path / "in", big=20 * MIB)
    stop = threading.Event()
    # The third part is never answered: the stop comes after two of the four.
    sandbox.add_faults(Rule("stall", path="/gen3/_storage/*", method="PUT", nth=3))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(
            commons.upload, folder, part_size=5 * MIB, single=0, connections=1, wait=0, stop=stop, check=False
        )
        until(lambda: sandbox.stalled)
        stop.set()
        first = running.result(60)
    sandbox.fault_book.clear()
    sandbox.release()
    assert first.transferred[0].state == "stopped"
    before = len(sandbox.requests("/gen3/_storage/"))
    second = commons.upload(folder, part_size=5 * MIB, single=0, wait=0)
    second.raise_if_failed()
    assert second.transferred[0].guid == first.transferred[0].guid
    assert len(sandbox.requests("/user/data/multipart/init")) == 1
    assert [request["method"] for request in sandbox.requests("/gen3/_storage/")[before:]] == ["PUT", "PUT"]
