"""Buckets and keys of organizations: only members see them, a private key is shown to no user, and their routes are swapped."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from pangea_responses import NO_TOKEN, NOWHERE, Thing, created, names, told


@pytest.fixture
def bucket(owner: httpx.Client, library: Thing, sandbox: Sandbox) -> Thing:
    """A bucket of the organization "Sandbox"."""
    sent = {"name": "bkt", "endpoint_url": sandbox.s3_url, "organization": library["organization"]}
    return created(owner.post("/s3_buckets", json=sent))


@pytest.fixture
def key(owner: httpx.Client, bucket: Thing) -> Thing:
    """Its keys."""
    return created(owner.post("/s3_api_keys", json={"bucket": bucket["uuid"], "public_key": "AK", "private_key": "SK"}))


def test_the_first_bucket_is_on_the_sandboxs_own_server(owner: httpx.Client, library: Thing, sandbox: Sandbox):
    first = owner.get("/s3_buckets").json()["results"][0]
    assert (first["uuid"], first["endpoint_url"]) == (library["bucket"], sandbox.s3_url)


def test_routes_of_one_bucket_and_one_key_are_swapped(owner: httpx.Client, bucket: Thing, key: Thing):
    assert owner.get(f"/s3_api_keys/{bucket['uuid']}").json() == bucket
    assert owner.get(f"/s3_buckets/{key['uuid']}").json() == key
    for path in (f"/s3_buckets/{bucket['uuid']}", f"/s3_api_keys/{key['uuid']}"):
        assert told(owner.get(path)) == (404, {"detail": "Not found."})


def test_a_private_key_is_never_reported(owner: httpx.Client, key: Thing):
    changed = owner.patch(f"/s3_buckets/{key['uuid']}", json={"private_key": "SK2", "description": "new"})
    responses = [owner.get("/s3_api_keys"), owner.get(f"/s3_buckets/{key['uuid']}"), changed]
    assert all("private_key" not in response.text and "SK" not in response.text for response in responses)
    assert changed.json()["description"] == "new"


def test_only_members_see_and_change_them(
    member: httpx.Client, outsider: httpx.Client, anonymous: httpx.Client, bucket: Thing, key: Thing, library: Thing
):
    assert names(member.get("/s3_buckets", params={"organization_id": library["organization"]})) == [
        "pangea-sandbox",
        "bkt",
    ]
    assert names(member.get("/s3_api_keys"), "public_key") == ["sandbox", "AK"]
    for path in ("/s3_buckets", "/s3_api_keys"):
        assert outsider.get(path).json()["count"] == 0
        assert told(anonymous.get(path)) == (403, NO_TOKEN)
    for path in (f"/s3_api_keys/{bucket['uuid']}", f"/s3_buckets/{key['uuid']}"):
        for method in ("GET", "PATCH", "DELETE"):
            assert told(outsider.request(method, path)) == (404, {"detail": "Not found."})
            assert told(anonymous.request(method, path)) == (403, NO_TOKEN)


def test_they_are_registered_by_members(outsider: httpx.Client, bucket: Thing, library: Thing):
    sent = {"name": "x", "endpoint_url": "http://localhost", "organization": library["organization"]}
    refused = "Organization membership is required to create an s3 bucket."
    assert told(outsider.post("/s3_buckets", json=sent)) == (403, {"detail": refused})
    refused = "Organization membership is required to create an s3 api key."
    assert told(outsider.post("/s3_api_keys", json={"bucket": bucket["uuid"]})) == (403, {"detail": refused})
    missing = {"bucket": [f'Invalid pk "{NOWHERE}" - object does not exist.']}
    assert told(outsider.post("/s3_api_keys", json={"bucket": NOWHERE})) == (400, missing)


def test_a_bucket_has_one_pair_of_keys(owner: httpx.Client, bucket: Thing, key: Thing):
    again = owner.post("/s3_api_keys", json={"bucket": bucket["uuid"], "public_key": "AK2", "private_key": "SK2"})
    assert told(again) == (400, {"bucket": ["This field must be unique."]})
    assert (
        owner.put(f"/s3_buckets/{key['uuid']}", json={"bucket": bucket["uuid"], "public_key": "AK3"}).json()[
            "public_key"
        ]
        == "AK3"
    )


def test_what_is_missing_or_blank_is_reported(owner: httpx.Client, bucket: Thing):
    required = ["This field is required."]
    assert told(owner.post("/s3_buckets", json={})) == (
        400,
        {"name": required, "endpoint_url": required, "organization": required},
    )
    blank = owner.post("/s3_api_keys", json={"bucket": bucket["uuid"], "description": ""})
    assert told(blank) == (400, {"description": ["This field may not be blank."]})


def test_a_bucket_goes_with_its_keys_and_from_its_groups(
    owner: httpx.Client, bucket: Thing, key: Thing, library: Thing
):
    path = f"/sample_groups/{library['uuid']}"
    owner.patch(path, json={"bucket": bucket["uuid"]})
    assert owner.patch(f"/s3_api_keys/{bucket['uuid']}", json={"name": "bkt2"}).json()["name"] == "bkt2"
    assert owner.delete(f"/s3_api_keys/{bucket['uuid']}").status_code == 204
    assert owner.get(f"/s3_buckets/{key['uuid']}").status_code == 404
    assert owner.get(path).json()["bucket"] is None


def test_keys_alone_can_go(owner: httpx.Client, bucket: Thing, key: Thing):
    assert owner.delete(f"/s3_buckets/{key['uuid']}").status_code == 204
    assert owner.get(f"/s3_api_keys/{bucket['uuid']}").json() == bucket
