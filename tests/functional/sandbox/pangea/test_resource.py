"""What all kinds of objects have alike: filters, unique names, references, links, and who reads and writes."""

import httpx
import pytest
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, names, told


def test_lists_are_filtered_by_what_is_not_blank(
    owner: httpx.Client, anonymous: httpx.Client, sample: Thing, private_sample: Thing
) -> None:
    for query, expected in (
        ({"name": " s 1 "}, ["s 1"]),
        ({"name": " "}, ["s 1", "hidden"]),
        ({"uuid": private_sample["uuid"].upper()}, ["hidden"]),
        ({"library_id": sample["library"]}, ["s 1"]),
    ):
        assert names(owner.get("/samples", params=query)) == expected
    assert names(anonymous.get("/samples")) == ["s 1"]
    assert told(owner.get("/samples", params={"uuid": "x"})) == (400, {"uuid": ["Enter a valid UUID."]})
    unknown = "Select a valid choice. That choice is not one of the available choices."
    assert told(owner.get("/samples", params={"library_id": NOWHERE})) == (400, {"library_id": [unknown]})


@pytest.mark.parametrize("name", ["a/b", "🧬 ü", "50% x", "a?b#c", "11111111-1111-4111-8111-111111111111", "n" * 1024])
def test_a_name_is_unique_in_its_library(
    owner: httpx.Client, library: Thing, private_library: Thing, name: str
) -> None:
    fields = {"name": name, "library": library["uuid"]}
    path = f"/samples/{created(owner.post('/samples', json=fields))['uuid']}"
    created(owner.post("/samples", json={**fields, "library": private_library["uuid"]}))
    taken = {"non_field_errors": ["The fields name, library must make a unique set."]}
    assert told(owner.post("/samples", json=fields)) == (400, taken)
    assert told(owner.patch(path, json={"library": private_library["uuid"]})) == (400, taken)
    assert owner.put(path, json=fields).json()["name"] == name
    assert names(owner.get("/samples", params={"name": name, "library_id": library["uuid"]})) == [name]


def test_an_object_is_written_by_members_and_seen_as_it_is_kept(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, library: Thing
) -> None:
    fields = {"name": "g", "organization": library["organization"], "bucket": library["bucket"]}
    made = created(owner.post("/sample_groups", json=fields))
    assert made == {**made, **fields, "organization_obj": library["organization_obj"]}
    path = f"/sample_groups/{made['uuid']}"
    assert anonymous.get(path).json() == outsider.get(path).json() == made
    refusal = {"detail": "Organization membership is required to create a sample group."}
    assert told(outsider.post("/sample_groups", json={**fields, "name": "h"})) == (403, refusal)
    taken = {"name": ["sample group with this name already exists."]}
    assert told(owner.post("/sample_groups", json=fields)) == (400, taken)
    assert told(owner.patch(path, json={"description": ""})) == (400, {"description": ["This field may not be blank."]})
    assert owner.patch(path, json={"theme": ""}).json()["theme"] == ""
    assert owner.delete(path).status_code == 204
    assert told(anonymous.delete(path)) == (404, {"detail": "Not found."})
    assert told(anonymous.delete(f"/s3_buckets/{NOWHERE}")) == (403, NO_TOKEN)


def test_links_are_replaced(owner: httpx.Client, library: Thing, private_library: Thing) -> None:
    fields = {"name": "p", "organization": library["organization"], "sample_groups": [library["uuid"]]}
    path = f"/projects/{created(owner.post('/projects', json=fields))['uuid']}"
    changed = owner.patch(path, json={"sample_groups": [private_library["uuid"]] * 2}).json()
    assert changed["sample_groups"] == owner.get(path).json()["sample_groups"] == [private_library["uuid"]]
