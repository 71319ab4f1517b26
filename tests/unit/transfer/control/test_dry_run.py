"""Dry runs: what would happen is reported, and nothing is touched. Room on the disk, and permissions, before and after."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from disk_space import stating
from omicsdk.core import NameClash, NotWritable, UnsafePath
from omicsdk.transfer import Item, download
from omicsdk.transfer.disk import JOURNAL_RESERVE, RESERVE_PER_FILE


def never() -> NoReturn:
    raise AssertionError("a dry run asks for no URL")


def plans(report: Any) -> list[tuple[str, str, str]]:
    return [(outcome.name, outcome.state, outcome.plan) for outcome in report.outcomes]


def test_nothing_exists_and_nothing_is_made(target: Path) -> None:
    items = [Item("a/one", never, 1234567, {"md5": "0" * 32}), Item("two", never)]
    report = download(items, target, dry_run=True)
    assert plans(report) == [
        ("a/one", "planned", "download 1,234,567 bytes"),
        ("two", "planned", "download a file of unknown size"),
    ]
    assert report.counts == {"done": 0, "skipped": 0, "failed": 0, "stopped": 0, "planned": 2}
    assert report.to_dict()["files"][0]["plan"] == "download 1,234,567 bytes"
    assert not target.exists()


class Listed:
    """Items of a list, each made when it is reached: a million are never in memory."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.passes = 0

    def __len__(self) -> int:
        return len(self.names)

    def __iter__(self) -> Iterator[Item]:
        self.passes += 1
        return (Item(name, never, 1) for name in self.names)


def test_items_are_made_once(target: Path) -> None:
    listed = Listed(["a/one", "two"])
    assert len(download(listed, target, dry_run=True).outcomes) == 2
    assert listed.passes == 1


def test_of_two_names_that_clash_both_are_named(target: Path) -> None:
    with pytest.raises(NameClash, match=r"(?s)one.*one/two|one/two.*one"):
        download(Listed(["one", "other", "one/two"]), target, dry_run=True)


@pytest.mark.parametrize(
    ("names", "error"), [(["../x"], UnsafePath), (["a", "a"], NameClash), (["a", "a/b"], NameClash)]
)
def test_names_are_checked_as_in_earnest(target: Path, names: list[str], error: type[Exception]) -> None:
    with pytest.raises(error):
        download([Item(name, never) for name in names], target, dry_run=True)
    assert not target.exists()


def test_names_that_differ_in_case_are_fine_where_the_disk_distinguishes_them(target: Path) -> None:
    target.parent.joinpath("Probe").touch()
    folds = target.parent.joinpath("pROBE").exists()
    items = [Item("reads", never), Item("READS", never)]
    if folds:
        with pytest.raises(NameClash):
            download(items, target, dry_run=True)
    else:
        assert download(items, target, dry_run=True).counts["planned"] == 2
    assert not target.exists()


def test_a_file_in_the_folders_place_is_reported(target: Path) -> None:
    target.write_text("a file")
    with pytest.raises(NotWritable, match="a file of that name"):
        download([Item("one", never)], target, dry_run=True)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="this account may write everywhere")
def test_a_folder_that_may_not_be_written_is_reported(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(NotWritable, match="cannot write"):
        download([Item("one", never)], tmp_path / "x", dry_run=True)


def test_what_does_not_fit_is_planned_with_a_warning(
    target: Path, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    kept = JOURNAL_RESERVE + 3 * RESERVE_PER_FILE
    monkeypatch.setattr(os, "statvfs", stating(lambda: (kept + 1000, 10**9)))
    items = [Item("one", never, 400), Item("large", never, 700), Item("two", never, 600)]
    report = download(items, target, dry_run=True)
    assert plans(report) == [
        ("one", "planned", "download 400 bytes"),
        ("large", "planned", "download 700 bytes; it does not fit on the disk"),
        ("two", "planned", "download 600 bytes"),
    ]
    (record,) = caplog.records
    assert re.match(
        rf"1,700 more bytes are needed in .*, but only {kept + 1000:,} are free; files", record.getMessage()
    )
    assert not target.exists()
    assert download([items[0], items[2]], target, dry_run=True).ok
    assert len(caplog.records) == 1


def test_a_file_system_without_bounds_is_not_full(target: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(os, "statvfs", stating(lambda: (0, 0)))  # so some network file systems report it
    assert download([Item("one", never, 400)], target, dry_run=True).ok


def test_names_that_come_one_by_one_are_checked_too(target: Path) -> None:
    items = (Item(name, never, 1) for name in ("a", "../b", "a", "c"))
    report = download(items, target, dry_run=True)
    assert [outcome.state for outcome in report.outcomes] == ["planned", "failed", "failed", "planned"]
    assert [type(outcome.error) for outcome in report.failed] == [UnsafePath, NameClash]
    assert not target.exists()
