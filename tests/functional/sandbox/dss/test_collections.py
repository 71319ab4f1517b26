"""Collections of the Data Store."""

import uuid

import pytest
from omicsdk.sandbox import Sandbox

V1, V2 = "2026-01-02T030405.060708Z", "2026-02-02T030405.060708Z"


@pytest.fixture
def links(sandbox: Sandbox, folder):
    bundle = sandbox.seed(folder)
    file = bundle["files"][0]
    return [
        {"type": "bundle", "uuid": bundle["bundle_uuid"], "version": bundle["version"]},
        {"type": "file", "uuid": file["uuid"], "version": file["version"]},
        {
            "type": "taxon",
            "uuid": file["uuid"],
            "version": file["version"],
            "fragment": "/biomaterial_core/ncbi_taxon_id/0",
        },
    ]


def put(user, contents, collection_uuid=None, version=V1, **more):
    params = {"replica": "aws", "uuid": str(collection_uuid or uuid.uuid4()), "version": version}
    body = {"name": "n", "description": "d", "details": {"k": 1}, "contents": contents, **more}
    return user.put("/collections", params=params, json=body)


def get(user, collection_uuid, **params):
    return user.get(f"/collections/{collection_uuid}", params={"replica": "aws", **params})


def patch(user, made, **body):
    params = {"replica": "aws", "version": made["version"]}
    return user.patch(f"/collections/{made['uuid']}", params=params, json=body)


def test_a_collection_keeps_distinct_links_in_order(user, links):
    response = put(user, [*links, links[0], {**links[1], "uuid": links[1]["uuid"].upper()}])
    assert response.status_code == 201
    made = response.json()
    assert made["version"] == V1
    assert get(user, made["uuid"]).json() == {
        "name": "n",
        "description": "d",
        "details": {"k": 1},
        "contents": links,
        "owner": "alice@example.org",
    }


def test_links_must_lead_somewhere(user, links):
    file = links[1]
    bad = [
        {**links[0], "uuid": str(uuid.uuid4())},
        {**file, "version": V1},
        {**file, "type": "collection"},
        {**file, "type": "part"},
        {**file, "type": "part", "path": "/biomaterial_core/ncbi_taxon_id/0"},
        {**file, "type": "part", "fragment": "/nothing"},
        {**file, "type": "part", "fragment": "no-slash"},
        {**file, "type": "part", "fragment": "/biomaterial_core/ncbi_taxon_id/x"},
    ]
    for link in bad:
        response = put(user, [link])
        assert (response.status_code, response.json()["code"]) == (422, "invalid_link"), link


def test_a_collection_may_hold_another(user, links):
    inner = put(user, links).json()
    outer = put(user, [{"type": "collection", **inner}])
    assert outer.status_code == 201


def test_a_new_collection_has_at_most_1000_links(user, links):
    response = put(user, links[:1] * 1001)
    assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")


def test_a_patch_adds_removes_and_renames(user, links):
    made = put(user, links[:2]).json()
    unknown = {**links[0], "version": V2}
    response = patch(user, made, add_contents=[links[2], links[1]], remove_contents=[links[0], unknown], name="new")
    assert response.status_code == 200
    assert response.json()["version"] > V1
    latest = get(user, made["uuid"]).json()
    assert (latest["contents"], latest["name"], latest["description"]) == ([links[1], links[2]], "new", "d")
    assert get(user, made["uuid"], version=V1).json()["contents"] == links[:2]


def test_a_patch_without_changes_is_allowed(user, links):
    made = put(user, links).json()
    assert patch(user, made).status_code == 200
    assert get(user, made["uuid"]).json()["contents"] == links


def test_a_patch_of_a_version_in_the_future_is_newer_than_it(user, links):
    made = put(user, links, version="2099-12-31T235959.999999Z").json()
    assert patch(user, made).json()["version"] == "2100-01-01T000000.000000Z"


def test_what_cannot_be_patched(user, links):
    made = put(user, links[:1]).json()
    cases = [
        ({**made, "version": V2}, {}, 404, "not_found"),
        ({**made, "version": "now"}, {}, 400, "illegal_version"),
        ({**made, "uuid": str(uuid.uuid4())}, {}, 404, "not_found"),
        (made, {"add_contents": [{**links[0], "version": V1}]}, 422, "invalid_link"),
        (made, {"add_contents": links[:1] * 1001}, 400, "illegal_arguments"),
    ]
    for target, body, status, code in cases:
        response = patch(user, target, **body)
        assert (response.status_code, response.json()["code"]) == (status, code)


def test_collections_belong_to_their_creator(sandbox: Sandbox, user, links):
    made = put(user, links).json()
    user.headers["Authorization"] = f"Bearer {sandbox.token('bob@example.org')}"
    delete = user.delete(f"/collections/{made['uuid']}", params={"replica": "aws"})
    for response in (get(user, made["uuid"]), patch(user, made), delete, put(user, [], made["uuid"], V2)):
        assert (response.status_code, response.json()["code"]) == (403, "Forbidden")
    assert user.get("/collections").json() == {"collections": []}


def test_a_users_collections_come_in_pages(user, links):
    made = sorted(put(user, links[:1]).json()["uuid"] for _ in range(11))
    first = user.get("/collections", params={"per_page": 10, "replica": "aws"})
    assert (first.status_code, first.headers["x-openapi-paginated-content-key"]) == (206, "collections")
    second = user.get(first.links["next"]["url"])
    assert second.status_code == 200
    collections = first.json()["collections"] + second.json()["collections"]
    assert [collection["uuid"] for collection in collections] == made
    assert user.get("/collections", params={"start_at": -1}).status_code == 400


def test_a_deleted_collection_is_gone(user, links):
    made = put(user, links).json()
    url, params = f"/collections/{made['uuid']}", {"replica": "aws"}
    assert user.delete(url, params=params).status_code == 200
    assert user.delete(url, params=params).status_code == 404
    assert get(user, made["uuid"], version=V1).status_code == 404
    assert user.get("/collections").json() == {"collections": []}


def test_collections_need_a_token(web):
    for response in (web.get("/collections"), get(web, uuid.uuid4()), put(web, [])):
        assert (response.status_code, response.json()["code"]) == (401, "Unauthorized")
