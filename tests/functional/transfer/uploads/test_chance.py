"""Whatever goes wrong on the way, a file is there whole and right or it is reported why not."""

import random
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import OmicsError
from omicsdk.core.checksums import digest
from omicsdk.transfer import Location, Patience, PutTo, Upload, upload


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
