"""Names with the signs of patterns, in fsspec's bulk methods (report 838 of fsspec): what a listing has can be used as it is."""

from pathlib import Path

import pytest
from served_store import ServedFileSystem, ServedStore

BESIDE = {"p/one1.txt": b"1", "p/qx.txt": b"2", "p/star": b"3", "p/ac": b"4"}


@pytest.fixture(params=["one[1].txt", "q?.txt", "st*r", "[", "a[!b]"])
def name(request: pytest.FixtureRequest) -> str:
    """The name of a file; beside it are files that it matches as a pattern."""
    return request.param


@pytest.fixture
def fs(served: ServedFileSystem, name: str) -> ServedFileSystem:
    """A store with the file, and a folder of the same name in another folder."""
    store = served.store
    assert isinstance(store, ServedStore)
    for path, data in {**BESIDE, f"p/{name}": b"itself", f"f/{name}/{name}": b"within", "q/x": b""}.items():
        store.hold(path, data)
    return served


def content(fs: ServedFileSystem, folder: str) -> dict[str, bytes]:
    fs.invalidate_cache()
    return {path: fs.cat_file(path) for path in fs.find(folder)}


def test_an_existing_file_is_itself_wherever_a_pattern_is_taken(
    fs: ServedFileSystem, name: str, tmp_path: Path
) -> None:
    assert fs.expand_path(f"p/{name}") == [f"p/{name}"]
    assert fs.cat(f"served://p/{name}") == b"itself"
    assert {*fs.cat([f"p/{name}", "p/s*ar"])} >= {f"p/{name}", "p/star"}
    fs.get(f"p/{name}", str(tmp_path / "local"))
    assert (tmp_path / "local").read_bytes() == b"itself"
    fs.get(f"p/{name}", f"{tmp_path}/")
    fs.put(tmp_path / name, "n/put")
    fs.put(str(tmp_path / name), "n/in/")
    fs.cp(f"p/{name}", "n/copied")
    fs.mv(f"p/{name}", "n/moved")
    assert content(fs, "n") == dict.fromkeys(("n/put", f"n/in/{name}", "n/copied", "n/moved"), b"itself")
    assert content(fs, "p") == BESIDE


def test_a_removal_takes_nothing_that_a_name_matches(fs: ServedFileSystem, name: str) -> None:
    fs.rm(f"p/{name}")
    assert content(fs, "p") == BESIDE
    fs.rm(f"f/{name}", recursive=True)
    assert content(fs, "f") == {}


def test_folders_arrive_where_those_of_other_names_do(fs: ServedFileSystem, name: str, tmp_path: Path) -> None:
    fs.get(f"f/{name}", str(tmp_path / "new"), recursive=True)
    fs.get(f"f/{name}", str(tmp_path), recursive=True)
    fs.get(f"f/{name}/", str(tmp_path / name), recursive=True)
    assert [path.read_bytes() for path in (tmp_path / "new" / name, tmp_path / name / name)] == [b"within", b"within"]
    assert not (tmp_path / name / name / name).exists()
    fs.put(str(tmp_path / name), "q", recursive=True)
    fs.put(str(tmp_path / name), "r", recursive=True)
    assert content(fs, "q") == {"q/x": b"", f"q/{name}/{name}": b"within"}
    assert content(fs, "r") == {f"r/{name}": b"within"}


def test_patterns_match_as_ever(fs: ServedFileSystem, name: str) -> None:
    assert fs.expand_path("p/st?r") == (["p/st*r"] if name == "st*r" else []) + ["p/star"]
    with pytest.raises(FileNotFoundError):
        fs.expand_path("p/none*")
