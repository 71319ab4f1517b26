"""Reference sequences: by any digest, in parts, compared with what they are named by."""

import base64
import hashlib
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk import ConfigError, Refget, TransferError
from omicsdk.ga4gh.refget import SequenceDigests, expected_digest, fasta

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
