"""Responses that are a sequence of items: each is read, typed, when it arrives."""

import asyncio
import inspect
import json
import time
from types import ModuleType
from typing import Any

import pytest
from body_in_pieces import Pieces
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.core import DecodeError, ResponseTooLarge, TransportError
from omicsdk.core.sequences import Frames
from recording_network import RecordingNetwork
from small_documents import document, object_of, reference

TEXT = {"type": "string"}
RUN = reference("Run")


def _operation(name: str, content: dict[str, Any]) -> dict[str, Any]:
    return {"get": {"operationId": name, "responses": {"200": {"description": "", "content": content}}}}


DOCUMENT = document(
    {
        "/lines": _operation("lines", {"application/jsonl": {"itemSchema": RUN}}),
        "/array": _operation("of_array", {"application/x-ndjson": {"schema": {"type": "array", "items": RUN}}}),
        "/records": _operation("records", {"application/json-seq": {"schema": RUN}}),
        "/events": _operation("events", {"text/event-stream": {"schema": TEXT}}),
        "/data": _operation("data", {"application/json": {"schema": RUN}, "text/event-stream": {"schema": RUN}}),
    },
    {"Run": object_of("id", required=("id",), reads={"type": "integer"})},
    openapi="3.2.0",
)
RUNS = [{"id": "a", "reads": 1}, {"id": "b\n\x85", "reads": 2}, {"id": "é"}]
LINES = "".join(f"{json.dumps(run, ensure_ascii=False)}\n" for run in RUNS).encode()
EVENTS = b": hello\r\n\r\ndata: one\r\nevent: made\r\nid: 7\r\n\r\ndata: two\rdata:  lines\r\r\nretry: 10\n\ndata: unfinished"


def client(package: ModuleType, kind: str, body: Pieces, *, twin: bool = False, **options: Any) -> Any:
    network = RecordingNetwork(200, headers={"content-type": kind}, stream=body)
    api = (package.AsyncThingApi if twin else package.ThingApi)("https://t.example", transport=network, **options)
    api.requests = network.requests
    return api


@pytest.mark.parametrize(
    ("operation", "kind", "body"),
    [
        ("lines", "application/jsonl", LINES),
        ("lines", "application/jsonl; charset=utf-8", LINES.rstrip(b"\n")),
        ("of_array", "application/x-ndjson", LINES.replace(b"\n", b"\n\n")),
        ("records", "application/json-seq", b"".join(b"\x1e" + line + b"\n" for line in LINES.splitlines())),
    ],
)  # fmt: skip
def test_items_are_models(package: ModuleType, operation: str, kind: str, body: bytes) -> None:
    for strict in (False, True):
        api = client(package, kind, Pieces(body), strict=strict)
        assert [run.to_dict() for run in getattr(api, operation).iterate()] == RUNS
        assert api.requests[0].headers["accept"] == kind.partition(";")[0]

    async def received() -> list[Any]:
        async with client(package, kind, Pieces(body), twin=True) as api:
            return [run.to_dict() async for run in getattr(api, operation).iterate()]

    assert asyncio.run(received()) == RUNS


def test_each_is_there_as_soon_as_it_arrived(package: ModuleType) -> None:
    body = Pieces(*(line + b"\n" for line in LINES.splitlines()))
    items = client(package, "application/jsonl", body).lines.iterate()
    assert body.sent == 0
    for number, run in enumerate(RUNS, 1):
        assert next(items).to_dict() == run
        assert body.sent == number
    assert [run.id for run in client(package, "application/jsonl", Pieces(LINES)).lines.iterate().take(2)] == [
        "a",
        RUNS[1]["id"],
    ]


def test_a_call_still_reads_the_whole_response(package: ModuleType) -> None:
    api = client(package, "application/json", Pieces(b'{"id": "a"}'))
    assert api.data().id == "a"
    assert api.requests[0].headers["accept"] == "application/json"
    assert inspect.signature(api.data.iterate).parameters == inspect.signature(api.data).parameters


def test_what_goes_wrong_is_reported_after_what_arrived(package: ModuleType) -> None:
    items = client(package, "application/jsonl", Pieces(LINES, broken=True)).lines.iterate()
    assert [next(items).id for _ in RUNS] == [run["id"] for run in RUNS]
    with pytest.raises(TransportError, match="reset"):
        next(items)
    items = client(package, "application/jsonl", Pieces(b'{"id": 5}\n'), strict=True).lines.iterate()
    with pytest.raises(DecodeError, match="id"):
        next(items)
    items = client(package, "application/jsonl", Pieces(b"x" * 99), response_limit=50).lines.iterate()
    with pytest.raises(ResponseTooLarge, match="50 bytes"):
        next(items)
    with pytest.raises(ResponseTooLarge, match="50 bytes"):
        list(Frames("text/event-stream", 50).feed(b"data: 123456\n" * 9))


def test_events_are_split_as_whatwg_html_states_and_an_item_may_have_the_limit() -> None:
    events = Frames("text/event-stream; charset=utf-8; x", 6)
    chunks = [
        b"\xef\xbb\xbfdata:a\xff\r",
        b"\ndata:b\r\ndata:c\n",
        b"\n",
        b"\xef\xbb\xbfdata:x\ndata:d\n\n",
        b"data\r",
        b"\n",
        b"\n",
    ]
    data = [json.loads(event)["data"] for chunk in chunks for event in events.feed(chunk)]
    assert data == ["a\ufffd\nb\nc", "d", ""]  # only the stream itself may begin with a byte order mark
    lines = Frames("application/jsonl", 3)
    assert [*lines.feed(b"123"), *lines.end()] == [b"123"]


@pytest.mark.parametrize(
    ("rest", "count"),
    [(b"", 1), (b"id: 7", 1), (b": comment", 1), (b"event", 0), (b"da", 0), (b"data: cut", 0)],
)
def test_an_event_is_kept_whose_last_line_of_another_field_has_no_end(rest: bytes, count: int) -> None:
    events = Frames("text/event-stream", 99)
    assert list(events.feed(b"data: text\n" + rest)) == []
    assert len(list(events.end())) == count


@pytest.mark.parametrize(
    ("kind", "pieces", "size"),
    [
        ("application/jsonl", [*[b"1" * 2_000] * 10_000, b"\n"], 20_000_000),
        ("text/event-stream", [b"data:0123456789\n" * 200_000, b"\n"], 2_400_010),
    ],
)
def test_a_large_item_takes_time_in_proportion_to_its_size(kind: str, pieces: list[bytes], size: int) -> None:
    frames, begun = Frames(kind, 10**9), time.process_time()
    assert [len(item) for piece in pieces for item in frames.feed(piece)] == [size]
    assert time.process_time() - begun < 5


CUTS = st.lists(st.integers(0, 400), max_size=12).map(sorted)


@given(CUTS)
@settings(max_examples=2 * settings().max_examples)
def test_it_does_not_matter_where_the_pieces_end(cuts: list[int]) -> None:
    for kind, body in (
        ("application/jsonl", LINES),
        ("text/event-stream", EVENTS),
        ("application/json-seq", b"\x1e{}\n\x1e[]\n"),
    ):

        def cut(kind: str, pieces: list[bytes]) -> list[bytes]:
            frames = Frames(kind, 1000)
            return [item for piece in pieces for item in frames.feed(piece)] + list(frames.end())

        pieces = [body[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]
        assert cut(kind, pieces) == cut(kind, [body])


@pytest.mark.parametrize(
    "body", [b'{"error": "busy"}', b"[1, 2]", b"null", b"5", b'{"data": 1}', b'"text"', b"[]", b"<html>"]
)
@pytest.mark.parametrize("name", ["events", "data"])
def test_events_that_are_something_else_are_an_error(package: ModuleType, name: str, body: bytes) -> None:
    kind = "text/html" if body.startswith(b"<") else "application/json"
    with (
        client(package, kind, Pieces(body)) as api,
        pytest.raises(DecodeError, match=f"^{name}: .*Content-Type.*{kind}"),
    ):
        list(getattr(api, name).iterate())


def test_items_in_place_of_lines_are_an_error_when_they_are_events(package: ModuleType) -> None:
    with (
        client(package, "text/event-stream", Pieces(EVENTS)) as api,
        pytest.raises(DecodeError, match=r"^lines: .*event"),
    ):
        list(api.lines.iterate())
