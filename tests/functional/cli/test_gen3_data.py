"""`omics gen3 download`, `upload`, `drs-pull`, `file` and `wss`: files of a commons."""

import hashlib
import io
import json
import zipfile

import pytest
from omicsdk.core import ConnectFailed


@pytest.fixture
def add(omics_sandbox):
    return omics_sandbox.gen3.add_file


def test_files_come_by_guid_and_uri(gen3, add, work, omics_sandbox):
    first, second = add("a.txt", b"one"), add("b.txt", b"two")
    host = omics_sandbox.url.partition("://")[2]
    ran = gen3("download", first, f"drs://{host}/{second}", "-d", "got")
    assert ran.code == 0
    assert ran.json["counts"]["done"] == 2
    assert (work / "got/a.txt").read_bytes() + (work / "got/b.txt").read_bytes() == b"onetwo"
    assert gen3("download", first, "-d", "got").json["counts"]["skipped"] == 1
    by_id = gen3("download", first, "-d", "ids", "--layout", "id").json["files"][0]["path"]
    assert by_id.endswith("/a.txt")
    assert by_id.startswith("ids/dg.TEST_")


def test_a_file_that_is_listed_again_is_downloaded_once(gen3, add, work):
    first = add("a.txt", b"one")
    (work / "m.json").write_text(json.dumps([{"object_id": first, "file_name": "x.txt", "file_size": 3}] * 2))
    ran = gen3("download", "--manifest", "m.json", "m.json", "-d", "got")
    assert (ran.code, ran.json["counts"]["done"]) == (0, 1)
    ran = gen3("download", first, first, "-d", "ids")
    assert (ran.code, ran.json["counts"]["done"]) == (0, 1)


def test_manifests_say_what_is_wanted(gen3, add, work):
    first, second = add("a.txt", b"one"), add("b.txt", b"two")
    (work / "m.json").write_text(json.dumps([{"object_id": first, "file_name": "x/y.txt", "file_size": 3}]))
    (work / "m.tsv").write_text(f"guid\tmd5\n{second}\t{hashlib.md5(b'two').hexdigest()}\n")
    assert gen3("download", "--manifest", "m.json", "m.tsv").code == 0
    assert (work / "x/y.txt").read_bytes() + (work / "b.txt").read_bytes() == b"onetwo"


def test_what_fails_is_reported_and_the_rest_arrives(gen3, add, work):
    good, nowhere = add("a.txt", b"one"), add("b.txt", b"two", urls=[])
    wrong = add("c.txt", b"three", hashes={"md5": "0" * 32})
    (work / "m.tsv").write_text(f"guid\tmd5\n{good}\tnonsense\n")
    ran = gen3("download", good, nowhere, wrong, "gone", "--manifest", "m.tsv")
    assert ran.code == 3
    assert ran.json["counts"] == {"done": 1, "failed": 3, "skipped": 0, "stopped": 0}
    for told in ("line 2", nowhere, "md5", "gone"):
        assert told in ran.err
    assert "Traceback" not in ran.err
    assert sorted(each.name for each in work.iterdir() if each.is_file()) == ["a.txt", "m.tsv"]


def test_one_file_that_fails_states_why(gen3, add):
    assert gen3("download", "gone").code == 1
    unknown = gen3("download", "dg.ELSEWHERE/abc")
    assert (unknown.code, "No server is known for the prefix dg.ELSEWHERE" in unknown.err) == (1, True)
    assert gen3("download").code == 2
    assert gen3("download", "no good id").code == 2
    assert gen3("download", "--manifest", "gone.json").code == 2


def test_a_dry_run_writes_nothing(gen3, add, work):
    ran = gen3("download", add("a.txt", b"one"), "--dry-run")
    assert (ran.json["bytes_to_fetch"], list(work.iterdir())) == (3, [])


def test_files_and_folders_go_up_and_their_guids_are_kept(gen3, work):
    (work / "in/deep").mkdir(parents=True)
    for name in ("in/a.txt", "in/deep/b.txt", "c.txt"):
        (work / name).write_text(name)
    planned = gen3("upload", "in", "c.txt", "--dry-run").json
    assert (planned["counts"], planned["bytes_to_send"]) == ({"planned": 3}, 8 + 13 + 5)
    ran = gen3(
        *("upload", "in", "c.txt", "--authz", "/open", "--bucket", "sandbox-gen3", "--wait", "0"),
        *("--subfolders", "--manifest-out", "up.tsv"),
    )
    assert (ran.code, ran.json["counts"]) == (0, {"indexed": 3})
    assert gen3("download", "--manifest", "up.tsv", "-d", "got").code == 0
    assert (work / "got/deep/b.txt").read_text() == "in/deep/b.txt"


def test_an_upload_that_cannot_begin_states_why(gen3, work):
    assert gen3("upload", "gone").code == 2
    (work / "a.txt").write_text("a")
    assert gen3("upload", "a.txt", "--part-size", "much").code == 2
    assert gen3("upload", "a.txt", "--part-size", "1M").code == 2
    assert gen3("upload", "a.txt", "--wait", "-1").code == 2
    assert gen3("upload", "a.txt", "--manifest-out", "gone/m.tsv").code == 2
    unread = gen3("upload", "a.txt", "--authz", "programs/P")
    assert (unread.code, "'programs/P' is not a resource" in unread.err) == (2, True)


def test_an_upload_to_a_commons_that_does_not_respond_ends_before_the_first_file(
    gen3, work, monkeypatch, omics_sandbox
):
    def down(commons):
        raise ConnectFailed("Connection refused", url=f"{commons.base_url}/index/guid/prefix")

    monkeypatch.setattr("omicsdk.cli.commands.gen3.transfers.own_prefix", down)
    (work / "a.txt").write_text("a")
    ran = gen3("upload", "a.txt", "--authz", "/open")
    assert (ran.code, "Connection refused" in ran.err) == (1, True)
    assert not [entry for entry in omics_sandbox.requests("/") if "/data/" in entry["path"]]


def test_files_that_cannot_go_up_are_reported_without_words_of_fetching(gen3, work):
    for name in ("a.txt", "b.txt"):
        (work / name).write_text(name)
    ran = gen3("upload", "a.txt", "b.txt", "--bucket", "nobody-s")
    assert (ran.code, "2 of 2 files failed" in ran.err, "fetched" in ran.err) == (4, True, False)


def test_a_manifest_without_rows_is_named(gen3, work):
    (work / "m.json").write_text("[]")
    ran = gen3("download", "--manifest", "m.json")
    assert (ran.code, "m.json: no file is named" in ran.err) == (2, True)


def names(folder):
    return sorted(each.name for each in folder.iterdir() if not each.name.startswith("."))


def archive(**entries: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, text in entries.items():
            made.writestr(name, text)
    return out.getvalue()


def test_drs_pull_unpacks_packages_unless_reported_not_to(gen3, add, work):
    guid = add("p.zip", archive(a="one", b="two"))
    ran = gen3("drs-pull", "object", guid, "--output-dir", "one", "--no-progress")
    assert ran.code == 0
    assert names(work / "one") == ["a", "b", "p.zip"]
    assert gen3("drs-pull", "objects", guid, "--output-dir", "two", "--no-unpack-packages").code == 0
    assert gen3("drs-pull", "objects", guid, "--output-dir", "two", "--delete-unpacked-packages", "--dry-run").code == 0
    assert names(work / "two") == ["p.zip"]
    (work / "m.json").write_text(json.dumps([{"object_id": guid}]))
    assert gen3("drs-pull", "manifest", "m.json", "three", "--delete-unpacked-packages").code == 0
    assert names(work / "three") == ["a", "b"]


def test_a_package_that_unpacks_too_far_is_reported_unless_the_bound_is_raised(gen3, add, work):
    guid = add("p.zip", archive(a="one" * 500))
    ran = gen3("download", guid, "--unpack-packages", "--max-unpacked", "1K", "-d", "in")
    assert (ran.code, "p.zip unpacks to more than 1,024 bytes" in ran.err) == (3, True)
    assert names(work / "in") == ["p.zip"]
    assert gen3("download", guid, "--unpack-packages", "--max-unpacked", "2K", "-d", "in").code == 0
    assert names(work / "in") == ["a", "p.zip"]


def test_drs_pull_lists_files_and_rights(gen3, add, work, omics_sandbox):
    guid = add("a.txt", b"one")
    (work / "m.json").write_text(json.dumps([{"object_id": guid}, {"object_id": "gone"}]))
    ran = gen3("drs-pull", "ls", "m.json")
    assert ran.code == 3
    (row,) = ran.json
    assert (row["file_name"], row["size"], row["object_id"]) == ("a.txt", 3, guid)
    stated = {"object_id": guid, "file_name": "b.txt", "file_size": 9, "md5sum": "0" * 32}
    (work / "stated.json").write_text(json.dumps([stated]))
    (row,) = gen3("drs-pull", "ls", "stated.json").json  # what the commons has, not what the manifest states
    md5 = hashlib.md5(b"one").hexdigest()
    assert (row["file_name"], row["size"], row["checksums"]["md5"]) == ("b.txt", 3, md5)
    assert row["access_methods"] == ["s3"]
    rights = gen3("drs-pull", "ls", "--object", guid, "--access").json
    assert {"host": omics_sandbox.url.partition("://")[2], "resource": "/", "methods": ["*"]} in rights
    assert gen3("drs-pull", "ls", "--object", "gone").code == 1


def test_a_single_file(gen3, add, work):
    assert gen3("file", "download-single", add("a.txt", b"one"), "--path", "got").code == 0
    assert (work / "got/a.txt").read_bytes() == b"one"


def test_files_of_workspaces(gen3, work):
    (work / "a.txt").write_text("one")
    assert gen3("wss", "cp", "a.txt", "ws:///@user/x/a.txt").code == 0
    assert "x/" in gen3("wss", "ls").out
    (row,) = gen3("wss", "ls", "ws:///@user/x/").json
    assert row["WorkspaceKey"] == "x/a.txt"
    assert gen3("wss", "cp", "ws:///@user/x/a.txt", "b.txt").code == 0
    assert (work / "b.txt").read_text() == "one"
    for command in ("download-url", "upload-url"):
        assert gen3("wss", command, "ws:///@user/x/a.txt").out.startswith("http://127.0.0.1")
    path = "ws:///@user/x/a.txt"
    assert gen3("wss", "rm", path, "--dry-run").json == {"would delete": path}
    asked = gen3("wss", "rm", path, tty=True, typed="n\n")
    assert (asked.code, "nothing was deleted" in asked.err) == (130, True)
    assert gen3("wss", "rm", path).json == {"deleted": path}
    assert gen3("wss", "ls").json == []
    gone = gen3("wss", "rm", path, "--dry-run")
    assert (gone.code, gone.out, "not found" in gone.err) == (1, "", True)
    assert gen3("wss", "cp", "a.txt", "b.txt").code == 2
    assert gen3("wss", "rm", "s3://a/b").code == 2


def test_a_list_of_a_workspace_may_lack_what_is_beyond_its_limit(gen3, work, monkeypatch):
    monkeypatch.setattr("omicsdk.cli.commands.gen3.transfers.PAGE_LIMIT", 2)
    (work / "a.txt").write_text("one")
    for name, code in (("a", 0), ("b", 3)):
        assert gen3("wss", "cp", "a.txt", f"ws:///@user/{name}").code == 0
        listed = gen3("wss", "ls")
        assert (listed.code, "there may be more" in listed.err) == (code, code == 3)
    assert [row["WorkspaceKey"] for row in listed.json] == ["a", "b"]


def test_a_dash_is_stdout(gen3, work):
    (work / "a.txt").write_text("one")
    ran = gen3("upload", "a.txt", "--authz", "/open", "--wait", "0", "--manifest-out", "-")
    assert (ran.code, ran.out.splitlines()[0].split("\t")[0]) == (0, "guid")
    assert "GUIDs written to stdout" in ran.err
    assert gen3("wss", "cp", "a.txt", "ws:///@user/a.txt").code == 0
    assert gen3("wss", "cp", "ws:///@user/a.txt", "-").stdout == b"one"
    assert gen3("wss", "cp", "ws:///@user/gone.txt", "-").stdout == b""
    assert sorted(path.name for path in work.iterdir()) == ["a.txt"]
