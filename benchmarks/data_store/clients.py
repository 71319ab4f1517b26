"""The two clients: where they are, how they are configured, and whether they are there."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from peers import Client, Peer, environ, our_command

AREAS = ("aaaaaaaa-1111-4111-8111-111111111111", "bbbbbbbb-2222-4222-8222-222222222222")
"""Upload areas that the configuration of both knows; the first is selected."""

_NOT_OURS = ("AWS_", "BOTO_", "GOOGLE_", "HCA_", "XDG_")


class _Hca(Peer):
    def has(self, need: str) -> bool:
        """Whether the published client is there, or one of our commands."""
        return super().has(need) if need == self.name else _runs(need)


def _runs(command: str) -> bool:
    words = [our_command(), *command.split()[1:], "--help"]
    return subprocess.run(words, capture_output=True).returncode == 0


PEER = _Hca("hca", ("hca", "requests", "boto3"))
"""The published client."""


def published(folder: Path, api: str, staging: str) -> Client:
    """The published client.

    Args:
        folder: For its configuration.
        api: The Data Store's server.
        staging: That of staging buckets.
    """
    return Client("hca", PEER.program("hca"), _environ(folder / "hca", api, staging))


def ours(folder: Path, api: str, staging: str) -> Client:
    """Our client; arguments as `published`."""
    variables = {**_environ(folder / "omicsdk", api, staging), "OMICS_DSS_TOKEN": "token"}
    return Client("omicsdk.compat.hca", our_command(), variables)


def _environ(home: Path, api: str, staging: str) -> dict[str, str]:
    """The variables of a client that is logged in and knows its services, with a separate home folder."""
    variables = environ(home, _NOT_OURS)
    config = home / "config.json"
    config.write_text(json.dumps(_config(api)))
    config.chmod(0o600)
    return {
        **variables,
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
    }


def _config(api: str) -> dict[str, Any]:
    # With secrets in its configuration the published client asks no user before it sends its token.
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
