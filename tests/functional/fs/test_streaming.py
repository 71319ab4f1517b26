"""Bytes come in order and whole, whatever the pieces and wherever they come from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ManualClock, SourceChanged
from omicsdk.fs.file_bytes import FAST, FileBytes, stream
from served_store import ServedStore

MIB = 1 << 20


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


class Streaming(Readable):
    """A file that comes at a rate, and whose stream ends early."""

    def __init__(self, data, rate, streamed):
        super().__init__(data)
        self.rate, self.clock, self.streamed = rate, ManualClock(), streamed
        self.reads, self.streams = [], []

    def read(self, start=0, end=None):
        self.reads.append((start, end))
        self.clock.advance((end - start) / self.rate)
        return super().read(start, end)

    def stream(self, start, end):
        self.streams.append((start, end))
        for at in range(start, min(end, start + self.streamed), 3):
            yield self.data[at : min(at + 3, end)]


def test_what_a_fast_connection_does_not_give_is_read():
    data = bytes(range(100))
    file = Streaming(data, 2 * FAST, 30)
    assert b"".join(stream(file, 5, 90, piece=20, clock=file.clock)) == data[5:90]
    assert file.streams == [(25, 90)]
    assert file.reads[0] == (5, 25)
    assert sorted(file.reads[1:]) == [(55, 75), (75, 90)]


def test_over_a_slow_connection_pieces_are_read_ahead():
    file = Streaming(bytes(range(100)), FAST / 2, 100)
    assert b"".join(stream(file, piece=20, clock=file.clock)) == file.data
    assert (file.streams, len(file.reads)) == ([], 5)


def sequence(fs, size=MIB):
    with fs.open("p/a") as file:
        while piece := file.read(size):
            yield piece


def test_a_reader_that_continues_gets_bytes_as_they_come(served, server, noise, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(24 * MIB)
    served.store.hold("p/a", body)
    assert b"".join(sequence(served)) == body
    asked = [request for request in server.requests if "range" in request.headers]
    assert len(asked) < 8
    assert int(asked[-1].headers["range"].rpartition("-")[2]) == len(body) - 1

    with served.open("p/a") as file:  # it goes elsewhere in the middle of a stream, and back
        for _ in range(12):
            file.read(MIB)
        file.seek(100)
        assert file.read(50) == body[100:150]
        file.seek(12 * MIB)
        assert file.read(3 * MIB) == body[12 * MIB : 15 * MIB]


def test_a_stream_that_breaks_resumes_where_it_broke(served, server, noise, fault, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(16 * MIB)
    served.store.hold("p/a", body)

    def cut(_server, request, response):
        return fault.cut(3 * MIB)(_server, request, response) if len(response.body) > 5 * MIB else response

    served.store.always("p/a", cut)
    assert b"".join(sequence(served)) == body


def test_halves_of_two_versions_are_not_joined_in_a_stream(served, server, noise, fault, monkeypatch):
    monkeypatch.setattr("omicsdk.fs.file_bytes.FAST", 0)
    body = noise(16 * MIB)
    served.store.hold("p/a", body)

    def change(_server, request, response):
        if len(response.body) <= 5 * MIB:
            return response
        served.store.hold("p/a", body[::-1])
        return fault.cut(3 * MIB)(_server, request, response)

    served.store.always("p/a", change)
    came = []
    with pytest.raises(SourceChanged):
        came.extend(sequence(served))
    assert body.startswith(b"".join(came))


def test_a_file_that_nothing_identifies_is_not_streamed(served, server, noise):
    store = ServedStore(port=server.port, sizeless=True)
    body = noise(9 * MIB)
    store.hold("p/a", body)
    server.etags.clear()
    file = FileBytes(store, store.stat("p/a"))
    assert file.read(0, 10) == body[:10]
    assert list(file.stream(10, 20)) == []
    assert file.read(10, 20) == body[10:20]
