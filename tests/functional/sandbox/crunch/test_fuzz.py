"""Whatever is sent to the sandbox's site, it answers or refuses in the site's words, and never fails."""

import json
from urllib.parse import quote, urlencode

import httpx
from conformity import NO_TLS
from fuzzed_requests import values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch.items import AMOUNTS, TEXTS
from omicsdk.sandbox.document import Operation, operations, read_document

OPERATIONS = operations(read_document("crunch"))
FIELDS = (
    *(
        "name",
        "description",
        "details",
        "workflow",
        "parent",
        "base_file_path",
        "attributes",
        "items",
        "locked",
        "slug",
    ),
    *("item", "key", "value", "latitude", "longitude", "dataset", "stage", "state", "note", "site_user"),
    *TEXTS,
    *AMOUNTS,
)
GOOD = {
    "name": "another",
    "parent": "sandbox",
    "item": "sandbox",
    "key": "k",
    "latitude": 1,
    "longitude": "2",
    "dataset": 2,
    "stage": 1,
    "state": 2,
}
words = st.sampled_from(
    ["sandbox", "sandbox:example-reads", "1", "2", "null", "true", "-1", "9" * 25, "1e400", "nan", "2020-01-02T03:04"]
) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = values_of(words)
near_things = st.builds(
    lambda changed: {**GOOD, **changed}, st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, values))
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, list[tuple[str, str]], str, bytes]:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    query: list[tuple[str, str]] = []
    for parameter in operation.parameters:
        if parameter.place == "path":
            value = draw(words.filter(lambda each: each not in (".", "..")))
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif draw(st.booleans()):
            query.append((parameter.name, draw(words)))
    if draw(st.booleans()):
        fields = draw(st.dictionaries(st.sampled_from(FIELDS), words))
        return operation, path, query, "application/x-www-form-urlencoded", urlencode({**GOOD, **fields}).encode()
    # Without words for infinite numbers, JSON still has numbers that are read as such.
    content = json.dumps(draw(near_things | values)).replace("Infinity", "1e999").encode()
    return operation, path, query, "application/json", content


@given(requests())
@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_site_never_fails(
    sandbox: Sandbox, request: tuple[Operation, str, list[tuple[str, str]], str, bytes]
) -> None:
    operation, path, query, kind, content = request
    headers = {"Authorization": f"Token {sandbox.crunch_token}", "Content-Type": kind}
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        url = f"{sandbox.crunch_url}{path}"
        response = client.request(operation.method, url, params=query, content=content, headers=headers)
    if operation.method == "DELETE" and response.is_success:
        sandbox.crunch.clear()  # a dataset without its project makes `next` fail, as it does on a site
    assert response.status_code < 500, (operation.name, path, query, content, response.text)
    if response.status_code >= 400 and response.headers["content-type"] == "application/json":
        told = response.json()
        assert told
        assert all(isinstance(each, str | list) for each in told.values())
