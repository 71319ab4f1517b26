"""`omics gen3`: files, verbs for all kinds of objects, and options before the words."""

import hashlib
import io
import json
import sys
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
    for text in ("line 2", nowhere, "md5", "gone"):
        assert text in ran.err
    assert "Traceback" not in ran.err
    assert sorted(path.name for path in work.iterdir() if path.is_file()) == ["a.txt", "m.tsv"]


def test_one_file_that_fails_states_why(gen3):
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
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


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


def test_a_repeated_download_keeps_what_was_unpacked(gen3, add, work):
    guid = add("p.zip", archive(a="one", b="two"))
    for _ in range(2):
        ran = gen3("download", guid, "--unpack-packages", "-d", "in")
        assert ran.code == 0, ran.err
    assert names(work / "in") == ["a", "b", "p.zip"]


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
    entry = {"object_id": guid, "file_name": "b.txt", "file_size": 9, "md5sum": "0" * 32}
    (work / "stated.json").write_text(json.dumps([entry]))
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
    ran = gen3("wss", "rm", path, tty=True, typed="n\n")
    assert (ran.code, "nothing was deleted" in ran.err) == (130, True)
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


MD5 = hashlib.md5(b"x").hexdigest()


def test_records_of_the_index(gen3):
    words = ("--md5", MD5, "--size", "1", "--url", "s3://b/k", "--authz", "/open", "--file-name", "a.txt")
    made = gen3("objects", "create", *words)
    guid = made.json["did"]
    assert (made.code, f"stored {guid}" in made.err) == (0, True)
    shown = gen3("objects", "get", guid)
    assert (shown.json["file_name"], shown.json["urls"], shown.json["authz"]) == ("a.txt", ["s3://b/k"], ["/open"])
    assert gen3("get", guid).json == shown.json
    changed = gen3("objects", "update", guid, "--file-name", "b.txt")
    assert (changed.json["file_name"], changed.json["urls"], guid in changed.err) == ("b.txt", ["s3://b/k"], True)
    assert gen3("objects", "update", guid).code == 2
    assert [row["did"] for row in gen3("objects", "ls", "--file-name", "b.txt", "--size", "1").json] == [guid]
    assert gen3("objects", "ls", "--md5", "0" * 32).json == []
    assert gen3("objects", "create", *words).code == 0
    cut = gen3("objects", "ls", "--limit", "1")
    assert (cut.code, len(cut.json), "there are more than 1 records" in cut.err) == (3, 1, True)
    assert gen3("objects", "rm", guid, "--dry-run").json == {"would delete": guid}
    ran = gen3("objects", "rm", guid, tty=True, typed="n\n")
    assert (ran.code, "nothing was deleted" in ran.err) == (130, True)
    gone = gen3("objects", "rm", guid)
    assert (gone.json, f"deleted {guid}" in gone.err) == ({"deleted": guid}, True)
    assert gen3("objects", "get", guid).code == 1
    assert gen3("objects", "rm", guid, "--dry-run").code == 1


def test_programs_projects_and_their_records(gen3, work):
    assert "created program P" in gen3("programs", "create", "P").err
    assert "updated program P" in gen3("programs", "update", "P", "--dbgap-accession-number", "phs1").err
    assert "project P-Q" in gen3("projects", "create", "P", "Q").err
    assert "updated project P-Q" in gen3("projects", "update", "P", "Q", "--name", "The project").err
    assert gen3("programs", "get", "P").json == {"links": ["/v0/submission/P/Q"]}
    assert gen3("projects", "get", "P", "Q").json["name"] == "The project"
    assert gen3("projects", "get", "P", "Z").code == 2
    (work / "e.tsv").write_text("type\tsubmitter_id\tprojects.code\nexperiment\te1\tQ\nexperiment\te2\tQ\n")
    assert "2 created of 2 rows" in gen3("records", "create", "P-Q", "e.tsv").err
    assert {"node": "experiment", "records": 2} in gen3("records", "ls", "P-Q").json
    one = gen3("export", "P-Q", "--node", "experiment").json[0]
    assert gen3("records", "get", "P-Q", one["id"]).json["submitter_id"] == one["submitter_id"]
    assert "deleted 1 experiment of P-Q" in gen3("records", "rm", "P-Q", "--id", one["id"]).err
    assert "deleted 1 experiment of P-Q" in gen3("delete", "P-Q", "--all").err
    assert "deleted project P-Q" in gen3("projects", "rm", "P", "Q").err
    assert "deleted program P" in gen3("programs", "rm", "P").err


def test_jobs(gen3, omics_sandbox):
    started = gen3("jobs", "create", "download-indexd-manifest")
    uid = started.json["uid"]
    assert f"started job {uid}" in started.err
    omics_sandbox.gen3.finish()
    assert gen3("jobs", "get", uid).json["status"] == "Completed"


def test_studies(gen3, work):
    (work / "s.tsv").write_text("guid\ttitle\ns1\tFirst\ns2\tSecond\n")
    assert "2 created" in gen3("discovery", "create", "s.tsv").err
    assert gen3("discovery", "ls").json == [{"guid": "s1", "title": "First"}, {"guid": "s2", "title": "Second"}]
    cut = gen3("discovery", "ls", "--limit", "1")
    assert (cut.code, len(cut.json)) == (3, 1)
    assert gen3("discovery", "get", "s1").json["gen3_discovery"] == {"title": "First"}
    assert "2 documents written to s2.tsv" in gen3("discovery", "read", "--output-file", "s2.tsv").err
    assert gen3("discovery", "rm", "s1", "--dry-run").json == {"would delete": "s1"}
    assert "deleted s1" in gen3("discovery", "rm", "s1").err


def test_files_say_what_was_moved(gen3, work, omics_sandbox):
    (work / "a.txt").write_text("one")
    sent = gen3("upload", "a.txt", "--authz", "/open", "--bucket", "sandbox-gen3", "--wait", "0")
    assert (sent.json["counts"], "1 file (3 B) uploaded to" in sent.err) == ({"indexed": 1}, True)
    got = gen3("download", sent.json["files"][0]["guid"], "-d", "got")
    assert "1 file (3 B) downloaded to got" in got.err
    assert "copied a.txt to ws:///@user/a.txt" in gen3("wss", "cp", "a.txt", "ws:///@user/a.txt").err
    assert gen3("wss", "get", "ws:///@user/a.txt").json["WorkspaceKey"] == "a.txt"
    assert "copied a.txt" in gen3("wss", "update", "a.txt", "ws:///@user/a.txt").err
    assert gen3("wss", "get", "ws:///@user/gone").code == 1
    assert "deleted ws:///@user/a.txt" in gen3("wss", "rm", "ws:///@user/a.txt").err


@pytest.mark.parametrize(
    "words",
    [
        ("whoami",),
        ("jobs", "ls"),
        ("objects", "rm", "dg.1/x"),
        ("objects", "manifest", "publish", "m.tsv"),
        ("objects", "crosswalk", "read"),
        ("discovery", "publish", "s.tsv"),
        ("discovery", "objects", "read"),
        ("wss", "ls"),
    ],
    ids=" ".join,
)
def test_what_needs_a_login_reports_it_before_any_request(gen3, monkeypatch, omics_sandbox, words):
    monkeypatch.delenv("GEN3_API_KEY")
    before = len(omics_sandbox.requests("/"))
    refused = gen3(*words)
    assert (refused.code, "--access-token FILE" in refused.err) == (4, True)
    assert len(omics_sandbox.requests("/")) == before


def test_options_stand_before_the_words_too(gen3, omics, omics_sandbox, monkeypatch, tmp_path):
    key = str(omics_sandbox.gen3_credentials(tmp_path / "mine.json"))
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    assert gen3("--auth", key, "auth", "endpoint").out == f"{omics_sandbox.gen3_url}\n"
    assert gen3("auth", f"--auth={key}", "endpoint").code == 0
    assert gen3("--output", "jsonl", "--auth", key, "whoami").out.count("\n") == 1
    assert gen3("--auth", "gone", "whoami", "--auth", key).code == 0
    script = "import os; raise SystemExit(len(os.environ['GEN3_TOKEN']) < 9)"
    assert gen3("--auth", key, "run", sys.executable, "-c", script).code == 0
    unknown = gen3("--aut", key, "whoami")
    assert (unknown.code, "--auth" in unknown.err) == (2, True)
    assert gen3("--auth").code == 2
    assert gen3("--auth", key).out.startswith("Usage: omics gen3")


def test_metadata_is_changed_at_the_address_for_that(gen3):
    made = gen3("api", "metadata", "create", "--guid", "dg.1/x", "--body", '{"a": 1}')
    assert made.code == 0, made.err
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").json == {"a": 1}
    planned = gen3("api", "metadata", "delete", "--guid", "dg.1/x", "--dry-run").json
    assert "/mds-admin/metadata/dg.1/x" in planned["url"]
    assert gen3("api", "metadata", "delete", "--guid", "dg.1/x").code == 0
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").code == 1


def test_help_states_what_exists_and_what_is_not(gen3):
    help_text = gen3("--help").out
    for text in ("drs-pull", "discovery", "nih, pfb and users"):
        assert text in " ".join(help_text.split())
    assert "read" in gen3("objects", "manifest", "--help").out
    assert "--output-file" in gen3("objects", "manifest", "read", "--help").out
