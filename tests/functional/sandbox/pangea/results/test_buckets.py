"""Buckets and keys of organizations: only members see them, a private key is shown to no user, and their routes are swapped."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from pangea_responses import NO_TOKEN, Thing, created, names, told


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


def test_a_private_key_is_never_reported(owner: httpx.Client, key: Thing):
    changed = owner.patch(f"/s3_buckets/{key['uuid']}", json={"private_key": "SK2", "description": "new"})
    responses = [owner.get("/s3_api_keys"), owner.get(f"/s3_buckets/{key['uuid']}"), changed]
    assert all("private_key" not in response.text and "SK" not in response.text for response in responses)
    assert changed.json()["description"] == "new"
    another = {"bucket": key["bucket"], "private_key": "SK3"}
    assert told(owner.post("/s3_api_keys", json=another)) == (400, {"bucket": ["This field must be unique."]})


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


def test_a_bucket_goes_with_its_keys_and_from_its_groups(
    owner: httpx.Client, bucket: Thing, key: Thing, library: Thing
):
    path = f"/sample_groups/{library['uuid']}"
    owner.patch(path, json={"bucket": bucket["uuid"]})
    assert owner.patch(f"/s3_api_keys/{bucket['uuid']}", json={"name": "bkt2"}).json()["name"] == "bkt2"
    assert owner.delete(f"/s3_api_keys/{bucket['uuid']}").status_code == 204
    assert owner.get(f"/s3_buckets/{key['uuid']}").status_code == 404
    assert owner.get(path).json()["bucket"] is None
