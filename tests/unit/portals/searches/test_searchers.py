"""What each portal is asked, and the rows of its responses: recorded ones, and ones in the form that clients of the services state."""

import json
from collections.abc import Mapping
from pkgutil import resolve_name
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from omicsdk.core.errors import APIError, DecodeError, OmicsError, RateLimited, ServerError
from omicsdk.core.manual_clock import ManualClock
from omicsdk.portals.names import ARCHIVES, names_in
from omicsdk.portals.searches import SEARCHERS, Hit, SearchResult, query_of, results

from tests.unit.portals.names.recorded import DATA, Recorded, RecordedResponses

AZUL = "https://service.azul.data.humancellatlas.org/index/projects"
ENA = "https://www.ebi.ac.uk/ena/portal/api/search"
GDC = "https://api.gdc.cancer.gov/projects"
ENTREZ = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
ZENODO = "https://zenodo.org/api/records"
FIGSHARE = "POST https://api.figshare.com/v2/articles/search"
DATAVERSE = "https://dataverse.harvard.edu/api/search"
DRYAD = "https://datadryad.org/api/v2/search"
BIOSTUDIES = "https://www.ebi.ac.uk/biostudies/api/v1/arrayexpress/search"
PRIDE = "https://www.ebi.ac.uk/pride/ws/archive/v3/search/projects"
GEN3 = "https://gen3.example.org"


def data(name: str) -> Any:
    return json.loads((DATA / name).read_bytes())


def response(value: object, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=value)


def results_of(
    portal: str, text: str, responses: Mapping[str, Recorded], environ: Mapping[str, str] | None = None, **options: Any
) -> tuple[SearchResult, list[httpx.Request]]:
    """The result of a search of one portal, and its requests."""
    transport = RecordedResponses(responses)
    result = results(query_of(text, **options), [portal], environ or {}, transport=transport, clock=ManualClock())
    return result, transport.requests


def hits(portal: str, text: str, responses: Mapping[str, Recorded], **options: Any) -> list[Hit]:
    """The rows of a search of one portal, each with an id that names its data there."""
    result, _ = results_of(portal, text, responses, **options)
    assert result.failed == {}
    for hit in result:
        names = [name for name in names_in(hit.id) if name.archive in (hit.portal, "doi")]
        assert names, hit
        assert names[0].archive in ARCHIVES
        assert names[0].id in hit.id
        assert hit.portal == portal
    return list(result)


def error(portal: str, responses: Mapping[str, Recorded]) -> OmicsError:
    """Why a portal failed."""
    return results_of(portal, "x", responses)[0].failed[portal]


def parameters_of(portal: str, text: str, responses: Mapping[str, Recorded], **options: Any) -> list[dict[str, str]]:
    """The parameters of the requests of a search."""
    _, requests = results_of(portal, text, responses, **options)
    return [
        {name: value[0] for name, value in parse_qs(urlsplit(str(request.url)).query).items()} for request in requests
    ]


def test_all_portals_have_a_searcher():
    homes = [f"omicsdk.portals.{home}" for home in SEARCHERS.values()]
    assert [resolve_name(home).portal for home in homes] == list(SEARCHERS)


# -- Azul


def page(*projects: dict[str, Any], next: str | None = None, total: int | None = None) -> httpx.Response:
    """A page of projects; the recorded ones were cut to parts of a hit."""
    paging = {"count": len(projects), "total": len(projects) if total is None else total, "size": 100, "pages": 1}
    whole = [{"entryId": hit["projects"][0]["projectId"], **hit} for hit in projects]
    return response({"hits": whole, "pagination": {**paging, "next": next, "previous": None}, "termFacets": {}})


@pytest.mark.parametrize(
    ("name", "text", "id", "organism", "files", "size"),
    [
        (
            "projects_human_tcell",
            "lung scRNA",
            "4a95101c-9ffc-4f30-a809-f04518a23803",
            "Homo sapiens",
            73,
            978961225256,
        ),
        (
            *("projects_human_thymus", "thymic atlas", "c1810dbc-16d2-45c3-b45e-3e675f88d87b"),
            *("Homo sapiens, Mus musculus", 267, 3842068818205),
        ),
        (
            "projects_disease_hiv",
            '"hiv infectious"',
            "0fd8f918-62d6-4b8b-ac35-4c53dd601f71",
            "Homo sapiens",
            134,
            196427318499,
        ),
        (
            "projects_species_homo_sapiens",
            "prostate",
            "53c53cd4-8127-4e12-bc7f-8fe1610a715c",
            "Homo sapiens",
            74,
            780572320222,
        ),
    ],
)
def test_projects_of_the_human_cell_atlas(name: str, text: str, id: str, organism: str, files: int, size: int):
    project = data(f"azul/{name}.json")["hits"][0]
    (hit,) = hits("azul", text, {AZUL: page(project)})
    assert hit == Hit("azul", f"azul:{id}", project["projects"][0]["projectTitle"], organism, files, size, "open")
    assert hits("azul", f"{text} unheard-of", {AZUL: page(project)}) == []


@pytest.mark.parametrize(
    ("name", "text", "files", "size"), [("1", "pancreas", 2, 385472253), ("2", "10x", 16, 133556970)]
)
def test_projects_as_the_service_tests_them(name: str, text: str, files: int, size: int):
    project = data(f"azul/service_test_hit_project_{name}.json")
    (hit,) = hits("azul", text, {AZUL: page(project)})
    assert (hit.files, hit.size) == (files, size)
    assert hits("azul", "wrangler", {AZUL: page(project)}) == [], "people are not searched"


def test_pages_of_projects_are_read_until_the_limit():
    first, second = (data(f"azul/{name}.json")["hits"][0] for name in ("projects_human_tcell", "projects_disease_hiv"))
    responses: dict[str, Recorded] = {
        f"{AZUL}?search_after=2": page(second, total=2),
        AZUL: page(first, next=f"{AZUL}?search_after=2", total=2),
    }
    assert len(hits("azul", "cell", responses)) == 2
    result, requests = results_of("azul", "cell", responses, limit=1)
    assert ([hit.portal for hit in result], result.is_cut, len(requests)) == (["azul"], True, 2)


def test_a_project_that_the_user_may_not_read_is_controlled():
    project = data("azul/projects_human_tcell.json")["hits"][0]
    project["projects"][0]["accessible"] = False
    (hit,) = hits("azul", "lung", {AZUL: page(project)}, organism="human")
    assert hit.access == "controlled"
    assert hits("azul", "lung", {AZUL: page(project)}, organism="mouse") == []


def test_a_hit_of_azul_has_the_titles_of_its_projects_and_its_analyses_are_not_searched():
    project = data("azul/projects_human_tcell.json")["hits"][0]
    first = {**project["projects"][0], "projectTitle": "A <b>cell</b>"}
    more = {
        "projects": [first, {**first, "projectTitle": "atlas"}],
        "sources": [{"sourceSpec": "unheard-of"}],
        "fileTypeSummaries": [{"format": "unheard-of", "count": 1, "totalSize": 2}],
    }
    for member in ("matrices", "contributedAnalyses", "accessions"):
        first[member] = {"a": "unheard-of"}
    (hit,) = hits("azul", "lung", {AZUL: page({**project, **more})})
    assert hit.title == "A cell, atlas"
    assert hits("azul", "unheard-of", {AZUL: page({**project, **more})}) == []


def test_an_error_of_azul_is_that_of_its_portal():
    catalogs: dict[str, Any] = {
        "default_catalog": "dcp1",
        "catalogs": {"dcp1": {"atlas": "hca", "internal": False, "plugins": {}}},
    }
    responses = {AZUL: (400, "azul/error_bad_request.json"), AZUL.replace("projects", "catalogs"): response(catalogs)}
    assert isinstance(error("azul", responses), OmicsError)
    assert hits("azul", "x", {AZUL: response({**data("azul/service_test_page_2.json"), "termFacets": {}})}) == []


# -- the GDC


def test_projects_of_the_gdc():
    (hit,) = hits("gdc", "thyroid", {GDC: "gdc/project_list.json"}, organism="human")
    assert hit == Hit("gdc", "TCGA-THCA", "Thyroid Carcinoma", "Homo sapiens")
    assert [hit.id for hit in hits("gdc", '"lower grade"', {GDC: "gdc/project_list.json"})] == ["TCGA-LGG"]
    assert hits("gdc", "thyroid", {GDC: "gdc/project_list.json"}, organism="mouse") == []
    assert hits("gdc", "x", {GDC: "gdc/files_empty.json"}) == []
    ((request,),) = [parameters_of("gdc", "x", {GDC: "gdc/files_empty.json"})]
    assert int(request["size"]) >= 1000
    assert {"program", "summary", "summary.experimental_strategies"} < set(request["expand"].split(","))


def test_projects_of_the_gdc_have_counts_where_it_states_them():
    # The form of the response with `expand`, as the user guide of the GDC has it; the values are ours.
    project = {
        "project_id": "NEWPROGRAM-1",
        "name": "Acute Leukemia",
        "dbgap_accession_number": None,
        "program": {"name": "NEWPROGRAM", "dbgap_accession_number": "phs000465"},
        "summary": {
            "file_count": 12,
            "file_size": 3456,
            "experimental_strategies": [{"experimental_strategy": "miRNA-Seq", "file_count": 2}],
        },
    }
    listed = response({"data": {"hits": [project], "pagination": {"total": 1}}, "warnings": {}})
    (hit,) = hits("gdc", "leukemia", {GDC: listed}, assay="miRNA-seq")
    assert hit == Hit("gdc", "gdc:NEWPROGRAM-1", "Acute Leukemia", "Homo sapiens", 12, 3456, "mixed")
    open_project = {"id": "NEWPROGRAM-2", "name": "Leukemia"}
    own_url = "http://gdc.example.org"
    listed = response({"data": {"hits": [open_project]}})
    result, _ = results_of("gdc", "leukemia", {f"{own_url}/projects": listed}, {"OMICS_GDC_URL": own_url})
    assert list(result) == [Hit("gdc", "gdc:NEWPROGRAM-2", "Leukemia", "Homo sapiens")]


def test_an_answer_of_another_form_is_an_error():
    wrong = error("gdc", {GDC: response({"data": {}, "warnings": {}})})
    assert isinstance(wrong, DecodeError)
    assert wrong.operation == "list_projects"
    assert isinstance(error("gdc", {GDC: httpx.Response(200, text="<html>Maintenance</html>")}), OmicsError)


# -- ENA


def test_studies_of_ena():
    (hit,) = hits("ena", "turtle", {ENA: "ena/search_study_DRP000595.json"})
    assert hit == Hit("ena", "PRJDB90", "P. sinensis EvoDevo project", "Pelodiscus sinensis japonicus", access="open")


def test_several_rows_of_a_study_are_one():
    (hit,) = hits("ena", "coronavirus", {ENA: "ena/search_json_full.json"})
    assert (hit.id, hit.organism) == ("PRJEB12126", "Mus musculus")


@pytest.mark.parametrize("empty", [httpx.Response(204), response([])])
def test_ena_finds_nothing(empty: httpx.Response):
    assert hits("ena", "x", {ENA: empty}) == []


def test_conditions_of_ena():
    empty: dict[str, Recorded] = {ENA: response([])}
    ((request,),) = [parameters_of("ena", "retina", empty, organism="mouse", limit=7)]
    assert request["result"] == "read_study"
    assert request["query"] == '(study_title="*retina*" OR description="*retina*") AND scientific_name="Mus musculus"'
    assert (request["format"], request["limit"]) == ("json", "8")
    ((request,),) = [parameters_of("ena", "x", empty, assay="scRNA-seq")]
    for condition in (
        'study_title="*single-cell*"',
        'description="*single cell*"',
        'library_source="TRANSCRIPTOMIC SINGLE CELL"',
    ):
        assert condition in request["query"]
    ((request,),) = [parameters_of("ena", 'a"b\\c" OR tax_tree(1)', empty)]
    assert request["query"].count('"') == 4 * 2 * 2, "no text ends its quotes"


def test_the_order_of_words_does_not_matter_to_ena():
    one, other = (
        parameters_of("ena", words, {ENA: response([])})[0]["query"] for words in ("human cancer", "cancer human")
    )
    assert sorted(one.split(" AND ")) == sorted(other.split(" AND "))


def test_an_invalid_query_of_ena_is_said_by_it():
    refused = httpx.Response(400, json={"message": "Invalid field(s) supplied: x"})
    assert "Invalid field(s) supplied: x" in str(error("ena", {ENA: refused}))


# -- GEO


GDS = f"{ENTREZ}/esearch.fcgi?db=gds"
SUMMARIES = f"{ENTREZ}/esummary.fcgi?db=gds"


def numbers(*ids: str) -> httpx.Response:
    answer = data("eutils/esearch_gds_GSE93374.json")
    answer["esearchresult"]["idlist"] = list(ids)
    return response(answer)


def test_series_of_geo():
    summaries = data("eutils/esummary_gds_GSE93374.txt")
    responses: dict[str, Recorded] = {GDS: "eutils/esearch_gds_GSE93374.json", SUMMARIES: response(summaries)}
    title = "A Molecular Census of Arcuate Hypothalamus and Median Eminence Cell Types"
    assert hits("geo", "hypothalamus", responses) == [Hit("geo", "GSE93374", title, "Mus musculus", access="open")]
    assert hits("geo", "x", {GDS: numbers("200236084"), SUMMARIES: "eutils/esummary_gds_GSE236084.json"}) == [
        Hit("geo", "GSE236084", "(shortened by us)", "Mus musculus", access="open")
    ]


def test_organisms_of_geo_are_separated_as_those_of_others():
    summaries = data("eutils/esummary_gds_GSE236084.json")
    summaries["result"]["200236084"]["taxon"] = "Homo sapiens; Mus musculus"
    (hit,) = hits("geo", "x", {GDS: numbers("200236084"), SUMMARIES: response(summaries)})
    assert hit.organism == "Homo sapiens, Mus musculus"


def test_nothing_found_in_geo_needs_one_request():
    requests = parameters_of("geo", "retina[Title] scATAC", {GDS: numbers()}, organism="human", limit=3)
    assert len(requests) == 1
    term = '(retina Title) AND (scATAC OR scATAC-seq OR scATACseq OR snATAC-seq OR "single cell ATAC")'
    assert requests[0]["term"] == f'{term} AND "Homo sapiens"[Organism] AND gse[Entry Type]'.replace(
        "(retina Title)", '("retina Title")'
    )
    assert (requests[0]["retmax"], requests[0]["retmode"]) == ("4", "json")


def test_words_that_are_operators_of_entrez_are_words():
    (request,) = parameters_of("geo", "lung NOT or", {GDS: numbers()})
    assert request["term"] == '(lung) AND ("NOT") AND (or) AND gse[Entry Type]'


def test_the_key_of_ncbi_is_sent():
    _, (request,) = results_of("geo", "x", {GDS: numbers()}, {"NCBI_API_KEY": "0123456789abcdef"})
    assert request.url.params["api_key"] == "0123456789abcdef"


def test_errors_of_entrez_have_any_status():
    limited = data("eutils/error_rate_limit.json")
    assert "API rate limit exceeded" in str(error("geo", {GDS: response(limited)}))
    assert isinstance(error("geo", {GDS: response(limited, 429)}), RateLimited)
    refused = {"header": {}, "esearchresult": {"ERROR": "Search Backend failed"}}
    assert isinstance(error("geo", {GDS: response(refused)}), APIError)
    broken: dict[str, Any] = {"header": {}, "esummaryresult": ["NCBI C++ Exception:\n    Error: Cannot open file"]}
    assert "Cannot open file" in str(error("geo", {GDS: numbers("1"), SUMMARIES: response(broken)}))
    lacking = {GDS: numbers("1"), SUMMARIES: "eutils/esummary_gds_GSE236084.json"}
    assert isinstance(error("geo", lacking), DecodeError), "a number without a summary"


# -- Zenodo, Figshare, Dataverse


def records(*listed: dict[str, Any]) -> httpx.Response:
    """A page of records, in the form that Zenodo's developers document."""
    return response({"hits": {"hits": list(listed), "total": len(listed)}, "aggregations": {}, "links": {}})


def test_records_of_zenodo():
    record = data("zenodo/record_new_15411009.json")
    restricted: dict[str, Any] = {"id": 7, "metadata": {"title": "Patients", "access_right": "restricted"}, "files": []}
    assert hits("zenodo", "x", {ZENODO: records(record, restricted)}) == [
        Hit("zenodo", "zenodo:15411009", record["title"], files=1, size=1498808, access="open"),
        Hit("zenodo", "zenodo:7", "Patients", access="restricted"),
    ]
    ((request,),) = [parameters_of("zenodo", 'retina "optic nerve"', {ZENODO: records()}, organism="human")]
    assert request == {
        "q": '"retina" AND "optic nerve" AND "Homo sapiens"',
        "type": "dataset",
        "sort": "bestmatch",
        "size": "25",
        "page": "1",
    }
    assert isinstance(error("zenodo", {ZENODO: (404, "zenodo/error_not_exist.json")}), OmicsError)


@pytest.mark.parametrize("word", ["10.5281/zenodo.3378733", "a/b", "(Diptera:", "5'-UTR", "x*", "a~2", "[1"])
def test_words_with_signs_of_a_query_language_are_quoted(word: str):
    ((request,),) = [parameters_of("zenodo", word, {ZENODO: records()})]
    assert request["q"] == f'"{word}"'


def test_pages_of_zenodo_follow_while_they_are_full():
    def records_from(first: int, number: int) -> httpx.Response:
        return records(*({"id": id, "metadata": {"title": "x"}} for id in range(first, first + number)))

    pages: dict[str, Recorded] = {f"{ZENODO}?page=1": records_from(1, 25), f"{ZENODO}?page=2": records_from(26, 5)}
    result, requests = results_of("zenodo", "x", pages, limit=30)
    assert (len(result), result.is_cut, len(requests)) == (30, False, 2)
    assert len(results_of("zenodo", "x", pages, limit=24)[1]) == 1


def test_articles_of_figshare():
    documented = json.loads((DATA / "figshare/search_output.txt").read_bytes())
    kept = data("figshare/articles_by_doi.json")
    assert hits("figshare", "x", {FIGSHARE: response([documented, *kept])}) == [
        Hit("figshare", "figshare:8365555", documented["title"]),
        Hit("figshare", "figshare:14763051", "Test data for the Pooch library"),
    ]
    _, (request,) = results_of("figshare", "retina scATAC", {FIGSHARE: response([])}, limit=5)
    sent = json.loads(request.content)
    assert sent["search_for"].startswith('"retina" AND ("scATAC" OR ')
    assert (sent["item_type"], sent["page_size"]) == (3, 6)
    assert isinstance(error("figshare", {FIGSHARE: response({"message": "x", "code": "InternalError"})}), DecodeError)


def test_data_sets_of_a_dataverse():
    (hit,) = hits("dataverse", "x", {DATAVERSE: "dataverse/search_trees.json"})
    assert hit == Hit("dataverse", "doi:10.70122/FK2/MB5VGR", "Darwin's Finches", files=3)
    files = {"status": "OK", "data": {"items": [data("dataverse/search_file_item.json")]}}
    assert hits("dataverse", "x", {DATAVERSE: response(files)}) == []
    ((request,),) = [parameters_of("dataverse", "x", {DATAVERSE: response(files)}, limit=3)]
    assert request == {"q": '"x"', "type": "dataset", "per_page": "4"}


def test_data_sets_without_a_doi_are_named_by_their_page():
    items = [{"type": "dataset", "name": "Old", "global_id": "hdl:1902.1/21919"}]
    site = {"OMICS_DATAVERSE_URL": "https://data.example.edu/api"}
    listed: dict[str, Recorded] = {"https://data.example.edu/api/search": response({"data": {"items": items}})}
    ((hit,), _) = results_of("dataverse", "x", listed, site)
    assert hit.id == "https://data.example.edu/dataset.xhtml?persistentId=hdl:1902.1/21919"
    assert [name.archive for name in names_in(hit.id)] == ["dataverse"]
    assert {"dataverse", "gen3"} < ARCHIVES.keys()


def test_data_sets_of_dryad_with_all_words():
    title = "Data from: Complex selection on a regulator of social cognition: evidence of balancing selection, regulatory interactions and population differentiation in the prairie vole Avpr1a locus"
    (hit,) = hits("dryad", "vole", {DRYAD: "dryad/datasets_list.json"})
    assert hit == Hit("dryad", "doi:10.5061/dryad.2d7b8", title, size=997366561, access="open")
    assert len(hits("dryad", "evolution", {DRYAD: "dryad/datasets_list.json"})) > 1
    assert hits("dryad", "vole reef", {DRYAD: "dryad/datasets_list.json"}) == []
    newer = data("dryad/doc_dataset.json")
    data_set_page = response({"count": 1, "total": 1, "_embedded": {"stash:datasets": [newer]}})
    (hit,) = hits("dryad", newer["title"].split()[0], {DRYAD: data_set_page})
    assert (hit.id, hit.size) == (newer["identifier"], newer["storageSize"])
    ((request,),) = [parameters_of("dryad", 'vole "prairie grass"', {DRYAD: data_set_page}, organism="mouse")]
    assert request == {"q": "vole prairie grass Mus musculus", "page": "1", "per_page": "100"}


def test_pages_of_dryad_follow_while_they_are_full():
    def data_sets(first: int, number: int) -> httpx.Response:
        items = [{"title": "vole", "identifier": f"doi:10.5061/{id}"} for id in range(first, first + number)]
        return response({"total": 150, "_embedded": {"stash:datasets": items}})

    pages: dict[str, Recorded] = {f"{DRYAD}?page=1": data_sets(1, 100), f"{DRYAD}?page=2": data_sets(101, 50)}
    result, requests = results_of("dryad", "vole", pages, limit=120)
    assert (len(result), result.is_cut, len(requests)) == (120, True, 2)
    result, _ = results_of("dryad", "vole", {**pages, f"{DRYAD}?page=2": data_sets(101, 0)}, limit=100)
    assert (len(result), result.is_cut, result.failed) == (100, False, {})


def test_dryad_finds_nothing_or_answers_something_else():
    assert hits("dryad", "x", {DRYAD: response({"count": 0, "total": 0, "_embedded": {"stash:datasets": []}})}) == []
    assert hits("dryad", "x", {DRYAD: response({"count": 0, "total": 0})}) == []
    assert isinstance(error("dryad", {DRYAD: response({"count": 2, "total": 2})}), DecodeError)


# -- BioStudies and PRIDE: no whole response of a search was found; the forms are those that tests of their clients state.


def studies(*hits: dict[str, Any], **more: Any) -> httpx.Response:
    paging = {"page": 1, "pageSize": 31, "totalHits": len(hits), "isTotalHitsExact": True, "sortBy": "relevance"}
    return response({**paging, **({"hits": list(hits)} if hits else {}), **more})


def test_studies_of_arrayexpress():
    study = {"accession": "E-MTAB-1", "type": "study", "title": "Lungs of <i>mice</i>", "links": 2, "files": 26}
    assert hits("biostudies", "lung", {BIOSTUDIES: studies({**study, "isPublic": True})}, organism="mouse") == [
        Hit("biostudies", "E-MTAB-1", "Lungs of mice", "Mus musculus", 26, access="open")
    ]
    for is_public, access in ((False, "private"), ([], "")):
        (hit,) = hits("biostudies", "lung", {BIOSTUDIES: studies({**study, "isPublic": is_public})})
        assert (hit.organism, hit.access) == ("", access)
    assert hits("biostudies", "x", {BIOSTUDIES: studies()}) == []
    other_url = "http://studies.example/api"
    result, _ = results_of(
        "biostudies", "x", {f"{other_url}/arrayexpress/search": studies()}, {"OMICS_BIOSTUDIES_URL": other_url}
    )
    assert result.failed == {}
    wrong = error("biostudies", {BIOSTUDIES: studies(totalHits=3)})
    assert isinstance(wrong, DecodeError)
    assert wrong.operation == "search"
    ((request,),) = [parameters_of("biostudies", "lung cancer", {BIOSTUDIES: studies()}, organism="mouse", limit=4)]
    assert request == {"query": '"lung" AND "cancer" AND organism:"Mus musculus"', "pageSize": "5"}


def test_projects_of_pride_with_all_words():
    project = {
        "accession": "PXD000002",
        "title": "Primary hepatocytes",
        "projectDescription": "A model of the liver.",
        "organisms": ["Mus musculus (mouse)", "Homo sapiens (human)"],
        "organismsPart": ["Caudate lobe"],
        "keywords": ["proteome"],
        "diseases": ["Steatosis"],
        "experimentTypes": ["Shotgun proteomics"],
        "quantificationMethods": ["iTRAQ"],
        "instruments": ["timsTOF Pro 2"],
    }
    other = {"accession": "PXD000003", "title": "Hearts", "organisms": ["Mus musculus (mouse)"]}
    listed: dict[str, Recorded] = {PRIDE: response([project, other])}
    assert hits(
        "pride", "hepatocyte model caudate proteome steatosis shotgun itraq timstof", listed, organism="human"
    ) == [Hit("pride", "PXD000002", "Primary hepatocytes", "Mus musculus, Homo sapiens", access="open")]
    assert [hit.id for hit in hits("pride", "hearts", listed)] == ["PXD000003"]
    assert hits("pride", "x", {PRIDE: response([])}) == []
    other_url = "http://pride.example/api"
    result, _ = results_of("pride", "x", {f"{other_url}/search/projects": response([])}, {"OMICS_PRIDE_URL": other_url})
    assert result.failed == {}
    ((request,),) = [parameters_of("pride", 'liver "label free"', listed, organism="human")]
    assert request == {"keyword": 'liver "label free" Homo sapiens', "pageSize": "100", "page": "0"}


def test_pages_of_pride_follow_while_they_are_full():
    projects = [{"accession": f"PXD{number:06}", "title": "Hearts"} for number in range(130)]
    pages: dict[str, Recorded] = {
        f"{PRIDE}?page=0": response(projects[:100]),
        f"{PRIDE}?page=1": response(projects[100:]),
    }
    result, requests = results_of("pride", "hearts", pages, limit=200)
    assert (len(result), len(requests)) == (130, 2)
    result, requests = results_of("pride", "hearts", pages, limit=30)
    assert (len(result), result.is_cut, len(requests)) == (30, True, 1)


def test_a_service_that_is_down_is_asked_twice():
    result, requests = results_of("pride", "x", {PRIDE: httpx.Response(503, headers={"Retry-After": "0"})})
    assert (len(requests), isinstance(result.failed["pride"], ServerError)) == (2, True)


# -- Gen3

COMMONS = {"GEN3_ENDPOINT": GEN3, "HOME": "/dev/null/nowhere"}
STUDY: dict[str, Any] = {
    "_guid_type": "discovery_metadata",
    "gen3_discovery": {
        "full_name": "Proteins of the <b>retina</b>",
        "species": "Homo sapiens",
        "__manifest": [
            {"object_id": "dg.1/a", "file_name": "a.tsv", "file_size": 10, "md5sum": "0" * 32},
            {"object_id": "dg.1/b", "file_name": "glioma.tsv", "file_size": "20"},
        ],
    },
}
PUBLISHED: dict[str, Any] = {
    "_guid_type": "discovery_metadata",
    "gen3_discovery": {"study_title": "Retina", "objects": [{"guid": "dg.1/c"}]},
}
AGGREGATE, OWN = f"{GEN3}/mds/aggregate/metadata", f"{GEN3}/mds/objects"


def test_studies_of_a_commons_and_of_those_that_it_gathers():
    listed: dict[str, Recorded] = {
        f"{AGGREGATE}?offset=0": response(
            {"One": [{"S1": STUDY}], "Two": [{"S2": PUBLISHED}, {"S3": dict[str, Any]()}]}
        ),
        AGGREGATE: response({"One": [], "Two": []}),
    }
    result, _ = results_of("gen3", "retina", listed, COMMONS)
    assert list(result) == [
        Hit("gen3", "gen3:S1", "Proteins of the retina", "Homo sapiens", 2, 30),
        Hit("gen3", "gen3:S2", "Retina", files=1),
    ]
    assert [name.archive for name in names_in(result.hits[0].id)] == ["gen3"]
    assert list(results_of("gen3", "glioma", listed, COMMONS)[0]) == [], "files are not searched"


@pytest.mark.parametrize(
    ("members", "title", "organism"),
    [
        ({"full_name": "A", "study_title": "B"}, "A", ""),
        ({"full_name": "", "project_title": "C", "title": "D", "organism": "x", "species": "y"}, "C", "x"),
        ({"title": "D", "study_name": "E", "species": "y", "study_organism": "z"}, "D", "y"),
        ({"study_name": "E", "name": "F", "study_organism": "z"}, "E", "z"),
        ({"name": "F", "short_name": "G"}, "F", ""),
        ({"short_name": "G", "project_number": "H"}, "G", ""),
        ({"project_number": "H"}, "H", ""),
        ({"project_number": 3}, "S1", ""),
    ],
)
def test_a_study_has_its_most_complete_title_or_its_guid(members: dict[str, Any], title: str, organism: str):
    entries = [{"object_id": "dg.1/a", "size": 10}, {"object_id": "dg.1/b", **({"size": 2} if organism else {})}]
    study = {"_guid_type": "discovery_metadata", "gen3_discovery": {**members, "__manifest": entries}}
    listed: dict[str, Recorded] = {f"{AGGREGATE}?offset=0": response({"One": [{"S1": study}]}), AGGREGATE: response({})}
    size = 12 if organism else None  # a sum of some sizes would pass for that of all
    result, _ = results_of("gen3", "s1", listed, COMMONS)
    assert list(result) == [Hit("gen3", "gen3:S1", title, organism, 2, size)]


def test_a_commons_that_is_not_configured_is_not_searched():
    from omicsdk.portals.atlas_searchers import Gen3Search
    from omicsdk.portals.names import ArchiveOptions

    assert not Gen3Search(ArchiveOptions({})).is_configured()
    assert Gen3Search(ArchiveOptions(COMMONS)).is_configured()
