"""Sower: jobs that run for a while and leave a manifest of the index."""

import httpx
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR

BODY = {"action": "download-indexd-manifest", "input": {}}


def test_a_job_goes_through_its_states_by_the_clock(sandbox: Sandbox, admin: httpx.Client) -> None:
    guid = sandbox.gen3.add_file("a.txt", b"abc", authz=("/open", "/programs/demo"))
    sandbox.clock.freeze()
    job = admin.post("/job/dispatch", json=BODY).json()
    assert job["status"] == "Unknown"
    assert job["name"].startswith("download-indexd-manifest-")
    where = {"UID": job["uid"]}
    assert admin.get("/job/status", params=where).json() == {**job, "status": "Running"}
    assert admin.get("/job/output", params=where).json() == {"output": ""}
    sandbox.clock.advance(3)
    assert admin.get("/job/list").json() == [{**job, "status": "Completed"}]
    manifest = httpx.get(admin.get("/job/output", params=where).json()["output"], trust_env=False).text
    assert manifest.splitlines() == [
        "guid,urls,authz,acl,md5,file_size,file_name",
        f"{guid},{sandbox.gen3.index.get(guid)['urls'][0]},/open /programs/demo,,900150983cd24fb0d6963f7d28e17f72,3,a.txt",
    ]
    sandbox.clock.advance(1000)
    assert admin.get("/job/status", params=where).json()["status"] == "Completed"
    sandbox.clock.advance(1000)
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    assert admin.get("/job/list", headers={"Authorization": f"bearer {token}"}).json() == []
    gone = admin.get("/job/status", params=where)
    assert (gone.status_code, gone.text) == (500, f"job with jobid {job['uid']} not found\n")


def test_how_long_jobs_run_is_a_setting(sandbox: Sandbox, admin: httpx.Client) -> None:
    sandbox.settings.turn({"gen3.job_seconds": 0})
    job = admin.post("/job/dispatch", json=BODY).json()
    assert admin.get("/job/status", params={"UID": job["uid"]}).json()["status"] == "Completed"


def test_who_may_dispatch_and_see_jobs(sandbox: Sandbox, admin, reader, anonymous, client_of) -> None:
    assert [client.post("/job/dispatch", json=BODY).status_code for client in (reader, anonymous)] == [403, 401]
    job = admin.post("/job/dispatch", json=BODY).json()
    sandbox.finish()
    where = {"UID": job["uid"]}
    sandbox.gen3.access.add("other@example.org", [("/sower", "job", "access")])
    other = client_of("other@example.org")
    assert other.get("/job/list").json() == []
    assert other.get("/job/output", params=where).status_code == 500
    assert other.post("/job/dispatch", json=BODY).status_code == 200
    assert anonymous.get("/job/output", params=where).status_code == 401
    # As in the real service a job's status can be read by its identity.
    assert anonymous.get("/job/status", params=where).json()["status"] == "Completed"


def test_what_is_no_job_is_answered_as_the_service_does(admin: httpx.Client) -> None:
    assert admin.post("/job/dispatch", json={"action": "nope", "input": {}}).text == "null"
    missing = admin.get("/job/status")
    assert (missing.status_code, missing.text) == (300, "Missing UID argument\n")
    assert admin.get("/job/_status").text == "Healthy"
    assert "version" in admin.get("/job/_version").json()
