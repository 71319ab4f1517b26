"""Ports of loopback for servers that are started with a port, and for those that must not exist."""

import atexit
import random
import socket
from pathlib import Path

_EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")

# A port that was bound to 0 and let go can become the port of any other socket before its server starts, and then the test speaks with
# that one. These are below those that the system gives away: on Linux usually from 32768 on, on others from 49152.
RANGE = range(10_000, max(11_000, int(_EPHEMERAL.read_text().split()[0]) if _EPHEMERAL.exists() else 32_768))


def free_port() -> int:
    """A TCP port of 127.0.0.1 at which nothing listens, and which no other process of these tests gets until this one ends."""
    for port in random.sample(RANGE, len(RANGE)):
        # The same port of UDP is the claim: the system lets go of it however the process ends. No server of the tests uses UDP.
        claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            claim.bind(("127.0.0.1", port))
            with socket.create_server(("127.0.0.1", port)):
                atexit.register(claim.close)
                return port
        except OSError:
            claim.close()
    raise RuntimeError(f"No port of {RANGE} is free")
