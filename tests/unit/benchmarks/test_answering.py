"""The servers of benchmarks read requests as clients send them."""

import asyncio

import pytest


class Wire:
    """What a connection writes to."""

    def __init__(self):
        self.sent = []

    def write(self, data):
        self.sent.append(data)


@pytest.fixture
def talk(monkeypatch):
    """A connection, its wire, and the requests that it has read."""
    from answering import Answering, reply

    monkeypatch.setattr(asyncio, "WriteTransport", Wire)
    requests = []

    def response(request):
        requests.append(request)
        return reply(200, body=b"{}")

    connection, wire = Answering(response, 0), Wire()
    connection.connection_made(wire)
    return connection, wire, requests


def test_a_request_that_comes_in_pieces_is_answered_once_it_is_whole(talk):
    connection, wire, requests = talk
    for piece in (b"PUT /v1/files/a?version=1 HT", b"TP/1.1\r\nContent-Len", b"gth: 4\r\n\r\nab", b"c"):
        connection.data_received(piece)
        assert (requests, wire.sent) == ([], [])
    connection.data_received(b"d")
    assert [(request.method, request.path, request.query, request.body) for request in requests] == [
        ("PUT", "/v1/files/a", "version=1", b"abcd")
    ]
    assert wire.sent == [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"]


def test_requests_one_behind_the_other_are_answered_in_order(talk):
    connection, wire, requests = talk
    connection.data_received(
        b"GET /1 HTTP/1.1\r\n\r\nPUT /2 HTTP/1.1\r\ncontent-length: 1\r\n\r\nxGET /3 HTTP/1.1\r\n\r\n"
    )
    assert [(request.path, request.body) for request in requests] == [("/1", b""), ("/2", b"x"), ("/3", b"")]
    assert len(wire.sent) == 3


def test_a_client_that_waits_for_100_continue_gets_it_once(talk):
    connection, wire, requests = talk
    connection.data_received(b"PUT /1 HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    connection.data_received(b"a")
    assert wire.sent == [b"HTTP/1.1 100 Continue\r\n\r\n"]
    connection.data_received(b"b")
    assert requests[0].body == b"ab"
    assert len(wire.sent) == 2


def test_a_response_waits_its_time():
    """The loop sends it at a scheduled time, so nothing else waits."""
    from answering import Answering, reply

    calls = []

    class Loop:
        def call_later(self, seconds, call, *arguments):
            calls.append((seconds, call, arguments))

    connection = Answering(lambda _: reply(204), 0.05)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncio, "get_running_loop", Loop)
        patch.setattr(asyncio, "WriteTransport", Wire)
        wire = Wire()
        connection.connection_made(wire)
        connection.data_received(b"GET / HTTP/1.1\r\n\r\n")
    ((seconds, call, arguments),) = calls
    assert (seconds, wire.sent) == (0.05, [])
    call(*arguments)
    assert wire.sent == [b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"]
