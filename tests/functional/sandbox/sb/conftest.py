"""Clients of the sandbox's Seven Bridges Platform, each response held to the platform's document."""

from collections.abc import Callable, Generator
from typing import Any

import httpx
import pytest
from conformity import closed_clients, conforming_client
from omicsdk.sandbox import Sandbox
from sb_responses import send_part

Json = dict[str, Any]
Clients = Callable[[str], httpx.Client]


def _client(sandbox: Sandbox, token: str) -> httpx.Client:
    return conforming_client(sandbox.sb_url, "/sb/v2", {"X-SBG-Auth-Token": token})


@pytest.fixture
def web(sandbox: Sandbox) -> Generator[httpx.Client]:
    """A client of the user sandbox-user."""
    with _client(sandbox, sandbox.sb_token) as client:
        yield client


@pytest.fixture
def client_of(sandbox: Sandbox) -> Generator[Clients]:
    """Makes clients of other users, such as ada."""
    yield from closed_clients(lambda username: _client(sandbox, sandbox.sb.token_for(username)))


@pytest.fixture
def project(web: httpx.Client) -> str:
    """The identity of a project of sandbox-user's."""
    return web.post("/projects", json={"name": "Pilot"}).json()["id"]


@pytest.fixture
def bucket(sandbox: Sandbox) -> Any:
    """A boto3 client of the S3 server, on which there is the empty bucket `lab`."""
    client = sandbox.sb.context.staging.client()
    client.create_bucket(Bucket="lab")
    return client


Send = Callable[..., Json]


@pytest.fixture
def send(web: httpx.Client, project: str) -> Send:
    """Uploads bytes in parts and returns the file that came of them."""

    def upload(name: str, content: bytes = b"data", overwrite: bool = False, **place: str) -> Json:
        body = {"name": name, "size": len(content), **(place or {"project": project})}
        started = web.post("/upload/multipart", json=body, params={"overwrite": overwrite})
        assert started.status_code == 200, started.text
        id, part_size = started.json()["upload_id"], started.json()["part_size"]
        for number, start in enumerate(range(0, max(len(content), 1), part_size), 1):
            send_part(web, id, number, content[start : start + part_size])
        return web.post(f"/upload/multipart/{id}/complete").json()

    return upload
