"""The two clients: where they are, how they are configured, and whether they are there."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from transferring.programs import ROOT

PUBLISHED = ROOT / ".peers" / "hca"
"""The published client's environment."""

AREAS = ("aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222")
"""Upload areas that the configuration of both knows; the first is selected."""

_LIBRARIES = ("hca", "requests", "boto3")
_NOT_OURS = ("AWS_", "BOTO_", "GOOGLE_", "HCA_", "OMICS_", "XDG_")


@dataclass(frozen=True)
class Client:
    """A client.

    Attributes:
        package: The Python package that it is.
        python: Its environment's interpreter.
        command: Its command.
        environ: The environment's variables that it gets.
    """

    package: str
    python: Path
    command: Path
    environ: Mapping[str, str]


def make_published() -> None:
    """Makes the published client's environment when it isn't there.

    Raises:
        subprocess.CalledProcessError: It couldn't be made.
    """
    subprocess.run([sys.executable, ROOT / "tests" / "compat" / "make_environments.py", "hca"], check=True)


def published(folder: Path, api: str, staging: str) -> Client:
    """The published client.

    Args:
        folder: For its configuration.
        api: The Data Store's server.
        staging: That of staging buckets.
    """
    environ = _environ(folder / "hca", api, staging)
    return Client("hca", PUBLISHED / "bin" / "python", PUBLISHED / "bin" / "hca", environ)


def ours(folder: Path, api: str, staging: str) -> Client:
    """Our client; arguments as `published`."""
    python = Path(sys.executable)
    environ = {**_environ(folder / "omicsdk", api, staging), "OMICS_DSS_TOKEN": "token"}
    return Client("omicsdk", python, python.with_name("omics"), environ)


def versions() -> dict[str, str]:
    """The published client's version, and those of what it does its work with."""
    program = f"from importlib.metadata import version\nfor name in {_LIBRARIES}: print(version(name))"
    told = subprocess.run([PUBLISHED / "bin" / "python", "-c", program], capture_output=True, text=True, check=True)
    first, *others = told.stdout.split()
    return {"hca": first} | {f"its {name}": found for name, found in zip(_LIBRARIES[1:], others, strict=True)}


def missing(needs: Iterable[str]) -> list[str]:
    """Which of what cases need isn't there: the published client, or one of our commands."""
    return [need for need in needs if not (PUBLISHED.joinpath("made-from").is_file() if need == "hca" else _runs(need))]


def _runs(command: str) -> bool:
    words = [Path(sys.executable).with_name("omics"), *command.split()[1:], "--help"]
    return subprocess.run(words, capture_output=True).returncode == 0


def _environ(home: Path, api: str, staging: str) -> dict[str, str]:
    """The variables of a client that is logged in and knows its services, with a home of its own."""
    home.mkdir()
    config = home / "config.json"
    config.write_text(json.dumps(_config(api)))
    config.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_OURS)}
    return {
        **kept,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "xdg"),
        "HCA_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL_S3": staging,
        # The published client's reader counts every byte that is read, and a newer boto3 reads a body once more for a
        # checksum of its own.
        "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
        "OAUTHLIB_INSECURE_TRANSPORT": "1",  # its tokens else go over https only
        "PYTHONWARNINGS": "ignore",
    }


def _config(api: str) -> dict[str, Any]:
    # With secrets in its configuration the published client asks nobody before it sends its token.
    secrets = {"client_id": "id", "client_secret": "secret", "token_uri": f"{api}/no-token"}
    token = {"access_token": "token", "refresh_token": None, "id_token": None, "token_type": "Bearer"}
    return {
        "DSSClient": {"swagger_url": f"{api}/v1/swagger.json"},
        "AuthClient": {"swagger_url": f"{api}/auth/swagger.json"},
        "application_secrets": {"installed": secrets},
        "oauth2_token": {**token, "expires_at": time.time() + 86400},
        "upload": {
            "areas": {area: {"uri": f"s3://org-humancellatlas-upload-dev/{area}/"} for area in AREAS},
            "current_area": AREAS[0],
        },
    }
