"""Requests: routed by the segments of their paths, and refused with what is wrong and where."""

import asyncio
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from omicsdk.sandbox.problems import Fault, Problem, Refused, complaint, not_found, whole_number
from omicsdk.sandbox.routing import Router, Routes, headers_of, not_routed, origin, segments_of
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.routing import BaseRoute, Host, Mount, Route
from starlette.types import Message, Scope

SEGMENTS = st.sampled_from(["a", "b", "{x}", "a{x}", ""])
TEMPLATES = st.lists(
    st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda segments: "/" + "/".join(segments)), max_size=12, unique=True
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", ""]), min_size=1, max_size=5).map(
    lambda segments: "/" + "/".join(segments)
)


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(template.replace("{x}", "[^/]+"), path) is not None


@given(TEMPLATES, PATHS)
def test_all_templates_that_fit_are_found(templates: list[str], path: str):
    router = Router((template, template) for template in templates)
    matches = [template for entries, _ in router.matches(segments_of(path)) for template in entries]
    assert sorted(matches) == sorted(template for template in templates if _fits(template, path))


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/things/7", "/things/{id}", ["7"]),
        ("/things/7/", None, []),
        ("/things/me", "/things/me", []),
        ("/things/7.json", "/things/{id}.json", ["7"]),
        ("/things/7:close", "/things/{id}:close", ["7"]),
        ("/things/special", "/things/{id}", ["special"]),
        ("/other/special", "/{kind}/special", ["other"]),
        ("/raw/a/b/c", "/raw/{path:path}", ["a/b/c"]),
        ("/raw/a/b/parts", "/raw/{path:path}/parts", ["a/b"]),
        ("/raw/", "/raw/{path:path}", [""]),
        ("/pairs/x-y", "/pairs/{a}-{b}", ["x", "y"]),
        ("/none", None, []),
    ],
)
def test_fixed_segments_go_before_parameters(path: str, template: str | None, values: list[str]):
    templates = (
        "/things/{id}",
        "/things/me",
        "/things/{id}.json",
        "/things/{id}:close",
        "/{kind}/special",
        "/raw/{path:path}",
        "/raw/{path:path}/parts",
        "/pairs/{a}-{b}",
    )
    router = Router((text, text) for text in templates)
    assert next(router.matches(segments_of(path)), ([None], [])) == ([template], values)


def _scope(path: str, method: str = "GET", **more: Any) -> Scope:
    headers = [(b"host", b"127.0.0.1:80"), (b"x-name", b"\xfc"), (b"x-name", b"second"), (b"x-\xfc", b"a")]
    return {"type": "http", "scheme": "http", "path": path, "method": method, "headers": headers, **more}


def test_headers_are_read_as_http_sends_them():
    scope = _scope("/")
    assert headers_of(scope) == {"host": "127.0.0.1:80", "x-name": "ü", "x-ü": "a"}
    assert headers_of(scope) is headers_of(scope)
    assert origin(scope) == "http://127.0.0.1:80"
    scope["headers"] = [(b"host", b"localhost")]
    assert headers_of(scope) == {"host": "localhost"}


ROUTES: dict[str, BaseRoute] = {
    "me": Route("/things/me", lambda _: PlainTextResponse("me")),
    "thing": Route(
        "/things/{id}", lambda request: PlainTextResponse(request.path_params["id"]), methods=["GET", "PUT"]
    ),
    "change": Route("/things/{id}", lambda _: PlainTextResponse("changed"), methods=["PUT", "DELETE"]),
    "made": Route("/things/me", lambda _: PlainTextResponse("made"), methods=["POST"]),
    "below": Mount("/below", routes=[Route("/a/b", lambda _: PlainTextResponse("b"))]),
    "host": Host("named", lambda _: PlainTextResponse("host")),
}


@pytest.mark.parametrize(
    ("scope", "name", "allowed"),
    [
        (_scope("/things/me"), "me", set()),
        (_scope("/things/me", "POST"), "made", set()),
        (_scope("/things/me", "DELETE"), "change", set()),
        (_scope("/things/7"), "thing", set()),
        (_scope("/things/7", "DELETE"), "change", set()),
        (_scope("/things/7", "POST"), None, {"GET", "HEAD", "PUT", "DELETE"}),
        (_scope("/root/things/me", root_path="/root"), "me", set()),
        (_scope("/root/things/7", root_path="/root"), "thing", set()),
        (_scope("/below/a/b"), "below", set()),
        (_scope("/a", headers=[(b"host", b"named")]), "host", set()),
        (_scope("/a"), None, set()),
    ],
)
def test_the_route_of_a_request_is_found(scope: Scope, name: str | None, allowed: set[str]):
    routes = Routes(ROUTES.values())
    assert routes.fixed == {"/things/me": [ROUTES["me"], ROUTES["made"]]}
    route, methods = routes.find(scope)
    assert (route, set(methods)) == (ROUTES[name] if name else None, allowed)


def test_a_request_is_answered_by_its_route():
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def answer(scope: Scope) -> None:
        async def receive() -> Message:
            return {"type": "http.request"}

        await Routes(ROUTES.values())(scope, receive, send)

    asyncio.run(answer(_scope("/things/7")))
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"7")
    with pytest.raises(HTTPException) as caught:
        asyncio.run(answer(_scope("/a")))
    assert caught.value.status_code == 404
    with pytest.raises(HTTPException) as caught:
        asyncio.run(answer(_scope("/things/me", "PATCH")))
    assert caught.value.status_code == 405
    assert set((caught.value.headers or {})["Allow"].split(", ")) == {"GET", "HEAD", "POST", "PUT", "DELETE"}
    refusal = not_routed(["GET", "PUT", "GET"])
    assert refusal.headers == {"Allow": "GET, PUT"}


@pytest.mark.parametrize(
    ("schema", "value", "message"),
    [
        ({"enum": ["a", "b"]}, "c", "is one of a, b, not 'c'"),
        ({"type": "integer"}, "x", "is of type integer, not 'x'"),
        ({"pattern": "^a$"}, "b", "doesn't match ^a$: 'b'"),
        ({"maximum": 3}, 4, "has the maximum 3, not 4"),
        ({"maxLength": 2}, "abc", "has at most 2 characters, not 3"),
        ({"maxItems": 1}, [1, 2], "has at most 1 items"),
        ({"type": "null"}, "x" * 78, f"is of type null, not '{'x' * 78}'"),
        ({"type": "null"}, "x" * 79, f"is of type null, not '{'x' * 76}..."),
        ({"const": 1}, 2, "is wrong: 1 was expected"),
    ],
)
def test_a_complaint_has_the_limit_and_the_value(schema: dict[str, object], value: object, message: str):
    [error] = Draft202012Validator(schema).iter_errors(value)
    assert complaint(error) == message


def test_a_refusal_names_the_first_place_that_is_wrong():
    size = Fault("body", ("parts", 0, "size"), "has to be there", "required")
    tag = Fault("query", ("tag", 1), "is long", "maxLength")
    first, second = Refused([size, tag]), Refused([tag])
    assert first.body() == {
        "status": 400,
        "code": "illegal_arguments",
        "title": "The body.parts[0].size has to be there",
    }
    assert first.against == "body.parts[0].size is missing"
    assert str(second) == "400 illegal_arguments: The query parameter 'tag'[1] is long"
    assert second.against == "query parameter 'tag'[1] breaks maxLength"
    assert not_found("No bundle").code == "not_found"
    assert Problem(429, "slow_down", "Wait", {"Retry-After": "1"}).headers == {"Retry-After": "1"}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12),
        ("+007", 7),
        ("9223372036854775807", 2**63 - 1),
        ("9223372036854775808", None),
        ("-9223372036854775808", -(2**63)),
        ("1.0", None),
        ("", None),
    ],
)
def test_a_whole_number_has_64_bits(text: str, number: int | None):
    assert whole_number(text) == number
