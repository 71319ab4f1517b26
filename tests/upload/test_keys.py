"""Temporary keys: renewed before they end by the service's clock, once for all threads, and when a store refuses them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.hca.upload.exceptions import documented_error
from omicsdk.core.clock import ManualClock
from omicsdk.core.errors import Forbidden, Locked, NotFound, ServiceUnavailable
from omicsdk.hca.upload import UploadAreaURI
from omicsdk.hca.upload.sources import LocalFile
from omicsdk.hca.upload.storage import (
    FRESH,
    RENEW_BEFORE,
    SHORTEST_LIFE,
    AreaKeys,
    AreaStorage,
    Keys,
    life_of,
    signing_client,
)
from omicsdk.hca.upload.uploads import Sender
from omicsdk.transfer import Upload, upload
from sink import Reply, Sink
from sink import sink as sink

HOUR = 3600.0


class Service:
    """Gives keys that live so long, and counts."""

    def __init__(self, life: float = HOUR) -> None:
        self.life = life
        self.given = 0
        self.error: Exception | None = None

    def __call__(self) -> Keys:
        if self.error is not None:
            raise self.error
        self.given += 1
        return Keys(f"AKIA{self.given}", "secret-canary", f"token-{self.given}", "then", self.life)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, sink: Sink) -> Sink:
    """The sink as S3's endpoint."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", sink.url("").rstrip("/"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return sink


def test_keys_are_asked_for_once_and_renewed_in_time(clock: ManualClock):
    service = Service()
    keys = AreaKeys(service, clock)
    assert keys.current() is keys.current()
    clock.advance(HOUR - RENEW_BEFORE - 1)
    assert keys.current().access_key_id == "AKIA1"
    clock.advance(2)
    assert keys.current().access_key_id == "AKIA2"


def test_short_lives_are_renewed_in_their_last_quarter(clock: ManualClock):
    service = Service(life=100)
    keys = AreaKeys(service, clock)
    for _ in range(74):
        keys.current()
        clock.advance(1)
    assert service.given == 1
    clock.advance(2)
    keys.current()
    assert service.given == 2


@given(st.floats(1, 86400), st.lists(st.floats(0, 5000), max_size=30))
def test_what_is_given_out_has_a_quarter_of_its_life_or_five_minutes(life: float, waits: list[float]):
    clock, service = ManualClock(), Service(life)
    keys = AreaKeys(service, clock)
    born: dict[str, float] = {}
    for wait in waits:
        clock.advance(wait)
        found = keys.current()
        born.setdefault(found.access_key_id, clock.now())
        assert life - (clock.now() - born[found.access_key_id]) >= min(RENEW_BEFORE, life / 4) - 1e-3
    assert service.given <= len(waits)


def test_one_thread_asks_and_the_others_wait(clock: ManualClock):
    entered, go = threading.Event(), threading.Event()
    service = Service()

    def slowly() -> Keys:
        entered.set()
        assert go.wait(10)
        return service()

    keys = AreaKeys(slowly, clock)
    with ThreadPoolExecutor(8) as pool:
        running = [pool.submit(keys.current) for _ in range(8)]
        assert entered.wait(10)
        go.set()
        assert {each.result().access_key_id for each in running} == {"AKIA1"}
    assert service.given == 1


def test_a_service_that_is_down_costs_nothing_while_keys_are_good(clock: ManualClock, caplog: Any):
    service = Service()
    keys = AreaKeys(service, clock)
    keys.current()
    service.error = ServiceUnavailable("down", status=503)
    clock.advance(HOUR - 100)
    with caplog.at_level("WARNING", "omicsdk.hca.upload"):
        assert keys.current().access_key_id == "AKIA1"
    assert "continuing with the old ones" in caplog.text
    clock.advance(200)
    with pytest.raises(ServiceUnavailable):
        keys.current()


@pytest.mark.parametrize("error", [NotFound("gone", status=404), ServiceUnavailable("down", status=503)])
def test_without_keys_the_error_is_the_services(clock: ManualClock, error: Exception):
    service = Service()
    service.error = error
    with pytest.raises(type(error)):
        AreaKeys(service, clock).current()


def test_refused_keys_are_renewed_unless_they_are_fresh(clock: ManualClock):
    service = Service()
    keys = AreaKeys(service, clock)
    assert not keys.refused()
    keys.current()
    assert not keys.refused()
    clock.advance(FRESH)
    assert keys.refused()
    assert keys.current().access_key_id == "AKIA2"


@pytest.mark.parametrize(
    ("expiration", "date", "life"),
    [
        ("2026-11-20T13:00:00Z", "Fri, 20 Nov 2026 12:00:00 GMT", HOUR),
        ("2026-11-20T13:00:00+00:00", "Fri, 20 Nov 2026 12:30:00 GMT", HOUR / 2),
        ("2026-11-20T13:00:00", "Fri, 20 Nov 2026 12:00:00 GMT", HOUR),
        ("1970-01-01T01:00:00Z", None, HOUR),
        ("1970-01-01T01:00:00Z", "yesterday", HOUR),
        ("soon", None, SHORTEST_LIFE),
    ],
)
def test_a_life_is_told_by_the_services_clock(expiration: str, date: str | None, life: float):
    assert life_of(expiration, date, 0.0) == life


def test_secrets_are_in_no_repr(clock: ManualClock):
    keys = AreaKeys(Service(), clock)
    assert "canary" not in repr(keys.current()) + repr(keys)


def _token(query: str) -> str:
    return (
        query.replace("x-amz-security-token", "X-Amz-Security-Token")
        .partition("X-Amz-Security-Token=")[2]
        .partition("&")[0]
    )


def test_what_is_refused_for_ended_keys_is_signed_anew(aws: Sink, clock: ManualClock, tmp_path: Path):
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
    report = upload([Upload(path, storage.target("a.txt", 4, "text/plain"))], clock=clock)
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


def test_acceleration_is_for_amazons_own_endpoints(monkeypatch: pytest.MonkeyPatch, clock: ManualClock):
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3", raising=False)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    for accelerate in (True, False):
        client = signing_client(AreaKeys(Service(), clock), accelerate=accelerate, connections=4)
        url = client.generate_presigned_url("put_object", {"Bucket": "org-upload-prod", "Key": "k"})
        assert ("s3-accelerate" in url) == accelerate
        client.close()


def test_a_call_is_made_again_with_new_keys(aws: Sink, clock: ManualClock):
    from botocore.exceptions import ClientError

    service = Service()
    keys = AreaKeys(service, clock)
    client = signing_client(keys, accelerate=False, connections=4)
    storage = AreaStorage(client, keys, "a-dev", "uuid")
    asked: list[str] = []

    def head(**_: object) -> dict[str, Any]:
        asked.append(keys.current().session_token)
        if len(asked) == 1:
            clock.advance(FRESH + 1)
            raise ClientError(
                {"Error": {"Code": "ExpiredToken"}, "ResponseMetadata": {"HTTPStatusCode": 400}}, "HeadObject"
            )
        return {"ContentLength": 3, "ETag": '"x"', "Metadata": {"crc32c": "ABCDEF01"}}

    client.head_object = head
    found = storage.find("a.txt")
    assert found is not None
    assert (found.size, found.etag, found.crc32c) == (3, "x", "abcdef01")
    assert asked == ["token-1", "token-2"]

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

    def sent(service: Service, told: list[str]) -> Any:
        keys = AreaKeys(service, clock)
        opened.append(signing_client(keys, accelerate=False, connections=4))
        paths = [tmp_path / f"{number}.txt" for number in range(200)]
        for path in paths:
            path.write_text(path.name)
        storage, area = AreaStorage(opened[0], keys, "a-dev", "uuid"), UploadAreaURI("s3://a-dev/uuid/")
        sender = Sender(storage, area, told.append, lambda: None, resume=False, clock=clock)
        return sender.send([LocalFile(str(path), path.name, path.stat().st_size) for path in paths])

    yield sent
    for client in opened:
        client.close()


def test_a_wrong_clock_is_named(aws: Sink, send: Any):
    skewed = b"<Error><Code>RequestTimeTooSkewed</Code><Message>The difference is too large.</Message></Error>"
    aws.always = lambda _: Reply(403, body=skewed)
    told: list[str] = []
    result = send(Service(), told)
    assert told == []
    assert result.counts["done"] == 0
    assert result.counts["stopped"] > 0  # what every file would meet ends all
    assert all("Set this machine's clock" in str(error) for error in result.errors)


def test_a_service_that_gives_no_more_keys_ends_all(aws: Sink, send: Any, clock: ManualClock):
    service = Service()
    service.error = documented_error(Locked("locked", status=423))
    told: list[str] = []
    result = send(service, told)
    assert told == []
    assert result.counts["done"] == 0
    assert result.counts["stopped"] > 0
    assert {str(error) for error in result.errors} == {str(service.error)}


def test_keys_that_may_not_list_parts_leave_what_is_remembered(aws: Sink, clock: ManualClock):
    keys = AreaKeys(Service(), clock)
    client = signing_client(keys, accelerate=False, connections=4)
    target = AreaStorage(client, keys, "a-dev", "uuid").target("a.bin", 100, "a/b")

    def refuse(**_: object) -> None:
        raise _denied()

    client.list_parts = refuse
    assert target.known("id") is None
    client.close()


def _denied() -> Exception:
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": "AccessDenied"}, "ResponseMetadata": {"HTTPStatusCode": 403}}, "ListParts")
