"""Exchanges of a client and a real service, recorded by a proxy and seeded into the sandbox."""

import gzip
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from quiet_server import QuietHandler, serving


@pytest.fixture(scope="module")
def real() -> Iterator[Sandbox]:
    """Another sandbox represents the real service."""
    with Sandbox() as real:
        yield real


def lines(path: Path) -> list[dict[str, dict[str, object]]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_a_client_saw_is_in_the_sandbox_afterwards(sandbox: Sandbox, real: Sandbox, tmp_path: Path):
    file = tmp_path / "exchanges.jsonl"
    with (
        sandbox.record(f"{real.url}/crunch", file) as url,
        httpx.Client(headers={"Authorization": f"Token {real.crunch_token}"}, trust_env=False) as client,
    ):
        made = client.post(f"{url}/api/projects/", json={"name": "Recorded", "description": "of a real site"})
        assert made.status_code == 201
        assert client.get(f"{url}/api/projects/{made.json()['slug']}/").json()["name"] == "Recorded"
    assert [line["request"]["method"] for line in lines(file)] == ["POST", "GET"]
    assert lines(file)[0]["request"]["path"] == "/crunch/api/projects/"
    with httpx.Client(headers={"Authorization": f"Token {sandbox.crunch_token}"}, trust_env=False) as client:
        response = client.get(f"{sandbox.crunch_url}/api/projects/{made.json()['slug']}/")
    assert response.json()["description"] == "of a real site"


def test_no_secret_is_written(sandbox: Sandbox, real: Sandbox, tmp_path: Path):
    file = tmp_path / "exchanges.jsonl"
    with sandbox.record(real.url, file) as url:
        login = {"email": "sandbox@example.org", "password": "hush-hush-hush"}
        httpx.post(f"{url}/pangea/api/auth/token/login?token=a-secret-token", json=login, trust_env=False)
    (line,) = lines(file)
    assert line["request"]["body"] == {"email": "sandbox@example.org", "password": "***"}
    assert "hush" not in file.read_text()
    assert "a-secret-token" not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_links_refer_to_the_recorder_and_redirects_are_the_clients(sandbox: Sandbox, real: Sandbox, tmp_path: Path):
    with (
        sandbox.record(real.url, tmp_path / "exchanges.jsonl") as url,
        httpx.Client(base_url=url, auth=(real.password, ""), trust_env=False) as client,
    ):
        assert client.get("/dss/v1/swagger.json").json()["servers"][0]["url"].startswith(url)
        moved = client.get("/crunch/api/projects", headers={"Authorization": f"Token {real.crunch_token}"})
        assert moved.status_code == 301
        page = client.get("/")
        assert "text/html" in page.headers["content-type"]
    assert [line["response"]["status"] for line in lines(tmp_path / "exchanges.jsonl")] == [200, 301, 200]


def test_cookies_of_one_user_are_not_sent_for_another(sandbox: Sandbox, tmp_path: Path):
    sent: list[str | None] = []

    class Service(QuietHandler):
        def do_GET(self) -> None:
            sent.append(self.headers["Cookie"])
            self.reply(200, set_cookie="session=one")

    with serving(Service) as service, sandbox.record(service, tmp_path / "exchanges.jsonl") as url:
        for _ in range(2):
            assert "session" in httpx.get(f"{url}/", trust_env=False).headers["set-cookie"]
    assert sent == [None, None]


def test_a_service_that_compresses_what_is_not_asked_to_be_compressed(sandbox: Sandbox, tmp_path: Path):
    class Service(QuietHandler):
        def do_GET(self) -> None:
            is_json = self.path == "/json"
            body = gzip.compress(b'{"a": 1}' if is_json else b"text")
            self.reply(200, body, content_encoding="gzip", content_type="application/json" if is_json else "text/plain")

    file = tmp_path / "exchanges.jsonl"
    with serving(Service) as service, sandbox.record(service, file) as url:
        assert httpx.get(f"{url}/json", trust_env=False).json() == {"a": 1}
        assert httpx.get(f"{url}/text", trust_env=False).text == "text"
    assert [line["response"]["body"] for line in lines(file)] == [{"a": 1}, None]


def test_a_service_that_does_not_respond_is_reported(sandbox: Sandbox, tmp_path: Path):
    with (
        pytest.raises(
            ValueError, match=r"no exchange recorded: http://127\.0\.0\.1:9/api/samples did not respond: .*\. Check "
        ),
        sandbox.record("http://127.0.0.1:9/api", tmp_path / "exchanges.jsonl") as url,
    ):
        response = httpx.get(f"{url}/samples", trust_env=False)
    assert response.status_code == 502
    assert "http://127.0.0.1:9/api/samples did not respond" in response.json()["title"]
    assert lines(tmp_path / "exchanges.jsonl") == []


def test_an_exchange_that_seeds_nothing_is_reported(sandbox: Sandbox, real: Sandbox, tmp_path: Path, caplog):
    with sandbox.record(real.url, tmp_path / "exchanges.jsonl") as url:
        assert httpx.get(f"{url}/crunch/api/projects/", trust_env=False).status_code == 401
    assert "exchanges.jsonl: none of its exchanges can be seeded" in caplog.text


@pytest.mark.parametrize("server", ["pangea", "ftp://host/x", "http://", "http://[", "https://user:secret@host/"])
def test_an_invalid_base_url_is_refused(sandbox: Sandbox, tmp_path: Path, server: str):
    with (
        pytest.raises(ValueError, match="is no base URL of a service") as raised,
        sandbox.record(server, tmp_path / "f"),
    ):
        pass
    assert "secret" not in str(raised.value)
    assert not (tmp_path / "f").exists()


def test_pages_of_other_sites_do_not_get_through(sandbox: Sandbox, real: Sandbox, tmp_path: Path):
    with (
        pytest.raises(ValueError, match="no exchange recorded: no request came to http://127"),
        sandbox.record(real.url, tmp_path / "exchanges.jsonl") as url,
    ):
        response = httpx.get(url, headers={"Host": "evil.example.org"}, trust_env=False)
    assert response.status_code == 403
    assert lines(tmp_path / "exchanges.jsonl") == []
