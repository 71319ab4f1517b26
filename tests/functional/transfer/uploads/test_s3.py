"""Uploads to S3, as moto has it, and as rclone serves it where it can."""

import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber
from omicsdk.core import (
    APIError,
    AuthError,
    ChecksumMismatch,
    ConnectFailed,
    DecodeError,
    ManualClock,
    NotFound,
    OmicsError,
    ServerError,
    SourceChanged,
    TransferError,
)
from omicsdk.core.checksums import digest
from omicsdk.core.s3_clients import careful, s3_client
from omicsdk.transfer import Location, NoSuchUpload, PutTo, S3Object, SentPart, Upload, abort_upload, upload
from omicsdk.transfer.s3.boto import s3_error
from omicsdk.transfer.uploads.sending import FileBody
from omicsdk.transfer.uploads.store import Cut, Source, Unconfirmed
from small_cells import MIB, UNIT

pytestmark = pytest.mark.usefixtures("small_parts")

BUCKET = "uploads"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    moto = pytest.importorskip("moto.server", reason="needs the extra sandbox")
    server = moto.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client_of(endpoint: str | None, **options: Any) -> Any:
    import boto3
    from botocore.config import Config

    session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="canary", region_name="us-east-1")
    retries = {"total_max_attempts": 1}
    return session.client("s3", endpoint_url=endpoint, config=Config(retries=retries, **options))


@pytest.fixture
def client(endpoint: str) -> Any:
    made = client_of(endpoint)
    made.create_bucket(Bucket=BUCKET)
    return made


@pytest.fixture
def large(tmp_path: Path, noise: Any) -> Path:
    """Three parts of the least size and a short one."""
    path = tmp_path / "large.bin"
    path.write_bytes(noise(15 * UNIT + 17))
    return path


def stored(client: Any, key: str) -> bytes:
    return client.get_object(Bucket=BUCKET, Key=key)["Body"].read()


@pytest.mark.parametrize("checksum", ["crc32c", "sha256", "sha1", "md5", None])
@pytest.mark.parametrize("size", [0, 1, 3 * UNIT, 5 * UNIT + 1, 12 * UNIT])
def test_objects_of_any_size_with_any_checksum(client: Any, tmp_path: Path, noise: Any, checksum: Any, size: int):
    path = tmp_path / "file"
    path.write_bytes(noise(size))
    extra = {"ContentType": "text/x", "Metadata": {"a": "b"}, "Tagging": "c=d", "StorageClass": "STANDARD_IA"}
    key = f"folder/{checksum} {size} ü+~.bin"
    to = S3Object(client, BUCKET, key, checksum=checksum, part_size=5 * UNIT, extra_args=extra)
    report = upload([Upload(path, to, checksums=["sha256"])])
    report.raise_if_failed()
    assert stored(client, key) == noise(size)
    head = client.head_object(Bucket=BUCKET, Key=key)
    assert (head["ContentType"], head["Metadata"], head["StorageClass"]) == ("text/x", {"a": "b"}, "STANDARD_IA")
    tags = client.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    assert tags == [{"Key": "c", "Value": "d"}]
    assert report.outcomes[0].checksums["sha256"] == digest(noise(size), "sha256")
    assert client.list_multipart_uploads(Bucket=BUCKET, Prefix=key).get("Uploads", []) == []


def test_tags_made_of_checksums_in_one_pass(client: Any, large: Path, file: Path):
    def made(path: Path, key: str) -> dict[str, str]:
        names = ("sha256", "crc32c")
        to = S3Object(
            client,
            BUCKET,
            key,
            part_size=5 * UNIT,
            tags=lambda checksums: {n: checksums[n] for n in names},
            tag_checksums=names,
        )
        upload([Upload(path, to)]).raise_if_failed()
        tags = client.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
        return {tag["Key"]: tag["Value"] for tag in tags}

    for path in (large, file):
        expected = {name: digest(path.read_bytes(), name) for name in ("sha256", "crc32c")}
        assert made(path, f"tagged-{path.name}") == expected


def tagged(client: Any, key: str) -> S3Object:
    """An object that is tagged with its SHA-256."""
    return S3Object(
        client,
        BUCKET,
        key,
        part_size=5 * UNIT,
        tags=lambda checksums: {"sum": checksums["sha256"]},
        tag_checksums=("sha256",),
    )


def tags_of(client: Any, key: str) -> dict[str, str]:
    tags = client.get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    return {tag["Key"]: tag["Value"] for tag in tags}


def test_an_object_whose_tagging_failed_at_first_is_tagged(client: Any, large: Path, monkeypatch: pytest.MonkeyPatch):
    to = tagged(client, "tagged-later")
    plain, operations = to._call, list[str]()

    def call(operation: str, **arguments: Any) -> Any:
        operations.append(operation)
        if operation == "put_object_tagging" and operations.count(operation) == 1:
            raise ServerError("busy", status=503)
        if operation == "complete_multipart_upload" and operations.count(operation) > 1:
            raise NoSuchUpload("complete already")  # as some stores say; others complete it once more
        return plain(operation, **arguments)

    monkeypatch.setattr(to, "_call", call)
    upload([Upload(large, to)], clock=ManualClock()).raise_if_failed()
    assert tags_of(client, "tagged-later") == {"sum": digest(large.read_bytes(), "sha256")}


def test_an_object_whose_upload_was_killed_before_its_tagging_is_tagged_by_the_next_run(
    client: Any, large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def refused(_: Any) -> None:
        raise TransferError("killed here")

    first = tagged(client, "tagged-next")
    monkeypatch.setattr(first, "_tag", refused)
    assert not upload([Upload(large, first)], journal=tmp_path / "journal").ok
    assert tags_of(client, "tagged-next") == {}
    upload([Upload(large, tagged(client, "tagged-next"))], journal=tmp_path / "journal").raise_if_failed()
    assert tags_of(client, "tagged-next") == {"sum": digest(large.read_bytes(), "sha256")}


@pytest.mark.usefixtures("small_etag_parts")
def test_an_upload_that_continues_in_parts_of_another_size_is_not_treated_as_damaged(client: Any, tmp_path: Path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(64 * UNIT + 5)
    begun = client.create_multipart_upload(Bucket=BUCKET, Key="big-on", ChecksumAlgorithm="SHA256")["UploadId"]
    place = {"Bucket": BUCKET, "Key": "big-on", "UploadId": begun}
    for number in (1, 2):
        client.upload_part(**place, PartNumber=number, Body=bytes(16 * UNIT), ChecksumAlgorithm="SHA256")
    to = S3Object(client, BUCKET, "big-on", part_size=64 * UNIT, single=64 * UNIT, go_on=True, checksum="sha256")
    report = upload([Upload(path, to, checksums=["s3_etag"])])
    report.raise_if_failed()
    assert report.outcomes[0].bytes_kept == 32 * UNIT


@pytest.mark.usefixtures("small_etag_parts")
def test_the_data_stores_etag_is_verified(client: Any, tmp_path: Path):
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.truncate(64 * UNIT + 5)
    to = S3Object(client, BUCKET, "big", part_size=64 * UNIT, single=64 * UNIT)
    report = upload([Upload(path, to, checksums=["s3_etag"])])
    report.raise_if_failed()
    assert client.head_object(Bucket=BUCKET, Key="big")["ETag"].strip('"') == report.outcomes[0].checksums["s3_etag"]
    assert "s3_etag" in report.outcomes[0].verified


def test_a_stopped_upload_continues_by_the_journal(client: Any, large: Path, tmp_path: Path):
    journal = tmp_path / "journal"
    first = S3Object(client, BUCKET, "resumed", part_size=5 * UNIT)
    stop, plain, signed = threading.Event(), first.sign, [0]

    def sign(upload_id: str, cut: Cut, checksums: Any) -> Any:
        signed[0] += 1
        if signed[0] == 3:
            stop.set()
            threading.Event().wait(1)
        return plain(upload_id, cut, checksums)

    first.sign = sign
    assert upload([Upload(large, first)], journal=journal, connections=1, stop=stop).counts["stopped"] == 1
    begun = client.list_multipart_uploads(Bucket=BUCKET, Prefix="resumed")["Uploads"]
    assert [entry["Key"] for entry in begun] == ["resumed"]
    report = upload([Upload(large, S3Object(client, BUCKET, "resumed", part_size=5 * UNIT))], journal=journal)
    report.raise_if_failed()
    assert report.outcomes[0].bytes_kept >= 5 * UNIT
    assert stored(client, "resumed") == large.read_bytes()


def unfinished(client: Any, large: Path, key: str, *numbers: int) -> str:
    """Leaves an upload with some of its parts after, by boto3 alone."""
    upload_id = client.create_multipart_upload(Bucket=BUCKET, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    data = large.read_bytes()
    for number in numbers:
        body = data[(number - 1) * 5 * UNIT : number * 5 * UNIT]
        place = {"Bucket": BUCKET, "Key": key, "UploadId": upload_id, "PartNumber": number}
        client.upload_part(**place, Body=body, ChecksumAlgorithm="SHA256")
    return str(upload_id)


def test_an_upload_that_no_journal_knows_continues_by_the_list_of_parts(client: Any, large: Path):
    unfinished(client, large, "listed", 1, 3)
    to = S3Object(client, BUCKET, "listed", part_size=5 * UNIT, checksum="sha256", go_on=True)
    report = upload([Upload(large, to)])
    report.raise_if_failed()
    assert (report.outcomes[0].bytes_kept, report.outcomes[0].attempts) == (10 * UNIT, 2)
    assert stored(client, "listed") == large.read_bytes()


def test_parts_of_another_file_are_not_used(client: Any, large: Path, noise: Any):
    unfinished(client, large, "other", 1, 2)
    large.write_bytes(noise(15 * UNIT + 17, 9))
    to = S3Object(client, BUCKET, "other", part_size=5 * UNIT, checksum="sha256", go_on=True)
    report = upload([Upload(large, to)])
    assert (report.ok, report.outcomes[0].bytes_kept) == (True, 0)
    assert stored(client, "other") == large.read_bytes()


def test_an_upload_is_abandoned(client: Any, large: Path, tmp_path: Path):
    to = S3Object(client, BUCKET, "given-up", part_size=5 * UNIT)
    to.complete = lambda *_: (_ for _ in ()).throw(TransferError("no"))
    assert not upload([Upload(large, to)], journal=tmp_path / "journal").ok
    assert abort_upload(Upload(large, to), tmp_path / "journal")
    assert client.list_multipart_uploads(Bucket=BUCKET, Prefix="given-up").get("Uploads", []) == []
    to.abort("none")


@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize("size", [1000, 100_000])
def test_wrong_bytes_that_a_store_accepts_are_removed_only_where_nothing_was(
    client: Any, tmp_path: Path, noise: Any, monkeypatch: pytest.MonkeyPatch, before: bool, size: int
):
    """moto checks neither x-amz-checksum-* nor Content-MD5; the flips are those of a broken network card."""
    key, path = f"flipped-{before}-{size}.bin", tmp_path / "file"
    path.write_bytes(noise(size))
    if before:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"old")
    plain = FileBody.read
    monkeypatch.setattr(FileBody, "read", lambda self, length: bytes(255 - byte for byte in plain(self, length)))
    error = upload([Upload(path, S3Object(client, BUCKET, key))], clock=ManualClock()).failed[0].error
    assert isinstance(error, ChecksumMismatch)
    keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=BUCKET, Prefix=key).get("Contents", [])]
    # Nothing is asked before small files: whether something was there is unknown then.
    is_removed = not before and size > 64 * 1024
    assert keys == ([] if is_removed else [key])
    assert ("was removed" if is_removed else f"{key} has {size} bytes now") in error.remedy


def test_what_another_client_stored_meanwhile_is_not_removed(
    client: Any, tmp_path: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
):
    path = tmp_path / "file"
    path.write_bytes(noise(100_000))
    plain, withdraw = FileBody.read, S3Object.withdraw
    monkeypatch.setattr(FileBody, "read", lambda self, length: bytes(255 - byte for byte in plain(self, length)))

    def late(self: S3Object, *arguments: Any) -> str:
        client.put_object(Bucket=BUCKET, Key="theirs", Body=b"theirs")
        return withdraw(self, *arguments)

    monkeypatch.setattr(S3Object, "withdraw", late)
    error = upload([Upload(path, S3Object(client, BUCKET, "theirs"))], clock=ManualClock()).failed[0].error
    assert error is not None
    assert stored(client, "theirs") == b"theirs"
    assert "theirs has 6 bytes now" in str(error.remedy)


def test_an_object_that_was_not_made_of_the_parts_is_damaged(endpoint: str, large: Path):
    client = client_of(endpoint)
    client.create_bucket(Bucket=BUCKET)
    other = {"ETag": f'"{"0" * 32}-4"'}
    client.meta.events.register("after-call.s3.CompleteMultipartUpload", lambda parsed, **_: parsed.update(other))
    (outcome,) = upload([Upload(large, S3Object(client, BUCKET, "other parts"))]).outcomes
    assert isinstance(outcome.error, ChecksumMismatch)
    assert outcome.error.algorithm == "etag"


@pytest.mark.usefixtures("usual_cells")  # a file is sent by pieces of which only the first is read at once
@pytest.mark.parametrize("before", [False, True])
def test_a_file_that_changes_while_it_is_sent_leaves_what_was_there(
    client: Any, tmp_path: Path, noise: Any, monkeypatch: pytest.MonkeyPatch, before: bool
):
    key, path = f"changed-{before}", tmp_path / "file"
    path.write_bytes(noise(3 * MIB))
    if before:
        client.put_object(Bucket=BUCKET, Key=key, Body=b"old")
    plain = FileBody.read

    def read(self: Any, length: int) -> bytes | int:
        with path.open("r+b") as other:
            other.seek(3 * MIB - 10)
            other.write(b"other")
        return plain(self, length)

    monkeypatch.setattr(FileBody, "read", read)
    error = upload([Upload(path, S3Object(client, BUCKET, key))]).failed[0].error
    assert isinstance(error, SourceChanged)
    if before:
        assert stored(client, key) == b"old"
        assert f"{key} has its former 3 bytes" in error.remedy
    else:
        assert "Contents" not in client.list_objects_v2(Bucket=BUCKET, Prefix=key)
        assert f"{key} does not exist" in error.remedy


def test_an_object_whose_response_states_nothing_is_looked_at(client: Any, file: Path, monkeypatch: pytest.MonkeyPatch):
    from omicsdk.transfer.uploads import sending

    monkeypatch.setattr(sending, "facts_of", lambda *_, **__: {})  # as behind a gateway that drops headers
    (outcome,) = upload([Upload(file, S3Object(client, BUCKET, "silent"))]).outcomes
    assert (outcome.state, outcome.verification) == ("done", "size only")
    monkeypatch.setattr(sending, "judge", lambda *_, **__: sending.Verdict(sending.Kind.SENT, 200, {}))
    monkeypatch.setattr("omicsdk.transfer.uploads.engine.judge", sending.judge)
    monkeypatch.setattr(S3Object, "put", lambda *_: Location(f"{client.meta.endpoint_url}/nowhere/else"))
    error = upload([Upload(file, S3Object(client, BUCKET, "absent"))]).failed[0].error
    assert isinstance(error, Unconfirmed)


@pytest.mark.parametrize("operation", ["CreateMultipartUpload", "CompleteMultipartUpload"])
@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html><head><title>Log in</title></head></html>", b"", b"<ok/>"])
def test_a_response_that_states_nothing_is_no_step_of_an_upload_in_parts(
    endpoint: str, large: Path, operation: str, body: bytes
):
    """boto3 takes a well-formed page of a captive portal for a response of S3 without any field."""
    from botocore.awsrequest import AWSResponse

    class Body:
        def stream(self, **_: object) -> Iterator[bytes]:
            yield body

    client, key = client_of(endpoint), f"nothing {operation} {len(body)}"
    client.create_bucket(Bucket=BUCKET)
    client.meta.events.register(
        f"before-send.s3.{operation}",
        lambda request, **_: AWSResponse(request.url, 200, {"content-type": "text/html"}, Body()),
    )
    (outcome,) = upload([Upload(large, S3Object(client, BUCKET, key))]).outcomes
    assert outcome.state == "failed"
    assert isinstance(outcome.error, DecodeError | Unconfirmed)
    assert f"{BUCKET}/{key}" in str(outcome.error)
    assert "KeyError" not in str(outcome.error)


def test_a_list_of_parts_that_does_not_advance_is_an_error(client: Any):
    page = {"Parts": [], "IsTruncated": True, "NextPartNumberMarker": 5}
    to = S3Object(client, BUCKET, "endless")
    with Stubber(client) as stub:
        stub.add_response("list_parts", page)
        stub.add_response("list_parts", page)
        with pytest.raises(DecodeError, match="not a number above 5"):
            to.known("id")


def test_an_unfinished_upload_without_a_time_is_not_resumed(client: Any):
    to = S3Object(client, BUCKET, "timeless", go_on=True)
    with Stubber(client) as stub:
        stub.add_response("list_multipart_uploads", {"Uploads": [{"Key": "timeless", "UploadId": "id"}]})
        assert to.unfinished(Source("", "timeless", 1)) == ""


def test_what_is_gone_is_reported_as_such(client: Any):
    to = S3Object(client, BUCKET, "none")
    with pytest.raises(NoSuchUpload, match="s3://uploads/none"):
        to.known("none")
    assert to.finished([SentPart(1, 1, "0" * 32)]) is None


def test_a_finished_object_is_known_by_its_parts(client: Any, large: Path):
    to = S3Object(client, BUCKET, "finished", part_size=5 * UNIT)
    upload([Upload(large, to)]).raise_if_failed()
    data = large.read_bytes()
    parts = [SentPart(n + 1, 0, digest(data[n * 5 * UNIT : (n + 1) * 5 * UNIT], "md5")) for n in range(4)]
    assert to.finished(parts) is not None
    assert to.finished(parts[:3]) is None
    assert to.finished([*parts[:3], SentPart(4, 0, "not md5")]) is None


@pytest.mark.parametrize("size", [1, 6 * UNIT])
def test_a_bucket_that_does_not_exist(client: Any, tmp_path: Path, noise: Any, size: int):
    (tmp_path / "file").write_bytes(noise(size))
    to = S3Object(client, "no-such-bucket", "key", part_size=5 * UNIT)
    error = upload([Upload(tmp_path / "file", to)]).failed[0].error
    assert isinstance(error, NotFound)
    assert error.code == "NoSuchBucket"
    assert "canary" not in str(error)


def test_a_client_without_credentials(file: Path, monkeypatch: pytest.MonkeyPatch):
    import boto3

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file.parent / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file.parent / "none"))
    client = boto3.Session(region_name="us-east-1").client("s3", endpoint_url="http://127.0.0.1:1")
    error = upload([Upload(file, S3Object(client, BUCKET, "key"))]).failed[0].error
    assert isinstance(error, AuthError)
    assert "AWS_ACCESS_KEY_ID" in str(error)


def test_an_endpoint_that_does_not_exist(file: Path, clock: Any):
    client = client_of("http://127.0.0.1:1")
    big = S3Object(client, BUCKET, "key", single=0)
    error = upload([Upload(file, big, retries=1)], clock=clock).failed[0].error
    assert isinstance(error, ConnectFailed)


@pytest.mark.parametrize("region", ["us-east-1", "eu-central-1"])
@pytest.mark.parametrize("options", [{}, {"signature_version": "s3v4"}])
def test_signatures_are_of_version_4_and_cover_the_headers(region: str, options: dict[str, str]):
    import boto3
    from botocore.config import Config

    session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name=region)
    client = session.client("s3", config=Config(**options))
    to = S3Object(client, "bucket", "a b/ü", extra_args={"SSECustomerKey": "k" * 32, "SSECustomerAlgorithm": "AES256"})
    location = to.sign("id", Cut(3, 0, 1), {"crc32c": "00000001"})
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in location.url
    assert "partNumber=3" in location.url
    names = location.url.partition("X-Amz-SignedHeaders=")[2].partition("&")[0].split("%3B")
    assert set(names) == {"host", *(name.lower() for name in location.headers)}
    assert location.headers["x-amz-checksum-crc32c"] == "AAAAAQ=="
    assert "secret" not in repr(location)


def test_a_client_configured_to_sign_by_version_2_does():
    to = S3Object(client_of("http://127.0.0.1:1", signature_version="s3"), "bucket", "key")
    assert "X-Amz-Algorithm" not in to.sign("id", Cut(1, 0, 1), {}).url


def test_signing_of_the_users_own_is_left_alone():
    client = client_of(None)
    before = client.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"})
    S3Object(client, "bucket", "key")
    S3Object(client, "bucket", "key")
    after = client.generate_presigned_url("put_object", Params={"Bucket": "b", "Key": "k"})
    assert ("X-Amz-Algorithm" in before) == ("X-Amz-Algorithm" in after)


def test_the_way_is_the_clients(monkeypatch: pytest.MonkeyPatch):
    for name in ("REQUESTS_CA_BUNDLE", "AWS_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    plain = S3Object(client_of("http://127.0.0.1:1"), "bucket", "key")
    assert plain.route("https://host/") is None
    proxied = client_of("http://127.0.0.1:1", proxies={"https": "http://proxy:3128"}, client_cert=("cert", "key"))
    way = S3Object(proxied, "bucket", "key").route("https://host/")
    assert way is not None
    assert (way.proxy, way.client_cert, way.client_key) == ("http://proxy:3128", "cert", "key")


def test_a_clients_own_authorities_are_trusted(tmp_path: Path):
    import boto3

    session = boto3.Session(aws_access_key_id="key", aws_secret_access_key="secret", region_name="us-east-1")
    made = session.client("s3", verify=str(tmp_path / "ca.pem"))
    way = S3Object(made, "bucket", "key").route("https://host/")
    assert way is not None
    assert way.ca_file == str(tmp_path / "ca.pem")


def test_an_argument_that_no_operation_knows(client: Any):
    with pytest.raises(ValueError, match="Colour is not an argument"):
        S3Object(client, BUCKET, "key", extra_args={"Colour": "red"})
    with pytest.raises(ValueError, match="they may have"):
        S3Object(client, BUCKET, "key", part_size=UNIT)


def test_a_store_that_makes_something_else_of_the_parts():
    to = S3Object(client_of("http://127.0.0.1:1"), "bucket", "key")
    parts = [SentPart(1, 1, "e", {"crc32c": "00000001"}), SentPart(2, 1, "f", {"crc32c": "00000002"})]
    to._verify(parts, {"ChecksumCRC32C": to_composite(parts)})
    to._verify(parts, {"ChecksumCRC32C": "AAAAAA=="})  # of the full object: compared by the engine
    to._verify(parts, {})
    with pytest.raises(ChecksumMismatch, match="s3://bucket/key"):
        to._verify(parts, {"ChecksumCRC32C": "AAAAAA==-2"})


def to_composite(parts: list[SentPart]) -> str:
    import base64

    import google_crc32c

    joined = b"".join(bytes.fromhex(part.checksums["crc32c"]) for part in parts)
    return f"{base64.b64encode(google_crc32c.value(joined).to_bytes(4, 'big')).decode()}-{len(parts)}"


def test_etags_of_encrypted_objects_are_no_md5():
    extra = {"ServerSideEncryption": "aws:kms"}
    to = S3Object(client_of("http://127.0.0.1:1"), "bucket", "key", extra_args=extra)
    parts = [SentPart(1, 64 * MIB), SentPart(2, MIB)]
    assert to._facts({"ETag": '"e-2"'}, parts) == {"etag": "e-2"}
    plain = S3Object(client_of("http://127.0.0.1:1"), "bucket", "key")
    assert plain._facts({"ETag": '"e-2"'}, parts) == {"etag": "e-2", "s3_etag": "e-2"}
    assert "s3_etag" not in plain._facts(
        {"ETag": '"e-2"', "ServerSideEncryption": "aws:kms"}, parts
    )  # by the bucket's rule


RESPONSES = {
    "200": b'HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 10\r\nETag: "abc"\r\n',
    "200 without a length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n",
    "204": b"HTTP/1.1 204 No Content\r\nx-amz-request-id: 1\r\n",
    "404": b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n",
}
CALLS: dict[str, dict[str, Any]] = {
    "list_objects_v2": {},
    "list_multipart_uploads": {},
    "head_object": {"Key": "object"},
    "get_object": {"Key": "object"},
    "delete_object": {"Key": "object"},
    "create_multipart_upload": {"Key": "object"},
    "complete_multipart_upload": {
        "Key": "object",
        "UploadId": "one",
        "MultipartUpload": {"Parts": [{"PartNumber": 1, "ETag": "e"}]},
    },
}


@pytest.mark.parametrize("operation", CALLS)
@pytest.mark.parametrize("head", RESPONSES.values(), ids=RESPONSES)
def test_a_head_that_is_cut_anywhere_is_a_connection_that_was_lost(sink: Any, reply: Any, operation: str, head: bytes):
    """http.client takes the end of the connection for that of the head: an empty list, or an upload that is complete."""
    from botocore.exceptions import ConnectionClosedError

    client = careful(client_of(sink.url("")))
    whole = head + b"\r\n"
    # Operations take turns at the places in a head; all are cut at its end and in the line before.
    places = sorted({*range(list(CALLS).index(operation) % 3, len(whole), 3), *range(len(whole) - 20, len(whole))})
    for end in places:
        sink.always = lambda _, end=end: reply(raw=whole[:end])
        with pytest.raises(ConnectionClosedError):
            getattr(client, operation)(Bucket=BUCKET, **CALLS[operation])
    assert len(sink.requests) == len(places)


def made_clients(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The clients of boto3 that are made here, and one that is handed over."""
    from omicsdk.hca.upload.storage import AreaKeys, Keys, signing_client

    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "canary")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    client = client_of(endpoint)
    S3Object(client, BUCKET, "object")
    yield client
    yield s3_client()
    keys = AreaKeys(lambda: Keys("key", "canary", "token", "", 3600.0))
    yield signing_client(keys, accelerate=False, connections=1)


def test_every_client_knows_a_head_that_is_cut(sink: Any, reply: Any, monkeypatch: pytest.MonkeyPatch):
    from botocore.exceptions import ConnectionClosedError

    sink.always = lambda _: reply(raw=b"HTTP/1.1 200 OK\r\nContent-Type: applic")
    for client in made_clients(sink.url(""), monkeypatch):
        with pytest.raises(ConnectionClosedError):
            client.list_objects_v2(Bucket=BUCKET)
        client.close()


def test_errors_of_boto3_become_ours_without_secrets():
    from botocore import exceptions as boto

    url = "https://bucket.host/key?X-Amz-Signature=canary"
    seen = [
        (boto.EndpointConnectionError(endpoint_url=url), "ConnectFailed"),
        (boto.ReadTimeoutError(endpoint_url=url), "TimedOut"),
        (boto.ConnectionClosedError(endpoint_url=url), "ConnectionLost"),
        (boto.ParamValidationError(report="bad"), "TransferError"),
        (
            boto.ClientError({"Error": {"Code": "SlowDown"}, "ResponseMetadata": {"HTTPStatusCode": 503}}, "X"),
            "ServiceUnavailable",
        ),
    ]
    for error, name in seen:
        ours = s3_error(error, "what")
        assert type(ours).__name__ == name
        assert isinstance(ours, OmicsError)
        assert "canary" not in str(ours)
    denied = boto.ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "X")
    denial = s3_error(denied, "what")
    assert isinstance(denial, APIError)
    assert "Check that this account has access" in str(denial)


# Of the environment first: what systems bring may be too old.
RCLONE = shutil.which("rclone", path=str(Path(sys.executable).parent)) or shutil.which("rclone")


def _serves_s3() -> bool:
    if RCLONE is None:
        return False
    help_run = subprocess.run([RCLONE, "serve", "s3", "--help"], capture_output=True, text=True, check=False)
    return help_run.returncode == 0 and "serve s3" in help_run.stdout


@pytest.mark.skipif(not _serves_s3(), reason="rclone is not there, or too old to know `serve s3` (from 1.65)")
def test_rclone_takes_what_we_send(tmp_path: Path, large: Path, file: Path):
    assert RCLONE is not None
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    root = tmp_path / "served"
    (root / BUCKET).mkdir(parents=True)
    command = [RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "key,canary", str(root)]
    serving = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        assert serving.stderr is not None
        for line in serving.stderr:
            if "listening" in line.lower() or "starting" in line.lower():
                break
        client = client_of(f"http://127.0.0.1:{port}", s3={"addressing_style": "path"})
        for checksum in ("md5", "crc32c", None):
            to = [S3Object(client, BUCKET, path.name, part_size=5 * UNIT, checksum=checksum) for path in (large, file)]
            report = upload([Upload(path, place) for path, place in zip((large, file), to, strict=True)])
            assert [outcome.verified for outcome in report.outcomes] == ["md5 of every part", "md5"]
            assert (root / BUCKET / large.name).read_bytes() == large.read_bytes()
            assert (root / BUCKET / file.name).read_bytes() == file.read_bytes()
        signing = client_of(f"http://127.0.0.1:{port}", s3={"addressing_style": "path"}, signature_version="s3v4")
        signed = signing.generate_presigned_url("put_object", Params={"Bucket": BUCKET, "Key": "signed"})
        (outcome,) = upload([Upload(large, PutTo(Location(signed)))]).outcomes
        assert (outcome.verified, (root / BUCKET / "signed").read_bytes()) == ("md5", large.read_bytes())
    finally:
        serving.terminate()
        serving.communicate()
