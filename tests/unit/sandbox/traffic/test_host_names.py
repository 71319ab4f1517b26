"""Whose requests are answered: those for this machine, from programs and from the sandbox's own pages."""

import pytest
from omicsdk.sandbox.traffic.server_thread import is_ours, url_of


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("localhost:80", True),
        ("127.0.0.53", True),
        ("[::1]:8080", True),
        ("Sandbox:8080", True),
        ("reads.localhost:8081", True),
        ("Reads.S3.example.org", True),
        ("s3.example.org", False),
        ("evils3.example.org", False),
        ("evil.example.org", False),
        ("127.0.0.1.example.org", False),
        ("10.0.0.1", False),
        ("", False),
        ("[", False),
    ],
)
def test_names_of_this_machine(host: str, ours: bool):
    assert is_ours(host, ("sandbox", ".s3.example.org")) is ours


def test_all_addresses_are_reached_by_loopback():
    assert [url_of(host, 1) for host in ("0.0.0.0", "::", "::1", "192.0.2.1")] == [
        "http://127.0.0.1:1",
        "http://127.0.0.1:1",
        "http://[::1]:1",
        "http://192.0.2.1:1",
    ]
