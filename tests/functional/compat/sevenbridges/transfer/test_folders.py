"""Folders go up and come down with all that is in them, by the platform's client that an Api has."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import APIError, ServerError, UnsafePath, UsageError
from omicsdk.sb import LocalFileExists
from omicsdk.transfer import TransferFailed

TREE = {"a.txt": b"a", "empty.txt": b"", "sub/b.txt": b"bb", "sub/deep/c.txt": b"ccc", "other/a.txt": b"aaaa"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "hollow").mkdir()
    (root / "link").symlink_to(root / "sub")
    (root / "alias.txt").symlink_to(root / "a.txt")
    return root


def there(platform: Any) -> dict[str, bytes | None]:
    """The platform's files by their paths; folders are None."""

    def path(entry: dict[str, Any]) -> str:
        above = platform.files.get(entry.get("parent"))
        return f"{path(above)}/{entry['name']}" if above else entry["name"]

    return {path(entry): platform.contents.get(identity) for identity, entry in platform.files.items()}


def here(folder: Path) -> dict[str, bytes | None]:
    paths = (entry for entry in folder.rglob("*") if ".omics-transfer" not in entry.parts)
    return {entry.relative_to(folder).as_posix(): entry.read_bytes() if entry.is_file() else None for entry in paths}


PROJECT = "sb://me/project/"


def test_a_folder_goes_up(platform: Any, api: Any, tree: Path, state: Path):
    report = api.platform.upload(tree, PROJECT)
    files = {f"tree/{name}": content for name, content in TREE.items()} | {"tree/alias.txt": b"a"}
    folders = dict.fromkeys(["tree", "tree/sub", "tree/sub/deep", "tree/other", "tree/hollow"])
    assert there(platform) == files | folders
    assert report.counts["done"] == 6
    assert list(state.rglob("*.journal")) == []


def test_into_folders_that_exist(platform: Any, api: Any, tree: Path):
    folder = platform.add("tree", parent=platform.add("above"))
    sub = platform.add("sub", parent=folder)
    api.platform.upload(tree, f"{PROJECT}above/")
    assert there(platform)["above/tree/sub/b.txt"] == b"bb"
    assert [entry["id"] for entry in platform.files.values() if entry["name"] == "sub"] == [sub]


def test_what_is_in_it_straight_into_a_project(platform: Any, api: Any, tree: Path):
    api.platform.upload(f"{tree}/", PROJECT)
    assert there(platform)["a.txt"] == b"a"
    assert there(platform)["sub/b.txt"] == b"bb"


def test_a_file_of_the_folders_name(platform: Any, api: Any, tree: Path):
    platform.add("tree", b"in the way")
    with pytest.raises(UsageError, match="is a file"):
        api.platform.upload(tree, PROJECT)


def test_a_file_that_fails_and_a_second_try(platform: Any, api: Any, tree: Path, error: Any):
    platform.fault("POST v2/upload/multipart/up3/complete", lambda _: error(403, 8002))
    report = api.platform.upload(tree, PROJECT, check=False)
    with pytest.raises(TransferFailed, match="8002"):
        report.raise_if_failed()
    assert (report.counts["done"], report.counts["failed"]) == (5, 1)
    assert [entry.error.code for entry in report.outcomes.failures if isinstance(entry.error, APIError)] == [8002]
    begun = len(platform.of("POST", "v2/upload/multipart"))
    again = api.platform.upload(tree, PROJECT)
    assert again.counts["skipped"] == 5
    assert again.counts["done"] == 1
    assert len(platform.of("POST", "v2/upload/multipart")) == begun
    assert len([entry for entry in there(platform) if entry == "tree/a.txt"]) == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"), [(409, 8005, APIError), (500, 0, ServerError), (403, 8002, APIError)]
)
def test_why_a_file_failed(platform: Any, api: Any, tree: Path, error: Any, status: int, code: int, kind: type):
    platform.fault("POST v2/upload/multipart", lambda _: error(status, code))
    (failed,) = api.platform.upload(tree, PROJECT, retries=0, check=False).outcomes.failures
    assert isinstance(failed.error.__cause__ or failed.error, kind)


def test_a_link_that_has_no_target(platform: Any, api: Any, tree: Path):
    (tree / "sub" / "broken").symlink_to(tree / "nothing")
    with pytest.raises(UsageError, match="broken cannot be read"):
        api.platform.upload(tree, PROJECT)
    assert platform.of("POST", ".*") == []


def test_links_that_lead_out_of_the_target(platform: Any, api: Any, tmp_path: Path):
    remote(platform)
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "sub").symlink_to(tmp_path)
    with pytest.raises(UnsafePath, match="points outside"):
        api.platform.download(f"{PROJECT}root/", tmp_path / "local")
    assert not (tmp_path / "b.txt").exists()
    assert platform.of("GET", "bytes/.*") == []


@pytest.mark.parametrize("name", ["none", ""])
def test_a_missing_object(api: Any, tree: Path, name: str):
    with pytest.raises(UsageError) as caught:
        api.platform.upload([tree / name] if name else [], PROJECT)
    assert caught.value.remedy


def remote(platform: Any) -> str:
    root = platform.add("root")
    sub = platform.add("sub", parent=root)
    platform.add("hollow", parent=root)
    platform.add("a.txt", b"a", root)
    platform.add("b.txt", b"bb", sub)
    platform.add("c.txt", b"", platform.add("deep", parent=sub))
    return root


WHOLE = {"a.txt": b"a", "sub/b.txt": b"bb", "sub/deep/c.txt": b"", "sub": None, "sub/deep": None, "hollow": None}


def test_a_folder_comes_down(platform: Any, api: Any, tmp_path: Path):
    remote(platform)
    assert api.platform.download(f"{PROJECT}root/", tmp_path / "local").counts["done"] == 3
    assert here(tmp_path / "local") == WHOLE
    assert api.platform.download(f"{PROJECT}root/", tmp_path / "local").counts["skipped"] == 3


def test_a_project_comes_down(platform: Any, api: Any, tmp_path: Path):
    remote(platform)
    platform.add("top.txt", b"top")
    api.platform.download(PROJECT, tmp_path / "local")
    expected = {f"root/{name}": content for name, content in WHOLE.items()} | {"root": None, "top.txt": b"top"}
    assert here(tmp_path / "local") == expected


def test_files_that_exist(platform: Any, api: Any, tmp_path: Path):
    remote(platform)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_bytes(b"XX")
    with pytest.raises(LocalFileExists, match=r"b\.txt"):
        api.platform.download(f"{PROJECT}root/", tmp_path)
    assert not (tmp_path / "a.txt").exists()
    api.platform.download(f"{PROJECT}root/", tmp_path, overwrite=True)
    assert (tmp_path / "sub" / "b.txt").read_bytes() == b"bb"


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", ""])
def test_names_that_lead_elsewhere(platform: Any, api: Any, tmp_path: Path, name: str):
    root = remote(platform)
    for content in (b"evil", None):
        platform.add(name, content, root)
        with pytest.raises(UnsafePath, match="file name"):
            api.platform.download(f"{PROJECT}root/", tmp_path / "local")
        platform.files.popitem()
    assert platform.of("GET", "bytes/.*") == []


def test_some_files_fail(platform: Any, api: Any, tmp_path: Path, error: Any):
    remote(platform)
    platform.fault("GET v2/files/file-4/download_info", lambda _: error(403, 5001))
    report = api.platform.download(f"{PROJECT}root/", tmp_path / "local", check=False)
    with pytest.raises(TransferFailed, match="5001"):
        report.raise_if_failed()
    assert (report.counts["done"], report.counts["failed"]) == (2, 1)
    assert api.platform.download(f"{PROJECT}root/", tmp_path / "local").counts["done"] == 1
    assert here(tmp_path / "local") == WHOLE
