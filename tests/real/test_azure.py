"""Blobs of Azurite, Microsoft's emulator of Azure's blob store, by URLs with a SAS and without one."""

import hashlib
import hmac
import json
import os
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Generator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import omicsdk
import pytest
from claimed_ports import free_port
from command_line import Ran
from omicsdk.transfer import Item, Location, Progress, PutTo, TransferReport, Upload, download, upload
from real_servers import Server, node, peer, running

MIB = 1024 * 1024
DATA = os.urandom(20 * MIB)
ODD = "runs/a b#ü?+.bin"
MANY = ("a.txt", "runs/a b#ü?+.bin", "runs/deep/100%.txt", *(f"shards/{number:04}" for number in range(150)))
VERSION = "2021-12-02"
# The account that Azurite has for everyone.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
Run = Callable[..., Ran]


def signature(text: str) -> str:
    return b64encode(hmac.new(b64decode(KEY), text.encode(), hashlib.sha256).digest()).decode()


def put(server: Server, path: str, content: bytes = b"", headers: dict[str, str] | None = None, **query: str) -> None:
    """Make a container, a blob or a part of one, signed by the account's key."""
    sent = {"x-ms-date": formatdate(usegmt=True), "x-ms-version": VERSION, **(headers or {})}
    azure_headers = "".join(f"{name}:{text}\n" for name, text in sorted(sent.items()) if name.startswith("x-ms-"))
    plain = ["PUT", "", "", str(len(content) or ""), sent.get("content-md5", ""), *[""] * 7]
    resource = f"/{ACCOUNT}/{ACCOUNT}{quote(path)}" + "".join(
        f"\n{name}:{text}" for name, text in sorted(query.items())
    )
    sent["authorization"] = f"SharedKey {ACCOUNT}:" + signature("\n".join(plain) + f"\n{azure_headers}{resource}")
    url = f"{server.url}/{ACCOUNT}{quote(path)}"
    httpx.put(url, params=query, headers=sent, content=content, trust_env=False).raise_for_status()


def signed(server: Server, name: str, seconds: int = 3600, permissions: str = "r") -> str:
    """The URL of a blob of the private container, with a SAS."""
    expiry = f"{datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%SZ}"
    fields = [permissions, "", expiry, f"/blob/{ACCOUNT}/lab/{name}", "", "", "", VERSION, "b", *[""] * 7]
    query = {"sv": VERSION, "se": expiry, "sr": "b", "sp": permissions, "sig": signature("\n".join(fields[:16]))}
    return f"{server.url}/{ACCOUNT}/lab/{quote(name)}?{urlencode(query)}"


def signed_container(server: Server, container: str = "many", permissions: str = "rl") -> str:
    """The URL of a container, for a key at its end, with a SAS."""
    expiry = f"{datetime.now(UTC) + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    fields = [permissions, "", expiry, f"/blob/{ACCOUNT}/{container}", "", "", "", VERSION, "c", *[""] * 7]
    query = {"sv": VERSION, "se": expiry, "sr": "c", "sp": permissions, "sig": signature("\n".join(fields[:16]))}
    return f"{server.url}/{ACCOUNT}/{container}{{}}?{urlencode(query)}"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    package = Path(peer("azurite", "node_modules/azurite"))
    folder, port = tmp_path_factory.mktemp("azure"), free_port()
    options = ["--location", folder, "--skipApiVersionCheck", "--disableTelemetry"]
    command = [node(), package / "dist/src/blob/main.js", "--blobHost", "127.0.0.1", "--blobPort", str(port), *options]
    version = json.loads((package / "package.json").read_text())["version"]
    url = f"http://127.0.0.1:{port}"
    with running(command, url, folder):
        server = Server("Azurite", version, url, folder)
        kind = {"x-ms-blob-type": "BlockBlob"}
        for container, access in (("lab", {}), ("open", {"x-ms-blob-public-access": "blob"})):
            put(server, f"/{container}", headers=access, restype="container")
            put(server, f"/{container}/{ODD}", DATA, kind)
            put(server, f"/{container}/empty", b"", kind)
        put(server, "/many", headers={"x-ms-blob-public-access": "container"}, restype="container")
        for name in MANY:
            put(server, f"/many/{name}", name.encode(), kind)
        names = [b64encode(f"{number}".encode()).decode() for number in range(5)]
        for number, name in enumerate(names):
            put(server, "/lab/blocks.bin", DATA[number * 4 * MIB :][: 4 * MIB], comp="block", blockid=name)
        blocks = "".join(f"<Latest>{name}</Latest>" for name in names)
        put(server, "/lab/blocks.bin", f"<BlockList>{blocks}</BlockList>".encode(), comp="blocklist")
        yield server


@pytest.mark.tried("blobs by a SAS and public ones: ls, stat, cat with ranges, cp, verify, omicsdk.open")
def test_blobs_are_read(run: Run, server: Server) -> None:
    for url in (signed(server, ODD), f"{server.url}/{ACCOUNT}/open/{quote(ODD)}"):
        (described,) = run("stat", "--output", "json", url).json
        sums = {"md5": hashlib.md5(DATA, usedforsecurity=False).hexdigest()}
        assert (described["size"], described["name"], described["checksums"]) == (len(DATA), "a b#ü?+.bin", sums)
        assert "sig=" not in described["uri"]
        assert run("ls", "--output", "json", url).json[0]["name"] == "a b#ü?+.bin"
        assert run("cat", "--range", "1000-1999", url).stdout == DATA[1000:2000]
        with omicsdk.open(url) as file:
            file.seek(-10, 2)
            assert file.read() == DATA[-10:]
        folder = url.partition("?")[0].split("/")[4]
        copied = run("cp", url, f"{folder}/", "--require-checksum", "--output", "json")
        assert (copied.code, copied.json["verification"]["verified"]) == (0, 1), copied.err
        assert run("verify", "--require-checksum", url, f"{folder}/a b#ü?+.bin").code == 0


@pytest.mark.tried(
    "a list of URLs with a SAS: whole blobs with an MD5, an empty one, and one of blocks, which has none"
)
def test_a_list_is_downloaded(run: Run, server: Server) -> None:
    names = (ODD, "blocks.bin", "empty")
    Path("list.txt").write_text("".join(f"{signed(server, name)}\n" for name in names))
    ran = run("get", "list.txt", "--to", "data", "--output", "json")
    assert (ran.code, ran.json["verification"]) == (0, {"verified": 2, "size only": 0, "unverified": 1}), ran.err
    assert [Path("data", Path(name).name).read_bytes() == DATA for name in names] == [True, True, False]
    assert "sig=" not in ran.err + ran.stdout.decode()


@pytest.mark.tried("a SAS that expired, a wrong one, none, and a blob that is not there")
def test_what_is_denied_is_explained(run: Run, server: Server) -> None:
    wrong = signed(server, ODD, permissions="r").replace("sp=r", "sp=rw")
    for url, code, reason, has_expired in (
        (signed(server, ODD, -3600), 4, "AuthorizationFailure", True),
        (wrong, 4, "AuthorizationFailure", False),
        (wrong.partition("?")[0], 4, "Failure", False),
        (signed(server, "none"), 1, "not found", False),
    ):
        for words in (("cat", url), ("stat", url), ("get", url, "--to", "data"), ("cp", url, "copy")):
            ran = run(*words)
            assert (ran.code, reason in ran.err, "has expired" in ran.err) == (code, True, has_expired), ran.err
            assert ("sig=" in ran.err, "RequestId:" in ran.err) == (False, False)


@pytest.mark.tried("a download whose SAS expires is resumed with a new one")
@pytest.mark.usefixtures("run")
def test_a_download_is_resumed_with_a_new_signature(server: Server) -> None:
    stop, received = threading.Event(), list[int]()

    def watch(progress: Progress) -> None:
        received.append(progress.bytes_fetched)
        if progress.bytes_fetched > 4 * MIB:
            stop.set()

    def fetch(seconds: int, **options: Any) -> TransferReport:
        return download([Item("blocks.bin", Location(signed(server, "blocks.bin", seconds)))], "data", **options)

    assert fetch(3600, limit_rate=20 * MIB, progress=watch, stop=stop).counts["stopped"] == 1
    assert "has expired" in str(fetch(-1).outcomes[0].error)
    report = fetch(3600)
    assert (report.counts["done"], Path("data/blocks.bin").read_bytes() == DATA) == (1, True)
    assert report.outcomes[0].bytes_fetched <= len(DATA) - received[-1] + 2 * MIB


@pytest.mark.tried("a file is uploaded to a URL with a SAS; cp states that it does not")
def test_a_file_is_uploaded(run: Run, server: Server) -> None:
    Path("file").write_bytes(DATA)
    url = signed(server, "new.bin", permissions="cw")
    (outcome,) = upload([Upload(Path("file"), PutTo(Location(url)))]).outcomes
    assert (outcome.state, outcome.error) == ("done", None)
    assert run("cat", signed(server, "new.bin")).stdout == DATA
    refused = run("cp", "file", url)
    assert (refused.code, "cannot be written" in refused.err, "sig=" in refused.err) == (2, True, False)


@pytest.mark.tried("a container by its SAS, and a folder in it: ls, cp -r, get, verify")
def test_a_container_is_listed(run: Run, server: Server) -> None:
    url = signed_container(server)
    listed = run("ls", "--output", "json", url.format(""))
    assert [row["name"] for row in listed.json] == ["runs/", "shards/", "a.txt"], listed.err
    for folder in ("/runs/", "/runs"):
        listed = run("ls", "-r", "--output", "json", url.format(folder))
        assert [row["name"] for row in listed.json] == ["a b#ü?+.bin", "deep/100%.txt"], listed.err
        assert "sig=" not in listed.out + listed.err
    assert run("ls", "--output", "json", url.format("")).json[-1]["size"] == 5
    for number, words in enumerate((("cp", "-r", url.format("")), ("get", url.format("/")))):
        target = Path(f"copy-{number}")
        ran = run(words[0], *words[1:], *(("--to",) if words[0] == "get" else ()), f"{target}/")
        assert ran.code == 0, ran.err
        copied = {
            path.read_bytes().decode() for path in target.rglob("*") if path.is_file() and ".omics" not in str(path)
        }
        assert copied == set(MANY)
    assert run("verify", url.format(""), "copy-0/").code == 0
    missing = run("ls", url.format("/none/"))
    assert (missing.code, "not found" in missing.err) == (1, True)
    refused = run("ls", signed_container(server, "lab", "r").format(""))
    assert (refused.code, "sig=" in refused.err) == (4, False), refused.err
