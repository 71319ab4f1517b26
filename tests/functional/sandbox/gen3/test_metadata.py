"""The metadata service: documents, objects, and what it gathers of other commons."""

from typing import Any

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import READER


def test_documents_are_written_at_the_administrators_address_only(
    admin: httpx.Client, reader: httpx.Client, anonymous: httpx.Client
) -> None:
    assert admin.post("/mds-admin/metadata/one", json={"a": 1}).status_code == 201
    for client, address in ((admin, "/mds"), (anonymous, "/mds"), (reader, "/mds-admin"), (anonymous, "/mds-admin")):
        for method, path in (
            ("POST", "/metadata/two"),
            ("PUT", "/metadata/one"),
            ("DELETE", "/metadata/one"),
            ("POST", "/metadata"),
            ("POST", "/metadata/one/aliases"),
            ("GET", "/metadata_index"),
            ("POST", "/metadata_index/a.b"),
        ):
            response = client.request(method, f"{address}{path}", json={})
            assert (response.status_code, response.json()) == (403, {"detail": "Forbidden"}), (address, method, path)
    assert anonymous.get("/mds/metadata/one").json() == {"a": 1}
    assert anonymous.get("/mds-admin/metadata/one").status_code == 403


def test_a_token_that_ended_is_reported_from_a_missing_permission(sandbox: Sandbox, admin: httpx.Client) -> None:
    sandbox.clock.advance(3600)
    response = admin.post("/mds-admin/metadata/one", json={})
    assert (response.status_code, response.json()) == (401, {"detail": "Signature has expired"})


def test_who_may_administer_documents_need_not_administer_the_commons(sandbox: Sandbox, client_of) -> None:
    sandbox.gen3.access.add("curator@example.org", [("/mds_gateway", "mds_gateway", "access")])
    curator = client_of("curator@example.org")
    assert curator.post("/mds-admin/metadata/one", json={"a": 1}).status_code == 201
    assert curator.get("/mds-admin/metadata_index").json() == []


@pytest.mark.parametrize(
    ("condition", "guids"),
    [
        ("tags.0=x", ["d1"]),
        ("tags.-1=z", ["d2"]),
        ("n=1.0", []),
        ("star=%5C*", ["d2"]),
        ("star=*", ["d1", "d2"]),
        ("deep.one.more=a", []),
        ("limit=1&flag=*", ["d1"]),
    ],
)
def test_conditions_of_searches(admin: httpx.Client, condition: str, guids: list[str]) -> None:
    one = {"flag": True, "none": None, "tags": ["x", "y"], "n": 1, "star": "s", "deep": {"one": "a", "two": "b"}}
    two = {"flag": False, "tags": ["y", "z"], "n": 2, "star": "*", "deep": {"one": "c"}}
    admin.post("/mds-admin/metadata", json=[{"guid": "d1", "data": one}, {"guid": "d2", "data": two}])
    assert admin.get(f"/mds/metadata?{condition}").json() == guids


def test_deleted_aliases_are_gone(admin: httpx.Client) -> None:
    admin.post("/mds-admin/metadata/dg.TEST/one", json={"a": 1})
    admin.post("/mds-admin/metadata/dg.TEST/one/aliases", json={"aliases": ["x", "y/z", "w"]})
    assert admin.get("/mds/metadata/y/z").json() == {"a": 1}
    assert admin.delete("/mds-admin/metadata/dg.TEST/one/aliases/y/z").status_code == 204
    assert admin.get("/mds/metadata/y/z").status_code == 404
    assert admin.get("/mds/metadata/dg.TEST/one/aliases").json()["aliases"] == ["w", "x"]
    assert admin.delete("/mds-admin/metadata/dg.TEST/one/aliases").status_code == 204
    assert admin.get("/mds/metadata/dg.TEST/one/aliases").json()["aliases"] == []


def test_all_faults_of_a_request_are_reported(admin: httpx.Client) -> None:
    response = admin.get("/mds/metadata", params={"limit": "ten", "offset": "-1", "data": "perhaps"})
    assert response.status_code == 422
    assert [(fault["type"], fault["loc"]) for fault in response.json()["detail"]] == [
        ("bool_parsing", ["query", "data"]),
        ("int_parsing", ["query", "limit"]),
        ("greater_than_equal", ["query", "offset"]),
    ]
    response = admin.post("/mds-admin/metadata", json=[{"guid": "ok"}, {"data": {}}, 5])
    assert [fault["loc"] for fault in response.json()["detail"]] == [["body", 1, "guid"], ["body", 2]]
    assert admin.get("/mds/metadata/ok").status_code == 404
    for number in (b"NaN", b"1e999"):
        assert admin.post("/mds-admin/metadata/one", content=b'{"a": %s}' % number).status_code == 422


def test_a_wrong_query_is_one_fault(admin: httpx.Client) -> None:
    for method, address in (
        ("POST", "one?overwrite=maybe"),
        ("PUT", "one?merge=maybe"),
        ("PUT", "one/aliases?merge=maybe"),
    ):
        response = admin.request(method, f"/mds-admin/metadata/{address}", json={"aliases": []})
        assert [fault["loc"][0] for fault in response.json()["detail"]] == ["query"]


def test_a_guid_or_a_value_with_a_character_that_is_not_stored_is_refused(
    sandbox: Sandbox, admin: httpx.Client
) -> None:
    requests = [("GET", "/mds/metadata/a%00b"), ("POST", "/mds-admin/metadata/a%00b"), ("GET", "/mds/metadata?a=%00")]
    for setting, status in (("helpful", 422), ("real", 500)):
        sandbox.settings.turn({"sandbox.strict_errors": setting})
        assert [admin.request(*request, json={}).status_code for request in requests] == [status] * 3
    assert sandbox.gen3.metadata.search({}, 10, 0) == []


def test_null_and_values_that_are_no_objects_come_back(admin: httpx.Client) -> None:
    admin.post("/mds-admin/metadata", json=[{"guid": "null"}, {"guid": "five", "data": 5}])
    assert [admin.get(f"/mds/metadata/{guid}").text for guid in ("null", "five")] == ["null", "5"]
    assert admin.put("/mds-admin/metadata/five?merge=true", json={"a": 1}).json() == {"a": 1}


def test_tokens_are_not_needed_to_read(sandbox: Sandbox) -> None:
    sandbox.gen3.metadata.put("one", {"a": 1})
    token = sandbox.gen3.access.issue(READER, sandbox.gen3_url)
    for header in ({}, {"Authorization": f"bearer {token}"}, {"Authorization": "bearer nonsense"}):
        assert httpx.get(f"{sandbox.gen3_url}/mds/metadata/one", headers=header, trust_env=False).json() == {"a": 1}


def test_one_slash_too_many_refers_to_the_same_address(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    sandbox.gen3.metadata.put("one", {"a": 1})
    assert anonymous.get(f"{sandbox.gen3_url}//mds/metadata/one").json() == {"a": 1}
    assert anonymous.post(f"{sandbox.gen3_url}//mds/metadata/two", json={}).status_code == 403


def test_aliases_are_no_null(admin: httpx.Client) -> None:
    admin.post("/mds-admin/metadata/one", json={})
    wrong = {"type": "list_type", "loc": ["body", "aliases"], "msg": "Input should be a valid list", "input": None}
    for method in ("POST", "PUT"):
        response = admin.request(method, "/mds-admin/metadata/one/aliases", json={"aliases": None})
        assert (response.status_code, response.json()) == (422, {"detail": [wrong]})
    assert admin.post("/mds-admin/metadata/one/aliases", json={}).json()["aliases"] == []


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
    assert [response.status_code for response in responses] == [401, 401]
    assert responses[0].json() == {"detail": "Error during request to indexd"}
    refused = reader.delete(f"/mds/objects/{guid}?delete_file_locations")
    assert (refused.status_code, refused.json()) == (403, {"detail": "Error during request to fence"})
    assert anonymous.delete(f"/mds/objects/{guid}?delete_file_locations").status_code == 401
    assert admin.delete("/mds/objects/nope").status_code == 404
    assert admin.get(f"/mds/objects/{guid}").json()["metadata"] == {"a": 1}


def study(name: str, **more: Any) -> dict[str, Any]:
    return {"gen3_discovery": {"name": name, **more}}


@pytest.fixture
def web(sandbox: Sandbox, anonymous: httpx.Client) -> httpx.Client:
    """A client of a commons that collects metadata of two others."""
    aggregate = sandbox.gen3.metadata.aggregate
    aggregate.put("Bears", {"b/1": study("bear")})
    aggregate.put("Cats", {f"c{n}": study(f"cat {n}") for n in range(2)})
    aggregate.put_info("dg.BEAR", {"host": "bears.example.org", "name": "Bears", "type": "indexd"})
    return anonymous


def test_nothing_exists_until_something_is_collected(anonymous: httpx.Client) -> None:
    for path in ("commons", "info/schema", "metadata", "metadata/guid/b/1"):
        response = anonymous.get(f"/mds/aggregate/{path}")
        assert (response.status_code, response.json()) == (404, {"detail": "Not Found"})
    assert anonymous.get("/mds/_status").json()["aggregate_metadata_enabled"] is False


def test_commons_and_what_is_known_of_them(web: httpx.Client) -> None:
    assert web.get("/mds/_status").json()["aggregate_metadata_enabled"] is True
    assert web.get("/mds/aggregate/commons").json() == {"commons": ["Bears", "Cats"]}
    assert web.get("/mds/aggregate/info/dg.BEAR").json()["host"] == "bears.example.org"
    assert web.get("/mds/aggregate/info/dg.NONE").json() == {
        "detail": {"message": "information for dg.NONE not found", "code": 404}
    }


def test_records_by_commons_or_in_one_list(web: httpx.Client) -> None:
    by_commons = web.get("/mds/aggregate/metadata").json()
    assert {name: [[*record] for record in records] for name, records in by_commons.items()} == {
        "Bears": [["b/1"]],
        "Cats": [["c0"], ["c1"]],
    }
    flat = web.get("/mds/aggregate/metadata", params={"flatten": "true", "limit": 2, "offset": 1}).json()
    assert [[*record] for record in flat] == [["c0"], ["c1"]]
    counted = web.get("/mds/aggregate/metadata", params={"pagination": "true", "limit": 2}).json()
    assert counted["pagination"] == {"hits": 3, "offset": 0, "pageSize": 2, "pages": 2}
    assert [*counted["results"]] == ["Bears", "Cats"]


def test_one_record(web: httpx.Client) -> None:
    assert web.get("/mds/aggregate/metadata/guid/b/1").json()["gen3_discovery"]["name"] == "bear"
    assert web.get("/mds/aggregate/metadata/guid/nope").status_code == 404
