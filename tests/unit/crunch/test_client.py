"""`Crunch` and `AsyncCrunch`: the typed clients, with the settings of the documented one."""

import httpx
import omicsdk.crunch
import pytest
from omicsdk.compat.crunch.client.connections import Connection, CrunchAPIException
from omicsdk.core import NO_RETRY, ConfigError
from omicsdk.crunch import AsyncCrunch, Crunch


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
def test_without_a_site_or_a_token_it_states_which_variables(kind: type[Crunch] | type[AsyncCrunch]):
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
def test_an_address_that_is_none_is_reported_with_where_it_came_from(
    url: str, fault: str, monkeypatch: pytest.MonkeyPatch
):
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
