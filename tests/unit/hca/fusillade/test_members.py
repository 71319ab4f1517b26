"""Members of both documented clients besides their operations: login, sessions, policies, documents."""

import io
import json
import stat
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.compat.hca import clear_hca_cache
from omicsdk.compat.hca.auth import AuthClient
from omicsdk.compat.hca.dss import DSSClient
from omicsdk.compat.hca.util import RetryPolicy, load_swagger_json
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException, SwaggerClientInternalError
from omicsdk.core import AuthError, BearerToken, ConfigError, Retry
from omicsdk.core.retry import RETRIED_STATUSES

BOTH = pytest.mark.parametrize("kind", [DSSClient, AuthClient])
SWAGGER = "https://service.example.org/v1/swagger.json"


@pytest.fixture(autouse=True)
def token_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "tokens.json"
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(path))
    return path


@pytest.fixture
def echo() -> Any:
    """Responses any request with what it was."""

    def response(request: httpx.Request) -> httpx.Response:
        received = {
            "url": str(request.url),
            "authorization": request.headers.get("authorization"),
            "method": request.method,
        }
        return httpx.Response(200, json=received | ({"body": json.loads(request.content)} if request.content else {}))

    return httpx.MockTransport(response)


@BOTH
def test_a_token_is_stored_and_used_from_now_on(kind: Any, echo: Any, token_file: Path):
    with kind(swagger_url=SWAGGER, transport=echo) as client:
        with pytest.raises(AuthError, match=r"Nobody is logged in.*omics (dss|auth) login.*OMICS_(DSS|AUTH)_TOKEN"):
            client.get_authenticated_session()
        client.login(access_token="from-elsewhere")
        assert client.get_authenticated_session().get("/x").json()["authorization"] == "Bearer from-elsewhere"
    assert stat.S_IMODE(token_file.stat().st_mode) == 0o600
    with kind(swagger_url=SWAGGER, transport=echo) as later:
        assert later.get_authenticated_session().get("/x").json()["authorization"] == "Bearer from-elsewhere"
        later.logout()
        with pytest.raises(AuthError, match="Nobody is logged in"):
            later.get_authenticated_session()


def test_operations_send_the_token_of_the_login(echo: Any):
    with AuthClient(swagger_url=SWAGGER, transport=echo) as client:
        client.login(access_token="one")
        response: Any = client.get_v1_role(role_id="x")
        assert response["authorization"] == "Bearer one"
        client.logout()
        assert client.get_jwks_json()["authorization"] is None


@BOTH
def test_a_login_for_one_host_goes_to_no_other(kind: Any, echo: Any):
    with kind(swagger_url=SWAGGER, transport=echo) as client:
        client.login(access_token="one")
    with kind(swagger_url="https://other.test/v1/swagger.json", transport=echo) as other:
        assert other.get_session().get("/x").json()["authorization"] is None
        with pytest.raises(AuthError):
            other.get_authenticated_session()


@pytest.mark.parametrize(("seconds", "expired"), [(-1, True), (5, True), (60, False), (None, False)])
def test_a_token_is_expired_ten_seconds_before_its_end(seconds: float | None, expired: bool):
    end = None if seconds is None else time.time() + seconds
    with AuthClient(swagger_url=SWAGGER, credentials=BearerToken("one", expires_at=end)) as client:
        assert client.expired_token() is expired


def test_without_a_token_none_is_expired():
    with AuthClient(swagger_url=SWAGGER) as client:
        assert client.expired_token() is False


@BOTH
def test_sessions_speak_to_the_service_and_to_others_without_the_token(kind: Any, echo: Any):
    with kind(swagger_url=SWAGGER, transport=echo, credentials=BearerToken("one", origins=[SWAGGER])) as client:
        session = client.get_authenticated_session()
        assert session is client.get_authenticated_session()
        response = session.post("things?a=1", params={"b": [2, 3]}, json={"c": None}, headers={"x-y": "z"})
        assert response.status_code == 200
        assert response.json() == {
            "url": "https://service.example.org/v1/things?a=1&b=2&b=3",
            "authorization": "Bearer one",
            "method": "POST",
            "body": {"c": None},
        }
        assert session.get("https://other.test/x").json()["authorization"] is None
        for method in ("get", "put", "patch", "delete"):
            assert getattr(session, method)("/x").json()["method"] == method.upper()
        assert session.head("/x").ok
        assert client.get_session().get("/x").json()["authorization"] is None
        assert "one" not in repr(session)


def test_a_sessions_error_is_the_documented_one():
    gone = httpx.MockTransport(lambda _: httpx.Response(404, json={"title": "No such thing"}))
    with DSSClient(swagger_url=SWAGGER, transport=gone) as client, pytest.raises(SwaggerAPIException) as caught:
        client.get_session().get("/x")
    assert (caught.value.code, caught.value.title) == (404, "No such thing")


@BOTH
def test_the_document_is_at_hand_without_being_fetched(kind: Any):
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request.url)

    with kind(swagger_url=SWAGGER, transport=httpx.MockTransport(refuse)) as client:
        assert len(client.swagger_spec["paths"]) == {"dss": 12, "fusillade": 35}[kind.package]
        assert client.swagger_url == SWAGGER


@BOTH
def test_secrets_of_the_application_are_those_of_the_configuration(kind: Any, tmp_path: Path, monkeypatch: Any):
    secrets = {"installed": {"client_id": "id", "auth_uri": "https://a.test/a", "token_uri": "https://a.test/t"}}
    file = tmp_path / "hca.json"
    file.write_text(json.dumps({"application_secrets": secrets}))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(file))
    with kind(swagger_url=SWAGGER) as client:
        assert client.application_secrets == secrets


def test_clearing_a_cache_states_that_there_is_none(capsys: pytest.CaptureFixture[str]):
    with DSSClient(swagger_url=SWAGGER) as client:
        client.clear_cache()
    clear_hca_cache()
    clear_hca_cache(args=None)
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == ["Nothing is cached: the definitions of the services come with omicsdk."] * 3


def test_a_policy_of_retries_is_taken_over(monkeypatch: pytest.MonkeyPatch):
    tries: list[httpx.Request] = []

    def busy(request: httpx.Request) -> httpx.Response:
        tries.append(request)
        return httpx.Response(503)

    monkeypatch.setattr(DSSClient, "retry_policy", RetryPolicy(read=10, status=3, backoff_factor=0.0))
    client = DSSClient(swagger_url=SWAGGER, transport=httpx.MockTransport(busy))
    with client, pytest.raises(SwaggerAPIException):
        client.get_bundles_all(replica="aws")
    assert len(tries) == 11


@pytest.mark.parametrize(
    ("policy", "retry"),
    [
        (RetryPolicy(), Retry()),
        (RetryPolicy(0), Retry(attempts=1)),
        (RetryPolicy(False), Retry(attempts=1)),
        (RetryPolicy(total=8), Retry(attempts=9)),
        (
            RetryPolicy(read=10, status=10, backoff_factor=0.1, status_forcelist=frozenset({500})),
            Retry(attempts=11, base=0.1, statuses=frozenset({500})),
        ),
        (RetryPolicy(connect=2, backoff_max=5, redirect=3, method_whitelist=None), Retry(attempts=3, cap=5)),
    ],
)
def test_what_a_policy_means(policy: RetryPolicy, retry: Retry):
    assert policy.as_retry() == retry
    assert retry.statuses <= RETRIED_STATUSES


def test_a_policy_of_negative_tries_is_refused():
    with pytest.raises(ValueError, match="-1 is not a number of retries"):
        RetryPolicy(-1)


def test_references_are_put_in_their_places():
    document = {
        "paths": {"/a": {"schema": {"$ref": "#/definitions/A"}, "list": [{"$ref": "#/definitions/B~1c~0d"}]}},
        "definitions": {"A": {"type": "object", "x": {"$ref": "#/definitions/alias"}}, "alias": {"$ref": "#/n/0"}},
        "n": [{"type": "string"}],
    }
    document["definitions"]["B/c~d"] = {"type": "integer"}
    got = AuthClient.load_swagger_json(io.StringIO(json.dumps(document)))
    assert got["paths"]["/a"] == {"schema": {"type": "object", "x": {"type": "string"}}, "list": [{"type": "integer"}]}
    other = load_swagger_json(io.BytesIO(b'{"a": {"->": "#/b"}, "b": {"c": 1}}'), ptr_str="->")
    assert other["a"] == {"c": 1}


def test_what_contains_itself_does_so_in_the_result():
    got = load_swagger_json(io.StringIO('{"tree": {"child": {"$ref": "#/tree"}}}'))
    assert got["tree"]["child"] is got["tree"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not JSON"),
        ('{"a": {"$ref": "#/nothing"}}', "refers to nothing in the document"),
        ('{"a": {"$ref": "#/a"}}', "refers to itself"),
        ('{"a": {"$ref": "other.json#/b"}}', "refers to another document"),
        ('{"a": {"$ref": "#/b/x"}, "b": [1]}', "refers to nothing in the document"),
    ],
)
def test_an_invalid_document_is_refused(text: str, message: str):
    with pytest.raises(ConfigError, match=message):
        load_swagger_json(io.StringIO(text))


def test_the_published_exception_can_be_caught():
    with pytest.raises(SwaggerClientInternalError, match="x"):
        raise SwaggerClientInternalError("x")
