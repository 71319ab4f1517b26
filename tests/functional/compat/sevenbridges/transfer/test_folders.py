"""Folders go up and come down with all that is in them, by the platform's client that an Api has."""

from pathlib import Path
from typing import Any

import pytest
from omicsdk.core import UnsafePath, UsageError

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


PROJECT = "sb://me/project/"


def test_a_folder_goes_up(platform: Any, api: Any, tree: Path, state: Path):
    report = api.platform.upload(tree, PROJECT)
    files = {f"tree/{name}": content for name, content in TREE.items()} | {"tree/alias.txt": b"a"}
    folders = dict.fromkeys(["tree", "tree/sub", "tree/sub/deep", "tree/other", "tree/hollow"])
    assert there(platform) == files | folders
    assert report.counts["done"] == 6
    assert list(state.rglob("*.journal")) == []


def test_a_link_that_has_no_target(platform: Any, api: Any, tree: Path):
    (tree / "sub" / "broken").symlink_to(tree / "nothing")
    with pytest.raises(UsageError, match="broken cannot be read"):
        api.platform.upload(tree, PROJECT)
    assert platform.of("POST", ".*") == []


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


@pytest.mark.parametrize("name", ["../evil", "a/b", "..", ""])
def test_names_that_lead_elsewhere(platform: Any, api: Any, tmp_path: Path, name: str):
    root = remote(platform)
    for content in (b"evil", None):
        platform.add(name, content, root)
        with pytest.raises(UnsafePath, match="file name"):
            api.platform.download(f"{PROJECT}root/", tmp_path / "local")
        platform.files.popitem()
    assert platform.of("GET", "bytes/.*") == []
