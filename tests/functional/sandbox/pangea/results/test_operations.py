"""Analysis results: who sees and writes them, replicates, and what is refused."""

import re

import httpx
import pytest
from pangea_responses import NO_TOKEN, NOT_FOR_YOU, NOWHERE, Thing, created, names, told


def new(client: httpx.Client, sample: Thing, module: str = "mod::x", **fields: object) -> httpx.Response:
    return client.post("/sample_ars", json={"module_name": module, "sample": sample["uuid"], **fields})


def test_a_result_without_a_replicate_gets_one_of_its_own_each_time(owner: httpx.Client, sample: Thing):
    made = [created(new(owner, sample))["replicate"] for _ in range(2)]
    assert made[0] != made[1]
    assert all(re.fullmatch("[A-Za-z0-9]{12}", each) for each in made)


def test_a_replicate_is_there_once_for_a_module_of_a_sample(owner: httpx.Client, sample: Thing, result: Thing):
    assert told(new(owner, sample, replicate="r1")) == (
        400,
        {"non_field_errors": ["The fields module_name, replicate, sample must make a unique set."]},
    )
    assert new(owner, sample, "other", replicate="r1").status_code == 201
    second = created(new(owner, sample, replicate="r2"))
    assert owner.patch(f"/sample_ars/{second['uuid']}", json={"replicate": "r1"}).status_code == 400
    assert owner.patch(f"/sample_ars/{second['uuid']}", json={"replicate": "r3"}).json()["replicate"] == "r3"


def test_a_result_that_is_put_without_a_replicate_gets_another(owner: httpx.Client, result: Thing):
    path = f"/sample_ars/{result['uuid']}"
    kept = owner.put(path, json={"module_name": "mod::x", "sample": result["sample"], "replicate": "r1"}).json()
    drawn = owner.put(path, json={"module_name": "mod::x", "sample": result["sample"]}).json()
    assert kept["replicate"] == "r1"
    assert drawn["replicate"] != "r1"


def test_what_of_a_result_is_not_written_stays(owner: httpx.Client, sample: Thing):
    made = created(new(owner, sample, metadata={"v": 1}, description="d", is_hidden=True, replicate="r"))
    changed = owner.patch(f"/sample_ars/{made['uuid']}", json={"metadata": {"w": 2}}).json()
    assert {**made, "metadata": {"w": 2}, "updated_at": changed["updated_at"]} == changed
    assert changed["updated_at"] > made["updated_at"]


@pytest.mark.parametrize(
    ("fields", "complaints"),
    [
        ({"module_name": None}, {"module_name": ["This field may not be null."]}),
        ({"module_name": ""}, {"module_name": ["This field may not be blank."]}),
        ({"replicate": ""}, {"replicate": ["This field may not be blank."]}),
        ({"replicate": None}, {"replicate": ["This field may not be null."]}),
        ({"sample": NOWHERE}, {"sample": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
        ({"sample": "s 1"}, {"sample": ["“s 1” is not a valid UUID."]}),
        ({"is_private": "perhaps"}, {"is_private": ["Must be a valid boolean."]}),
        ({"pipeline_module": NOWHERE}, {"pipeline_module": [f'Invalid pk "{NOWHERE}" - object does not exist.']}),
    ],
)
def test_what_a_result_cannot_be_is_reported_its_field(
    owner: httpx.Client, sample: Thing, fields: Thing, complaints: Thing
):
    sent = {"module_name": "m", "sample": sample["uuid"], **fields}
    assert told(owner.post("/sample_ars", json=sent)) == (400, complaints)


def test_all_that_is_missing_is_reported_at_once(owner: httpx.Client):
    required = ["This field is required."]
    assert told(owner.post("/sample_ars", json={})) == (400, {"module_name": required, "sample": required})
    assert told(owner.post("/sample_group_ars", json={})) == (400, {"module_name": required, "sample_group": required})


def test_members_write_and_others_do_not(
    owner: httpx.Client, member: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, sample: Thing
):
    made = created(new(member, sample))
    path = f"/sample_ars/{made['uuid']}"
    refused = {"detail": "Organization membership is required to create a sample analysis result."}
    assert told(new(outsider, sample)) == (403, refused)
    assert told(new(anonymous, sample)) == (403, NO_TOKEN)
    for write in ("patch", "delete"):
        assert told(outsider.request(write, path)) == (403, NOT_FOR_YOU)
        assert told(anonymous.request(write, path)) == (403, NO_TOKEN)
    assert owner.delete(path).status_code == 204
    assert told(owner.get(path)) == (404, {"detail": "Not found."})


@pytest.mark.parametrize("private", ["the result", "its sample"])
def test_private_results_are_for_members(
    owner: httpx.Client,
    member: httpx.Client,
    outsider: httpx.Client,
    anonymous: httpx.Client,
    sample: Thing,
    private_sample: Thing,
    private: str,
):
    made = created(new(owner, sample, is_private=True) if private == "the result" else new(owner, private_sample))
    field = created(
        owner.post("/sample_ar_fields", json={"name": "f", "analysis_result": made["uuid"], "stored_data": 5})
    )
    for path, kind in (
        (f"/sample_ars/{made['uuid']}", "sample_ars"),
        (f"/sample_ar_fields/{field['uuid']}", "sample_ar_fields"),
    ):
        assert told(outsider.get(path)) == (403, NOT_FOR_YOU)
        assert told(anonymous.get(path)) == (403, NO_TOKEN)
        assert [client.get(f"/{kind}").json()["count"] for client in (outsider, anonymous)] == [0, 0]
        for client in (owner, member):
            assert client.get(path).status_code == 200
            assert client.get(f"/{kind}").json()["count"] == 1


def test_a_result_that_becomes_public_again_is_seen_again(owner: httpx.Client, anonymous: httpx.Client, result: Thing):
    path = f"/sample_ars/{result['uuid']}"
    seen: list[int] = []
    for private in (True, False):
        owner.patch(path, json={"is_private": private})
        seen.append(anonymous.get(path).status_code)
    assert seen == [403, 200]


def test_lists_are_narrowed_to_a_sample_a_module_a_replicate(owner: httpx.Client, sample: Thing, result: Thing):
    created(new(owner, sample, "other", replicate="r1"))
    created(new(owner, sample, replicate="r2"))
    other = created(owner.post("/samples", json={"name": "s 2", "library": sample["library"]}))
    created(new(owner, other, "third"))

    def found(**query: str) -> list[str]:
        return [
            f"{each['module_name']} {each['replicate']}"
            for each in owner.get("/sample_ars", params=query).json()["results"]
        ]

    assert found(sample_id=sample["uuid"]) == ["mod::x r1", "other r1", "mod::x r2"]
    assert found(module_name="mod::x") == ["mod::x r1", "mod::x r2"]
    assert found(replicate="r1", module_name="mod::x") == ["mod::x r1"]
    assert found(uuid=result["uuid"]) == ["mod::x r1"]
    assert found(module_name="MOD::X") == []


@pytest.mark.parametrize(
    ("query", "complaints"),
    [
        ({"sample_id": "x"}, {"sample_id": ["“x” is not a valid UUID."]}),
        (
            {"sample_id": NOWHERE},
            {"sample_id": ["Select a valid choice. That choice is not one of the available choices."]},
        ),
        ({"uuid": "x"}, {"uuid": ["Enter a valid UUID."]}),
    ],
)
def test_what_a_list_cannot_be_narrowed_to_is_reported(owner: httpx.Client, query: dict[str, str], complaints: Thing):
    assert told(owner.get("/sample_ars", params=query)) == (400, complaints)


def test_many_results_come_in_pages(owner: httpx.Client, anonymous: httpx.Client, sample: Thing):
    for number in range(203):
        created(new(owner, sample, f"m{number:03}", is_private=number % 2 == 1))
    pages: list[list[str]] = []
    url: str | None = "/sample_ars"
    while url:
        response = anonymous.get(url)
        pages.append(names(response, "module_name"))
        url = response.json()["next"]
    assert [len(each) for each in pages] == [100, 2]
    assert pages[0] + pages[1] == [f"m{number:03}" for number in range(0, 203, 2)]
    assert owner.get("/sample_ars").json()["count"] == 203


def test_results_of_groups_are_as_those_of_samples(
    owner: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, library: Thing
):
    made = created(
        owner.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"], "replicate": "1"})
    )
    path = f"/sample_group_ars/{made['uuid']}"
    assert made["sample_group_obj"]["name"] == "Sandbox Library"
    assert anonymous.get(path).json() == made
    assert told(outsider.patch(path, json={})) == (403, NOT_FOR_YOU)
    assert told(outsider.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"]})) == (
        403,
        {"detail": "Organization membership is required to create a sample group analysis result."},
    )
    assert told(
        owner.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"], "replicate": "1"})
    ) == (
        400,
        {"non_field_errors": ["The fields module_name, replicate, sample_group must make a unique set."]},
    )
    assert names(anonymous.get("/sample_group_ars", params={"sample_group_id": library["uuid"]}), "module_name") == [
        "g"
    ]
    owner.patch(path, json={"is_private": True})
    assert anonymous.get("/sample_group_ars").json()["count"] == 0
    assert owner.delete(path).status_code == 204


def test_a_module_that_made_a_result_is_in_it(owner: httpx.Client, sample: Thing):
    pipeline = created(owner.post("/pipelines", json={"name": "P"}))
    module = created(owner.post("/pipeline_modules", json={"name": "m", "version": "1", "pipeline": pipeline["uuid"]}))
    made = created(new(owner, sample, pipeline_module=module["uuid"]))
    assert made["pipeline_module_obj"] == module
    owner.delete(f"/pipeline_modules/{module['uuid']}")
    left = owner.get(f"/sample_ars/{made['uuid']}").json()
    assert (left["pipeline_module"], left["pipeline_module_obj"]) == (None, None)


def test_what_a_sample_has_goes_with_it(owner: httpx.Client, sample: Thing, result: Thing):
    field = created(
        owner.post("/sample_ar_fields", json={"name": "f", "analysis_result": result["uuid"], "stored_data": 5})
    )
    assert owner.delete(f"/samples/{sample['uuid']}").status_code == 204
    for path in (f"/sample_ars/{result['uuid']}", f"/sample_ar_fields/{field['uuid']}"):
        assert owner.get(path).status_code == 404
