"""Responses of servers that others wrote: none is refused, and each confirms its bytes.

They are those of moto 5.2.5, s3rver 3.7.1 and `rclone serve s3` 1.75.2 to PUTs of objects and parts.
"""

from typing import Any

import pytest
from omicsdk.core.checksums import Digests
from omicsdk.sandbox.state.objects import checksum_of
from omicsdk.transfer.uploads.sending import Kind, difference, judge
from recorded_server import body_of, exchanges

CHECKSUM = "x-amz-checksum-"
PUTS = {
    f"{server}: {each['step']}": each
    for server in ("moto", "s3rver", "rclone")
    for each in exchanges(f"s3-{server}")
    if each["request"]["method"] == "PUT" and "etag" in each["response"]["headers"] and each["step"] != "copy object"
}


@pytest.mark.parametrize("put", PUTS.values(), ids=PUTS)
def test_a_real_servers_response_confirms_the_bytes_and_no_others(put: Any) -> None:
    verdict = judge(200, put["response"]["headers"], b"", 0.0)
    digests = Digests(("crc32c", "sha1", "sha256", "md5"))
    digests.update(body_of(put["request"]))
    ours = digests.values()
    assert verdict.kind is Kind.SENT
    assert difference(ours, verdict.facts) is None
    assert verdict.facts["md5"] == ours["md5"]
    assert difference({"md5": "0" * 32}, verdict.facts) is not None


STATED = [
    pytest.param(put, name.removeprefix(CHECKSUM), value, id=f"{label}: {name}")
    for label, put in PUTS.items()
    for name, value in put["response"]["headers"].items()
    if name.startswith(CHECKSUM) and not ("crc64" in name and "part" in label)  # of 5 MiB it is slow here
]


@pytest.mark.parametrize(("put", "name", "value"), STATED)
def test_the_sandbox_computes_the_checksums_that_real_servers_state(put: Any, name: str, value: str) -> None:
    assert checksum_of(name, body_of(put["request"])) == value
