"""Whatever is sent to the services of the Human Cell Atlas, they answer with a declared refusal and never fail."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from omicsdk.sandbox.fusillade.state import Resource, ResourceType

UUID = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
STORE = f"/v1/area/{UUID}/{{}}"
MOUNTS = {"dss": "/dss/v1", "fusillade": "/auth", "upload": "/upload"}
NAMES = {
    "dss": [UUID, "2026-01-02T030405.060708Z", "aws", "gcp", "10", "true", "1e9", "%00"],
    "fusillade": ["user@example.org", "hca", "box", "Owner", "b1", "add", "enabled", "omics-sandbox", "Statement"],
    "upload": [UUID, "a.json", "a/b", "..", "../a", "x" * 1100, "checksum", "?", "#", "text/plain; dcp-type=data"],
}


def words(service: str) -> st.SearchStrategy[str]:
    odd = ["", "0", "-1", "9" * 25, "\x00", "é", "a b", "*", "/"]
    return st.sampled_from([*NAMES[service], *odd]) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@st.composite
def requests(draw: st.DrawFn, service: str) -> tuple[Operation, str, dict[str, str], bytes | None]:
    some = words(service)
    values: st.SearchStrategy[Any] = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | some | st.just("\ud800"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(some, inner, max_size=3),
        max_leaves=6,
    )
    # /oauth/token refuses in the terms of OAuth.
    chosen = [each for each in operations(read_document(service)) if each.name != "post_oauth_token"]
    operation = draw(st.sampled_from(chosen))
    path, query = operation.path, dict[str, str]()
    for parameter in operation.parameters:
        value = draw(st.sampled_from(parameter.schema.get("enum", NAMES[service][:1])) | some)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value or "x", safe="/" if parameter.raw else ""))
        elif parameter.place == "query" and (parameter.required or draw(st.booleans())):
            query[parameter.name] = value
    if operation.body is None:
        return operation, path, query, None
    schemas = (operation.body, *operation.body.get("allOf", []))
    names = sorted({name for schema in schemas for name in schema.get("properties", {})})
    body = st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)) | st.lists(values, max_size=2)
    return operation, path, query, draw(body.map(lambda each: json.dumps(each).encode()) | st.binary(max_size=20))


@pytest.fixture(scope="module")
def served(_server: Sandbox) -> Iterator[tuple[Sandbox, httpx.Client]]:
    _server.reset()
    _server.area(UUID)
    _server.fusillade.types.add(ResourceType("box", ["box:Open"], "user@example.org", {}))
    _server.fusillade.resources.add(Resource("box", "b1", "user@example.org", {}))
    with httpx.Client(base_url=_server.url, trust_env=False, verify=False) as made:
        yield _server, made


@pytest.mark.parametrize("service", MOUNTS)
@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_request_makes_it_fail(served: tuple[Sandbox, httpx.Client], service: str, data: st.DataObject) -> None:
    sandbox, client = served
    operation, path, query, body = data.draw(requests(service))
    # Another administrator each time: the request before may have disabled or stripped the last one.
    headers = {"Authorization": f"Bearer {sandbox.token()}", "Api-Key": sandbox.upload_key}
    headers["Content-Type"] = "application/json"
    response = client.request(operation.method, f"{MOUNTS[service]}{path}", params=query, content=body, headers=headers)
    assert response.status_code < 500, response.text
    if (
        response.status_code >= 400
        and response.headers["content-type"] == "application/problem+json"
        and response.content
    ):
        assert response.json()["status"] == response.status_code


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        *((name, "text/plain; dcp-type=data") for name in ("x" * 1100, "%00", "..", "../../x")),
        *(("a", content_type) for content_type in ('text/plain; dcp-type="é"', "x" * 3000 + "; dcp-type=data")),
    ],
)
def test_no_name_and_type_of_a_file_makes_it_fail(
    served: tuple[Sandbox, httpx.Client], name: str, content_type: str
) -> None:
    sandbox, client = served
    headers = {"Api-Key": sandbox.upload_key, "Content-Type": content_type.encode()}
    response = client.put(f"/upload{STORE.format(name)}", content=b"{}", headers=headers)
    assert response.status_code < 500, response.text
