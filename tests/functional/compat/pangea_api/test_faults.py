"""Broken networks: what is read comes whole, and what is created is created once."""

from collections.abc import Iterator

import httpx
import pytest
from omicsdk.compat.pangea_api import Knex, Organization, PangeaGeneralError, SampleGroup
from omicsdk.core import DecodeError, Retry, TransportError
from omicsdk.sandbox import Rule, Sandbox
from pangea_users import create_samples


@pytest.fixture
def hasty(sandbox: Sandbox, knex: Knex) -> Iterator[Knex]:
    """The same user, who does not wait between two tries."""
    with Knex(sandbox.pangea_url, retry=Retry(attempts=4, base=0, statuses=frozenset({502, 503, 504}))) as hasty:
        hasty.auth = knex.auth
        yield hasty


def test_an_empty_response_is_not_an_empty_list(hasty: Knex, library: SampleGroup, sandbox: Sandbox):
    create_samples(library, ["a"])
    group = Organization(hasty, "An Org").sample_group("A Library").get()
    sandbox.add_faults(Rule("short", path="/pangea/api/*", at=0))
    for call in (lambda: list(group.get_samples()), group.sample("a").get):
        with pytest.raises(DecodeError) as caught:
            call()
        assert isinstance(caught.value, PangeaGeneralError)


def test_an_empty_response_is_no_new_object():
    def response(request: httpx.Request) -> httpx.Response:
        return httpx.Response(201)

    lone = Knex("https://pangea.example.org", transport=httpx.MockTransport(response))
    org = Organization(lone, "New")
    with pytest.raises(DecodeError):
        org.create()
    assert org.uuid is None


def test_what_may_have_been_created_is_not_created_again(hasty: Knex, library: SampleGroup, sandbox: Sandbox):
    sandbox.add_faults(Rule("cut", path="/pangea/api/samples", method="POST", at=10, times=1))
    sample = Organization(hasty, "An Org").sample_group("A Library").sample("s", metadata={"x": 1})
    with pytest.raises(TransportError) as caught:
        sample.create()
    assert isinstance(caught.value, PangeaGeneralError)
    posts = [request for request in sandbox.requests("/pangea/api/samples") if request["method"] == "POST"]
    assert len(posts) == 1
    made = sample.idem()
    assert made.metadata == {"x": 1}
    assert [sample.uuid for sample in library.get_samples()] == [made.uuid]


def test_a_request_without_a_name_is_reported_without_one(
    hasty: Knex, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
):
    sandbox.add_faults(Rule("status", path="/pangea/api/organizations", status=503, times=1))
    with caplog.at_level("INFO", "omicsdk.http"):
        hasty.get("organizations")
    messages = [record.getMessage() for record in caplog.records if "try 2 of" in record.getMessage()]
    assert [message.startswith("GET http") for message in messages] == [True]
