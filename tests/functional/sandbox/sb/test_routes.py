"""Every route of the platform: what it states to strangers, of what does not exist, and to requests that make no sense."""

import re
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document

Json = dict[str, Any]

DOCUMENT = read_document("sb")
OPERATIONS = operations(DOCUMENT)
BY_NAME = {operation.name: operation for operation in OPERATIONS}
FILE, UUID, NOWHERE = "0" * 24, "00000000-0000-4000-8000-000000000000", "nobody/nothing"
IN_PATHS = {"task_id": UUID, "billing_group": UUID, "revision": "1", "part_number": "1", "project": "nothing"}
"""Identities that could be, for parameters of paths; others are `nobody`."""
CODES = {
    "/users": 2002, "/divisions": 2002, "/teams": 2002, "/projects": 3002, "/billing": 4002, "/files": 5002, "/apps": 3002,
    "/tasks": 7002, "/upload": 8003, "/automation/upload": 8003, "/storage/volumes": 9007, "/storage/imports": 9008,
    "/storage/exports": 9008, "/bulk/drs": 9008, "/automation": 90003, "/datasets": 90003, "/genome": 90003, "/async": 90003,
}  # fmt: skip
"""The code of what isn't there, by the beginning of the path; the longest counts."""
OWNERS = {"list_owner_projects", "list_owner_datasets"}
"""Lists of what somebody owns: of a stranger's there is nothing to be seen, which is an empty list."""


def wide(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema with what it refers to in its place."""
    for part in schema.get("allOf", ()):
        schema = {**wide(part), **schema}
    return wide(DOCUMENT["components"]["schemas"][schema["$ref"].split("/")[-1]]) if "$ref" in schema else schema


def kinds(schema: Mapping[str, Any]) -> list[str]:
    type_ = wide(schema).get("type", [])
    return [type_] if isinstance(type_, str) else list(type_)


def sample(schema: Mapping[str, Any]) -> Any:
    """The least that fits a schema."""
    schema = wide(schema)
    if "enum" in schema:
        return schema["enum"][0]
    if "oneOf" in schema:
        return sample(schema["oneOf"][0])
    if "properties" in schema:
        return {name: sample(schema["properties"][name]) for name in schema.get("required", ())}
    made: Json = {"string": "x", "integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    return next((made[kind] for kind in kinds(schema) if kind in made), {})


def path(operation: Operation) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: IN_PATHS.get(match[1], "nobody"), operation.path)


def query(operation: Operation, **more: Any) -> Json:
    required = [parameter for parameter in operation.parameters if parameter.place == "query" and parameter.required]
    return {**{parameter.name: sample(parameter.schema) for parameter in required}, **more}


def body(operation: Operation) -> Json:
    return {} if operation.body is None else {"json": sample(operation.body)}


def refused(response: httpx.Response, status: int, code: int, why: str = "") -> None:
    """Whether a refusal has the platform's form."""
    error = response.json() if response.content else None
    where = f"{response.request.method} {response.request.url} {response.request.content!r} {why}: {error}"
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json"), where
    assert set(error) == {"status", "code", "message", "more_info"}, where
    assert (error["status"], error["code"]) == (status, code), where
    assert error["message"], where
    assert error["more_info"].startswith("https://"), where
    assert response.headers["x-request-id"], where


LISTS = [operation for operation in OPERATIONS if any(part.name == "limit" for part in operation.parameters)]


def test_there_are_all_routes() -> None:
    # Those of the API; the storage behind it, where parts are sent and contents are read, has two more.
    assert len(OPERATIONS) == 165
    assert [operation.name for operation in OPERATIONS if not operation.secured] == ["get_endpoints"]


@pytest.mark.parametrize("headers", [{}, {"X-SBG-Auth-Token": "wrong"}])
def test_who_has_no_token_is_refused(sandbox: Sandbox, web: httpx.Client, headers: dict[str, str]) -> None:
    for operation in (candidate for candidate in OPERATIONS if candidate.secured):
        request = httpx.Request(operation.method, f"{sandbox.sb_url}{path(operation)}", headers=headers)
        refused(web.send(request), 401, 90001)


def test_a_missing_object_is_not_found(web: httpx.Client) -> None:
    for operation in (candidate for candidate in OPERATIONS if "{" in candidate.path and candidate.name not in OWNERS):
        response = web.request(operation.method, path(operation), params=query(operation), **body(operation))
        code = CODES[max((start for start in CODES if operation.path.startswith(start)), key=len)]
        refused(response, 404, code)
        assert int(response.headers["x-ratelimit-remaining"]) < int(response.headers["x-ratelimit-limit"])
        assert response.headers["x-ratelimit-reset"].isdecimal()


@pytest.mark.parametrize("name", sorted(OWNERS))
def test_a_stranger_owns_nothing_that_is_seen(web: httpx.Client, name: str) -> None:
    response = web.get(path(BY_NAME[name]))
    assert (response.status_code, response.json()["items"], response.headers["x-total-matching-query"]) == (
        200,
        [],
        "0",
    )


SOURCE, TARGET = {"volume": NOWHERE, "location": "x"}, {"project": NOWHERE}


@pytest.mark.parametrize(
    ("name", "params", "sent", "code"),
    [
        ("list_users", {"division": "nothing"}, None, 2002),
        ("list_teams", {"division": "nothing"}, None, 2002),
        ("list_files", {"project": NOWHERE}, None, 3002),
        ("list_files", {"parent": FILE}, None, 5002),
        ("list_files", {"dataset": NOWHERE}, None, 90003),
        ("scroll_files", {"token": "init", "project": NOWHERE}, None, 3002),
        ("list_tasks", {"project": NOWHERE}, None, 3002),
        ("list_apps", {"project": NOWHERE}, None, 3002),
        ("list_markers", {"file": FILE}, None, 5002),
        ("create_project", {}, {"name": "x", "billing_group": UUID}, 4002),
        ("create_folder", {}, {"name": "x", "type": "folder", **TARGET}, 3002),
        ("create_folder", {}, {"name": "x", "type": "folder", "parent": FILE}, 5002),
        ("start_upload", {}, {"name": "x", **TARGET}, 3002),
        ("start_upload", {}, {"name": "x", "parent": FILE}, 5002),
        ("search_files", {}, {"query": f'IN "{NOWHERE}"'}, 3002),
        ("bulk_copy_files", {}, {"file_ids": [FILE], **TARGET}, 3002),
        ("create_import", {}, {"source": SOURCE, "destination": TARGET}, 9007),
        ("create_export", {}, {"source": {"file": FILE}, "destination": SOURCE}, 5002),
        ("create_task_", {}, {"name": "x", "project": NOWHERE, "app": f"{NOWHERE}/x"}, 3002),
        ("create_team", {}, {"name": "x", "division": "nothing"}, 2002),
        ("create_marker", {}, {"file": FILE, "name": "x", "chromosome": "1", "position": {"start": 1, "end": 2}}, 5002),
        ("start_automation_upload", {}, {"automation_id": UUID, "name": "x", "size": 1}, 90003),
        ("create_automation_run", {}, {"package": FILE}, 90003),
    ],
)  # fmt: skip
def test_what_a_request_is_about_has_to_be_there(
    web: httpx.Client, name: str, params: Json, sent: Json | None, code: int
) -> None:
    operation = BY_NAME[name]
    refused(web.request(operation.method, operation.path, params=params, json=sent), 404, code)


@pytest.mark.parametrize(
    ("name", "sent", "code"),
    [
        ("bulk_get_files", {"file_ids": [FILE]}, 5002),
        ("bulk_delete_files", {"file_ids": [FILE]}, 5002),
        ("bulk_update_files", {"items": [{"id": FILE, "name": "x"}]}, 5002),
        ("bulk_edit_files", {"items": [{"id": FILE, "name": "x"}]}, 5002),
        ("bulk_get_tasks", {"task_ids": [UUID]}, 7002),
        ("bulk_get_imports", {"import_ids": ["x"]}, 9008),
        ("bulk_get_exports", {"export_ids": ["x"]}, 9008),
        ("bulk_create_imports", {"items": [{"source": SOURCE, "destination": TARGET}]}, 9007),
        ("bulk_create_exports", {"items": [{"source": {"file": FILE}, "destination": SOURCE}]}, 5002),
    ],
)
def test_each_of_many_is_answered_by_itself(web: httpx.Client, name: str, sent: Json, code: int) -> None:
    response = web.post(BY_NAME[name].path, json=sent)
    (item,) = response.json()["items"]
    assert (response.status_code, item["resource"]) == (200, None)
    assert (item["error"]["status"], item["error"]["code"]) == (404, code)
    (list_name,) = sent
    refused(web.post(BY_NAME[name].path, json={list_name: sent[list_name] * 101}), 400, 90000)


def test_pages_have_from_1_to_100_items(web: httpx.Client) -> None:
    for operation in LISTS:

        def status(operation: Operation = operation, **more: Any) -> int:
            params = query(operation, **more)
            return web.request(operation.method, path(operation), params=params, **body(operation)).status_code

        assert [status(limit=limit) for limit in (0, -1, "many", "1.5", "")] == [400] * 5, operation.name
        if any(parameter.name == "offset" for parameter in operation.parameters):
            assert status(offset=-1) == 400
        assert [status(limit=limit) for limit in (1, 100, 101, 1000)] == [status()] * 4, operation.name


def test_lists_state_how_many_items_there_are(web: httpx.Client, project: str) -> None:
    file = web.get("/files", params={"dataset": "sandbox-user/reference-set"}).json()["items"][0]["id"]
    about = {"division": "sandbox-division", "project": project, "file": file, "token": "init"}
    for operation in (candidate for candidate in LISTS if "{" not in candidate.path and candidate.method == "GET"):
        names = {parameter.name for parameter in operation.parameters}
        params = {name: value for name, value in about.items() if name in names}
        response = web.get(operation.path, params={**params, "limit": 1000})
        page = response.json()
        assert set(page) == {"href", "items", "links"}, operation.name
        assert int(response.headers["x-total-matching-query"]) >= len(page["items"])
        assert page["href"].startswith(str(web.base_url).rstrip("/") + operation.path)
