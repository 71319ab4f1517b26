"""An authorization server and the client secrets of an application."""

import json
from pathlib import Path

import pytest
from authorization_server import AuthorizationServer

# -- logging in with a browser


@pytest.fixture
def server() -> AuthorizationServer:
    return AuthorizationServer(url="https://google.example.org")


@pytest.fixture
def secrets_file(tmp_path: Path, server: AuthorizationServer) -> Path:
    path = tmp_path / "client_secrets.json"
    path.write_text(json.dumps(server.application_secrets))
    return path
