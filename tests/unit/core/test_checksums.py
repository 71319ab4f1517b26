"""Checksums against published values, and the properties that the transfer engine relies on."""

import base64
import hashlib
import importlib.util
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import checksums
from omicsdk.core.checksums import (
    ALGORITHMS,
    ETAG_PART,
    ETAG_PARTS,
    FORMS,
    MIB,
    Crc64Nvme,
    Digests,
    crc32c,
    crc32c_combine,
    crc32c_text,
    digest,
    etag_of_size,
    etag_part_size,
    from_base64,
    is_algorithm,
    is_checksum,
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


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_long_buffers_of_any_kind(kind: Callable[[bytes], Any]) -> None:
    data = bytes(range(251)) * 1200  # 301,200 bytes: more than is handed to the CRC32C at once
    assert digest(kind(data), "crc32c") == crc32c_text(crc32c(data))
    assert digest(kind(data), "s3_etag") == digest(kind(data), "md5") == hashlib.md5(data).hexdigest()
    assert digest(memoryview(data).cast("I"), "crc32c") == crc32c_text(crc32c(data))


def test_checksums_where_only_approved_algorithms_serve_security(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine in FIPS mode, MD5 raises unless it is requested with usedforsecurity=False."""

    def strictly(make: Callable[..., Any]) -> Callable[..., Any]:
        def made(*arguments: Any, usedforsecurity: bool = True) -> Any:
            if usedforsecurity:
                raise ValueError("disabled for FIPS")
            return make(*arguments, usedforsecurity=False)

        return made

    for name in ("new", "md5", "sha1", "sha256", "sha512"):
        monkeypatch.setattr(hashlib, name, strictly(getattr(hashlib, name)))
    spec = importlib.util.find_spec("omicsdk.core.checksums")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    digests = module.Digests(ALGORITHMS, part_size=2)
    digests.update(b"abc")
    assert digests.values() == {
        "crc32c": "364b3fb7",
        "crc32": "352441c2",
        "crc64nvme": "05e5cabb3fc1faeb",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "sha1": "a9993e364706816aba3e25717850c26c9cd0d89d",
        "sha512": "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "sha224": "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7",
        "sha384": "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
        # RFC 7693, appendix A
        "blake2b": "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
        "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923",
        "md5": "900150983cd24fb0d6963f7d28e17f72",
        "s3_etag": "d833159094d1d7ad96ffcc78414e3682-2",
    }
    assert {name: module.digest(b"abc", name) for name in ALGORITHMS if name != "s3_etag"} == {
        name: value for name, value in digests.values().items() if name != "s3_etag"
    }
    assert module.digest(b"abc", "s3_etag") == module.digest(b"abc", "md5")


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


def test_crc32c_combines_over_very_large_lengths() -> None:
    tail = crc32c(b"tail")
    assert crc32c_combine(0, 0, 3 * 2**40) == 0  # a CRC of zeros that starts at 0 stays 0
    assert crc32c_combine(0, tail, 4) == tail
    assert crc32c_combine(crc32c_combine(tail, 0, 2**40), 0, 77) == crc32c_combine(tail, 0, 2**40 + 77)


def test_text_of_crc32c_has_eight_digits() -> None:
    assert crc32c_text(0x1A) == "0000001a"


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (0, 67_108_864),
        (ETAG_PART + 1, ETAG_PART),
        (ETAG_PARTS * ETAG_PART, ETAG_PART),
        (671_088_640_000, 67_108_864),
        (671_088_640_001, 68_157_440),
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
    for hashes, data in ((digests, b"some bytes"), (twin, b"some bytes more")):
        afresh = Digests(ALGORITHMS, part_size=4)
        afresh.update(data)
        assert hashes.values() == afresh.values()
    assert digests.values()["s3_etag"].endswith("-3")
    assert twin.values()["s3_etag"].endswith("-4")
    assert twin.names == ALGORITHMS


def test_names_in_their_order() -> None:
    digests = Digests(["md5", "crc32c"])
    assert digests.names == ("md5", "crc32c")
    assert list(digests.values()) == ["md5", "crc32c"]


def test_an_etag_without_a_part_size_goes_by_the_size() -> None:
    """Parts have 64 MiB unless the size that was stated needs larger ones."""
    head, tail = bytes(ETAG_PART), b"!"
    md5 = hashlib.md5(head)
    of_parts = hashlib.md5(md5.digest() + hashlib.md5(tail).digest()).hexdigest() + "-2"
    md5.update(tail)
    usual, large = Digests(["s3_etag"]), Digests(["s3_etag"], ETAG_PARTS * ETAG_PART + 1)
    for digests in (usual, large):
        digests.update(head)
        digests.update(tail)
    assert usual.values() == {"s3_etag": of_parts}
    assert large.values() == {"s3_etag": md5.hexdigest()}


def test_an_etag_of_too_many_parts_is_refused() -> None:
    """S3 itself makes none; the size was not known beforehand."""
    digests = Digests(["s3_etag"], part_size=1)
    digests.update(bytes(10_000))
    assert digests.values()["s3_etag"].endswith("-10000")
    digests.update(b"x")
    with pytest.raises(ValueError, match="An ETag of 10001 parts: missing file size"):
        digests.values()


@pytest.mark.parametrize(
    ("name", "digits"), [("crc32c", 8), ("sha256", 64), ("sha1", 40), ("md5", 32), ("s3_etag", 32)]
)
def test_how_a_checksum_is_written(name: str, digits: int) -> None:
    assert is_checksum(name, digest(b"abc", name))
    assert is_checksum(name, "0f" * (digits // 2))
    assert FORMS[name].startswith(f"{digits} hexadecimal digits")
    for wrong in ("", "a" * (digits - 1), "a" * (digits + 1), "A" * digits, "g" * digits, "a" * digits + "\n"):
        assert not is_checksum(name, wrong), wrong
    assert is_checksum(name, "a" * digits + "-12") is (name == "s3_etag")


@pytest.mark.parametrize(("tail", "is_one"), [("-1", True), ("-10000", True), ("-", False), ("-100000", False)])
def test_an_etag_ends_with_its_number_of_parts(tail: str, is_one: bool) -> None:
    assert is_checksum("s3_etag", "0" * 32 + tail) is is_one


@pytest.mark.parametrize("name", ["crc32c", "sha256", "sha1", "md5"])
def test_checksums_in_base64(name: str) -> None:
    expected = digest(b"abc", name)
    text = base64.b64encode(bytes.fromhex(expected)).decode()
    assert from_base64(name, text) == expected
    for wrong in ("", "#", text.rstrip("="), text + "AAAA", f" {text}", "AAAA"):
        assert from_base64(name, wrong) == "", wrong


def test_unknown_algorithm_is_named() -> None:
    with pytest.raises(ValueError, match=r"'sha3'.*known are crc32c"):
        Digests(["sha256", "sha3"])
    with pytest.raises(ValueError, match=r"'sha3'.*known are crc32c, crc32, sha256, .*, md5, s3_etag, crc64nvme"):
        digest(b"abc", "sha3")


@given(st.binary(max_size=40), st.integers(1, 12))
def test_an_etag_of_parts_states_their_size_in_its_name(data: bytes, part_size: int) -> None:
    name = etag_of_size(part_size, len(data))
    assert name == f"s3_etag:{part_size}"
    digests = Digests([name], len(data))
    digests.update(data)
    (value,) = digests.values().values()
    parts = [data[at : at + part_size] for at in range(0, len(data), part_size)]
    joined = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert value == (f"{joined}-{len(parts)}" if len(parts) > 1 else hashlib.md5(data).hexdigest())
    assert is_algorithm(name)
    assert is_checksum(name, value)
    assert etag_of_size(64 * 1024**2, 100) == "s3_etag"


@pytest.mark.parametrize("name", ["s3_etag:", "s3_etag:0", "s3_etag:x", "md5:5", "s3_etag:" + "9" * 30, ""])
def test_other_names_are_no_algorithms(name: str) -> None:
    assert not is_algorithm(name)
    with pytest.raises(ValueError, match="Unknown checksum"):
        digest(b"", name)


@pytest.mark.parametrize("name", ["crc32c", "crc32", "sha1", "sha256"])
@given(data=st.binary(max_size=40), part=st.integers(1, 15), stride=st.integers(1, 9))
def test_a_checksum_of_parts_is_that_of_their_checksums(name: str, data: bytes, part: int, stride: int):
    pieces = [data[at : at + part] for at in range(0, len(data), part)] or [b""]
    expected = digest(b"".join(bytes.fromhex(digest(piece, name)) for piece in pieces), name)
    digests = Digests([f"{name}:{part}"])
    for at in range(0, len(data), stride):
        digests.update(data[at : at + stride])
    assert digests.copy().values() == digests.values() == {f"{name}:{part}": f"{expected}-{len(pieces)}"}
    assert is_algorithm(f"{name}:{part}")
    assert is_checksum(f"{name}:{part}", f"{expected}-{len(pieces)}")
    assert not is_checksum(name, f"{expected}-2")
    assert not is_algorithm(f"{name}:0")
    assert not is_algorithm(f"sha512:{part}")


# -- CRC64NVME: published values, and that folding long messages gives what the table gives


def of(*pieces: bytes) -> str:
    made = Crc64Nvme()
    for piece in pieces:
        made.update(piece)
    return made.hexdigest()


def test_published_values():
    assert of(b"123456789") == "ae8b14860a799888"
    assert of(bytes(4096)) == "6482d367eb22b64e"
    assert of(b"") == "0000000000000000"


@given(st.binary(min_size=16, max_size=64), st.integers(1, 400), st.integers(0, 2**64 - 1))
def test_a_folded_message_has_the_tables_value(data: bytes, times: int, crc: int):
    assert checksums._crc64_folded(crc, data * times) == checksums._crc64_by_table(crc, data * times)


@given(st.lists(st.integers(0, 5000), max_size=5))
def test_pieces_give_what_the_whole_gives(sizes: list[int]):
    pieces = [bytes(range(251)) * 20][:1] * len(sizes)
    cut = [piece[:size] for piece, size in zip(pieces, sizes, strict=True)]
    assert of(*cut) == of(b"".join(cut))
    first = Crc64Nvme()
    first.update(b"a")
    twin = first.copy()
    twin.update(memoryview(b"b"))
    assert (first.hexdigest(), twin.hexdigest()) == (of(b"a"), of(b"ab"))
