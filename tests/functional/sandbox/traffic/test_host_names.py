"""Whose requests are answered: those for this machine, from programs and from the sandbox's own pages."""

import socket
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.contents import platforms

EVIL = "evil.example.org"


@pytest.mark.parametrize(("host", "names"), [("192.0.2.1", ("a", "192.0.2.1")), ("0.0.0.0", ("a",)), ("::", ("a",))])
def test_the_address_that_it_listens_on_is_one_of_its_names(host: str, names: tuple[str, ...]):
    assert Sandbox(host=host, allow_hosts=["a"]).allow_hosts == names


@pytest.mark.parametrize("host", ["::1", "::"])
def test_both_servers_listen_on_addresses_of_ipv6(host: str, tmp_path: Path, visitor: httpx.Client):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    with Sandbox(tmp_path, host=host) as sandbox:
        configuration = visitor.get(f"{sandbox.url}/auth/.well-known/openid-configuration").json()
        assert visitor.get(configuration["jwks_uri"]).status_code == 200
        assert visitor.get(sandbox.s3_url).status_code == 403  # not signed
        assert visitor.get(f"http://[::1]:{urlsplit(sandbox.url).port}/dss/v1/swagger.json").status_code == 200


@pytest.fixture(params=["services", "s3"])
def server(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The address of either server."""
    return sandbox.url if request.param == "services" else f"{sandbox.s3_url}/{sandbox.staging_bucket}"


@pytest.fixture
def visitor() -> Generator[httpx.Client]:
    with httpx.Client(trust_env=False) as client:
        yield client


PAGES_OF_OTHERS = [
    {"Host": EVIL},
    {"Host": "localhost.evil.example.org"},
    {"Host": "192.0.2.1"},
    {"Origin": f"https://{EVIL}"},
    {"Origin": "null"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "http://localhost:3000"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors"},
]


@pytest.mark.parametrize("headers", PAGES_OF_OTHERS, ids=str)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_pages_of_other_sites_reach_neither_server(visitor: httpx.Client, server: str, method: str, headers):
    response = visitor.request(method, server, headers=headers)
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control-")]


def test_no_service_answers_to_another_host(sandbox: Sandbox, visitor: httpx.Client):
    for platform in platforms():
        url = f"{sandbox.url}{platform.place}"
        assert visitor.get(url, headers={"Host": EVIL}).status_code == 403, url
    assert sandbox.requests() == []


def test_preflights_of_s3_allow_nothing(sandbox: Sandbox, visitor: httpx.Client):
    url = f"{sandbox.s3_url}/{sandbox.staging_bucket}/a"
    origin = f"http://{urlsplit(url).netloc}"
    preflight = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    for headers in (preflight, {"Origin": origin, **preflight}):
        response = visitor.options(url, headers=headers)
        assert not [name for name in response.headers if name.startswith("access-control-")]


def test_forms_of_own_pages_without_a_referrer_are_answered(sandbox: Sandbox, visitor: httpx.Client):
    headers_of_form = {"Origin": "null", "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    assert visitor.post(f"{sandbox.url}/auth/consent", headers=headers_of_form).status_code != 403


def test_links_that_a_user_follows_are_answered(sandbox: Sandbox, visitor: httpx.Client):
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert visitor.get(sandbox.url, headers=followed).status_code == 200
    assert visitor.post(sandbox.url, headers=followed).status_code == 403
    assert visitor.get(sandbox.url, headers={"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("head", ["GET / HTTP/1.0", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example.org"])
def test_a_request_for_no_host_or_two_is_refused(server: str, head: str):
    where = urlsplit(server)
    assert where.hostname is not None
    assert where.port is not None
    with socket.create_connection((where.hostname, where.port), timeout=60) as connection:
        connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode())
        response = b""
        while block := connection.recv(65536):
            response += block
    assert int(response.split()[1]) in (400, 403)


def test_hosts_that_the_user_allows_are_answered():
    with Sandbox(allow_hosts=["Sandbox.test", ".s3.test"]) as sandbox, httpx.Client(trust_env=False) as client:
        for url in (f"{sandbox.url}/dss/v1/swagger.json", f"{sandbox.url}/", f"{sandbox.s3_url}/"):
            by_name: dict[str, Any] = {
                host: client.get(url, headers={"Host": host}).text
                for host in ("sandbox.test:80", "a.s3.test", "s3.test")
            }
            assert "--allow-host" not in by_name["sandbox.test:80"]
            assert "--allow-host" not in by_name["a.s3.test"]
            assert "--allow-host" in by_name["s3.test"]
