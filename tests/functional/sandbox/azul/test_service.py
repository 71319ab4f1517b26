"""Azul in the sandbox, as its protocol has it: searches, pages, manifests with their redirects, files, and refusals."""

import csv
import io
import json
import zipfile
from collections.abc import Generator
from pathlib import Path
from typing import Any

import httpx
import pytest
from azul_project import CONTENTS, PROJECT, write_project
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.azul.atlas import texts

OTHER = "00000000-0000-4000-8000-0000000000aa"
EYE = json.dumps({"organ": {"is": ["eye"]}})


@pytest.fixture
def web(sandbox: Sandbox, tmp_path: Path) -> Generator[httpx.Client]:
    """A client of Azul over two projects, the second of which has one file."""
    sandbox.seed(write_project(tmp_path / "first"))
    sandbox.seed(write_project(tmp_path / "second", OTHER, {"counts.h5ad": b"others", '<b> "1".txt': b"x"}))
    with httpx.Client(base_url=sandbox.azul_url, trust_env=False) as client:
        yield client


def read(response: httpx.Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def message(response: httpx.Response, status: int = 400) -> str:
    body = read(response, status)
    assert set(body) == {"Code", "Message"}
    return str(body["Message"])


def test_catalogs_have_the_types_of_their_atlas(web: httpx.Client) -> None:
    payload = read(web.get("/index/catalogs"))
    assert payload["default_catalog"] == "dcp43"
    types = {name: set(catalog["plugins"]["metadata"]["indices"]) for name, catalog in payload["catalogs"].items()}
    assert types["dcp43"] == {"projects", "samples", "files", "bundles"}
    assert types["anvil8"] == {"activities", "biosamples", "bundles", "datasets", "donors", "files"}
    assert payload["catalogs"]["dcp43-it"]["internal"] is True


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ({}, 6),
        ({"organ": {"is": ["eye", "brain"]}}, 6),
        ({"organ": {"is": [None]}}, 0),
        ({"projectId": {"is": [OTHER]}}, 2),
        ({"fileFormat": {"is": ["h5ad"]}, "project": {"is": ["Eye"]}}, 2),
        ({"fileSize": {"within": [[0, 6]]}}, 3),
        ({"fileSize": {"within": [[0, 6], [1, 6]]}}, 2),
        ({"isIntermediate": {"is": [False]}}, 2),
        ({"isIntermediate": {"is": [0]}}, 0),
        ({"accessible": {"is": [True]}}, 6),
        ({"accessible": {"is": [False]}}, 0),
    ],
)
def test_filters_are_all_met_by_any_of_their_values(web: httpx.Client, filters: dict[str, Any], count: int) -> None:
    for response in (
        web.get("/index/files", params={"filters": json.dumps(filters), "size": 100}),
        web.post("/index/files", json={"filters": json.dumps(filters), "size": 100}),
    ):
        page = read(response)
        assert (len(page["hits"]), page["pagination"]["total"]) == (count, count)
    assert read(web.get("/index/summary", params={"filters": json.dumps(filters)}))["fileCount"] == count


def test_pages_follow_and_have_the_same_facets(web: httpx.Client) -> None:
    page = read(web.get("/index/files", params={"size": 4, "sort": "fileSize", "order": "desc"}))
    following = read(web.get(page["pagination"]["next"]))
    assert (len(page["hits"]), len(following["hits"]), following["pagination"]["next"]) == (4, 2, None)
    sizes = [hit["files"][0]["size"] for hit in page["hits"] + following["hits"]]
    assert sizes == sorted(sizes, reverse=True)
    assert following["termFacets"] == page["termFacets"]
    assert page["pagination"]["previous"] is None
    assert read(web.get(following["pagination"]["previous"]))["hits"] == page["hits"]


def test_facets_count_entities(web: httpx.Client) -> None:
    facets = read(web.get("/index/projects"))["termFacets"]
    parts = {part["term"]: part["count"] for part in facets["organPart"]["terms"]}
    assert parts == {"retina": 2, "cornea": 2}
    assert {term["term"] for term in facets["isIntermediate"]["terms"]} == {"false", None}
    assert "fileName" not in facets
    (age,) = (term["term"] for term in facets["organismAge"]["terms"])
    filters = json.dumps({"organismAge": {"is": [age]}})
    hit, *_ = read(web.get("/index/projects", params={"filters": filters}))["hits"]
    assert age == hit["donorOrganisms"][0]["organismAge"][0] == {"value": "20", "unit": "year"}


def test_a_term_without_a_text_is_no_value() -> None:
    assert texts({"organ": [{"ontology": "UBERON:1"}, None, {"ontology_label": "eye"}]}, "organ") == ["eye"]


def test_a_project_has_its_matrices_at_every_stratum(web: httpx.Client) -> None:
    hit = read(web.get(f"/index/projects/{PROJECT}"))
    tree = hit["projects"][0]["matrices"]
    first, *_ = tree
    assert first in {"developmentStage", "organ", "libraryConstructionApproach"}
    leaves = json.dumps(tree).count('"counts.h5ad"')
    assert leaves == 2  # one for each species
    assert {summary["format"] for summary in hit["fileTypeSummaries"]} == {"h5ad", "fastq.gz", "txt"}


@pytest.mark.parametrize(
    ("path", "parameters", "status", "expected"),
    [
        ("/index/files", {"catalog": "dcp1"}, 404, "'dcp1' does not exist"),
        ("/index/planets", {}, 400, "Entity type 'planets' is invalid"),
        ("/index/datasets", {}, 400, "Entity type 'datasets'"),
        ("/index/files", {"colour": "red"}, 400, "Unknown query parameter `colour`"),
        ("/index/files", {"filters": '{"colour": {"is": []}}'}, 400, "Unknown field `colour`"),
        ("/index/files", {"filters": "{"}, 400, "not valid JSON"),
        ("/index/files", {"filters": '{"organ": {"like": []}}'}, 400, "no known relation"),
        ("/index/files", {"filters": '{"organ": {"is": "eye"}}'}, 400, "no known relation"),
        ("/index/files", {"filters": '{"fileSize": {"within": [["a", "b"]]}}'}, 400, "bounds of another type"),
        ("/index/files", {"size": "1001"}, 400, "`size`, must not be greater than 1000"),
        ("/index/files", {"size": "9" * 5000}, 400, "`size`, must not be greater than 1000"),
        ("/index/projects", {"size": "51"}, 400, "`size`, must not be greater than 50"),
        ("/index/files", {"sort": "colour"}, 400, "Unknown field `colour`"),
        ("/index/files", {"search_after": "[1]"}, 400, "Invalid search_after"),
        ("/index/files", {"search_after": '[1, "a"]', "search_before": '[1, "a"]'}, 400, "Only one"),
        ("/index/files/none", {}, 400, "not a valid UUID"),
        (f"/index/files/{OTHER}", {}, 404, "Can't find an entity"),
        (f"/repository/files/{OTHER}", {}, 404, "Unable to find file"),
        (f"/repository/files/{OTHER}", {"version": "1"}, 404, "Unable to find file"),
        ("/manifest/files/none", {}, 400, "Invalid token"),
        (f"/fetch/manifest/files/{'0' * 64}", {}, 410, "expired"),
    ],
)
def test_refusals_are_in_the_services_words(
    web: httpx.Client, path: str, parameters: dict[str, str], status: int, expected: str
) -> None:
    assert expected in message(web.get(path, params=parameters), status)


def test_a_parameter_in_both_places_is_a_conflict(web: httpx.Client) -> None:
    assert "Conflicting keys" in message(web.post("/index/files?size=1", json={"size": 2}))
    assert "not a JSON object" in message(web.post("/index/files", content=b"[]"))


def manifest(web: httpx.Client, **parameters: str) -> httpx.Response:
    """A manifest by the redirects of its token."""
    state = read(web.put("/fetch/manifest/files", params=parameters))
    return web.get(state["Location"].replace("/fetch/", "/"), follow_redirects=True)


def test_both_ways_to_a_manifest_refer_to_the_same(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.settings.turn({"azul.manifest_redirects": 3})
    state = read(web.put("/fetch/manifest/files", json={"filters": EYE}))
    tokens = set()
    while state["Status"] == 301:
        tokens.add(state["Location"])
        state = read(web.get(state["Location"]))
    assert len(tokens) == 3
    assert web.get(state["Location"]).content == manifest(web, filters=EYE).content


def test_a_compact_manifest_has_a_row_for_each_file(web: httpx.Client) -> None:
    response = manifest(web, filters=json.dumps({"projectId": {"is": [PROJECT]}}))
    assert "Eye 20" in response.headers["content-disposition"]
    assert b"\r\n" in response.content
    rows = list(csv.DictReader(io.StringIO(response.text), dialect="excel-tab"))
    assert [row["file_name"] for row in rows] == sorted(CONTENTS)
    assert rows[0]["specimen_from_organism.organ_part"] == "cornea || retina"
    assert web.get(rows[0]["file_azul_url"], follow_redirects=True).content == CONTENTS[rows[0]["file_name"]]


def test_a_curl_manifest_has_a_stored_address_and_safe_outputs(web: httpx.Client) -> None:
    state = read(web.get(read(web.put("/fetch/manifest/files?format=curl"))["Location"]))
    key = state["Location"]
    assert "/manifest/files/" in key
    text = web.get(key, follow_redirects=True).text
    assert text.startswith("--create-dirs\n\n--compressed\n")
    assert '/_b_ _1_.txt"' in text
    assert text.count('url="') == text.count('output="') == 6


def test_the_other_formats_are_what_they_are_called(web: httpx.Client) -> None:
    bag = zipfile.ZipFile(io.BytesIO(manifest(web, format="terra.bdbag").content))
    table = bag.read("manifest/data/participants.tsv").decode()
    assert table.startswith("entity:participant_id\t")
    assert "__fastq_gz_1__file_url" in table.splitlines()[0]
    lines = [json.loads(line) for line in manifest(web, format="verbatim.jsonl").text.splitlines()]
    assert {line["type"] for line in lines} >= {"project", "donor_organism"}
    for format_ in ("full", "terra.pfb"):
        assert "as compact, curl" in message(web.put(f"/fetch/manifest/files?format={format_}"))
    for format_ in ("curl", "terra.bdbag"):
        refusal = message(web.put(f"/fetch/manifest/files?catalog=anvil8&format={format_}"))
        assert "of anvil8 as compact, verbatim.jsonl" in refusal


def test_a_manifest_that_is_gone_is_410(web: httpx.Client, sandbox: Sandbox) -> None:
    token = read(web.put("/fetch/manifest/files"))["Location"]
    sandbox.clock.advance(8 * 86400)
    assert "expired" in message(web.get(token), 410)


def test_a_file_is_waited_for_and_named(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.settings.turn({"azul.file_redirects": 1})
    (hit,) = read(web.get("/index/files", params={"filters": json.dumps({"fileName": {"is": ["notes #1.txt"]}})}))[
        "hits"
    ]
    response = web.get(hit["files"][0]["azul_url"])
    assert (response.status_code, response.headers["retry-after"]) == (301, "1")
    response = web.get(response.headers["location"])
    assert response.status_code == 302
    assert "notes #1.txt" in web.get(response.headers["location"]).headers["content-disposition"]


def test_managed_access_hides_files(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.settings.turn({"azul.managed_access": True})
    (hit,) = read(web.get("/index/files?size=1"))["hits"]
    file = hit["files"][0]
    assert file["accessible"] is False
    assert message(web.get(file["azul_url"]), 404)
    login = {"Authorization": f"Bearer {sandbox.token()}"}
    assert web.get(file["azul_url"], headers=login).status_code == 302
    assert read(web.get("/repository/sources"))["sources"] == []
    assert len(read(web.get("/repository/sources", headers=login))["sources"]) == 2
    assert message(web.get("/repository/sources", headers={"Authorization": "Bearer none"}), 401)


def test_the_rate_rule_counts_five_minutes(web: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.settings.turn({"azul.requests": 3})
    assert [web.get("/index/catalogs").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert web.get("/index/catalogs").headers["retry-after"] == "30"
    sandbox.clock.advance(300)
    assert [web.get("/index/catalogs").status_code for _ in range(4)] == [200, 200, 200, 429]
    sandbox.clock.reset()
    assert web.get("/index/catalogs").status_code == 200


@pytest.mark.parametrize(
    "project", ["[]", '{"provenance": 1}', '{"project_core": null}', '{"contributors": 1}', '{"contributors": [1]}']
)
def test_odd_metadata_of_a_bundle_hides_no_others(
    web: httpx.Client, sandbox: Sandbox, tmp_path: Path, project: str
) -> None:
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "project.json").write_text(project)
    (tmp_path / "odd" / "sequencing_protocol.json").write_text('{"paired_end": {}}')
    (tmp_path / "odd" / "reads.txt").write_text("reads")
    sandbox.seed(tmp_path / "odd")
    assert len(read(web.get("/index/projects"))["hits"]) == 3
    assert len(read(web.get("/index/files"))["hits"]) > 3


def test_a_deleted_bundle_is_no_longer_indexed(web: httpx.Client, sandbox: Sandbox) -> None:
    (hit,) = read(web.get(f"/index/bundles?filters={json.dumps({'projectId': {'is': [OTHER]}})}"))["hits"]
    login = {"Authorization": f"Bearer {sandbox.token()}"}
    where = f"{sandbox.url}/dss/v1/bundles/{hit['entryId']}?replica=aws"
    body = {"reason": "wrong"}
    assert web.request("DELETE", where, json=body, headers=login).status_code == 200
    assert read(web.get("/index/files?size=100"))["pagination"]["total"] == len(CONTENTS)


def test_a_file_is_in_the_bundle_of_the_newest_version(web: httpx.Client, sandbox: Sandbox) -> None:
    (file,) = read(web.get("/index/files?size=1"))["hits"][0]["files"]
    listed = {"uuid": file["uuid"], "version": file["version"].replace(":", ""), "name": "f", "indexed": False}
    old, new = "aaaaaaaa-0000-4000-8000-000000000001", "aaaaaaaa-0000-4000-8000-000000000002"
    # The bundle that was there first has the newest version in the end.
    for bundle, year in ((new, 2030), (old, 2031), (new, 2032)):
        response = httpx.put(
            f"{sandbox.url}/dss/v1/bundles/{bundle}?replica=aws&version={year}-01-01T000000.000000Z",
            json={"creator_uid": 1, "files": [listed]},
            headers={"Authorization": f"Bearer {sandbox.token()}"},
        )
        assert response.status_code == 201, response.text
    (hit,) = read(web.get(f"/index/files/{file['uuid']}"))["bundles"]
    assert (hit["bundleUuid"], hit["bundleVersion"][:4]) == (new, "2032")
