"""The Workspace Token Service: tokens of this commons and of others, here of a second sandbox."""

import json
from collections.abc import Generator
from pathlib import Path

import httpx
import jwt
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER

IDP = "other-google"


@pytest.fixture(scope="module")
def _other(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("other")) as other:
        yield other


@pytest.fixture
def other(_other: Sandbox) -> Sandbox:
    """Another commons."""
    _other.reset()
    return _other


@pytest.fixture
def key(other: Sandbox, tmp_path: Path) -> Path:
    """A credentials.json of the other commons."""
    return other.gen3_credentials(tmp_path / "other.json", READER)


@pytest.fixture
def linked(sandbox: Sandbox, other: Sandbox, key: Path) -> Sandbox:
    """The first commons, which has everybody's login at the other one."""
    sandbox.gen3.wts.add_commons(IDP, f"{other.gen3_url}/", key, name="The other one")
    return sandbox


@pytest.mark.parametrize("query", [{}, {"idp": "default"}])
def test_its_own_tokens_are_for_workspaces_alone(reader: httpx.Client, query: dict[str, str]):
    refused = reader.get("/wts/token/", params=query)
    message = "You need to be authenticated to use this resource"
    assert (refused.status_code, refused.json()["message"]) == (403, message)


@pytest.mark.usefixtures("linked")
def test_a_token_of_another_commons_is_good_there(other: Sandbox, admin: httpx.Client):
    token = admin.get("/wts/token", params={"idp": IDP}).json()["token"]
    there = {"base_url": other.gen3_url, "headers": {"Authorization": f"bearer {token}"}, "trust_env": False}
    with httpx.Client(**there) as client:
        assert client.get("/user/user").json()["username"] == READER
    assert jwt.decode(token, options={"verify_signature": False})["iss"] == f"{other.gen3_url}/user"
    assert admin.get("/user/user", headers={"Authorization": f"bearer {token}"}).status_code == 401


@pytest.mark.usefixtures("linked")
def test_the_other_commons_are_listed(
    sandbox: Sandbox, other: Sandbox, key: Path, reader: httpx.Client, anonymous: httpx.Client
):
    sandbox.gen3.wts.add_commons("third", "https://third.example.org")
    listed = reader.get("/wts/external_oidc/").json()["providers"]
    assert [provider["idp"] for provider in listed] == [IDP, "third"]
    assert (listed[0]["base_url"], listed[0]["name"]) == (other.gen3_url, "The other one")
    assert listed[0]["urls"][0]["url"].endswith(f"/wts/oauth2/authorization_url?idp={IDP}")
    assert listed[0]["refresh_token_expiration"] in ("29 days", "30 days")
    assert listed[1]["refresh_token_expiration"] is None
    sandbox.gen3.wts.add_commons("last", other.gen3_url, key)
    connected = reader.get("/wts/external_oidc", params={"unexpired": "true"}).json()["providers"]
    assert [provider["idp"] for provider in connected] == [IDP, "last"]
    strangers = anonymous.get("/wts/external_oidc/").json()["providers"]
    assert [provider["refresh_token_expiration"] for provider in strangers] == [None] * 3


def test_one_person_may_be_connected_and_another_not(
    sandbox: Sandbox, other: Sandbox, key: Path, reader: httpx.Client, admin: httpx.Client
):
    sandbox.gen3.wts.add_commons(IDP, other.gen3_url, json.loads(key.read_text()), person=READER)
    assert reader.get("/wts/token/", params={"idp": IDP}).status_code == 200
    refused = admin.get("/wts/token/", params={"idp": IDP})
    assert (refused.status_code, refused.json()["message"]) == (403, "User doesn't have a refresh token")


def test_a_connection_ends(linked: Sandbox, key: Path):
    ends = jwt.decode(json.loads(key.read_text())["api_key"], options={"verify_signature": False})["exp"]
    linked.clock.freeze(ends - 1)
    headers = {"Authorization": f"bearer {linked.gen3.access.issue(ADMINISTRATOR, linked.gen3_url)}"}
    with httpx.Client(base_url=linked.gen3_url, headers=headers, trust_env=False) as client:
        listed = client.get("/wts/external_oidc/").json()["providers"]
        assert listed[0]["refresh_token_expiration"] == "1 seconds"
        linked.clock.freeze(ends)
        refused = client.get("/wts/token/", params={"idp": IDP})
        assert (refused.status_code, "expired" in refused.json()["message"]) == (403, True)
        listed = client.get("/wts/external_oidc/").json()["providers"]
        assert listed[0]["refresh_token_expiration"] is None


@pytest.mark.usefixtures("linked")
def test_a_commons_that_gives_no_token_is_an_error(other: Sandbox, key: Path, admin: httpx.Client, sandbox: Sandbox):
    other.gen3.access.revoke(json.loads(key.read_text())["key_id"])
    refused = admin.get("/wts/token/", params={"idp": IDP})
    assert (refused.status_code, "access token from fence" in refused.json()["message"]) == (500, True)
    sandbox.gen3.wts.add_commons(IDP, "http://127.0.0.1:9")
    refused = admin.get("/wts/token/", params={"idp": IDP})
    assert (refused.status_code, refused.json()["message"]) == (500, "Fail to reach fence")


@pytest.mark.usefixtures("linked")
def test_bad_requests_are_refused(reader: httpx.Client, anonymous: httpx.Client):
    assert reader.get("/wts/token/", params={"idp": "nobody"}).status_code == 400
    assert anonymous.get("/wts/token/", params={"idp": IDP}).status_code == 403
    assert anonymous.get("/wts/token/", headers={"Authorization": "bearer nonsense"}).status_code == 401


def test_the_commons_itself_keeps_its_name(sandbox: Sandbox):
    with pytest.raises(ValueError, match="default"):
        sandbox.gen3.wts.add_commons("default", "https://commons.example.org")


def test_logins_with_a_browser_are_not_played(reader: httpx.Client):
    response = reader.get("/wts/oauth2/authorization_url")
    assert (response.status_code, "browser" in response.json()["message"]) == (501, True)
