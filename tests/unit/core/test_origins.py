"""URLs of services: their origins, and base URLs that are valid or not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from omicsdk import Azul, SevenBridges
from omicsdk.core import ConfigError, credentials
from omicsdk.core.credentials import is_confidential, is_loopback, origin_of
from omicsdk.core.redaction import mask_url
from omicsdk.core.request import checked_base_url, fault_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://a.org", "https://a.org:443"),
        ("HTTPS://A.org:443/x?y#z", "https://a.org:443"),
        ("http://a.org", "http://a.org:80"),
        ("http://a.org.:8080/", "http://a.org:8080"),
        ("https://u:p@a.org/", "https://a.org:443"),
        ("https://a.org@evil.org/", "https://evil.org:443"),
        ("https://evil.org#@a.org/", "https://evil.org:443"),
        ("http://[::1]:8080/x", "http://[::1]:8080"),
        ("/x", ""),
        ("https://", ""),
        ("https://[x", ""),
        ("https://a.org:http", ""),
        ("https://a.org:99999", ""),
        ("https://a.org:0", "https://a.org:0"),
        ("mailto:a@b", ""),
    ],
)
def test_origins(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "api.localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evillocalhost",
        "localhost.evil.org",
        "127.evil.org",
        "127.0.0.1.evil.org",
        "128.0.0.1",
        "127.0.0.256",
        f"127.0.0.{'1' * 5000}",
        "127.1",
        "0.0.0.0",
        "::2",
        "10.0.0.1",
    ],
)
def test_other_machines(host):
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "confidential"),
    [
        ("https://a.org/", True),
        ("http://a.org/", False),
        ("http://localhost:80/", True),
        ("http://[::1]/", True),
        ("http://127.0.0.1@evil.org/", False),
        ("ftp://localhost/", False),
        ("", False),
    ],
)
def test_where_secrets_may_go(url, confidential):
    assert is_confidential(url) is confidential


@given(st.text(max_size=40))
def test_no_text_breaks_it(text):
    assert isinstance(origin_of(text), str)
    assert isinstance(is_loopback(text), bool)
    assert isinstance(is_confidential(text), bool)


@given(
    st.text("hps:/?#@[]\\ \t\n.%a1\u2100\uff0f", max_size=24),
    st.sampled_from(["", "http://", "https://a.org", "https://"]),
)
def test_only_the_beginning_is_examined_and_nothing_of_it_is_lost(rest: str, start: str) -> None:
    url = start + rest
    assert origin_of(url) == credentials._origin_of.__wrapped__(url)


# -- valid base URLs, and errors for invalid ones


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.org", "https://a.org"),
        (" HTTPS://a.org/v1// ", "HTTPS://a.org/v1"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("http://127.0.0.1:1", "http://127.0.0.1:1"),
        ("https://a.org:65535/x", "https://a.org:65535/x"),
        ("https://a.org:/x", "https://a.org:/x"),
    ],
)
def test_what_can_be_one(url: str, kept: str):
    assert checked_base_url(url) == kept


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("", "is empty"),
        ("a.org", "does not begin with"),
        ("ftp://a.org", "does not begin with"),
        ("https:/a.org", "does not begin with"),
        ("https://", "has no host"),
        ("https:///v1", "has no host"),
        ("https://:443", "has no host"),
        ("https://a.org:99999", "has a port"),
        ("https://a.org:0", "has a port"),
        ("https://a.org:http/v1", "has a port"),
        ("https://[::1", "has a host that is not one"),
        ("https://a\\b", "has a host that is not one"),
        ("https://a b/", "has a host that is not one"),
        ("https://]@1", "has a user or password that must be percent-encoded"),
        ("https://me:p[ss@a.org/v1", "has a user or password that must be percent-encoded"),
        ("https://\u2100@a.org", "has a user or password that must be percent-encoded"),
    ],
)
def test_what_cannot(url: str, fault: str):
    with pytest.raises(ConfigError, match=f"^SOME_URL is .*, which {fault}") as caught:
        checked_base_url(url, source="SOME_URL", remedy="Set SOME_URL.")
    assert repr(mask_url(url)) in str(caught.value)
    assert caught.value.remedy == "Set SOME_URL."


def test_a_caller_that_names_no_source_gets_a_whole_sentence_and_a_remedy():
    with pytest.raises(ConfigError) as caught:
        checked_base_url("https://")
    assert caught.value.message == "The base URL is 'https://', which has no host"
    assert caught.value.remedy == "Use one that begins with https:// and a host."


@pytest.mark.parametrize("token", ["0a1b2c3d", "eyJhbGci.eyJzdWIi.SflKxwRJ", "abc/def+ghi=="])
def test_a_token_in_its_place_is_not_reported(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("SB_API_ENDPOINT", "https://sb.example/v2")
    monkeypatch.setenv("SB_AUTH_TOKEN", "configured")
    for kind in (SevenBridges, Azul):
        with pytest.raises(
            ConfigError, match=rf"a text of {len(token)} characters, and no URL.*pass a token as credentials"
        ) as caught:
            kind(token)
        assert token not in str(caught.value)


def test_a_password_in_it_is_not_reported():
    with pytest.raises(ConfigError) as caught:
        checked_base_url("https://me:secret@a.org:99999")
    assert "secret" not in str(caught.value)


@given(st.text(st.sampled_from("htps:/@[]?#\\ \t.a1%\u2100"), max_size=12).map("https://".__add__))
@example("https://]@1")
@example("https://\u2100@a.org")
def test_what_has_no_fault_has_an_origin(url: str):
    if fault_of(url) is None:
        assert origin_of(url)
