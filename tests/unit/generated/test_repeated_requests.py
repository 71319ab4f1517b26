"""Operations of a generated package send requests again as their document states, without a user who asks for it."""

import sys
from types import ModuleType
from typing import Any

import httpx
import pytest
from omicsdk.core import ManualClock, Retry, errors
from small_documents import document, object_of, operation, query

KEY = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {"type": "string"}}
RUNS = object_of("next", runs={"type": "array", "items": {"type": "string"}})
DOCUMENT = document(
    {
        "/runs": {
            "post": operation(operationId="start", parameters=[KEY], status=204),
            "put": operation(operationId="replace", status=204, **{"x-fern-retries": {"disabled": True}}),
            "delete": operation(operationId="clear", status=204, **{
                "x-speakeasy-retries": {"strategy": "backoff", "statusCodes": [409], "backoff": {"initialInterval": 2000}},
            }),
        },
        "/search": {"post": operation(RUNS, operationId="search", parameters=[KEY, *query("page")], **{
            "x-omics-pagination": {"style": "token", "items": "runs", "token": "page", "next": "next"},
        })},
        "/other": {"post": operation(operationId="other", status=204)},
    },
    servers=[{"url": "https://runs.example.org"}],
)  # fmt: skip


class Service:
    """Sends responses in turn, and records requests and waits."""

    def __init__(self, package: ModuleType, *responses: httpx.Response | Exception, **options: Any) -> None:
        self._responses = list(responses)
        self.sent: list[httpx.Request] = []
        self.clock = ManualClock()
        __import__(f"{package.__name__}.client")
        api = sys.modules[f"{package.__name__}.client"].ThingApi
        self.client = api(transport=httpx.MockTransport(self._respond), clock=self.clock, **options)

    def _respond(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        response = self._responses.pop(0)
        if isinstance(response, Exception):
            raise response
        return response

    @property
    def keys(self) -> list[str | None]:
        return [request.headers.get("idempotency-key") for request in self.sent]


def test_a_key_is_made_for_each_call_and_kept_over_its_retries(package: ModuleType) -> None:
    service = Service(package, httpx.ReadError("cut"), httpx.Response(503), httpx.Response(204), httpx.Response(204))
    service.client.start()
    service.client.start()
    first, second, third, other = service.keys
    assert first == second == third != other
    assert len(service.clock.slept) == 2


def test_the_users_key_is_sent(package: ModuleType) -> None:
    service = Service(package, httpx.Response(500), httpx.Response(204))
    service.client.start(idempotency_key="order-7")
    assert service.keys == ["order-7", "order-7"]


def test_each_page_is_a_request_of_its_own(package: ModuleType) -> None:
    service = Service(
        package,
        httpx.Response(200, json={"runs": ["a"], "next": "2"}),
        httpx.Response(500),
        httpx.Response(200, json={"runs": ["b"]}),
    )
    assert list(service.client.search.iterate()) == ["a", "b"]
    first, second, third = service.keys
    assert first != second == third


def test_without_a_key_a_post_is_sent_again_only_where_nothing_happened(package: ModuleType) -> None:
    service = Service(package, httpx.Response(429, headers={"retry-after": "3"}), httpx.Response(503))
    with pytest.raises(errors.ServiceUnavailable):
        service.client.other()
    assert (service.clock.slept, service.keys) == ([3.0], [None, None])


def test_an_operations_own_retry(package: ModuleType) -> None:
    service = Service(package, httpx.Response(409, headers={"retry-after": "9"}), httpx.Response(503))
    with pytest.raises(errors.ServiceUnavailable):
        service.client.clear()
    assert 0 <= service.clock.slept[0] <= 2
    chosen = Service(package, httpx.Response(503), httpx.Response(409), retry=Retry(base=0))
    with pytest.raises(errors.Conflict):
        chosen.client.clear()
    assert chosen.clock.slept == [0]


def test_an_operation_that_must_not_be_repeated(package: ModuleType) -> None:
    service = Service(package, httpx.Response(503), retry=Retry(attempts=5))
    with pytest.raises(errors.ServiceUnavailable):
        service.client.replace()
    assert len(service.sent) == 1
