"""Bytes come in order and whole, whatever the pieces."""

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.transfer.ranges import stream


class Readable:
    def __init__(self, data):
        self.data = data
        self.size = len(data)

    def read(self, start=0, end=None):
        return self.data[start:end]


BOUNDS = st.none() | st.integers(0, 40)


@given(st.binary(max_size=30), st.none() | st.integers(-40, 40), BOUNDS, st.integers(1, 9))
def test_pieces_make_the_whole(data, start, end, piece):
    pieces = list(stream(Readable(data), start, end, piece=piece))
    assert b"".join(pieces) == data[start:end]
    assert all(len(each) <= piece for each in pieces)
