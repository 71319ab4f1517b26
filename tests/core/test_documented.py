"""Documented facades: arguments that are judged, answers as plain JSON."""

import httpx
import pytest
from omicsdk.core.documented.client import DocumentedResponse, as_typed, plain_answer


@pytest.mark.parametrize(
    ("value", "kind", "typed"),
    [("10", "integer", 10), ("1.5", "number", 1.5), ("x", "integer", "x"), ("10", "string", "10"), (3, "integer", 3)],
)
def test_numbers_as_strings(value: object, kind: str, typed: object):
    assert as_typed(value, kind) == typed


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        (httpx.Response(200, json={"a": 1}), {"a": 1}),
        (httpx.Response(200, content=b"ACGT", headers={"content-type": "text/plain"}), b"ACGT"),
        (httpx.Response(204), None),
    ],
)
def test_answers(response: httpx.Response, answer: object):
    assert plain_answer(response) == answer


def test_a_response_has_the_names_of_requests():
    request = httpx.Request("GET", "https://dss.example.org/v1")
    response = DocumentedResponse(httpx.Response(200, json=[1], headers={"X-Y": "z"}, request=request))
    assert (response.status_code, response.ok, response.reason) == (200, True, "OK")
    assert (response.json(), response.text, response.content) == ([1], "[1]", b"[1]")
    assert response.headers["x-y"] == "z"
    assert response.url == "https://dss.example.org/v1"
    assert response.request is request
    response.raise_for_status()
