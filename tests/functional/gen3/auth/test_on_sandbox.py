"""Logins to the sandbox's commons, whose tokens are signed and end."""

import json
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest
import requests
from omicsdk.compat.gen3.auth import (
    Gen3Auth,
    endpoint_from_token,
    get_access_token_with_client_credentials,
    get_wts_idps,
)
from omicsdk.compat.gen3.file import Gen3File
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.core import NO_RETRY, Unauthorized
from omicsdk.gen3 import Gen3AuthError
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import CLIENT_ID


@pytest.fixture
def file(sandbox: Sandbox, tmp_path: Path) -> Path:
    return sandbox.gen3_credentials(tmp_path / "credentials.json")


@pytest.fixture
def other(tmp_path: Path) -> Generator[Sandbox]:
    with Sandbox(tmp_path / "other") as other:
        yield other


def test_who_am_i(file: Path, sandbox: Sandbox):
    auth = Gen3Auth(refresh_file=file)
    assert auth.endpoint == sandbox.gen3_url
    assert auth.curl("/user/user").json()["username"] == "sandbox-user@example.org"
    response = requests.get(f"{sandbox.gen3_url}/user/user", auth=auth, timeout=60)
    assert response.json()["username"] == "sandbox-user@example.org"


def test_a_token_that_was_revoked_is_replaced(file: Path, sandbox: Sandbox):
    auth = Gen3Auth(refresh_file=file)
    access = sandbox.gen3.access
    access.revoke(access.claims(auth.get_access_token())["jti"])
    assert requests.get(f"{sandbox.gen3_url}/user/user", auth=auth, timeout=60).status_code == 200
    access.revoke(access.claims(auth.get_access_token())["jti"])
    auth = Gen3Auth(refresh_file=file)  # it finds the revoked one in the cache
    assert auth.curl("/user/user").status_code == 200


def test_a_key_that_was_revoked_states_what_to_do(file: Path, sandbox: Sandbox):
    auth = Gen3Auth(refresh_file=file, retry=NO_RETRY)
    access = sandbox.gen3.access
    access.revoke(json.loads(file.read_text())["key_id"])
    with pytest.raises(Gen3AuthError, match="create another on your profile page") as caught:
        auth.get_access_token()
    assert str(file) in str(caught.value)
    with Gen3Metadata(auth) as mds, pytest.raises(Gen3AuthError, match="create another on your profile page"):
        mds.create("g", {})
    with Gen3Index(auth) as index:
        assert index.get_stats()["fileCount"] == 0  # what is open to everybody continues


def test_another_commons_through_the_token_service(file: Path, sandbox: Sandbox, other: Sandbox, tmp_path: Path):
    there = other.gen3_credentials(tmp_path / "there.json", "reader@example.org")
    sandbox.gen3.wts.add_commons("other-google", other.gen3_url, there)
    auth = Gen3Auth(other.gen3_url, refresh_file=file)
    assert auth.curl("/user/user").json()["username"] == "reader@example.org"
    by_name = Gen3Auth(refresh_file=file, idp="other-google")
    assert by_name.endpoint == other.gen3_url
    home_auth = Gen3Auth(refresh_file=file)
    assert endpoint_from_token(home_auth.get_access_token_from_wts(other.gen3_url)) == other.gen3_url
    assert endpoint_from_token(home_auth.get_access_token_from_wts()) == sandbox.gen3_url
    idps = get_wts_idps(external_wts_host=f"{sandbox.gen3_url}/wts")["providers"]
    assert "other-google" in [entry["idp"] for entry in idps]


def test_a_commons_that_one_is_not_connected_to(file: Path, sandbox: Sandbox):
    sandbox.gen3.wts.add_commons("other-google", "https://other.example.org")
    log_in = r"Log in to other-google on your profile page, or at \S+/wts/oauth2/authorization_url\?idp=other-google"
    with pytest.raises(Gen3AuthError, match=rf"did not issue a token of other-google \(403.*{log_in}"):
        Gen3Auth("https://other.example.org", refresh_file=file, retry=NO_RETRY).get_access_token()


def test_a_token_that_was_given_and_is_no_good(sandbox: Sandbox):
    with pytest.raises(Unauthorized):
        Gen3Auth(sandbox.gen3_url, access_token="nonsense", retry=NO_RETRY).curl("/user/user")


def test_a_program_s_login(sandbox: Sandbox):
    client_login = (CLIENT_ID, sandbox.gen3_client_secret)
    auth = Gen3Auth(sandbox.gen3_url, client_credentials=client_login)
    guid = sandbox.gen3.add_file("a.txt", b"hello", authz=["/secret"])
    with Gen3File(auth) as files:
        assert files.get_presigned_url(guid)["url"]
    assert get_access_token_with_client_credentials(sandbox.gen3_url, client_login, "user openid")
    with pytest.raises(Gen3AuthError, match=r"for the client sandbox-client \(401"):
        Gen3Auth(sandbox.gen3_url, client_credentials=(CLIENT_ID, "wrong"), retry=NO_RETRY).get_access_token()


def test_a_key_that_has_ended(file: Path, sandbox: Sandbox):
    sandbox.clock.advance(31 * 86400)
    with pytest.raises(Gen3AuthError, match=r"did not issue an access token for the API key in .*\(4\d\d") as caught:
        Gen3Auth(refresh_file=file, retry=NO_RETRY).get_access_token()
    assert "The key expires on " in str(caught.value)


def test_a_token_that_ended_in_the_meantime_is_replaced(file: Path, sandbox: Sandbox):
    auth = Gen3Auth(refresh_file=file)
    first = auth.get_access_token()
    sandbox.clock.advance(3600)  # by this machine's clock it is good
    assert auth.curl("/user/user").status_code == 200
    assert auth.get_access_token() != first


# -- imports


# -- functions


def test_the_login_is_cheap_to_import():
    heavy = {
        "httpx",
        "requests",
        "attrs",
        "asyncio",
        "platformdirs",
        "omicsdk_api",
        "omicsdk.transfer",
        "omicsdk.core.sending.transport",
    }
    code = "import sys; from omicsdk.compat.gen3.auth import Gen3Auth; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert heavy & set(loaded) == set()
