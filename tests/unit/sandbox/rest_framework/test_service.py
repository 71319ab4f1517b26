"""Django REST framework as a service has it: pages of lists, logins, and what is answered before any operation."""

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from omicsdk.sandbox.document import Operation
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.rest_framework.service import (
    MISSING,
    NO_FIELD,
    Authentication,
    Invalid,
    PathMiddleware,
    Paths,
    Refused,
    error_body,
    forbidden,
    framework_service,
    invalid,
    not_found,
    page,
)
from omicsdk.sandbox.service import Call

# -- pages of lists


def listed(count: int, **query: str) -> dict[str, Any]:
    operation: Any = None
    call = Call(operation, {}, None, None, "http://host", "/crunch", "/api/things", [*query.items()])
    items = list(range(count))
    return page(call, count, lambda start, size: items[start : start + size], 3).body


@pytest.mark.parametrize(
    ("count", "number", "items", "before", "after"),
    [
        (0, "", [], None, None),
        (3, "1", [0, 1, 2], None, None),
        (4, "", [0, 1, 2], None, "a=1&page=2&z=2"),
        (10, "2", [3, 4, 5], "a=1&z=2", "a=1&page=3&z=2"),
        (10, "3", [6, 7, 8], "a=1&page=2&z=2", "a=1&page=4&z=2"),
        (10, "4", [9], "a=1&page=3&z=2", None),
        (10, "last", [9], "a=1&page=3&z=2", None),
    ],
)
def test_a_page_has_its_items_and_the_addresses_beside_it(
    count: int, number: str, items: list[int], before: str | None, after: str | None
):
    def url(query: str | None) -> str | None:
        return query and f"http://host/crunch/api/things?{query}"

    query = {"z": "2", "a": "1", **({"page": number} if number else {})}
    expected = {"count": count, "next": url(after), "previous": url(before), "results": items}
    assert listed(count, **query) == expected


def test_the_first_page_has_an_address_without_a_query():
    assert listed(6, page="2")["previous"] == "http://host/crunch/api/things"


@pytest.mark.parametrize("number", ["0", "-1", "5", "x", ""])
def test_there_are_no_other_pages(number: str):
    with pytest.raises(Refused, match="Invalid page") as caught:
        listed(10, page=number)
    assert caught.value.status == 404


# -- refusals


@pytest.mark.parametrize(
    ("problem", "status", "body"),
    [
        (invalid("f", "a", "b"), 400, {"f": ["a", "b"]}),
        (Invalid({NO_FIELD: ["a"]}), 400, {"non_field_errors": ["a"]}),
        (not_found(), 404, {"detail": "Not found."}),
        (forbidden(), 403, {"detail": "You do not have permission to perform this action."}),
        (forbidden("No."), 403, {"detail": "No."}),
        (Problem(413, "too_large", "The body is too large"), 413, {"detail": "The body is too large"}),
    ],
)
def test_the_body_of_a_refusal(problem: Problem, status: int, body: dict[str, Any]):
    assert (problem.status, error_body(problem)) == (status, body)


# -- logins


def basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


def by_password(name: str, password: str) -> str | None:
    return "ada" if (name, password) == ("ada", "a:b") else None


AUTHENTICATION = Authentication[str]({"t1": "ada"}.get, by_password, challenge="Token")


@pytest.mark.parametrize("header", ["Token t1", "token  t1 ", basic("ada:a:b")])
def test_a_caller_is_found(header: str):
    assert AUTHENTICATION.need(header) == "ada"


@pytest.mark.parametrize("header", [None, "", "Bearer t1"])
def test_a_caller_without_a_login_is_anonymous(header: str | None):
    assert AUTHENTICATION.find(header) is None
    with pytest.raises(Refused, match=MISSING):
        AUTHENTICATION.need(header)
    assert Authentication[str]({}.get).find(basic("ada:a:b")) is None


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("Token t2", "Invalid token."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token t 1", "Invalid token header. Token string should not contain spaces."),
        (basic("ada:b"), "Invalid username/password."),
        (basic("ada"), "Invalid username/password."),
        ("Basic a", "Invalid username/password."),
    ],
)
def test_a_login_that_is_not_right_is_refused(header: str, message: str):
    with pytest.raises(Refused) as caught:
        AUTHENTICATION.find(header)
    problem = caught.value
    assert (problem.title, problem.status, problem.headers) == (message, 401, {"WWW-Authenticate": "Token"})


def test_without_a_challenge_unknown_callers_are_forbidden():
    refused = Authentication[str]({}.get).refused()
    assert (refused.status, refused.headers, refused.title) == (403, {}, MISSING)


# -- paths

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/api/things": {"get": {"operationId": "list_things"}, "post": {"operationId": "create_thing"}},
        "/api/things/{id}": {"get": {"operationId": "get_thing"}, "delete": {"operationId": "delete_thing"}},
        "/api/login/": {"post": {"operationId": "login"}},
    },
}


def check_access(headers: Mapping[str, str]) -> None:
    if headers.get("authorization") == "Token wrong":
        raise Refused(401, "Invalid token.", {"WWW-Authenticate": "Token"})


PATHS = Paths(
    roots={"/api/": {"things": "things"}},
    suffixed=("/api/",),
    pages=re.compile(r"/about/"),
    forms=re.compile(r"/forms/"),
    check_access=check_access,
)


def answered(method: str, path: str, query: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body; of what reaches the operations 200, with the path and method that these get."""
    sent = list[Any]()

    async def routes(scope: Any, receive: Any, send: Any) -> None:
        del receive
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": f"{scope['method']} {scope['path']}".encode()})

    async def send(message: Any) -> None:
        sent.append(message)

    lines = [(name.encode(), value.encode()) for name, value in {"host": "host", **headers}.items()]
    scope = {"type": "http", "method": method, "path": f"/crunch{path}", "root_path": "/crunch", "scheme": "http"}
    scope |= {"query_string": query.encode(), "headers": lines}
    asyncio.run(PathMiddleware(routes, DOCUMENT, PATHS)(scope, send, send))
    start, body = sent
    return start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body["body"].decode()


@pytest.mark.parametrize(
    ("method", "path", "reached"),
    [
        ("GET", "/api/things", "GET /crunch/api/things"),
        ("HEAD", "/api/things", "GET /crunch/api/things"),
        ("POST", "/api/things.json", "POST /crunch/api/things"),
        ("DELETE", "/api/things/1", "DELETE /crunch/api/things/1"),
        ("POST", "/api/login.json", "POST /crunch/api/login/"),
        ("GET", "/openapi.json", "GET /crunch/openapi.json"),
    ],
)
def test_a_path_reaches_its_operations(method: str, path: str, reached: str):
    assert answered(method, path)[::2] == (200, reached)


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/api/things", "GET, POST, HEAD, OPTIONS"),
        ("/api/things/1", "GET, DELETE, HEAD, OPTIONS"),
        ("/api/login/", "POST, OPTIONS"),
        ("/api/", "GET, HEAD, OPTIONS"),
    ],
)
def test_each_response_states_the_methods_of_its_path(path: str, allowed: str):
    status, headers, body = answered("PUT", path)
    assert (status, headers["allow"]) == (405, allowed)
    assert json.loads(body) == {"detail": 'Method "PUT" not allowed.'}
    status, headers, body = answered("OPTIONS", path)
    assert (status, headers["allow"]) == (200, allowed)
    assert json.loads(body) == {
        "renders": ["application/json"],
        "parses": ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"],
    }
    assert answered(allowed.partition(",")[0], path)[1]["allow"] == allowed


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/things", 200), ("OPTIONS", "/api/things", 401), ("PUT", "/api/things", 401), ("PUT", "/api/", 405)],
)
def test_a_wrong_login_learns_no_methods(method: str, path: str, status: int):
    # Operations check the login themselves.
    assert answered(method, path, authorization="Token wrong")[0] == status


@pytest.mark.parametrize(
    ("path", "url"), [("/api/", "http://host/crunch/api/things/"), ("/api/.json", "http://host/crunch/api/things.json")]
)
def test_a_root_lists_the_paths_below_it(path: str, url: str):
    status, headers, body = answered("GET", path)
    assert (status, json.loads(body), headers["allow"]) == (200, {"things": url}, "GET, HEAD, OPTIONS")


@pytest.mark.parametrize(
    ("method", "path", "query", "status", "where"),
    [
        ("GET", "/api/login", "a=1", 301, "/crunch/api/login/?a=1"),
        ("POST", "/api/login", "", 301, "/crunch/api/login/"),
        ("GET", "/api", "", 301, "/crunch/api/"),
        ("GET", "/about", "", 301, "/crunch/about/"),
        ("POST", "/about/", "", 403, None),
        ("GET", "/about/", "", 404, None),
        ("POST", "/forms/a", "", 403, None),
        ("GET", "/forms/a", "", 404, None),
        ("OPTIONS", "/forms/a", "", 404, None),
        ("GET", "/nothing", "", 404, None),
        ("GET", "/api/things/", "", 404, None),
        ("GET", "/api/nothing.json", "", 404, None),
        ("GET", "/nothing.json", "", 404, None),
    ],
)
def test_other_paths_are_answered_with_pages(method: str, path: str, query: str, status: int, where: str | None):
    got, headers, _ = answered(method, path, query)
    assert (got, headers.get("location")) == (status, where)
    assert headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("query", "accepted", "status"),
    [
        ("format=json", "*/*", 200),
        ("format=api", "*/*", 200),
        ("format=xml", "*/*", 404),
        ("form=xml", "*/*", 200),
        ("", "text/csv, Application/JSON;q=0.5", 200),
        ("", "text/html", 200),
        ("", "text/csv", 406),
    ],
)
def test_there_is_json_alone(query: str, accepted: str, status: int):
    assert answered("GET", "/api/things", query, accept=accepted)[0] == status


def test_a_service_of_the_framework_answers_in_its_form():
    def never(_operation: Operation, _query: object) -> bool:
        return False

    service = framework_service("crunch", DOCUMENT, {}, PATHS, at_once=never)
    assert (service.prefix, service.error_type) == ("/crunch", "application/json")
    assert service.error_body(not_found()) == {"detail": "Not found."}
    assert (service.crash.status, "Server Error (500)" in service.crash.text) == (500, True)
    assert service.crash.headers == {"Content-Type": "text/html; charset=utf-8"}
