"""Logins with Google's credentials files: a token is requested when it is needed, renewed, and never sent elsewhere."""

from pathlib import Path

import httpx
import pytest
from authorization_server import AuthorizationServer
from client_secrets import secrets_file as secrets_file
from client_secrets import server as server
from omicsdk.core import AuthError, ManualClock
from omicsdk.core.oauth.google import google_credentials, is_client_secrets, log_in
from omicsdk.core.oauth.tokens import Endpoint


def follow(url: str) -> None:
    """Be the browser that the server sends back."""
    httpx.get(url, trust_env=False).raise_for_status()


def test_a_login_with_a_browser_writes_credentials_that_are_renewed(
    tmp_path: Path, server: AuthorizationServer, secrets_file: Path
) -> None:
    clock, messages = ManualClock(), list[str]()
    sender = Endpoint({}, transport=httpx.MockTransport(server), clock=clock)
    target = tmp_path / "google" / "login.json"
    assert is_client_secrets(secrets_file)
    log_in(
        secrets_file,
        target,
        on_message=messages.append,
        open_browser=lambda url: follow(server.consent(url)),
        endpoint=sender,
    )
    assert target.stat().st_mode & 0o77 == 0
    assert "access_type=offline" in messages[0]
    assert not is_client_secrets(target)
    credentials = google_credentials(target, endpoint=sender, clock=clock)
    sent = credentials.headers("GET", "https://service.example.org")["authorization"]
    assert sent == f"Bearer {server.access_tokens[-1]}"
    assert len(server.access_tokens) == 2  # the login's own, and the renewed one


def test_a_login_that_the_user_refuses_writes_nothing(
    tmp_path: Path, server: AuthorizationServer, secrets_file: Path
) -> None:
    sender = Endpoint({}, transport=httpx.MockTransport(server), clock=ManualClock())
    with pytest.raises(AuthError, match="access_denied"):
        log_in(
            secrets_file,
            tmp_path / "login.json",
            on_message=lambda _: None,
            open_browser=lambda url: follow(server.consent(url, error="access_denied")),
            endpoint=sender,
        )
    assert not (tmp_path / "login.json").exists()
