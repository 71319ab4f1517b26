"""Clients of the sandbox's Fusillade, whose responses are held against its document."""

from collections.abc import Callable, Generator
from typing import Any

import httpx
import pytest
from conformity import closed_clients, conforming_client
from omicsdk.sandbox import Sandbox

Client = Callable[..., httpx.Client]


@pytest.fixture
def client(sandbox: Sandbox) -> Generator[Client]:
    """Makes clients of Fusillade: with a token, with a sandbox's token of an address, or with none."""

    def make(email: str = "", *, token: str = "", groups: tuple[str, ...] = ()) -> httpx.Client:
        token = token or (sandbox.token(email, groups=groups) if email else "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return conforming_client(f"{sandbox.url}/auth", "/auth", headers)

    yield from closed_clients(make)


@pytest.fixture
def admin(client: Client) -> httpx.Client:
    """Who administers a fresh sandbox."""
    return client("user@example.org")


@pytest.fixture
def web(client: Client) -> httpx.Client:
    """Somebody without a token."""
    return client()


def policy(*actions: str, resource: str = "arn:hca:dss:*:*:*", effect: str = "Allow", **more: Any) -> dict[str, Any]:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": effect, "Action": list(actions), "Resource": [resource], **more}],
    }


@pytest.fixture(name="policy")
def _policy() -> Callable[..., dict[str, Any]]:
    """Makes a policy of one statement."""
    return policy
