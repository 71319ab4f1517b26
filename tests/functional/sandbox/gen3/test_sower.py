"""Sower: jobs that run for a while and leave files after."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.storage import Grant, presigned

Json = dict[str, Any]
MD5 = {letter: letter * 32 for letter in "abc"}


@pytest.fixture
def run(sandbox: Sandbox, admin: httpx.Client) -> Callable[..., tuple[str, str]]:
    """Runs a job to its end and returns its status and output."""

    def dispatch(action: str, **input: Any) -> tuple[str, str]:
        job = admin.post("/job/dispatch", json={"action": action, "input": input}).json()
        sandbox.finish()
        status = admin.get("/job/status", params={"UID": job["uid"]}).json()["status"]
        return status, admin.get("/job/output", params={"UID": job["uid"]}).json()["output"]

    return dispatch


def manifest(sandbox: Sandbox, *lines: str, name: str = "m.tsv") -> str:
    """Puts a manifest, whose columns are written with blanks between them, into storage."""
    url = f"s3://sandbox-gen3/{name}"
    sandbox.gen3.files.put(url, "".join(f"{line}\n" for line in lines).replace("|", "\t").encode())
    return url


def fetched(output: str) -> list[str]:
    return [httpx.get(url, trust_env=False).text for url in output.split()]


def test_a_job_goes_through_its_states_by_the_clock(sandbox: Sandbox, admin: httpx.Client) -> None:
    sandbox.clock.freeze()
    job = admin.post("/job/dispatch", json={"action": "download-indexd-manifest", "input": {}}).json()
    assert job["status"] == "Unknown"
    assert job["name"].startswith("download-indexd-manifest-")
    where = {"UID": job["uid"]}
    assert admin.get("/job/status", params=where).json() == {**job, "status": "Running"}
    assert admin.get("/job/output", params=where).json() == {"output": ""}
    sandbox.clock.advance(3)
    assert admin.get("/job/list").json() == [{**job, "status": "Completed"}]
    assert admin.get("/job/output", params=where).json()["output"].startswith("http")
    sandbox.clock.advance(1000)
    assert admin.get("/job/status", params=where).json()["status"] == "Completed"
    sandbox.clock.advance(1000)
    assert admin.get("/job/list", headers=_fresh(sandbox)).json() == []
    gone = admin.get("/job/status", params=where)
    assert (gone.status_code, gone.text) == (500, f"job with jobid {job['uid']} not found\n")


def _fresh(sandbox: Sandbox) -> dict[str, str]:
    return {"Authorization": f"bearer {sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)}"}


def test_how_long_jobs_run_is_a_setting(sandbox: Sandbox, admin: httpx.Client) -> None:
    sandbox.settings.turn({"gen3.job_seconds": 0})
    job = admin.post("/job/dispatch", json={"action": "download-indexd-manifest", "input": {}}).json()
    assert admin.get("/job/status", params={"UID": job["uid"]}).json()["status"] == "Completed"


def test_the_index_as_a_manifest(sandbox: Sandbox, run) -> None:
    guid = sandbox.gen3.add_file("a.txt", b"abc", authz=("/open", "/programs/demo"))
    status, output = run("download-indexd-manifest")
    (content,) = fetched(output)
    url = sandbox.gen3.index.get(guid)["urls"][0]
    assert status == "Completed"
    assert content.splitlines() == [
        "guid,urls,authz,acl,md5,file_size,file_name",
        f"{guid},{url},/open /programs/demo,,900150983cd24fb0d6963f7d28e17f72,3,a.txt",
    ]


def test_a_manifest_is_indexed_row_by_row(sandbox: Sandbox, run) -> None:
    sandbox.gen3.index.create(
        {"did": "dg.TEST/1", "form": "object", "size": 1, "hashes": {"md5": MD5["a"]}, "urls": ["s3://b/old"]}
    )
    url = manifest(
        sandbox,
        "GUID|md5sum|file_size|url|authz|note",
        f"|{MD5['b']}|5|s3://b/k s3://b/l%20m|[/programs/a, /programs/b]|new",
        f"dg.TEST/1|{MD5['a']}|1|s3://b/new|/open|same",
        f"dg.TEST/1|{MD5['c']}|1|s3://b/other||other md5",
        f"|{MD5['c']}|five|||no number",
        "||5|||no md5",
    )
    status, output = run("index-object-manifest", URL=url)
    log, table = fetched(output)
    assert status == "Completed"
    assert [line.partition(": ")[0] for line in log.splitlines()] == [
        "INFO line 2",
        "INFO line 3",
        "ERROR line 4",
        "ERROR line 5",
        "ERROR line 6",
    ]
    made = table.splitlines()[1].split("\t")[0]
    record = sandbox.gen3.index.get(made)
    assert (record["size"], record["hashes"], record["authz"]) == (5, {"md5": MD5["b"]}, ["/programs/a", "/programs/b"])
    assert sorted(record["urls"]) == ["s3://b/k", "s3://b/l m"]
    assert sandbox.gen3.index.get("dg.TEST/1")["urls"] == ["s3://b/new"]
    run(
        "index-object-manifest",
        URL=manifest(sandbox, "guid|md5|size|urls", f"dg.TEST/1|{MD5['a']}|1|s3://b/more"),
        replace_urls=False,
    )
    assert sorted(sandbox.gen3.index.get("dg.TEST/1")["urls"]) == ["s3://b/more", "s3://b/new"]


def test_presigned_addresses_of_the_commons_are_read(sandbox: Sandbox, run) -> None:
    grant = Grant("GET", manifest(sandbox, "md5|size", f"{MD5['a']}|5"))
    url = presigned(sandbox.gen3.context.signer, sandbox.url, grant, 60)
    assert run("index-object-manifest", URL=url)[0] == "Completed"
    assert sandbox.gen3.index.records.counted() == (1, 5)
    status, told = run("index-object-manifest", URL=f"{url}0")
    assert (status, "can't be read" in told) == ("Failed", True)


def test_documents_of_a_manifest(sandbox: Sandbox, run, admin: httpx.Client) -> None:
    known = sandbox.gen3.add_file("a.txt", b"abc")
    url = manifest(sandbox, "guid|name|size", f"{known}|one|1", "other|two|2", "|three|3")
    assert run("ingest-metadata-manifest", URL=url, metadata_source="src") == ("Completed", "")
    document = {"_guid_type": "indexed_file_object", "src": {"name": "one", "size": "1"}}
    assert admin.get(f"/mds/metadata/{known}").json() == document
    assert admin.get("/mds/metadata/other").json()["_guid_type"] == "metadata_object"


def test_manifests_are_merged(sandbox: Sandbox, run) -> None:
    one = manifest(sandbox, "md5|size|url|acl", f"{MD5['a']}|1|s3://x/1|*", f"{MD5['b']}|2|s3://x/2|", name="one.tsv")
    two = manifest(sandbox, "md5|size|url|authz", f"{MD5['a']}|1|gs://y/1|/open", name="two.tsv")
    status, output = run("merge-manifests", URLS=[one, two])
    log, merged = fetched(output)
    assert (status, log) == ("Completed", "INFO 2 rows of 2 manifests\n")
    assert merged.splitlines() == [
        "md5\tsize\turl\tacl\tauthz",
        f"{MD5['a']}\t1\ts3://x/1 gs://y/1\t*\t/open",
        f"{MD5['b']}\t2\ts3://x/2\t\t",
    ]


@pytest.mark.parametrize(
    ("action", "input", "reason"),
    [
        ("get-dbgap-metadata", {}, "dbGaP is not requested"),
        ("index-object-manifest", {}, "the input has no URL"),
        ("index-object-manifest", {"URL": "https://example.org/m.tsv"}, "the commons' own storage"),
        ("ingest-metadata-manifest", {"URL": "s3://sandbox-gen3/m.tsv"}, "the input has no metadata_source"),
        ("merge-manifests", {"URLS": []}, "the input has no URLS"),
        ("merge-manifests", {"URLS": ["s3://sandbox-gen3/m.tsv"]}, "line 2: there is no md5"),
        ("ingest-metadata-manifest", {"URL": "s3://sandbox-gen3/m.tsv", "metadata_source": "x"}, "no column guid"),
        ("index-object-manifest", {"URL": "s3://sandbox-gen3/bytes"}, "isn't a manifest"),
    ],
)
def test_failed_jobs_say_why(sandbox: Sandbox, run, action: str, input: Json, reason: str) -> None:
    manifest(sandbox, "name|size", "one|1")
    sandbox.gen3.files.put("s3://sandbox-gen3/bytes", b"\xff\xfe\x00")
    status, told = run(action, **input)
    assert status == "Failed"
    assert told.startswith(f"{action} failed: ")
    assert reason in told


def test_who_may_dispatch_and_see_jobs(sandbox: Sandbox, admin, reader, anonymous, client_of) -> None:
    body = {"action": "download-indexd-manifest", "input": {}}
    assert [each.post("/job/dispatch", json=body).status_code for each in (reader, anonymous)] == [403, 401]
    job = admin.post("/job/dispatch", json=body).json()
    sandbox.finish()
    where = {"UID": job["uid"]}
    sandbox.gen3.access.add("other@example.org", [("/sower", "job", "access")])
    other = client_of("other@example.org")
    assert other.get("/job/list").json() == []
    assert other.get("/job/output", params=where).status_code == 500
    assert other.post("/job/dispatch", json=body).status_code == 200
    assert anonymous.get("/job/output", params=where).status_code == 401
    assert anonymous.get("/job/list").status_code == 401
    # As in the real service a job's status can be read by its identity.
    assert anonymous.get("/job/status", params=where).json()["status"] == "Completed"


def test_wrong_requests(admin: httpx.Client) -> None:
    assert admin.post("/job/dispatch", json={"action": "nope", "input": {}}).text == "null"
    assert admin.post("/job/dispatch", content=b"{").status_code == 400
    assert admin.post("/job/dispatch", json=[1]).status_code == 400
    assert admin.post("/job/dispatch", json={"action": "merge-manifests", "input": 5}).status_code == 400
    missing = admin.get("/job/status")
    assert (missing.status_code, missing.text) == (300, "Missing UID argument\n")
    assert admin.get("/job/_status").text == "Healthy"
    assert "version" in admin.get("/job/_version").json()


def test_jobs_last_over_a_restart_and_go_with_a_reset(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        now = sandbox.clock.freeze()
        job = sandbox.gen3.sower.dispatch(ADMINISTRATOR, "download-indexd-manifest", {})
    with Sandbox(tmp_path) as sandbox:
        sandbox.clock.freeze(now)
        assert sandbox.gen3.sower.find(job.uid).status == "Running"
        assert sandbox.finish() == 1
        assert sandbox.gen3.sower.find(job.uid).status == "Completed"
        sandbox.reset()
        assert sandbox.gen3.sower.find(job.uid) is None
