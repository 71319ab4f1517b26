"""The two clients: where they are, and whether they are there."""

from pathlib import Path

from peers import Client, Peer, environ, our_command

PEER = Peer("pangea", ("pangea-api", "requests", "urllib3"))
"""Pangea's published client."""

_NOT_OURS = ("PANGEA_", "USE_PANGEA", "CRUNCH_", "XDG_")


def both(homes: Path) -> tuple[Client, Client]:
    """Our client and the published one, each with a separate home folder, in which its cache is.

    Args:
        homes: The folder for their homes.
    """
    ours, peer = (
        Client(package, command, {**environ(homes / package, _NOT_OURS), "PANGEA_API_CACHE_DIR": str(homes / package)})
        for package, command in (
            ("omicsdk.compat.pangea_api", our_command()),
            ("pangea_api", PEER.program("pangea-api")),
        )
    )
    return ours, peer
