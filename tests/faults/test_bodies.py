"""Response bodies that are truncated, too long, slow or endless."""

import gzip
from dataclasses import replace
from typing import Any

import pytest
from omicsdk.transfer import Item, Location, Patience
from small_cells import UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

SIZE = 16 * UNIT + 5
RESTLESS = Patience(connect=5, silence=1)


@pytest.mark.fault("body cut short, length stated", ends="right file")
@pytest.mark.parametrize(("size", "at"), [(5000, 0), (5000, 100), (12 * UNIT, 5 * UNIT + 3), (SIZE, 3 * UNIT)])
def test_cut_with_a_length(trial: Any, server: Any, fault: Any, noise: Any, size: int, at: int) -> None:
    server.fault("one", *[fault.cut(at)] * 2)
    trial.download([server.item("one", noise(size), "sha256")])


@pytest.mark.fault("body cut short, length stated, no checksum", ends="right file")
@pytest.mark.parametrize(("size", "at"), [(5000, 0), (5000, 100), (12 * UNIT, 5 * UNIT + 3), (SIZE, 3 * UNIT)])
@pytest.mark.parametrize("sized", [True, False])
def test_cut_without_a_checksum(
    trial: Any, server: Any, fault: Any, noise: Any, size: int, at: int, sized: bool
) -> None:
    server.fault("one", *[fault.cut(at)] * 2)
    item = server.item("one", noise(size))
    trial.download([item if sized else replace(item, size=None)])


@pytest.mark.fault("chunked body cut short", ends="right file")
@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize(("size", "at"), [(5000, 100), (9 * UNIT, 5 * UNIT)])
def test_cut_in_chunks(trial: Any, server: Any, fault: Any, noise: Any, size: int, at: int, sized: bool) -> None:
    item = server.item("one", noise(size), *(["md5"] if sized else []))
    server.fault("one", fault.changed(chunked=True, cut=at), fault.changed(chunked=True))
    trial.download([item if sized else replace(item, size=None)])


@pytest.mark.fault("body without any length cut short, size or checksum stated", ends="right file")
@pytest.mark.parametrize("facts", ["size", "checksum", "both"])
@pytest.mark.parametrize(("size", "at"), [(5000, 100), (9 * UNIT, 5 * UNIT)])
@pytest.mark.parametrize("version", ["HTTP/1.0", "HTTP/1.1"])
@pytest.mark.parametrize("then", ["length", "no length"])
def test_cut_without_a_length(
    trial: Any, server: Any, fault: Any, noise: Any, facts: str, size: int, at: int, version: str, then: str
) -> None:
    item = server.item("one", noise(size), *([] if facts == "size" else ["sha256"]), retries=3)
    server.fault("one", fault.changed(unsized=True, version=version, cut=at))
    if then == "no length":
        server.ranges = False
        server.always["one"] = fault.changed(unsized=True, version=version)
    trial.download([replace(item, size=None) if facts == "checksum" else item])


@pytest.mark.fault("body truncated repeatedly without progress", ends="TruncatedTransfer")
@pytest.mark.parametrize("size", [5000, SIZE])
@pytest.mark.parametrize("how", [{}, {"reset": True}, {"chunked": True}])
def test_always_cut(
    trial: Any, server: Any, fault: Any, noise: Any, clock: Any, leftovers: Any, size: int, how: Any
) -> None:
    server.always["one"] = fault.cut(0, **how)
    report = trial.download([server.item("one", noise(size), "sha256", retries=3)], clock=clock)
    assert f"one: 0 of {size} bytes were received" in str(report.outcomes[0].error)
    assert len(server.of("one")) == 4
    assert leftovers() == []


@pytest.mark.fault("body truncated repeatedly after some MiB", ends="right file")
def test_always_cut_with_progress(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.cut(3 * UNIT)
    body = noise(SIZE)
    report = trial.download([server.item("one", body, "sha256")], clock=clock)
    assert report.bytes_fetched == len(body)


@pytest.mark.fault("connection reset in the body", ends="right file")
@pytest.mark.parametrize(("size", "at"), [(5000, 0), (5000, 100), (12 * UNIT, 5 * UNIT + 3), (SIZE, 3 * UNIT)])
def test_reset(trial: Any, server: Any, fault: Any, noise: Any, size: int, at: int) -> None:
    server.fault("one", *[fault.cut(at, reset=True)] * 3)
    trial.download([server.item("one", noise(size), "sha256", "crc32c")])


HEADS = {
    "200": b'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\nETag: "a"\r\n',
    "200 without a length": b'HTTP/1.1 200 OK\r\nConnection: close\r\nETag: "a"\r\n',
    "206": b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 100-4999/5000\r\nContent-Length: 4900\r\n",
    "204": b'HTTP/1.1 204 No Content\r\nETag: "a"\r\n',
    **{
        str(status): b"HTTP/1.1 %d Moved\r\nLocation: http://127.0.0.1:9/elsewhere\r\nContent-Length: 0\r\n" % status
        for status in (301, 302, 307, 308)
    },
    "301 not yet": b"HTTP/1.1 301 Moved\r\nRetry-After: 10\r\nLocation: http://127.0.0.1:9/later\r\nContent-Length: 0\r\n",
    **{
        str(status): b"HTTP/1.1 %d No\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n" % status
        for status in (400, 403, 404)
    },
    "416": b"HTTP/1.1 416 No\r\nContent-Range: bytes */5000\r\nContent-Length: 0\r\n",
    "429": b"HTTP/1.1 429 Slow\r\nRetry-After: 1\r\nContent-Length: 0\r\n",
    "503": b"HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n",
    "behind a 100": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 No\r\nContent-Length: 0\r\n",
}
"""How answers begin; each lacks the blank line at its end."""

WAYS = ("in one request", "of unknown size", "the rest of it")
"""How a file is fetched."""


@pytest.mark.fault("connection closed before the response headers are complete", ends="right file")
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_half_a_head(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, head: bytes, way: str) -> None:
    """Nothing else would tell that anything is wrong."""
    body = noise(5000)
    items = list[Item]()
    # Each place is cut in one of the ways, and those at the end in all; the last one lacks half of the blank line.
    places = len(head) + 2
    for end in sorted({*range(WAYS.index(way), places, len(WAYS)), *range(places - 4, places)}):
        item = server.item(f"{end:04}", body)
        items.append(item if way == "in one request" else replace(item, size=None))
        before = [fault.cut(100)] if way == "the rest of it" else []
        server.fault(item.name, *before, fault.changed(raw=(head + b"\r\n")[:end]))
    trial.download(items, clock=clock)


@pytest.mark.fault("response that is not HTTP, once", ends="right file")
@pytest.mark.parametrize("raw", [b"\0\1\2\3" * 50, b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/9.9 200 OK\r\n\r\n"])
def test_no_http(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, raw: bytes) -> None:
    server.fault("one", fault.changed(raw=raw))
    trial.download([server.item("one", noise(5000), "sha256")], clock=clock)


@pytest.mark.fault("response that is not HTTP, always", ends=("TransportError", "ConnectionLost"))
def test_never_http(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.changed(raw=b"SSH-2.0-OpenSSH_9.6\r\n")
    trial.download([server.item("one", noise(5000), "sha256", retries=3)], clock=clock)


@pytest.mark.fault("endless response headers", ends=("TransportError", "ConnectionLost"))
def test_an_endless_head(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.changed(raw=b"HTTP/1.1 200 OK\r\n" + b"X-Again: and again\r\n" * 50_000)
    trial.download([server.item("one", noise(5000), "sha256", retries=1)], clock=clock)


@pytest.mark.fault("stall mid-body", ends="right file")
def test_stall(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    body = noise(9 * UNIT)
    server.fault("one", fault.cut(5 * UNIT, stall=True))
    report = trial.download([server.item("one", body, "sha256")], patience=RESTLESS, clock=clock)
    assert report.bytes_fetched == len(body)


@pytest.mark.fault("server that accepts the request and never responds", ends="TimedOut")
def test_no_response(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.cut(0, stall=True)
    trial.download([server.item("one", noise(50), "md5", retries=0)], patience=RESTLESS, clock=clock)


@pytest.mark.fault("slow body below the minimum rate, once", ends="right file")
def test_drip(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.fault("one", fault.changed(pace=100))
    patience = Patience(connect=5, silence=1, least_rate=10_000)
    trial.download([server.item("one", noise(50_000), "md5")], patience=patience, clock=clock)


@pytest.mark.fault("slow body below the minimum rate, always", ends="TimedOut")
def test_always_drip(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.always["one"] = fault.changed(pace=100)
    patience = Patience(connect=5, silence=1, least_rate=10_000)
    trial.download([server.item("one", noise(50_000), "md5", retries=1)], patience=patience, clock=clock)


def _ticking(clock: Any, seconds: float, body: bytes, before: int = 0) -> Any:
    """Sends some bytes at once, then one after the other, each of which takes seconds of the moved clock."""

    def dripped(server: Any, _request: Any, response: Any) -> Any:
        def body_of() -> Any:
            yield response.body[:before]
            for at in range(before, len(response.body)):
                clock.slept += seconds
                server.closing.wait(0.005)  # the client has to receive each separately
                yield response.body[at : at + 1]

        return replace(response, pieces=body_of())

    return dripped


@pytest.mark.fault("a byte a second, once", ends="right file")
@pytest.mark.parametrize("size", [5000, 200_000])
def test_a_byte_a_second(trial: Any, server: Any, noise: Any, clock: Any, size: int) -> None:
    body = noise(size)
    server.fault("one", _ticking(clock, 1.0, body, before=100))
    report = trial.download([server.item("one", body)], clock=clock)
    assert report.outcomes[0].retries == 1
    assert clock.slept <= 75
    assert clock.passed >= 59


@pytest.mark.fault("a byte a second, always", ends="TimedOut")
def test_always_a_byte_a_second(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    body = noise(5000)
    server.always["one"] = _ticking(clock, 1.0, body)
    report = trial.download([server.item("one", body, retries=1)], clock=clock)
    assert "fewer than 1024 bytes a second were received over 60 s" in str(report.outcomes[0].error)
    assert clock.slept <= 150


@pytest.mark.fault("a slow file that makes progress, for hours", ends="right file")
def test_slow_but_steady(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    """A KiB and a half each second, and the connection breaks again and again: more often than there are retries."""
    body = noise(900_000)

    def steady(server: Any, request: Any, response: Any) -> Any:
        def pieces() -> Any:
            for at in range(0, min(90_000, len(response.body)), 1536 * 5):
                clock.slept += 5
                server.closing.wait(0.005)
                yield response.body[at : at + 1536 * 5]

        return replace(response, pieces=pieces(), cut=90_000)

    server.always["one"] = steady
    report = trial.download([server.item("one", body, "sha256", retries=2)], clock=clock)
    assert report.outcomes[0].retries > 5
    assert clock.passed > 500


@pytest.mark.fault("slow body above the minimum rate", ends="right file")
def test_patient_drip(trial: Any, server: Any, fault: Any, noise: Any) -> None:
    server.always["one"] = fault.changed(pace=2000)
    report = trial.download([server.item("one", noise(4000), "md5")], patience=RESTLESS)
    assert report.outcomes[0].attempts == 1


FORGED = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + b"e" * 500


def _surplus(server: Any, noise: Any, surplus: bytes, checksums: list[str]) -> list[Item]:
    """Files whose first responses are each followed by more than they announced."""

    def longer(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body + surplus, length=len(response.body))

    items = [server.item(f"f{number}", noise(500, number), *checksums) for number in range(6)]
    for item in items:
        server.fault(item.name, longer)
    return items


@pytest.mark.fault("body longer than announced, followed by other files on the same connection", ends="right file")
@pytest.mark.parametrize(("surplus", "checksums"), [(b"junk", []), (b"\n" * 5000, []), (b"junk", ["md5"])])
def test_surplus_is_no_response(
    trial: Any, server: Any, noise: Any, clock: Any, surplus: bytes, checksums: list[str]
) -> None:
    trial.download(_surplus(server, noise, surplus, checksums), connections=1, clock=clock)


@pytest.mark.fault("forged response appended to another one, checksums stated", ends=("right file", "ChecksumMismatch"))
def test_forged_responses(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    trial.download(_surplus(server, noise, FORGED, ["md5"]), connections=1, clock=clock)


@pytest.mark.fault("more bytes than the size stated, once", ends="right file")
@pytest.mark.parametrize("size", [5000, 6 * UNIT])
def test_too_long_once(trial: Any, server: Any, noise: Any, clock: Any, size: int) -> None:
    def longer(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body + b"surplus", chunked=True)

    server.fault("one", longer)
    trial.download([server.item("one", noise(size))], clock=clock)


@pytest.mark.fault("more bytes than the size stated, always", ends="SourceChanged")
@pytest.mark.parametrize("size", [5000, 6 * UNIT, SIZE])
def test_too_long_always(trial: Any, server: Any, noise: Any, clock: Any, size: int) -> None:
    def longer(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body + b"surplus", chunked=True)

    server.always["one"] = longer
    server.ranges = False
    trial.download([server.item("one", noise(size), retries=2)], clock=clock)


@pytest.mark.fault("range longer than requested", ends="right file")
@pytest.mark.parametrize("checksums", [[], ["sha256"]])
def test_range_too_long(trial: Any, server: Any, noise: Any, clock: Any, checksums: list[str]) -> None:
    def longer(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body + b"surplus", chunked=True) if response.status == 206 else response

    server.fault("one", *[longer] * 3)
    trial.download([server.item("one", noise(SIZE), *checksums)], clock=clock)


@pytest.mark.fault("range always longer than requested", ends=("right file", "SourceChanged"))
def test_range_always_too_long(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    def longer(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body + b"surplus", chunked=True) if response.status == 206 else response

    server.always["one"] = longer
    trial.download([server.item("one", noise(SIZE), retries=2)], clock=clock)


@pytest.mark.fault("range shorter than requested", ends="right file")
def test_range_too_short(trial: Any, server: Any, noise: Any) -> None:
    def short(_server: Any, request: Any, response: Any) -> Any:
        if response.status == 206 and len(response.body) > UNIT:
            response.body = response.body[:UNIT]
            response.headers["Content-Range"] = f"bytes {request.first}-{request.first + UNIT - 1}/{SIZE}"
        return response

    server.always["one"] = short
    trial.download([server.item("one", noise(SIZE), "sha256", retries=0)])


@pytest.mark.fault("range announced right, body shorter", ends="right file")
def test_range_body_short(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    def short(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, body=response.body[:-1], chunked=True) if response.status == 206 else response

    server.fault("one", *[short] * 3)
    trial.download([server.item("one", noise(SIZE))], clock=clock)


@pytest.mark.fault("HTTP/1.0 response without a length", ends="right file")
@pytest.mark.parametrize("is_size_known", [True, False])
@pytest.mark.parametrize("size", [0, 5000, 6 * UNIT, SIZE])
def test_http_1_0(trial: Any, server: Any, fault: Any, noise: Any, size: int, is_size_known: bool) -> None:
    item = (
        server.item("one", noise(size), "md5") if is_size_known else replace(server.item("one", noise(size)), size=None)
    )
    server.ranges = False
    server.always["one"] = fault.changed(unsized=True, version="HTTP/1.0")
    trial.download([item])


@pytest.mark.fault("gzip encoding although identity was requested, once", ends="right file")
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("size", [5000, 6 * UNIT])
def test_gzip_once(trial: Any, server: Any, noise: Any, clock: Any, chunked: bool, size: int) -> None:
    def packed(_server: Any, _request: Any, response: Any) -> Any:
        response.headers["Content-Encoding"] = "gzip"
        return replace(response, body=gzip.compress(response.body, 1), chunked=chunked)

    server.fault("one", packed)
    trial.download([server.item("one", noise(size), "sha256")], clock=clock)


@pytest.mark.fault(
    "gzip encoding although identity was requested, always",
    ends=("SourceChanged", "TruncatedTransfer", "ChecksumMismatch"),
)
@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("facts", ["size", "checksum", "both"])
@pytest.mark.parametrize("body", [b"a" * 50_000, bytes(range(256)) * 4 * 1024 * 6])
def test_gzip_always(trial: Any, server: Any, clock: Any, chunked: bool, facts: str, body: bytes) -> None:
    def packed(_server: Any, _request: Any, response: Any) -> Any:
        response.headers["Content-Encoding"] = "gzip"
        return replace(response, body=gzip.compress(response.body, 1), chunked=chunked)

    server.ranges = False
    server.always["one"] = packed
    item = server.item("one", body, *([] if facts == "size" else ["sha256"]), retries=2)
    trial.download([replace(item, size=None) if facts == "checksum" else item], clock=clock)


@pytest.mark.fault("empty body where bytes were announced", ends="right file")
@pytest.mark.parametrize("size", [5000, SIZE])
def test_empty_once(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, size: int) -> None:
    server.fault("one", fault.changed(body=b""))
    trial.download([server.item("one", noise(size), "sha256")], clock=clock)


@pytest.mark.fault("connections closed after each response without notice", ends="right file")
def test_closed_without_a_word(trial: Any, server: Any, noise: Any) -> None:
    def closes(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, cut=len(response.body))

    items = [server.item(f"f{number}", noise(2000, number), "md5") for number in range(100)]
    for item in items:
        server.always[item.name] = closes
    trial.download(items)


@pytest.mark.fault("only the last byte is missing", ends="right file")
@pytest.mark.parametrize("size", [5000, 4 * UNIT, 8 * UNIT, 8 * UNIT + 1, SIZE])
def test_last_byte(trial: Any, server: Any, noise: Any, size: int) -> None:
    def cut(_server: Any, _request: Any, response: Any) -> Any:
        return replace(response, cut=max(0, len(response.body) - 1), length=len(response.body))

    server.fault("one", *[cut] * 3)
    trial.download([server.item("one", noise(size), "sha256")])


@pytest.mark.fault("URL that returns a web page instead of the file", ends="SourceChanged")
def test_a_page(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    item = Item("one", Location(server.put("portal", b"<html>Log in</html>")), 5000, retries=2)
    server.right["one"] = noise(5000)
    trial.download([item], clock=clock)


@pytest.mark.fault(
    "two lengths that contradict each other",
    ends=("right file", "SourceChanged", "TransportError", "TruncatedTransfer"),
)
@pytest.mark.parametrize("lengths", [(5000, 10), (10, 5000), (5000, 6000), (6000, 5000)])
@pytest.mark.parametrize("sized", [True, False])
def test_two_lengths(trial: Any, server: Any, noise: Any, clock: Any, lengths: tuple[int, int], sized: bool) -> None:
    item = server.item("one", noise(5000), retries=2)
    head = "HTTP/1.1 200 OK\r\n" + "".join(f"Content-Length: {length}\r\n" for length in lengths) + "\r\n"
    server.always["one"] = lambda _server, _request, response: replace(response, raw=head.encode() + response.body)
    trial.download([item if sized else replace(item, size=None)], clock=clock)


@pytest.mark.fault("wrong bytes, no checksum stated, but one required", ends="ChecksumMissing")
@pytest.mark.parametrize("wrong", [b"<html>Please log in</html>", bytes(1000), b"\x1f\x8b" + bytes(998)])
def test_a_required_checksum(trial: Any, server: Any, wrong: bytes) -> None:
    items = [Item("one", Location(server.put("one", wrong)), 1000), Item("two", Location(server.put("two", wrong)))]
    trial.download(items, require_checksum=True)
    assert server.requests == []
