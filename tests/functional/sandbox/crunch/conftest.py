"""Clients of the sandbox's django-crunch site, each good response held to the site's document."""

import functools
from collections.abc import Callable, Generator

import httpx
import pytest
from conformity import NO_TLS, Conformity, closed_clients
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_USER
from omicsdk.sandbox.document import read_document

Clients = Callable[[str], httpx.Client]


@functools.cache
def _conformity() -> Conformity:
    return Conformity(read_document("crunch"), "/crunch")


def _conforms(response: httpx.Response) -> None:
    if response.is_success and response.request.method != "OPTIONS":
        _conformity()(response)


@pytest.fixture
def site(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose site has its two users and nothing else."""
    sandbox.crunch.empty()
    return sandbox


@pytest.fixture
def client_with(site: Sandbox) -> Generator[Clients]:
    """Makes clients by a token; an empty one sends none."""

    def make(token: str) -> httpx.Client:
        headers = {"Authorization": f"Token {token}"} if token else {}
        hooks = {"response": [_conforms]}
        return httpx.Client(
            base_url=f"{site.crunch_url}/api", headers=headers, trust_env=False, verify=NO_TLS, event_hooks=hooks
        )

    yield from closed_clients(make)


@pytest.fixture
def admin(site: Sandbox, client_with: Clients) -> httpx.Client:
    """A client of who may do everything."""
    return client_with(site.crunch.token_of(SANDBOX_CRUNCH_USER))


@pytest.fixture
def anonymous(client_with: Clients) -> httpx.Client:
    """A client without a token."""
    return client_with("")
