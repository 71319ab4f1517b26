"""`omics add`, `lock`, `pull`, `status` and `verify --lock`: output and exit codes, and what kills leave."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from breakable import Response
from portal_host import PortalHost, content
from portal_host import portal as portal


@pytest.fixture
def run(omics: Any, portal: PortalHost) -> Callable[..., Any]:
    """Runs a command in a folder with a manifest of the GDC; `portal` has its files, and one at a URL."""
    portal.gdc_manifest(Path())
    portal.put("files/a.bin", b"first content")
    return lambda *words, **how: omics(*words, installed=True, **how)


@pytest.fixture
def project(run: Callable[..., Any], portal: PortalHost) -> Callable[..., Any]:
    """The same, with a lock of both sources."""
    assert run("add", "gdc_manifest.txt", "--to", "data/raw", "--include", "*.bam").code == 0
    assert run("add", portal.url("files/a.bin"), "--name", "web").code == 0
    assert run("lock").code == 0
    return run


def test_data_is_added_locked_and_pulled(run: Callable[..., Any], portal: PortalHost):
    added = run("add", "gdc_manifest.txt", "--to", "data/raw", "--where", "size<1K")
    assert (added.code, added.json["name"]) == (0, "gdc_manifest")
    assert "source gdc_manifest added to ./omics.toml; run `omics lock`" in added.err
    locked = run("lock")
    assert locked.json == {"files": 2, "written": True, "counts": {"added": 2}, "changes": locked.json["changes"]}
    assert "2 files locked: 2 added" in locked.err
    assert portal.requests == []
    pulled = run("pull")
    assert (pulled.code, pulled.json["verification"]["verified"]) == (0, 2)
    assert Path("data/raw/t.bam").read_bytes() == content("t.bam")
    status = run("status")
    assert (status.json, status.err) == ([], "omics: all files are as the lock states\n")


def test_a_source_that_is_down_is_locked_later(run: Callable[..., Any]):
    assert run("add", "http://127.0.0.1:9/a.bin").code == 0
    locked = run("lock")
    assert (locked.code, "Run `omics lock` again later" in locked.err, "exclude" in locked.err) == (1, True, False)


def test_check_ends_with_3_until_everything_is_pulled(project: Callable[..., Any], monkeypatch: pytest.MonkeyPatch):
    checked = project("pull", "--check")
    assert (checked.code, checked.json["counts"]["planned"]) == (3, 3)
    assert "3 of 3 locked files would be fetched" in checked.err
    assert project("pull", "gdc_manifest", "--report", "pulled.html").code == 0
    assert "<title>Download of gdc_manifest</title>" in Path("pulled.html").read_text()
    assert project("pull", "--check", "gdc_manifest").code == 0
    assert project("pull", "--check").code == 3
    assert project("pull").code == 0
    checked = project("pull", "--check")
    assert (checked.code, checked.err) == (0, "omics: 3 of 3 locked files are complete\n")
    monkeypatch.chdir("data")
    again = project("add", "gdc_manifest.txt", "--name", "new", "--to", ".", "--folder", "..")
    assert (again.code, again.json["to"]) == (0, ".")
    assert "source gdc_manifest names the same data\nomics: source new added to ../omics.toml;" in again.err
    checked = project("pull", "--check", "--quiet", "--folder", "..")
    assert checked.code == 3
    assert "omics.lock has no file of the source new. Run `omics lock`" in checked.err
    assert project("pull", "--check", "web", "--folder", "..").code == 0
    Path("a.bin").write_bytes(b"edited")
    assert "1 of 3 locked files would be fetched" in project("pull", "--check", "--folder", "..").err
    assert (project("pull", "--folder", "..").code, Path("a.bin").read_bytes()) == (3, b"edited")


def test_a_change_upstream_ends_with_3_until_it_is_taken(project: Callable[..., Any], portal: PortalHost):
    before = Path("omics.lock").read_bytes()
    portal.put("files/a.bin", b"other content")
    refused = project("lock")
    assert (refused.code, refused.json["counts"], refused.json["written"]) == (3, {"changed": 1}, False)
    (change,) = refused.json["changes"]
    assert (change["path"], change["state"]) == ("data/a.bin", "changed")
    assert "md5 " in change["why"]
    assert "omics lock --update web" in refused.err
    assert json.loads(project("lock", "--output", "jsonl").out) == change
    assert project("lock", tty=True).out == f"changed data/a.bin: {change['why']}\n"
    assert Path("omics.lock").read_bytes() == before
    pulled = project("pull", "--retries", "0")
    assert pulled.code == 3
    assert "data/a.bin: its content upstream is not the locked one: " in pulled.err
    status = project("status", "--upstream", tty=True)
    assert status.out.splitlines()[-1] == f"changed upstream  data/a.bin  {change['why']}"
    assert "omics: 1 missing, 1 changed upstream\n" in status.err
    assert project("lock", "--update", "web").json["counts"] == {"changed": 1}
    assert project("pull").code == 0


def test_a_change_of_the_only_file_ends_with_3_too(run: Callable[..., Any], portal: PortalHost):
    run("add", portal.url("files/a.bin"))
    run("lock")
    portal.put("files/a.bin", b"other content")
    pulled = run("pull", "--retries", "0")
    assert pulled.code == 3
    assert "is not the locked one" in pulled.err


def test_at_most_20_differences_are_listed(run: Callable[..., Any]):
    rows = "".join(f"https://files.example.org/{number}\tf{number}\n" for number in range(25))
    Path("list.tsv").write_text(f"url\tname\n{rows}")
    run("add", "list.tsv")
    locked = run("lock")
    assert (len(locked.json["changes"]), locked.json["counts"]) == (20, {"added": 25})
    assert "25 files without a checksum" in locked.err
    Path("omics.lock").unlink()
    assert "\nand 5 more\n" in run("lock", tty=True).out


def test_files_are_verified_by_the_lock(project: Callable[..., Any]):
    project("pull")
    good = project("verify", "--lock", "--report", "verified.html")
    assert "<title>Verification</title>" in Path("verified.html").read_text()
    assert (good.code, good.json["counts"]) == (0, {"verified": 3})
    Path("data/a.bin").write_bytes(b"first_content")
    Path("data/raw/n.bam").unlink()
    bad = project("verify", "--lock", ".")
    assert (bad.code, bad.json["counts"]) == (3, {"wrong": 1, "missing": 1, "verified": 1})
    assert [row["name"] for row in bad.json["files"] if row["state"] == "wrong"] == ["data/a.bin"]
    assert project("verify", "--lock", "--include", "*.bam").code == 2
    assert project("verify", "--lock", ".", "copy").code == 2
    assert project("verify").code == 2


@pytest.mark.skipif(shutil.which("md5sum") is None, reason="md5sum isn't installed")
def test_checksums_are_exported_for_coreutils(project: Callable[..., Any]):
    project("pull")
    exported = project("lock", "--export", "md5sum")
    assert exported.code == 0
    checked = subprocess.run(["md5sum", "--check", "--quiet"], input=exported.out, text=True, check=False)
    assert checked.returncode == 0
    assert project("lock", "--export", "sha256sum").code == 2
    Path("omics.lock").write_text(Path("omics.lock").read_text().replace("raw/n.bam", "raw/n\\udcff.bam"))
    assert project("lock", "gdc_manifest", "--export", "md5sum", "--to", "sums").code == 0
    assert (
        Path("sums")
        .read_bytes()
        .endswith(b"  data/raw/n\xff.bam\n" + exported.out.encode().splitlines(keepends=True)[-1])
    )


def test_a_merge_with_conflicts_is_refused_before_the_first_request(project: Callable[..., Any], portal: PortalHost):
    lines = Path("omics.lock").read_bytes().splitlines(keepends=True)
    theirs = lines[-1].replace(b'"md5": "', b'"md5": "0')
    Path("omics.lock").write_bytes(
        b"".join([*lines[:-1], b"<<<<<<< ours\n", lines[-1], b"=======\n", theirs, b">>>>>>> b\n"])
    )
    portal.requests.clear()
    for words in (
        ["pull"],
        ["status"],
        ["verify", "--lock"],
        ["lock"],
        ["lock", "--export", "md5sum"],
        ["report", ".", "p.html"],
    ):
        refused = project(*words)
        assert (refused.code, f"omics.lock:{len(lines)}: " in refused.err, "conflict marker" in refused.err) == (
            2,
            True,
            True,
        ), words
    assert portal.requests == []
    assert not Path("p.html").exists()


def test_a_lock_and_a_run_are_rendered(project: Callable[..., Any], portal: PortalHost):
    project("pull", "--report", "run.jsonl")
    for file in ("omics.lock", ".", "run.jsonl"):
        assert project("report", file, "page.html").code == 0
        page = Path("page.html").read_text()
        assert (portal.url("files/a.bin") in page, "data/<wbr>raw/<wbr>t.bam" in page) == (True, True)
        assert project("report", file, "crate.jsonld").code == 0
        crate = {entity["@id"]: entity for entity in json.loads(Path("crate.jsonld").read_text())["@graph"]}
        assert crate["data/a.bin"]["contentUrl"] == portal.url("files/a.bin")
        assert crate["data/a.bin"]["provider"] == {"@id": portal.url("").rstrip("/")}
    crate["data/a.bin"]["@id"] = "data/a%20b.bin"
    Path("crate.json").write_text(json.dumps({"@graph": [crate["data/a.bin"]]}))
    assert project("get", "crate.json", "--to", "again").code == 0
    assert Path("again/data/a b.bin").read_bytes() == b"first content"
    sheet = project("lock", "--export", "snakemake", "--to", "files.json")
    assert (sheet.code, json.loads(Path("files.json").read_text())["files"][0]) == (0, "data/a.bin")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["report", "gdc_manifest.txt", "page.html"], 2, "not a transfer's report"),
        (["report", "none", "page.html"], 2, "No such file"),
        (["report", "gdc_manifest.txt", "page.pdf"], 2, "unknown suffix"),
        (["lock", "--to", "x"], 2, "--to is for exports"),
        (["lock", "--export", "bdbag"], 2, "a bdbag is a folder"),
        (["lock"], 2, "neither omics.toml nor omics.lock"),
        (["pull"], 2, "neither omics.toml nor omics.lock"),
        (["status", "--folder", "none"], 2, "neither omics.toml nor omics.lock"),
        (["add", "https://me:secret@files.example.org/a"], 2, "has credentials"),
        (["add", "A1", "--to", "../elsewhere"], 2, "contains '..'"),
        (["add"], 2, "WHAT"),
    ],
)
def test_refusals(run: Callable[..., Any], words: list[str], code: int, message: str):
    ran = run(*words)
    assert (ran.code, message in ran.err) == (code, True), ran.err
    assert "secret" not in ran.err


@pytest.mark.parametrize("count", [1, 2])
def test_a_denied_resolution_states_that_the_lock_is_as_it_was(run: Callable[..., Any], portal: PortalHost, count: int):
    for number in range(count):
        path = f"ga4gh/drs/v1/objects/{number}"
        portal.put(path, b"")
        portal.always[path] = lambda *_: Response(401)
    run("add", *(f"drs://{portal.name}/{number}" for number in range(count)))
    refused = run("lock")
    assert refused.code == 4
    assert "401" in refused.err
    assert "The lock is as it was." in refused.err.splitlines()[-1]
    assert not Path("omics.lock").exists()


def test_whatever_fails_a_resolution_states_that_the_lock_is_as_it_was(run: Callable[..., Any]):
    Path("list.tsv").write_text("url\n")
    run("add", "list.tsv")
    Path("list.tsv").unlink()
    refused = run("lock")
    assert (refused.code, refused.err.count("The lock is as it was.")) == (2, 1)


# -- kills
