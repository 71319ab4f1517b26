"""Event streams: typed events, errors, the argument that starts a stream, and reconnection."""

import asyncio
import inspect
import json
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import httpx
import pytest
from body_in_pieces import Pieces
from omicsdk.core import DecodeError, TransportError
from omicsdk.core.errors import EventError
from omicsdk.core.events import Event
from omicsdk.core.manual_clock import ManualClock
from small_documents import document, object_of, reference

TEXT = {"type": "string"}
RUN = reference("Run")
PROMPT = object_of("prompt", required=("prompt",), stream={"type": "boolean", "default": False})


def _response(**content: Any) -> dict[str, Any]:
    types = {"events": "text/event-stream", "json": "application/json", "lines": "application/jsonl"}
    return {"200": {"description": "", "content": {types[kind]: media for kind, media in content.items()}}}


def _get(name: str, **content: Any) -> dict[str, Any]:
    return {"get": {"operationId": name, "responses": _response(**content)}}


def _post(name: str, schema: Any, **content: Any) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"post": {"operationId": name, "requestBody": body, "responses": _response(**content)}}


def _event(kind: str, data: Any) -> dict[str, Any]:
    return {"properties": {"event": {"const": kind}, "data": data}}


JSON_DATA = {"type": "string", "contentMediaType": "application/json", "contentSchema": RUN}
DOCUMENT = document(
    {
        "/texts": _get("texts", events={"schema": TEXT}),
        "/bare": _get("bare", events={}),
        "/runs": _get("runs", events={"schema": RUN}),
        "/content": _get("content", events={"itemSchema": {
            "type": "object", "properties": {"event": TEXT, "id": TEXT, "data": JSON_DATA}}}),
        "/either": _get("either", events={"itemSchema": {
            "type": "object", "required": ["data"], "properties": {"event": TEXT, "data": TEXT},
            "oneOf": [_event("run", JSON_DATA), _event("note", {"type": "string", "enum": ["x"]})]}}),
        "/variants": _get("variants", events={"itemSchema": {
            "type": "object", "properties": {"event": TEXT, "data": TEXT},
            "oneOf": [_event("run", JSON_DATA), _event("count", {**JSON_DATA, "contentSchema": {
                "type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}})]}}),
        "/complete": _post("complete", PROMPT, json={"schema": RUN}, events={"schema": RUN}),
        "/whole": _post("whole", {**PROMPT, "additionalProperties": True}, json={"schema": RUN}, events={"schema": RUN}),
        "/lines": _post("lines", PROMPT, json={"schema": RUN}, lines={"itemSchema": RUN}),
    },
    {"Run": object_of("id", required=("id",), reads={"type": "integer"})},
    openapi="3.2.0",
)  # fmt: skip
EVENTS = b": hello\r\n\r\ndata: one\r\nevent: made\r\nid: 7\r\n\r\ndata: two\rdata:  lines\r\r\nretry: 10\ndata: x\n\ndata: y\n\ndata: cut"


class Service:
    """Serves bodies one after another, and records the requests and the waits."""

    def __init__(self, package: ModuleType, *bodies: bytes | Pieces | int, kind: str = "text/event-stream") -> None:
        self.package, self.kind, self.clock = package, kind, ManualClock()
        self.bodies = list(bodies)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        body = self.bodies.pop(0)
        if isinstance(body, int):
            return httpx.Response(body)
        stream = Pieces(body) if isinstance(body, bytes) else body
        return httpx.Response(200, headers={"content-type": self.kind}, stream=stream)

    def client(self, *, twin: bool = False) -> Any:
        made = self.package.AsyncThingApi if twin else self.package.ThingApi
        return made("https://t.example", transport=httpx.MockTransport(self), clock=self.clock)

    def events(self, name: str, *, twin: bool, **arguments: Any) -> tuple[list[Any], BaseException | None]:
        """Return the events of an operation, and the error after them."""
        received: list[Any] = []

        async def read() -> None:
            async for event in getattr(self.client(twin=True), name).iterate(**arguments):
                received.append(event)

        try:
            if twin:
                asyncio.run(read())
            else:
                received.extend(iter(Kept(getattr(self.client(), name).iterate(**arguments), received)))
        except (EventError, TransportError, DecodeError) as error:
            return received, error
        return received, None


class Kept:
    """Items that are kept before the error after them."""

    def __init__(self, items: Iterator[Any], received: list[Any]) -> None:
        self.items, self.received = items, received

    def __iter__(self) -> Iterator[Any]:
        for item in self.items:
            self.received.append(item)
        return iter(())


def sse(*data: Any, **fields: str) -> bytes:
    lines = "".join(f"{name}: {value}\n" for name, value in fields.items())
    return "".join(
        f"{lines}data: {payload if isinstance(payload, str) else json.dumps(payload)}\n\n" for payload in data
    ).encode()


both = pytest.mark.parametrize("twin", [False, True], ids=["sync", "async"])


@both
@pytest.mark.parametrize("name", ["texts", "bare"])
def test_events_have_their_fields(package: ModuleType, name: str, twin: bool) -> None:
    assert Service(package, EVENTS).events(name, twin=twin) == (
        [
            *(Event("one", "made", "7"), Event("two\n lines", "message", "7")),
            *(Event("x", "message", "7", 10), Event("y", "message", "7")),
        ],
        None,
    )


@both
@pytest.mark.parametrize("name", ["runs", "content"])
def test_data_are_models(package: ModuleType, name: str, twin: bool) -> None:
    events, _ = Service(package, sse({"id": "a"}, {"id": "b", "reads": 2}, event="run") + b"data: [DONE]\n\n").events(
        name, twin=twin
    )
    assert [(event.event, event.data.to_dict()) for event in events] == [
        ("run", {"id": "a"}), ("run", {"id": "b", "reads": 2}),
    ]  # fmt: skip


@both
@pytest.mark.parametrize(
    ("end", "seen", "is_error"),
    [
        pytest.param(b'data: {"id": "b"}\n', ["a", "b"], False, id="openai-node-2725"),
        pytest.param(b'data: {"id": "b"}', ["a", "b"], False, id="gemini-cli-29059"),
        pytest.param(b'data:{"id": "b"', ["a"], True, id="cut"),
        pytest.param(b"event: run\nid: 3", ["a"], False, id="without data"),
    ],
)
def test_the_last_event_without_a_blank_line(
    package: ModuleType, end: bytes, seen: list[str], is_error: bool, twin: bool
) -> None:
    events, error = Service(package, sse({"id": "a"}) + end).events("runs", twin=twin)
    assert ([event.data.id for event in events], error is not None) == (seen, is_error)


@both
def test_data_of_variants(package: ModuleType, twin: bool) -> None:
    events, _ = Service(package, sse({"id": "a"}, {"n": 1})).events("variants", twin=twin)
    assert [event.data.to_dict() for event in events] == [{"id": "a"}, {"n": 1}]
    assert type(events[0].data) is not type(events[1].data)
    events, _ = Service(package, sse({"id": "a"}, "text")).events("either", twin=twin)
    assert (events[0].data.id, events[1].data) == ("a", "text")


@both
def test_an_error_event_is_raised(package: ModuleType, twin: bool) -> None:
    body = sse({"id": "a"}) + sse({"code": 7, "message": "overloaded"}, event="error") + sse({"id": "b"})
    events, error = Service(package, body).events("runs", twin=twin)
    assert [event.data.id for event in events] == ["a"]
    assert isinstance(error, EventError)
    assert (str(error), error.code, error.body) == (
        "runs: the stream ended with an error: overloaded", "7", {"code": 7, "message": "overloaded"},
    )  # fmt: skip
    _, error = Service(package, sse("no luck", event="error")).events("texts", twin=twin)
    assert isinstance(error, EventError)
    assert error.body == "no luck"


@both
def test_a_response_that_is_no_stream_is_an_error(package: ModuleType, twin: bool) -> None:
    _, error = Service(package, b'{"id": "a"}', kind="application/json").events("runs", twin=twin)
    assert isinstance(error, DecodeError)
    assert "Content-Type" in str(error)


@both
@pytest.mark.parametrize("name", ["complete", "lines"])
def test_iterate_sets_what_makes_the_service_stream(package: ModuleType, name: str, twin: bool) -> None:
    kind = "application/jsonl" if name == "lines" else "text/event-stream"
    for more in ({}, {"stream": False}):
        service = Service(package, b"", kind=kind)
        assert service.events(name, twin=twin, prompt="p", **more) == ([], None)
        assert json.loads(service.requests[0].content) == {"prompt": "p", "stream": True}


@both
def test_iterate_sets_it_in_a_body_that_is_one_argument(package: ModuleType, twin: bool) -> None:
    from importlib import import_module

    parameter = inspect.signature(Service(package).client().whole).parameters["body"]
    model = getattr(import_module(f"{package.__name__}.models"), parameter.annotation.partition(" ")[0])
    for body in ({"prompt": "p"}, model(prompt="p")):
        service = Service(package, b"")
        assert service.events("whole", twin=twin, body=body) == ([], None)
        assert json.loads(service.requests[0].content) == {"prompt": "p", "stream": True}


def test_a_plain_call_does_not_set_it(package: ModuleType) -> None:
    service = Service(package, b'{"id": "a"}', kind="application/json")
    assert service.client().complete(prompt="p").id == "a"
    assert json.loads(service.requests[0].content) == {"prompt": "p"}


@both
def test_a_plain_call_of_an_endless_stream_names_what_to_call(package: ModuleType, twin: bool) -> None:
    service = Service(package, sse("a"))
    for call in (service.client(twin=twin).texts, service.client(twin=twin).texts.with_headers):
        with pytest.raises(TypeError, match=r"texts\.iterate"):
            call()
    assert service.requests == []
    assert service.client().texts.raw().content == sse("a")


@both
def test_a_broken_stream_continues_after_its_last_event(package: ModuleType, twin: bool) -> None:
    first = Pieces(b"retry: 2500\n\nid: 1\ndata: a\n\nid: 2\ndata: b\n\ndata: lost", broken=True)
    second = Pieces(b"data: c\n\n", broken=True)
    service = Service(package, first, second, b"id: 3\ndata: d\n\n")
    events, error = service.events("texts", twin=twin)
    assert error is None
    assert [(event.data, event.id) for event in events] == [("a", "1"), ("b", "2"), ("c", "2"), ("d", "3")]
    assert [request.headers.get("last-event-id") for request in service.requests] == [None, "2", "2"]
    assert service.clock.now() == 1_600_000_000.0 + 2 * 2.5


@both
@pytest.mark.parametrize("milliseconds", ["600001", "9" * 20, "9" * 5000])
def test_a_wait_beyond_the_budget_of_retries_is_not_begun(package: ModuleType, milliseconds: str, twin: bool) -> None:
    service = Service(package, Pieces(sse("a", id="1", retry=milliseconds), broken=True), sse("b"))
    events, error = service.events("texts", twin=twin)
    assert ([event.data for event in events], isinstance(error, TransportError)) == (["a"], True)
    assert service.clock.now() == 1_600_000_000.0


@both
def test_a_service_can_end_a_stream_that_broke(package: ModuleType, twin: bool) -> None:
    events, error = Service(package, Pieces(sse("a", id="1"), broken=True), 204).events("texts", twin=twin)
    assert ([event.data for event in events], error) == (["a"], None)


@both
def test_a_stream_is_not_resumed_without_ids_or_for_a_post(package: ModuleType, twin: bool) -> None:
    for name, body, arguments in (
        ("texts", sse("a"), {}),
        ("complete", sse({"id": "a"}, id="1"), {"prompt": "p"}),
    ):
        service = Service(package, Pieces(body, broken=True))
        events, error = service.events(name, twin=twin, **arguments)
        assert (len(events), isinstance(error, TransportError)) == (1, True)
        assert len(service.requests) == 1


@both
def test_a_stream_that_always_breaks_is_an_error(package: ModuleType, twin: bool) -> None:
    service = Service(package, *[Pieces(sse("a", id="1"), broken=True)], *[Pieces(b"", broken=True)] * 9)
    events, error = service.events("texts", twin=twin)
    assert (len(events), isinstance(error, TransportError), len(service.requests)) == (1, True, 6)
