"""Files that must not replace anything in S3: two writers at once, responses that are lost, and stores that know no conditions."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from omicsdk.fs import AlreadyThere, CopyOptions, Entry, Put
from omicsdk.fs.filesystems import OmicsFileSystem
from omicsdk.fs.stores.s3 import S3Store
from omicsdk.sandbox import Rule, Sandbox
from omicsdk.transfer import Outcome
from omicsdk.transfer.s3 import client as s3_client
from omicsdk.transfer.s3.uploads import BucketObject
from small_cells import IN_PARTS, UNIT
from small_cells import small_cells as small_cells
from small_cells import small_parts as small_parts
from unsettled import unsettled

pytestmark = pytest.mark.usefixtures("small_parts")

#: Sent whole, signed by the engine itself or by a thread, and in parts.
SIZES = [0, 10, 2 * UNIT, IN_PARTS]
KEPT = CopyOptions(overwrite=False)


@pytest.fixture
def client(omics_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    unsettled(monkeypatch, tmp_path)
    environ = {**omics_sandbox.s3_credentials, "AWS_ENDPOINT_URL_S3": omics_sandbox.s3_url}
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket="bkt")
    return client


@pytest.fixture
def store(client: Any) -> Iterator[S3Store]:
    with S3Store() as store:
        yield store


def source(tmp_path: Path, size: int, fill: bytes = b"a") -> str:
    path = tmp_path / fill.decode()
    path.write_bytes(fill * size)
    return str(path)


def put(store: S3Store, file: str) -> Outcome:
    [outcome] = store.put([Put(file, "bkt/k")], KEPT).outcomes
    return outcome


def content(client: Any, key: str = "k") -> bytes:
    return client.get_object(Bucket="bkt", Key=key)["Body"].read()


def race(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have two uploads look for an object before either sends its file."""
    both, look = threading.Barrier(2, timeout=30), BucketObject._check_free

    def checked(to: BucketObject) -> None:
        is_first = not to._is_free
        look(to)
        if is_first:
            both.wait()

    monkeypatch.setattr(BucketObject, "_check_free", checked)


@pytest.mark.parametrize("size", SIZES[1:])
@pytest.mark.parametrize("conditions", ["checked", "ignored"])
def test_of_two_writers_at_once_one_creates_the_object(
    store: S3Store, client: Any, omics_sandbox: Sandbox, tmp_path: Path, monkeypatch, size: int, conditions: str
):
    omics_sandbox.settings.turn({"s3.conditions": conditions})
    race(monkeypatch)
    files = [source(tmp_path, size, fill) for fill in (b"a", b"b")]
    with ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(lambda file: put(store, file), files))
    states = sorted(outcome.state for outcome in outcomes)
    # A store that ignores the condition shows that the writers did overtake each other.
    assert states == (["done", "failed"] if conditions == "checked" else ["done", "done"])
    if conditions == "checked":
        [lost] = [outcome for outcome in outcomes if outcome.state == "failed"]
        assert isinstance(lost.error, AlreadyThere)
        [winner] = [file for file, outcome in zip(files, outcomes, strict=True) if outcome.state == "done"]
        assert content(client) == Path(winner).read_bytes()
    assert "Uploads" not in client.list_multipart_uploads(Bucket="bkt")


@pytest.mark.parametrize("size", SIZES)
def test_a_file_whose_response_was_lost_is_stored(
    store: S3Store, client: Any, omics_sandbox: Sandbox, tmp_path: Path, size: int
):
    # The second POST assembles the parts.
    method, nth = ("POST", 2) if size == IN_PARTS else ("PUT", 1)
    omics_sandbox.add_faults(Rule("reset", path="/_s3/bkt/k", method=method, nth=nth, at=1))
    outcome = put(store, source(tmp_path, size))
    assert (outcome.state, outcome.verification) == ("done", "verified"), outcome.error
    assert content(client) == b"a" * size


def test_another_object_is_not_taken_for_the_lost_one(
    store: S3Store, client: Any, omics_sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The first request does not reach the store, and another client's does before it is repeated."""
    look = BucketObject.put

    def put_after_another(to: BucketObject, *args: Any) -> Any:
        location = look(to, *args)
        if not client.list_objects_v2(Bucket="bkt").get("Contents") and omics_sandbox.requests("/_s3/bkt/k")[1:]:
            client.put_object(Bucket="bkt", Key="k", Body=b"b" * 10)
        return location

    monkeypatch.setattr(BucketObject, "put", put_after_another)
    omics_sandbox.add_faults(Rule("reset", path="/_s3/bkt/k", method="PUT", times=1))
    assert isinstance(put(store, source(tmp_path, 10)).error, AlreadyThere)
    assert content(client) == b"b" * 10


@pytest.mark.parametrize("size", [10, IN_PARTS])
@pytest.mark.parametrize("checksums", ["stored", "refused"])
def test_a_store_that_refuses_conditions_is_looked_at(
    store: S3Store, client: Any, omics_sandbox: Sandbox, tmp_path: Path, size: int, checksums: str
):
    omics_sandbox.settings.turn({"s3.conditions": "refused", "s3.checksums": checksums})
    file = source(tmp_path, size)
    assert put(store, file).state == "done"
    assert isinstance(put(store, source(tmp_path, size + 1, b"b")).error, AlreadyThere)
    assert content(client) == b"a" * size
    # Each object shows one refusal, of the header that was left out last.
    for key in ("second", "third"):
        store.put([Put(file, f"bkt/{key}")], KEPT).raise_if_failed()
    statuses = [request["status"] for request in omics_sandbox.requests("/_s3/bkt/third")]
    assert (501 in statuses, "if-none-match" in store.client.refused) == (False, True)


@pytest.mark.parametrize("size", [10, IN_PARTS])
def test_a_conflict_with_another_change_is_repeated(
    store: S3Store, client: Any, omics_sandbox: Sandbox, tmp_path: Path, size: int
):
    method, nth = ("POST", 2) if size == IN_PARTS else ("PUT", 1)
    conflict = {"status": 409, "code": "ConditionalRequestConflict"}
    omics_sandbox.add_faults(Rule("status", path="/_s3/bkt/k", method=method, nth=nth, **conflict))
    assert put(store, source(tmp_path, size)).state == "done"
    assert content(client) == b"a" * size


class S3FileSystem(OmicsFileSystem):
    """There is none of s3:// in omicsdk, where s3fs has the scheme."""

    protocol = "s3"


def test_a_new_file_is_opened_once(client: Any):
    fs = S3FileSystem(skip_instance_cache=True)
    first, second = (fs.open("bkt/k", "xb") for _ in range(2))
    first.write(b"a")
    second.write(b"b")
    first.close()
    with pytest.raises(FileExistsError):
        second.close()
    assert content(client) == b"a"


@pytest.mark.parametrize("in_parts", [False, True])
def test_a_copy_does_not_replace_what_was_created_since(
    store: S3Store, client: Any, omics_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, in_parts: bool
):
    if in_parts:
        monkeypatch.setattr(s3_client, "COPY_IN_PARTS", 5)
    for key, body in (("from", b"source"), ("k", b"other"), ("same", b"source")):
        client.put_object(Bucket="bkt", Key=key, Body=body)
    entry = next(candidate for candidate in store.entries("bkt") if candidate.name == "from")
    with pytest.raises(AlreadyThere):
        store.copy(entry, "bkt/k", overwrite=False)
    assert content(client) == b"other"
    if not in_parts:  # by a request whose response was lost
        assert isinstance(store.copy(entry, "bkt/same", overwrite=False), Entry)
    omics_sandbox.settings.turn({"s3.conditions": "refused"})
    assert store.copy(entry, "bkt/new", overwrite=False)
    assert content(client, "new") == b"source"
