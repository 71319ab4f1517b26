"""Recorded exchanges of other servers as seeds: the last state is used, and skipped exchanges are reported with the reason."""

import gzip
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE

RECORDINGS = Path(__file__).parents[3] / "data" / "sandbox"


def _line(method: str, path: str, body: Any, sent: Any = None, status: int = 200) -> str:
    return json.dumps(
        {"request": {"method": method, "path": path, "body": sent}, "response": {"status": status, "body": body}}
    )


@pytest.fixture
def recorded(tmp_path: Path):
    def write(*lines: str) -> Path:
        path = tmp_path / "recording.jsonl"
        path.write_text("\n".join(lines))
        return path

    return write


@pytest.fixture
def client(sandbox: Sandbox):
    with httpx.Client(base_url=sandbox.url, trust_env=False, follow_redirects=True) as client:
        yield client


def test_a_whole_recording_of_django_crunch(sandbox: Sandbox, client: httpx.Client, tmp_path: Path):
    with gzip.open(RECORDINGS / "crunch/recordings/crunch.recording.jsonl.gz", "rb") as packed:
        (tmp_path / "r.jsonl").write_bytes(packed.read())
    before = sandbox.contents()["crunch"]
    report = sandbox.seed_exchanges(tmp_path / "r.jsonl")
    after = sandbox.contents()["crunch"]
    for what in ("projects", "datasets", "items", "attributes"):
        assert report["taken"][f"django-crunch {what}"] == after[what] - before[what] > 0
    assert report["left"]["exchanges that were refused"] > 100
    client.headers["Authorization"] = f"Token {sandbox.crunch_token}"
    assert client.get("/crunch/api/datasets/").json()["count"] == after["datasets"]
    again = sandbox.seed_exchanges(tmp_path / "r.jsonl")
    assert "django-crunch projects" not in again["taken"]


def test_a_recording_before_the_first_request(recorded):
    attribute = {"item": "reads", "key": "lanes", "value": 2}
    lines = [
        _line("GET", "/api/datasets/reads", {"slug": "reads", "name": "Reads"}),
        _line("GET", "/api/attributes/int", {"results": [attribute]}),
    ]
    with Sandbox() as fresh:
        report = fresh.seed_exchanges(recorded(*lines))
    assert report["taken"] == {"django-crunch attributes": 1, "django-crunch datasets": 1}


def test_objects_of_pangea_keep_their_uuids(sandbox: Sandbox, client: httpx.Client, recorded):
    org, lib, sample, result, field = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(5))
    group = {"uuid": lib, "name": "Lib", "organization": org, "is_library": True, "is_public": True, "bucket": "x"}
    group["organization_obj"] = {"uuid": org, "name": "Org"}
    sample_object = {"uuid": sample, "name": "s 1", "library": lib, "metadata": {"city": "Oslo"}, "library_obj": group}
    ar = {"uuid": result, "module_name": "m", "replicate": "r", "sample": sample, "sample_obj": sample_object}
    stored = {"uuid": field, "name": "f", "stored_data": {"a": 1}, "analysis_result": result}
    other = {"uuid": "00000000-0000-4000-8000-000000000009", "name": "gone", "library": lib}
    report = sandbox.seed_exchanges(
        recorded(
            _line("GET", "/api/samples?page=1", {"count": 1, "results": [sample_object]}),
            _line("POST", "/api/samples", other, status=201),
            _line("DELETE", f"/api/samples/{other['uuid']}", None, status=204),
            _line("GET", f"/api/sample_ars/{result}", ar),
            _line("PATCH", f"/api/sample_ar_fields/{field}", stored),
            _line("GET", "/api/sample_ar_fields/x", {**stored, "uuid": "x", "analysis_result": "nowhere"}),
            _line("GET", "/api/users/me", {"uuid": "u", "email": "a@b"}),
            _line("GET", "/api/samples/private", {"detail": "no"}, status=403),
        )
    )
    assert report["taken"] == {
        "Pangea organizations": 1,
        "Pangea sample_ar_fields": 1,
        "Pangea sample_ars": 1,
        "Pangea sample_groups": 1,
        "Pangea samples": 1,
    }
    assert report["left"] == {
        "Pangea sample_ar_fields whose analysis_result does not exist": 1,
        "exchanges without objects that can be made": 1,
        "exchanges that were refused": 1,
    }
    assert client.get(f"/pangea/api/samples/{sample}").json()["metadata"] == {"city": "Oslo"}
    assert client.get(f"/pangea/api/sample_ar_fields/{field}").json()["stored_data"] == {"a": 1}
    assert client.get(f"/pangea/api/sample_groups/{lib}/samples").json()["count"] == 1


def test_recorded_samples_of_a_group_are_its_members(sandbox: Sandbox, client: httpx.Client, recorded):
    org, lib, group, sample, posted = (f"00000000-0000-4000-8000-00000000000{n}" for n in range(5))
    owned = {"organization": org, "organization_obj": {"uuid": org, "name": "Org"}, "is_public": True}
    library = {**owned, "uuid": lib, "name": "Lib", "is_library": True}
    first, second = ({"uuid": uuid, "name": uuid, "library": lib, "library_obj": library} for uuid in (sample, posted))
    sandbox.seed_exchanges(
        recorded(
            _line("GET", f"/api/sample_groups/{group}/samples", {"results": [first]}),
            _line("POST", f"/api/sample_groups/{group}/samples", {"results": [second]}),
            _line("GET", f"/api/sample_groups/{group}", {**owned, "uuid": group, "name": "G", "is_library": False}),
        )
    )
    assert sandbox.pangea.store.linked(GROUP_SAMPLE, group) == [sample]
    assert client.get(f"/pangea/api/samples/{posted}").json()["name"] == posted


def test_index_records_and_metadata_of_a_commons(sandbox: Sandbox, client: httpx.Client, recorded):
    record = {"did": "dg.X/1", "baseid": "b", "rev": "r", "size": 3, "hashes": {"md5": "0" * 32}, "urls": ["s3://b/k"]}
    odd = {**record, "did": "dg.X/2", "urls_metadata": {"s3://other": {}}}
    report = sandbox.seed_exchanges(
        recorded(
            _line("GET", "/index/index/dg.X/1", {**record, "acl": None, "authz": ["/open"], "file_name": "a.bam"}),
            _line("GET", "/index/index/", {"records": [odd]}),
            _line("PUT", "/mds-admin/metadata/dg.X/1", {"a": 2}, sent={"a": 2}),
            _line("GET", "/mds/metadata?data=True", {"g2": {"b": 1}, "g3": {"c": 1}}),
            _line("GET", "/mds/metadata/g2/aliases", {"guid": "g2", "aliases": ["two"]}),
            _line("DELETE", "/mds-admin/metadata/g3", {"c": 1}),
        )
    )
    assert report["taken"] == {"index records": 1, "metadata aliases": 1, "metadata documents": 2}
    assert report["left"] == {"index records whose fields do not fit each other": 1}
    assert client.get("/index/index/dg.X/1").json()["file_name"] == "a.bam"
    assert client.get("/mds/metadata/two").json() == {"b": 1}
    assert client.get("/mds/metadata/g3").status_code == 404


def test_submitted_records_wait_for_what_they_link_to(sandbox: Sandbox, recorded):
    experiment = {"type": "experiment", "submitter_id": "e1", "projects": [{"code": "p", "node_id": "x"}], "id": "1"}
    refused = {"type": "experiment", "submitter_id": "e2", "id": "2", "nonsense": 1, "projects": [{"code": "p"}]}
    description = {
        "type": "dataset_description",
        "submitter_id": "d1",
        "experiments": [{"submitter_id": "e1"}],
        "id": "3",
    }
    created = {"success": True, "entities": [{"id": "4"}]}
    sent = {"type": "experiment", "submitter_id": "e3", "projects": {"code": "p"}}
    report = sandbox.seed_exchanges(
        recorded(
            _line("GET", "/api/v0/submission/demo/p/export?format=json", [refused, experiment]),
            _line("PUT", "/api/v0/submission/demo/p", created, sent=sent),
            _line("GET", "/api/v0/submission/demo/p/entities/3", {"entities": [{"properties": description}]}),
            _line("DELETE", "/api/v0/submission/demo/p/entities/3", {"code": 200}),
        )
    )
    assert report == {
        "taken": {"submitted records": 2},
        "left": {"submitted records that the dictionary or their links refuse": 1},
    }
    names = {record["submitter_id"] for record in sandbox.gen3.records.listed("experiment", "demo-p")}
    assert names == {"e1", "e3"}
