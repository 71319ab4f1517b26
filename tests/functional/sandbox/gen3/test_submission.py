"""Submission and deletion of records and of files, beyond what the recording has."""

from typing import Any

import httpx
import pytest
from gen3_records import case, experiment, names_of
from omicsdk.sandbox import Sandbox

PROJECT = "/api/v0/submission/demo/one"
TSV = {"Content-Type": "text/tab-separated-values"}


def test_the_same_id_for_two_records_is_refused(seeded: Sandbox, admin: httpx.Client) -> None:
    same = "11111111-2222-4333-8444-555555555555"
    response = admin.put(PROJECT, json=[case("c3", id=same), case("c4", id=same)])
    assert response.status_code == 400
    assert names_of(seeded, "case") == ["c1", "c2"]


def test_a_record_links_to_one_that_is_sent_with_it(seeded: Sandbox, admin: httpx.Client) -> None:
    id_ = "11111111-2222-4333-8444-555555555555"
    child = {**case("c3"), "experiments": {"id": id_}}
    assert admin.put(PROJECT, json=[child, experiment("e2", id=id_)]).json()["created_entity_count"] == 2
    assert seeded.gen3.records.listed("case")[-1]["experiments"] == [{"node_id": id_, "submitter_id": "e2"}]
    assert admin.put(PROJECT, json={**child, "submitter_id": "c4"}).status_code == 200


def test_a_record_keeps_only_its_properties(seeded: Sandbox, admin: httpx.Client) -> None:
    sent = experiment("e2", experimental_description="d", id="11111111-2222-4333-8444-555555555555")
    assert admin.put(PROJECT, json=sent).status_code == 200
    record = seeded.gen3.records.graph.named("experiment", "demo-one", "e2")
    assert record is not None
    assert record.properties == {"state": "validated", "experimental_description": "d"}


def test_two_children_of_a_one_to_one_link_are_refused(seeded: Sandbox, admin: httpx.Client) -> None:
    node = seeded.gen3.records.dictionary.nodes["dataset_description"]
    numbers = ("number_of_subjects", "number_of_samples")
    filled = {
        name: [1] if name in numbers else ["x"] for name in node.required - {"type", "submitter_id", "experiments"}
    }
    described = {"type": "dataset_description", "experiments": [{"submitter_id": "e1"}], **filled}
    response = admin.put(PROJECT, json=[{**described, "submitter_id": "d1"}, {**described, "submitter_id": "d2"}])
    assert response.status_code == 400
    assert "already has dataset_descriptions" in response.text
    admin.put(PROJECT, json=experiment("e2"))
    both = [{"submitter_id": "e1"}, {"submitter_id": "e2"}]
    response = admin.put(PROJECT, json={**described, "submitter_id": "d1", "experiments": both})
    assert "'experiments' link has to be one_to_one" in response.text
    for name, status in (("d1", 200), ("d1", 200), ("d2", 400)):
        assert admin.put(PROJECT, json={**described, "submitter_id": name}).status_code == status


@pytest.mark.parametrize(
    "content",
    [
        b'{"type": "experiment", "submitter_id": "\\ud800", "projects": {"code": "one"}}',
        b'{"type": "experiment", "submitter_id": "n", "projects": {"code": "one"}, "x": NaN}',
        b'{"type": "experiment", "submitter_id": "n", "projects": {"code": "one"}, "x": 1e999}',
        b"\xff",
        b"[1, 2]",
        b'[{"type": ["case"]}]',
        b'{"type": "case", "submitter_id": {}}',
        b"null",
        b"[" * 100_000,
    ],
    ids=["surrogate", "nan", "infinite", "bytes", "numbers", "type", "name", "null", "deep"],
)
def test_odd_bodies_are_refused(seeded: Sandbox, admin: httpx.Client, content: bytes) -> None:
    assert admin.put(PROJECT, content=content).status_code == 400


def test_a_deletion_that_is_tried_deletes_nothing(seeded: Sandbox, admin: httpx.Client) -> None:
    ids = [record["id"] for record in seeded.gen3.records.listed("case")]
    response = admin.delete(f"{PROJECT}/entities/_dry_run/{','.join(ids)}").json()
    assert (response["success"], response["deleted_entity_count"]) == (True, 2)
    assert names_of(seeded, "case") == ["c1", "c2"]


def test_what_was_deleted_may_be_made_again(seeded: Sandbox, admin: httpx.Client) -> None:
    ids = [record["id"] for node in ("experiment", "case") for record in seeded.gen3.records.listed(node)]
    assert admin.delete(f"{PROJECT}/entities/{','.join(ids)}").json()["deleted_entity_count"] == 3
    assert admin.post(PROJECT, json=[experiment(), case("c1")]).status_code == 201
    assert names_of(seeded, "case") == ["c1"]


# -- files


FILE: dict[str, Any] = {
    "type": "slide_image",
    "core_metadata_collections": [{"submitter_id": "cmc"}],
    "file_name": "i.dcm",
    "data_category": "Slide Image",
    "data_type": "image",
    "data_format": "dcm",
}
COLLECTION = {"type": "core_metadata_collection", "submitter_id": "cmc", "projects": [{"code": "one"}]}


def _object_id(sandbox: Sandbox, name: str) -> str:
    return next(
        record["object_id"] for record in sandbox.gen3.records.listed("slide_image") if record["submitter_id"] == name
    )


def test_a_file_that_exists_is_found_by_its_size_and_md5(seeded: Sandbox, admin: httpx.Client) -> None:
    guid = seeded.gen3.add_file("i.dcm", b"pixels")
    record = seeded.gen3.index.existing(guid)
    file = {**FILE, "submitter_id": "f1", "file_size": 6, "md5sum": record["hashes"]["md5"]}
    assert admin.put(PROJECT, json=[COLLECTION, file]).status_code == 200
    assert _object_id(seeded, "f1") == guid


def test_a_file_that_is_named_must_be_that_file(seeded: Sandbox, admin: httpx.Client) -> None:
    guid = seeded.gen3.add_file("i.dcm", b"pixels")
    wrong = {**FILE, "submitter_id": "f1", "file_size": 7, "md5sum": "0" * 32, "object_id": guid}
    response = admin.put(PROJECT, json=[COLLECTION, wrong])
    assert response.status_code == 400
    assert guid in response.json()["message"]
    assert names_of(seeded, "core_metadata_collection") == []


NEW_FILE = {
    **FILE,
    "submitter_id": "f1",
    "file_size": 7,
    "md5sum": "a" * 32,
    "object_id": "dg.TEST/00000000-0000-4000-8000-000000000001",
}


def test_no_index_record_stays_of_files_that_are_refused(seeded: Sandbox, admin: httpx.Client) -> None:
    bad = {**FILE, "submitter_id": "f2", "file_size": -1, "md5sum": "b" * 32}
    assert admin.put(PROJECT, json=[COLLECTION, NEW_FILE, bad]).status_code == 400
    assert seeded.gen3.index.get(NEW_FILE["object_id"]) is None
    assert names_of(seeded, "slide_image") == []
    assert names_of(seeded, "case") == ["c1", "c2"]


def test_trying_makes_no_index_record(seeded: Sandbox, admin: httpx.Client) -> None:
    assert admin.put(f"{PROJECT}/_dry_run", json=[COLLECTION, NEW_FILE]).json()["success"]
    assert seeded.gen3.index.get(NEW_FILE["object_id"]) is None
