"""Data that other programs version, as these left them: folders of DVC in a storage, and data sets of git-annex."""

import os
import subprocess
import tracemalloc
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
    for name, body in (("a.txt", b"hello\n"), ("b%20c.txt", b"second file\n"), ("r.fastq.gz", b"\x1f\x8bx")):
        portal.put(name, body)
    return cloned(portal, "annexed")


def cloned(portal: PortalHost, name: str, *, has_urls: bool = True) -> Path:
    """Clone what `git fast-export` printed of a data set, with the portal's address, and public URLs of its remotes or none."""
    exported = (SAMPLES.parent / f"{name}.fast-export").read_bytes()
    for mark in (b"http://127.0.0.1:", b" port="):
        exported = exported.replace(mark + b"65000", mark + f"{portal.port:05}".encode())
    if not has_urls:
        exported = exported.replace(b" publicurl=", b" otherwise=")
    for words in (["init", "-q", "origin"], ["-C", "origin", "fast-import", "--quiet"]):
        subprocess.run(["git", *words], input=exported, check=True)
    subprocess.run(["git", "clone", "-q", "--branch", "main", "origin", "clone"], check=True)
    return Path("clone")


@pytest.mark.skipif(os.name == "nt", reason="a clone has no links on Windows")
def test_a_data_set_of_git_annex_is_locked_by_its_keys(data_set: Path, portal: PortalHost):
    messages = list[str]()
    Path("project").mkdir()
    add(data_set, folder="project")
    with pytest.raises(omicsdk.SomeFailed) as failed:
        Lock.load("project").update(on_message=messages.append)
    assert [error.message for error in failed.value.errors] == [
        "local.bin: git-annex states no URL of it, only copies in a laptop"
    ]
    assert {line.partition(": ")[2].partition(": ")[2] for line in messages} >= {
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


def test_of_a_file_that_begins_like_a_pointer_only_the_beginning_is_read(data_set: Path):
    (pointer,) = (path for path in data_set.iterdir() if path.is_file() and path.read_bytes().startswith(b"/annex/"))
    os.truncate(pointer, 200 << 20)
    tracemalloc.start()
    try:
        assert omicsdk.get(pointer, "got").verification["verified"] == 1
        assert tracemalloc.get_traced_memory()[1] < 50 << 20
    finally:
        tracemalloc.stop()


def test_a_repository_without_a_description_is_named_by_its_uuid(portal: PortalHost):
    clone, uuid = cloned(portal, "special-remotes"), "af31210b-0f9e-4411-b01e-3d360a318c32"
    log = f"{uuid} timestamp=1795786399s\n"
    commit = "commit refs/remotes/origin/git-annex\ncommitter A <a@example.org> 1769860801 +0000\ndata 0\n"
    change = f"{commit}from refs/remotes/origin/git-annex^0\nM 100644 inline uuid.log\ndata {len(log)}\n{log}"
    subprocess.run(["git", "-C", clone, "fast-import", "--quiet"], input=change.encode(), check=True)
    add("clone", include="chunked.txt")
    with pytest.raises(omicsdk.SomeFailed) as failed:
        Lock.load().update()
    assert uuid in failed.value.errors[0].message


def test_content_in_special_remotes_is_had_where_git_annex_states_its_url(portal: PortalHost):
    prefix = "SHA256E-s6--bebb33642d7a1cb23406e4ef6b4c3ed9911594c474aed53bcaec65021f7324ad.txt"
    in_dir = "SHA256E-s4--baa36e7060b5155d6e766266c2424ddbe8e56fdb38ab3bfb76cd6351b0889606.txt"
    in_plain = "SHA256E-s6--dacf36547c7774a0a170806363b5d412991fbc0d6260b2c00b1d3a80a816c23f.txt"
    # The URLs are those of `git annex whereis` of git-annex 10.2026, but for that of httpalso, of which it states none.
    urls = {
        "a.txt": "versions/v/a.txt?versionId=87477173-a699-4a3c-9cfc-104c890059d8",
        "blank.txt": f"blank/p%20%26x%25/{prefix}",
        "dir.txt": f"dir/764/739/{in_dir}/{in_dir}",
        "plain.txt": f"plain/pre/{in_plain}",
        "sub/b %c.csv": "versions/v/sub/b%20%25c.csv?versionId=a13dd1e4-e34c-472f-a210-eebaa22fd4cf",
    }
    for url, body in zip(urls.values(), (b"one\n", b"blank\n", b"dir\n", b"plain\n", b"two,\r\n"), strict=True):
        portal.put(url.partition("?")[0], body)
    add(cloned(portal, "special-remotes"))
    with pytest.raises(omicsdk.SomeFailed) as failed:
        Lock.load().update()
    [error] = failed.value.errors
    assert error.message == "chunked.txt: git-annex states no URL of it, only copies in chunked, laptop"
    Path("omics.toml").unlink()
    add("clone", exclude="chunked.txt")
    (lock := Lock.load()).update()
    assert {file.path: file.address for file in lock.files()} == {
        f"data/{path}": portal.url(url) for path, url in urls.items()
    }
    assert lock.pull().verification["verified"] == 5


def test_buckets_without_a_public_url_are_read_with_credentials(portal: PortalHost, monkeypatch: pytest.MonkeyPatch):
    add(cloned(portal, "special-remotes", has_urls=False), include=["plain.txt", "*.csv"])
    (lock := Lock.load()).update()
    assert [file.address for file in lock.files()] == [
        "s3://plain/pre/SHA256E-s6--dacf36547c7774a0a170806363b5d412991fbc0d6260b2c00b1d3a80a816c23f.txt",
        "s3://versions/v/sub/b %c.csv?versionId=a13dd1e4-e34c-472f-a210-eebaa22fd4cf",
    ]
    monkeypatch.delenv("AWS_ENDPOINT_URL_S3")  # the bucket of this name at Amazon may be another's
    with pytest.raises(omicsdk.SomeFailed) as failed:
        Lock.load().update()
    assert len(failed.value.errors) == 2


def test_a_file_of_git_annex_without_its_data_set_is_refused(portal: PortalHost):
    Path("a.txt").symlink_to("../.git/annex/objects/x/y/MD5E-s6--b1946ac92492d2347c6235b4d2611184.txt/MD5E-s6")
    with pytest.raises(ListError, match=r"a\.txt is a file of git-annex outside of a repository"):
        omicsdk.get("a.txt", "got")
