"""Files from vsftpd, ProFTPD, Pure-FTPd and pyftpdlib by `omics get`."""

import json
import os
import re
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
from claimed_ports import free_port
from command_line import Ran
from omicsdk.transfer import Item, Location, Progress, download
from real_servers import Server, peer, process, program, running, version_of, version_of_package

MIB = 1024 * 1024
DATA = os.urandom(20 * MIB)
NAMES = (
    "a b.txt",
    "50%.txt",
    "a#b?.txt",
    "ünï/日本.txt",
    "-r.txt",
    "a;type=i.txt",
    "x&y=z+.txt",
    "[b]{c}.txt",
    "~t.txt",
    '"q".txt',
)
"""Files with their names as content."""
LOGIN = "ada:s3%20cret@"
NOBODY = 65534
Run = Callable[..., Ran]
Started = tuple[str, list[str | Path], str]
Kind = Callable[[Path, str, int, int], Started]

VSFTPD = """
listen={four}
listen_ipv6={six}
listen_address{of}={host}
listen_port={port}
background=NO
anonymous_enable=YES
no_anon_password=YES
anon_root={folder}/served
ftp_username=daemon
secure_chroot_dir={folder}
seccomp_sandbox=NO
max_per_ip={clients}
"""
PROFTPD = """
ServerType standalone
DefaultAddress {host}
Port {port}
User nobody
Group nogroup
UseReverseDNS off
PidFile {folder}/proftpd.pid
ScoreboardFile {folder}/scoreboard
SystemLog {folder}/system.log
TransferLog none
WtmpLog off
RequireValidShell off
AuthOrder mod_auth_file.c
AuthUserFile {folder}/users
AuthGroupFile {folder}/groups
DefaultRoot {folder}/served
{clients}
<Anonymous {folder}/served>
  User guest
  Group nogroup
  UserAlias anonymous guest
  RequireValidShell off
  {clients}
</Anonymous>
"""
PYFTPDLIB = """
import json, sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
host, port, clients, folder = json.loads(sys.argv[1])
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(folder)
FTPHandler.authorizer.add_user("ada", "s3 cret", folder)
server = FTPServer((host, port), FTPHandler)
server.max_cons_per_ip = clients
server.serve_forever()
"""
SQUID = """
http_port 127.0.0.1:{port}
pid_filename none
visible_hostname squid.test
cache_log {folder}/cache.log
access_log none
coredump_dir {folder}
netdb_filename none
shutdown_lifetime 0 seconds
http_access allow all
"""


def of_root(name: str) -> str:
    return program(name) if os.geteuid() == 0 else pytest.skip(f"{name} is started by root only")


def crypted() -> str:
    done = subprocess.run(["openssl", "passwd", "-6", "s3 cret"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def vsftpd(folder: Path, host: str, port: int, clients: int) -> Started:
    command, six = of_root("vsftpd"), ":" in host
    families = {"four": "NO" if six else "YES", "six": "YES" if six else "NO", "of": "6" if six else ""}
    settings = VSFTPD.format(folder=folder, host=host, port=port, clients=clients, **families)
    (folder / "vsftpd.conf").write_text(settings)
    return "vsftpd", [command, folder / "vsftpd.conf"], ""


def proftpd(folder: Path, host: str, port: int, clients: int) -> Started:
    command = of_root("proftpd")
    users = {"guest": "x", "ada": crypted()}
    lines = [f"{name}:{word}:{NOBODY}:{NOBODY}::{folder}/served:/bin/false\n" for name, word in users.items()]
    for name, text in (("users", "".join(lines)), ("groups", f"nogroup:x:{NOBODY}:\n")):
        (folder / name).write_text(text)
        (folder / name).chmod(0o600)
    limit = f"MaxClientsPerHost {clients}" if clients else ""
    settings = PROFTPD.format(folder=folder, host=host, port=port, clients=limit)
    (folder / "proftpd.conf").write_text(settings)
    return "ProFTPD", [command, "-n", "-c", folder / "proftpd.conf"], version_of([command, "-v"])


def pure_ftpd(folder: Path, host: str, port: int, clients: int) -> Started:
    command, database = of_root("pure-ftpd"), folder / "users.pdb"
    (folder / "users").write_text(f"ada:{crypted()}:{NOBODY}:{NOBODY}::{folder}/served/./::::::::::::\n")
    subprocess.run([program("pure-pw"), "mkdb", database, "-f", folder / "users"], check=True)
    options = ["-H", "-A", "-u", "1", "-l", f"puredb:{database}", "-g", folder / "pure.pid"]
    limit = ["-C", str(clients)] if clients else []
    return "Pure-FTPd", [command, "-S", f"{host},{port}", *options, *limit], version_of([command, "--help"])


def pyftpdlib(folder: Path, host: str, port: int, clients: int) -> Started:
    settings = json.dumps([host, port, clients, str(folder / "served")])
    command: list[str | Path] = [peer("ftp_servers", "bin/python"), "-c", PYFTPDLIB, settings]
    return "pyftpdlib", command, version_of_package("ftp_servers", "pyftpdlib")


KINDS: list[Kind] = [vsftpd, proftpd, pure_ftpd, pyftpdlib]


@contextmanager
def serving(kind: Kind, folder: Path, host: str = "127.0.0.1", port: int = 0, clients: int = 0) -> Generator[Server]:
    """A server, when it greets: of `clients` sessions at once, 0 for any number."""
    port = port or free_port()
    name, command, version = kind(folder, host, port, clients)
    with process(command, folder) as server:
        greeting, end = b"", time.monotonic() + 60
        while not greeting:
            assert server.poll() is None, (folder / "server.log").read_text(errors="replace")
            assert time.monotonic() < end
            try:
                with socket.create_connection((host, port), 20) as session:
                    greeting = session.recv(1000)
            except ConnectionError:
                time.sleep(0.05)  # it has no other sign of being ready than answering
        # Guests have no password at Pure-FTPd.
        login = LOGIN if name == "Pure-FTPd" else ""
        authority = f"{login}[{host}]:{port}" if ":" in host else f"{login}{host}:{port}"
        match = re.search(rb"\d+\.\d[\d.]*", greeting)
        yield Server(name, version or (match[0].decode() if match else ""), f"ftp://{authority}", folder)


@pytest.fixture
def folder() -> Generator[Path]:
    """The folder of a server, which its users can read, with some files in `served`."""
    with TemporaryDirectory() as path:
        folder = Path(path)
        folder.chmod(0o755)
        served = folder / "served"
        (served / "runs").mkdir(parents=True)
        for name in NAMES:
            (served / name).parent.mkdir(exist_ok=True)
            (served / name).write_text(name)
        (served / "runs" / "empty").write_bytes(b"")
        (served / "large.bin").write_bytes(DATA)
        os.utime(served / "large.bin", (1e9, 1e9))  # a date that is settled identifies the file
        yield folder


@pytest.fixture(params=KINDS)
def server(request: pytest.FixtureRequest, folder: Path) -> Generator[Server]:
    with serving(request.param, folder) as server:
        yield server


@pytest.mark.tried("a list of files with odd names, an empty one and a large one, with double slashes")
def test_files_are_downloaded(run: Run, server: Server) -> None:
    paths = (*map(quote, NAMES), "runs//empty", "large.bin")
    Path("list.txt").write_text("".join(f"{server.url}/{path}\n" for path in paths))
    ran = run("get", "list.txt", "--to", "data", "--output", "json")
    assert (ran.code, ran.json["counts"]["done"]) == (0, len(paths)), ran.err
    assert {name: Path("data", Path(name).name).read_text() for name in NAMES} == {name: name for name in NAMES}
    assert (Path("data/empty").read_bytes(), Path("data/large.bin").read_bytes() == DATA) == (b"", True)
    again = run("get", "list.txt", "--to", "data", "--output", "json")
    assert again.json["counts"] == {"done": 0, "skipped": len(paths), "failed": 0, "stopped": 0}, again.err


@pytest.mark.tried("missing files, folders and a wrong password are refused with the server's reply")
def test_what_cannot_be_had_is_refused(run: Run, server: Server) -> None:
    host = server.url.rpartition("@")[2].removeprefix("ftp://")
    for url, code, reply in (
        (f"{server.url}/none", 1, r": 550 \S+"),
        (f"{server.url}/runs", 1, r": 550 \S+"),
        (f"{server.url}/large.bin/x", 1, r": 550 \S+"),
        (f"{server.url}/runs/", 2, "is a folder"),
        (f"ftp://ada:wrong@{host}/large.bin", 4, r": 530 \S+.*ftp://USER:PASSWORD@HOST"),
    ):
        ran = run("get", url, "--to", "data")
        assert (ran.code, bool(re.search(reply, ran.err)), "wrong" in ran.err) == (code, True, False), ran.err


@pytest.mark.tried("a file without a checksum is resumed, and not after it changed")
@pytest.mark.usefixtures("run")
def test_a_stopped_download_is_resumed(server: Server) -> None:
    received: list[int] = []

    def watch(progress: Progress) -> None:
        received.append(progress.bytes_fetched)
        if progress.bytes_fetched > 4 * MIB:
            stop.set()

    files = [Item("large.bin", Location(f"{server.url}/large.bin"))]
    for content in (DATA, os.urandom(len(DATA))):
        stop = threading.Event()
        stopped = download(files, "data", limit_rate=20 * MIB, progress=watch, stop=stop)
        assert stopped.counts["stopped"] == 1
        before = received[-1]
        if content != DATA:
            (server.folder / "served" / "large.bin").write_bytes(content)
            os.utime(server.folder / "served" / "large.bin", (1.1e9, 1.1e9))
        report = download(files, "data")
        assert (report.counts["done"], Path("data/large.bin").read_bytes() == content) == (1, True)
        assert (report.outcomes[0].bytes_fetched <= len(DATA) - before + 2 * MIB) == (content == DATA)
        Path("data/large.bin").unlink()


@pytest.mark.tried("a server that accepts two sessions of a client")
@pytest.mark.parametrize("kind", KINDS)
def test_a_limit_of_sessions_is_kept(run: Run, folder: Path, kind: Kind) -> None:
    for number in range(20):
        (folder / "served" / f"{number}.bin").write_bytes(DATA[number : number + 200_000])
    with serving(kind, folder, clients=2) as server:
        Path("list.txt").write_text("".join(f"{server.url}/{number}.bin\n" for number in range(20)))
        ran = run("get", "list.txt", "--to", "data", "--output", "json")
    assert (ran.code, ran.json["counts"]["done"]) == (0, 20), ran.err
    for number in range(20):
        assert Path("data", f"{number}.bin").read_bytes() == DATA[number : number + 200_000]


@pytest.mark.tried("by IPv6")
@pytest.mark.parametrize("kind", [vsftpd, proftpd, pyftpdlib])
def test_files_come_by_ipv6(run: Run, folder: Path, kind: Kind) -> None:
    with serving(kind, folder, host="::1") as server:
        ran = run("get", f"{server.url}/large.bin", "--to", "data")
    assert (ran.code, Path("data/large.bin").read_bytes() == DATA) == (0, True), ran.err


@pytest.mark.tried("a server that is killed and started again while a file comes")
@pytest.mark.usefixtures("run")
def test_a_server_may_restart(folder: Path) -> None:
    with ExitStack() as first, ExitStack() as second:
        server = first.enter_context(serving(pyftpdlib, folder))
        port = int(server.url.rpartition(":")[2])
        restarted: list[Server] = []

        def watch(progress: Progress) -> None:
            if progress.bytes_fetched > 4 * MIB and not restarted:
                first.close()
                restarted.append(second.enter_context(serving(pyftpdlib, folder, port=port)))

        files = [Item("large.bin", Location(f"{server.url}/large.bin"))]
        report = download(files, "data", limit_rate=20 * MIB, progress=watch)
    assert (report.counts["done"], len(restarted), Path("data/large.bin").read_bytes() == DATA) == (1, 1, True)
    assert report.outcomes[0].bytes_fetched < len(DATA) + 4 * MIB


@pytest.mark.tried("through Squid, which has the session with the server of FTP")
def test_a_proxy_for_http_fetches_files(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command, port = program("squid"), free_port()
    folder.chmod(0o777)  # Squid's user writes there
    (folder / "squid.conf").write_text(SQUID.format(folder=folder, port=port))
    proxy = f"http://127.0.0.1:{port}"
    with serving(pyftpdlib, folder) as server, running([command, "-N", "-f", folder / "squid.conf"], proxy, folder):
        monkeypatch.setenv("ftp_proxy", proxy)
        ran = run("get", f"{server.url}/large.bin", f"{server.url}/a%20b.txt", "--to", "data")
        assert (ran.code, Path("data/large.bin").read_bytes() == DATA) == (0, True), ran.err
        assert Path("data/a b.txt").read_text() == "a b.txt"
        missing = run("get", f"{server.url}/none", "--to", "data")
        assert (missing.code, "ERR_FTP_NOT_FOUND" in missing.err) == (1, True), missing.err
