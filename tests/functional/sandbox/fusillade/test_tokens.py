"""Where Fusillade is, what stays of it, and whose tokens are taken: the sandbox's own, and those that service accounts sign."""

import json
import stat
from pathlib import Path

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.fusillade import tokens


def test_where_it_is(sandbox):
    assert sandbox.info()["services"]["auth"] == {"swagger_url": sandbox.auth_swagger_url}
    document = httpx.get(sandbox.auth_swagger_url, trust_env=False, verify=False).json()
    assert document["servers"] == [{"url": f"{sandbox.url}/auth"}]


def test_the_environment_refers_to_it(sandbox, client):
    environment = sandbox.environment()
    config = json.loads(Path(environment["HCA_CONFIG_FILE"]).read_text())
    assert config["AuthClient"] == {"swagger_url": sandbox.auth_swagger_url}
    assert client(token=environment["OMICS_AUTH_TOKEN"]).get("/v1/users").status_code == 200


def names(sandbox, kind):
    return [principal.name for principal in sandbox.fusillade.principals.all(kind=kind, order="name")]


def test_what_was_changed_stays_changed(tmp_path, policy):
    with Sandbox(tmp_path) as sandbox:
        sandbox.fusillade.add("user", "ann@example.org", policy("dss:PutFile"), groups=["hca"])
        sandbox.fusillade.delete("group", "admin")
    with Sandbox(tmp_path) as sandbox:
        assert names(sandbox, "user") == ["ann@example.org", "user@example.org"]
        assert names(sandbox, "group") == ["hca", "user_default"]
        ann = sandbox.fusillade.principals.get("user", "ann@example.org")
        assert ann is not None
        assert (ann.policy, ann.enabled) == (policy("dss:PutFile"), True)
        sandbox.reset()
        assert names(sandbox, "user") == ["user@example.org"]
        assert names(sandbox, "group") == ["admin", "hca", "user_default"]


def test_the_key_is_made_once_and_is_private(tmp_path):
    with Sandbox(tmp_path) as sandbox:
        assert not (tmp_path / "oauth.key").exists()  # a service that refuses all logins waits for no key
        first = sandbox.fusillade.key.as_jwk()
    assert stat.S_IMODE((tmp_path / "oauth.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob(".oauth*")] == []
    with Sandbox(tmp_path) as sandbox:
        assert sandbox.fusillade.key.as_jwk() == first


def test_without_the_default_group_there_are_still_users(sandbox):
    sandbox.fusillade.delete("group", "user_default")
    assert sandbox.fusillade.add("user", "ann@example.org")
    assert not sandbox.fusillade.decide("ann@example.org", ["dss:PutFile"], "arn:hca:dss:*:dev:files/a").result


EMAIL = "https://auth.data.humancellatlas.org/email"
AUDIENCE = "https://dev.data.humancellatlas.org/"


@pytest.fixture(scope="module")
def foreign_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def ready_key():
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def account(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ready_key):
    monkeypatch.setattr(tokens, "new_key", lambda: ready_key)  # a key takes 200 ms to make
    return json.loads(sandbox.service_account(tmp_path).read_text())


def signed(sandbox, account, *, key=None, kid="", **changes) -> str:
    now, email = sandbox.clock.now(), account["client_email"]
    claims = {"iss": email, "sub": email, "aud": AUDIENCE, "iat": now, "exp": now + 3600, EMAIL: email, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    headers = {"kid": kid or account["private_key_id"]}
    return jwt.encode(claims, key or account["private_key"], algorithm="RS256", headers=headers)


def test_the_key_file(sandbox, tmp_path):
    path = sandbox.service_account(tmp_path / "new", "robot@lab.example.org")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert (content["type"], content["client_email"]) == ("service_account", "robot@lab.example.org")
    assert "PRIVATE KEY" in content["private_key"]
    for email, groups in (("a b", ["hca"]), ("a@example.org", ["none"])):
        with pytest.raises(ValueError, match=r"name|no group"):
            sandbox.service_account(tmp_path, email, groups=groups)


def test_a_service_account_writes(sandbox, account, client, stage):
    token = signed(sandbox, account)
    assert client(token=token).get("/oauth/userinfo").json()["email"] == account["client_email"]
    response = httpx.put(
        f"{sandbox.url}/dss/v1/files/0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162",
        params={"version": "2026-01-02T030405.060708Z"},
        json={"creator_uid": 1, "source_url": stage(b"abc")},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,
    )
    assert response.status_code == 201, response.text


@pytest.mark.parametrize("audience", [AUDIENCE, ["x", "https://data.humancellatlas.org/"], "http://127.0.0.1:1/auth"])
def test_audiences(sandbox, account, client, audience):
    assert client(token=signed(sandbox, account, aud=audience)).get("/oauth/userinfo").status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aud": "https://other.example.org/"}, "claim aud"),
        ({"aud": None}, "claim aud"),
        ({"aud": "http://["}, "claim aud"),
        ({"aud": [1]}, "claim aud"),
        ({"exp": 1}, "expired"),
        ({"exp": None}, "numbers of seconds"),
        ({"exp": "soon"}, "numbers of seconds"),
        ({"iss": "other@example.org"}, "for itself only"),
        ({EMAIL: "user@example.org"}, "for itself only"),
        ({EMAIL: None}, "no claim"),
        ({EMAIL: ["user@example.org"]}, "no claim"),
        ({"kid": "unknown"}, "doesn't know"),
    ],
)
def test_tokens_that_are_refused(sandbox, account, client, changes, words):
    response = client(token=signed(sandbox, account, **changes)).get("/oauth/userinfo")
    assert response.status_code == 401
    assert words in response.json()["detail"]


def test_a_clock_that_is_wrong(sandbox, account, client):
    ahead = sandbox.clock.now() + 300
    response = client(token=signed(sandbox, account, iat=ahead, exp=ahead + 3600)).get("/oauth/userinfo")
    assert response.status_code == 401
    assert "clock" in response.json()["detail"]
    assert client(token=signed(sandbox, account, iat=sandbox.clock.now() + 5)).get("/v1/user/x").status_code == 403


def test_signatures_of_others(sandbox, account, client, foreign_key):
    for token in (
        signed(sandbox, account, key=foreign_key),
        signed(sandbox, account, key=foreign_key, kid=sandbox.fusillade.key.id),
        jwt.encode({"email": "user@example.org", "exp": 9e9}, "", algorithm="none"),
        jwt.encode(
            {"email": "user@example.org"}, "x" * 32, algorithm="HS256", headers={"kid": sandbox.fusillade.key.id}
        ),
        signed(sandbox, account)[:-9] + "AAAAAAAAA",
        "a.b.c",
        "..",
    ):
        assert client(token=token).get("/oauth/userinfo").status_code == 401


def test_a_group_that_a_token_claims_counts_for_nothing(sandbox, account, client):
    claimed = {"https://auth.data.humancellatlas.org/group": "admin"}
    assert client(token=signed(sandbox, account, **claimed)).get("/v1/users").status_code == 403
    sandbox.fusillade.link("user", account["client_email"], "group", ["admin"])
    assert client(token=signed(sandbox, account)).get("/v1/users").status_code == 200


def test_a_disabled_account_reads_nothing_and_writes_nowhere(sandbox, account, client, admin):
    token = signed(sandbox, account)
    email = account["client_email"]
    assert client(token=token).get(f"/v1/user/{email}").status_code == 200
    admin.put(f"/v1/user/{email}", params={"status": "disabled"})
    refused = client(token=token).get(f"/v1/user/{email}")
    assert refused.status_code == 403
    assert "disabled" in refused.json()["detail"]
    response = httpx.put(
        f"{sandbox.url}/dss/v1/bundles/0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162",
        params={"replica": "aws", "version": "2026-01-02T030405.060708Z"},
        json={"creator_uid": 1, "files": []},
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        verify=False,
    )
    assert response.status_code == 403


def test_a_reset_ends_all_tokens_and_a_restart_none(tmp_path):
    with Sandbox(tmp_path) as sandbox:
        token = sandbox.fusillade.key.sign(claims(sandbox))
        account = json.loads(sandbox.service_account(tmp_path / "keys").read_text())
    assert stat.S_IMODE((tmp_path / "oauth.key").stat().st_mode) == 0o600
    with Sandbox(tmp_path) as sandbox:
        mine = signed(sandbox, account)
        assert [status(sandbox, credential) for credential in (token, mine)] == [200, 200]
        sandbox.reset()
        assert [status(sandbox, credential) for credential in (token, mine)] == [401, 401]
        assert status(sandbox, sandbox.fusillade.key.sign(claims(sandbox))) == 200


def claims(sandbox):
    return {"aud": AUDIENCE, "exp": sandbox.clock.now() + 60, "email": "user@example.org", "sub": "user@example.org"}


def status(sandbox, token) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(f"{sandbox.url}/auth/oauth/userinfo", headers=headers, trust_env=False, verify=False).status_code


def test_over_the_control_api(sandbox, tmp_path):
    control = f"{sandbox.url}/_sandbox/service-accounts"
    options = {"trust_env": False, "verify": False}
    made = httpx.post(control, json={"folder": str(tmp_path), "groups": ["admin"]}, **options).json()
    account = json.loads(Path(made["path"]).read_text())
    assert status(sandbox, signed(sandbox, account)) == 200
    for body in ({}, {"folder": "here"}, {"folder": str(tmp_path), "groups": [1]}, {"folder": str(tmp_path), "x": 1}):
        assert httpx.post(control, json=body, **options).status_code == 400
