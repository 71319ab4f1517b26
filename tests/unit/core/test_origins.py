"""The origin of a URL."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import credentials
from omicsdk.core.credentials import is_confidential, is_loopback, origin_of


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
