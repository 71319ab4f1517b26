"""Outputs of workflows that cannot be written: the error is the project's own, and states the file and a remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest
from omicsdk.core import DiskFull, NotWritable
from omicsdk.crunch.dataset_files import write
from omicsdk.dtp.sds.records import write_records
from omicsdk.gen3.manifests.discovery import write_objects, write_template
from omicsdk.gen3.manifests.tables import written_table
from omicsdk.hca.azul.manifests import Pending
from omicsdk.sb.downloads import Selected, make_folders


def write_rows(path: Path) -> None:
    with written_table(path, ("name",), "\t") as write_row:
        write_row(["x" * 1000])


WRITERS: list[Callable[[Path], object]] = [
    write_rows,
    write_template,
    lambda path: write_objects(iter([]), path, "json"),
    lambda path: write(path, "text"),
    lambda path: write_records({path.name: []}, path.parent),
]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("is_below_a_file", [False, True])
def test_a_folder_or_a_path_below_a_file(is_below_a_file: bool, writer: Callable[[Path], object], tmp_path: Path):
    path = tmp_path / "taken" / "out" if is_below_a_file else tmp_path / "taken"
    (tmp_path / "taken").write_text("") if is_below_a_file else path.mkdir()
    with pytest.raises(NotWritable, match=r"taken.*(irectory|exists)") as caught:
        writer(path)
    assert caught.value.remedy
    assert [entry.name for entry in tmp_path.iterdir() if entry.name != "home"] == ["taken"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize("writer", WRITERS[:4])
def test_a_full_disk(writer: Callable[[Path], object]):
    with pytest.raises(DiskFull, match="/dev/full"):
        writer(Path("/dev/full"))


def test_a_folder_of_a_download_where_a_file_is(tmp_path: Path):
    (tmp_path / "a").write_text("")
    with pytest.raises(NotWritable, match="a/b: Not a directory"):
        make_folders(Selected([], [("a", "b")], []), tmp_path)


def test_a_request_that_cannot_be_remembered(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWritable, match="file"):
        Pending(tmp_path / "file" / "m.tsv", "key").keep("token")
