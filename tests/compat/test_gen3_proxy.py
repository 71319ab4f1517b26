"""The proxy for clients with hard-coded https and port 443 connects to the sandbox only."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from connect_proxy import ConnectProxy
from omicsdk.sandbox.server import Sandbox
from quiet_server import running

HOST = "commons.example.org"


@pytest.fixture
def proxy(sandbox: Sandbox, tmp_path: Path) -> Iterator[ConnectProxy]:
    proxy = ConnectProxy(sandbox.url, HOST, tmp_path)
    with running(proxy):
        yield proxy


@pytest.fixture
def client(proxy: ConnectProxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    for name, value in proxy.environment().items():
        monkeypatch.setenv(name, value)
    with httpx.Client() as client:
        yield client


def test_the_sandbox_responds_as_the_commons_at_that_host(client: httpx.Client, sandbox: Sandbox):
    guid = sandbox.gen3.add_file("a.txt", b"hello")
    url = client.get(f"https://{HOST}/user/data/download/{guid}").json()["url"]
    assert url.startswith(f"https://{HOST}/")
    assert client.get(url).content == b"hello"
    part = client.get(url, headers={"Range": "bytes=1-2"})
    assert (part.status_code, part.content) == (206, b"el")
    assert client.get(f"http://{HOST}/index/_status").status_code == 200


def test_bodies_pass_the_proxy(client: httpx.Client, sandbox: Sandbox):
    token = sandbox.gen3.access.issue("sandbox-user@example.org", sandbox.gen3_url)
    record = {"form": "object", "hashes": {"md5": "0" * 32}, "size": 1, "urls": []}
    for _ in range(2):
        made = client.post(f"https://{HOST}/index/index/", json=record, headers={"Authorization": f"bearer {token}"})
        assert made.status_code == 200
    assert client.head(f"https://{HOST}/index/index/{made.json()['did']}").content == b""


def test_no_other_host_is_reached(client: httpx.Client, proxy: ConnectProxy):
    with pytest.raises(httpx.ProxyError, match="502"):
        client.get("https://elsewhere.example.org/")
    assert client.get("http://elsewhere.example.org/").status_code == 502
    assert proxy.destinations == ["elsewhere.example.org:443", "elsewhere.example.org"]


def test_its_certificate_is_not_trusted_by_default(proxy: ConnectProxy):
    with (
        httpx.Client(proxy=proxy.url, trust_env=False) as client,
        pytest.raises(httpx.ConnectError, match="certificate"),
    ):
        client.get(f"https://{HOST}/index/_status")
