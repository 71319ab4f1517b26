"""Temporary keys: renewed before they end by the service's clock, once for all threads, and when a store refuses them."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.hca.upload.exceptions import documented_error
from omicsdk.core import Forbidden, Locked, ManualClock
from omicsdk.hca.upload import UploadAreaURI
from omicsdk.hca.upload.sources import LocalFile
from omicsdk.hca.upload.storage import FRESH, AreaKeys, AreaStorage, signing_client
from omicsdk.hca.upload.uploads import Sender
from omicsdk.transfer import Upload, upload
from sink import Reply, Sink
from sink import sink as sink
from upload_keys_service import Service


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Sink:
    """The sink as S3's endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", sink.url("").rstrip("/"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return sink


def _token(query: str) -> str:
    return (
        query.replace("x-amz-security-token", "X-Amz-Security-Token")
        .partition("X-Amz-Security-Token=")[2]
        .partition("&")[0]
    )


def test_what_is_refused_for_ended_keys_is_signed_again(aws: Sink, clock: ManualClock, tmp_path: Path):
    service = Service()
    keys = AreaKeys(service, clock)
    client = signing_client(keys, accelerate=True, connections=4)
    storage = AreaStorage(client, keys, "a-dev", "uuid")
    path = tmp_path / "a.txt"
    path.write_bytes(b"text")
    ended = b"<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"
    refused = False

    def refuse_first(_: Any) -> Reply | None:
        nonlocal refused
        if refused:
            return None
        refused = True
        clock.advance(FRESH + 1)  # while it was on its way: this machine's clock thinks the keys good for long
        return Reply(400, body=ended)

    aws.always = refuse_first
    report = upload([Upload(path, storage.target("a.txt", "text/plain"))], clock=clock)
    report.raise_if_failed()
    assert [_token(sent.query) for sent in aws.requests] == ["token-1", "token-2"]
    headers = aws.requests[-1].headers
    assert headers["x-amz-meta-crc32c"] == report.outcomes[0].checksums["crc32c"]
    assert headers["x-amz-acl"] == "bucket-owner-full-control"
    assert headers["content-type"] == "text/plain"
    client.close()


def test_each_part_is_signed_with_the_keys_of_its_moment(aws: Sink, clock: ManualClock):
    service = Service(life=100)
    keys = AreaKeys(service, clock)
    client = signing_client(keys, accelerate=True, connections=4)
    assert client.meta.endpoint_url == aws.url("").rstrip("/")
    signed: list[str] = []
    for _ in range(3):
        url = client.generate_presigned_url("put_object", {"Bucket": "a-dev", "Key": "k"})
        signed.append(_token(url))
        clock.advance(80)
    assert signed == ["token-1", "token-2", "token-3"]
    client.close()


def test_a_call_is_made_again_with_new_keys(aws: Sink, clock: ManualClock):
    from botocore.exceptions import ClientError

    service = Service()
    keys = AreaKeys(service, clock)
    client = signing_client(keys, accelerate=False, connections=4)
    storage = AreaStorage(client, keys, "a-dev", "uuid")
    tokens: list[str] = []

    def head(**_: object) -> dict[str, Any]:
        tokens.append(keys.current().session_token)
        if len(tokens) == 1:
            clock.advance(FRESH + 1)
            raise ClientError(
                {"Error": {"Code": "ExpiredToken"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "HeadObject"
            )
        return {"ContentLength": 3, "ETag": '"x"', "Metadata": {"crc32c": "ABCDEF01"}}

    client.head_object = head
    stored = storage.find("a.txt")
    assert stored is not None
    assert (stored.size, stored.etag, stored.crc32c) == (3, "x", "abcdef01")
    assert tokens == ["token-1", "token-2"]

    def refused(**_: object) -> dict[str, Any]:
        raise ClientError(
            {"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "HeadObject"
        )

    client.head_object = refused
    assert storage.find("a.txt") is None
    with pytest.raises(Forbidden):
        storage.call("head_object", Bucket="a-dev", Key="uuid/a.txt")
    client.close()


@pytest.fixture
def send(tmp_path: Path, clock: ManualClock) -> Iterator[Callable[..., Any]]:
    """Send more files than are prepared at once, with keys of a service."""
    opened: list[Any] = []

    def sent(service: Service, messages: list[str]) -> Any:
        keys = AreaKeys(service, clock)
        opened.append(signing_client(keys, accelerate=False, connections=4))
        paths = [tmp_path / f"{number}.txt" for number in range(200)]
        for path in paths:
            path.write_text(path.name)
        storage, area = AreaStorage(opened[0], keys, "a-dev", "uuid"), UploadAreaURI("s3://a-dev/uuid/")
        sender = Sender(storage, area, messages.append, lambda: None, resume=False, clock=clock)
        return sender.send([LocalFile(str(path), path.name, path.stat().st_size) for path in paths])

    yield sent
    for client in opened:
        client.close()


def test_a_wrong_clock_is_named(aws: Sink, send: Any):
    skewed = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
    aws.always = lambda _: Reply(403, body=skewed)
    messages: list[str] = []
    result = send(Service(), messages)
    assert messages == []
    assert result.counts["done"] == 0
    assert result.counts["stopped"] > 0  # what every file would meet ends all
    assert all("Set this machine's clock" in str(failure.error) for failure in result.failed)


def test_a_service_that_gives_no_more_keys_ends_all(aws: Sink, send: Any):
    service = Service()
    service.error = documented_error(Locked("locked", status=423))
    messages: list[str] = []
    result = send(service, messages)
    assert messages == []
    assert result.counts["done"] == 0
    assert result.counts["stopped"] > 0
    assert {str(failure.error) for failure in result.failed} == {str(service.error)}


def test_keys_that_may_not_list_parts_leave_what_is_remembered(aws: Sink, clock: ManualClock):
    keys = AreaKeys(Service(), clock)
    client = signing_client(keys, accelerate=False, connections=4)
    target = AreaStorage(client, keys, "a-dev", "uuid").target("a.bin", "a/b")

    def refuse(**_: object) -> None:
        raise _denied()

    client.list_parts = refuse
    assert target.known("id") is None
    client.close()


def _denied() -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "ListParts")
