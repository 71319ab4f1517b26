"""Reference sequences: by any digest, in parts, compared with what they are named by."""

import base64
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from failed_transfers import failed
from hypothesis import given
from hypothesis import strategies as st
from omicsdk import (
    ChecksumMismatch,
    ChecksumMissing,
    ConfigError,
    DecodeError,
    OmicsError,
    Refget,
    TransferError,
    TransportError,
    UsageError,
)
from omicsdk.core import ManualClock
from omicsdk.ga4gh.refget import SequenceDigests, expected_digest, fasta
from omicsdk.transfer import Progress

LETTERS = "ACGTACGTTTGACCA" * 200


@pytest.mark.parametrize("letters", [LETTERS, LETTERS.lower()])
def test_digests_are_those_of_the_standard(letters: str) -> None:
    digests = SequenceDigests()
    for letter in letters:  # soft-masked ones, too: digests are over letters in upper case
        digests.update(letter.encode())
    whole = hashlib.sha512(LETTERS.encode()).digest()[:24]
    assert digests.values() == {
        "md5": hashlib.md5(LETTERS.encode(), usedforsecurity=False).hexdigest(),
        "trunc512": whole.hex(),
        "ga4gh": "SQ." + base64.urlsafe_b64encode(whole).decode(),
    }


def test_the_standards_own_example_of_a_digest() -> None:
    digests = SequenceDigests()
    digests.update(b"ACGT")
    assert digests.values()["ga4gh"] == "SQ.aKF498dAxcJAqme6QYQ7EZ07-fiw8Kw2"


@given(st.binary(min_size=24, max_size=24))
def test_an_identifier_states_its_digest(data: bytes) -> None:
    text = base64.urlsafe_b64encode(data).decode()
    assert expected_digest(f"ga4gh:SQ.{text}") == expected_digest(f"SQ.{text}") == ("ga4gh", f"SQ.{text}")
    assert expected_digest(data.hex().upper()) == ("trunc512", data.hex())
    assert expected_digest(data[:16].hex()) == ("md5", data[:16].hex())


def test_other_identifiers_state_none() -> None:
    assert expected_digest("NC_000001.11") is None
    assert expected_digest("chr1", {"md5": "a" * 32, "length": 5}) == ("md5", "a" * 32)
    assert expected_digest("chr1", {"md5": None}) is None


def test_a_response_that_is_no_sequence_is_refused(tmp_path: Path) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, text="<html>hello</html>"))
    with (
        Refget("https://refget.example.org", transport=transport, environ={}) as client,
        pytest.raises(TransferError, match="did not respond with a sequence"),
    ):
        client.download("0" * 32, tmp_path / "a.fa")


def test_no_server_is_no_example_server() -> None:
    with pytest.raises(ConfigError, match="No base URL found for the platform refget"):
        Refget(environ={})


@given(st.text("ACGTN", max_size=400), st.integers(1, 70), st.lists(st.integers(1, 90), max_size=8))
def test_fasta_has_lines_of_one_length(letters: str, line: int, pieces: list[int]) -> None:
    data, cut, at = letters.encode(), list[bytes](), 0
    for size in pieces:
        cut.append(data[at : at + size])
        at += size
    lines = b"".join(fasta("x", [*cut, data[at:]], line)).decode().splitlines()
    assert lines[0] == ">x"
    assert "".join(lines[1:]) == letters
    assert all(len(row) == line for row in lines[1:-1])


class Server:
    """A refget server with one sequence, in responses of two pieces."""

    def __init__(self, letters: str = LETTERS, **metadata: Any) -> None:
        self.letters = letters
        self.metadata: dict[str, Any] = {"length": len(letters), "md5": None, **metadata}
        self.service: httpx.Response | None = httpx.Response(200, json={"refget": {"circular_supported": True}})
        self.requests: list[str] = []
        self.breaks: list[int] = []
        self.clock = ManualClock()
        self.client = Refget(
            "https://refget.example.org",
            transport=httpx.MockTransport(self),
            clock=self.clock,
            environ={},
        )

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/sequence/")
        self.requests.append(f"{path}?{request.url.query.decode()}".removesuffix("?"))
        if path == "service-info":
            return self.service or httpx.Response(404)
        if path.startswith("SQ."):
            return httpx.Response(404)  # as servers of version 1 do
        if path.endswith("/metadata"):
            return httpx.Response(200, json={"metadata": self.metadata} if self.metadata else {"metadata": []})
        start, end = (request.url.params.get(name) for name in ("start", "end"))
        first, last = int(start or 0), len(self.letters) if end is None else int(end)
        letters = (self.letters[first:last] if last > first else self.letters[first:] + self.letters[:last]).encode()
        broken = self.breaks.pop(0) if self.breaks else None

        def pieces() -> Iterator[bytes]:
            yield letters[:broken][:7]
            yield letters[:broken][7:]
            if broken is not None:
                raise httpx.ReadError("gone")

        return httpx.Response(200, content=pieces())


DIGEST = hashlib.md5(LETTERS.encode(), usedforsecurity=False).hexdigest()
LENGTH = len(LETTERS)


@pytest.mark.parametrize(
    ("start", "end", "query", "letters"),
    [
        (None, None, "", LETTERS),
        (0, None, "", LETTERS),
        (0, 1, "?start=0&end=1", LETTERS[:1]),
        (None, 9, "?end=9", LETTERS[:9]),
        (5, None, "?start=5", LETTERS[5:]),
        (5, 6, "?start=5&end=6", LETTERS[5:6]),
        (2999, 2, "?start=2999&end=2", LETTERS[2999:] + LETTERS[:2]),
    ],
)
def test_a_part_is_requested_by_its_positions(start: int | None, end: int | None, query: str, letters: str) -> None:
    server = Server()
    assert server.client.read(DIGEST, start=start, end=end) == letters
    assert f"{DIGEST}{query}" in server.requests


@pytest.mark.parametrize(
    ("start", "end", "message"),
    [
        (-1, None, "start must be 0 or more"),
        (-1, 5, "start must be 0 or more"),
        (None, 0, "end 1 or more"),
        (7, 7, "from 7 to 7 is empty"),
    ],
)
def test_a_part_that_cannot_be_is_not_requested(start: int | None, end: int | None, message: str) -> None:
    server = Server()
    with pytest.raises(UsageError, match=message):
        server.client.read(DIGEST, start=start, end=end)
    assert server.requests == []


@pytest.mark.parametrize(
    ("service", "error", "message"),
    [
        (httpx.Response(200, json={"refget": {"circular_supported": False}}), UsageError, "does not support parts"),
        (httpx.Response(503), TransferError, "whether circular sequences can be cut is unknown"),
    ],
)
def test_a_part_across_the_origin_needs_a_server_that_cuts_circular_sequences(
    service: httpx.Response, error: type[OmicsError], message: str
) -> None:
    server = Server()
    server.service = service
    with pytest.raises(error, match=f"start 6 is after end 2, and .*{message}"):
        server.client.read(DIGEST, start=6, end=2)
    assert server.requests == ["service-info"]  # some always fail


@pytest.mark.parametrize(
    ("server", "start", "end", "message"),
    [
        (Server(""), 5, 6, "no letters were received: the sequence is shorter"),
        (Server("ACGT"), 2, 9, "7 letters were requested, and 2 received"),
        (Server("ACGT", length=9), 2, None, "7 letters were requested, and 2 received"),  # some ignore a start alone
        (Server("ACGT", length=9), 3, 2, "8 letters were requested, and 3 received"),
    ],
)
def test_a_part_of_another_length_is_an_error(server: Server, start: int, end: int | None, message: str) -> None:
    with pytest.raises(TransferError, match=message):
        server.client.read("chr1", start=start, end=end)


def test_a_part_whose_length_nothing_states_is_taken() -> None:
    assert Server("ACGT", length=None).client.read("chr1", start=1) == "CGT"


def test_an_identifier_with_sq_alone_is_repeated_with_its_prefix() -> None:
    server, identifier = Server(), f"SQ.{'A' * 32}"
    with pytest.raises(ChecksumMismatch, match="ga4gh"):
        server.client.read(identifier)
    assert server.requests == [identifier, f"ga4gh:{identifier}"]
    assert server.client.describe(identifier) == server.metadata
    server.metadata = {}
    with pytest.raises(DecodeError, match="get_metadata"):
        server.client.describe("chr1")


@pytest.mark.parametrize(
    ("options", "text", "verified"),
    [
        ({}, f">chr1\n{LETTERS[:60]}\n{LETTERS[60:120]}\n", "md5"),
        ({"format": "plain"}, LETTERS, "md5"),
        ({"start": 5, "end": 75}, f">chr1:6-75\n{LETTERS[5:65]}\n{LETTERS[65:75]}\n", ""),
        ({"start": 2950, "format": "plain"}, LETTERS[2950:], ""),
    ],
)
def test_a_downloaded_sequence_has_its_size_its_length_and_its_digest(
    tmp_path: Path, options: dict[str, Any], text: str, verified: str
) -> None:
    path = tmp_path / "a.fa"
    planned = Server(md5=DIGEST).client.download("chr1", path, dry_run=True, **options)
    assert not path.exists()
    progress = list[Progress]()
    saved = Server(md5=DIGEST).client.download("chr1", path, progress=progress.append, **options)
    (outcome,) = saved.outcomes
    assert progress[-1].final
    written = path.read_text()
    assert written.startswith(text)
    assert outcome.size == planned.outcomes[0].size == len(written)
    letters = sum(len(line) for line in written.splitlines() if not line.startswith(">"))
    assert saved.length == planned.length == outcome.bytes_fetched == progress[-1].bytes_done == letters
    assert planned.outcomes[0].plan == f"download {letters:,} letters"
    assert (outcome.verified, outcome.attempts, outcome.retries) == (verified, 1, 0)
    assert saved.details(1) == {"path": str(path), "id": "chr1", "length": letters}


def test_a_dry_run_without_a_stated_length_plans_no_size(tmp_path: Path) -> None:
    (outcome,) = Server(length=None).client.download("chr1", tmp_path / "a", dry_run=True).outcomes
    assert (outcome.plan, outcome.size) == ("download", None)


def test_a_response_that_breaks_is_requested_again(tmp_path: Path) -> None:
    server = Server()
    server.breaks = [10, 20]
    how: dict[str, Any] = {"retries": 2, "min_delay": 1}
    (outcome,) = server.client.download(DIGEST, tmp_path / "a", format="plain", **how).outcomes
    assert (tmp_path / "a").read_text() == LETTERS
    assert (outcome.attempts, outcome.retries, round(sum(server.clock.slept), 3)) == (3, 2, 3)
    server.breaks = [10] * 3
    with failed(TransportError):
        server.client.download(DIGEST, tmp_path / "b", **how)
    assert not (tmp_path / "b").exists()


def test_a_required_checksum_needs_a_digest(tmp_path: Path) -> None:
    for server, how in ((Server(), {}), (Server(md5=DIGEST), {"end": 5})):
        with failed(ChecksumMissing):
            server.client.download("chr1", tmp_path / "a", require_checksum=True, **how)
        assert server.client.download("chr1", tmp_path / "a", require_checksum=True, check=False, **how).length == 0
    assert Server().client.download(DIGEST, tmp_path / "a", require_checksum=True).ok
