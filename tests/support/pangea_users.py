"""Fixtures: a sandbox's Pangea with its users, and an environment without settings for it."""

from collections.abc import Generator
from pathlib import Path

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup, User
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from unsettled import without_proxies


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A user without a login, a cache, settings or proxies."""
    for name in ("PANGEA_ENDPOINT", "PANGEA_USER", "PANGEA_PASS", "OMICS_PANGEA_TOKEN", "USE_PANGEA_CACHE"):
        monkeypatch.delenv(name, raising=False)
    without_proxies(monkeypatch)
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PANGEA_API_CACHE_DIR", str(tmp_path / "kept"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(tmp_path / "state"))


@pytest.fixture
def knex(sandbox: Sandbox) -> Generator[Knex]:
    """The sandbox's Pangea, asked by its user."""
    with Knex(sandbox.pangea_url) as knex:
        yield knex.login(SANDBOX_PANGEA_USER, sandbox.password)


@pytest.fixture
def anonymous(sandbox: Sandbox) -> Generator[Knex]:
    """The same, without a login."""
    with Knex(sandbox.pangea_url) as knex:
        yield knex


@pytest.fixture
def outsider(sandbox: Sandbox) -> Generator[Knex]:
    """The same, asked by a user who is a member of no organization."""
    with Knex(sandbox.pangea_url) as knex:
        User(knex, "outsider@example.org", "Quite-long-77").register()
        yield knex


@pytest.fixture
def org(knex: Knex) -> Organization:
    return Organization(knex, "An Org").create()


@pytest.fixture
def library(org: Organization) -> SampleGroup:
    return org.sample_group("A Library", is_library=True, is_public=True).create()


def create_samples(library: SampleGroup, names: str | list[str]) -> list[str]:
    """Many samples of a library that is on the server, by few requests."""
    return library.knex.client.create_library_samples(library.org.name, library.name, names)
