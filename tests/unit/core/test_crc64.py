"""CRC64NVME: published values, and that folding long messages gives what the table gives."""

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import crc64
from omicsdk.core.crc64 import Crc64Nvme


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
    assert crc64._folded(crc, data * times) == crc64._by_table(crc, data * times)


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
