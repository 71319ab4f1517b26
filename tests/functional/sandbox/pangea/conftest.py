"""Clients of the sandbox's Pangea, each good response held to its document."""

import functools
from collections.abc import Callable, Generator

import httpx
import pytest
from conformity import NO_TLS, Conformity, closed_clients
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import read_document
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.pangea.state import People
from omicsdk.sandbox.state.credentials import hashed
from pangea_responses import Payload, created

MEMBER = "member@example.org"
OUTSIDER = "outsider@example.org"

Clients = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def _conforms() -> Callable[[httpx.Response], None]:
    conformity = Conformity(read_document("pangea"), "/pangea")

    def check(response: httpx.Response) -> None:
        # A storage that refuses to complete an upload is told of by a good response without a body; a table has no schema.
        table = response.headers.get("content-type", "").startswith("text/csv")
        if response.is_success and response.read() and not table:
            conformity(response)

    return check


@pytest.fixture
def client_of(sandbox: Sandbox, _conforms: Callable[[httpx.Response], None]) -> Generator[Clients]:
    """Makes clients for somebody by address, who gets an account if need be; an empty address sends no token."""

    def make(email: str) -> httpx.Client:
        return httpx.Client(
            base_url=f"{sandbox.pangea_url}/api",
            headers={"Authorization": f"Token {_token(sandbox.pangea.people, email)}"} if email else {},
            trust_env=False,
            verify=NO_TLS,
            event_hooks={"response": [_conforms]},
        )

    yield from closed_clients(make)


_hashed = functools.cache(hashed)
"""The hash of a password, once a process: each takes 40 ms."""


def _token(people: People, email: str) -> str:
    password = "a password of 2026"
    return people.token(people.by_email(email) or people.add(email, password, kept=_hashed(password)))


@pytest.fixture
def owner(client_of: Clients) -> httpx.Client:
    """A client of the sandbox's own account, who is in the organization "Sandbox"."""
    return client_of(SANDBOX_PANGEA_USER)


@pytest.fixture
def outsider(client_of: Clients) -> httpx.Client:
    """A client of somebody who is in an organization "Elsewhere" only."""
    client = client_of(OUTSIDER)
    created(client.post("/organizations", json={"name": "Elsewhere"}))
    return client


@pytest.fixture
def anonymous(client_of: Clients) -> httpx.Client:
    """A client without a token."""
    return client_of("")


@pytest.fixture
def member(sandbox: Sandbox, client_of: Clients, library: Payload) -> httpx.Client:
    """A client of another member of the organization "Sandbox"."""
    client = client_of(MEMBER)
    person = sandbox.pangea.people.by_email(MEMBER)
    assert person is not None
    sandbox.pangea.access.join(library["organization"], person)
    return client


@pytest.fixture
def library(owner: httpx.Client) -> Payload:
    """The library that is there from the start; it is public, and has a bucket."""
    return owner.get("/sample_groups", params={"name": "Sandbox Library"}).json()["results"][0]


@pytest.fixture
def private_library(owner: httpx.Client, library: Payload) -> Payload:
    """A library that only members see; it has the same bucket."""
    fields = {"name": "Private", "is_library": True, "is_public": False}
    return created(
        owner.post(
            "/sample_groups", json={**fields, "organization": library["organization"], "bucket": library["bucket"]}
        )
    )


@pytest.fixture
def sample(owner: httpx.Client, library: Payload) -> Payload:
    """A public sample."""
    return created(owner.post("/samples", json={"name": "s 1", "library": library["uuid"]}))


@pytest.fixture
def private_sample(owner: httpx.Client, private_library: Payload) -> Payload:
    """A sample that only members see."""
    return created(owner.post("/samples", json={"name": "hidden", "library": private_library["uuid"]}))


@pytest.fixture
def result(owner: httpx.Client, sample: Payload) -> Payload:
    """A public result of the public sample."""
    return created(
        owner.post("/sample_ars", json={"module_name": "mod::x", "sample": sample["uuid"], "replicate": "r1"})
    )
