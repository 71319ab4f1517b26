"""Examples of the page for those who come from sevenbridges-python: settings, proxies, limits, error handlers."""

import re
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from loopback import Head, LoopbackServer
from omicsdk.compat.sevenbridges.errors import NotFound
from omicsdk.sandbox import Sandbox
from sb_page import EXAMPLES, FASTQ, PAGE, USER

pytestmark = pytest.mark.sandbox

Run = Callable[..., SimpleNamespace]


def test_every_example_is_run_by_a_test():
    source = "".join(test.read_text(encoding="utf-8") for test in Path(__file__).parent.glob("test_*.py"))
    assert set(EXAMPLES) == set(re.findall(r'\b(?:run|alone|text)\(\s*"([^"]+)"', source)) | {"begin.py"}
    assert PAGE.partition("\n## Examples\n")[2].partition("\n## ")[0].count("\n```") == 2 * len(EXAMPLES)


def test_arguments(alone: Run):
    assert alone("arguments.py").api.users.me().username == USER


def test_variables(alone: Run, monkeypatch: pytest.MonkeyPatch):
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN"):
        monkeypatch.setenv(name, "")  # so that what the example sets is undone
    assert alone("variables.py").api.users.me().username == USER


def test_a_profile(alone: Run, home: Path, text: Callable[..., str]):
    (home / "credentials").write_text(text("credentials"))
    made = alone("profile.py")
    assert made.api.users.me().username == "ada"
    assert made.sbg.Api().users.me().username == USER


class Proxy(LoopbackServer):
    """A proxy of plain http: sends what it is asked for to the sandbox, wherever it should go."""

    def __init__(self, target: str) -> None:
        super().__init__()
        self.requests: list[str] = []
        self._target = target

    def respond(self, connection: socket.socket, reader: Any, head: Head) -> bool:
        url = httpx.URL(head.path)
        assert url.is_absolute_url
        self.requests.append(f"{head.method} {url.path}")
        body = reader.read(int(head.headers.get("content-length", 0)))
        query = f"?{head.query}" if head.query else ""
        with httpx.Client(trust_env=False) as client:
            response = client.request(
                head.method, f"{self._target}{url.path}{query}", headers=head.headers, content=body, timeout=20
            )
        lines = "".join(
            f"{name}: {value}\r\n"
            for name, value in response.headers.items()
            if name not in ("content-length", "content-encoding", "transfer-encoding", "connection")
        )
        length = f"Content-Length: {len(response.content)}\r\n\r\n"
        connection.sendall(f"HTTP/1.1 {response.status_code} X\r\n{lines}{length}".encode() + response.content)
        return True


@pytest.fixture
def proxy(omics_sandbox: Sandbox) -> Iterator[Proxy]:
    running = Proxy(omics_sandbox.url)
    yield running
    running.close()


@pytest.fixture
def by_proxy(omics_sandbox: Sandbox, proxy: Proxy) -> dict[str, str]:
    """Leads examples to the proxy, and to a platform where nothing listens: what answers does so through the proxy."""
    return {"host:port": f"127.0.0.1:{proxy.port}", omics_sandbox.sb_url: "http://127.0.0.1:9/sb/v2"}


def test_proxies(alone: Run, proxy: Proxy, by_proxy: dict[str, str], tmp_path: Path):
    api = alone("proxies.py", **by_proxy).api
    (tmp_path / "a.fastq").write_bytes(FASTQ)
    file = api.files.upload("a.fastq", api.projects.create("My project")).result()
    file.download("b.fastq")
    assert (tmp_path / "b.fastq").read_bytes() == FASTQ
    assert {line.partition("/sb/")[2].partition("/")[0] for line in proxy.requests} == {"v2", "_storage"}


def test_proxies_of_a_profile(alone: Run, home: Path, text: Callable[..., str], by_proxy: dict[str, str]):
    profile = text("credentials", **by_proxy).replace("[cgc]", "[my-profile]")
    (home / "credentials").write_text(profile)
    assert alone("proxies_of_a_profile.py", **by_proxy).api.users.me().username == "ada"


def test_proxies_as_variables(alone: Run, monkeypatch: pytest.MonkeyPatch, by_proxy: dict[str, str], omics_sandbox):
    monkeypatch.setenv("SB_API_ENDPOINT", by_proxy[omics_sandbox.sb_url])
    monkeypatch.setenv("SB_AUTH_TOKEN", omics_sandbox.sb_token)
    assert alone("proxies_as_variables.py", **by_proxy).api.users.me().username == USER


def test_proxies_of_the_settings_file(alone: Run, home: Path, text: Callable[..., str], by_proxy: dict[str, str]):
    (home / "credentials").write_text(text("credentials", **by_proxy))
    (home / "sevenbridges-python" / "config").write_text(text("config", **by_proxy))
    assert alone("profile.py").api.users.me().username == "ada"


# -- limits and handlers


def test_limits(run: Run, omics_sandbox: Sandbox):
    api = run("limits.py").api
    assert api.limit == omics_sandbox.settings.number("sb.rate_limit")
    assert api.remaining == api.limit - 1  # one request said it all
    assert 0 < api.reset_time.timestamp() - time.time() < 302


def test_a_handler(run: Run, capsys: pytest.CaptureFixture[str]):
    made = run("handler.py")
    with pytest.raises(NotFound):
        made.api.projects.get("doesnotexist/forsure")
    assert capsys.readouterr().out.startswith("404 http://127.0.0.1:")


def test_sleepers(alone: Run, omics_sandbox: Sandbox):
    api = alone("sleepers.py").api
    assert len(api.error_handlers) == 2
    omics_sandbox.settings.turn({"sb.rate_limit": 1})
    assert [api.users.me().username for _ in range(3)] == [USER] * 3
