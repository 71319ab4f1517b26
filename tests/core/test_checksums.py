"""Checksums against published values, and the properties that the transfer engine relies on."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.checksums import (
    ALGORITHMS,
    ETAG_PART,
    ETAG_PARTS,
    MIB,
    Digests,
    crc32c,
    crc32c_combine,
    crc32c_text,
    digest,
    etag_part_size,
)


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (b"123456789", "crc32c", "e3069283"),  # the check value of the CRC catalogue
        (bytes(32), "crc32c", "8a9136aa"),  # RFC 3720, B.4
        (b"\xff" * 32, "crc32c", "62a8ab43"),
        (b"", "crc32c", "00000000"),
        (b"abc", "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (b"abc", "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (b"abc", "md5", "900150983cd24fb0d6963f7d28e17f72"),
        (b"abc", "s3_etag", "900150983cd24fb0d6963f7d28e17f72"),
        (b"", "s3_etag", "d41d8cd98f00b204e9800998ecf8427e"),
    ],
)
def test_known_values(data: bytes, name: str, expected: str) -> None:
    assert digest(data, name) == expected


@given(st.lists(st.binary(max_size=300), max_size=12), st.integers(1, 200))
def test_pieces_of_any_size_give_the_same_as_the_whole(pieces: list[bytes], part_size: int) -> None:
    whole = b"".join(pieces)
    at_once, piecewise = Digests(ALGORITHMS, part_size=part_size), Digests(ALGORITHMS, part_size=part_size)
    at_once.update(whole)
    for number, piece in enumerate(pieces):
        piecewise.update((bytes, bytearray, memoryview)[number % 3](piece))
    assert piecewise.values() == at_once.values()
    assert at_once.values()["sha256"] == hashlib.sha256(whole).hexdigest()


@given(st.binary(max_size=500), st.integers(1, 120))
def test_etag_of_parts_is_the_md5_of_md5s(data: bytes, part_size: int) -> None:
    digests = Digests(["s3_etag"], part_size=part_size)
    digests.update(data)
    parts = [data[start : start + part_size] for start in range(0, len(data), part_size)]
    if len(parts) <= 1:
        expected = hashlib.md5(data).hexdigest()
    else:
        expected = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest() + f"-{len(parts)}"
    assert digests.values() == {"s3_etag": expected}


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=200))
def test_crc32c_combines(first: bytes, second: bytes, third: bytes) -> None:
    both = crc32c_combine(crc32c(first), crc32c(second), len(second))
    assert both == crc32c(first + second)
    assert crc32c_combine(both, crc32c(third), len(third)) == crc32c(first + second + third)


def test_crc32c_combines_over_lengths_nobody_would_read() -> None:
    tail = crc32c(b"tail")
    assert crc32c_combine(0, 0, 3 * 2**40) == 0  # a CRC of zeros that starts at 0 stays 0
    assert crc32c_combine(0, tail, 4) == tail
    assert crc32c_combine(crc32c_combine(tail, 0, 2**40), 0, 77) == crc32c_combine(tail, 0, 2**40 + 77)


def test_text_of_crc32c_has_eight_digits() -> None:
    assert crc32c_text(0x1A) == "0000001a"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, ETAG_PART),
        (ETAG_PART + 1, ETAG_PART),
        (ETAG_PARTS * ETAG_PART, ETAG_PART),
        (ETAG_PARTS * ETAG_PART + 1, 65 * MIB),
        (ETAG_PARTS * 65 * MIB, 65 * MIB),
        (ETAG_PARTS * 65 * MIB + 1, 66 * MIB),
    ],
)
def test_etag_part_size(size: int, expected: int) -> None:
    assert etag_part_size(size) == expected


@given(st.integers(0, 50 * 1024**4))
def test_etag_never_has_more_parts_than_s3_allows(size: int) -> None:
    assert -(-size // etag_part_size(size)) <= ETAG_PARTS


def test_a_copy_goes_its_own_way() -> None:
    digests = Digests(ALGORITHMS, part_size=4)
    digests.update(b"some bytes")
    twin = digests.copy()
    twin.update(b" more")
    assert digests.values()["md5"] == hashlib.md5(b"some bytes").hexdigest()
    assert twin.values()["md5"] == hashlib.md5(b"some bytes more").hexdigest()
    assert twin.values()["s3_etag"].endswith("-4")
    assert twin.names == ALGORITHMS


def test_unknown_algorithm_is_named() -> None:
    with pytest.raises(ValueError, match=r"'sha3'.*known are crc32c"):
        Digests(["sha256", "sha3"])
