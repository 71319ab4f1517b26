"""`omics ls`, `cat`, `cp`, `sync`, `du` and `verify`, whatever the platform."""

import errno
import io
import json
import os
import re
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from disk_space import stating
from omicsdk.cli.commands.files.changes import sync
from omicsdk.cli.commands.files.listings import du, ls
from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.listing import aligned, widths_of
from omicsdk.cli.output import Console
from omicsdk.core import DecodeError, ManualClock, SystemClock, UsageError
from omicsdk.core.consistency import InconsistentListing
from omicsdk.fs import Entry
from omicsdk.fs.copying.jobs import TooManyRemovals, check_removals
from omicsdk.fs.queries import parse_range
from omicsdk.transfer import Control
from omicsdk.transfer.disk import RESERVE
from shelf_command import omics as omics
from shelf_command import reads as reads
from shelf_store import shelf as shelf
from user_commands import Terminal


def test_ls_states_what_is_in_a_folder(omics, reads):
    code, rows, _ = omics("ls", "shelf://p")
    assert code == 0
    assert [(row["name"], row["kind"], row["size"], row["uri"]) for row in rows] == [
        ("a.txt", "file", 1, "shelf://p/a.txt"),
        ("deep/", "folder", None, "shelf://p/deep/"),
    ]
    assert rows[0]["modified"] == "2001-09-09T01:46:40Z"
    _, below, _ = omics("ls", "-r", "-l", "--include", "*.csv", "shelf://p")
    assert [(row["name"], list(row["checksums"])) for row in below] == [("deep/b.csv", ["sha256"])]


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (9e18, None),  # that some file systems state
        (253402300800, None),
        (253402300799, "9999-12-31T23:59:59Z"),
        (-62135596800, "0001-01-01T00:00:00Z"),
        (-62135596801, None),
    ],
)
def test_a_time_beyond_the_calendar_is_not_shown(omics, reads, seconds, shown):
    reads.times["p/a.txt"] = seconds
    assert omics("ls", "shelf://p")[1][0]["modified"] == shown


def test_a_missing_object_is_reported(omics, reads):
    code, out, err = omics("ls", "shelf://nowhere")
    assert (code, out) == (1, b"")
    assert err == "omics: shelf://nowhere not found. Check the path.\n"
    code, _, err = omics("cp", "shelff://x", ".")
    assert code == 2
    assert "Did you mean shelf://?" in err


def test_cat_prints_bytes_and_nothing_else(omics, reads):
    assert omics("cat", "shelf://p/a.txt", "shelf://p/deep/b.csv")[1] == b"122"
    assert omics("cat", "--range", "1-", "shelf://p/deep/b.csv")[1] == b"2"
    code, out, err = omics("cat", "shelf://p/a.txt", "shelf://p")
    assert (code, out) == (1, b"")
    assert "shelf://p is a folder" in err


def test_cat_keeps_to_a_limit(omics, reads, monkeypatch):
    clock = ManualClock()
    for name in ("monotonic", "sleep"):
        monkeypatch.setattr(SystemClock, name, lambda _clock, *seconds, name=name: getattr(clock, name)(*seconds))
    reads.files["p/a.txt"] = bytes(300_000)
    assert len(omics("cat", "--limit-rate", "100K", "shelf://p/a.txt")[1]) == 300_000
    assert sum(clock.slept) > 2.5
    code, _, err = omics("cat", "--limit-rate", "fast", "shelf://p/a.txt")
    assert (code, "not a number of bytes" in err) == (2, True)


@pytest.mark.parametrize(("text", "span"), [("0-99", (0, 100)), ("5-", (5, None)), ("-7", (-7, None))])
def test_ranges(text, span):
    assert parse_range(text) == span


@pytest.mark.parametrize("text", ["", "-", "-0", "9-1", "a-b", "1-2-3", f"{'9' * 5000}-"])
def test_an_invalid_range_is_refused(text):
    with pytest.raises(UsageError, match="range"):
        parse_range(text)


def test_cp_of_files_and_folders(omics, reads, tmp_path):
    code, result, line = omics("cp", "shelf://p/a.txt", "here.txt")
    assert (code, result["counts"]["done"]) == (0, 1)
    assert line.startswith("omics: 1 file (1 B) copied to here.txt in ")
    assert (tmp_path / "here.txt").read_bytes() == b"1"
    assert omics("cp", "-r", "shelf://p", "out")[0] == 0
    assert (tmp_path / "out/deep/b.csv").read_bytes() == b"22"
    assert omics("cp", "here.txt", "out/deep/b.csv", "shelf://q/")[0] == 0
    assert (reads.files["q/here.txt"], reads.files["q/b.csv"]) == (b"1", b"22")


def test_cp_continues_with_the_folder_that_it_made(omics, reads):
    reads.broken.add("q/deep/b.csv")
    assert omics("cp", "-r", "shelf://p", "shelf://q")[0] == 3
    reads.broken.clear()
    code, result, _ = omics("cp", "-r", "shelf://p", "shelf://q")
    assert (code, result["counts"]["skipped"], result["counts"]["done"]) == (0, 1, 1)
    assert sorted(name for name in reads.files if name.startswith("q/")) == ["q/a.txt", "q/deep/b.csv"]
    assert omics("cp", "-r", "shelf://p", "shelf://q")[1]["counts"]["skipped"] == 2
    assert "q/p/a.txt" not in reads.files


def test_sync_continues_with_what_it_began(omics, reads, tmp_path):
    reads.broken.add("q/deep/b.csv")
    assert omics("sync", "shelf://p", "shelf://q")[0] == 3
    assert [path for path in (tmp_path / "state").rglob("*") if path.parent.name == "files"]
    reads.broken.clear()
    assert omics("sync", "shelf://p", "shelf://q")[0] == 0
    assert not [path for path in (tmp_path / "state").rglob("*") if path.is_file()]


def test_cp_leaves_what_exists_when_it_shall(omics, reads, tmp_path):
    (tmp_path / "a.txt").write_bytes(b"mine")
    _, result, _ = omics("cp", "-n", "shelf://p/a.txt", ".")
    assert result["files"][0]["state"] == "skipped"
    assert (tmp_path / "a.txt").read_bytes() == b"mine"


def test_cp_states_what_it_would_do(omics, reads, tmp_path):
    code, result, _ = omics("cp", "-r", "--dry-run", "shelf://p", "out")
    assert (code, result["bytes"]) == (0, 3)
    where = {"source": "shelf://p/deep/b.csv", "target": "out/deep/b.csv"}
    assert result["files"][1] == {**where, "size": 2, "checksum": "sha256", "plan": "copy"}
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [["cp", "-r"], ["mv"], ["sync"]])
def test_a_dry_run_warns_of_a_disk_that_is_too_small(omics, reads, tmp_path, monkeypatch, words):
    monkeypatch.setattr(os, "statvfs", stating(lambda: (2, 10**9)))
    code, _, err = omics(*words, "--dry-run", "shelf://p", "out")
    assert code == 0
    assert f"3 more bytes are needed in {tmp_path / 'out'}, but only 2 are free; files that do not fit" in err
    (tmp_path / "local").mkdir()
    (tmp_path / "local/a").write_bytes(b"333")
    assert ("more bytes" in omics(*words, "--dry-run", "local", "out")[2]) == (words != ["mv"])  # within a disk
    monkeypatch.setattr(os, "statvfs", stating(lambda: (3, 10**9)))
    assert "more bytes" not in omics(*words, "--dry-run", "shelf://p", "out")[2]


def test_cp_states_which_of_several_failed(omics, reads, tmp_path):
    reads.broken.add("p/a.txt")
    code, result, err = omics("cp", "-r", "--report", "what.jsonl", "shelf://p", "out")
    assert (code, result["counts"]["failed"]) == (3, 1)
    assert "a.txt" in err
    assert "out of reach" in err
    assert len((tmp_path / "what.jsonl").read_text().splitlines()) == 3


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["cp", "shelf://p/a.txt"], "missing destination after"),
        (["cp", "shelf://p/a.txt", "remote:bucket/x"], "Use a URI such as s3://bucket/key, or ./remote:bucket/x"),
        (["get", "shelf://p/a.txt", "--to", "remote:bucket/x"], "remote:bucket/x is not a local folder"),
        (["sync", "shelf://p", "me@host:out"], "is neither a URI nor in a folder"),
        (["cp", "shelf://p", "out"], "Use --recursive"),
        (["cp", "--option", "shelf", "shelf://p/a.txt", "out"], "not of the form"),
        (["sync", "shelf://p/a.txt", "out"], "omics cp copies single files"),
        (["du", "--depth", "-1", "shelf://p"], "below 0"),
    ],
)
def test_what_makes_no_sense_is_reported(omics, reads, words, message):
    code, _, err = omics(*words)
    assert code in (1, 2)
    assert message in err


def test_options_reach_the_place(omics, reads):
    assert omics("cp", "--option", "shelf.copying=yes", "shelf://p/a.txt", "shelf://q/")[0] == 0
    assert reads.copies == [("p/a.txt", "q/a.txt")]


def test_sync_copies_what_differs_and_removes_when_it_shall(omics, reads, tmp_path):
    for name, data in {"a.txt": b"1", "deep/b.csv": b"xx", "old": b"x"}.items():
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_bytes(data)
    _, result, _ = omics("sync", "--dry-run", "--delete", "--compare", "checksum", "shelf://p", "out")
    assert [(file["target"], file["plan"]) for file in result["files"]] == [
        ("out/deep/b.csv", "another sha256"),
        ("out/old", "remove"),
    ]
    code, result, _ = omics("sync", "--compare", "checksum", "shelf://p/", "out")
    assert (code, result["same"], result["removed"]) == (0, 1, [])
    assert (tmp_path / "out/deep/b.csv").read_bytes() == b"22"
    _, result, _ = omics("sync", "--delete", "shelf://p", "out")
    assert (result["same"], result["removed"]) == (2, ["out/old"])
    assert not (tmp_path / "out/old").exists()


def test_what_was_fetched_is_not_sent_back(omics, reads):
    omics("cp", "-r", "shelf://p", "out")  # the files here are younger than those over there
    code, result, _ = omics("sync", "out", "shelf://p")
    assert (code, result["same"], result["files"]) == (0, 2, [])


def test_sync_removes_nothing_when_something_did_not_arrive(omics, reads, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old").write_bytes(b"x")
    reads.broken.add("p/a.txt")
    code, result, _ = omics("sync", "--delete", "shelf://p", "out")
    assert (code, result["removed"]) == (3, [])
    assert (tmp_path / "out/old").exists()


def test_sync_states_what_it_could_not_remove_and_continues(omics, reads, tmp_path, monkeypatch):
    for name in ("out/kept", "out/old"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    unlink = Path.unlink

    def refused(path, *args, **options):
        if path.name == "kept":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        unlink(path, *args, **options)

    monkeypatch.setattr(Path, "unlink", refused)
    code, result, err = omics("sync", "--delete", "shelf://p", "out")
    assert (code, result["removed"]) == (3, ["out/old"])
    first, last = err.splitlines()
    assert first == "omics: out/kept is not removed: Permission denied"
    assert last.endswith(": 2 verified, 0 equal, 1 removed")


def test_a_name_that_would_steer_a_terminal_stays_on_its_line(omics, shelf):
    shelf.files["p/a\nremove everything\x1b[2J/x"] = b"1"
    listing = ls(["shelf://p"], console=Console())
    lines = ["".join(listing.cells(row)) for row in listing.rows(None)]
    assert (len(lines), lines[0].isprintable()) == (1, True)
    listing = du(["shelf://p"], depth=1, console=Console())
    lines = ["".join(listing.cells(row)) for row in listing.rows(None)]
    assert (len(lines), "".join(lines).isprintable()) == (2, True)


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files")])
def test_how_many_files_is_stated_in_english(count, text):
    assert count_of(count, "file") == text


def test_sync_by_sizes_alone(omics, reads, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_bytes(b"x")
    _, result, _ = omics("sync", "--dry-run", "shelf://p", "out", "--exclude", "deep/*", "--compare", "checksum")
    assert result["files"][0]["plan"] == "another sha256"
    _, result, _ = omics("sync", "--dry-run", "shelf://p", "out", "--exclude", "deep/*", "--size-only")
    assert (result["files"], result["same"]) == ([], 1)
    code, _, err = omics("sync", "shelf://p", "out", "--size-only", "--compare", "checksum")
    assert (code, "are mutually exclusive" in err) == (2, True)


def test_sync_to_a_platform(omics, reads, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/a.txt").write_bytes(b"other")
    code, result, _ = omics("sync", "--delete", "in", "shelf://p")
    assert (code, result["removed"]) == (0, ["shelf://p/deep/b.csv"])
    assert reads.files == {"p/a.txt": b"other"}


def test_du(omics, reads):
    _, rows, _ = omics("du", "--depth", "1", "shelf://p")
    assert rows == [
        {"uri": "shelf://p/deep", "files": 1, "bytes": 2},
        {"uri": "shelf://p", "files": 2, "bytes": 3},
    ]


def test_verify(omics, reads, tmp_path):
    omics("cp", "-r", "shelf://p", "out")
    code, result, _ = omics("verify", "shelf://p", "out")
    assert (code, result["counts"]) == (0, {"verified": 2})
    (tmp_path / "out/a.txt").write_bytes(b"x")
    code, result, err = omics("verify", "shelf://p", "out")
    assert (code, result["counts"]) == (3, {"wrong": 1, "verified": 1})
    assert "omics: a.txt: wrong: its sha256 is" in err
    assert omics("verify", "shelf://p/a.txt", "here/nothing")[0] == 1
    assert omics("verify", "shelf://p")[1]["counts"] == {"verified": 2}
    reads.reported_sha256["p/a.txt"] = "0" * 64
    assert omics("verify", "shelf://p")[0] == 3


def test_sync_removes_nothing_that_a_link_out_of_the_target_refers_to(omics, reads, tmp_path):
    for name in ("elsewhere", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere/mine").write_bytes(b"mine")
    (tmp_path / "out/link").symlink_to(tmp_path / "elsewhere")
    code, plan, foreseen = omics("sync", "--dry-run", "--delete", "shelf://p", "out")
    assert (code, {file["plan"] for file in plan["files"]}) == (3, {"missing at the target"})
    code, result, err = omics("sync", "--delete", "shelf://p", "out")
    assert (code, result["removed"]) == (3, [])
    assert foreseen.splitlines()[0] in err
    assert "points outside the folder through the link" in err
    assert (tmp_path / "elsewhere/mine").read_bytes() == b"mine"


def test_sync_removes_no_file_of_the_target_by_a_second_name(omics, reads, tmp_path):
    (tmp_path / "out/deep").mkdir(parents=True)
    (tmp_path / "out/link").symlink_to("deep")
    (tmp_path / "out/deep/b.csv").write_bytes(b"22")
    code, result, err = omics("sync", "--delete", "shelf://p", "out")
    assert (code, result["removed"]) == (3, [])
    assert "out/link/b.csv is not removed" in err
    assert (tmp_path / "out/deep/b.csv").exists()


@pytest.mark.parametrize("scheme", ["", "shelf://"])
def test_sync_removes_no_file_of_its_source(omics, reads, tmp_path, scheme):
    (tmp_path / "p/deep").mkdir(parents=True)
    (tmp_path / "p/deep/b.csv").write_bytes(b"22")
    words = ["sync", "--delete", f"{scheme}p/deep", f"{scheme}p"]
    code, _, err = omics(*words)
    assert code == 2
    assert "its own files would be removed" in err
    assert omics(*words, "--exclude", "deep/**")[0] == 0
    assert (tmp_path / "p/deep/b.csv").exists()
    assert "p/deep/b.csv" in reads.files


@pytest.mark.parametrize("scheme", ["", "shelf://"])
@pytest.mark.parametrize(
    ("command", "source", "target", "new"),
    [
        (["cp", "-r"], "p/", "p/new", "new"),
        (["mv"], "p/", "p/new", "new"),
        (["sync"], "p/", "p/new", "new"),
        # aws-cli issue 831 and rmapi issue 155: a folder that is its own target, which exists, goes into itself.
        (["cp", "-r"], "p", "p", "p"),
        (["mv"], "p", "p", "p"),
        (["mv"], "p", "p/", "p"),
    ],
)
def test_no_folder_goes_into_itself(omics, reads, tmp_path, scheme, command, source, target, new):
    (tmp_path / "p/deep").mkdir(parents=True)
    (tmp_path / "p/a.txt").write_bytes(b"1")
    words = [*command, f"{scheme}{source}", f"{scheme}{target}"]
    code, _, err = omics(*words)
    assert (code, "into itself" in err, f"--exclude '{new}/**'" in err) == (2, True, True)
    assert omics(*words, "--exclude", f"{new}/**")[0] == 0


@pytest.mark.parametrize("words", [["--yes", "rm"], ["mv", "--unverified"]])
@pytest.mark.parametrize("rule", [["--include", "*.bam"], ["--newer", "1d"]])
def test_files_that_a_shell_names_are_removed_by_the_rules_only(omics, reads, tmp_path, words, rule):
    (tmp_path / "out").mkdir()
    for name in ("a.bam", "b.txt"):
        (tmp_path / name).write_bytes(b"1")
    os.utime(tmp_path / "b.txt", (0, 0))
    code, result, _ = omics(*words, "a.bam", "b.txt", *rule, *(["out"] if "mv" in words else []))
    assert (code, result["counts"]["done"]) == (0, 1)
    assert (names_in(tmp_path) & {"a.bam", "b.txt"}) == {"b.txt"}
    code, result, err = omics(*words, "b.txt", *rule, *(["out"] if "mv" in words else []))
    assert (code, result["counts"]["done"], "no file is selected" in err) == (0, 0, True)


def test_rm_of_an_empty_folder_states_what_it_removed(omics, reads, tmp_path):
    (tmp_path / "empty/deep").mkdir(parents=True)
    code, data, err = omics("--yes", "rm", "-r", "empty")
    assert set(data) == {"counts", "files"}, "nothing is verified"
    assert (code, (tmp_path / "empty").exists(), "2 folders" in err) == (0, False, True)
    assert "nothing to do" not in err


@pytest.mark.parametrize("source", ["in", "in/link"])
def test_mv_takes_no_files_out_of_a_folder_that_a_link_points_to(omics, reads, tmp_path, source):
    for name in ("elsewhere", "in"):
        (tmp_path / name).mkdir()
    (tmp_path / "elsewhere/mine").write_bytes(b"mine")
    (tmp_path / "in/link").symlink_to("../elsewhere")
    for target in ("moved", "shelf://moved"):
        code, _, err = omics("mv", "--unverified", source, target)
        assert code == 1
        assert "in/link is a link to a folder" in err
    assert (tmp_path / "elsewhere/mine").exists()


@pytest.mark.parametrize("scheme", ["", "shelf://"])
@pytest.mark.parametrize(
    "command",
    [
        "mv {}run/ {}run/run",
        "mv {}run/ {}",
        "cp -r {}run/ {}",
        "sync {}run/ {}",
        "cp -r {}run/a {}new/ {}",
    ],
)
def test_no_source_is_replaced_by_another_one(omics, reads, tmp_path, scheme, command):
    names = ["top/run/a", "top/run/run/a", "top/new/run/a"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
        reads.files[name] = name.encode()
    words = command.format(*[f"{scheme}top/"] * 3).split()
    code, _, err = omics(*words)
    assert (code, [(tmp_path / name).read_text() for name in names]) == (2, names)
    assert [reads.files[name].decode() for name in names] == names
    assert re.search("which is (copied|moved), too", err)
    assert omics(*words, "--exclude", "run/*")[0] == 0


def test_cp_that_keeps_existing_files_replaces_no_source(omics, reads):
    reads.files.update({"run/a": b"1", "run/run/a": b"2"})
    assert omics("cp", "-r", "-n", "shelf://run/", "shelf://")[0] == 0
    assert {name: data for name, data in reads.files.items() if name.endswith("a")} == {
        "a": b"1",
        "run/a": b"1",
        "run/run/a": b"2",
    }


@pytest.mark.parametrize(("option", "left"), [("--include=*", set()), ("-n", {"a"})])
def test_mv_leaves_a_folder_and_its_records_where_files_may_stay(omics, reads, tmp_path, option, left):
    (tmp_path / "in/.omics-transfer").mkdir(parents=True)
    (tmp_path / "to").mkdir()
    for folder in ("in", "to"):
        (tmp_path / folder / "a").write_text(folder)
    assert omics("mv", option, "in/", "to")[0] == 0
    assert {path.name for path in (tmp_path / "in").iterdir()} == {".omics-transfer", *left}


@pytest.mark.parametrize(
    ("link", "problem"), [("deep", "is listed twice"), ("../elsewhere", "points outside the folder")]
)
def test_mv_follows_no_link_in_its_target_to_another_file(omics, reads, tmp_path, link, problem):
    for name in ("elsewhere", "in/deep", "in/link", "out/deep"):
        (tmp_path / name).mkdir(parents=True)
    files = [tmp_path / "in/deep/x", tmp_path / "in/link/x"]
    for file in files:
        file.write_text(file.parent.name)
    (tmp_path / "out/link").symlink_to(link)
    code, _, err = omics("mv", "in/", "out")
    assert (code, [file.read_text() for file in files]) == (1, ["deep", "link"])
    assert problem in err


@pytest.mark.parametrize("target", ["out", "shelf://p"])
def test_a_link_that_has_no_target_is_reported_and_takes_no_copy_away(omics, reads, tmp_path, target):
    (tmp_path / "in").mkdir()
    (tmp_path / "in/b").write_bytes(b"2")
    (tmp_path / "in/a.txt").symlink_to(tmp_path / "unmounted/a.txt")
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_bytes(b"1")
    code, result, err = omics("sync", "--delete", "in", target)
    assert (code, result["removed"]) == (3, [])
    assert "in/a.txt" in err
    assert (tmp_path / "out/a.txt").read_bytes() == reads.files["p/a.txt"] == b"1"
    code, result, err = omics("cp", "-r", "in", "copy")
    assert (code, result["counts"]["failed"], result["counts"]["done"]) == (3, 1, 1)
    assert "in/a.txt" in err


@pytest.mark.parametrize(
    "words", [["sync", "shelf://p", "out"], ["verify", "shelf://p", "out"], ["verify", "shelf://p"]]
)
def test_two_files_of_one_name_are_never_treated_as_one(omics, reads, tmp_path, monkeypatch, words):
    look = reads.below

    def twice(store, path):
        for entry in look(store, path):
            yield entry
            if entry.path == "p/a.txt":
                yield entry._replace(checksums={"sha256": "0" * 64})

    monkeypatch.setattr(reads, "below", twice)
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_bytes(b"1")
    code, _, err = omics(*words)
    assert code != 0
    assert "a.txt" in err
    assert (tmp_path / "out/a.txt").read_bytes() == b"1"


@pytest.fixture
def copied(omics, shelf, tmp_path):
    """A folder of 20 files and its equal copy here; the source then loses all but eight."""
    shelf.files.update({f"p/{number}": b"x" for number in range(20)})
    assert omics("cp", "-r", "shelf://p", "out")[0] == 0
    for number in range(8, 20):
        del shelf.files[f"p/{number}"]
    shelf.files["p/new"] = b"new"
    return tmp_path / "out"


def names_in(folder):
    return {path.name for path in folder.iterdir() if path.is_file()}


@pytest.mark.parametrize("before", [(), ("--yes",)])
def test_sync_without_a_terminal_does_not_remove_most_of_a_folder(omics, copied, before):
    code, out, err = omics(*before, "sync", "--delete", "shelf://p", "out")
    assert (code, out) == (2, b"")
    assert err.startswith("omics: sync: 12 of the 20 files of out would be removed, more than half. ")
    assert "--max-delete 12" in err
    assert names_in(copied) == {str(number) for number in range(20)}


def test_max_delete_allows_as_many_and_no_more(omics, copied):
    code, out, err = omics("--yes", "sync", "--delete", "--max-delete", "11", "shelf://p", "out")
    assert (code, out, len(names_in(copied))) == (2, b"", 20)
    assert "12 of the 20 files of out would be removed, more than the 11 of --max-delete" in err
    code, result, _ = omics("sync", "--delete", "--max-delete", "12", "shelf://p", "out")
    assert (code, len(result["removed"])) == (0, 12)
    assert names_in(copied) == {*(str(number) for number in range(8)), "new"}


@pytest.mark.parametrize(("typed", "left"), [("y\n", 9), ("n\n", 21), ("", 21)])
@pytest.mark.parametrize("yes", [True, False])
def test_yes_does_not_confirm_that_most_of_a_folder_goes(copied, typed, left, yes):
    terminal = Terminal()
    console = Console(assume_yes=yes, stderr=terminal, stdin=Terminal(typed))
    sync("shelf://p", "out", delete=True, console=console, control=Control())
    assert terminal.getvalue().count("[y/N]") == 1
    assert "12 of the 20 files of out would be removed, more than half" in terminal.getvalue()
    assert len(names_in(copied)) == left


@pytest.mark.parametrize(
    ("remove", "there", "most", "refused"),
    [
        (9, 9, None, False),
        (5, 10, None, False),
        (6, 10, None, True),
        (10, 10, None, True),
        (0, 0, 0, False),
        (1, 2, 0, True),
        (6, 10, 6, False),
        (3, 10, 2, True),
    ],
)
def test_how_much_may_be_removed(remove, there, most, refused):
    if not refused:
        check_removals("out", remove, there, most)
        return
    with pytest.raises(TooManyRemovals, match=f"{remove} of the {there} files of out"):
        check_removals("out", remove, there, most)


@pytest.mark.parametrize(
    ("remove", "there", "refused"), [(1, 1, False), (1, 2, False), (2, 2, True), (2, 3, True), (4, 9, False)]
)
def test_at_a_terminal_two_files_are_enough_to_ask(remove, there, refused):
    check_removals("out", remove, there)
    if not refused:
        check_removals("out", remove, there, attended=True)
        return
    with pytest.raises(TooManyRemovals, match="more than half"):
        check_removals("out", remove, there, attended=True)


def test_sync_asks_before_most_of_a_few_files_go(shelf, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shelf.files.update({"p/a": b"1"})
    (tmp_path / "out").mkdir()
    for name in "abc":
        (tmp_path / "out" / name).write_bytes(b"1")
    terminal = Terminal()
    console = Console(assume_yes=True, stderr=terminal, stdin=Terminal("n\n"))
    sync("shelf://p", "out", delete=True, console=console, control=Control())
    assert "2 of the 3 files of out would be removed, more than half" in terminal.getvalue()
    assert names_in(tmp_path / "out") == {"a", "b", "c"}


def test_an_empty_source_removes_nothing_unless_its_number_is_allowed(omics, shelf, tmp_path):
    shelf.files.update({"p/a.txt": b"1"})
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.csv").write_bytes(b"1")
    words = ("--yes", "sync", "--delete", "--include", "*.csv", "shelf://p", "out")
    code, out, err = omics(*words)
    assert (code, out, names_in(tmp_path / "out")) == (2, b"", {"a.csv"})
    assert "1 of the 1 files of out would be removed, and the source lists none" in err
    assert "--max-delete 1 allows it" in err
    assert omics(*words, "--max-delete", "1")[0] == 0
    assert names_in(tmp_path / "out") == set()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["ls", "shelf://p"], 3),
        (["ls", "-r", "shelf://p"], 3),
        (["find", "shelf://p"], 3),
        (["du", "shelf://p"], 3),
        (["verify", "shelf://p"], 3),
        (["cp", "-r", "shelf://p", "out"], 3),
        (["cp", "-r", "--layout", "flat", "shelf://p", "out"], 3),
        (["sync", "shelf://p", "out"], 3),
        (["sync", "--update", "out", "shelf://p"], 1),
        (["--yes", "rm", "-r", "shelf://p"], 1),
        (["mv", "shelf://p", "out"], 1),
        (["--yes", "sync", "--delete", "--max-delete", "9", "shelf://p", "out"], 1),
        (["--yes", "sync", "--delete", "--max-delete", "9", "out", "shelf://p"], 1),
    ],
)
@pytest.mark.parametrize("times", [1, 99])
def test_nothing_is_removed_by_a_listing_that_contradicts_itself(
    omics, reads, tmp_path, monkeypatch, words, code, times
):
    listed, left = reads._entries, [times]

    def contradicting(self, path):
        yield from listed(self, path)
        left[0] -= 1
        if left[0] >= 0:
            raise InconsistentListing(f"list of {path}", "the stated total changed from 3 to 2")

    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_bytes(b"1")
    files = dict(reads.files)
    monkeypatch.setattr(reads, "_entries", contradicting)
    ended, _, err = omics(*words)
    if times > 1:
        assert (ended, "the stated total changed from 3 to 2" in err) == (code, True)
        assert (reads.files, (tmp_path / "out/mine").exists()) == (files, True)
    else:
        # What removes something has read it again; what a listing has printed stays.
        assert ended == (3 if words[0] in ("ls", "find") else 0)


@pytest.mark.parametrize(
    "words",
    [
        ["ls", "--output", "jsonl", "shelf://p"],
        ["cp", "-r", "shelf://p", "out"],
        ["mv", "shelf://p", "out"],
        ["--yes", "rm", "-r", "shelf://p"],
        ["--yes", "sync", "--delete", "--max-delete", "9", "shelf://p", "out"],
        ["--yes", "sync", "--delete", "--max-delete", "9", "out", "shelf://p"],
    ],
)
def test_nothing_is_changed_by_a_listing_of_another_folder(omics, reads, tmp_path, monkeypatch, words):
    reads.files["q/b"] = b"3"
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_bytes(b"1")
    files = dict(reads.files)
    entries = [Entry("p/a.txt", "file", 1), Entry("q/b", "file", 1)]
    monkeypatch.setattr(reads, "_entries", lambda *_: iter(entries))
    code, _, err = omics(*words)
    assert code == 1
    assert "list of shelf://p/: requested the folder 'p' but the service returned 'q/b'" in err
    assert (reads.files, names_in(tmp_path / "out")) == (files, {"mine"})


def test_sync_removes_nothing_when_the_source_cannot_be_listed_to_its_end(omics, copied, shelf, monkeypatch):
    below = shelf.below

    def cut(self, path):
        yield next(below(self, path))
        raise DecodeError("list_files", "items", None, expected="a list")

    monkeypatch.setattr(shelf, "below", cut)
    code, out, err = omics("--yes", "sync", "--delete", "--max-delete", "20", "shelf://p", "out")
    assert (code, out, len(names_in(copied))) == (1, b"", 20)
    assert "list_files: the response's field 'items' is None, not a list" in err


def filled(monkeypatch, data):
    """Stdin with these bytes."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_cp_to_stdout_prints_the_bytes_and_nothing_else(omics, reads, tmp_path):
    assert omics("cp", "shelf://p/a.txt", "-")[:2] == (0, b"1")
    assert omics("cp", "shelf://p/a.txt", "shelf://p/deep/b.csv", "-")[:2] == (0, b"122")
    code, out, err = omics("cp", "-r", "shelf://p", "-")
    assert (code, out) == (1, b"")
    assert "shelf://p is a folder" in err
    assert omics("cp", "--dry-run", "shelf://p/a.txt", "-")[0] == 2
    assert list(tmp_path.iterdir()) == []


def test_an_upload_of_stdin_has_no_journal(omics, reads, monkeypatch):
    filled(monkeypatch, b"typed")
    journals: list[object] = []
    put = reads.put
    monkeypatch.setattr(reads, "put", lambda *args: journals.append(args[2].journal) or put(*args))
    assert omics("cp", "-", "shelf://q/new.txt")[0] == 0
    assert journals == [None]  # its temporary file has another name in the next run


def test_stdin_is_a_source(omics, reads, tmp_path, monkeypatch):
    filled(monkeypatch, b"typed")
    assert omics("cp", "-", "shelf://q/new.txt")[0] == 0
    assert reads.files["q/new.txt"] == b"typed"
    filled(monkeypatch, b"here")
    assert omics("cp", "-", "here.txt")[0] == 0
    for target in ("again.txt", "shelf://q/again.txt"):
        for words in (("--dry-run",), ()):
            code, out, err = omics("cp", "-", target, "--output", "json", *words)
            assert (code, [file["source"] for file in out["files"]]) == (0, ["-"])
            assert "omics-" not in f"{out}{err}"
    code, _, err = omics("cp", "-", "shelf://q/deep/x.txt", "--report", "r.jsonl")
    assert code == 0, err
    assert "omics-" not in (tmp_path / "r.jsonl").read_text()
    assert (tmp_path / "here.txt").read_bytes() == b"here"
    filled(monkeypatch, b"+")
    assert omics("cat", "shelf://p/a.txt", "-")[:2] == (0, b"1+")
    filled(monkeypatch, b"through")
    assert omics("cp", "-", "-")[:2] == (0, b"through")


def test_a_dry_run_states_no_size_of_stdin(omics, reads, monkeypatch):
    filled(monkeypatch, b"typed")
    code, out, _ = omics("cp", "--dry-run", "-", "shelf://q/new.txt", "--output", "json")
    assert (code, out["bytes"], [file["size"] for file in out["files"]]) == (0, None, [None])


@pytest.mark.parametrize(
    "words", [("-", "shelf://p"), ("-", "q/"), ("-", "."), ("-", "shelf://p/a.txt", "q/"), ("-", "-", "q")]
)
def test_stdin_becomes_one_file_that_is_named(omics, reads, monkeypatch, words):
    filled(monkeypatch, b"typed")
    code, out, err = omics("cp", *words)
    assert (code, out) == (2, b"")
    assert "stdin is a single file without a name" in err
    assert sorted(reads.files) == ["p/a.txt", "p/deep/b.csv"]


@pytest.fixture
def fifo(tmp_path):
    """A FIFO, and a function that gives what is written into it."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(path.read_bytes)
        yield path, lambda: coming.result(60)
        if not coming.done():  # nothing came: the reader would wait for ever
            with path.open("wb"):
                pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("link", [False, True])
def test_a_fifo_is_written_into(omics, reads, tmp_path, fifo, link):
    path, came = fifo
    if link:
        (tmp_path / "link").symlink_to(path)
    code, result, _ = omics("cp", "shelf://p/deep/b.csv", "link" if link else "fifo")
    assert (code, result["counts"]["done"], came()) == (0, 1, b"22")
    assert path.is_fifo()
    assert (tmp_path / "link").is_symlink() is link


# aws-cli issues 769, 3037 and 6145: /dev/stdin, FIFOs and what a shell writes as <(...) are sources.
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("target", ["copy", "shelf://q/copy", "-"])
def test_a_fifo_is_a_source(omics, reads, tmp_path, target):
    os.mkfifo(tmp_path / "source")
    assert omics("cp", "--dry-run", "source", "shelf://q/copy")[0] == 0  # which nothing is written into yet
    with ThreadPoolExecutor(1) as pool:
        pool.submit((tmp_path / "source").write_bytes, b"piped")
        code, out, err = omics("cp", "source", target)
    assert code == 0, err
    if target != "-":
        assert [file["source"] for file in out["files"]] == ["source"]
        out = reads.files["q/copy"] if "shelf" in target else (tmp_path / target).read_bytes()
    assert out == b"piped"
    assert omics("cat", "--range", "0-1", "source")[0] == 2
    assert "source is a single file without a name" in omics("cp", "source", "shelf://p")[2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_nothing_goes_into_a_fifo_that_is_not_right(omics, reads, fifo):
    path, _ = fifo
    reads.reported_sha256["p/a.txt"] = "0" * 64
    code, out, err = omics("cp", "shelf://p/a.txt", "fifo")
    assert (code, out, "sha256" in err) == (1, b"", True)
    assert path.is_fifo()


def test_a_device_is_written_into(omics, reads, tmp_path):
    device = tmp_path / "device"
    try:
        os.mknod(device, 0o600 | stat.S_IFCHR, os.makedev(1, 3))  # one that forgets what it is given
        with device.open("wb") as file:
            file.write(b"x")
    except (AttributeError, OSError) as error:
        pytest.skip(f"no device can be made here: {error}")
    assert omics("cp", "shelf://p/a.txt", "device")[0] == 0
    assert device.is_char_device()


@pytest.fixture
def mixed(shelf):
    """One file of each kind: with a checksum, with a size only, with neither."""
    shelf.files.update({"p/sure": b"1", "p/sized": b"22", "p/bare": b"login page"})
    shelf.bare.add("p/sized")
    shelf.unsized.add("p/bare")
    return shelf


COUNTED = {"verified": 1, "size only": 1, "unverified": 1}


def test_what_is_not_verified_is_distinguished(omics, mixed, tmp_path):
    code, result, _ = omics("cp", "-r", "shelf://p", "out", "--report", "r.html")
    assert (code, result["verification"]) == (0, COUNTED)
    kinds = {Path(row["target"]).name: row["verification"] for row in result["files"]}
    assert kinds == {"sure": "verified", "sized": "size only", "bare": "unverified"}
    page = (tmp_path / "r.html").read_text()
    assert "Every file is complete and verified" not in page
    assert "not every one is verified: 1 verified, 1 size only, 1 unverified" in page
    code, result, _ = omics("cp", "-r", "shelf://p", "again", "--report", "r.jsonl")
    first, *rows = map(json.loads, (tmp_path / "r.jsonl").read_text().splitlines())
    assert first["verification"] == COUNTED
    assert {row["name"]: row["verification"] for row in rows} == kinds


def test_a_table_shows_the_three_kinds_apart(omics, mixed):
    code, out, _ = omics("cp", "-r", "shelf://p", "out", "--output", "table")
    lines = out.decode().splitlines()
    rows = [re.split(r"\s{2,}", line.strip()) for line in lines]
    assert code == 0
    assert {cells[0]: cells[-1] for cells in rows if cells[0].startswith("verification.")} == {
        f"verification.{kind}": str(count) for kind, count in COUNTED.items()
    }
    assert {cells[0]: cells[-1] for cells in rows if cells[0].startswith("shelf://p/")} == {
        "shelf://p/sure": "verified",
        "shelf://p/sized": "size only",
        "shelf://p/bare": "unverified",
    }


def test_a_line_states_how_many_are_verified(omics, mixed):
    _, _, err = omics("cp", "-r", "shelf://p", "out")
    assert re.fullmatch(
        r"omics: 3 files \(13 B\) copied to out/? in .* s: 1 verified, 1 size only, 1 unverified\n", err
    )


@pytest.mark.parametrize("source", ["shelf://p/sized", "shelf://p/bare"])
def test_one_file_without_a_checksum_is_an_error_where_one_is_required(omics, mixed, tmp_path, source):
    code, out, err = omics("cp", source, "one", "--require-checksum")
    assert (code, out) == (1, b"")
    assert "no checksum is stated for it" in err
    assert not (tmp_path / "one").exists()
    assert [path.name for path in tmp_path.iterdir()] in ([], ["state"])


@pytest.mark.parametrize("command", [["cp", "-r"], ["sync"]])
def test_of_many_those_with_a_checksum_come_where_one_is_required(omics, mixed, tmp_path, command):
    code, result, err = omics(*command, "shelf://p/", "out", "--require-checksum")
    assert (code, result["counts"]["done"], result["counts"]["failed"]) == (3, 1, 2)
    assert result["verification"] == {"verified": 1, "size only": 0, "unverified": 0}
    assert [path.name for path in (tmp_path / "out").iterdir() if path.is_file()] == ["sure"]
    assert err.count("no checksum is stated for it") == 2


def test_what_is_left_as_it_is_was_compared_with_nothing(omics, reads, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/a.txt").write_bytes(b"the user's own")
    code, result, _ = omics("cp", "-n", "shelf://p/a.txt", "out")
    assert (code, result["verification"]) == (0, {"verified": 0, "size only": 0, "unverified": 1})
    code, _, err = omics("cp", "-n", "shelf://p/a.txt", "out", "--require-checksum")
    assert (code, "left as it" in err or "no checksum of it was compared" in err) == (1, True)
    assert (tmp_path / "out/a.txt").read_bytes() == b"the user's own"


def test_a_platform_s_own_copy_is_compared_with_its_source(omics, mixed):
    at = ("--option", "shelf.copying=yes")
    mixed.files["q/x"] = b""
    code, result, _ = omics("cp", "shelf://p/sure", "shelf://q/sure", *at)
    assert (code, result["verification"], mixed.copies) == (
        0,
        {**dict.fromkeys(COUNTED, 0), "verified": 1},
        [("p/sure", "q/sure")],
    )
    code, result, _ = omics("cp", "shelf://p/sized", "shelf://q/sized", *at)
    assert (code, result["verification"]["size only"]) == (0, 1)
    code, _, err = omics("cp", "shelf://p/sized", "shelf://q/more", "--require-checksum", *at)
    assert (code, "no checksum of it was compared" in err) == (1, True)
    mixed.reported_sha256["q/other"] = "0" * 64
    code, _, err = omics("cp", "shelf://p/sure", "shelf://q/other", *at)
    assert (code, "the platform's copy differs: its sha256 is" in err) == (1, True)


def test_verify_states_the_three_kinds(omics, mixed):
    code, result, err = omics("verify", "shelf://p")
    assert (code, result["counts"]) == (3, COUNTED)
    assert "bare: unverified: no checksum is stated" in err
    assert "sized" not in err
    code, result, _ = omics("verify", "shelf://p/sized")
    assert (code, result["counts"]) == (0, {"size only": 1})
    code, result, err = omics("verify", "shelf://p/sized", "--require-checksum")
    assert (code, result["counts"]) == (1, {"size only": 1})
    assert "sized: size only: no checksum is stated" in err


def test_stdout_takes_no_bytes_that_must_be_compared_first(omics, reads):
    code, out, err = omics("cp", "shelf://p/a.txt", "-", "--require-checksum")
    assert (code, out) == (2, b"")
    assert "--require-checksum" in err


def test_stdin_does_not_fill_the_disk(omics, reads, tmp_path, monkeypatch):
    (tmp_path / "spool").mkdir()
    filled(monkeypatch, bytes(3 * RESERVE // 1024))
    monkeypatch.setattr(os, "statvfs", stating(lambda: (RESERVE + 1000, 1 << 40)))
    code, out, err = omics("cp", "-", "shelf://q/new.txt", "--spool", "spool")
    assert (code, out) == (1, b"")
    assert "these are kept free" in err
    assert list((tmp_path / "spool").iterdir()) == []
    assert "q/new.txt" not in reads.files


def test_lines_are_aligned_by_the_columns_that_characters_take():
    lines = [("added", "数据.txt", "1"), ("new", "data.bin.gz", "2")]
    assert [aligned(line, widths_of(lines)) for line in lines] == ["added  数据.txt     1", "  new  data.bin.gz  2"]
