"""Hooks of clients: called with each request before it is sent, and with each response, threaded and asyncio alike."""

import asyncio
from typing import Any

import httpx
import pytest
from omicsdk.core import AuthError, BearerToken, ManualClock, UsageError
from omicsdk.core.bodies import json_body
from omicsdk.core.client import AsyncClient, Client
from omicsdk.core.plain_client import AsyncPlainClient, PlainClient, plain_request

BASE = "https://api.example.org"


class Service:
    """Responds to each request with the next of its responses."""

    def __init__(self, *responses: httpx.Response) -> None:
        self.responses = list(responses)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.responses.pop(0) if self.responses else httpx.Response(200, json={})


class Caller:
    """One interface to both clients."""

    def __init__(self, kind: str, service: Service, **options: Any) -> None:
        made = PlainClient if kind == "threads" else AsyncPlainClient
        self.client: Any = made(BASE, transport=httpx.MockTransport(service), clock=ManualClock(), **options)

    def send(self, path: str = "/a", client: Any = None, **options: Any) -> httpx.Response:
        client = client or self.client
        request = plain_request("get_a", options.pop("method", "GET"), path, **options)
        if isinstance(client, Client):
            return client._exchange.send(request)
        assert isinstance(client, AsyncClient)
        return asyncio.run(client._exchange.send(request))


@pytest.fixture(params=["threads", "asyncio"])
def caller(request: pytest.FixtureRequest) -> Any:
    return lambda *arguments, **options: Caller(request.param, *arguments, **options)


def test_a_hook_sees_what_is_sent_and_may_change_headers(caller: Any) -> None:
    service, seen = Service(), []

    def trace(request: httpx.Request) -> None:
        seen.append((request.method, str(request.url), request.headers["authorization"], request.read()))
        request.headers["traceparent"] = "00-1"

    made = caller(service, credentials=BearerToken("t"), before_request=trace)
    made.send(method="POST", body=json_body({"a": 1}))
    assert seen == [("POST", f"{BASE}/a", "Bearer t", b'{"a":1}')]
    assert service.requests[0].headers["traceparent"] == "00-1"


def test_hooks_are_called_in_their_order(caller: Any) -> None:
    order: list[str] = []
    before = [lambda _, name=name: order.append(name) for name in ("a", "b")]
    after = [lambda _, name=name: order.append(name) for name in ("c", "d")]
    caller(Service(), before_request=before, after_response=after).send()
    assert order == ["a", "b", "c", "d"]


def test_each_try_and_each_redirect_is_a_request(caller: Any) -> None:
    before: list[str] = []
    after: list[tuple[int, bytes]] = []
    service = Service(
        httpx.Response(503, content=b"busy"),
        httpx.Response(302, headers={"location": "https://other.example/b"}),
        httpx.Response(200, content=b"done"),
    )
    made = caller(
        service,
        before_request=lambda request: before.append(str(request.url)),
        after_response=lambda response: after.append((response.status_code, response.content)),
    )
    assert made.send().content == b"done"
    assert before == [f"{BASE}/a", f"{BASE}/a", "https://other.example/b"]
    assert after == [(503, b"busy"), (302, b""), (200, b"done")]


def test_a_failed_connection_has_no_response(caller: Any) -> None:
    before: list[httpx.Request] = []
    after: list[int] = []

    def send(request: httpx.Request) -> httpx.Response:
        if len(before) < 2:
            raise httpx.ConnectError("refused")
        return httpx.Response(200)

    made = caller(
        send, before_request=before.append, after_response=lambda response: after.append(response.status_code)
    )
    made.send()
    assert (len(before), after) == (2, [200])


@pytest.mark.parametrize("error", [ValueError("no"), httpx.ConnectError("no"), AuthError("no")])
@pytest.mark.parametrize("hook", ["before_request", "after_response"])
def test_an_exception_of_a_hook_ends_the_call(caller: Any, hook: str, error: Exception) -> None:
    service = Service()

    def fail(_: object) -> None:
        raise error

    with pytest.raises(type(error)) as raised:
        caller(service, **{hook: fail}).send()
    assert raised.value is error
    assert len(service.requests) == (hook == "after_response")


def test_a_clone_has_its_own_hooks(caller: Any) -> None:
    calls: list[str] = []
    made = caller(
        Service(), before_request=lambda _: calls.append("before"), after_response=lambda _: calls.append("after")
    )
    made.send()
    clone = made.client.with_options(before_request=lambda _: calls.append("other"))
    made.send(client=clone)
    made.send(client=clone.with_options(before_request=(), after_response=(), timeout=3))
    made.send(client=clone.with_options(timeout=3))
    made.send()
    assert calls == ["before", "after", "other", "after", "other", "after", "before", "after"]


def test_a_streamed_body_is_left_to_the_caller() -> None:
    consumed: list[bool] = []
    service = Service(httpx.Response(200, stream=httpx.ByteStream(b"whole")))
    client = PlainClient(
        BASE,
        transport=httpx.MockTransport(service),
        after_response=lambda response: consumed.append(response.is_stream_consumed),
    )
    response = client._exchange.send(plain_request("get_a", "GET", "/a"), stream=True)
    assert (consumed, response.read()) == ([False], b"whole")


def test_a_coroutine_function_is_awaited_on_an_event_loop() -> None:
    calls: list[object] = []

    async def before(request: httpx.Request) -> None:
        await asyncio.sleep(0)
        calls.append(request.method)

    async def after(response: httpx.Response) -> None:
        calls.append(response.status_code)

    Caller("asyncio", Service(), before_request=before, after_response=after).send()
    assert calls == ["GET", 200]


def test_a_coroutine_function_is_refused_in_a_thread() -> None:
    async def before(_: httpx.Request) -> None: ...

    service = Service()
    with pytest.raises(UsageError, match="hook before has to be awaited"):
        Caller("threads", service, before_request=before).send()
    assert service.requests == []


def test_other_senders_leave_requests_with_hooks_to_the_transport() -> None:
    request = plain_request("get_a", "GET", "/a")
    client = PlainClient(BASE)
    assert client._exchange.transport.outgoing(request) is not None
    assert client.with_options(before_request=print)._exchange.transport.outgoing(request) is None
