"""Ports of loopback for servers that are started with a port, and for those that must not exist."""

import atexit
import random
import socket

# A port that was bound to 0 and let go can become the port of any other socket before its server starts, and then the test speaks with
# that one. The system gives away ports from 32768 (Linux) or 49152 (others) on.
RANGE = range(20_000, 32_768)


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
