"""Fence, Arborist and the token service, sent nonsense: they refuse, none of them fails."""

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from playable_services import not_played

PLACES = {"/user": "gen3/fence", "/gen3/arborist": "gen3/arborist", "/wts": "gen3/wts"}
FIELDS = (
    *("file_name", "guid", "authz", "bucket", "expires_in", "protocol", "key", "uploadId", "partNumber", "parts"),
    *("api_key", "scope", "passports", "bulk_object_access_ids", "user", "request", "requests", "token"),
)
VALUES: tuple[Any, ...] = (
    *(None, True, 7, -1, "x", "", [], ["x"], [None], [{}], [["x"]]),
    *({}, {"x": "y"}, {"token": 1}, "\ud800"),
)
_BODIES: tuple[Any, ...] = (
    *VALUES,
    *(dict.fromkeys(FIELDS, value) for value in VALUES),
    *([dict.fromkeys(FIELDS, value)] for value in VALUES),
    *(
        {**dict.fromkeys(FIELDS, "x"), **dict.fromkeys(FIELDS[start::3], value)}
        for value in VALUES
        for start in range(3)
    ),
)
BODIES = [json.dumps(body).encode() for body in _BODIES]
STATED = [
    (place, each)
    for place, name in PLACES.items()
    for each in operations(read_document(name))
    if each.name not in not_played(name)
]


@pytest.mark.parametrize("share", [3, pytest.param(1, marks=pytest.mark.long)], ids=["a-third", "all"])
@pytest.mark.parametrize(
    ("number", "place", "operation"),
    [(number, *each) for number, each in enumerate(STATED)],
    ids=[f"{place[1:]}-{each.name}" for place, each in STATED],
)
def test_nonsense_is_refused(
    sandbox: Sandbox, admin: httpx.Client, number: int, place: str, operation: Operation, share: int
):
    path = operation.path.replace("{", "").replace("}", "")
    query = {each.name: "\u0660x%/?" for each in operation.parameters if each.place == "query"}
    form = urlencode({"scope": "x", "grant_type": "x"}).encode()
    asked: list[tuple[str, bytes | None, str]] = [
        ("", None, ""),
        (f"?{urlencode(query)}", None, ""),
        ("", b"\xff{", ""),
        ("", form, "application/x-www-form-urlencoded"),
    ]
    if operation.body is not None:
        asked += [("", body, "application/json") for body in BODIES[number % share :: share]]
    token = {"Authorization": admin.headers["Authorization"]}
    (conforms,) = admin.event_hooks["response"]
    url = urlsplit(sandbox.gen3_url)
    # A client of Python's own: httpx takes longer for a request than the sandbox.
    with closing(HTTPConnection(url.netloc)) as connection:
        for more, content, kind in asked:
            headers = token | ({"Content-Type": kind} if kind else {})
            connection.request(operation.method, f"{url.path}{place}{path}{more}", content, headers)
            came = connection.getresponse()
            response = came.read()
            assert b"unhandled_exception" not in response, (more, content, response)
            if came.status < 300:
                request = httpx.Request(operation.method, f"{sandbox.gen3_url}{place}{path}")
                conforms(httpx.Response(came.status, headers=came.getheaders(), content=response, request=request))
