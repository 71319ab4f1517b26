"""Objects: what Fence, the index and the metadata service know of a file, made and deleted together."""

import httpx
import pytest
from omicsdk.sandbox import Sandbox

NEW = {
    "file_name": "reads.txt",
    "authz": {"version": 0, "resource_paths": ["/programs/demo"]},
    "metadata": {"about": "reads"},
    "aliases": ["my-reads"],
}


@pytest.mark.parametrize("address", ["/mds/objects", "/mds/objects/upload"])
def test_an_object_is_made_uploaded_and_read(sandbox: Sandbox, admin: httpx.Client, address: str) -> None:
    made = admin.post(address, json=NEW)
    assert made.status_code == 201
    guid = made.json()["guid"]
    number = str(sandbox.gen3.access.person("sandbox-user@example.org").number)
    document = {
        "about": "reads",
        "_resource_paths": ["/programs/demo"],
        "_uploader_id": number,
        "_upload_status": "not_uploaded",
    }
    assert (made.json()["aliases"], made.json()["metadata"]) == (["my-reads"], document)
    view = admin.get(f"/mds/objects/{guid}").json()
    assert (view["record"]["file_name"], view["record"]["authz"]) == ("reads.txt", ["/programs/demo"])
    assert view["metadata"] == document
    assert httpx.put(made.json()["upload_url"], content=b"ACGT", trust_env=False).status_code == 200
    sandbox.finish()
    assert admin.get("/mds/objects/my-reads").json()["record"]["size"] == 4


def test_published_clients_send_null_for_what_they_leave_out(admin: httpx.Client) -> None:
    made = admin.post("/mds/objects", json={**NEW, "metadata": None, "aliases": None})
    assert (made.status_code, made.json()["aliases"]) == (201, [])


def test_who_may_not_upload_makes_nothing(sandbox: Sandbox, reader: httpx.Client, anonymous: httpx.Client) -> None:
    refused = reader.post("/mds/objects", json=NEW)
    assert refused.status_code == 403
    missing = "Could not verify, parse, and/or validate scope from provided access token."
    for client in (anonymous, reader):
        address = "/mds/objects" if client is anonymous else "/mds-admin/objects/upload"
        response = client.post(address, json=NEW)
        assert response.status_code == (401 if client is anonymous else 403)
    assert anonymous.post("/mds/objects", json=NEW).json() == {"detail": missing}
    assert sandbox.gen3.metadata.search({}, 10, 0) == []


def test_tokens_do_not_pass_the_administrators_address(admin: httpx.Client) -> None:
    assert admin.post("/mds-admin/objects/upload", json=NEW).status_code == 401


def test_an_alias_that_is_taken_makes_nothing(sandbox: Sandbox, admin: httpx.Client) -> None:
    admin.post("/mds/objects", json=NEW)
    before = sandbox.gen3.index.records.counted()
    again = admin.post("/mds/objects", json=NEW)
    assert again.status_code == 409
    assert sandbox.gen3.index.records.counted() == before


@pytest.mark.parametrize(
    ("change", "detail"),
    [
        ({"authz": {"version": 1, "resource_paths": []}}, "authz has to be version 0"),
        ({"authz": {"version": 0}}, "authz has to be version 0"),
    ],
)
def test_wrong_authorization_is_named(admin: httpx.Client, change: dict[str, object], detail: str) -> None:
    response = admin.post("/mds/objects", json={**NEW, **change})
    assert (response.status_code, response.json()["detail"].startswith(detail)) == (400, True)


def test_wrong_fields_are_named(admin: httpx.Client) -> None:
    response = admin.post("/mds/objects", json={"file_name": 5, "authz": [], "aliases": [1], "metadata": "x"})
    places = [fault["loc"] for fault in response.json()["detail"]]
    assert places == [["body", "file_name"], ["body", "authz"], ["body", "aliases", 0], ["body", "metadata"]]


def test_deleting_an_object_leaves_or_takes_its_bytes(sandbox: Sandbox, admin: httpx.Client) -> None:
    for query, left in (("", True), ("?delete_file_locations", False)):
        guid = sandbox.gen3.add_file("a.txt", b"one")
        url = sandbox.gen3.index.get(guid)["urls"][0]
        sandbox.gen3.metadata.put(guid, {"a": 1})
        assert admin.delete(f"/mds/objects/{guid}{query}").status_code == 200
        assert admin.get(f"/mds/objects/{guid}").status_code == 404
        assert (sandbox.gen3.files.find(url) is not None) == left


def test_deleting_is_refused_by_whom_it_concerns(
    sandbox: Sandbox, admin: httpx.Client, reader: httpx.Client, anonymous: httpx.Client
) -> None:
    guid = sandbox.gen3.add_file("a.txt", b"one")
    sandbox.gen3.metadata.put(guid, {"a": 1})
    responses = [client.delete(f"/mds/objects/{guid}") for client in (reader, anonymous)]
    assert [each.status_code for each in responses] == [401, 401]
    assert responses[0].json() == {"detail": "Error during request to indexd"}
    refused = reader.delete(f"/mds/objects/{guid}?delete_file_locations")
    assert (refused.status_code, refused.json()) == (403, {"detail": "Error during request to fence"})
    assert anonymous.delete(f"/mds/objects/{guid}?delete_file_locations").status_code == 401
    assert admin.delete("/mds/objects/nope").status_code == 404
    assert admin.get(f"/mds/objects/{guid}").json()["metadata"] == {"a": 1}
