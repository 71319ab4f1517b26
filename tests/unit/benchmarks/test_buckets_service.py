"""The store of the benchmark of buckets answers as S3 does, as far as its cases go."""

import json
import re
from base64 import b64decode
from zlib import crc32

import pytest


@pytest.fixture
def ask():
    """Asks the store: gives the status, the headers and the body of a response."""
    from answering import Request
    from buckets_service import service

    server = service(2_500, 3, 2)

    def answer(method, target, body=b"", lines=b""):
        path, _, query = target.partition("?")
        head, _, content = server(Request(method, path, query, lines.lower(), body, lines)).partition(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        headers = dict(field.lower().split(": ", 1) for field in fields)
        return int(first.split()[1]), headers | {"as sent": head.decode()}, content

    return answer


def keys(body):
    return re.findall(r"<Key>([^<]*)</Key>", body.decode())


def test_a_list_continues_until_its_end(ask):
    found, query = [], "list-type=2&prefix=runs%2F2026%2F&delimiter=%2F"
    token = ""
    for length in (1000, 1000, 500):
        body = ask("GET", f"/listed?{query}{token and '&continuation-token='}{token}")[2]
        assert len(keys(body)) == length
        found += keys(body)
        token = "".join(re.findall(r"<NextContinuationToken>([^<]*)<", body.decode()))
    assert (len(set(found)), token) == (2_500, "")
    assert b"<CommonPrefixes><Prefix>runs/</Prefix></CommonPrefixes>" in ask("GET", "/listed?delimiter=%2F")[2]
    assert len(keys(ask("GET", f"/few?{query}&max-keys=2")[2])) == 2


def test_objects_are_read_with_their_checksums(ask):
    target = "/copied/runs/2026/sample_000001.fastq.gz"
    status, headers, body = ask("GET", target)
    assert (status, len(body)) == (200, 4096)
    stated = re.search("x-amz-checksum-crc32: (.*)", headers["as sent"])[1].strip()
    assert int.from_bytes(b64decode(stated), "big") == crc32(body)
    assert ask("GET", target, lines=b"Range: bytes=8-15")[::2] == (206, b"00000001")
    assert ask("HEAD", target)[::2] == (200, b"")
    assert (ask("HEAD", "/copied/none")[0], ask("GET", "/copied/none")[0]) == (404, 404)


def test_changes_last_until_everything_begins_again(ask):
    def etags(bucket):
        return json.loads(ask("GET", f"/-/{bucket}")[2])

    (first, *_), copied = sorted(etags("copied")), etags("copied")
    status, headers, _ = ask("PUT", "/sent/New%20key", b"data", b"X-Amz-Checksum-CRC32: AbC=")
    assert (status, "CRC32: AbC=" in headers["as sent"]) == (200, True)
    assert copied[first] in ask("PUT", "/sent/copy", lines=f"x-amz-copy-source: copied/{first}".encode())[2].decode()
    assert etags("sent") == {"New key": "8d777f385d3dfec8815d20f7496026dc", "copy": copied[first]}
    ask("POST", "/copied?delete", f"<Delete><Object><Key>{first}</Key></Object></Delete>".encode())
    ask("DELETE", "/sent/copy")
    assert (len(etags("copied")), list(etags("sent"))) == (2, ["New key"])
    assert keys(ask("GET", "/copied?list-type=2")[2]) == sorted(etags("copied"))
    ask("POST", "/-/again")
    assert (etags("copied"), etags("sent")) == (copied, {})
