"""`omics sb files` against the sandbox."""

import hashlib
import json
import os
import time
from pathlib import Path

import pytest
from omicsdk.sandbox import Rule
from omicsdk.sb import uploads

pytestmark = pytest.mark.sandbox

P = "sb://sandbox-user/p"


def names(ran):
    assert ran.code == 0, ran.err
    return [row["name"] for row in ran.json]


def deep(sb, where=f"{P}/"):
    return sorted(names(sb("files", "ls", "--recursive", where)))


ALL = ["a.txt", "reads/", "reads/b.txt", "reads/deep/", "reads/deep/c.txt"]


def test_what_is_uploaded_is_listed_and_comes_back(tree):
    assert deep(tree) == ALL
    assert sorted(names(tree("files", "ls", P))) == ["a.txt", "reads/"]
    assert names(tree("files", "ls", f"{P}/reads/deep")) == ["c.txt"]
    one = tree("files", "ls", f"{P}/a.txt").json
    assert [(row["name"], row["type"], row["size"]) for row in one] == [(f"{P}/a.txt", "file", len("this is a.txt\n"))]
    ran = tree("files", "download", f"{P}/", "--download-dir", "back")
    assert ran.code == 0, ran.err
    assert ran.json["counts"]["done"] == 3
    for name in ("a.txt", "reads/b.txt", "reads/deep/c.txt"):
        assert Path("back", name).read_text() == Path("tree", name).read_text()


def test_projects_are_listed_where_no_path_is_given(sb):
    assert [row["id"] for row in sb("files", "ls").json] == ["sandbox-user/p"]
    assert [row["id"] for row in sb("files", "ls", "sb://sandbox-user").json] == ["sandbox-user/p"]


def test_a_path_that_does_not_exist_names_the_nearest(tree):
    ran = tree("files", "ls", f"{P}/raeds/")
    assert (ran.code, ran.stdout) == (1, b"")
    assert "Did you mean sb://sandbox-user/p/reads?" in ran.err
    assert tree("files", "ls", f"{P}/reads/b.txt/").code == 2
    assert tree("files", "ls", "a.txt").code == 2
    assert tree("files", "ls", "sb://sandbox-user/nowhere/").code == 1


def test_choosing_and_limiting(tree):
    assert names(tree("files", "ls", P, "--name", "a.txt", "zzz")) == ["a.txt"]
    some = tree("files", "ls", P, "--recursive", "--limit", "2")
    assert (some.code, len(some.json), "there are more than 2; --limit" in some.err) == (3, 2, True)
    every = len(tree("files", "ls", P, "--recursive").json)
    assert tree("files", "ls", P, "--recursive", "--limit", str(every)).code == 0
    assert tree("files", "tag", f"{P}/a.txt", "--add", "x").code == 0
    assert names(tree("files", "ls", P, "--tag", "x")) == ["a.txt"]
    both = tree("files", "ls", P, "--tag", "x", "--recursive")
    assert both.code == 2
    assert "are mutually exclusive" in both.err
    assert "--metadata: 'x' is not key=value" in tree("files", "ls", P, "--metadata", "x").err


def test_files_are_printed_one_after_the_other(tree):
    ran = tree("files", "cat", f"{P}/reads/b.txt", f"{P}/a.txt")
    assert (ran.code, ran.out) == (0, "this is reads/b.txt\nthis is a.txt\n")
    id = tree("files", "ls", f"{P}/a.txt").json[0]["id"]
    assert tree("files", "cat", id).out == "this is a.txt\n"
    for wrong, code in ((f"{P}/reads", 2), (P, 2), (f"{P}/none", 1), ("a.txt", 2)):
        ran = tree("files", "cat", f"{P}/a.txt", wrong)
        assert (ran.code, ran.stdout) == (code, b""), wrong


def test_bytes_are_printed_as_they_are_but_not_on_a_terminal(sb):
    content = bytes(range(256)) * 10_000
    Path("blob").write_bytes(content)
    assert sb("files", "upload", "blob", f"{P}/").code == 0
    assert sb("files", "cat", f"{P}/blob", f"{P}/blob").stdout == content * 2
    shown = sb("files", "cat", f"{P}/blob", tty=True)
    assert (shown.code, shown.stdout) == (2, b"")
    assert "is not text" in shown.err


def test_folders_above_a_file_that_is_uploaded_are_made(sb):
    Path("a.txt").write_text("a\n")
    ran = sb("files", "upload", "a.txt", f"{P}/new/deep/b.txt")
    assert (ran.code, ran.json["files"][0]["to"]) == (0, f"{P}/new/deep/b.txt")
    assert deep(sb) == ["new/", "new/deep/", "new/deep/b.txt"]


def test_metadata_are_shown_set_and_taken_away(tree):
    assert tree("files", "metadata", f"{P}/a.txt").json == {}
    put = tree("files", "metadata", f"{P}/a.txt", "--set", "sample_id=007", "note=a = b", "kinds=x", "kinds=y")
    assert put.code == 0, put.err
    assert [(row["field"], row["before"], row["after"]) for row in put.json] == [
        ("metadata.sample_id", None, "007"),
        ("metadata.note", None, "a = b"),
        ("metadata.kinds", None, ["x", "y"]),
    ]
    assert tree("files", "metadata", f"{P}/a.txt").json == {"sample_id": "007", "note": "a = b", "kinds": ["x", "y"]}
    gone = tree("files", "metadata", f"{P}/a.txt", "--unset", "note", "nothing", "--set", "sample_id=8")
    assert "changed 1 of 1 files, 2 values" in gone.err
    assert tree("files", "metadata", f"{P}/a.txt").json == {"sample_id": "8", "kinds": ["x", "y"]}
    assert "nothing differs" in tree("files", "metadata", f"{P}/a.txt", "--set", "sample_id=8").err


def test_metadata_of_all_files_in_a_folder(tree):
    words = ("files", "metadata", f"{P}/reads/", "--recursive")
    assert tree(*words[:3], "--set", "x=1").code == 2
    planned = tree(*words, "--set", "library_id=L7", "--dry-run")
    assert "would change 2 of 2 files, 2 values" in planned.err
    assert [row["metadata"] for row in tree(*words).json] == [{}, {}]
    assert tree(*words, "--set", "library_id=L7").code == 0
    assert [(row["name"], row["metadata"]) for row in tree(*words).json] == [
        (f"{P}/reads/b.txt", {"library_id": "L7"}),
        (f"{P}/reads/deep/c.txt", {"library_id": "L7"}),
    ]
    assert tree("files", "metadata", f"{P}/a.txt").json == {}


@pytest.mark.parametrize(
    "words", [("--set", "x"), ("--set", "=1"), ("--set", "x="), ("--set", "x=1", "--unset", "x"), ("--unset",)]
)
def test_metadata_that_make_no_sense_are_refused(tree, words):
    ran = tree("files", "metadata", f"{P}/a.txt", *words)
    assert (ran.code, ran.stdout) == (2, b"")


def test_tables_and_long_rows(tree):
    ran = tree("files", "ls", P, "--long", "--output", "tsv")
    assert ran.out.splitlines()[0].split("\t")[:8] == [
        *("name", "type", "size", "modified_on", "id", "tags", "metadata", "origin")
    ]
    shown = tree("files", "ls", P, tty=True)
    assert "a.txt" in shown.out
    assert "name" in shown.out


def test_one_file_is_shown_and_changed(tree):
    shown = tree("files", "get", f"{P}/a.txt")
    assert shown.code == 0, shown.err
    assert (shown.json["name"], shown.json["size"], shown.json["project"]) == ("a.txt", 14, "sandbox-user/p")
    assert tree("files", "get", f"{P}/reads").json["type"] == "folder"
    assert not Path("a.txt").exists()
    made = tree(
        "files", "update", f"{P}/a.txt", "--name", "z.txt", "--tag", "x", "y", "--metadata", '{"sample_id": "S1"}'
    )
    assert made.code == 0, made.err
    assert (made.json["name"], made.json["tags"], made.json["metadata"]) == ("z.txt", ["x", "y"], {"sample_id": "S1"})
    assert f"updated {P}/a.txt" in made.err
    assert tree("files", "update", f"{P}/z.txt").code == 2
    assert tree("files", "get", f"{P}/a.txt").code == 1


def test_folders_are_made(sb):
    made = sb("files", "mkdir", f"{P}/x")
    assert (made.json[0]["name"], "omics: created 1 folder\n" in made.err) == (f"{P}/x/", True)
    assert sb("files", "mkdir", f"{P}/x").code == 1
    assert sb("files", "mkdir", f"{P}/y/z").code == 1
    assert sb("files", "mkdir", "--parents", f"{P}/x", f"{P}/y/z").code == 0
    assert deep(sb) == ["x/", "y/", "y/z/"]
    assert sb("files", "mkdir", P).code == 2


def test_a_file_is_copied_under_another_name_and_into_a_folder(tree):
    assert tree("files", "cp", f"{P}/a.txt", f"{P}/b.txt").json == [{"from": f"{P}/a.txt", "to": f"{P}/b.txt"}]
    assert tree("files", "cp", f"{P}/a.txt", f"{P}/reads").json[0]["to"] == f"{P}/reads/a.txt"
    assert tree("files", "cp", f"{P}/reads/b.txt", f"{P}/").code == 1
    assert {"b.txt", "reads/a.txt"} <= set(deep(tree))
    again = tree("files", "cp", f"{P}/a.txt", f"{P}/b.txt")
    assert (again.code, "already exists" in again.err) == (2, True)
    assert "omics: copied 1 file\n" in tree("files", "cp", f"{P}/a.txt", f"{P}/c.txt").err


def test_folders_and_several_files_are_copied_by_a_job(tree):
    refused = tree("files", "cp", f"{P}/reads", f"{P}/new/")
    assert refused.code == 1
    assert tree("files", "mkdir", f"{P}/new").code == 0
    refused = tree("files", "cp", f"{P}/reads", f"{P}/new/")
    assert (refused.code, "--recursive" in refused.err) == (2, True)
    ran = tree("files", "cp", "-r", f"{P}/reads", f"{P}/a.txt", f"{P}/new")
    assert ran.code == 0, ran.err
    assert deep(tree, f"{P}/new/") == ["a.txt", "reads/", "reads/b.txt", "reads/deep/", "reads/deep/c.txt"]
    assert tree("files", "cp", "-r", f"{P}/reads", f"{P}/reads/deep/").code == 2


def test_copies_are_planned_without_anything_being_done(tree):
    ran = tree("files", "cp", "--dry-run", "-r", f"{P}/reads", f"{P}/a.txt", f"{P}/")
    assert [row["to"] for row in ran.json] == [f"{P}/reads/", f"{P}/a.txt"]
    assert deep(tree) == ALL


def test_files_move_and_are_renamed(tree):
    assert tree("files", "mv", f"{P}/a.txt", f"{P}/z.txt").json[0]["to"] == f"{P}/z.txt"
    assert tree("files", "mv", f"{P}/z.txt", f"{P}/reads/deep/").code == 0
    assert tree("files", "mv", f"{P}/reads/deep/c.txt", f"{P}/c.txt").code == 0
    assert tree("files", "mv", f"{P}/reads/deep", f"{P}/reads/b.txt", f"{P}/").code == 0
    assert deep(tree) == ["b.txt", "c.txt", "deep/", "deep/z.txt", "reads/"]


def test_what_a_job_could_not_move_is_reported_and_the_rest_is_moved(tree):
    assert tree("files", "mkdir", f"{P}/x").code == 0
    assert tree("files", "cp", f"{P}/a.txt", f"{P}/x/").code == 0
    some = tree("files", "mv", f"{P}/a.txt", f"{P}/reads/b.txt", f"{P}/x/")
    assert (some.code, some.json) == (3, [{"from": f"{P}/reads/b.txt", "to": f"{P}/x/b.txt"}])
    assert f"omics: {P}/a.txt: " in some.err
    assert "omics: moved 1 file\n" in some.err
    none = tree("files", "cp", f"{P}/a.txt", f"{P}/x/b.txt", f"{P}/x/")
    assert (none.code, none.json) == (3, [])
    assert "copied" not in none.err
    assert deep(tree) == ["a.txt", "reads/", "reads/deep/", "reads/deep/c.txt", "x/", "x/a.txt", "x/b.txt"]


def test_moving_between_this_machine_and_the_platform_is_something_else(sb):
    ran = sb("files", "cp", "./a.txt", f"{P}/")
    assert ran.code == 2
    assert "omics sb files upload" in ran.err
    assert sb("files", "cp", f"{P}/a.txt").code == 2


def test_files_are_deleted_folders_only_when_it_is_stated(tree):
    assert tree("files", "rm", "--dry-run", f"{P}/a.txt").json[0]["deleted"] == f"{P}/a.txt"
    assert tree("files", "rm", f"{P}/reads").code == 2
    assert deep(tree) == ALL
    kept = tree("files", "rm", f"{P}/a.txt", tty=True, typed="n\n")
    assert (kept.code, "cannot be undone" in kept.err) == (130, True)
    assert tree("files", "rm", "--yes", f"{P}/a.txt", tty=True).code == 0
    gone = tree("files", "rm", "-r", f"{P}/reads")
    assert (gone.code, "omics: deleted 1 folder\n" in gone.err) == (0, True)
    assert deep(tree) == []


def test_tags(tree):
    assert tree("files", "tag", f"{P}/a.txt", "--add", "x", "y", "x").json[0]["tags"] == ["x", "y"]
    assert tree("files", "tag", f"{P}/a.txt", "--add", "z", "--remove", "x").json[0]["tags"] == ["y", "z"]
    assert tree("files", "tag", f"{P}/a.txt", "--add", "y").json == []
    dry = tree("files", "tag", P, "--recursive", "--set", "raw", "--dry-run").json
    assert sorted(row["name"] for row in dry) == [f"{P}/a.txt", f"{P}/reads/b.txt", f"{P}/reads/deep/c.txt"]
    assert tree("files", "tag", P, "--recursive", "--set", "raw").code == 0
    assert {tuple(row["tags"]) for row in tree("files", "ls", "-r", "-l", P).json if row["type"] == "file"} == {
        ("raw",)
    }
    assert tree("files", "tag", f"{P}/a.txt").code == 2
    assert tree("files", "tag", f"{P}/a.txt", "--set", "a", "--add", "b").code == 2
    assert tree("files", "tag", f"{P}/reads", "--add", "b").code == 2


def test_search(tree):
    ran = tree("files", "search", 'IN "sandbox-user/p" WHERE name LIKE "%.txt"')
    assert ran.code == 0, ran.err
    assert sorted(row["name"] for row in ran.json) == ["a.txt", "b.txt", "c.txt"]
    some = tree("files", "search", 'IN "sandbox-user/p" WHERE name LIKE "%.txt"', "--limit", "2")
    assert (some.code, len(some.json)) == (3, 2)
    assert tree("files", "search", 'IN "sandbox-user/p" WHERE name LIKE "%.txt"', "--limit", "3").code == 0


def test_uploads_are_planned_and_do_not_overwrite(tree):
    ran = tree("files", "upload", "tree", "tree/a.txt", f"{P}/more", "--dry-run")
    assert sorted(row["to"] for row in ran.json["files"]) == [
        *(f"{P}/more/a.txt", f"{P}/more/tree/a.txt", f"{P}/more/tree/reads/b.txt", f"{P}/more/tree/reads/deep/c.txt")
    ]
    assert ran.json["counts"]["planned"] == 4
    assert deep(tree) == ALL
    Path("tree/a.txt").write_text("new")
    Path("tree/reads/b.txt").write_text("new too")
    again = tree("files", "upload", "tree/a.txt", f"{P}/")
    assert again.code == 1
    assert "a.txt" in again.err
    assert "--overwrite" in again.err
    assert "overwrite=True" not in again.err
    several = tree("files", "upload", "tree/a.txt", "tree/reads/b.txt", f"{P}/reads/")
    assert (several.code, several.json["counts"]) == (3, {"done": 1, "skipped": 0, "failed": 1, "stopped": 0})
    both = tree("files", "upload", "tree/reads/b.txt", "tree/a.txt", f"{P}/reads/", "--dry-run")
    assert {Path(row["path"]).name: row["state"] for row in both.json["files"]} == {
        "b.txt": "planned",
        "a.txt": "skipped",
    }
    assert tree("files", "upload", "--overwrite", "tree/a.txt", f"{P}/").code == 0
    assert tree("files", "download", f"{P}/a.txt").code == 0
    assert Path("a.txt").read_text() == "new"


def test_why_all_files_failed_decides_what_to_do(tree):
    Path("tree/a.txt").write_text("new")
    Path("tree/b.txt").write_text("b")
    assert tree("files", "upload", "tree/b.txt", f"{P}/").code == 0
    Path("tree/b.txt").write_text("new too")
    ran = tree("files", "upload", "tree/a.txt", "tree/b.txt", f"{P}/")
    assert (ran.code, "files failed" in ran.err) == (3, True)
    assert "--overwrite" in ran.err
    assert "Run the same command again" not in ran.err


def test_an_upload_that_is_given_again_skips_what_exists(tree, omics_sandbox):
    before = len(omics_sandbox.requests("/sb/v2/upload/multipart"))
    again = tree("files", "upload", "tree/", f"{P}/")
    assert (again.code, again.json["counts"]) == (0, {"done": 0, "skipped": 3, "failed": 0, "stopped": 0})
    assert f"omics: 0 files (0 B) uploaded to {P}/" in again.err
    assert "3 size only, 3 skipped" in again.err
    assert {row["id"] for row in again.json["files"]} == {
        row["id"] for row in tree("files", "ls", "-r", P).json if row["type"] == "file"
    }
    assert len(omics_sandbox.requests("/sb/v2/upload/multipart")) == before
    Path("tree/new.txt").write_text("new")
    more = tree("files", "upload", "tree/", f"{P}/")
    assert (more.code, more.json["counts"]["done"], more.json["counts"]["skipped"]) == (0, 1, 3)
    assert "1 file (3 B) uploaded" in more.err


@pytest.mark.parametrize(
    ("seconds", "slack", "option"), [(60, 1, ""), (-1e9, -60, ""), (-60, 60, "--require-checksum")]
)
def test_a_file_of_the_same_size_that_was_changed_since_is_not_skipped(tree, monkeypatch, seconds, slack, option):
    """By its time, by the time of its replacement by one with an older time, or where only a checksum shows it."""
    file = Path("tree/a.txt")
    file.write_text("THIS IS A.TXT\n")
    os.utime(file, (time.time() + seconds, time.time() + seconds))
    monkeypatch.setattr("omicsdk.sb.uploads.DATE_SLACK", slack)
    ran = tree("files", "upload", "tree/a.txt", f"{P}/", *filter(None, [option]))
    assert (ran.code, "--overwrite" in ran.err) == (1, True)
    assert tree("files", "cat", f"{P}/a.txt").out == "this is a.txt\n"


def test_a_checksum_that_is_stated_decides_whether_a_file_is_skipped(tree):
    file = Path("tree/a.txt")
    right = hashlib.md5(file.read_bytes()).hexdigest()
    os.utime(file, (time.time() + 60, time.time() + 60))
    assert tree("files", "metadata", f"{P}/a.txt", "--set", f"md5={right}").code == 0
    same = tree("files", "upload", "tree/a.txt", f"{P}/")
    assert (same.code, same.json["files"][0]["verification"]) == (0, "verified")
    assert tree("files", "metadata", f"{P}/a.txt", "--set", f"md5={'0' * 32}").code == 0
    os.utime(file, (1e9, 1e9))
    other = tree("files", "upload", "tree/a.txt", f"{P}/")
    assert (other.code, "--overwrite" in other.err) == (1, True)


def test_more_files_than_one_request_requests_are_skipped(sb, monkeypatch):
    monkeypatch.setattr(uploads, "REQUESTS_FOR_NAMES", 3)  # for more than 60 names the folder is listed
    Path("many").mkdir()
    for number in range(45):
        Path("many", f"{number}.txt").write_text(str(number))
    assert sb("files", "upload", "many/", f"{P}/").json["counts"]["done"] == 45
    assert sb("files", "upload", "many/", f"{P}/").json["counts"]["skipped"] == 45
    for number in range(45, 65):
        Path("many", f"{number}.txt").write_text(str(number))
    more = sb("files", "upload", "many/", f"{P}/")
    assert (more.code, more.json["counts"]["done"], more.json["counts"]["skipped"]) == (0, 20, 45)


def test_what_was_deleted_since_an_earlier_run_is_sent_again(tree):
    Path("tree/a.txt").write_text("changed")
    Path("tree/b.txt").write_text("b")
    assert tree("files", "upload", "tree/a.txt", "tree/b.txt", f"{P}/").code == 3
    assert tree("files", "rm", f"{P}/a.txt", f"{P}/b.txt").code == 0
    ran = tree("files", "upload", "tree/a.txt", "tree/b.txt", f"{P}/")
    assert (ran.code, ran.json["counts"]["done"]) == (0, 2)
    assert "sent again" in ran.err
    assert {"a.txt", "b.txt"} <= set(deep(tree))


def test_what_was_deleted_and_fails_when_it_is_sent_again_is_resumed(tree, omics_sandbox):
    Path("tree/a.txt").write_text("changed")
    Path("tree/b.txt").write_text("b")
    both = ("files", "upload", "tree/a.txt", "tree/b.txt", f"{P}/")
    assert tree(*both).code == 3
    assert tree("files", "rm", f"{P}/a.txt", f"{P}/b.txt").code == 0
    omics_sandbox.add_faults(Rule("status", path="*/upload/multipart", method="POST", status=400, nth=2))
    assert tree(*both).code == 3
    assert "b.txt" not in deep(tree)
    ran = tree(*both)
    assert (ran.code, ran.json["counts"]["done"], ran.json["counts"]["skipped"]) == (0, 1, 1)
    assert {"a.txt", "b.txt"} <= set(deep(tree))


def test_folders_above_are_made_and_a_bar_is_drawn(tree):
    assert tree("files", "upload", "tree/a.txt", "tree/reads", f"{P}/x/y", tty=True).code == 0
    assert sorted(names(tree("files", "ls", f"{P}/x/y"))) == ["a.txt", "reads/"]
    assert tree("files", "upload", "tree/a.txt", "tree/reads", f"{P}/a.txt").code == 2
    shown = tree("files", "download", f"{P}/x/", "--download-dir", "there", tty=True)
    assert (shown.code, Path("there/y/reads/b.txt").exists()) == (0, True)
    assert tree("files", "download", f"{P}/a.txt", f"{P}/x/y/a.txt").code == 2


def test_an_upload_gives_the_file_its_new_name(sb):
    Path("x").write_text("x")
    assert sb("files", "upload", "x", f"{P}/y").json["files"][0]["to"] == f"{P}/y"
    assert sb("files", "upload", "x", f"{P}/folder/").code == 0
    assert deep(sb) == ["folder/", "folder/x", "y"]
    assert sb("files", "upload", "nothing", f"{P}/").code == 2
    assert sb("files", "upload", "x", "y").code == 2
    assert sb("files", "upload", "x", "sb://sandbox-user").code == 2


def test_downloads_do_not_overwrite_and_can_be_planned(tree):
    dry = tree("files", "download", f"{P}/reads", "--dry-run")
    assert dry.code == 0, dry.err
    assert not Path("reads").exists()
    assert {file["name"] for file in dry.json["files"]} == {"reads/b.txt", "reads/deep/c.txt"}
    Path("a.txt").write_text("mine")
    refused = tree("files", "download", f"{P}/a.txt")
    assert (refused.code, "--overwrite" in refused.err) == (2, True)
    assert tree("files", "download", f"{P}/a.txt", "--overwrite", "--report", "report.jsonl").code == 0
    assert Path("a.txt").read_text() == "this is a.txt\n"
    assert any(json.loads(line).get("state") == "done" for line in Path("report.jsonl").read_text().splitlines())


def test_a_download_that_is_repeated_does_not_replace_what_was_edited_since(tree):
    assert tree("files", "download", f"{P}/reads/", "--download-dir", "down").code == 0
    assert tree("files", "download", f"{P}/reads/", "--download-dir", "down").json["counts"]["skipped"] == 2
    Path("down/b.txt").write_text("my own")
    refused = tree("files", "download", f"{P}/reads/", "--download-dir", "down")
    assert (refused.code, "--overwrite" in refused.err) == (2, True)
    assert Path("down/b.txt").read_text() == "my own"
    Path("down/deep/c.txt").unlink()
    assert tree("files", "download", f"{P}/reads/", "--download-dir", "down", "--overwrite").json["counts"]["done"] == 2


def test_files_may_be_named_by_their_ids(tree):
    row = next(row for row in tree("files", "ls", P).json if row["name"] == "a.txt")
    assert tree("files", "cp", row["id"], f"{P}/reads/").code == 0
    folder = next(row for row in tree("files", "ls", P).json if row["type"] == "folder")
    assert sorted(names(tree("files", "ls", folder["id"]))) == ["a.txt", "b.txt", "deep/"]
    assert tree("files", "ls", "0" * 24).code == 1


def test_what_the_platform_states_no_checksum_of_is_reported_and_refused_where_one_is_required(tree):
    ran = tree("files", "download", f"{P}/a.txt", "--download-dir", "down")
    assert ran.json["verification"] == {"verified": 0, "size only": 1, "unverified": 0}
    assert [row["verification"] for row in ran.json["files"]] == ["size only"]
    assert "omics: 1 file (14 B) downloaded to down in " in ran.err
    assert ran.err.endswith(": 1 size only\n")
    refused = tree("files", "download", f"{P}/a.txt", "--download-dir", "other", "--require-checksum")
    assert (refused.code, "no checksum is stated for it" in refused.err) == (1, True)
    assert not Path("other/a.txt").exists()
