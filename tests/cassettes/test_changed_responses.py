"""Generated clients on recorded responses of which one place was changed: they give a response, or raise one of our errors."""

import json
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import httpx
import pytest
from changed_responses import changed
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import NO_RETRY, BearerToken, OmicsError
from replaying import CASSETTES, Recorded, clients, content_of, playing

WITHOUT_JSON = {"gen3/manifest"}
"""Services of which no JSON is recorded."""
SERVICES = sorted(
    {path.parent.relative_to(CASSETTES).as_posix() for path in CASSETTES.glob("**/calls.json")} - WITHOUT_JSON
)
Responses = list[tuple[int, dict[str, str], bytes]]


def exchanges(service: str) -> list[tuple[dict[str, Any], Responses]]:
    """The recorded calls of a service whose first response is JSON, each with its responses."""
    recorded = list(_of_sandbox(Recorded(service)) if _is_of_sandbox(service) else _of_server(service))
    return [
        (call, responses)
        for call, responses in recorded
        if responses and "json" in responses[0][1].get("content-type", "")
    ]


def _is_of_sandbox(service: str) -> bool:
    return isinstance(json.loads((CASSETTES / service / "calls.json").read_bytes()), dict)


def _of_sandbox(recorded: Recorded) -> Iterator[tuple[dict[str, Any], Responses]]:
    for name, call in recorded.calls.items():
        yield {"base_url": recorded.base_url, **call}, [_response(response) for response in recorded.responses(name)]


def _of_server(service: str) -> Iterator[tuple[dict[str, Any], Responses]]:
    """Calls to a real server: those of an operation are in the order of its cassette, the pages of a list in one of their own."""
    cassettes: dict[str, Iterator[dict[str, Any]]] = {}
    for call in json.loads((CASSETTES / service / "calls.json").read_bytes()):
        name = f"{call['operation']}.pages" if call["kind"] == "iterate" else call["operation"]
        if name not in cassettes:
            with playing(service, name) as cassette:
                cassettes[name] = iter(cassette.responses)
        taken = cassettes[name] if call["kind"] == "iterate" else islice(cassettes[name], 1)
        yield call, [_response(response) for response in taken]


def _response(response: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
    return response["status"]["code"], _headers(response), content_of(response)


def _headers(response: dict[str, Any]) -> dict[str, str]:
    left_out = ("content-encoding", "content-length", "transfer-encoding")
    return {name.lower(): values[0] for name, values in response["headers"].items() if name.lower() not in left_out}


@pytest.mark.parametrize("service", SERVICES)
def test_only_our_errors_are_raised(service: str) -> None:
    calls = exchanges(service)
    assert calls

    @given(data=st.data(), strict=st.booleans())
    def check(data: st.DataObject, strict: bool) -> None:
        call, responses = data.draw(st.sampled_from(calls))
        number = data.draw(st.integers(0, len(responses) - 1))
        bodies = [body for _, _, body in responses]
        try:
            bodies[number] = data.draw(changed(json.loads(bodies[number])))
        except json.JSONDecodeError:
            return
        left = iter([(status, headers, body) for (status, headers, _), body in zip(responses, bodies, strict=True)])

        def respond(_request: httpx.Request) -> httpx.Response:
            status, headers, body = next(left, (404, {"content-type": "application/json"}, b"{}"))
            return httpx.Response(status, headers=headers, content=body)

        transport = httpx.MockTransport(respond)
        options = {"credentials": BearerToken("t"), "retry": NO_RETRY, "strict": strict, "transport": transport}
        with clients(service)[0](call["base_url"], **options) as api, suppress(OmicsError):
            repr(_called(api, call))

    check()


def _called(api: Any, call: dict[str, Any]) -> Any:
    bound = getattr(api, call["operation"])
    if call["kind"] == "iterate":
        return list(bound.iterate(**call["arguments"]).take(50))
    if call["kind"] == "stream":
        with bound.stream(**call["arguments"]) as streamed:
            return b"".join(streamed.iter_bytes())
    response = bound(**call["arguments"])
    return response.to_dict() if hasattr(response, "to_dict") else response
