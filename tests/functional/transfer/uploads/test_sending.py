"""Files go out whole and right, whatever goes wrong on the way, or it is reported why not; checksums of whole files: in stretches, and
short ones wait for no long one."""

import hashlib
import os
import random
import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import (
    APIError,
    ChecksumMismatch,
    ChecksumMissing,
    ConnectFailed,
    Forbidden,
    NameNotResolved,
    NotFound,
    OmicsError,
    ServerError,
    SourceChanged,
    TLSFailed,
    TooManyRedirects,
    TransferError,
    TransportError,
)
from omicsdk.core.checksums import digest
from omicsdk.core.sending.connections import Network
from omicsdk.transfer import Location, Outcome, Patience, PutTo, SentPart, Source, Upload, upload
from omicsdk.transfer.uploads.engine import QUICK
from omicsdk.transfer.uploads.job import STRIDE, Chains, Link, SourceFile
from omicsdk.transfer.uploads.store import WholeStore

MIB = 1024 * 1024


def error_of(report: Any) -> OmicsError:
    assert report.counts["failed"] == 1
    return report.failed[0].error


def test_a_file_goes_to_a_presigned_url_with_its_headers(sink: Any, file: Path, send: Any):
    report = send(
        file, PutTo(Location(sink.url("a", "sig=canary"), {"Content-Type": "text/x"})), checksums=["sha256", "md5"]
    )
    data = file.read_bytes()
    (outcome,) = report.outcomes
    assert sink.stored["a?sig=canary"] == data
    assert sink.requests[0].headers["content-type"] == "text/x"
    assert outcome.checksums == {name: digest(data, name) for name in ("sha256", "md5")}
    assert (outcome.state, outcome.verified, outcome.attempts) == ("done", "md5", 1)
    assert outcome.bytes_fetched == len(data)


@pytest.mark.parametrize(
    ("query", "headers", "kind"),
    [
        ("sv=2021-12-02&se=2030-01-01&sig=canary", {"X-Other": "1"}, "BlockBlob"),
        ("sig=canary&sv=2021-12-02", {"X-Ms-Blob-Type": "AppendBlob"}, "AppendBlob"),
        ("sig=canary", {}, None),
    ],
)
def test_a_url_of_azure_is_sent_the_kind_of_its_blob(
    sink: Any, file: Path, send: Any, query: str, headers: dict[str, str], kind: str | None
):
    send(file, PutTo(Location(sink.url("a", query), headers))).raise_if_failed()
    (request,) = sink.of("a")
    assert request.headers.get("x-ms-blob-type") == kind
    assert {name.lower() for name in headers} <= request.headers.keys()


def test_a_dry_run_sends_nothing(sink: Any, file: Path, tmp_path: Path):
    to = PutTo(Location(sink.url("a")))
    (tmp_path / "link").symlink_to("missing")
    report = upload([Upload(file, to), *(Upload(tmp_path / name, to) for name in ("missing", "link"))], dry_run=True)
    planned, failed, linked = report.outcomes
    assert (planned.state, planned.plan) == ("planned", f"upload {file.stat().st_size:,} bytes")
    assert "missing cannot be read: No such file" in str(failed.error)
    assert "link is a broken link. Check its path" in str(linked.error)  # report 487 of the AWS CLI
    assert not sink.requests


@pytest.mark.parametrize("size", [0, 1, 999, 1000, 1001, 25_000])
def test_a_file_of_any_size_goes_in_parts(sink: Any, store: Any, tmp_path: Path, send: Any, size: int, noise: Any):
    path = tmp_path / "file"
    path.write_bytes(noise(size))
    report = send(path, store, checksums=["sha1", "crc32c", "s3_etag"])
    report.raise_if_failed()
    assert store.body == path.read_bytes()
    parts, checksums = store.completed[0]
    assert [part.number for part in parts] == list(range(1, max(1, -(-size // 1000)) + 1))
    assert [part.etag for part in parts] == [
        hashlib.md5(noise(size)[n * 1000 : n * 1000 + 1000]).hexdigest() for n in range(len(parts))
    ]
    expected = {name: digest(path.read_bytes(), name) for name in ("sha1", "crc32c", "s3_etag")}
    assert checksums == report.outcomes[0].checksums == expected
    assert all(request.headers["x-crc32c"] for request in sink.requests)


def test_many_files_share_the_connections(sink: Any, tmp_path: Path, parts: Any, noise: Any):
    uploads = []
    for number in range(60):
        path = tmp_path / f"{number}"
        path.write_bytes(noise(number * 100, number))
        to = parts(sink, f"p{number}") if number % 2 else PutTo(Location(sink.url(f"w{number}")))
        uploads.append(Upload(path, to))
    report = upload(uploads, connections=3)
    assert report.ok
    assert [outcome.name for outcome in report.outcomes] == [str(number) for number in range(60)]
    for number in range(60):
        expected = noise(number * 100, number)
        assert (uploads[number].to.body if number % 2 else sink.stored[f"w{number}"]) == expected
    assert sink.most_open <= 3


def test_uploads_are_taken_from_their_source_as_there_is_room(sink: Any, file: Path):
    request_counts: list[int] = []

    def source():
        for number in range(200):
            request_counts.append(len(sink.requests))
            yield Upload(file, PutTo(Location(sink.url(str(number)))))

    assert upload(source(), connections=2).counts["done"] == 200
    assert all(seen >= number - 40 for number, seen in enumerate(request_counts))


def test_a_function_gets_the_file_and_returns_the_url(sink: Any, file: Path, send: Any):
    sources: list[Source] = []

    def locate(source: Source) -> Location:
        sources.append(source)
        return Location(sink.url("a"))

    send(file, PutTo(locate, needs=("sha256",))).raise_if_failed()
    (source,) = sources
    assert source.checksums == {"sha256": digest(file.read_bytes(), "sha256")}
    assert (source.path, source.name, source.size) == (str(file), "reads.bin", 10_500)


def test_checksums_before_and_beside_are_reported_together(store: Any, file: Path, send: Any):
    store.needs, store.wants = ("sha1",), ("sha256",)
    report = send(file, store, checksums=["md5"])
    expected = {name: digest(file.read_bytes(), name) for name in ("sha1", "sha256", "md5", "crc32c")}
    assert store.completed[0][1] == report.outcomes[0].checksums == expected


# -- faults


def refused(reply: Any, status: int, code: str = "", message: str = "", **headers: str) -> Callable[..., Any]:
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode() if code else b"no"
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: reply(status, names, body, close=True)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"status": 500, "read": 0, "close": True}, id="500 before the body"),
        pytest.param({"status": 400, "body": b"<Error><Code>RequestTimeout</Code></Error>"}, id="RequestTimeout"),
        pytest.param(
            {"status": 200, "headers": {"ETag": "x", "x-amz-checksum-crc32c": "AAAAAA=="}}, id="wrong checksum"
        ),
        pytest.param({"status": 400, "body": b"<Error><Code>BadDigest</Code></Error>"}, id="BadDigest"),
    ],
)
def test_what_passes_is_tried_again(sink: Any, store: Any, file: Path, send: Any, reply: Any, fault: dict[str, Any]):
    sink.fault("object", lambda _: None, lambda _: reply(**fault))
    report = send(file, store)
    report.raise_if_failed()
    assert store.body == file.read_bytes()
    assert len(sink.requests) >= 12
    assert report.outcomes[0].attempts >= 12
    assert report.outcomes[0].retries >= 1


def test_a_whole_file_is_sent_again_from_its_beginning(sink: Any, tmp_path: Path, send: Any, reply: Any, noise: Any):
    path = tmp_path / "file"
    path.write_bytes(noise(3 * MIB))
    sink.fault("a", lambda _: reply(reset=True, read=MIB), lambda _: reply(503))
    report = send(path, PutTo(Location(sink.url("a"))))
    assert report.ok
    assert sink.stored["a"] == noise(3 * MIB)
    assert report.outcomes[0].attempts == 3
    assert report.outcomes[0].bytes_fetched > 6 * MIB


def test_a_file_is_sent_again_to_a_store_that_confirms_it_before_it_has_arrived(
    sink: Any, tmp_path: Path, send: Any, reply: Any
):
    with (tmp_path / "file").open("wb") as file:
        file.truncate(32 * MIB)  # more than sockets hold
    sink.fault("a", lambda _: reply(200, read=1000, close=True))
    report = send(tmp_path / "file", PutTo(Location(sink.url("a"))))
    assert report.ok
    assert report.outcomes[0].attempts == 2
    assert len(sink.stored["a"]) == 32 * MIB


def test_a_store_that_keeps_failing_ends_the_file(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(503, {}, b"<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>")
    error = error_of(send(file, store, retries=2))
    assert isinstance(error, ServerError)
    assert (error.status, error.code) == (503, "SlowDown")
    assert "Reduce your rate" in str(error)
    assert "part " in str(error)
    assert "canary" not in str(error) + repr(error) + str(error.url)
    assert len(sink.requests) <= 3 * 4
    assert store.aborted == []


def test_a_failed_file_is_abandoned_on_request(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(507)
    assert error_of(send(file, store, abort=True)).status == 507
    assert store.aborted == ["id1"]


def test_a_file_that_fails_does_not_stop_the_others(sink: Any, parts: Any, file: Path, reply: Any, clock: Any):
    sink.always = lambda request: reply(411) if request.path == "bad" else None
    good, bad = parts(sink, "good"), parts(sink, "bad")
    report = upload([Upload(file, bad, "bad"), Upload(file, good, "good")], clock=clock)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "done"]
    assert good.body == file.read_bytes()


def test_a_separate_url_that_ended_is_not_tried_again(sink: Any, file: Path, send: Any, reply: Any):
    sink.always = refused(reply, 403, "AccessDenied", "Request has expired")
    error = error_of(send(file, PutTo(Location(sink.url("a", "X-Amz-Signature=canary")))))
    assert isinstance(error, Forbidden)
    assert "Request has expired" in str(error)
    assert "canary" not in str(error)
    assert len(sink.requests) == 1


def test_a_url_that_ends_is_requested_again_once(sink: Any, file: Path, send: Any, reply: Any, clock: Any):
    locates = 0

    def locate(_: Source) -> Location:
        nonlocal locates
        locates += 1
        return Location(sink.url("a", f"sig={locates}"))

    def ended(_: Any) -> Any:
        clock.advance(3600)
        return reply(403)

    sink.fault("a", ended)
    report = send(file, PutTo(locate), retries=0)  # a failure without a cause in the request uses no try
    assert report.ok
    assert locates == 2
    sink.fault("a", ended, ended)
    (failed,) = send(file, PutTo(locate), retries=10, patience=Patience(renewals=0)).failed
    assert isinstance(failed.error, Forbidden)
    assert locates == 3


def test_new_urls_that_are_refused_end_the_file(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.always = refused(reply, 403, "InvalidAccessKeyId", "No such key")
    error = error_of(send(file, store, connections=1))
    assert isinstance(error, Forbidden)
    assert error.code == "InvalidAccessKeyId"
    # Each of the two parts is sent to two URLs at most; the second refusal of either ends the file.
    assert len(sink.requests) in (2, 3)


def test_a_store_decides_by_the_headers_that_were_refused(
    sink: Any, store: Any, file: Path, send: Any, reply: Any, monkeypatch: pytest.MonkeyPatch
):
    def relents(status: int, code: str | None, sent: Any) -> bool:
        refusals.append((status, code, sent))
        return len(refusals) == 1

    refusals: list[Any] = []
    monkeypatch.setattr(store, "relents", relents)
    monkeypatch.setattr(store, "sign", lambda *_: Location(sink.url("a"), {"x-a": "b"}))
    sink.always = refused(reply, 400, "InvalidArgument", "no")
    assert error_of(send(file, store, connections=1)).code == "InvalidArgument"
    assert refusals == [(400, "InvalidArgument", {"x-a": "b"})] * 2


def test_credentials_that_have_expired_are_named_as_what_to_renew(
    sink: Any, store: Any, file: Path, send: Any, reply: Any
):
    sink.always = refused(reply, 400, "ExpiredToken", "The provided token has expired.")
    assert "Renew the credentials" in str(error_of(send(file, store, connections=1)))


def test_a_store_states_what_to_do_about_its_codes(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    store.remedies = {"QuotaExceeded": "Ask for more."}
    sink.always = refused(reply, 403, "QuotaExceeded", "")
    assert str(error_of(send(file, store, connections=1))).endswith("Ask for more.")


def test_a_retry_names_its_file_once(
    sink: Any, store: Any, file: Path, send: Any, reply: Any, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("INFO", "omicsdk.transfer")
    sink.always = refused(reply, 503, "SlowDown", "")
    send(file, store, connections=1, retries=1)
    (line,) = (record.getMessage() for record in caplog.records if "retrying" in record.message)
    # Parts are prepared side by side: either may be the first that is ready.
    assert re.match(r"reads\.bin, part [12]: the store refused it \(503 SlowDown", line)


def test_bytes_that_stay_wrong_are_reported(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.always = lambda _: reply(200, {"x-amz-checksum-crc32c": "AAAAAA=="})
    error = error_of(send(file, store, connections=1))
    assert isinstance(error, ChecksumMismatch)
    assert error.actual == "00000000"
    assert "reads.bin, part " in str(error)
    assert store.completed == []


def test_a_store_that_rejects_the_checksum_twice_ends_the_file(
    sink: Any, store: Any, file: Path, send: Any, reply: Any
):
    sink.always = refused(reply, 400, "BadDigest", "The CRC32C does not match.")
    error = error_of(send(file, store, connections=1))
    assert isinstance(error, ChecksumMismatch)
    assert isinstance(error.__cause__, APIError)
    assert len(sink.requests) <= 3


def test_a_whole_that_is_not_what_was_sent_is_reported(store: Any, file: Path, send: Any):
    store.response = {"sha256": "0" * 64}
    error = error_of(send(file, store, checksums=["sha256"]))
    assert isinstance(error, ChecksumMismatch)
    assert error.actual == "0" * 64


def test_the_etag_of_a_whole_file_is_compared_with_its_md5(sink: Any, file: Path, send: Any, reply: Any):
    wrong = lambda _: reply(200, {"ETag": f'"{"0" * 32}"'}, keep=False)  # noqa: E731
    sink.fault("a", wrong)
    once = send(file, PutTo(Location(sink.url("a"))), checksums=["md5"])
    assert (once.ok, once.outcomes[0].attempts, sink.stored["a"]) == (True, 2, file.read_bytes())
    sink.fault("a", wrong, wrong)
    error = error_of(send(file, PutTo(Location(sink.url("a"))), checksums=["md5"]))
    assert isinstance(error, ChecksumMismatch)
    sink.fault("a", lambda _: reply(200, {"ETag": f'"{"0" * 32}"', "x-amz-server-side-encryption": "aws:kms"}))
    assert send(file, PutTo(Location(sink.url("a"))), checksums=["md5"]).ok


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_followed(sink: Any, store: Any, file: Path, send: Any, reply: Any, status: int):
    sink.fault("object", lambda request: reply(status, {"Location": f"/{request.path}?{request.query}&again=1"}))
    send(file, store).raise_if_failed()
    assert len(store.completed) == 1
    (followed,) = (request for request in sink.requests if "again" in request.query)
    assert followed.headers["x-crc32c"]


def test_secrets_do_not_follow_a_redirect_to_another_host(sink: Any, file: Path, send: Any, reply: Any):
    headers = {
        "Authorization": "Bearer canary",
        "X-Own": "canary",
        "x-amz-server-side-encryption-customer-key": "canary",
        "Content-Type": "text/x",
        "x-amz-checksum-crc32c": "AAAAAA==",
        "x-amz-meta-a": "b",
    }
    sink.fault("a", lambda _: reply(307, {"Location": sink.url("b", host="localhost")}))
    send(file, PutTo(Location(sink.url("a"), headers))).raise_if_failed()
    there = sink.of("b")[0].headers
    assert "canary" not in str(there)
    assert (there["content-type"], there["x-amz-checksum-crc32c"], there["x-amz-meta-a"]) == ("text/x", "AAAAAA==", "b")


@pytest.mark.parametrize(("host", "signs"), [("127.0.0.1", True), ("localhost", False)])
def test_only_requests_to_the_first_host_are_signed(
    sink: Any, file: Path, send: Any, reply: Any, host: str, signs: bool
):
    location = Location(sink.url("a"), sign=lambda method, url: {"authorization": f"canary of {method} {url}"})
    sink.fault("a", lambda _: reply(307, {"Location": sink.url("b", host=host)}))
    sink.fault("b", lambda _: reply(headers={"ETag": ""}))  # which is asked for the size
    send(file, PutTo(location)).raise_if_failed()
    assert ["canary" in str(request.headers) for request in sink.of("b")] == [signs, signs]


@pytest.mark.parametrize(
    ("response", "kind"),
    [
        ({"status": 307, "headers": {"Location": "/a"}}, TooManyRedirects),
        ({"status": 307, "headers": {"Location": "http://[broken"}}, TransportError),
        ({"status": 303, "headers": {"Location": "/b"}}, TransportError),
    ],
)
def test_redirects_that_have_no_target(
    sink: Any, file: Path, send: Any, reply: Any, response: Any, kind: type[OmicsError]
):
    sink.always = lambda _: reply(**response)
    assert isinstance(error_of(send(file, PutTo(Location(sink.url("a"))))), kind)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://127.0.0.1:1/a", ConnectFailed),
        ("http://nobody.invalid/a", NameNotResolved),
        ("http://a..b/a", NameNotResolved),
        ("ftp://127.0.0.1/a", TransportError),
        ("http://[half/a", TransportError),
        ("nonsense", TransportError),
    ],
)
def test_urls_that_have_no_target(file: Path, send: Any, url: str, kind: type[OmicsError]):
    assert isinstance(error_of(send(file, PutTo(Location(url)), retries=1)), kind)


def test_a_function_that_fails_is_reported_without_secrets(file: Path, send: Any):
    def locate(_: Source) -> Location:
        raise RuntimeError("https://host/key?X-Amz-Signature=canary is bad")

    error = error_of(send(file, PutTo(locate)))
    assert "RuntimeError" in str(error)
    assert "canary" not in str(error)


def test_calls_of_a_store_are_tried_again(store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch):
    for name in ("begin", "sign", "complete"):
        flaky(store, name, monkeypatch)
    send(file, store).raise_if_failed()
    assert store.body == file.read_bytes()
    assert len(store.completed) == 1


def flaky(store: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a method fail twice."""
    plain, failures = getattr(store, name), [ServerError("ill", status=503), ConnectFailed("no way")]

    def broken(*arguments: Any) -> Any:
        if failures:
            raise failures.pop()
        return plain(*arguments)

    monkeypatch.setattr(store, name, broken)


def test_a_store_that_refuses_to_complete(store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any) -> Any:
        raise NotFound("no bucket", status=404)

    monkeypatch.setattr(store, "complete", refuse)
    assert isinstance(error_of(send(file, store)), NotFound)


def test_each_part_is_reported_to_a_store_on_request(
    store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch
):
    reports: list[tuple[str, SentPart, int, Mapping[str, str]]] = []
    store.reports_parts = True
    monkeypatch.setattr(store, "sent", lambda *what: reports.append(what))
    send(file, store).raise_if_failed()
    assert sorted(part.number for _, part, _, _ in reports) == list(range(1, 12))
    assert {upload_id for upload_id, _, _, _ in reports} == {"id1"}
    assert {status for _, _, status, _ in reports} == {200}
    assert all(headers["etag"].strip('"') == part.etag for _, part, _, headers in reports)


def test_a_store_that_chooses_the_size_of_parts(store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "part_size", lambda _: 2000)
    send(file, store).raise_if_failed()
    assert sorted(store.signed) == list(range(1, 7))
    assert store.body == file.read_bytes()


def test_a_store_that_takes_files_in_parts_only(sink: Any, parts: Any, file: Path, send: Any):
    store = parts(sink, part_size=20_000, single=20_000)
    send(file, store).raise_if_failed()
    assert (store.begun, store.body) == (1, file.read_bytes())


def test_a_file_that_is_too_large_for_the_store(sink: Any, parts: Any, file: Path, send: Any):
    store = parts(sink, part_size=1000, largest=1000, parts=10)
    error = error_of(send(file, store))
    assert isinstance(error, TransferError)
    assert "more than 10 parts" in str(error)
    assert store.begun == 0


# -- the file itself


def test_a_file_that_does_not_exist(tmp_path: Path, store: Any, send: Any):
    error = error_of(send(tmp_path / "none", store))
    assert "No such file" in str(error)
    assert str(tmp_path / "none") in str(error)


def test_a_folder_is_no_file(tmp_path: Path, store: Any, send: Any):
    assert "is not a file. Upload the files in it one by one." in str(error_of(send(tmp_path, store)))


@pytest.mark.parametrize("change", ["append", "touch", "truncate", "replace", "remove"])
def test_a_file_that_changes_while_it_is_sent_fails(sink: Any, store: Any, file: Path, send: Any, change: str):
    def fault(_: Any) -> None:
        data = file.read_bytes()
        match change:
            case "append":
                file.write_bytes(data + b"more")
            case "touch":
                os.utime(file, ns=(1, 1))
            case "truncate":
                file.write_bytes(data[:2000])
            case "replace":
                (file.parent / "new").write_bytes(data)
                (file.parent / "new").replace(file)
            case _:
                file.unlink()

    sink.fault("object", fault)
    error = error_of(send(file, store))
    assert isinstance(error, SourceChanged)
    assert "reads.bin changed while it was uploaded" in str(error)
    assert store.completed == []
    assert store.aborted == ["id1"]


def test_proxies_of_the_store_are_used(sink: Any, store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "route", lambda url: Network(proxy=f"http://127.0.0.1:{sink.port}"))
    monkeypatch.setattr(store, "sign", lambda *_: Location("http://far.invalid/object?part=1"))
    send(file, store, environ={}).raise_if_failed()
    assert sink.requests[0].headers["host"] == "far.invalid"


def test_uploads_over_tls_with_an_authority_of_the_environment(
    sink: Any, tmp_path: Path, send: Any, certificate: Any, noise: Any
):
    made = certificate()
    sink.tls = made.context
    (tmp_path / "file").write_bytes(noise(3 * MIB))
    to = PutTo(Location(sink.url("a").replace("http:", "https:")))
    send(tmp_path / "file", to, environ={"SSL_CERT_FILE": str(made.pem)}).raise_if_failed()
    assert sink.stored["a"] == noise(3 * MIB)
    assert isinstance(error_of(send(tmp_path / "file", to, environ={})), TLSFailed)


@pytest.mark.parametrize("numbers", [{"connections": 0}, {"callers": 0}])
def test_numbers_that_make_no_sense(numbers: dict[str, int]):
    with pytest.raises(ValueError, match="at least 1"):
        upload([], **numbers)


def test_options_that_make_no_sense(file: Path, store: Any):
    with pytest.raises(ValueError, match="crc64"):
        Upload(file, store, checksums=["crc64"])
    with pytest.raises(ValueError, match="negative"):
        Upload(file, store, retries=-1)


def test_nothing_to_do():
    assert upload([]).ok


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
def test_no_thread_and_no_file_stays_open(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    sink.fault("object", lambda _: reply(411))
    assert not send(file, store).ok
    for thread in threading.enumerate():
        if thread.name.startswith("omicsdk-"):
            thread.join(60)
            assert not thread.is_alive()
    open_files = [os.readlink(entry.path) for entry in os.scandir("/proc/self/fd") if os.path.lexists(entry.path)]  # noqa: PTH115
    assert str(file) not in open_files


@pytest.mark.parametrize("apart", [1, 1500, 4000])
def test_checksums_and_sending_stay_near_each_other(
    store: Any, file: Path, send: Any, monkeypatch: pytest.MonkeyPatch, apart: int
):
    monkeypatch.setattr("omicsdk.transfer.uploads.job.APART", apart)
    monkeypatch.setattr("omicsdk.transfer.uploads.job.PARTS_APART", 0)
    monkeypatch.setattr("omicsdk.transfer.uploads.job.LINK", 700)
    report = send(file, store, checksums=["sha256", "sha1", "s3_etag"])
    report.raise_if_failed()
    assert report.outcomes[0].checksums["sha256"] == digest(file.read_bytes(), "sha256")


def test_one_object_is_not_sent_twice_at_once(store: Any, file: Path):
    report = upload([Upload(file, store), Upload(file, store)])
    assert report.counts["done"] == 1
    assert "is already being uploaded to sink://object" in str(report.failed[0].error)


def test_a_pipe_is_no_file(tmp_path: Path, store: Any, send: Any):
    os.mkfifo(tmp_path / "pipe")
    assert "is not a file. Write its content to a file first." in str(error_of(send(tmp_path / "pipe", store)))


REQUIRED = {"require_checksum": True}


@pytest.mark.parametrize("etag", ["", "W/", '"not-an-md5"'])
def test_a_store_that_names_no_checksum_confirms_the_size_only(
    sink: Any, file: Path, send: Any, reply: Any, tmp_path: Path, etag: str
):
    sink.always = lambda request: reply(headers={"ETag": etag}) if request.method == "PUT" else None
    to = PutTo(Location(sink.url("a")))
    how = {"checksums": ["md5"], "journal": tmp_path / "journal"}
    report = send(file, to, **how)
    assert (report.outcomes[0].state, report.outcomes[0].verification) == ("done", "size only")
    assert report.outcomes[0].verified == "size"
    again = send(file, to, **how)
    assert (again.outcomes[0].state, again.outcomes[0].verification) == ("skipped", "size only")
    error = error_of(send(file, to, **REQUIRED, **how))
    assert isinstance(error, ChecksumMissing)
    assert "the platform confirms its size only" in str(error)


def test_a_checksum_that_was_confirmed_counts_for_the_next_run(sink: Any, file: Path, send: Any, tmp_path: Path):
    for expected in ("done", "skipped"):
        report = send(
            file,
            PutTo(Location(sink.url("a"))),
            checksums=["md5"],
            journal=tmp_path / "journal",
            **REQUIRED,
        )
        outcome = report.outcomes[0]
        assert (outcome.state, outcome.verification, outcome.verified) == (expected, "verified", "md5")


@pytest.mark.parametrize(
    ("part_checksum", "responses", "whole", "expected"),
    [
        ("md5", True, {}, ("verified", "md5 of every part")),
        ("md5", False, {}, ("unverified", "")),
        ("md5", False, {"size": "10500"}, ("size only", "size")),
        ("crc32c", True, {}, ("verified", "md5 of every part")),  # the sink states MD5s only
        (None, True, {}, ("verified", "md5 of every part")),
        (None, True, {"sha256": "right"}, ("verified", "md5 of every part, sha256")),
    ],
)
def test_parts_are_verified_by_what_the_store_states_of_each(
    sink: Any,
    store: Any,
    file: Path,
    send: Any,
    reply: Any,
    part_checksum: Any,
    responses: bool,
    whole: Any,
    expected: Any,
):
    store.part_checksum = part_checksum
    facts = {"size": "10500", "sha256": digest(file.read_bytes(), "sha256")}
    store.response = {name: facts[name] for name in whole}
    if not responses:  # one part of eleven suffices
        sink.fault("object", lambda _: None, lambda _: reply(headers={"ETag": '"opaque"'}))
    report = send(file, store, checksums=["sha256"])
    assert (report.outcomes[0].verification, report.outcomes[0].verified) == expected


def mishap(chance: random.Random, reply: Any) -> Any:
    """One of the ways in which a request goes wrong."""
    return chance.choice(
        [
            lambda: reply(reset=True),
            lambda: reply(reset=True, read=chance.randrange(1000)),
            lambda: reply(status=chance.choice([408, 429, 500, 502, 503, 504]), close=chance.random() < 0.5),
            lambda: reply(status=503, headers={"Retry-After": "2"}),
            lambda: reply(status=403, read=0, close=True),
            lambda: reply(status=200, headers={"x-amz-checksum-crc32c": "AAAAAA=="}, keep=False),
            lambda: reply(status=400, body=b"<Error><Code>BadDigest</Code></Error>"),
            lambda: reply(status=400, body=b"<Error><Code>ExpiredToken</Code></Error>"),
        ]
    )()


@pytest.mark.parametrize("seed", range(12))
def test_files_arrive_though_every_fifth_request_fails(
    sink: Any, parts: Any, tmp_path: Path, noise: Any, reply: Any, clock: Any, seed: int
):
    chance = random.Random(seed)
    sink.always = lambda _: mishap(chance, reply) if chance.random() < 0.2 else None
    uploads: list[Upload] = []
    for number in range(12):
        path = tmp_path / str(number)
        path.write_bytes(noise(chance.randrange(8000), number))
        to = parts(sink, f"p{number}", part_size=chance.randrange(300, 4000))
        uploads.append(Upload(path, to, checksums=["sha256"]))
    report = upload(uploads, connections=chance.randrange(1, 9), clock=clock)
    for entry, outcome in zip(uploads, report.outcomes, strict=True):
        data = Path(entry.path).read_bytes()
        if outcome.state == "done":
            assert entry.to.body == data
            assert outcome.checksums["sha256"] == digest(data, "sha256")
            assert len(entry.to.completed) == 1
        else:
            assert isinstance(outcome.error, OmicsError)
            assert entry.to.completed == []
    assert report.counts["done"] >= 8
    assert report.outcomes.retries > 0


def test_a_part_whose_etag_is_not_its_md5_is_sent_again(sink: Any, store: Any, file: Path, send: Any, reply: Any):
    store.part_checksum = "md5"
    sink.fault("object", lambda _: reply(200, {"ETag": f'"{"0" * 32}"'}, keep=False))
    report = send(file, store)
    report.raise_if_failed()
    assert (report.outcomes[0].retries, store.body) == (1, file.read_bytes())
    assert report.outcomes[0].verified == "md5 of every part"


def test_a_store_that_falls_silent_is_left_and_asked_again(sink: Any, file: Path, reply: Any, clock: Any):
    sink.fault("a", lambda _: reply(stall=True))
    to = PutTo(Location(sink.url("a")))
    report = upload([Upload(file, to, min_delay=0.0)], patience=Patience(silence=1.0), clock=clock)
    assert (report.counts["done"], report.outcomes[0].retries) == (1, 1)
    assert sink.stored["a"] == file.read_bytes()


def test_a_slow_store_is_waited_for(sink: Any, file: Path, reply: Any):
    sink.always = lambda _: reply(200, pace=40_000)
    report = upload([Upload(file, PutTo(Location(sink.url("a"))))], patience=Patience(silence=1.0))
    assert (report.counts["done"], report.outcomes[0].attempts) == (1, 1)


@given(st.integers(1000, 3 * STRIDE), st.lists(st.integers(1, 3 * STRIDE), max_size=3), st.integers(0, 99))
def test_chains_hash_each_byte_once_in_whatever_order_links_end(
    tmp_path_factory: pytest.TempPathFactory, longest: int, limits: list[int], seed: int
):
    data = bytes(n % 251 for n in range(2 * STRIDE + 7))
    path = tmp_path_factory.mktemp("chains") / "file"
    path.write_bytes(data)
    source, chance = SourceFile(str(path), "file"), random.Random(seed)
    chains = Chains(("sha256", "crc32c", "sha256"), len(data))
    running = list[Link]()
    for limit in (*sorted(limits), len(data)):
        while (links := chains.links(limit, longest)) or running:
            running += links
            link = running.pop(chance.randrange(len(running)))
            assert link.end <= limit
            assert link.end - link.start <= longest
            source.follow(link.digests, link.start, link.end, lambda: False)
            chains.hashed(link)
        assert chains.position == min(limit, len(data))
    source.close()
    assert chains.done
    assert chains.values() == {name: digest(data, name) for name in ("sha256", "crc32c")}


def test_no_checksums_are_done_at_once():
    assert Chains((), 100).done
    assert Chains(("sha256",), 0).done


def test_a_small_file_is_hashed_at_once():
    (link,) = Chains(("sha256", "md5"), STRIDE).links(STRIDE, STRIDE)
    assert link.digests.names == ("sha256", "md5")


def test_checksums_of_short_files_wait_for_no_long_one(
    sink: Any, tmp_path: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
):
    """All threads that hash long files are at work as long as the short one has not arrived."""
    arrived = threading.Event()
    follow = SourceFile.follow

    def slow(self: SourceFile, *arguments: Any) -> None:
        if self.size > 1000:
            assert arrived.wait(30)
        follow(self, *arguments)

    def finished(_: int, outcome: Outcome) -> None:
        if outcome.name == "short":
            arrived.set()

    monkeypatch.setattr("omicsdk.transfer.uploads.engine.LINK", 1000)
    monkeypatch.setattr("omicsdk.transfer.uploads.engine.QUICK", 0)
    monkeypatch.setattr(SourceFile, "follow", slow)
    uploads: list[Upload] = []
    for name, size in {"one": 1001, "two": 3000, "three": 2000, "short": 1000}.items():
        (tmp_path / name).write_bytes(noise(size))
        uploads.append(Upload(tmp_path / name, PutTo(lambda source: sink_at(sink, source), needs=("sha256",))))
    report = upload(uploads, finished=finished)
    report.raise_if_failed()
    assert arrived.is_set()
    assert sink.stored["three"] == noise(2000)


def sink_at(sink: Any, source: Source) -> Location:
    assert len(source.checksums["sha256"]) == 64
    return Location(sink.url(source.name))


class Signing(WholeStore):
    """A store that notes the thread that signs, and signs at once or not."""

    def __init__(self, to: PutTo, *, at_once: bool) -> None:
        super().__init__(to)
        self.needs = ("sha256",)
        self.signs_at_once = at_once
        self.threads = list[str]()

    def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
        self.threads.append(threading.current_thread().name)
        return super().put(source, checksums)


@pytest.mark.parametrize(("size", "at_once"), [(QUICK, True), (QUICK, False), (QUICK + 1, True)])
def test_only_small_files_whose_store_signs_at_once_are_signed_by_the_engine(
    sink: Any, tmp_path: Path, noise: Any, size: int, at_once: bool
):
    (tmp_path / "file").write_bytes(noise(size))
    store = Signing(PutTo(Location(sink.url("file"))), at_once=at_once)
    upload([Upload(tmp_path / "file", store)]).raise_if_failed()
    (thread,) = store.threads
    assert thread.startswith("omicsdk-call") is not (at_once and size <= QUICK)
    assert sink.stored["file"] == noise(size)


def test_a_small_file_that_cannot_be_signed_fails_alone(sink: Any, tmp_path: Path):
    class Refusing(Signing):
        def put(self, source: Source, checksums: Mapping[str, str]) -> Location:
            raise TransferError("the keys are wrong")

    (tmp_path / "file").write_bytes(b"data")
    refused = Refusing(PutTo(Location(sink.url("refused"))), at_once=True)
    report = upload([Upload(tmp_path / "file", refused), Upload(tmp_path / "file", PutTo(Location(sink.url("sent"))))])
    first, second = report.outcomes
    assert "the keys are wrong" in str(first.error)
    assert second.is_present
    assert set(sink.stored) == {"sent"}
