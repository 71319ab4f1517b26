"""Proxies, authorities and client certificates as the environment names them."""

import ipaddress

import pycurl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.sending.connections import Network, default_ca_file, network

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
    found = network("https://a.org/", environ)
    assert (found.ca_file, found.ca_dir) == (ca_file, ca_dir)


def test_the_password_of_a_proxy_is_not_shown():
    found = network("http://a.org/", {"ALL_PROXY": "http://me:canary@p:1"})
    assert "canary" not in repr(found) + str(found)


@pytest.mark.parametrize(
    ("found", "options"),
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
def test_libcurl_is_reported_the_same(found, options):
    assert found.curl_options() == options
    handle = pycurl.Curl()
    for name, value in options.items():
        handle.setopt(getattr(pycurl, name), value)
    handle.close()
