"""Whatever is sent, Fusillade answers with a refusal of its form and never fails."""

import json
from functools import cache
from urllib.parse import quote

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from omicsdk.sandbox.fusillade.state import Resource, ResourceType
from omicsdk.sandbox.problems import Problem

# /oauth/token refuses in the terms of OAuth.
OPERATIONS = [each for each in operations(read_document("fusillade")) if each.name != "post_oauth_token"]
NAMES = [
    "user@example.org",
    "hca",
    "fusillade_admin",
    "box",
    "Owner",
    "b1",
    "add",
    "enabled",
    "10",
    "group",
    "code",
    "S256",
]

words = st.sampled_from(
    [*NAMES, "", "0", "-1", "9" * 25, "\x00", "é", "a b", "*", "omics-sandbox", "http://localhost/", "none"]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            words | st.sampled_from(["Statement", "Effect", "Action", "Resource", "member"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
fields = st.dictionaries(
    st.sampled_from(
        ["client_id", "redirect_uri", "response_type", "code_challenge", "code_challenge_method", "ticket"]
    ),
    words,
    max_size=4,
)


@st.composite
def requests(draw: st.DrawFn) -> tuple[Operation, str, dict[str, str], bytes | None]:
    operation = draw(st.sampled_from(OPERATIONS))
    path, query = operation.path, draw(fields)
    for parameter in operation.parameters:
        value = draw(words)
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(value or "x", safe=""))
        elif parameter.place == "query" and (parameter.required or draw(st.booleans())):
            query[parameter.name] = value
    if operation.body is None:
        return operation, path, query, None
    names = [
        name for schema in (operation.body, *operation.body.get("allOf", [])) for name in schema.get("properties", {})
    ]
    body = draw(
        st.dictionaries(st.sampled_from(sorted(names) or ["x"]), values, max_size=4) | st.lists(values, max_size=2)
    )
    return operation, path, query, draw(st.just(json.dumps(body).encode()) | st.binary(max_size=20))


@pytest.fixture(scope="module")
def box(_server: Sandbox):
    _server.reset()
    _server.fusillade.key.public()  # writes its file
    _server.fusillade.types.add(ResourceType("box", ["box:Open"], "user@example.org", {}))
    _server.fusillade.resources.add(Resource("box", "b1", "user@example.org", {}))
    with httpx.Client(base_url=f"{_server.url}/auth", trust_env=False, verify=False) as made:
        yield _server, made


@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(request=requests())
def test_no_request_makes_it_fail(box, request):
    sandbox, client = box
    operation, path, query, body = request
    # Another administrator each time: the request before may have disabled or stripped the last one.
    headers = {"Authorization": f"Bearer {sandbox.token()}", "Content-Type": "application/json"}
    response = client.request(operation.method, path, params=query, content=body, headers=headers)
    assert response.status_code < 500, response.text
    if response.status_code >= 400 and response.headers["content-type"] == "application/problem+json":
        assert response.json()["status"] == response.status_code


@cache
def loaded(pem):
    """The key; reading one checks it, which takes longer than signing."""
    return load_pem_private_key(pem, None)


claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "email", "jti", "crit", "scope"]), values, max_size=6
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims | values)
def test_no_claims_make_it_fail(box, stated):
    sandbox, _ = box
    fusillade = sandbox.fusillade
    key = loaded((sandbox.folder / "oauth.key").read_bytes())
    token = jwt.api_jws.encode(json.dumps(stated).encode(), key, "RS256", headers={"kid": fusillade.key.id})
    with pytest.raises(Problem) as caught:
        fusillade.caller(token)
    assert caught.value.status == 401
