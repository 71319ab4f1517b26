"""The sandbox's own secrets: random, its owner's alone, the same after a restart."""

import os
import re
import sys
from pathlib import Path
from typing import Any

import boto3
import httpx
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from omicsdk.sandbox import Sandbox, load_snapshot
from omicsdk.sandbox.dss.state import SUBSCRIPTION

# What earlier releases had in their source code.
EARLIER_SECRETS = (
    "0123456789abcdef0123456789abcdef",
    "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00",
    "sandbox-password",
    "sandbox-client-secret",
    "no-secret-of-an-installed-application",
)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="there are no such permissions")


def credentials(sandbox: Sandbox) -> dict[str, str]:
    """All that opens something, by name, but for what is made again each time."""
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
    "sb", "upload", "crunch", "crunch reader", "crunch password", "pangea", "gen3", "auth", "AWS_SECRET_ACCESS_KEY",
    "OMICS_DSS_TOKEN",
)  # fmt: skip


def test_each_sandbox_has_separate_secrets():
    with Sandbox() as one, Sandbox() as other:
        ours, theirs = credentials(one), credentials(other)
    assert ours.keys() == theirs.keys()
    assert set(LASTING) < set(ours)
    for name, value in ours.items():
        assert value != theirs[name], name
        # Random digits, or a signed token, whose signature is as unguessable as the key.
        assert re.fullmatch(r"[0-9a-f]{32,}|[\w-]+\.[\w-]+\.[\w-]{86,}", value), name
        assert value not in EARLIER_SECRETS


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
        status("GET", f"{sandbox.sb_url}/user", headers={"X-SBG-Auth-Token": EARLIER_SECRETS[0]}),
        status("POST", f"{sandbox.url}/upload/v1/area/{area}", headers={"Api-Key": "sandbox"}),
        status("GET", f"{sandbox.crunch_url}/api/projects/", headers={"Authorization": f"Token {EARLIER_SECRETS[1]}"}),
        status("GET", f"{sandbox.crunch_url}/api/projects/", auth=("admin", "sandbox-password")),
        status("POST", f"{sandbox.pangea_url}/api/auth/token/login", json=login),
        status("POST", f"{sandbox.gen3_url}/user/oauth2/token", auth=("sandbox-client", EARLIER_SECRETS[3])),
        status("POST", f"{sandbox.gen3_url}/index/index/blank", auth=("sandbox-service", "sandbox-password"), json={}),
    ] == [401, 401, 401, 401, 400, 401, 403]
    s3: Any = boto3.client(
        "s3",
        endpoint_url=sandbox.s3_url,
        region_name="us-east-1",
        aws_access_key_id="sandbox",
        aws_secret_access_key="sandbox",
        config=Config(proxies={}),
    )
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        s3.list_buckets()


@POSIX
def test_what_they_derive_from_is_the_owners_alone(tmp_path: Path):
    mask = os.umask(0)
    try:
        with Sandbox(tmp_path / "state") as sandbox:
            sandbox.environment()
    finally:
        os.umask(mask)
    assert (tmp_path / "state" / "signing.key").stat().st_mode & 0o777 == 0o600


# -- what is kept


def modes(folder: Path) -> dict[str, str]:
    """Who may do what with a folder and the files directly in it: those with secrets, not the contents below."""
    files = [path for path in folder.iterdir() if path.is_file()]
    return {path.name: f"{path.stat().st_mode & 0o777:o}" for path in files} | {
        ".": f"{folder.stat().st_mode & 0o777:o}"
    }


@POSIX
def test_the_state_is_its_owners_alone_also_in_a_folder_that_was_open(tmp_path: Path):
    folder = tmp_path / "state"
    folder.mkdir()
    with Sandbox(folder) as sandbox:
        sandbox.environment()
        running = modes(folder)
        sandbox.save(tmp_path / "snapshot.tar")
    assert {"state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "lock.sqlite", "signing.key", "gen3.key"} < set(
        running
    )
    private = {name: mode for name, mode in running.items() if not name.endswith(".json") or "credentials" in name}
    assert set(private.values()) == {"600", "700"}
    assert running["."] == "700"
    folder.chmod(0o755)
    for name in ("state.sqlite", "lock.sqlite"):
        (folder / name).chmod(0o644)
    with Sandbox(folder):
        again = modes(folder)
    assert (again["."], again["state.sqlite"], again["state.sqlite-wal"], again["lock.sqlite"]) == ("700", *["600"] * 3)
    for made in (tmp_path / "new", folder):
        load_snapshot(tmp_path / "snapshot.tar", made, replace=True)
        assert (modes(made)["."], modes(made)["state.sqlite"], modes(made)["signing.key"]) == ("700", "600", "600")
    assert (tmp_path / "snapshot.tar").stat().st_mode & 0o777 == 0o600


@POSIX
def test_a_folder_that_all_users_share_stays_theirs(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    tmp_path.chmod(0o1777)
    with Sandbox(tmp_path):
        assert modes(tmp_path)["state.sqlite"] == "600"
    assert tmp_path.stat().st_mode & 0o7777 == 0o1777
    assert "folder of all users" in caplog.text


def give_secrets(sandbox: Sandbox) -> list[str]:
    """Gives a sandbox secrets of other services, and gets some of its own; all that no file may hold."""
    canaries = {
        name: f"canary-{name}-7f3a" for name in ("wts", "hmac", "volume", "s3", "setting", "password", "client")
    }

    def post(url: str, body: object, **headers: str) -> Any:
        response = httpx.request(
            "PUT" if "subscriptions" in url else "POST", url, json=body, headers=headers, trust_env=False
        )
        assert response.is_success, response.text
        return response.json()

    sb = {"X-SBG-Auth-Token": sandbox.sb_token}
    bearer = {"Authorization": f"Bearer {sandbox.token()}"}
    subscription = {"callback_url": "http://127.0.0.1:9/", "hmac_secret_key": canaries["hmac"]}
    post(f"{sandbox.url}/dss/v1/subscriptions?replica=aws", subscription, **bearer)
    volume = {
        "type": "s3",
        "bucket": "b",
        "credentials": {"access_key_id": "AK", "secret_access_key": canaries["volume"]},
    }
    post(f"{sandbox.sb_url}/storage/volumes", {"name": "v", "access_mode": "RW", "service": volume}, **sb)
    automation = {"name": "a", "secret_settings": {"key": canaries["setting"]}}
    post(f"{sandbox.sb_url}/automation/automations", automation, **sb)
    sandbox.gen3.wts.add_commons("other", "http://127.0.0.1:9", {"api_key": canaries["wts"]})
    sandbox.gen3.access.add_client("theirs", canaries["client"])
    person = sandbox.pangea.people.add("other@example.org", canaries["password"])
    pangea = {"Authorization": f"Token {sandbox.pangea.people.token(person)}"}
    organization = post(f"{sandbox.pangea_url}/api/organizations", {"name": "Theirs"}, **pangea)["uuid"]
    bucket = {"name": "b", "endpoint_url": "http://127.0.0.1:9", "organization": organization}
    bucket = post(f"{sandbox.pangea_url}/api/s3_buckets", bucket, **pangea)["uuid"]
    key = {"bucket": bucket, "public_key": "AK", "private_key": canaries["s3"]}
    post(f"{sandbox.pangea_url}/api/s3_api_keys", key, **pangea)
    area = sandbox.area().rstrip("/").rpartition("/")[2]
    temporary = post(f"{sandbox.upload_url}/area/{area}/credentials", None)
    login = {"email": sandbox.info()["services"]["pangea"]["user"], "password": sandbox.password}
    token = post(f"{sandbox.pangea_url}/api/auth/token/login", login)["auth_token"]
    return [
        *canaries.values(),
        *(credentials(sandbox)[name] for name in LASTING),
        *bearer["Authorization"].split()[1:],
        *pangea["Authorization"].split()[1:],
        *(temporary[name] for name in ("SecretAccessKey", "SessionToken")),
        token,
    ]


def test_no_file_holds_a_secret(tmp_path: Path):
    folder = tmp_path / "state"
    with Sandbox(folder) as sandbox:
        secrets = give_secrets(sandbox)
        sandbox.save(tmp_path / "snapshot.tar")
        written_while_running = everything(folder)
        for name in ("gen3-credentials.json", "hca-config.json"):  # what the variables name, for clients
            (folder / name).unlink()
    for content in (written_while_running, everything(folder), (tmp_path / "snapshot.tar").read_bytes()):
        assert b"SQLite format 3" in content
        assert [secret for secret in secrets if secret.encode() in content] == []


def everything(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def test_secrets_of_other_services_are_used_until_the_restart(tmp_path: Path):
    def stored_secrets(sandbox: Sandbox) -> list[str | None]:
        [subscription] = sandbox.dss.subscriptions.all()
        assert subscription.body["hmac_secret_key"] is True
        return [sandbox.context.secrets.held(SUBSCRIPTION, subscription.uuid)]

    with Sandbox(tmp_path) as sandbox:
        give_secrets(sandbox)
        assert stored_secrets(sandbox) == ["canary-hmac-7f3a"]
    with Sandbox(tmp_path) as sandbox:
        assert stored_secrets(sandbox) == [None]
