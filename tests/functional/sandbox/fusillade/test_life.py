"""The sandbox as an object: where Fusillade is, and what stays of it."""

import json
import stat
from pathlib import Path

import httpx
from omicsdk.sandbox import Sandbox


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
    return [each.name for each in sandbox.fusillade.principals.all(kind=kind, order="name")]


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
