"""A stored login that can be renewed, and its clock."""

import pytest
from omicsdk.core import Token, TokenFile
from omicsdk.core.token_file import StoredLogin

HERE = "https://dss.example.org/v1"
GET = ("GET", f"{HERE}/files")


@pytest.fixture
def tokens(tmp_path):
    return TokenFile(tmp_path / "tokens.json")


@pytest.fixture
def stored(tokens, clock):
    def store(ends_in=3600.0, refresh_token="refresh-0", **more):
        login = StoredLogin(Token("access-0", clock.now() + ends_in), refresh_token, **more)
        tokens.keep(HERE, login)
        return tokens.login(HERE)

    return store
