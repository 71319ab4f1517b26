"""Rights, tables and export of records, beyond what the recording has."""

import io
import tarfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from gen3_records import case, experiment, names_of
from omicsdk.sandbox import Sandbox

Clients = Callable[[str], httpx.Client]
PROJECT = "/api/v0/submission/demo/one"
TSV = {"Content-Type": "text/tab-separated-values"}


# -- who may


REQUESTS = [
    ("POST", "/api/v0/submission/"),
    ("PUT", "/api/v0/submission/demo"),
    ("PUT", PROJECT),
    ("PUT", f"{PROJECT}/open"),
    ("DELETE", f"{PROJECT}/entities/x"),
    ("GET", f"{PROJECT}/export"),
    ("PUT", f"{PROJECT}/transactions/1/commit"),
]


def test_without_a_token_or_a_policy_nothing_is_done(
    seeded: Sandbox, anonymous: httpx.Client, reader: httpx.Client, admin: httpx.Client
) -> None:
    for request in REQUESTS:
        unknown, refused = anonymous.request(*request), reader.request(*request, json={})
        assert unknown.status_code == 401
        assert unknown.json() == {"message": "Authentication Error: Didn't receive JWT correctly"}
        assert refused.status_code == 403
        assert "permission on /" in refused.json()["message"]
    seeded.clock.advance(3600)
    ended = admin.get("/api/v0/submission/")
    assert (ended.status_code, ended.json()["message"].startswith("Authentication Error: ")) == (401, True)


@pytest.mark.parametrize(
    ("allowed", "done"),
    [
        ("read", {"get": 200, "put": 403, "post": 403, "delete": 403}),
        ("update", {"get": 403, "put": 200, "post": 403, "delete": 403}),
        ("create", {"get": 403, "put": 403, "post": 201, "delete": 403}),
        ("delete", {"get": 403, "put": 403, "post": 403, "delete": 200}),
    ],
)
def test_each_policy_allows_its_method(seeded: Sandbox, client_of: Clients, allowed: str, done: dict[str, int]) -> None:
    seeded.gen3.access.add("someone@example.org", [("/programs/demo", "sheepdog", allowed)])
    client = client_of("someone@example.org")
    [first, _] = seeded.gen3.records.listed("case")
    responses = {
        "get": client.get(f"{PROJECT}/export", params={"node_label": "case"}),
        "put": client.put(PROJECT, json=case("c1", age="9")),
        "post": client.post(PROJECT, json=case("new")),
        "delete": client.delete(f"{PROJECT}/entities/{first['id']}"),
    }
    assert {name: response.status_code for name, response in responses.items()} == done


def test_records_of_another_project_stay_hidden(seeded: Sandbox, client_of: Clients) -> None:
    other = {"type": "experiment", "submitter_id": "far", "projects": [{"code": "two"}]}
    [far] = seeded.gen3.records.seed("demo", "two", [other])
    seeded.gen3.access.add("someone@example.org", [("/programs/demo/projects/one", "*", "read")])
    assert client_of("someone@example.org").get(f"{PROJECT}/entities/{far}").status_code == 400


def test_the_dictionary_is_for_every_user(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    whole = anonymous.get("/api/v0/submission/_dictionary/_all").json()
    assert whole["case"]["links"][0]["target_type"] == "experiment"
    assert "$ref" not in anonymous.get("/api/v0/submission/_dictionary/_all").text


# -- projects and tables


def test_a_project_belongs_to_one_program(seeded: Sandbox, admin: httpx.Client) -> None:
    admin.post("/api/v0/submission/", json={"type": "program", "name": "other", "dbgap_accession_number": "o"})
    response = admin.put("/api/v0/submission/other", json={"type": "project", "code": "one", "name": "one"})
    assert response.status_code == 400
    assert seeded.gen3.records.project("demo", "one") is not None


def test_a_table_that_was_exported_is_submitted_again(seeded: Sandbox, admin: httpx.Client) -> None:
    admin.put(PROJECT, json=experiment("e2", number_experimental_group=3, indels_identified=True))
    ids = ",".join(record["id"] for record in seeded.gen3.records.listed("experiment"))
    exports = {
        "text/tab-separated-values": {"node_label": "experiment", "format": "tsv"},
        "text/csv": {"ids": ids, "format": "csv"},
    }
    for media, parameters in exports.items():
        table = admin.get(f"{PROJECT}/export", params=parameters).text.replace("None", "")
        response = admin.put(PROJECT, content=table.encode(), headers={"Content-Type": media}).json()
        assert response["updated_entity_count"] == 2, response
        assert admin.get(f"{PROJECT}/export", params=parameters).text.replace("None", "") == table


def test_lists_and_several_links_are_in_one_cell(seeded: Sandbox, admin: httpx.Client) -> None:
    header = "type\tsubmitter_id\texperiments.submitter_id\tfilename\ttimestamp\tdescription\tfile_type\tis_source_of"
    row = "manifest\tm1\te1\ta\tt\td\tx\ta,b"
    assert admin.put(PROJECT, content=f"{header}\n{row}".encode(), headers=TSV).status_code == 200
    assert seeded.gen3.records.listed("manifest")[0]["is_source_of"] == "a,b"
    two = row.replace("m1\te1", "m2\te1,e9")
    refused = admin.put(PROJECT, content=f"{header}\n{two}".encode(), headers=TSV)
    assert "'e9'" in refused.text


def test_a_submission_that_is_not_waited_for_is_done(seeded: Sandbox, admin: httpx.Client) -> None:
    response = admin.put(f"{PROJECT}?async=true", json=case("c3")).json()
    assert {"code", "message", "transaction_id"} <= set(response)
    assert "c3" in names_of(seeded, "case")


def test_a_project_goes_from_review_to_release(seeded: Sandbox, admin: httpx.Client) -> None:
    for step in ("review", "submit", "release"):
        assert admin.put(f"{PROJECT}/{step}").json()["success"], step
    project = seeded.gen3.records.project("demo", "one")
    assert project is not None
    assert (project.properties["state"], project.properties["released"]) == ("submitted", True)


# -- export


def test_records_of_several_node_types_are_exported_together(seeded: Sandbox, admin: httpx.Client) -> None:
    [parent] = seeded.gen3.records.listed("experiment")
    parameters = {"ids": parent["id"], "with_children": "true"}
    records_by_node = admin.get(f"{PROJECT}/export", params={**parameters, "format": "json"}).json()
    assert {name: len(every) for name, every in records_by_node.items()} == {"experiment": 1, "case": 2}
    packed = admin.get(f"{PROJECT}/export", params=parameters)
    with tarfile.open(fileobj=io.BytesIO(packed.content)) as archive:
        assert archive.getnames() == ["experiment.tsv", "case.tsv"]


def test_a_file_cannot_be_uploaded_through_this_service(seeded: Sandbox, admin: httpx.Client) -> None:
    response = admin.put(f"{PROJECT}/files/11111111-2222-4333-8444-555555555555", content=b"bytes")
    assert response.status_code == 501
    assert "Fence" in response.json()["message"]


def test_many_may_submit_at_once(seeded: Sandbox, admin: httpx.Client) -> None:
    def send(number: int) -> int:
        return admin.put(PROJECT, json=[case(f"n{number}-{index}") for index in range(5)]).status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(send, range(12))) == {200}
    assert len(seeded.gen3.records.listed("case")) == 62
    assert [transaction.id for transaction in seeded.gen3.records.log.all()] == list(range(1, 13))


def test_names_with_hyphens_refer_to_their_project(sandbox: Sandbox, client_of: Clients) -> None:
    sandbox.gen3.records.seed("a-b", "c-d", [{**experiment(), "projects": [{"code": "c-d"}]}])
    sandbox.gen3.access.add("someone@example.org", [("/programs/a-b/projects/c-d", "*", "read")])
    [record] = sandbox.gen3.records.listed("experiment", "a-b-c-d")
    response = client_of("someone@example.org").get(f"/api/v0/submission/a-b/c-d/entities/{record['id']}")
    assert [(entity["program"], entity["project"]) for entity in response.json()["entities"]] == [("a-b", "c-d")]
