"""The state of the commons' services after a restart, and after a reset."""

from pathlib import Path

from gen3_records import case, experiment
from indexd_clients import indexd_client, new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR

PROJECT = "/api/v0/submission/demo/one"
SUBJECTS = {"query": "{subject(first: 1) {age}}"}


def test_state_lasts_over_a_restart_and_goes_with_a_reset(tmp_path: Path):
    with Sandbox(tmp_path) as sandbox, indexd_client(sandbox) as web:
        now = sandbox.clock.freeze()
        did = web.post("/index/index", json=new_record(4, file_name="kept")).json()["did"]
        web.post(f"/index/index/{did}/aliases", json={"aliases": [{"value": "a"}]})
        bundle = web.post("/index/bundle", json={"bundles": [did]}).json()["bundle_id"]
        file = web.get(f"/index/index/{did}").json()
        sandbox.gen3.metadata.put("one", {"a": 1})
        sandbox.gen3.metadata.set_aliases("one", ["uno"])
        sandbox.gen3.metadata.aggregate.put("Other", {"s": {"gen3_discovery": {}}})
        sandbox.gen3.guppy.put("subject", [{"age": 0}])
        sandbox.gen3.records.seed("demo", "one", [experiment(), case("c1")])
        cases = sandbox.gen3.records.listed("case")
        tried = web.put(f"{PROJECT}/_dry_run", json=case("c2")).json()["transaction_id"]
        job = sandbox.gen3.sower.dispatch(ADMINISTRATOR)
        headers = web.headers
    with Sandbox(tmp_path) as sandbox, indexd_client(sandbox, "") as web:
        sandbox.clock.freeze(now)
        web.headers = headers  # the token lasts, too
        assert web.get(f"/index/index/{did}").json() == file
        assert web.get("/index/a").json()["file_name"] == "kept"
        assert web.get(f"/index/bundle/{bundle}").json()["size"] == 4
        assert web.get("/index/index", params={"hash": f"md5:{4:032x}"}).json()["records"][0]["did"] == did
        assert web.get("/mds/metadata/uno").json() == {"a": 1}
        assert web.get("/mds/aggregate/commons").json() == {"commons": ["Other"]}
        assert web.post("/guppy/graphql", json=SUBJECTS).json() == {"data": {"subject": [{"age": 0}]}}
        assert sandbox.gen3.records.listed("case") == cases
        assert web.put(f"{PROJECT}/transactions/{tried}/commit").json()["created_entity_count"] == 1
        assert [each["submitter_id"] for each in sandbox.gen3.records.listed("case")] == ["c1", "c2"]
        assert sandbox.gen3.sower.find(job.uid).status == "Running"
        assert sandbox.finish() == 1
        assert sandbox.gen3.sower.find(job.uid).status == "Completed"
        sandbox.reset()
        assert web.get("/mds/metadata/uno").status_code == 404
        assert web.get("/mds/aggregate/commons").status_code == 404
        assert sandbox.gen3.sower.find(job.uid) is None
