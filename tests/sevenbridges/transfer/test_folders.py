"""Folders go up and come down with all that is in them."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.compat.sevenbridges.errors import LocalFileAlreadyExists, SbgError
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.transfer.failures import FolderFailed
from omicsdk.compat.sevenbridges.transfer.folders import download_folder, upload_folder
from omicsdk.transfer import Control

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

    def path(each: dict[str, Any]) -> str:
        above = platform.files.get(each.get("parent"))
        return f"{path(above)}/{each['name']}" if above else each["name"]

    return {path(each): platform.contents.get(identity) for identity, each in platform.files.items()}


def here(folder: Path) -> dict[str, bytes | None]:
    found = (each for each in folder.rglob("*") if ".omics-transfer" not in each.parts)
    return {each.relative_to(folder).as_posix(): each.read_bytes() if each.is_file() else None for each in found}


def test_a_folder_goes_up(platform: Any, api: Any, tree: Path, state: Path):
    done = upload_folder(tree, "me/project", api=api)
    files = {f"tree/{name}": content for name, content in TREE.items()} | {"tree/alias.txt": b"a"}
    folders = dict.fromkeys(["tree", "tree/sub", "tree/sub/deep", "tree/other", "tree/hollow"])
    assert there(platform) == files | folders
    assert done.report.counts["done"] == 6
    assert platform.files[done.folder]["name"] == "tree"
    assert list(state.rglob("*.journal")) == []


def test_into_folders_that_are_there(platform: Any, api: Any, tree: Path):
    parent = platform.add("above")
    folder = platform.add("new", parent=parent)
    sub = platform.add("sub", parent=folder)
    assert upload_folder(tree, parent=parent, folder_name="new", api=api).folder == folder
    assert there(platform)["above/new/sub/b.txt"] == b"bb"
    assert [each["id"] for each in platform.files.values() if each["name"] == "sub"] == [sub]


def test_what_is_in_it_straight_into_a_project(platform: Any, api: Any, tree: Path):
    assert upload_folder(tree, "me/project", folder_name="", api=api).folder == ""
    assert there(platform)["a.txt"] == b"a"
    assert there(platform)["sub/b.txt"] == b"bb"


def test_a_file_of_the_folders_name(platform: Any, api: Any, tree: Path):
    platform.add("tree", b"in the way")
    with pytest.raises(SbgError, match="is a file"):
        upload_folder(tree, "me/project", api=api)


def test_a_file_that_fails_and_a_second_try(platform: Any, api: Any, tree: Path, error: Any):
    refuse = [lambda _: error(403, 8002)]
    platform.fault("POST v2/upload/multipart/up3/complete", *refuse)
    with pytest.raises(FolderFailed, match="1 of 6") as caught:
        upload_folder(tree, "me/project", api=api)
    assert caught.value.report.counts["done"] == 5
    assert [each.code for each in caught.value.errors if isinstance(each, SbgError)] == [8002]
    begun = len(platform.of("POST", "v2/upload/multipart"))
    report = upload_folder(tree, "me/project", api=api).report
    assert report.counts["skipped"] == 5
    assert report.counts["done"] == 1
    assert len(platform.of("POST", "v2/upload/multipart")) == begun
    assert len([each for each in there(platform) if each == "tree/a.txt"]) == 1


TAKEN = "Give overwrite=True to replace what is there, or another folder_name."
AGAIN = "Call it again: what is there isn't sent again."


def failed(platform: Any, api: Any, tree: Path, error: Any, *faults: tuple[int, int]) -> FolderFailed:
    """What an upload raises whose first files are refused so."""
    platform.fault("POST v2/upload/multipart", *[lambda _, fault=fault: error(*fault) for fault in faults])
    with pytest.raises(FolderFailed) as caught:
        upload_folder(tree, "me/project", api=api, retry_count=0)
    assert len(caught.value.errors) == len(faults)
    return caught.value


def test_what_to_do_about_files_that_are_there(platform: Any, api: Any, tree: Path, error: Any):
    assert failed(platform, api, tree, error, (409, 8005), (409, 8005)).remedy == TAKEN


def test_what_to_do_about_a_network_that_broke(platform: Any, api: Any, tree: Path, error: Any):
    assert failed(platform, api, tree, error, (500, 0)).remedy == AGAIN


def test_what_to_do_about_what_stays_as_it_is(platform: Any, api: Any, tree: Path, error: Any):
    assert failed(platform, api, tree, error, (403, 8002)).remedy == (
        "Mend what each of them says, then call it again: what is there isn't sent again."
    )


def test_what_to_do_about_several_things(platform: Any, api: Any, tree: Path, error: Any):
    assert failed(platform, api, tree, error, (409, 8005), (500, 0)).remedy == f"{TAKEN} {AGAIN}"


def test_no_words_of_a_command_line(platform: Any, api: Any, tmp_path: Path, error: Any):
    root = remote(platform)
    platform.fault("GET v2/files/file-4/download_info", lambda _: error(403, 5001))
    with pytest.raises(FolderFailed) as caught:
        download_folder(root, tmp_path / "local", api=api)
    assert caught.value.remedy == "Mend what each of them says, then call it again: what is there isn't fetched again."
    control = Control()
    control.stop()
    with pytest.raises(FolderFailed) as caught:
        download_folder(root, tmp_path / "other", api=api, control=control)
    assert caught.value.remedy == "Call it again: what is there isn't fetched again."


def test_a_link_that_leads_nowhere(platform: Any, api: Any, tree: Path):
    (tree / "sub" / "broken").symlink_to(tree / "nothing")
    with pytest.raises(SbgError, match="broken can't be read"):
        upload_folder(tree, "me/project", api=api)
    assert platform.asked == []


def test_links_that_lead_out_of_the_target(platform: Any, api: Any, tmp_path: Path):
    root = remote(platform)
    (tmp_path / "local").mkdir()
    (tmp_path / "local" / "hollow").symlink_to(tmp_path)
    hollow = next(each["id"] for each in platform.files.values() if each["name"] == "hollow")
    platform.add("inner", parent=hollow)
    with pytest.raises(SbgError, match="leads out"):
        download_folder(root, tmp_path / "local", api=api)
    assert not (tmp_path / "inner").exists()
    assert platform.of("GET", "bytes/.*") == []


@pytest.mark.parametrize("name", ["none", "tree/a.txt"])
def test_what_is_no_folder(api: Any, tree: Path, name: str):
    with pytest.raises(SbgError, match="no folder") as caught:
        upload_folder(tree.parent / name, "me/project", api=api)
    assert caught.value.remedy


def test_one_that_was_stopped(platform: Any, api: Any, tree: Path):
    control = Control()
    control.stop()
    with pytest.raises(FolderFailed, match="ended before its end"):
        upload_folder(tree, "me/project", api=api, control=control)


def remote(platform: Any) -> str:
    root = platform.add("root")
    sub = platform.add("sub", parent=root)
    platform.add("hollow", parent=root)
    platform.add("a.txt", b"a", root)
    platform.add("b.txt", b"bb", sub)
    platform.add("c.txt", b"", platform.add("deep", parent=sub))
    return root


WHOLE = {"a.txt": b"a", "sub/b.txt": b"bb", "sub/deep/c.txt": b"", "sub": None, "sub/deep": None, "hollow": None}


@pytest.mark.parametrize("as_object", [True, False])
def test_a_folder_comes_down(platform: Any, api: Any, tmp_path: Path, as_object: bool):
    root = remote(platform)
    if as_object:
        report = download_folder(File.of(platform.files[root], api), tmp_path / "local")
    else:
        report = download_folder(root, tmp_path / "local", api=api)
    assert here(tmp_path / "local") == WHOLE
    assert report.counts["done"] == 3
    again = download_folder(root, tmp_path / "local", api=api)
    assert again.counts["skipped"] == 3


def test_a_project_comes_down(platform: Any, api: Any, tmp_path: Path):
    remote(platform)
    platform.add("top.txt", b"top")
    download_folder("me/project", tmp_path / "local", api=api)
    expected = {f"root/{name}": content for name, content in WHOLE.items()} | {"root": None, "top.txt": b"top"}
    assert here(tmp_path / "local") == expected


def test_files_that_are_there(platform: Any, api: Any, tmp_path: Path):
    root = remote(platform)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b.txt").write_bytes(b"XX")
    with pytest.raises(LocalFileAlreadyExists, match=r"b\.txt"):
        download_folder(root, tmp_path, api=api)
    assert not (tmp_path / "a.txt").exists()
    download_folder(root, tmp_path, overwrite=True, api=api)
    assert (tmp_path / "sub" / "b.txt").read_bytes() == b"bb"


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", ""])
def test_names_that_lead_elsewhere(platform: Any, api: Any, tmp_path: Path, name: str):
    root = remote(platform)
    platform.add(name, b"evil", root)
    with pytest.raises(SbgError, match="file name"):
        download_folder(root, tmp_path / "local", api=api)
    platform.files.popitem()
    platform.add(name, None, root)
    with pytest.raises(SbgError, match="file name"):
        download_folder(root, tmp_path / "local", api=api)
    assert platform.of("GET", "bytes/.*") == []


def test_some_files_fail(platform: Any, api: Any, tmp_path: Path, error: Any):
    root = remote(platform)
    platform.fault("GET v2/files/file-4/download_info", lambda _: error(403, 5001))
    with pytest.raises(FolderFailed, match="1 of 3") as caught:
        download_folder(root, tmp_path / "local", api=api)
    assert caught.value.report.counts["done"] == 2
    assert download_folder(root, tmp_path / "local", api=api).counts["done"] == 1
    assert here(tmp_path / "local") == WHOLE


def test_a_file_is_no_folder(platform: Any, api: Any, tmp_path: Path):
    file = File.of(platform.files[platform.add("a", b"a")], api)
    with pytest.raises(SbgError, match="not a folder"):
        download_folder(file, tmp_path)
