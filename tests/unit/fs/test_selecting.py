"""Which files a URI means."""

import pytest
from omicsdk.fs import Entry, IsFolder, PathNotFound, open_store, parse_uri
from omicsdk.fs.copying.planning import named, select
from omicsdk.fs.queries import sums
from omicsdk.transfer.filters import Filters


@pytest.fixture
def tree(shelf):
    shelf.files.update({"p/a.txt": b"1", "p/deep/b.csv": b"22", "p/deep/er/c.csv": b"333", "q": b""})
    return open_store("shelf")


def names(store, uri, **more):
    return [(found.name, str(found.uri)) for found in select(store, parse_uri(uri), **more)]


def test_a_file_is_meant_by_itself(tree):
    assert names(tree, "shelf://p/deep/b.csv") == [("b.csv", "shelf://p/deep/b.csv")]
    assert names(tree, "shelf://p/a.txt", patterns=Filters(include=["*.csv"])) == [("a.txt", "shelf://p/a.txt")]


def test_a_folder_means_all_below_it(tree):
    assert [name for name, _ in names(tree, "shelf://p")] == ["a.txt", "deep/b.csv", "deep/er/c.csv"]
    assert [name for name, _ in names(tree, "shelf://")] == ["p/a.txt", "p/deep/b.csv", "p/deep/er/c.csv", "q"]


def test_patterns_let_some_through(tree):
    assert [name for name, _ in names(tree, "shelf://p", patterns=Filters(exclude=["er/*", "/a*"]))] == ["deep/b.csv"]


def test_folders_have_to_be_requested(tree):
    with pytest.raises(IsFolder, match=r"shelf://p is a folder\. Use --recursive"):
        names(tree, "shelf://p", recursive=False)
    with pytest.raises(PathNotFound) as caught:
        names(tree, "shelf://nowhere")
    assert isinstance(caught.value, FileNotFoundError)


def test_folders_of_this_machine(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_text("x")
    (tmp_path / "deep" / "up").symlink_to(tmp_path)
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    assert [name for name, _ in names(open_store("file"), str(tmp_path))] == ["deep/a", "lost"]


def test_resume_data_of_downloads_is_no_file_of_a_folder(tmp_path):
    for name in (".omics-transfer/get.journal", "deep/.omics-transfer/parts/a.part", "deep/a", "my.omics-transfer/b"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    assert [name for name, _ in names(open_store("file"), str(tmp_path))] == ["deep/a", "my.omics-transfer/b"]


def test_sums(tree):
    found = list(sums(named(tree, "shelf", Entry("p", "folder")), depth=1))
    assert [(each.name, each.files, each.size) for each in found] == [("deep", 2, 5), ("", 3, 6)]
    assert [each.name for each in sums(named(tree, "shelf", Entry("", "folder")), depth=9)] == [
        "p",
        "p/deep",
        "p/deep/er",
        "",
    ]
