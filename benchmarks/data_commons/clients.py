"""The two clients: where they are, and whether they are there."""

import base64
import json
from pathlib import Path

from peers import Client, Peer, environ, our_command

PEER = Peer("gen3", ("gen3", "requests", "pandas"))
"""The published client."""
HOST = "commons.example.org"
"""The commons, which is reached through a proxy."""

_NOT_OURS = ("GEN3", "DRS_")


def both(homes: Path, certificate: Path) -> tuple[Client, Client]:
    """Our client and the published one, each with a separate home folder.

    Args:
        homes: The folder for their homes.
        certificate: What they have to trust.
    """
    trust = dict.fromkeys(("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE"), str(certificate))
    more = {**trust, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    ours, peer = (
        Client(package, command, {**environ(homes / package, _NOT_OURS), **more})
        for package, command in (("omicsdk.compat.gen3", our_command()), ("gen3", PEER.program("gen3")))
    )
    return ours, peer


def token() -> str:
    """An access token of the commons, good for ten years; no user examines its signature."""
    claims = {"iss": f"https://{HOST}/user", "iat": 1_700_000_000, "exp": 2_000_000_000 + 300_000_000, "pur": "access"}
    parts = [base64.urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in ({}, claims)]
    return ".".join([*parts, "c2ln"])
