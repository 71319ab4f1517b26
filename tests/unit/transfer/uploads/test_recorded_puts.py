"""Answers of servers that others wrote: none is refused, and each confirms its bytes.

`s3_puts.jsonl` has what moto 5.2.5, s3rver 3.7.1 and `rclone serve s3` 1.75.2 answered to PUTs of objects and parts
(every status 200 with an empty body; parts are byte 1 repeated).
"""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk.core.checksums import Digests
from omicsdk.sandbox.state.integrity import checksum_of
from omicsdk.transfer.uploads.sending import Kind, difference, judge

DATA = Path(__file__).parents[3] / "data" / "transfer" / "s3_puts.jsonl"
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


@pytest.mark.parametrize("put", PUTS, ids=[f"{put['server']}: {put['step']}" for put in PUTS])
def test_the_sandbox_computes_the_checksums_that_real_servers_state(put: Any) -> None:
    stated = {
        name.removeprefix("x-amz-checksum-"): value
        for name, value in put["headers"].items()
        if name.startswith("x-amz-checksum-")
    }
    small = body_of(put)[: 1 << 20]  # CRC64 is slow here
    for name, value in stated.items():
        assert len(base64.b64decode(value)) == len(base64.b64decode(checksum_of(name, small)))
        if len(small) == len(body_of(put)):
            assert checksum_of(name, small) == value
