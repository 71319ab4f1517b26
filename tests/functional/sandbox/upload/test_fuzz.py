"""Whatever is sent to the Upload service, it answers with a declared refusal and never fails."""

import json
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document

OPERATIONS = operations(read_document("upload"))
STORE = next(operation for operation in OPERATIONS if operation.name == "store_file")
AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"

words = st.sampled_from(
    [
        AREA,
        "a.json",
        "a/b",
        "",
        "/",
        "..",
        ".",
        "../a",
        "%00",
        "\x00",
        "é",
        "a b",
        "*",
        "x" * 1100,
        "checksum",
        "?",
        "#",
    ]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)
content_types = st.sampled_from(
    ["application/json", "text/plain; dcp-type=data", 'a; dcp-type="é"', "; dcp-type=\x7f", "x" * 3000 + "; dcp-type=d"]
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, str, bytes]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    for parameter in operation.parameters:
        value = draw(st.just(AREA) | words) if parameter.name == "upload_area_uuid" else draw(words)
        path = path.replace(f"{{{parameter.name}}}", quote(value, safe="/" if parameter.raw else ""))
    body = operation.body or {}
    if body.get("type") == "array":
        sent = draw(st.lists(words, max_size=3) | values)
    else:
        fixed = {"status": st.sampled_from(["CHECKSUMMED", "VALIDATED"]) | values, "files": st.lists(words, max_size=3)}
        fields = {name: fixed.get(name, values) for name in body.get("properties", {})}
        sent = draw(st.fixed_dictionaries({}, optional=fields))
    return operation, path, draw(content_types), draw(st.just(json.dumps(sent).encode()) | st.binary(max_size=20))


@pytest.fixture(scope="module")
def client(_server: Sandbox):
    _server.reset()
    _server.area(AREA)
    headers = {"Api-Key": _server.upload_key}
    with httpx.Client(base_url=f"{_server.url}/upload", headers=headers, trust_env=False, verify=False) as made:
        yield made


@settings(
    max_examples=3 * settings().max_examples // 40 * settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=requests())
@example(request=(STORE, f"/v1/area/{AREA}/{'x' * 1100}", "text/plain; dcp-type=data", b"{}"))
@example(request=(STORE, f"/v1/area/{AREA}/%00", "text/plain; dcp-type=data", b"{}"))
@example(request=(STORE, f"/v1/area/{AREA}/..", "text/plain; dcp-type=data", b"{}"))
@example(request=(STORE, f"/v1/area/{AREA}/../../x", "text/plain; dcp-type=data", b"{}"))
@example(request=(STORE, f"/v1/area/{AREA}/a", 'text/plain; dcp-type="é"', b"{}"))
@example(request=(STORE, f"/v1/area/{AREA}/a", "x" * 3000 + "; dcp-type=data", b"{}"))
def test_no_request_makes_it_fail(client: httpx.Client, request):
    operation, path, content_type, body = request
    sent_type = content_type if operation.body is None else "application/json"
    response = client.request(operation.method, path, content=body, headers={"Content-Type": sent_type.encode()})
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and operation.method != "HEAD":
        error = response.json()
        assert (error["status"], type(error["title"])) == (response.status_code, str)
