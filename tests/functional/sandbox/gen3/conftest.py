"""Clients of the sandbox's Gen3 commons, each good response held to the document of its service."""

import functools
from collections.abc import Callable, Generator

import httpx
import pytest
from conformity import NO_TLS, Conformity, closed_clients
from gen3_records import case, experiment
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import read_document
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER

SERVICES = {
    "/api": "gen3/sheepdog",
    "/user": "gen3/fence",
    "/gen3/arborist": "gen3/arborist",
    "/wts": "gen3/wts",
    "": "gen3/peregrine",
}
"""Which service's document is that of a place in the commons; a gateway has other paths for those of Arborist."""
PEREGRINE = ("/graphql", "/getschema")
"""The ends of paths below /api that are Peregrine's, and not Sheepdog's."""

Clients = Callable[[str], httpx.Client]


@functools.cache
def _conformity(place: str) -> Conformity:
    return Conformity(read_document(SERVICES[place]), place)


def _conforms(response: httpx.Response) -> None:
    path = response.request.url.path
    place = "" if path.endswith(PEREGRINE) else "/".join(path.split("/")[: 3 if path.startswith("/gen3/") else 2])
    if response.is_success and place in SERVICES:
        _conformity(place)(response)


def token_of(sandbox: Sandbox, name: str) -> str:
    """An access token of somebody, with all that a login in a browser gives."""
    scopes = ("openid", "user", "data", "credentials", "fence", "admin")
    return sandbox.gen3.access.issue(name, sandbox.gen3_url, audience=scopes)


@pytest.fixture
def client_of(sandbox: Sandbox) -> Generator[Clients]:
    """Makes clients of the commons for somebody by name; an empty name sends no token."""

    def make(name: str) -> httpx.Client:
        headers = {"Authorization": f"bearer {token_of(sandbox, name)}"} if name else {}
        return httpx.Client(
            base_url=sandbox.gen3_url,
            headers=headers,
            trust_env=False,
            verify=NO_TLS,
            event_hooks={"response": [_conforms]},
        )

    yield from closed_clients(make)


@pytest.fixture
def admin(client_of: Clients) -> httpx.Client:
    """A client of who may do everything."""
    return client_of(ADMINISTRATOR)


@pytest.fixture
def reader(client_of: Clients) -> httpx.Client:
    """A client of who may read what is below /open, and upload."""
    return client_of(READER)


@pytest.fixture
def anonymous(client_of: Clients) -> httpx.Client:
    """A client without a token."""
    return client_of("")


@pytest.fixture
def seeded(sandbox: Sandbox) -> Sandbox:
    """The sandbox with a project that has an experiment and two cases."""
    sandbox.gen3.records.seed("demo", "one", [experiment(), case("c1"), case("c2")])
    return sandbox
