"""The sandbox's own secrets: random, its owner's alone, the same after a restart."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.state.credentials import Secrets, hashed, is_password

# What earlier releases had in their source code.
KNOWN = (
    "0123456789abcdef0123456789abcdef",
    "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
    "sandbox-password",
    "sandbox-client-secret",
    "no-secret-of-an-installed-application",
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """All that opens something, by name, but for what is made anew each time."""
    about = sandbox.info()["services"]
    installed = httpx.get(f"{sandbox.url}/internal/application_secrets", trust_env=False).json()["installed"]
    return {
        **{name: value for name, value in sandbox.environment().items() if re.search("TOKEN|PASS|SECRET", name)},
        "sb": about["sb"]["token"],
        "upload": about["upload"]["api_key"],
        "crunch": about["crunch"]["token"],
        "crunch reader": sandbox.crunch.token_of("reader"),
        "crunch password": about["crunch"]["password"],
        "pangea": about["pangea"]["password"],
        "gen3": about["gen3"]["client_secret"],
        "auth": installed["client_secret"],
    }


LASTING = (
    "sb",
    "upload",
    "crunch",
    "crunch reader",
    "crunch password",
    "pangea",
    "gen3",
    "auth",
    "AWS_SECRET_ACCESS_KEY",
)


def test_each_sandbox_has_secrets_of_its_own():
    with Sandbox() as one, Sandbox() as other:
        ours, theirs = credentials(one), credentials(other)
    assert ours.keys() == theirs.keys()
    assert set(LASTING) < set(ours)
    for name, value in ours.items():
        assert value != theirs[name], name
        assert re.fullmatch("[0-9a-f]{32,}", value), name
        assert value not in KNOWN


def test_they_are_the_same_after_a_restart_and_a_reset(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox:
        before = credentials(sandbox)
        sandbox.reset()
        emptied = credentials(sandbox)
    with Sandbox(tmp_path) as sandbox:
        after = credentials(sandbox)
    for name in LASTING:
        assert before[name] == emptied[name] == after[name]


def test_no_secret_of_an_earlier_release_opens_anything(sandbox: Sandbox):
    def status(method: str, url: str, **more: Any) -> int:
        return httpx.request(method, url, trust_env=False, **more).status_code

    login = {"email": "user@sandbox.example.org", "password": "sandbox-password"}
    area = "7bd2d0f5-9a0f-4a5d-9a64-3a3c1a4b5c6d"
    assert [
        status("GET", f"{sandbox.sb_url}/user", headers={"X-SBG-Auth-Token": KNOWN[0]}),
        status("POST", f"{sandbox.url}/upload/v1/area/{area}", headers={"Api-Key": "sandbox"}),
        status("GET", f"{sandbox.crunch_url}/api/projects/", headers={"Authorization": f"Token {KNOWN[1]}"}),
        status("GET", f"{sandbox.crunch_url}/api/projects/", auth=("admin", "sandbox-password")),
        status("POST", f"{sandbox.pangea_url}/api/auth/token/login", json=login),
        status("POST", f"{sandbox.gen3_url}/user/oauth2/token", auth=("sandbox-client", KNOWN[3])),
        status("POST", f"{sandbox.gen3_url}/index/index/blank", auth=("sandbox-service", "sandbox-password"), json={}),
    ] == [401, 401, 401, 401, 400, 401, 403]
    known: Any = boto3.client(
        "s3",
        endpoint_url=sandbox.s3_url,
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(proxies={}),
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        known.list_buckets()


@POSIX
def test_what_they_derive_from_is_the_owners_alone(tmp_path: Path):
    script = (
        "import os, sys; os.umask(0)\n"
        "from omicsdk.sandbox import Sandbox\n"
        "with Sandbox(sys.argv[1]) as sandbox: sandbox.environment()\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "state")], check=True)
    assert (tmp_path / "state" / "signing.key").stat().st_mode & 0o777 == 0o600


def test_each_purpose_has_a_secret_of_its_own():
    secrets = Secrets(b"key")
    found = [secrets.derived(*purpose) for purpose in (("a",), ("b",), ("a", "b"), ("ab",), ("a", "", "b"), ("1:a",))]
    assert len(set(found)) == len(found)
    assert secrets.derived("a", length=32) == Secrets(b"key").derived("a")[:32] != Secrets(b"other").derived("a")[:32]
    assert found[0] not in repr(secrets)


def test_passwords_are_kept_as_salted_hashes():
    one, other = hashed("a password"), hashed("a password")
    assert one != other
    assert "a password" not in one
    assert [is_password(word, one) for word in ("a password", "another", "", "\ud800")] == [True, False, False, False]
    assert not is_password("a password", "")


def test_passwords_that_earlier_releases_kept_are_still_known():
    kept = "00ff$ae1f31483e8892ab95cf3bfa601a33a5eb84b29759441cd329a449d2a8473b76"  # PBKDF2
    assert is_password("a password", kept)
    assert not is_password("another", kept)
