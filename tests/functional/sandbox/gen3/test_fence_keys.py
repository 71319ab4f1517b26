"""API keys of Fence, its users, and requests that make no sense."""

import json
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
import jwt
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR, CLIENT_ID, READER
from playable_services import not_played

TOKEN = "/user/credentials/cdis/access_token"
SCOPES = {"grant_type": "client_credentials", "scope": "user data openid"}


@pytest.fixture
def key(sandbox: Sandbox, tmp_path: Path) -> dict[str, str]:
    """What credentials.json holds."""
    return json.loads(sandbox.gen3_credentials(tmp_path / "credentials.json", READER).read_text())


def claims_of(token: str) -> dict[str, object]:
    return jwt.decode(token, options={"verify_signature": False})


@pytest.mark.parametrize("path", [TOKEN, "/user/credentials/api/access_token"])
def test_an_api_key_gives_access_tokens(anonymous: httpx.Client, key: dict[str, str], path: str):
    token = anonymous.post(path, json=key).json()["access_token"]
    response = anonymous.get("/user/user", headers={"Authorization": f"bearer {token}"})
    assert response.json()["username"] == READER
    claims = claims_of(token)
    assert (claims["pur"], claims["exp"] - claims["iat"]) == ("access", 1200)
    assert claims["context"]["user"]["name"] == READER


def test_the_key_states_the_commons_that_gave_it(sandbox: Sandbox, key: dict[str, str]):
    claims = claims_of(key["api_key"])
    assert claims["iss"] == f"{sandbox.gen3_url}/user"
    assert claims["jti"] == key["key_id"]
    assert claims["exp"] - claims["iat"] == 30 * 24 * 3600


def test_a_token_lasts_as_long_as_is_requested_and_at_most_an_hour(anonymous: httpx.Client, key: dict[str, str]):
    lasts = []
    for seconds in (60, 3600, 7200):
        claims = claims_of(anonymous.post(TOKEN, json=key, params={"expires_in": seconds}).json()["access_token"])
        lasts.append(claims["exp"] - claims["iat"])
    assert lasts == [60, 3600, 3600]
    assert anonymous.post(TOKEN, json=key, params={"expires_in": "soon"}).status_code == 400


def test_a_token_ends_by_the_sandboxs_clock(sandbox: Sandbox, anonymous: httpx.Client, key: dict[str, str]):
    sandbox.settings.turn({"gen3.token_seconds": 100})
    token = anonymous.post(TOKEN, json=key).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/user/user", headers=bearer).status_code == 200
    sandbox.clock.advance(101)
    response = anonymous.get("/user/user", headers=bearer)
    assert response.status_code == 401
    assert "expired" in response.text


def test_a_key_that_ended_gives_no_token(sandbox: Sandbox, anonymous: httpx.Client, key: dict[str, str]):
    sandbox.clock.advance(31 * 24 * 3600)
    assert anonymous.post(TOKEN, json=key).status_code == 401


@pytest.mark.parametrize("body", [b"", b"nonsense", b"{}", b"[]", b'{"key_id": "1"}'])
def test_without_a_key_there_is_no_token(anonymous: httpx.Client, body: bytes):
    assert anonymous.post(TOKEN, content=body).status_code == 400


def test_an_invalid_key_gives_no_token(anonymous: httpx.Client, key: dict[str, str]):
    token = anonymous.post(TOKEN, json=key).json()["access_token"]
    assert anonymous.post(TOKEN, json={"api_key": "nonsense"}).status_code == 401
    assert anonymous.post(TOKEN, json={"api_key": token}).status_code == 401
    assert anonymous.get("/user/user", headers={"Authorization": f"bearer {key['api_key']}"}).status_code == 401


def test_keys_are_made_by_the_sandbox(reader: httpx.Client, anonymous: httpx.Client):
    refused = reader.post("/user/credentials/api")
    assert (refused.status_code, "gen3_credentials" in refused.json()["title"]) == (501, True)
    assert reader.get("/user/credentials/api").json() == {"jtis": []}
    assert anonymous.get("/user/credentials/api").status_code == 401


def test_a_program_logs_in_with_its_secret(anonymous: httpx.Client, sandbox: Sandbox):
    response = anonymous.post("/user/oauth2/token", params=SCOPES, auth=(CLIENT_ID, sandbox.gen3_client_secret))
    token = response.json()
    assert (token["token_type"], token["expires_in"], token["scope"]) == ("Bearer", 1200, "user data openid")
    assert claims_of(token["access_token"])["azp"] == CLIENT_ID
    bearer = {"Authorization": f"bearer {token['access_token']}"}
    assert anonymous.get("/authz/mapping", headers=bearer).json()["/open"]
    assert anonymous.get("/user/user", headers=bearer).status_code == 401  # there is no such user


def test_a_programs_login_takes_a_form_too(anonymous: httpx.Client, sandbox: Sandbox):
    assert (
        anonymous.post("/user/oauth2/token", data=SCOPES, auth=(CLIENT_ID, sandbox.gen3_client_secret)).status_code
        == 200
    )


def test_wrong_logins_of_programs_are_refused(anonymous: httpx.Client, sandbox: Sandbox):
    def refused(auth: tuple[str, str], **fields: str) -> tuple[int, str]:
        response = anonymous.post("/user/oauth2/token", params={**SCOPES, **fields}, auth=auth)
        return response.status_code, response.json()["error"]

    assert refused((CLIENT_ID, "wrong")) == (401, "invalid_client")
    assert refused(("nobody", sandbox.gen3_client_secret)) == (401, "invalid_client")
    assert refused((CLIENT_ID, sandbox.gen3_client_secret), grant_type="password") == (400, "unsupported_grant_type")
    assert refused((CLIENT_ID, sandbox.gen3_client_secret), scope="everything") == (400, "invalid_scope")


def test_tokens_can_be_checked_with_the_published_keys(sandbox: Sandbox, anonymous: httpx.Client):
    token = sandbox.gen3.access.issue(READER, sandbox.gen3_url)
    (key,) = anonymous.get("/user/.well-known/jwks").json()["keys"]
    claims = jwt.decode(token, jwt.PyJWK(key).key, algorithms=["RS256"], audience="user")
    assert claims["iss"] == f"{sandbox.gen3_url}/user"


def test_the_administrator_administers(admin: httpx.Client):
    user = admin.get("/user/user/").json()
    assert (user["username"], user["is_admin"], user["role"]) == (ADMINISTRATOR, True, "admin")


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
OPERATIONS = [
    (place, operation)
    for place, name in PLACES.items()
    for operation in operations(read_document(name))
    if operation.name not in not_played(name)
]


@pytest.mark.parametrize("share", [3, pytest.param(1, marks=pytest.mark.long)], ids=["a-third", "all"])
@pytest.mark.parametrize(
    ("number", "place", "operation"),
    [(number, *row) for number, row in enumerate(OPERATIONS)],
    ids=[f"{place[1:]}-{operation.name}" for place, operation in OPERATIONS],
)
def test_nonsense_is_refused(
    sandbox: Sandbox, admin: httpx.Client, number: int, place: str, operation: Operation, share: int
):
    path = operation.path.replace("{", "").replace("}", "")
    query = {parameter.name: "\u0660x%/?" for parameter in operation.parameters if parameter.place == "query"}
    form = urlencode({"scope": "x", "grant_type": "x"}).encode()
    requests: list[tuple[str, bytes | None, str]] = [
        ("", None, ""),
        (f"?{urlencode(query)}", None, ""),
        ("", b"\xff{", ""),
        ("", form, "application/x-www-form-urlencoded"),
    ]
    if operation.body is not None:
        requests += [("", body, "application/json") for body in BODIES[number % share :: share]]
    token = {"Authorization": admin.headers["Authorization"]}
    (conforms,) = admin.event_hooks["response"]
    url = urlsplit(sandbox.gen3_url)
    # A client of Python's own: httpx takes longer for a request than the sandbox.
    with closing(HTTPConnection(url.netloc)) as connection:
        for more, content, kind in requests:
            headers = token | ({"Content-Type": kind} if kind else {})
            connection.request(operation.method, f"{url.path}{place}{path}{more}", content, headers)
            came = connection.getresponse()
            response = came.read()
            assert b"unhandled_exception" not in response, (more, content, response)
            if came.status < 300:
                request = httpx.Request(operation.method, f"{sandbox.gen3_url}{place}{path}")
                conforms(httpx.Response(came.status, headers=came.getheaders(), content=response, request=request))
