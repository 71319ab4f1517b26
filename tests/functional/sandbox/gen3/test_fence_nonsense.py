"""Fence, Arborist, the token service and the manifest service, asked with nonsense: they refuse, none of them fails."""

import json
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document

PLACES = {"/user": "gen3/fence", "/authz": "gen3/arborist", "/wts": "gen3/wts", "/manifests": "gen3/manifest"}
FIELDS = (
    *(
        "file_name",
        "guid",
        "guids",
        "authz",
        "bucket",
        "expires_in",
        "protocol",
        "key",
        "uploadId",
        "partNumber",
        "parts",
    ),
    *("api_key", "scope", "passports", "bulk_object_access_ids", "user", "request", "requests", "username", "clientID"),
    *("id", "name", "email", "permissions", "role_ids", "resource_paths", "description", "subresources", "policy"),
    *("expires_at", "users", "policies", "object_id", "token"),
)
VALUES: tuple[Any, ...] = (
    None,
    True,
    7,
    -1,
    "x",
    "",
    [],
    ["x"],
    [None],
    [{}],
    [["x"]],
    {},
    {"x": "y"},
    {"token": 1},
    "\ud800",
)
BODIES: tuple[Any, ...] = (
    *VALUES,
    *(dict.fromkeys(FIELDS, value) for value in VALUES),
    *([dict.fromkeys(FIELDS, value)] for value in VALUES),
    *(
        {**dict.fromkeys(FIELDS, "x"), **dict.fromkeys(FIELDS[start::3], value)}
        for value in VALUES
        for start in range(3)
    ),
)
STATED = [(place, each) for place, name in PLACES.items() for each in operations(read_document(name))]


@pytest.mark.parametrize(("place", "operation"), STATED, ids=[f"{place[1:]}-{each.name}" for place, each in STATED])
def test_nonsense_is_refused(sandbox: Sandbox, admin: httpx.Client, place: str, operation: Operation):
    sandbox.gen3.access.rules.add_resource("/x")
    path = operation.path.replace("{", "").replace("}", "")
    query = {each.name: "\u0660x%/?" for each in operation.parameters if each.place == "query"}
    asked: list[dict[str, Any]] = [
        {},
        {"params": query},
        {"content": b"\xff{"},
        {"data": {"scope": "x", "grant_type": "x"}},
    ]
    if operation.body is not None:
        kind = {"Content-Type": "application/json"}
        asked += [{"content": json.dumps(body).encode(), "headers": kind} for body in BODIES]
    for each in asked:
        answer = admin.request(operation.method, place + path, **each)
        assert "unhandled_exception" not in answer.text, (each, answer.text)
