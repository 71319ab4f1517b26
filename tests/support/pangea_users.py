"""Fixtures: a sandbox's Pangea with its users."""

from collections.abc import Generator

import pytest
from omicsdk.compat.pangea_api import Knex, Organization, SampleGroup, User
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER


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
