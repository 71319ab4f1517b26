"""Folders and uploads of the published client and of ours are interchangeable: either continues the work of the other."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from dss_manifests import WITH_VERSION, rows_of, write_manifest
from omicsdk.sandbox.server import Sandbox
from omicsdk.sandbox.traffic.faults import Rule
from waiting import until

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat("hca")

Contents = Callable[[Path], dict[str, bytes]]
BOTH_WAYS = pytest.mark.parametrize(("first", "second"), [("hca", "omicsdk"), ("omicsdk", "hca")])


def identities(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file's inode and time of change: equal before and after means that nothing was written again."""
    stats = {path.relative_to(folder).as_posix(): path.stat() for path in folder.rglob("*") if path.is_file()}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def fetched(sandbox: Sandbox) -> list[str]:
    """The paths from which bytes of files were requested."""
    return [request["path"] for request in sandbox.requests("/_objects/") if request["method"] == "GET"]


def without_resume_data(files: dict[str, Any]) -> dict[str, Any]:
    """Return the files without the engine's resume data."""
    return {name: value for name, value in files.items() if ".omics" not in name}


def files_of(folder: Path, seeded: Mapping[str, Any], contents: Contents) -> dict[str, Any]:
    """Return the files of a downloaded bundle, without what neither client reads."""
    files = without_resume_data(contents(folder / f"{seeded['bundle_uuid']}.{seeded['version']}"))
    return {name: content for name, content in files.items() if name != "bundle.json"}


@pytest.fixture
def pair(new_client: Callable[..., "Documented"]) -> dict[str, "Documented"]:
    return {module: new_client(module) for module in ("hca", "omicsdk")}


def test_a_downloaded_bundle_is_the_same_tree(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path], contents: Contents
) -> None:
    seeded = sandbox.seed(make_folder())
    for client in pair.values():
        client.call("download", bundle_uuid=seeded["bundle_uuid"], replica="aws", download_dir="d")
    theirs, ours = (contents(pair[module].folder / "d") for module in ("hca", "omicsdk"))
    assert without_resume_data(ours) == theirs


@BOTH_WAYS
def test_a_bundle_downloaded_by_the_other_client_is_reused(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path], tmp_path: Path, first: str, second: str
) -> None:  # fmt: skip
    seeded = sandbox.seed(make_folder())
    target = tmp_path / "shared"
    download = {"bundle_uuid": seeded["bundle_uuid"], "replica": "aws", "download_dir": str(target)}
    pair[first].call("download", **download)
    before, bytes_before = identities(target), len(fetched(sandbox))
    pair[second].call("download", **download)
    after = identities(target)
    assert {name: after[name] for name in without_resume_data(before)} == without_resume_data(before)
    assert set(without_resume_data(after)) == set(without_resume_data(before))
    assert len(fetched(sandbox)) == bytes_before


@BOTH_WAYS
def test_a_half_finished_download_is_finished(
    sandbox: Sandbox,
    pair: dict[str, "Documented"],
    make_folder: Callable[..., Path],
    contents: Contents,
    tmp_path: Path,
    first: str,
    second: str,
) -> None:
    folder = make_folder()
    seeded = sandbox.seed(folder)
    target = tmp_path / "shared"
    download = {"bundle_uuid": seeded["bundle_uuid"], "replica": "aws", "download_dir": str(target)}
    reads = next(file for file in seeded["files"] if file["name"] == "reads.fastq.gz")
    # 404 for one file, which is not retried.
    sandbox.add_faults(Rule("status", path=f"/dss/v1/files/{reads['uuid']}", status=404))
    with pytest.raises(Exception, match="download task"):
        pair[first].call("download", **download, num_retries=0)
    sandbox.fault_book.clear()
    bytes_before = len(fetched(sandbox))
    pair[second].call("download", **download)
    assert files_of(target, seeded, contents) == contents(folder)
    assert len(fetched(sandbox)) == bytes_before + 1


@BOTH_WAYS
def test_a_killed_download_is_finished(
    sandbox: Sandbox,
    pair: dict[str, "Documented"],
    make_folder: Callable[..., Path],
    contents: Contents,
    tmp_path: Path,
    first: str,
    second: str,
) -> None:
    """Incomplete files of a killed client do not affect the other client or the bundle."""
    folder = make_folder(reads=12_000_000)
    seeded = sandbox.seed(folder)
    target = tmp_path / "shared"
    download = {"bundle_uuid": seeded["bundle_uuid"], "replica": "aws", "download_dir": str(target)}
    sandbox.add_faults(Rule("stall", path="/_objects/*", at=6_000_000))
    process = pair[first].start(("call", "download", download))
    until(lambda: sandbox.stalled, process)
    process.kill()
    process.wait()
    sandbox.fault_book.clear()
    sandbox.release()
    pair[second].call("download", **download)
    assert files_of(target, seeded, contents) == contents(folder)
    pair[first].call("download", **download)
    assert files_of(target, seeded, contents) == contents(folder)


def test_a_damaged_file_that_the_published_client_trusts_is_repaired(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_folder()
    seeded = sandbox.seed(folder)
    target = tmp_path / "shared"
    manifest = tmp_path / "m.tsv"
    write_manifest(manifest, rows_of(seeded, names=["reads.fastq.gz"]), WITH_VERSION)
    again = {"manifest": str(manifest), "replica": "aws", "download_dir": str(target)}
    pair["hca"].call("download_manifest", **again)
    sha256 = next(file["sha256"] for file in seeded["files"] if file["name"] == "reads.fastq.gz")
    stored = target / ".hca" / "v2" / "files_2_4" / sha256[:2] / sha256[2:6] / sha256
    right = stored.read_bytes()
    stored.write_bytes(right[:-1] + b"!")
    pair["hca"].call("download_manifest", **again)
    assert stored.read_bytes() != right
    pair["omicsdk"].call("download_manifest", **again)
    assert stored.read_bytes() == right


@pytest.mark.parametrize("layout", ["none", "bundle"])
def test_a_downloaded_manifest_is_the_same(
    sandbox: Sandbox,
    pair: dict[str, "Documented"],
    make_folder: Callable[..., Path],
    contents: Contents,
    tmp_path: Path,
    layout: str,
) -> None:
    seeded = [sandbox.seed(make_folder(name, reads=1000)) for name in ("one", "two")]
    manifest = tmp_path / "m.tsv"
    write_manifest(manifest, rows_of(*seeded, names=["reads.fastq.gz", "images/slide 1.tif"]), WITH_VERSION)
    for client in pair.values():
        client.call("download_manifest", manifest=str(manifest), replica="aws", layout=layout, download_dir="d")
    theirs, ours = (contents(pair[module].folder) for module in ("hca", "omicsdk"))
    assert without_resume_data(ours) == theirs
    assert b"file_path\r\n" in theirs["m.tsv"]


@BOTH_WAYS
def test_a_rewritten_manifest_is_read_by_the_other(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path], first: str, second: str
) -> None:
    """The copy with its file_path column, in another folder: the column is replaced, not added a second time."""
    seeded = sandbox.seed(make_folder(reads=1000))
    manifest = pair[first].folder.parent / "m.tsv"
    write_manifest(manifest, rows_of(seeded, names=["reads.fastq.gz"]), WITH_VERSION)
    pair[first].call("download_manifest", manifest=str(manifest), replica="aws", download_dir="there")
    copy = pair[first].folder / "m.tsv"
    pair[second].call("download_manifest", manifest=str(copy), replica="aws", download_dir="elsewhere")
    header, row = (pair[second].folder / "m.tsv").read_text().splitlines()
    assert header.split("\t").count("file_path") == 1
    assert row.split("\t")[header.split("\t").index("file_path")].startswith("elsewhere/.hca/v2/files_2_4/")


def described(bundle: dict[str, Any]) -> dict[str, Any]:
    """A bundle's files without what differs between two uploads of one folder."""
    kept = ("indexed", "size", "sha256", "sha1", "s3_etag", "crc32c")
    return {file["name"]: {key: file[key] for key in kept} for file in bundle["bundle"]["files"]}


def test_an_uploaded_folder_is_the_same_bundle(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path]
) -> None:
    folder = make_folder()
    upload = {"src_dir": str(folder), "replica": "aws", "staging_bucket": sandbox.staging_bucket}
    theirs, ours = (pair[module].call("upload", **upload) for module in ("hca", "omicsdk"))
    assert set(ours) == set(theirs)
    assert {frozenset(file) for file in ours["files"]} == {frozenset(file) for file in theirs["files"]}
    stored = [
        pair["hca"].call("get_bundle", uuid=done["bundle_uuid"], replica="aws", version=done["version"])
        for done in (theirs, ours)
    ]
    assert described(stored[0]) == described(stored[1])


@BOTH_WAYS
def test_an_upload_of_one_client_is_downloaded_by_the_other(
    sandbox: Sandbox,
    pair: dict[str, "Documented"],
    make_folder: Callable[..., Path],
    contents: Contents,
    first: str,
    second: str,
) -> None:
    folder = make_folder()
    done = pair[first].call("upload", src_dir=str(folder), replica="aws", staging_bucket=sandbox.staging_bucket)
    pair[second].call("download", bundle_uuid=done["bundle_uuid"], replica="aws")
    files = contents(pair[second].folder / f"{done['bundle_uuid']}.{done['version']}")
    assert json.loads(files.pop("bundle.json"))["bundle"]["uuid"] == done["bundle_uuid"]
    assert files == contents(folder)


@pytest.mark.parametrize(
    "arguments",
    [
        ("create-version", "--help"),
        ("get-bundles-all", "--replica", "aws"),
        ("get-bundles-all", "--replica", "aws", "--no-paginate"),
        ("post-search", "--replica", "aws", "--es-query", "{}"),
        ("get-bundle", "--replica", "aws", "--uuid", "UUID"),
        ("get-file", "--replica", "aws", "--uuid", "FILE"),
        ("get-subscriptions", "--replica", "aws"),
        ("get-collections", "--no-paginate"),
    ],
    ids=" ".join,
)
def test_both_command_lines_print_the_same(
    sandbox: Sandbox, pair: dict[str, "Documented"], make_folder: Callable[..., Path], arguments: tuple[str, ...]
) -> None:
    sandbox.clock.freeze()
    seeded = sandbox.seed(make_folder(reads=1000))
    names = {"UUID": seeded["bundle_uuid"], "FILE": seeded["files"][0]["uuid"]}
    words = [names.get(word, word) for word in arguments]
    theirs, ours = (pair[module].cli("dss", *words) for module in ("hca", "omicsdk"))
    assert (theirs.returncode, ours.returncode) == (0, 0), ours.stderr
    if "--help" not in words:
        assert json.loads(ours.stdout) == json.loads(theirs.stdout)
