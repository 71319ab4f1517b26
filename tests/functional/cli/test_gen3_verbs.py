"""One vocabulary: ls, get, create, update and rm of each kind of thing of a commons, and a line that states what was done."""

import hashlib

import pytest

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
    asked = gen3("objects", "rm", guid, tty=True, typed="n\n")
    assert (asked.code, "nothing was deleted" in asked.err) == (130, True)
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
