"""Queries over a commons' records, beyond what the recording has."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from gen3_records import case, experiment
from graphql import build_client_schema
from omicsdk.sandbox import Sandbox

Clients = Callable[[str], httpx.Client]
GRAPHQL = "/api/v0/submission/graphql"


@pytest.fixture
def seeded(sandbox: Sandbox) -> Sandbox:
    """The sandbox with two projects: 25 cases in one, one case in the other."""
    cases = [case(f"c{number:02}", age=str(number)) for number in range(25)]
    sandbox.gen3.records.seed("demo", "one", [experiment(experimental_intent="x"), *cases])
    sandbox.gen3.records.seed("demo", "two", [experiment(projects=[{"code": "two"}]), case("far")])
    return sandbox


def data_of(client: httpx.Client, query: str, **variables: Any) -> Any:
    response = client.post(GRAPHQL, json={"query": query, "variables": variables})
    assert response.status_code == 200, response.text
    return response.json()["data"]


# -- who sees what


def test_who_may_read_nothing_is_refused(seeded: Sandbox, reader: httpx.Client, anonymous: httpx.Client) -> None:
    no_token = {"message": "Authentication Error: no authorization header provided"}
    for client, refusal in (
        (reader, (403, {"data": {}, "errors": ["Unauthorized query."]})),
        (anonymous, (401, no_token)),
    ):
        response = client.post(GRAPHQL, json={"query": "{ _case_count }"})
        assert (response.status_code, response.json()) == refusal
        assert client.get("/api/search/datasets?nodes=case").status_code == refusal[0]


def test_a_token_that_is_not_good_is_refused(seeded: Sandbox, anonymous: httpx.Client) -> None:
    response = anonymous.post(GRAPHQL, json={"query": "{ _case_count }"}, headers={"Authorization": "bearer x.y.z"})
    assert response.status_code == 401


def test_only_the_separate_projects_are_seen(seeded: Sandbox, client_of: Clients) -> None:
    seeded.gen3.access.add("someone@example.org", [("/programs/demo/projects/two", "peregrine", "read")])
    client = client_of("someone@example.org")
    query = (
        "{ _case_count case { submitter_id } program { projects { code } } node(first: 0) { project_id }"
        ' experiment(with_path_to: [{type: "case"}]) { project_id } transaction_log { id } }'
    )
    data = data_of(client, query)
    assert data["_case_count"] == 1
    assert data["case"] == [{"submitter_id": "far"}]
    assert data["program"] == [{"projects": [{"code": "two"}]}]
    assert {node["project_id"] for node in data["node"]} == {"demo-two", None}
    assert data["experiment"] == [{"project_id": "demo-two"}]
    assert client.get("/api/search/datasets?nodes=case").json() == {"demo-two": {"case": 1}}
    assert [project["code"] for project in client.get("/api/search/datasets/projects").json()["projects"]] == ["two"]


def test_the_schema_is_for_every_user(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    introspection = anonymous.get("/api/v0/submission/getschema").json()["data"]
    schema = build_client_schema(introspection)
    assert schema.query_type is not None
    assert {"case", "_case_count", "datanode", "transaction_log", "viewer"} <= set(schema.query_type.fields)


# -- what fits


def _submitter_ids(client: httpx.Client, arguments: str) -> list[str]:
    return [record["submitter_id"] for record in data_of(client, f"{{ case({arguments}) {{ submitter_id }} }}")["case"]]


@pytest.mark.parametrize(
    ("arguments", "submitter_ids"),
    [
        ('quick_search: "AR"', ["far"]),
        ('project_id: "demo-one", first: 1, order_by_desc: "age"', ["c09"]),
        ('project_id: "demo-two", with_path_to: {type: "experiment", submitter_id: "e1"}', ["far"]),
        ('project_id: "demo-two", with_path_to: {type: "experiment", experimental_intent: "x"}', []),
        ('not: [{age: "NA"}], project_id: "demo-two"', []),
        ('submitter_id: ["c01", "far"], order_by_asc: "project_id"', ["c01", "far"]),
        ('created_after: "2999"', []),
        ('created_before: "2999-07", project_id: "demo-two"', ["far"]),
        ('updated_before: "2999-01-01", project_id: "demo-two"', ["far"]),
    ],
)
def test_arguments_choose(seeded: Sandbox, admin: httpx.Client, arguments: str, submitter_ids: list[str]) -> None:
    assert _submitter_ids(admin, arguments) == submitter_ids


def test_records_without_a_value_come_last_and_first(seeded: Sandbox, admin: httpx.Client) -> None:
    for order, values in (("asc", ["x", None]), ("desc", [None, "x"])):
        query = f'{{ experiment(order_by_{order}: "experimental_intent") {{ experimental_intent }} }}'
        assert [record["experimental_intent"] for record in data_of(admin, query)["experiment"]] == values


def test_what_was_changed_is_found_at_once(seeded: Sandbox, admin: httpx.Client) -> None:
    seeded.gen3.records.seed("demo", "two", [case("far", age="77")])
    assert _submitter_ids(admin, 'age: "77"') == ["far"]
    seeded.gen3.records.seed("demo", "two", [case("new", age="78")])
    data = data_of(admin, '{ experiment(project_id: "demo-two") { _cases_count } }')
    assert data["experiment"] == [{"_cases_count": 2}]


def test_the_viewer_sees_what_the_root_has(seeded: Sandbox, admin: httpx.Client) -> None:
    assert data_of(admin, "{ viewer { _case_count } }") == {"viewer": {"_case_count": 26}}


def test_transactions_of_a_record_are_reported(seeded: Sandbox, admin: httpx.Client) -> None:
    admin.put("/api/v0/submission/demo/one", json=case("c00", age="50"))
    query = '{ case(submitter_id: "c00") { _transaction_logs_count _transaction_logs { role submitter } } }'
    [record] = data_of(admin, query)["case"]
    assert record["_transaction_logs_count"] == 1
    assert record["_transaction_logs"][0]["role"] == "update"


def test_what_was_sent_wrongly_is_in_the_log(seeded: Sandbox, admin: httpx.Client) -> None:
    admin.put("/api/v0/submission/demo/one", json={**case("c00"), "id": 5})
    query = "{ transaction_log { state documents { response { entities { id errors { keys type } } } } } }"
    [transaction] = data_of(admin, query)["transaction_log"]
    wrong = {"keys": ["id"], "type": "INVALID_VALUE"}
    assert transaction["state"] == "FAILED"
    [entity] = transaction["documents"][0]["response"]["entities"]
    assert entity["id"] is None
    assert wrong in entity["errors"]


# -- refusals


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ case(sex: null) { id } }", 'Unexpected Name "null"'),
        ("{ " + "case { experiments { cases { " * 400, "Syntax Error"),
        ("{ a }", 'Cannot query field "a" on type "Root"'),
        ('{ transaction_log(order_by_asc: "colour") { id } }', "Cannot order by colour"),
        ('{ _node_type(order_by_asc: "colour") { id } }', "Cannot order by colour"),
        ("subscription { case { id } }", "subscription"),
    ],
)
def test_errors_are_texts(seeded: Sandbox, admin: httpx.Client, query: str, message: str) -> None:
    response = admin.post(GRAPHQL, json={"query": query})
    assert response.status_code == 400
    assert message in response.json()["errors"][0]


def test_a_query_that_is_nested_without_end_is_refused(seeded: Sandbox, admin: httpx.Client) -> None:
    response = admin.post(GRAPHQL, json={"query": "{ a " * 20_000})
    assert response.status_code == 400
    assert response.json()["errors"]


@pytest.mark.parametrize("body", [b"", b"[]", b"5", b"{oops"])
def test_a_body_that_is_no_query_is_refused(seeded: Sandbox, admin: httpx.Client, body: bytes) -> None:
    assert admin.post(GRAPHQL, content=body).status_code == 400
