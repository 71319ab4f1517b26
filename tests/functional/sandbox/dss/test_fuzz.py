"""Whatever is sent, the sandbox answers with a declared refusal and never fails."""

import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document

OPERATIONS = operations(read_document("dss"))
UUID = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
VERSION = "2026-01-02T030405.060708Z"

words = st.sampled_from(
    [UUID, VERSION, "aws", "gcp", "10", "true", "False", "", "0", "-1", "1e9", "9" * 25, "%00", "\x00", "é", "a b", "*"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, dict[str, str], bytes | None]:
    operation = draw(st.sampled_from(OPERATIONS))
    path, query = operation.path, {}
    for parameter in operation.parameters:
        good = parameter.schema.get("enum", [UUID if parameter.name == "uuid" else VERSION])
        value = draw(st.sampled_from(good) | words)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value or "x", safe=""))
        elif parameter.required or draw(st.booleans()):
            query[parameter.name] = value
    if operation.body is None:
        return operation, path, query, None
    properties = operation.body.get("properties", {})
    required = set(operation.body.get("required", []))
    optional = {name: values for name in properties if name not in required}
    body = draw(st.fixed_dictionaries(dict.fromkeys(sorted(required), values), optional=optional))
    return operation, path, query, draw(st.just(json.dumps(body).encode()) | st.binary(max_size=20))


@pytest.fixture(scope="module")
def client(_server: Sandbox):
    _server.reset()
    headers = {"Authorization": f"Bearer {_server.token()}", "Content-Type": "application/json"}
    with httpx.Client(base_url=f"{_server.url}/dss/v1", headers=headers, trust_env=False, verify=False) as made:
        yield made


@settings(
    max_examples=3 * settings().max_examples // 40 * settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=requests())
def test_no_request_makes_it_fail(client, request):
    operation, path, query, body = request
    response = client.request(operation.method, path, params=query, content=body)
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and operation.method != "HEAD":
        error = response.json()
        assert (error["status"], type(error["code"]), type(error["title"])) == (response.status_code, str, str)
