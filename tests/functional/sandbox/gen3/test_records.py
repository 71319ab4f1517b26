"""Records of projects, and the state of the commons after a restart."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from gen3_records import case, experiment, relatives
from indexd_clients import indexd_client, new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.gen3.records.dictionary import Dictionary, sds_document


def test_seeding_puts_records_into_a_new_project(sandbox: Sandbox) -> None:
    ids = sandbox.gen3.records.seed("demo", "one", [experiment(), case("c1", age="3")])
    [record] = sandbox.gen3.records.listed("case", "demo-one")
    assert record["id"] == ids[1]
    assert (record["submitter_id"], record["project_id"], record["age"], record["genotype"]) == (
        "c1",
        "demo-one",
        "3",
        None,
    )
    assert record["experiments"] == [{"node_id": ids[0], "submitter_id": "e1"}]


def test_seeding_refuses_what_the_dictionary_refuses(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="colour"):
        sandbox.gen3.records.seed("demo", "one", [{**experiment(), "colour": "red"}])
    assert sandbox.gen3.records.listed("experiment") == []


def test_records_of_all_projects_are_listed(sandbox: Sandbox) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment()])
    sandbox.gen3.records.seed("demo", "two", [experiment(projects=[{"code": "two"}])])
    assert [record["project_id"] for record in sandbox.gen3.records.listed("experiment")] == ["demo-one", "demo-two"]


def _dictionary() -> dict[str, Any]:
    document = sds_document()
    names = ("_definitions", "_settings", "_terms", "program", "project")
    return {**{name: document[name] for name in names}, "subject": relatives()}


def test_another_dictionary_takes_the_place_of_the_first(sandbox: Sandbox, admin: httpx.Client) -> None:
    records = sandbox.gen3.records
    records.seed("demo", "one", [experiment()])
    records.use_dictionary(_dictionary())
    subject = {"type": "subject", "submitter_id": "s1", "projects": [{"code": "one"}], "weight": 61.5}
    other = {**subject, "submitter_id": "s2", "relatives": [{"submitter_id": "s1"}]}
    third = {**subject, "submitter_id": "s3", "relatives": [{"submitter_id": "s1"}, {"submitter_id": "s2"}]}
    records.seed("demo", "one", [subject, other, third])
    entries = admin.get("/api/v0/submission/_dictionary").json()["links"]
    assert [link.rsplit("/", 1)[1] for link in entries] == ["program", "project", "subject", "_all"]
    query = '{ subject(weight: 61.5, with_links: ["relatives_of"]) { submitter_id relatives_of { submitter_id } } }'
    subjects = admin.post("/api/v0/submission/graphql", json={"query": query}).json()["data"]["subject"]
    assert subjects == [
        {"submitter_id": "s1", "relatives_of": [{"submitter_id": "s2"}, {"submitter_id": "s3"}]},
        {"submitter_id": "s2", "relatives_of": [{"submitter_id": "s3"}]},
    ]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "program and project"),
        ({**sds_document(), "program": {"properties": {"$ref": "#/_definitions/nothing"}}}, "nothing"),
        ({**sds_document(), "_definitions": {"a": {"$ref": "#/_definitions/a"}}}, "circle"),
        (
            {
                **sds_document(),
                "odd": {"links": [{"name": "x", "backref": "y", "target_type": "gone", "multiplicity": "one_to_one"}]},
            },
            "gone",
        ),
    ],
    ids=["empty", "reference", "circle", "link"],
)
def test_a_dictionary_with_holes_is_refused(document: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Dictionary(document)


def test_a_dangling_reference_of_a_definition_stays() -> None:
    document, dangling = sds_document(), {"term": {"$ref": "_terms.yaml#/file_format"}}
    document["_definitions"]["file_format"] = dangling
    assert Dictionary(document).document["_definitions"]["file_format"] == dangling


def test_a_reset_brings_the_first_dictionary_back(sandbox: Sandbox) -> None:
    sandbox.gen3.records.use_dictionary(_dictionary())
    sandbox.reset()
    assert "case" in sandbox.gen3.records.dictionary.nodes
    assert sandbox.gen3.records.projects() == []


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
        assert [record["submitter_id"] for record in sandbox.gen3.records.listed("case")] == ["c1", "c2"]
        assert sandbox.gen3.sower.find(job.uid).status == "Running"
        assert sandbox.finish() == 1
        assert sandbox.gen3.sower.find(job.uid).status == "Completed"
        sandbox.reset()
        assert web.get("/mds/metadata/uno").status_code == 404
        assert web.get("/mds/aggregate/commons").status_code == 404
        assert sandbox.gen3.sower.find(job.uid) is None
