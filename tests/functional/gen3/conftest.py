"""A commons without a network, a sandbox's commons, and a user without settings of their own."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from gen3_environment import make_token as make_token
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.index import Gen3Index
from omicsdk.compat.gen3.metadata import Gen3Metadata
from omicsdk.gen3 import Gen3
from omicsdk.sandbox import Sandbox
from reset_sandbox import sandbox as sandbox
from reset_sandbox import sandbox_server as sandbox_server
from unsettled import home as home
from unsettled import nothing_around as nothing_around


@pytest.fixture
def auth(sandbox: Sandbox, tmp_path: Path) -> Gen3Auth:
    return Gen3Auth(refresh_file=sandbox.gen3_credentials(tmp_path / "credentials.json"))


@pytest.fixture
def commons(auth: Gen3Auth) -> Generator[Gen3]:
    with Gen3(credentials=auth) as commons:
        yield commons


@pytest.fixture
def index(auth: Gen3Auth) -> Generator[Gen3Index]:
    with Gen3Index(auth) as index:
        yield index


@pytest.fixture
def documents(auth: Gen3Auth) -> Generator[Gen3Metadata]:
    with Gen3Metadata(auth) as documents:
        yield documents


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str, name: str = "m.tsv") -> Path:
        """A manifest; its cells may be separated by " | "."""
        path = tmp_path / name
        path.write_text("".join(f"{line}\n".replace(" | ", "\t") for line in lines))
        return path

    return write
