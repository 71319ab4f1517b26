"""`omics get` with nginx, straight and through tinyproxy: lists of URLs, checksums, ranges, redirects, logins."""

import hashlib
import os
import re
import threading
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from claimed_ports import free_port
from command_line import Ran
from omicsdk import Interrupted, get
from omicsdk.transfer import Progress
from real_results import differences
from real_servers import Server, program, running, version_of

MIB = 1024 * 1024
Run = Callable[..., Ran]

SETTINGS = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    gzip on;
    gzip_types *;
    gzip_min_length 1;
    server {{
        listen 127.0.0.1:{port};
        root {folder}/served;
        location /moved/ {{ rewrite ^/moved/(.*)$ /$1 redirect; }}
        location /closed/ {{ auth_basic closed; auth_basic_user_file {folder}/users; }}
        location /limited/ {{ max_ranges 0; alias {folder}/served/; }}
        location /slow/ {{ limit_rate 2m; alias {folder}/served/; }}
    }}
}}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """nginx, with files of several sizes."""
    command, folder, port = program("nginx"), tmp_path_factory.mktemp("nginx"), free_port()
    (folder / "served" / "closed").mkdir(parents=True)
    (folder / "users").write_text("me:{PLAIN}right\n")
    for name, content in {"small.txt": b"small\n" * 50, "empty": b"", "large.bin": os.urandom(20 * MIB)}.items():
        (folder / "served" / name).write_bytes(content)
    (folder / "served" / "closed" / "a.txt").write_text("closed")
    (folder / "nginx.conf").write_text(SETTINGS.format(folder=folder, port=port))
    url = f"http://127.0.0.1:{port}"
    # Started by root, its workers are of another user, who may not look into a folder of the test.
    user = ["-g", "user root;"] if os.geteuid() == 0 else []
    with running([command, "-p", folder, "-c", folder / "nginx.conf", *user], url, folder):
        yield Server("nginx", version_of([command, "-v"]), url, folder)


@pytest.fixture
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    """tinyproxy, which lets "me:right" through."""
    command, folder, port = program("tinyproxy"), tmp_path_factory.mktemp("tinyproxy"), free_port()
    log = folder / "tinyproxy.log"
    lines = [f"Port {port}", "Listen 127.0.0.1", f'LogFile "{log}"', "LogLevel Info", "BasicAuth me right"]
    (folder / "tinyproxy.conf").write_text("\n".join([*lines, ""]))
    url = f"http://127.0.0.1:{port}"
    with running([command, "-d", "-c", folder / "tinyproxy.conf"], url, folder):
        yield Server("tinyproxy", version_of([command, "-v"]), url, folder)


def md5sums(server: Server, *names: str) -> list[str]:
    digests = (hashlib.md5((server.folder / "served" / name).read_bytes()).hexdigest() for name in names)
    return [f"{digest}  {name}" for digest, name in zip(digests, names, strict=True)]


def lists(server: Server, *names: str, below: str = "") -> tuple[str, str]:
    """A list of URLs, and one of checksums."""
    Path("urls.txt").write_text("".join(f"{server.url}/{below}{name}\n" for name in names))
    Path("MD5SUMS").write_text("\n".join([*md5sums(server, *names), ""]))
    return "urls.txt", "MD5SUMS"


NAMES = ("small.txt", "empty", "large.bin")


@pytest.mark.tried("a list of URLs with checksums, compressed responses, ranges; a second run downloads nothing")
@pytest.mark.parametrize("below", ["", "moved/", "limited/"])
def test_listed_files_are_downloaded_and_verified(run: Run, server: Server, below: str) -> None:
    got = run("get", *lists(server, *NAMES, below=below), "--to", "data", "--require-checksum")
    assert got.code == 0, got.err
    for name in NAMES:
        assert Path("data", name).read_bytes() == (server.folder / "served" / name).read_bytes()
    lines = (server.folder / "access.log").read_text().count("GET")
    again = run("get", *lists(server, *NAMES, below=below), "--to", "data", "--output", "json")
    assert (again.code, again.json["counts"]["skipped"]) == (0, 3), again.err
    assert (server.folder / "access.log").read_text().count("GET") == lines


@pytest.mark.tried("a download that was stopped goes on with the rest, by ranges")
def test_a_stopped_download_goes_on(run: Run, server: Server) -> None:
    stop = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.bytes_fetched > 2 * MIB:
            stop.set()

    urls, sums = lists(server, "large.bin", below="slow/")
    with pytest.raises(Interrupted):
        get([urls, sums], "data", progress=watch, stop=stop)
    offset = (server.folder / "access.log").stat().st_size
    resumed = run("get", urls, sums, "--to", "data", "--require-checksum")
    assert resumed.code == 0, resumed.err
    assert Path("data", "large.bin").read_bytes() == (server.folder / "served" / "large.bin").read_bytes()
    log = (server.folder / "access.log").read_text()[offset:]
    responses = re.findall(r'" (20[06]) (\d+)', log)
    assert {status for status, _ in responses} == {"206"}
    assert sum(int(size) for _, size in responses) < 19 * MIB


@pytest.mark.tried("files that need a login or are not there: others still arrive")
def test_files_that_fail_stop_no_other(run: Run, server: Server) -> None:
    Path("urls.txt").write_text("".join(f"{server.url}/{name}\n" for name in ("closed/a.txt", "none.txt", "small.txt")))
    got = run("get", "urls.txt", "--to", "data")
    assert (got.code, {path.name for path in Path("data").iterdir() if path.is_file()}) == (3, {"small.txt"}), got.err
    assert "none.txt" in got.err
    assert "closed/a.txt" in got.err


@pytest.mark.tried("downloads through a proxy with a password; a wrong one is tried once")
def test_a_proxy_with_a_password(run: Run, server: Server, proxy: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:canary@"))
    monkeypatch.setenv("NO_PROXY", "")
    wrong = httpx.get(server.url, proxy=proxy.url.replace("//", "//me:canary@"))
    assert wrong.status_code == (401 if "refusal" in differences(proxy.name) else 407)
    refused = run("get", *lists(server, *NAMES), "--to", "data")
    assert (refused.code != 0, "HTTP_PROXY" in refused.err, "canary" in refused.err) == (True, True, False), refused.err
    monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("//", "//me:right@"))
    got = run("get", *lists(server, *NAMES), "--to", "data", "--require-checksum")
    assert got.code == 0, got.err
    assert "Request (" in (proxy.folder / "tinyproxy.log").read_text(errors="replace")
