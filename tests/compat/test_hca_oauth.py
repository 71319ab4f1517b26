"""Logging in at the sandbox's Fusillade, by the published client and by ours: codes, refreshing, service accounts."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from omicsdk.sandbox.server import Sandbox

if TYPE_CHECKING:
    from conftest import Documented

OWNER = "user@example.org"
OPTIONS = {"trust_env": False, "verify": False}


KINDS = {
    "auth": ("AuthClient", "get_oauth_userinfo", {}),
    "dss": ("DSSClient", "get_subscriptions", {"replica": "aws"}),
}


def person_for(service: str, sandbox: Sandbox, new_client: Callable[..., "Documented"], module: str) -> "Documented":
    """Return a client that is configured for the sandbox's application and not logged in."""
    client = new_client(module, token=None, kind=KINDS[service][0])
    config = json.loads(client.configuration.read_text())
    # The published client asks the service for these by https only, which the sandbox does not speak.
    config["application_secrets"] = httpx.get(f"{sandbox.url}/auth/internal/application_secrets", **OPTIONS).json()
    client.configuration.write_text(json.dumps(config))
    return client


def log_in(person: "Documented", service: str) -> str:
    """Log in without a browser: open the printed address, and enter the code from the end of its redirect."""
    process = subprocess.Popen(
        [*person._command, "cli", service, "login", "--remote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=person.folder,
        env={**person._environment, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        output = ""
        while not (address := re.search(r"(http\S+)\s", output)):
            letter = process.stdout.read(1)
            assert letter, f"there is no address in {output!r}"
            output += letter
        page = httpx.get(address[1], follow_redirects=True, **OPTIONS).json()
        process.stdin.write(page["query_params"]["code"] + "\n")
        process.stdin.close()
        output += process.stdout.read()
    assert process.returncode == 0, output
    return output


def renewals(sandbox: Sandbox) -> int:
    return sum(entry["status"] == 200 for entry in sandbox.requests("/auth/oauth/token")) - 1


@pytest.mark.parametrize("service", ["auth", "dss"])
def test_a_login_without_a_browser(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], module: str, service: str
) -> None:
    sandbox.settings.turn({"auth.login_as": OWNER})
    person = person_for(service, sandbox, new_client, module)
    log_in(person, service)
    _, operation, arguments = KINDS[service]
    assert person.call(operation, **arguments)
    if module == "hca":
        assert renewals(sandbox) == 1  # it renews when it uses a login for the first time
        return
    assert renewals(sandbox) == 0
    sandbox.clock.advance(3600)
    assert person.call(operation, **arguments)
    assert renewals(sandbox) == 1


def test_a_service_account(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], module: str, tmp_path: Path
) -> None:
    key = sandbox.service_account(tmp_path / "key", "robot@example.org", groups=["hca", "admin"])
    client = new_client(module, token=None, kind="AuthClient", GOOGLE_APPLICATION_CREDENTIALS=str(key))
    about, users = client.run(("call", "get_oauth_userinfo", {}), ("call", "get_v1_users", {}))
    assert about["email"] == "robot@example.org"
    assert users["users"] == ["robot@example.org", OWNER]
