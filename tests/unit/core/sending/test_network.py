"""Proxies, authorities and client certificates as the environment names them."""

import asyncio
import ipaddress

import pycurl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.errors import (
    ConnectFailed,
    NameNotResolved,
    ProxyFailed,
    ProxyLoginFailed,
    TimedOut,
    TLSFailed,
    TransportError,
)
from omicsdk.core.sending import proxies
from omicsdk.core.sending.connections import Network, default_ca_file, network
from omicsdk.core.sending.proxies import Passage, ProxyLogin, is_login_refused, login_of
from omicsdk.core.sending.wire import EventLoop

P = "http://proxy.example.org:3128"


def proxy(url, **environ):
    return network(url, environ).proxy


@pytest.mark.parametrize(
    ("url", "environ", "expected"),
    [
        ("http://a.org/", {"HTTP_PROXY": P}, P),
        ("http://a.org/", {"http_proxy": P}, P),
        ("https://a.org/", {"HTTPS_PROXY": P}, P),
        ("https://a.org/", {"https_proxy": P}, P),
        ("https://a.org/", {"HTTP_PROXY": P}, None),
        ("http://a.org/", {"HTTPS_PROXY": P}, None),
        ("http://a.org/", {"ALL_PROXY": P}, P),
        ("https://a.org/", {"all_proxy": P}, P),
        ("https://a.org/", {"HTTPS_PROXY": "http://one", "ALL_PROXY": "http://two"}, "http://one"),
        ("https://a.org/", {"HTTPS_PROXY": "", "ALL_PROXY": P}, None),
        ("http://a.org/", {"http_proxy": "http://low", "HTTP_PROXY": "http://high"}, "http://low"),
        ("http://a.org/", {"HTTP_PROXY": "proxy.example.org:3128"}, P),
        ("http://a.org/", {"HTTP_PROXY": "me:pw@proxy.example.org:3128"}, "http://me:pw@proxy.example.org:3128"),
        ("http://a.org/", {"HTTP_PROXY": "http://me:1#/?[é %40@@p:1"}, "http://me:1%23%2F%3F%5B%C3%A9%20%40%40@p:1"),
        ("http://a.org/", {"HTTP_PROXY": "me:a://b@p:1"}, "http://me:a:%2F%2Fb@p:1"),
        ("http://a.org/", {"HTTP_PROXY": "socks5h://p:1080"}, "socks5h://p:1080"),
        # MoonshotAI/kimi-cli issues 404 and 630, HKUDS/nanobot issue 5425: GNOME's settings write no version.
        ("http://a.org/", {"ALL_PROXY": "socks://p:1080/"}, "socks5h://p:1080/"),
        ("http://a.org/", {"HTTP_PROXY": f"  {P} "}, P),
        ("HTTP://A.ORG/", {"http_proxy": P}, P),
        ("http://a.org/", {"HTTP_PROXY": P, "REQUEST_METHOD": "GET"}, None),
        ("http://a.org/", {"http_proxy": P, "REQUEST_METHOD": "GET"}, P),
        ("http://127.0.0.1:8080/", {"HTTP_PROXY": P}, P),
        ("http://a.org/", {}, None),
    ],
)
def test_which_proxy(url, environ, expected):
    assert proxy(url, **environ) == expected


@pytest.mark.parametrize(
    ("url", "listed", "direct"),
    [
        ("http://a.org/", "*", True),
        ("http://a.org/", "a.org", True),
        ("http://A.ORG./", "a.org", True),
        ("http://a.org/", "A.ORG", True),
        ("http://sub.a.org/", "a.org", True),
        ("http://sub.a.org/", ".a.org", True),
        ("http://a.org/", ".a.org", True),
        ("http://sub.a.org/", "*.a.org", True),
        ("http://xa.org/", "a.org", False),
        ("http://a.org.evil.com/", "a.org", False),
        ("http://a.org/", "sub.a.org", False),
        ("http://a.org:8080/", "a.org:8080", True),
        ("http://a.org:8081/", "a.org:8080", False),
        ("http://a.org/", "a.org:80", True),
        ("https://a.org/", "a.org:443", True),
        ("https://a.org/", "a.org:80", False),
        ("http://b.org/", "a.org, b.org", True),
        ("http://b.org/", "a.org b.org", True),
        ("http://b.org/", ",,a.org,", False),
        ("http://10.1.2.3/", "10.0.0.0/8", True),
        ("http://11.1.2.3/", "10.0.0.0/8", False),
        ("http://10.1.2.3/", "10.1.2.3", True),
        ("http://10.1.2.3:81/", "10.1.2.3:80", False),
        ("http://10.1.2.3/", "1.2.3", False),
        ("http://[::1]/", "::1", True),
        ("http://[::1]:8080/", "[::1]:8080", True),
        ("http://[fd00::5]/", "fd00::/8", True),
        ("http://[fe80::5]/", "fd00::/8", False),
        ("http://10.1.2.3/", "fd00::/8", False),
        ("http://a.org/", "10.0.0.0/8", False),
        ("http://a.org/", "not/a/network", False),
        ("http://a.org/", ".", False),
        ("http://a.org/", "", False),
    ],
)
def test_who_is_reached_directly(url, listed, direct):
    assert (proxy(url, ALL_PROXY=P, NO_PROXY=listed) is None) is direct
    assert (proxy(url, ALL_PROXY=P, no_proxy=listed) is None) is direct


labels = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)


@given(names, names)
def test_a_name_covers_itself_and_what_is_under_it_only(listed, host):
    covered = host == listed or host.endswith("." + listed)
    assert (proxy(f"http://{host}/", ALL_PROXY=P, NO_PROXY=listed) is None) is covered


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_a_network_covers_its_addresses_only(listed, host, bits):
    covered = host in ipaddress.ip_network((int(listed), bits), strict=False)
    assert (proxy(f"http://{host}/", ALL_PROXY=P, NO_PROXY=f"{listed}/{bits}") is None) is covered


@given(st.text(max_size=30))
def test_no_list_breaks_it(listed):
    assert proxy("http://a.org/", ALL_PROXY=P, NO_PROXY=listed) in (None, P)


@pytest.mark.parametrize(
    ("environ", "ca_file", "ca_dir"),
    [
        ({}, None, None),
        ({"SSL_CERT_FILE": "/a.pem", "REQUESTS_CA_BUNDLE": "/b.pem"}, "/a.pem", None),
        ({"REQUESTS_CA_BUNDLE": "/b.pem", "CURL_CA_BUNDLE": "/c.pem"}, "/b.pem", None),
        ({"CURL_CA_BUNDLE": "/c.pem", "AWS_CA_BUNDLE": "/d.pem"}, "/c.pem", None),
        ({"AWS_CA_BUNDLE": "/d.pem"}, "/d.pem", None),
        ({"REQUESTS_CA_BUNDLE": "/"}, None, "/"),
        ({"SSL_CERT_DIR": "/"}, None, "/"),
        ({"SSL_CERT_FILE": "/a.pem", "SSL_CERT_DIR": "/"}, "/a.pem", "/"),
        ({"SSL_CERT_FILE": ""}, None, None),
    ],
)
def test_which_authorities(environ, ca_file, ca_dir):
    settings = network("https://a.org/", environ)
    assert (settings.ca_file, settings.ca_dir) == (ca_file, ca_dir)


def test_the_password_of_a_proxy_is_not_shown():
    settings = network("http://a.org/", {"ALL_PROXY": "http://me:canary@p:1"})
    assert "canary" not in repr(settings) + str(settings)


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        (Network(), {"PROXY": "", "NOPROXY": "", "CAINFO": default_ca_file()}),
        (Network(proxy=P, ca_file="/a.pem"), {"PROXY": P, "NOPROXY": "", "CAINFO": "/a.pem"}),
        (Network(ca_dir="/"), {"PROXY": "", "NOPROXY": "", "CAPATH": "/"}),
        (
            Network(ca_file="/a.pem", ca_dir="/f", client_cert="/c.pem", client_key="/k.pem"),
            {"PROXY": "", "NOPROXY": "", "CAINFO": "/a.pem", "CAPATH": "/f", "SSLCERT": "/c.pem", "SSLKEY": "/k.pem"},
        ),
    ],
)
def test_libcurl_is_reported_the_same(settings, options):
    assert settings.curl_options() == options
    handle = pycurl.Curl()
    for name, value in options.items():
        handle.setopt(getattr(pycurl, name), value)
    handle.close()


# -- how long a request waits for the first one through its proxy, and for how long a refusal applies


@pytest.fixture
def at(monkeypatch):
    """Moves the clock."""

    def set_clock(seconds):
        monkeypatch.setattr(proxies.time, "monotonic", lambda: seconds)

    set_clock(0.0)
    return set_clock


@pytest.mark.parametrize(
    ("proxy", "has_login"),
    [
        ("", False),
        ("http://proxy:3128", False),
        ("http://proxy:3128/a@b", False),
        ("http://me:pw@proxy:3128", True),
        ("http://me@proxy:3128", True),
        ("socks5://me:pw@proxy", True),
    ],
)
def test_only_a_proxy_with_a_login_is_waited_for(proxy, has_login):
    assert (login_of(proxy) is not None) is has_login


def test_a_login_is_shared_and_another_password_is_another_login():
    assert login_of("http://me:one@shared:1") is login_of("http://me:one@shared:1")
    assert login_of("http://me:one@shared:1") is not login_of("http://me:two@shared:1")


def test_a_wait_ends_although_the_first_request_does_not(at):
    login = ProxyLogin()
    first, second = Passage(login), Passage(login)
    assert (first.turn(), second.turn()) == ("go", "wait")
    at(29.9)
    assert second.turn() == "wait"
    at(30.0)
    assert second.turn() == "go"
    second.responded(refused=False)
    assert Passage(login).turn() == "go"
    first.give_up()  # too late to matter
    assert Passage(login).turn() == "go"


def test_a_refused_password_is_sent_again_after_a_minute_and_alone(at):
    login = ProxyLogin()
    first, second = Passage(login), Passage(login)
    assert (first.turn(), second.turn()) == ("go", "wait")
    first.responded(refused=True)
    assert second.turn() == Passage(login).turn() == "refused"
    at(60.0)
    assert (Passage(login).turn(), Passage(login).turn()) == ("go", "wait")


def test_a_failure_lets_those_go_that_wait_and_the_next_is_first_again(at):
    login, woken = ProxyLogin(), []
    first = Passage(login)
    waiting = [Passage(login, lambda: woken.append(True)) for _ in range(3)]
    assert first.turn() == "go"
    assert [passage.turn() for passage in waiting] == ["wait"] * 3
    first.failed()
    assert [passage.turn() for passage in waiting] == ["go"] * 3
    assert woken == [True] * 3
    assert (Passage(login).turn(), Passage(login).turn()) == ("go", "wait")


def test_one_of_those_that_wait_follows_a_cancelled_one(at):
    login = ProxyLogin()
    first, second, third = (Passage(login) for _ in range(3))
    assert [passage.turn() for passage in (first, second, third)] == ["go", "wait", "wait"]
    with pytest.raises(KeyboardInterrupt), first:
        raise KeyboardInterrupt
    assert [passage.turn() for passage in (third, second)] == ["go", "wait"]


@pytest.mark.parametrize("is_refused", [True, False])
def test_on_an_event_loop_a_request_waits_for_the_first_one(is_refused):
    login = ProxyLogin()
    first, second = Passage(login), Passage(login)

    async def run():
        assert await EventLoop().passed(first)
        waiting = asyncio.create_task(EventLoop().passed(second))
        await asyncio.sleep(0)
        assert not waiting.done()
        first.responded(refused=is_refused)
        return await waiting

    assert asyncio.run(run()) is not is_refused


@pytest.mark.parametrize(
    ("status", "server", "is_refused"),
    [(407, "", True), (401, "tinyproxy/1.11.1", True), (401, "nginx", False), (403, "tinyproxy/1.11.1", False)],
)
def test_whose_refusal_a_response_is(status, server, is_refused):
    assert is_login_refused(status, {"server": server}) is is_refused


VIA = Network("https://me:canary@p.example.org:3128", variable="HTTPS_PROXY")


@pytest.mark.parametrize(
    ("route", "error", "remedy"),
    [
        (
            VIA,
            ProxyLoginFailed("407"),
            "Correct the user name and password in HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT.",
        ),
        (
            VIA,
            TLSFailed("wrong version", remedy="Is it plain HTTP?"),
            "If the proxy expects plain HTTP, as most do, write it as http:// in HTTPS_PROXY.",
        ),
        (VIA, TLSFailed("expired", remedy="Say it."), "Say it."),
        (Network("http://p:1"), TLSFailed("wrong version", remedy="Is it plain HTTP?"), "Is it plain HTTP?"),
        (VIA, ProxyFailed("502"), "Check the proxy in HTTPS_PROXY, or name the host in NO_PROXY."),
        (
            Network("http://p:1"),
            ConnectFailed("refused"),
            "Check the proxy in the proxy's URL, or name the host in NO_PROXY.",
        ),
        (VIA, NameNotResolved("no name"), "Check the proxy in HTTPS_PROXY, or name the host in NO_PROXY."),
        (VIA, TimedOut("late", remedy="Say it."), "Say it."),
    ],
)
def test_an_error_on_the_way_through_a_proxy_names_it_once(route: Network, error: TransportError, remedy: str) -> None:
    message = error.message
    route.blame_proxy(error)
    route.blame_proxy(error)
    variable = f" ({route.variable})" if route.variable else ""
    proxy = "https://***@p.example.org:3128" if route is VIA else "http://p:1"
    assert error.message == f"{message}, by way of the proxy {proxy}{variable}"
    assert error.remedy == remedy


def test_without_a_proxy_no_error_changes() -> None:
    error = ConnectFailed("refused")
    Network().blame_proxy(error)
    assert str(error) == str(ConnectFailed("refused"))
    assert network("http://a.org/", {"HTTP_PROXY": P, "NO_PROXY": "a.org"}) == network("http://a.org/", {})
