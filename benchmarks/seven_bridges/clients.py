"""The two clients: where they are, and whether they are there."""

from pathlib import Path

from peers import Client, Peer, environ, our_command

PEER = Peer("sevenbridges", ("sevenbridges-python", "requests", "urllib3"))
"""The published client."""

_NOT_OURS = ("SB_",)


def published(home: Path) -> Client:
    """The published client, with a separate home folder."""
    return Client("sevenbridges", PEER.program("python"), environ(home, _NOT_OURS))


def ours(home: Path) -> Client:
    """Our client, likewise."""
    return Client("omicsdk.compat.sevenbridges", our_command(), environ(home, _NOT_OURS))
