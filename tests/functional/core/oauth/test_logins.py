"""Logins with servers: requests to an authorization server and its responses; a stored login is renewed once; logins with Google's
credentials files."""

import multiprocessing
from pathlib import Path

import httpx
import pytest
from authorization_server import AuthorizationServer
from client_secrets import secrets_file as secrets_file
from client_secrets import server as server
from omicsdk.core import AuthError, ManualClock, Retry, TokenFile
from omicsdk.core.oauth.credentials import RefreshingToken
from omicsdk.core.oauth.google import google_credentials, is_client_secrets, log_in
from omicsdk.core.oauth.tokens import Endpoint, Grant, get
from quiet_server import QuietHandler, serving
from stored_login import GET, HERE
from stored_login import stored as stored
from stored_login import tokens as tokens

QUICK = Retry(attempts=3, base=0.0)


def test_the_environments_proxy_is_used():
    seen = []

    class Proxy(QuietHandler):
        def do_GET(self):
            seen.append(self.path)
            self.reply(200, b"{}")

    with serving(Proxy) as proxy:
        endpoint = Endpoint({"HTTP_PROXY": proxy}, retry=QUICK)
        assert endpoint.text(get("http://auth.example.org/secrets", "application_secrets")) == "{}"
    assert seen == ["http://auth.example.org/secrets"]


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


def _renew_in_process(path, now, ready, go, responses):
    """One of several processes that meet an ended token; a refresh token is good for one use."""
    clock = ManualClock(now)
    tokens = TokenFile(path)
    used = path.with_name("used")

    def renewal(refresh_token):
        with used.open("x"):  # fails for the second one
            return Grant("renewed", now + 3600, "next")

    refreshing_token = RefreshingToken(tokens, HERE, tokens.login(HERE), renewal, clock=clock)
    ready.release()
    go.wait(30)
    responses.put(refreshing_token.headers(*GET)["authorization"])


def test_processes_share_one_renewal(stored, tokens, clock):
    stored(ends_in=0.0)
    context = multiprocessing.get_context("spawn")
    ready, go, responses = context.Semaphore(0), context.Event(), context.Queue()
    workers = [
        context.Process(target=_renew_in_process, args=(tokens.path, clock.now(), ready, go, responses))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert ready.acquire(timeout=60)
    go.set()
    assert [responses.get(timeout=60) for _ in workers] == ["Bearer renewed"] * 3
    for worker in workers:
        worker.join(60)
    assert tokens.login(HERE).refresh_token == "next"
