"""Samples: one by one, many at once, in pages, with their metadata."""

import httpx
from conformity import NO_TLS
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea.samples import new_sample
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, Thing, created, names, told

MANY = 1_001


def new(client: httpx.Client, library: Thing, name: str, **fields: object) -> httpx.Response:
    return client.post("/samples", json={"name": name, "library": library["uuid"], **fields})


def test_a_sample_is_in_its_library(owner: httpx.Client, anonymous: httpx.Client, library: Thing) -> None:
    made = created(new(owner, library, "s", metadata={"é": {"🧬": [1, 2.5, None]}}))
    assert made["library_obj"] == library
    assert anonymous.get(f"/samples/{made['uuid']}").json() == made
    assert names(anonymous.get(f"/sample_groups/{library['uuid']}/samples")) == ["s"]


def test_samples_are_seen_and_changed_by_whom_the_library_allows(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, member: httpx.Client, private_sample: Thing
) -> None:
    path = f"/samples/{private_sample['uuid']}"
    assert owner.get(path).json() == member.get(path).json() == private_sample
    assert told(outsider.get(path)) == (403, NOT_FOR_YOU)
    assert told(anonymous.get(path)) == (403, NO_TOKEN)
    for client in (outsider, anonymous):
        assert names(client.get("/samples")) == []
        assert client.get(f"/sample_groups/{private_sample['library']}/samples").json()["count"] == 0
        assert client.patch(path, json={"description": "x"}).status_code == 403
        assert client.delete(path).status_code == 403
    refusal = {"detail": "Organization membership is required to create a sample."}
    assert told(new(outsider, private_sample["library_obj"], "x")) == (403, refusal)
    assert member.patch(path, json={"description": "x"}).json()["description"] == "x"
    assert owner.delete(path).status_code == 204


def test_a_sample_moves_from_library_to_library(
    owner: httpx.Client, library: Thing, private_library: Thing, sample: Thing
) -> None:
    created(new(owner, private_library, "taken"))
    path = f"/samples/{sample['uuid']}"
    moved = owner.patch(path, json={"library": private_library["uuid"], "name": "taken"})
    assert told(moved)[0] == 400
    assert owner.patch(path, json={"library": private_library["uuid"]}).json()["library_obj"] == private_library
    assert names(owner.get(f"/sample_groups/{library['uuid']}/samples")) == []
    # A list has the order in which samples were made.
    assert names(owner.get(f"/sample_groups/{private_library['uuid']}/samples")) == ["s 1", "taken"]


def test_all_metadata_that_a_sample_ever_had_is_kept(
    owner: httpx.Client, outsider: httpx.Client, library: Thing, private_sample: Thing
) -> None:
    path = f"/samples/{created(new(owner, library, 's', metadata={'n': 1}))['uuid']}"
    owner.patch(path, json={"metadata": {"n": 2}})
    owner.put(path, json={"name": "s", "library": library["uuid"]})
    owner.put(path, json={"name": "s", "library": library["uuid"], "metadata": {"n": 3}})
    told_of = owner.get(f"{path}/metadata").json()
    assert told_of["metadata"] == {"n": 3}
    assert [each["metadata"] for each in told_of["versioned_metadata"]] == [{"n": 1}, {"n": 2}, {"n": 3}]
    assert outsider.get(f"/samples/{private_sample['uuid']}/metadata").status_code == 403


# -- many at once


def test_many_samples_are_made_at_once_or_none(owner: httpx.Client, library: Thing) -> None:
    made = created(owner.post("/bulk_samples", json={"names": ["a", "b", "é"], "library": library["uuid"]}))["uuids"]
    assert [owner.get(f"/samples/{each}").json()["name"] for each in made] == ["a", "b", "é"]
    for wrong in (["c", "b"], ["c", "c"], ["c", ""]):
        response = owner.post("/bulk_samples", json={"names": wrong, "library": library["uuid"]})
        assert response.status_code == 400
        assert response.json().keys() == {"names"}
    assert names(owner.get("/samples")) == ["a", "b", "é"]


def test_a_list_of_a_thousand_samples_is_read_to_its_end(sandbox: Sandbox, owner: httpx.Client, library: Thing) -> None:
    group = created(owner.post("/sample_groups", json={"name": "plain", "organization": library["organization"]}))
    body = {"names": [f"s{each}" for each in range(MANY)], "library": library["uuid"]}
    uuids = created(owner.post("/bulk_samples", json=body, timeout=60))["uuids"]
    owner.post(f"/sample_groups/{group['uuid']}/samples", json={"sample_uuids": uuids}, timeout=60)
    # To hold a thousand samples to the document would take longer than all else.
    with httpx.Client(headers=owner.headers, trust_env=False, verify=NO_TLS) as client:
        for each in (library, group):
            found: list[str] = []
            url: str | None = f"{sandbox.pangea_url}/api/sample_groups/{each['uuid']}/samples"
            while url:
                page = client.get(url).json()
                assert page["count"] == MANY
                found += [sample["name"] for sample in page["results"]]
                url = page["next"]
            assert found == body["names"]


def test_pages_have_a_hundred_and_know_their_neighbours(sandbox: Sandbox, owner: httpx.Client, library: Thing) -> None:
    for number in range(230):
        new_sample(sandbox.pangea.store, name=f"s{number}", library=library["uuid"])
    url = f"{sandbox.pangea_url}/api/sample_groups/{library['uuid']}/samples"
    pages = [owner.get(url, params={"page": each, "format": "json"}).json() for each in (1, 2, "last")]
    assert [len(each["results"]) for each in pages] == [100, 100, 30]
    assert [each["next"] for each in pages] == [f"{url}?format=json&page=2", f"{url}?format=json&page=3", None]
    assert [each["previous"] for each in pages] == [None, f"{url}?format=json", f"{url}?format=json&page=2"]
    for wrong in ("0", "4", "x"):
        assert told(owner.get(url, params={"page": wrong})) == (404, {"detail": "Invalid page."})
