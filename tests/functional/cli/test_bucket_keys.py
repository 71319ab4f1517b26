"""Keys of buckets that are no paths: an object beside the folder of its name, keys that end in a slash, empty and dotted parts."""

import json
from pathlib import Path
from typing import Any

import pytest
from omicsdk import download
from omicsdk.cli.main import main
from omicsdk.core import SomeFailed
from omicsdk.fs import FileAndFolder, IsFolder
from omicsdk.fs.files import open as open_uri

pytestmark = pytest.mark.sandbox

#: The object P beside keys below P/, the marker of a folder, and names that no folder has.
BAD = {"P//y": "two slashes in a row", "P/../z": "'..'", "P/./c": "'.'", f"P/{'l' * 256}": "more than 255 bytes"}
KEYS = ["P", "P/x", "P/deep/w", *BAD]


@pytest.fixture
def bucket(s3):
    """A client of a bucket with KEYS, and with data under D/ beside D/in."""
    for key in (*KEYS, "D/", "D/in"):
        s3.put_object(Bucket="bkt", Key=key, Body=key.encode())
    s3.put_object(Bucket="bkt", Key="P/", Body=b"")
    return s3


@pytest.fixture
def omics(bucket, capsys):
    def run(*words: str) -> tuple[int, Any, str]:
        code = main(["--output", "json", *words])
        out, err = capsys.readouterr()
        return code, json.loads(out) if out else None, err

    return run


def keys(client: Any, prefix: str) -> list[str]:
    return sorted(entry["Key"] for entry in client.list_objects_v2(Bucket="bkt", Prefix=prefix).get("Contents", ()))


def names(folder: str) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in Path(folder).rglob("*") if path.is_file()}


def test_a_slash_means_what_is_below_for_every_command(omics, bucket):
    assert {row["uri"] for row in omics("ls", "s3://bkt/P/")[1]} >= {"s3://bkt/P/x", "s3://bkt/P/deep/"}
    assert {row["name"] for row in omics("find", "s3://bkt/P/")[1]} == {key[2:] for key in KEYS[1:]}
    assert omics("du", "s3://bkt/P/")[1][0]["files"] == len(KEYS) - 1
    assert omics("stat", "s3://bkt/P/")[1][0]["kind"] == "folder"
    omics("cp", "-r", "s3://bkt/P/", "out")
    assert names("out") == {"x", "deep/w"}
    assert omics("cp", "-r", "s3://bkt/P/", "s3://bkt/copy/")[0] == 0
    assert keys(bucket, "copy/") == sorted(f"copy/{key[2:]}" for key in KEYS[1:])
    assert omics("--yes", "rm", "-r", "s3://bkt/copy/")[0] == 0
    assert omics("mv", "s3://bkt/P/", "s3://bkt/moved/")[0] == 0
    assert (keys(bucket, "P"), len(keys(bucket, "moved/"))) == (["P"], len(KEYS) - 1)
    assert "s3://bkt/P is an object" in omics("ls", "s3://bkt/P/")[2]


def test_rm_removes_what_is_below_and_keeps_the_object(omics, bucket):
    assert omics("--yes", "rm", "-r", "s3://bkt/P/")[0] == 0
    assert keys(bucket, "P") == ["P"]


@pytest.mark.parametrize(
    "words",
    [
        ["--yes", "rm", "-r", "s3://bkt/P"],
        ["cp", "-r", "s3://bkt/P", "out"],
        ["mv", "s3://bkt/P", "out"],
        ["sync", "s3://bkt/P", "out"],
        ["sync", ".", "s3://bkt/P"],
        ["cp", "-r", "local", "s3://bkt/P"],
        ["ls", "-r", "s3://bkt/P"],
        ["find", "s3://bkt/P"],
        ["du", "s3://bkt/P"],
        ["verify", "s3://bkt/P"],
    ],
)
def test_without_a_slash_recursive_commands_name_both_spellings(omics, bucket, tmp_path, words):
    (tmp_path / "local").mkdir()
    (tmp_path / "local/x").write_text("new")
    before = keys(bucket, "")
    code, out, err = omics(*words)
    assert (code, out) == (1, None)
    assert "s3://bkt/P names both a file and a folder. Write s3://bkt/P/ for everything below the folder" in err
    assert (keys(bucket, ""), Path("out").exists()) == (before, False)


def test_without_a_slash_files_take_the_object(omics, bucket):
    assert omics("ls", "s3://bkt/P")[1][0]["uri"] == "s3://bkt/P"
    assert omics("cp", "s3://bkt/P", "file")[0] == 0
    assert Path("file").read_text() == "P"
    assert omics("cp", "file", "s3://bkt/P/")[0] == 0
    assert bucket.get_object(Bucket="bkt", Key="P/file")["Body"].read() == b"P"
    assert omics("--yes", "rm", "s3://bkt/P")[0] == 0
    assert "P" not in keys(bucket, "P")


def test_the_same_holds_in_python(bucket, tmp_path):
    assert open_uri("s3://bkt/P").read() == b"P"
    with pytest.raises(IsFolder):
        open_uri("s3://bkt/P/")
    with pytest.raises(FileAndFolder):
        download("s3://bkt/P", tmp_path / "out")
    assert download("s3://bkt/P", tmp_path / "file", recursive=False).ok
    report = download("s3://bkt/P/", tmp_path / "out", check=False)
    assert names("out") == {"x", "deep/w"}
    assert len(report.failed) == len(BAD)
    with pytest.raises(SomeFailed):
        report.raise_if_failed()


def test_keys_that_are_no_paths_are_reported_and_the_others_copied(omics):
    code, result, err = omics("cp", "-r", "s3://bkt/P/", "out")
    assert (code, result["counts"]["done"], result["counts"]["failed"]) == (3, 2, len(BAD))
    assert names("out") == {"x", "deep/w"}
    for key, why in BAD.items():
        assert f"omics: s3://bkt/{key} cannot be a file in out: its key " in err
        assert why in err
    assert "manifest" not in err
    assert {row["source"] for row in result["files"] if row["state"] == "failed"} == {f"s3://bkt/{key}" for key in BAD}
    code, result, err = omics("sync", "s3://bkt/P/", "out")  # all that can be files are equal
    assert (err.count("cannot be a file in out"), "Run the same command again" in err) == (len(BAD), False)
    assert (code, result["same"], "4 failed, 2 equal" in err) == (3, 2, True)
    err = omics("get", "s3://bkt/P/", "--to", "got")[2]  # before the folder is known
    assert err.count("cannot be a file on this machine: its key") == len(BAD)
    err = omics("verify", "got")[2]
    assert (err.count("cannot be a file on this machine: its key"), "omics get again" in err) == (len(BAD), False)
    omics("add", "s3://bkt/P/", "--to", "data")
    err = omics("lock")[2]
    assert (err.count("cannot be a file on this machine: its key"), "skipped" in err) == (len(BAD), False)
    planned = omics("cp", "-r", "--dry-run", "s3://bkt/P/", "other")[1]["files"]
    assert [row["plan"] for row in planned] == ["copy"] * 2 + ["skip"] * len(BAD)
    assert omics("cp", "s3://bkt/P//y", "y")[0] == 0
    assert Path("y").read_text() == "P//y"


@pytest.mark.parametrize("words", [["s3://bkt/P/", "out"], ["out", "s3://bkt/P/"]])
def test_with_such_keys_sync_removes_nothing(omics, bucket, tmp_path, words):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/mine").write_text("m")
    planned = omics("sync", "--delete", "--dry-run", *words)[1]["files"]
    assert {row["plan"] for row in planned} >= {"skip"}
    assert "remove" not in {row["plan"] for row in planned}
    code, result, err = omics("--yes", "sync", "--delete", "--max-delete", "99", *words)
    assert (code, result["removed"]) == (3, [])
    assert "nothing is removed" in err
    assert Path("out/mine").exists()
    assert set(keys(bucket, "P")) >= set(KEYS)


def test_mv_keeps_the_keys_that_it_cannot_move(omics, bucket):
    assert omics("mv", "s3://bkt/P/", "out")[0] == 3
    assert set(keys(bucket, "P/")) >= set(BAD)
    assert names("out") == {"x", "deep/w"}


def test_an_object_beside_its_folder_does_not_stop_the_copy_above(omics, bucket):
    for key in BAD:
        bucket.delete_object(Bucket="bkt", Key=key)
    code, _, err = omics("cp", "-r", "s3://bkt", "out")
    assert (code, "s3://bkt/P cannot be a file in out: its key is also what other keys begin with" in err) == (3, True)
    assert names("out") >= {"P/x", "P/deep/w", "D/in"}


def test_data_under_a_key_with_a_slash_is_copied_where_it_can_be(omics, bucket):
    assert [row["size"] for row in omics("ls", "s3://bkt/D/")[1]] == [2, 4]
    code, result, err = omics("cp", "-r", "s3://bkt/D/", "out")
    assert (code, result["counts"]["failed"], names("out")) == (3, 1, {"in"})
    assert "s3://bkt/D/ cannot be a file in out: its key ends with a slash" in err
    assert omics("cp", "-r", "s3://bkt/D", "s3://bkt/E")[0] == 0
    assert bucket.get_object(Bucket="bkt", Key="E/")["Body"].read() == b"D/"
    assert omics("sync", "s3://bkt/D/", "s3://bkt/E/")[1]["same"] == 2
    assert omics("mv", "s3://bkt/E/", "s3://bkt/F/")[0] == 0
    assert (keys(bucket, "E"), keys(bucket, "F")) == ([], ["F/", "F/in"])
    assert omics("--yes", "rm", "-r", "s3://bkt/F/")[1]["counts"]["done"] == 2
    assert keys(bucket, "F") == []


@pytest.mark.parametrize(
    "words",
    [("cp", "s3://bkt/P", "s3://nowhere/P"), ("cp", "-r", "in", "s3://nowhere"), ("sync", "in", "s3://nowhere/in")],
)
def test_a_missing_bucket_is_reported_once_before_anything_is_sent(omics, tmp_path, words):
    """As reported for s5cmd and the AWS CLI, which upload each file to it in vain."""
    Path("in").mkdir()
    for name in "ab":
        Path("in", name).write_text(name)
    code, out, err = omics(*words)
    assert (code, out) == (1, None)
    assert err.count("no bucket nowhere. Check its name, or create it.") == 1
    assert omics(words[0], "--dry-run", *words[1:])[0] == 1
