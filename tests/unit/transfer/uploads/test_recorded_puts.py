"""Answers of servers that others wrote: none is refused, and each confirms its bytes.

`s3_puts.jsonl` has what moto 5.2.5, s3rver 3.7.1 and `rclone serve s3` 1.75.2 answered to PUTs of objects and parts
(every status 200 with an empty body; parts are byte 1 repeated).
"""

import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.checksums import Digests
from omicsdk.sandbox.state.integrity import checksum_of
from omicsdk.transfer.uploads.sending import Kind, difference, judge

DATA = Path(__file__).parents[3] / "data" / "transfer" / "s3_puts.jsonl"
CHECKSUM = "x-amz-checksum-"
PUTS = [json.loads(line) for line in DATA.read_text().splitlines()]


def body_of(put: Any) -> bytes:
    return put["body"].encode() if put["body"] is not None else b"\1" * put["length"]


@pytest.mark.parametrize("put", PUTS, ids=[f"{put['server']}: {put['step']}" for put in PUTS])
def test_a_real_servers_answer_confirms_the_bytes_and_no_others(put: Any) -> None:
    verdict = judge(200, put["headers"], b"", 0.0)
    digests = Digests(("crc32c", "sha1", "sha256", "md5"))
    digests.update(body_of(put))
    ours = digests.values()
    assert verdict.kind is Kind.SENT
    assert difference(ours, verdict.facts) is None
    assert verdict.facts["md5"] == ours["md5"]
    assert difference({"md5": "0" * 32}, verdict.facts) is not None


STATED = [
    pytest.param(put, name.removeprefix(CHECKSUM), value, id=f"{put['server']}: {put['step']}")
    for put in PUTS
    for name, value in put["headers"].items()
    if name.startswith(CHECKSUM) and (put["body"] is not None or "crc64" not in name)  # of 5 MiB it is slow here
]


@pytest.mark.parametrize(("put", "name", "value"), STATED)
def test_the_sandbox_computes_the_checksums_that_real_servers_state(put: Any, name: str, value: str) -> None:
    assert checksum_of(name, body_of(put)) == value
