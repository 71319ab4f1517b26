"""Whatever is sent to the platform, it answers with a refusal in its documented form and never fails."""

import json
from collections.abc import Generator
from urllib.parse import quote

import httpx
import pytest
from conformity import NO_TLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document

OPERATIONS = operations(read_document("sb"))
words = st.sampled_from(
    [
        "sandbox-user",
        "pilot",
        "ada",
        "sandbox-division",
        "reference-set",
        "",
        "/",
        "é",
        "a b",
        "%00",
        "\x00",
        "x" * 300,
    ]
) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=6,
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, list[tuple[str, str]], bytes]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    query: list[tuple[str, str]] = []
    for parameter in operation.parameters:
        if parameter.place == "path":
            path = path.replace(
                f"{{{parameter.name}}}", quote(draw(words.filter(lambda each: each not in (".", ".."))), safe="")
            )
        elif parameter.place == "query" and (parameter.required or draw(st.booleans())):
            query.append((parameter.name, draw(words | st.sampled_from(["0", "5", "True", "COMPLETED"]))))
    names = list((operation.body or {}).get("properties", {}))
    body = draw(st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)) | values)
    return operation, path, query, json.dumps(body).encode()


@pytest.fixture(scope="module")
def browser() -> Generator[httpx.Client]:
    """A client without a token, whose responses are held to nothing."""
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        yield client


@given(requests())
@settings(
    max_examples=3 * settings().max_examples // 40 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_platform_never_fails(
    sandbox: Sandbox, browser: httpx.Client, request: tuple[Operation, str, list[tuple[str, str]], bytes]
):
    operation, path, query, content = request
    headers = {"X-SBG-Auth-Token": sandbox.sb_token, "Content-Type": "application/json"}
    url = sandbox.sb_url + path
    response = browser.request(operation.method, url, params=query, content=content, headers=headers)
    assert response.status_code < 500, (operation.name, path, query, content, response.text)
    if response.status_code >= 400:
        told = response.json()
        assert told["status"] == response.status_code
        assert isinstance(told["code"], int)
        assert told["message"]
        assert told["more_info"]
