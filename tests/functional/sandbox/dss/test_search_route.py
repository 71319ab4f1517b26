"""POST /search: what is found, in which order, in pages."""

import json

import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.dss.state import schema_key


@pytest.fixture
def bundles(sandbox: Sandbox, tmp_path):
    made = []
    for number in range(12):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "donor_organism_0.json").write_text(
            json.dumps({"age": number, "sex": ["male", "female"][number % 2]})
        )
        (folder / "broken.json").write_text("{")
        (folder / "data.txt").write_text(str(number))
        made.append(sandbox.seed(folder))
    return sorted(made, key=lambda bundle: bundle["bundle_uuid"])


def search(web, query, **params):
    return web.post("/search", params={"replica": "aws", **params}, json={"es_query": query})


def test_an_empty_query_finds_all_by_uuid(web, bundles):
    body = search(web, {}).json()
    assert body["total_hits"] == 12
    assert body["es_query"] == {}
    first, bundle = body["results"][0], bundles[0]
    assert first["bundle_fqid"] == f"{bundle['bundle_uuid']}.{bundle['version']}"
    assert first["search_score"] is None
    assert web.get(first["bundle_url"]).json()["bundle"]["uuid"] == bundle["bundle_uuid"]
    assert [hit["bundle_fqid"].partition(".")[0] for hit in body["results"]] == [b["bundle_uuid"] for b in bundles]


def test_results_come_in_pages_of_the_same_query(web, bundles):
    query = {"query": {"range": {"files.donor_organism_json.age": {"gte": 1}}}}
    first = search(web, query, per_page=10)
    assert (first.status_code, first.headers["x-openapi-paginated-content-key"]) == (206, "results")
    second = web.post(first.links["next"]["url"], json={"es_query": query})
    assert (second.status_code, second.headers["x-openapi-pagination"]) == (200, "false")
    assert [len(response.json()["results"]) for response in (first, second)] == [10, 1]
    assert {response.json()["total_hits"] for response in (first, second)} == {11}


def test_raw_results_carry_the_metadata_ten_at_most(web, bundles):
    response = search(web, {}, output_format="raw", per_page=500)
    hits = response.json()["results"]
    assert (response.status_code, len(hits)) == (206, 10)
    metadata = hits[0]["metadata"]
    assert metadata["files"].keys() == {"donor_organism_json"}
    assert [file["name"] for file in metadata["manifest"]["files"]] == [
        "broken.json",
        "data.txt",
        "donor_organism_0.json",
    ]
    assert hits[0]["bundle_fqid"] == f"{metadata['uuid']}.{metadata['manifest']['version']}"


def test_a_deleted_bundle_is_not_found(web, user, bundles):
    url = f"/bundles/{bundles[0]['bundle_uuid']}"
    user.request("DELETE", url, params={"replica": "aws"}, json={"reason": "test"})
    assert search(web, {}).json()["total_hits"] == 11


def test_clauses_that_are_not_supported_are_named(web):
    response = search(web, {"query": {"fuzzy": {"a": "b"}}})
    assert response.status_code == 400
    assert "fuzzy" in response.json()["title"]


@pytest.mark.parametrize("body", [{}, {"es_query": []}, []])
def test_bodies_without_a_query(web, body):
    response = web.post("/search", params={"replica": "aws"}, json=body)
    assert (response.status_code, response.json()["code"]) == (400, "illegal_arguments")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("cell_suspension_0.json", "cell_suspension_json"),
        ("links.json", "links_json"),
        ("meta/project_12.json", "meta_project_json"),
        ("a.b.json", "a_b_json"),
    ],
)
def test_metadata_is_keyed_by_its_schema(name, key):
    assert schema_key(name) == key
