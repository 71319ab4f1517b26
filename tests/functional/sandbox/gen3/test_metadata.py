"""The metadata service beyond its recording: who gets in, searches, aliases that go, restart and reset."""

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
    ("condition", "found"),
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
def test_conditions_of_searches(admin: httpx.Client, condition: str, found: list[str]) -> None:
    one = {"flag": True, "none": None, "tags": ["x", "y"], "n": 1, "star": "s", "deep": {"one": "a", "two": "b"}}
    two = {"flag": False, "tags": ["y", "z"], "n": 2, "star": "*", "deep": {"one": "c"}}
    admin.post("/mds-admin/metadata", json=[{"guid": "d1", "data": one}, {"guid": "d2", "data": two}])
    assert admin.get(f"/mds/metadata?{condition}").json() == found


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
