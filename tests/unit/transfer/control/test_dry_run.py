"""Dry runs: what would happen is reported, and nothing is touched. Room on the disk, and permissions, before and after."""

import os
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NoReturn

import pytest
from disk_space import stating
from omicsdk.core import ChecksumMissing, NameClash, NotWritable, UnsafePath, UsageError
from omicsdk.core.checksums import MIB
from omicsdk.transfer import Item, download
from omicsdk.transfer.disk import JOURNAL_RESERVE, RESERVE_PER_FILE, Disk
from omicsdk.transfer.downloads.files import PartFiles
from omicsdk.transfer.journal import DoneState, Journal
from omicsdk.transfer.names import journal_path


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


def test_what_earlier_runs_left_is_planned_by_the_rules_of_a_transfer(target: Path) -> None:
    sums, cell = {"md5": "0" * 32}, 4 * MIB
    target.mkdir()
    for name, size in {"done": 10, "changed": 10, "unrecorded": 10, "bare": 10, "other": 11}.items():
        (target / name).write_bytes(b"x" * size)
    path = journal_path(target)
    Path(path).parent.mkdir()
    with closing(Journal(path, lambda: False)) as journal:
        stats = {name: (target / name).stat() for name in ("done", "changed")}
        states = {name: DoneState(10, status.st_mtime_ns + (name == "changed"), sums) for name, status in stats.items()}
        journal.finish(list(states.items()))
        for name in ("begun", "lost", "unsized"):
            journal.begin(name, 2 * cell + 10, '"e"', sums)
            journal.cell(name, 0, 1)
            journal.cell(name, 2, 1)
        journal.cell_begun("begun", cell + 7, 1)
        files = PartFiles.of_journal(str(target), path, Disk())
        for name in ("begun", "unsized"):
            Path(files.paths(name)[1]).write_bytes(b"")
    sizes = {
        "done": 10,
        "changed": 10,
        "unrecorded": 10,
        "bare": 10,
        "other": 10,
        "begun": 2 * cell + 10,
        "lost": 2 * cell + 10,
    }
    items = [Item(name, never, size, {} if name == "bare" else sums) for name, size in sizes.items()]
    report = download([*items, Item("unsized", never, None, sums)], target, dry_run=True)
    assert plans(report) == [
        ("done", "skipped", ""),
        ("changed", "planned", "check the existing file"),
        ("unrecorded", "planned", "check the existing file"),
        ("bare", "planned", "download 10 bytes, replacing the existing file"),
        ("other", "planned", "download 10 bytes, replacing the existing file"),
        ("begun", "planned", "resume: 4,194,321 of 8,388,618 bytes are present"),
        ("lost", "planned", "download 8,388,618 bytes"),
        ("unsized", "planned", "resume: 4,194,314 of 8,388,618 bytes are present"),
    ]
    assert [outcome.bytes_kept for outcome in report.outcomes] == [0, 0, 0, 0, 0, cell + 17, 0, cell + 10]
    assert [outcome.size for outcome in report.outcomes] == [10, 10, 10, 10, 10, *[2 * cell + 10] * 3]
    assert [outcome.bytes_fetched for outcome in report.outcomes] == [0] * 8
    assert report.outcomes[0].checksums == sums


@pytest.mark.parametrize("has_sums", [True, False])
def test_a_required_checksum_that_nothing_states_is_a_failure(target: Path, has_sums: bool) -> None:
    item = Item("one", never, 5, {"md5": "0" * 32} if has_sums else {})
    (outcome,) = download([item], target, dry_run=True, require_checksum=True).outcomes
    assert outcome.state == ("planned" if has_sums else "failed")
    assert has_sums or isinstance(outcome.error, ChecksumMissing)


def test_only_folders_of_this_machine_have_dry_runs(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="A dry run supports local folders only, not memory:///x"):
        download([Item("one", never)], "memory://x", dry_run=True, journal=tmp_path / "journal")
    with pytest.raises(UsageError, match=r"journal= is missing: memory:///x cannot contain it"):
        download([Item("one", never)], "memory://x", dry_run=True)


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
