"""Variables that lead clients to the sandbox, as shells read them."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.environment import SHELLS, shell_lines

SPEC: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Pets", "version": "1"},
    "components": {"securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    "security": [{"bearer": []}],
    "paths": {"/pets": {"get": {"responses": {"200": {"description": "All pets."}}}}},
}


def bearer(path: str, token: str) -> Callable[[str, dict[str, str]], httpx.Response]:
    def send(url: str, variables: dict[str, str]) -> httpx.Response:
        return _get(url + path, headers={"Authorization": f"Bearer {variables[token]}"})

    return send


def s3(_url: str, variables: dict[str, str]) -> httpx.Response:
    boto3: Any = import_module("boto3")
    client = boto3.Session(variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"]).client(
        "s3", endpoint_url=variables["AWS_ENDPOINT_URL_S3"], region_name=variables["AWS_DEFAULT_REGION"]
    )
    response = client.list_objects_v2(Bucket=variables["OMICS_DSS_STAGING_BUCKET"])
    return httpx.Response(response["ResponseMetadata"]["HTTPStatusCode"])


def gen3(url: str, variables: dict[str, str]) -> httpx.Response:
    key = json.loads(Path(variables["GEN3_API_KEY"]).read_text())
    return _send("POST", f"{url}/user/credentials/api/access_token", json={"api_key": key["api_key"]})


def gdc(url: str, variables: dict[str, str]) -> httpx.Response:
    (file,) = _get(f"{url}/gdc/files").json()["data"]["hits"]
    return _get(f"{url}/gdc/data/{file['id']}", headers={"X-Auth-Token": variables["GDC_TOKEN"]})


def google(url: str, variables: dict[str, str]) -> httpx.Response:
    return _send("PUT", f"{url}/google/bucket/key", headers=_bearer(variables["OMICS_GOOGLE_TOKEN"]), content=b"data")


def upload(url: str, variables: dict[str, str]) -> httpx.Response:
    uuid = f"{os.urandom(4).hex()}-0000-4000-8000-000000000000"
    return _send("POST", f"{url}/upload/v1/area/{uuid}", headers={"Api-Key": variables["OMICS_UPLOAD_TOKEN"]})


def pangea(url: str, variables: dict[str, str]) -> httpx.Response:
    login = {"email": variables["PANGEA_USER"], "password": variables["PANGEA_PASS"]}
    return _send("POST", f"{url}/pangea/api/auth/token/login", json=login)


CREDENTIALS: dict[str, Callable[[str, dict[str, str]], httpx.Response]] = {
    "AWS_ACCESS_KEY_ID": s3,
    "AWS_SECRET_ACCESS_KEY": s3,
    "OMICS_DSS_TOKEN": bearer("/dss/v1/collections", "OMICS_DSS_TOKEN"),
    "OMICS_AUTH_TOKEN": bearer("/auth/v1/users", "OMICS_AUTH_TOKEN"),
    "OMICS_UPLOAD_TOKEN": upload,
    "SB_AUTH_TOKEN": lambda url, variables: _get(
        f"{url}/sb/v2/projects", headers={"X-SBG-Auth-Token": variables["SB_AUTH_TOKEN"]}
    ),
    "GEN3_API_KEY": gen3,
    "OMICS_GOOGLE_TOKEN": google,
    "CRUNCH_TOKEN": lambda url, variables: _get(
        f"{url}/crunch/api/projects/", headers={"Authorization": f"Token {variables['CRUNCH_TOKEN']}"}
    ),
    "PANGEA_PASS": pangea,
    "GDC_TOKEN": gdc,
    "PETS_BEARER": bearer("/apis/pets/pets", "PETS_BEARER"),
}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _send(method: str, url: str, **more: object) -> httpx.Response:
    return httpx.request(method, url, trust_env=False, verify=False, **more)


def _get(url: str, **more: object) -> httpx.Response:
    return _send("GET", url, **more)


def refused(sandbox: Sandbox, variables: dict[str, str], folder: Path) -> dict[str, int]:
    """The variables with which a service refuses a request, and its statuses."""
    sandbox.seed(folder, service="gdc")
    statuses = {name: send(sandbox.url, variables).status_code for name, send in CREDENTIALS.items()}
    return {name: status for name, status in statuses.items() if status >= 300}


@pytest.fixture
def controlled(tmp_path: Path) -> Path:
    """A folder with a file of the GDC that needs a token."""
    (tmp_path / "study" / "controlled").mkdir(parents=True)
    (tmp_path / "study" / "controlled" / "reads").write_bytes(b"ACGT")
    return tmp_path / "study"


def test_each_credential_lasts_longer_than_what_was_added(tmp_path: Path, controlled: Path):
    with Sandbox(tmp_path / "state", specs={"pets": SPEC}) as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        variables = sandbox.environment()
        secret = {name for name in variables if any(word in name for word in ("KEY", "TOKEN", "PASS", "BEARER"))}
        assert secret == set(CREDENTIALS)
        assert refused(sandbox, variables, controlled) == {}
        token = sandbox.token("alice@example.org")
        sandbox.reset()
        assert refused(sandbox, variables, controlled) == {}
        assert bearer("/dss/v1/collections", "token")(sandbox.url, {"token": token}).status_code == 401
        sandbox.reset()
    with Sandbox(tmp_path / "state", port, specs={"pets": SPEC}) as sandbox:
        variables["AWS_ENDPOINT_URL_S3"] = sandbox.s3_url
        assert refused(sandbox, variables, controlled) == {}


VALUES = {"PLAIN": "http://127.0.0.1:1", "ODD": "it's \"a\" $HOME `x` \\ 'q' %d", "TYPED": "\u2018x\u2019"}


def test_sh_reads_the_values_back():
    script = shell_lines(VALUES) + 'printf \'%s\\n\' "$PLAIN" "$ODD" "$TYPED"'
    ran = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == list(VALUES.values())


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish isn't installed")
def test_fish_reads_the_values_back():
    script = shell_lines(VALUES, "fish") + "printf '%s\\n' $PLAIN $ODD $TYPED"
    ran = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines() == list(VALUES.values())


def test_quotes_of_fish_and_powershell_are_preserved():
    assert shell_lines({"A": "it's \\"}, "fish") == "set -gx A 'it\\'s \\\\'\n"
    assert shell_lines({"A": "it's \u2019"}, "powershell") == "$env:A = 'it''s \u2019\u2019'\n"


def test_another_shell_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match=", ".join(SHELLS)):
        shell_lines({}, "csh")
