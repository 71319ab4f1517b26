"""Tags, and what has them."""

import httpx
import pytest
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, names, told

SUCCESS = {"status": "success"}


@pytest.fixture
def tag(owner: httpx.Client) -> Thing:
    return created(owner.post("/contrib/tags/", json={"name": "tag 1", "payload": "p"}))


def put_on(client: httpx.Client, tag: Thing, sample: Thing, **more: str) -> httpx.Response:
    return client.post(f"/contrib/tags/{tag['uuid']}/samples", json={"sample_uuid": sample["uuid"], **more})


def test_a_tags_name_is_there_once(owner: httpx.Client, tag: Thing):
    taken = {"name": ["tag with this name already exists."]}
    assert told(owner.post("/contrib/tags/", json={"name": "tag 1"})) == (400, taken)
    other = created(owner.post("/contrib/tags/", json={"name": "tag 2"}))
    assert told(owner.patch(f"/contrib/tags/{other['uuid']}", json={"name": "tag 1"})) == (400, taken)


def test_a_tag_is_found_and_changed_by_its_name(owner: httpx.Client, outsider: httpx.Client, tag: Thing):
    assert outsider.get("/contrib/tags/name/tag%201").json() == tag
    assert outsider.patch("/contrib/tags/name/tag%201", json={"payload": "q"}).json()["payload"] == "q"
    assert owner.put("/contrib/tags/name/tag%201", json={"name": "tag 1"}).json()["payload"] == "q"
    assert outsider.delete("/contrib/tags/name/tag%201").status_code == 204
    assert told(owner.get("/contrib/tags/name/tag%201")) == (404, {"detail": "Not found."})


def test_the_list_has_a_slash_at_its_end_and_a_tag_none(owner: httpx.Client, tag: Thing):
    moved = owner.get("/contrib/tags")
    assert (moved.status_code, moved.headers["location"]) == (301, "/pangea/api/contrib/tags/")
    assert owner.get(f"/contrib/tags/{tag['uuid']}/").status_code == 404
    assert names(owner.get("/contrib/tags/", params={"name": "tag 1"})) == ["tag 1"]


def test_any_logged_in_user_writes_them(anonymous: httpx.Client, tag: Thing, sample: Thing):
    assert told(anonymous.post("/contrib/tags/", json={"name": "x"})) == (403, NO_TOKEN)
    assert told(put_on(anonymous, tag, sample)) == (403, NO_TOKEN)
    for method in ("PUT", "PATCH", "DELETE"):
        assert told(anonymous.request(method, f"/contrib/tags/{tag['uuid']}", json={})) == (403, NO_TOKEN)


def test_a_sample_has_a_tag_as_often_as_it_was_given(
    owner: httpx.Client, anonymous: httpx.Client, tag: Thing, sample: Thing, private_sample: Thing
):
    for each in (sample, sample, private_sample):
        assert told(put_on(owner, tag, each, payload="why")) == (200, SUCCESS)
    path = f"/contrib/tags/{tag['uuid']}"
    assert names(owner.get(f"{path}/samples")) == ["s 1", "s 1", "hidden"]
    assert names(anonymous.get(f"{path}/samples")) == ["s 1", "s 1"]
    assert names(owner.get("/contrib/tags/", params={"sample": sample["uuid"]})) == ["tag 1", "tag 1"]
    assert names(owner.get("/contrib/tags/", params={"sample": NOWHERE})) == []
    assert told(owner.get("/contrib/tags/", params={"sample": "x"})) == (400, {"sample": ["“x” is not a valid UUID."]})


def test_random_samples_are_those_that_one_sees_each_once(
    owner: httpx.Client, anonymous: httpx.Client, tag: Thing, library: Thing, private_sample: Thing
):
    samples = [created(owner.post("/samples", json={"name": f"r{n}", "library": library["uuid"]})) for n in range(5)]
    for each in [*samples, *samples, private_sample]:
        put_on(owner, tag, each)
    path = f"/contrib/tags/{tag['uuid']}/random_samples"
    assert sorted(names(anonymous.get(path))) == [f"r{n}" for n in range(5)]
    assert len(set(names(owner.get(path, params={"n": 3})))) == 3
    assert len(names(owner.get(path))) == 6
    assert names(owner.get(path, params={"n": 0})) == []
    assert told(owner.get(path, params={"n": "x"})) == (400, {"n": ["A valid integer is required."]})


def test_modules_are_counted_over_what_has_a_tag(
    owner: httpx.Client, anonymous: httpx.Client, tag: Thing, sample: Thing, private_sample: Thing, library: Thing
):
    for each in (sample, private_sample):
        put_on(owner, tag, each)
        for _ in range(2):
            created(owner.post("/sample_ars", json={"module_name": "m", "sample": each["uuid"]}))
    path = f"/contrib/tags/{tag['uuid']}"
    assert owner.get(f"{path}/sample_module_counts").json() == {"n_samples": 2, "m": 2}
    assert anonymous.get(f"{path}/sample_module_counts").json() == {"n_samples": 1, "m": 1}
    token = owner.headers["authorization"].removeprefix("Token ")
    assert anonymous.get(f"{path}/sample_module_counts", params={"token": token}).json()["n_samples"] == 2
    created(owner.post("/sample_group_ars", json={"module_name": "g", "sample_group": library["uuid"]}))
    assert told(owner.post(f"{path}/sample_groups", json={"sample_group_uuid": library["uuid"]})) == (200, SUCCESS)
    assert names(anonymous.get(f"{path}/sample_groups")) == ["Sandbox Library"]
    assert anonymous.get(f"{path}/sample_group_module_counts").json() == {"n_groups": 1, "g": 1}


def test_what_is_anothers_is_not_tagged(
    outsider: httpx.Client, tag: Thing, private_sample: Thing, private_library: Thing
):
    refused = {"detail": "Insufficient permissions to tag sample."}
    assert told(put_on(outsider, tag, private_sample)) == (403, refused)
    refused = {"detail": "Insufficient permissions to tag sample group."}
    sent = {"sample_group_uuid": private_library["uuid"]}
    assert told(outsider.post(f"/contrib/tags/{tag['uuid']}/sample_groups", json=sent)) == (403, refused)


@pytest.mark.parametrize(
    ("route", "name"), [("samples", "sample_uuid"), ("sample_groups", "sample_group_uuid"), ("tags", "tag_uuid")]
)
def test_a_missing_object_is_not_tagged(owner: httpx.Client, tag: Thing, route: str, name: str):
    path = f"/contrib/tags/{tag['uuid']}/{route}"
    assert told(owner.post(path, json={})) == (400, {name: ["This field is required."]})
    assert told(owner.post(path, json={name: NOWHERE})) == (
        400,
        {name: [f'Invalid pk "{NOWHERE}" - object does not exist.']},
    )
    assert told(owner.post(f"/contrib/tags/{NOWHERE}/{route}", json={name: NOWHERE})) == (404, {"detail": "Not found."})


def test_tags_of_a_tag_are_all_tags(owner: httpx.Client, tag: Thing):
    other = created(owner.post("/contrib/tags/", json={"name": "tag 2"}))
    assert told(owner.post(f"/contrib/tags/{tag['uuid']}/tags", json={"tag_uuid": other["uuid"]})) == (200, SUCCESS)
    assert names(owner.get(f"/contrib/tags/{tag['uuid']}/tags")) == ["tag 1", "tag 2"]


def test_a_tag_goes_from_what_had_it(owner: httpx.Client, tag: Thing, sample: Thing):
    put_on(owner, tag, sample)
    assert owner.delete(f"/contrib/tags/{tag['uuid']}").status_code == 204
    assert names(owner.get("/contrib/tags/", params={"sample": sample["uuid"]})) == []


def test_a_sample_that_goes_has_no_tags_any_more(owner: httpx.Client, tag: Thing, sample: Thing):
    put_on(owner, tag, sample)
    owner.delete(f"/samples/{sample['uuid']}")
    assert names(owner.get(f"/contrib/tags/{tag['uuid']}/samples")) == []
    assert owner.get(f"/contrib/tags/{tag['uuid']}/sample_module_counts").json() == {"n_samples": 0}
