"""`Crunch` and `AsyncCrunch`: the typed clients, with the settings of the documented one."""

import asyncio

import httpx
import omicsdk.crunch
import pytest
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.core.credentials import ANONYMOUS, Basic
from omicsdk.core.errors import ConfigError, NotFound, Unauthorized
from omicsdk.core.retry import NO_RETRY
from omicsdk.crunch import AsyncCrunch, Crunch
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch import SANDBOX_CRUNCH_USER


def test_it_finds_the_site_and_the_token_by_itself(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("CRUNCH_URL", f"{sandbox.crunch_url}/")
    monkeypatch.setenv("CRUNCH_TOKEN", sandbox.crunch_token)
    with Crunch() as crunch:
        assert crunch.get_next_dataset().dataset == "sandbox:example-reads"

        async def asked() -> str:
            async with AsyncCrunch() as other:
                return (await other.get_project(slug="sandbox")).name

        assert asyncio.run(asked()) == "Sandbox"
        assert sandbox.crunch_token not in repr(crunch)


def test_what_is_given_wins(sandbox: Sandbox):
    environ = {"CRUNCH_URL": "https://gone.example.org", "CRUNCH_TOKEN": "0" * 40}
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token, environ=environ) as crunch:
        assert crunch.list_projects().count == 1
    basic = Basic(SANDBOX_CRUNCH_USER, sandbox.password)
    with Crunch(sandbox.crunch_url, credentials=basic, environ={}) as crunch:
        assert crunch.list_projects().count == 1
    with Crunch(sandbox.crunch_url, credentials=ANONYMOUS, environ={}) as crunch, pytest.raises(Unauthorized):
        crunch.list_projects()


def test_errors_are_those_of_the_core(sandbox: Sandbox):
    with (
        Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token) as crunch,
        pytest.raises(NotFound, match="get_dataset"),
    ):
        crunch.get_dataset(slug="nope:nope")


def test_all_pages_come(sandbox: Sandbox):
    with Crunch(sandbox.crunch_url, credentials=sandbox.crunch_token) as crunch:
        for number in range(25):
            crunch.add_item(parent="sandbox", name=f"Item {number}")
        names = [item.name for item in crunch.list_items.iterate()]
    assert names == ["Sandbox", "Example Reads", *(f"Item {number}" for number in range(25))]


def test_a_token_that_a_page_of_a_failed_site_has_is_masked():
    secret = "5ec2e7" * 6 + "beef"
    page = (
        "AttributeError at /api/next/\n'NoneType' object has no attribute 'slug'\n\nRequest Method: GET\n\nMETA:\n"
        f"HTTP_AUTHORIZATION = 'Token {secret}'\nHTTP_HOST = 'crunch.example.org'\n"
    )
    headers = {"content-type": "text/plain; charset=utf-8"}
    transport = httpx.MockTransport(lambda _: httpx.Response(500, text=page, headers=headers))
    with (
        Connection("https://crunch.example.org", secret, transport=transport, retry=NO_RETRY) as connection,
        pytest.raises(CrunchAPIException) as raised,
    ):
        connection.get_json_response("api/next/")
    error = raised.value
    assert error.response is not None
    assert secret not in f"{error} {error!r} {error.response.text} {vars(error)}"
    assert "HTTP_HOST" in error.response.text
    assert "HTTP_HOST" not in str(error)


@pytest.mark.parametrize("kind", [Crunch, AsyncCrunch])
def test_without_a_site_or_a_token_it_says_which_variables(kind: type[Crunch] | type[AsyncCrunch]):
    with pytest.raises(ConfigError, match="No base URL found for the platform crunch") as raised:
        kind(credentials="0" * 40)
    assert "CRUNCH_URL" in raised.value.remedy
    with pytest.raises(ConfigError, match="No credentials found for https://crunch") as raised:
        kind("https://crunch.example.org")
    assert "CRUNCH_TOKEN" in raised.value.remedy
    with pytest.raises(CrunchAPIException, match="CRUNCH_URL"):
        Connection()


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("crunch.example.org", "does not begin with"),
        ("https://", "has no host"),
        ("https://crunch.example.org:99999", "has a port"),
    ],
)
def test_an_address_that_is_none_is_told_with_where_it_came_from(url: str, fault: str, monkeypatch: pytest.MonkeyPatch):
    with pytest.raises(ConfigError, match=f"^The base URL of Crunch is '{url}', which {fault}") as raised:
        Crunch(url, credentials="0" * 40)
    assert "CRUNCH_URL" in raised.value.remedy
    monkeypatch.setenv("CRUNCH_URL", url)
    with pytest.raises(CrunchAPIException, match=f"^The base URL of Crunch is '{url}', which {fault}.*CRUNCH_URL"):
        Connection(None, "0" * 40)


def test_the_package_gives_its_names_and_no_others():
    for name in omicsdk.crunch.__all__:
        assert getattr(omicsdk.crunch, name) is not None
    assert dir(omicsdk.crunch) == omicsdk.crunch.__all__
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        omicsdk.crunch.Nothing  # noqa: B018
