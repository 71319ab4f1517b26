"""Data that other programs version, as these left them: folders of DVC in a storage, and data sets of git-annex."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import omicsdk
import pytest
from omicsdk.locks import Lock, add
from omicsdk.portals import ListError
from portal_host import SAMPLES, PortalHost

LISTED = b"""[{"md5": "5bbf5a52328e7439ae6e719dfe712200", "relpath": "a.txt"}, \
{"md5": "bb4d4c70dbf83be12357b941bb976023", "relpath": "sub \\u00fc/b c.csv"}]"""


def test_a_folder_of_dvc_is_read_from_the_storage_and_refused_where_it_is_damaged(portal: PortalHost):
    Path(".dvc").mkdir()
    Path(".dvc/config").write_text(f"[core]\nremote = s\n['remote \"s\"']\nurl = {portal.url('store')}\n")
    Path("data.dvc").write_text("outs:\n- md5: f44bab59b97628a67c1a7751f3679c0f.dir\n  hash: md5\n  path: data\n")
    stored = {"f4/4bab59b97628a67c1a7751f3679c0f.dir": LISTED}
    stored |= {"5b/bf5a52328e7439ae6e719dfe712200": b"one\n", "bb/4d4c70dbf83be12357b941bb976023": b"two,\r\n"}
    for name, body in stored.items():
        portal.put(f"store/files/md5/{name}", body)
    assert omicsdk.get("data.dvc", "got").verification["verified"] == 2
    assert Path("got/data/sub ü/b c.csv").read_bytes() == b"two,\r\n"
    portal.put("store/files/md5/f4/4bab59b97628a67c1a7751f3679c0f.dir", LISTED.replace(b"a.txt", b"b.txt"))
    with pytest.raises(
        ListError, match=r"'data' is a folder, whose list of files .* cannot be read \(f44bab.*: dvc fetch"
    ):
        omicsdk.get("data.dvc", "again", retries=0)


@pytest.fixture
def data_set(portal: PortalHost) -> Path:
    """A clone of a data set of DataLad 1.7 and git-annex 10.2026, whose URLs are the portal's: a file with two of three URLs
    left, one without a checksum, one that is unlocked, one that is only elsewhere; one of Git, and a data set within it.
    """
    exported = (SAMPLES.parent / "annexed.fast-export").read_bytes()
    exported = exported.replace(b"http://127.0.0.1:65000", f"http://127.0.0.1:{portal.port:05}".encode())
    for name, body in (("a.txt", b"hello\n"), ("b%20c.txt", b"second file\n"), ("r.fastq.gz", b"\x1f\x8bx")):
        portal.put(name, body)
    for words in (["init", "-q", "origin"], ["-C", "origin", "fast-import", "--quiet"]):
        subprocess.run(["git", *words], input=exported, check=True)
    subprocess.run(["git", "clone", "-q", "--branch", "main", "origin", "clone"], check=True)
    return Path("clone")


@pytest.mark.skipif(os.name == "nt", reason="a clone has no links on Windows")
def test_a_data_set_of_git_annex_is_locked_by_its_keys(data_set: Path, portal: PortalHost):
    said = list[str]()
    Path("project").mkdir()
    add(data_set, folder="project")
    with pytest.raises(omicsdk.SomeFailed) as failed:
        Lock.load("project").update(on_message=said.append)
    assert [error.message for error in failed.value.errors] == [
        "local.bin: git-annex states no URL of it, only copies in a laptop"
    ]
    assert {line.partition(": ")[2].partition(": ")[2] for line in said} >= {
        "files that Git itself has are left out: a clone has them (1)",
        "data sets within it are left out: name their folders (1)",
    }
    Path("project/omics.toml").unlink()
    add(data_set, folder="project", exclude="*.bin")
    add([data_set / "sub/a.txt", data_set / "r.fastq.gz"], folder="project", to="some", name="some")
    lock = Lock.load("project")
    lock.update()
    files = {file.path: file for file in lock.files()}
    assert [*files] == [
        *("data/fast.txt", "data/r.fastq.gz", "data/sub/a.txt", "data/\u00fc b.txt"),
        *("some/a.txt", "some/r.fastq.gz"),
    ]
    a_file = files["data/sub/a.txt"]
    assert (a_file.address, a_file.mirrors) == (portal.url("a.txt"), (portal.url("mirror/a.txt"),))
    report = lock.pull()
    assert report.verification == {"verified": 5, "size only": 1, "unverified": 0}
    assert Path("project/some/a.txt").read_bytes() == b"hello\n"


def test_a_file_of_git_annex_without_its_data_set_is_refused(portal: PortalHost):
    Path("a.txt").symlink_to("../.git/annex/objects/x/y/MD5E-s6--b1946ac92492d2347c6235b4d2611184.txt/MD5E-s6")
    with pytest.raises(ListError, match=r"a\.txt is a file of git-annex outside of a repository"):
        omicsdk.get("a.txt", "got")
