"""Azul and Gen3 commons as archives: files of projects and studies by their names, and what is wrong with them."""

import csv
import json
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from omicsdk.core.credentials import ANONYMOUS
from omicsdk.core.errors import BadRequest, NotFound
from omicsdk.hca.azul import Azul as AzulClient
from omicsdk.hca.azul.files import of_row
from omicsdk.hca.azul.manifests import checked_state
from omicsdk.portals.names import ArchiveOptions, Archives, NamedRow, names_in

from tests.unit.portals.names.recorded import DATA, Recorded, RecordedResponses, answers, resolve

HCA = "https://service.azul.data.humancellatlas.org"
ANVIL = "https://service.explore.anvilproject.org"
SEARCH = f"{HCA}/index/files"
GDC = "POST https://api.gdc.cancer.gov/files"
PROJECT = "e8642221-4c2c-4fd7-b926-a68bce363c88"
NONE_AT_THE_GDC = httpx.Response(200, json={"data": {"hits": [], "pagination": {"total": 0}}, "warnings": {}})


def decoded(name: str) -> Any:
    return json.loads((DATA / "azul" / name).read_text("utf-8"))


def page(*hits: dict[str, Any]) -> httpx.Response:
    pagination = {"count": len(hits), "total": len(hits), "next": None, "previous": None}
    facets = {"projectId": {"terms": [{"term": "another", "count": 1}]}}
    return httpx.Response(200, json={"hits": [*hits], "pagination": pagination, "termFacets": facets})


def file_hit(project: str = PROJECT) -> dict[str, Any]:
    """The file of the service's own tests, with an address as the service makes them."""
    hit = decoded("service_test_hit_file_1.json")
    file = hit["files"][0]
    file["azul_url"] = f"{HCA}/repository/files/{file['uuid']}?catalog=dcp2&version={file['version']}"
    hit["projects"][0]["projectId"] = [project]
    return hit


FASTQ = (
    "SRR3562915_1.fastq.gz",
    195142097,
    {"sha256": "77337cb51b2e584b5ae1b99db6c163b988cbc5b894dda2f5d22424978c3bfc7a"},
)


def searched(response: Recorded) -> object:
    catalogs = httpx.Response(200, json=CATALOGS)  # asked for when a search is refused
    result = resolve(f"azul:{PROJECT}", {SEARCH: response, f"{HCA}/index/catalogs": catalogs})
    return type(result.error).__name__ if result.error is not None else result.summaries


def counted(name: str) -> int:
    """The files that the first project of a response has."""
    hit = decoded(name)
    hit = hit["hits"][0] if "hits" in hit else hit
    project: str = hit["projects"][0]["projectId"]
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=hit))
    with AzulClient(HCA, credentials=ANONYMOUS, environ={}, transport=network) as client:
        document = client.get(project, entity="projects").to_dict()
    return sum(summary["count"] for summary in document["fileTypeSummaries"])


def manifest_place() -> str:
    network = httpx.MockTransport(lambda _: httpx.Response(200, json=decoded("fetch_manifest_done.json")))
    with AzulClient(HCA, credentials=ANONYMOUS, environ={}, transport=network) as client:
        return checked_state("get_manifest_state", client.get_manifest_state(token="t")).location


def manifest_files() -> list[tuple[str, int | None, bool]]:
    with (DATA / "azul" / "manifest_compact.tsv").open(encoding="utf-8") as file:
        rows = [of_row(row) for row in csv.DictReader(file, dialect="excel-tab")]
    return [(entry.name, entry.size, bool(entry.sha256)) for entry in rows]


READ: dict[str, tuple[Callable[[], object], object]] = {
    "service_test_hit_file_1.json": (lambda: searched(page(file_hit())), [FASTQ]),
    # Its facets are a remark of the tests that it is from: that is no page.
    "service_test_page_2.json": (lambda: searched("azul/service_test_page_2.json"), "DecodeError"),
    "projects_human_tcell.json": (lambda: counted("projects_human_tcell.json"), 73),
    "projects_human_thymus.json": (lambda: counted("projects_human_thymus.json"), 267),
    "projects_disease_hiv.json": (lambda: counted("projects_disease_hiv.json"), 134),
    "projects_species_homo_sapiens.json": (lambda: counted("projects_species_homo_sapiens.json"), 74),
    "service_test_hit_project_1.json": (lambda: counted("service_test_hit_project_1.json"), 2),
    "service_test_hit_project_2.json": (lambda: counted("service_test_hit_project_2.json"), 16),
    "manifest_compact.tsv": (
        manifest_files,
        [("SmartSeq2_RTPCR_protocol.pdf", 29230, True), ("22028_5#300_1.fastq.gz", 64718465, True)],
    ),
    "fetch_manifest_done.json": (manifest_place, f"{HCA}/manifest/files/KEY"),
    "error_bad_request.json": (lambda: searched((400, "azul/error_bad_request.json")), "BadRequest"),
    "error_gone.json": (lambda: searched((410, "azul/error_gone.json")), "Gone"),
}


@pytest.mark.parametrize("answer", answers("azul"))
def test_every_recorded_answer_is_read(answer: str) -> None:
    read, expected = READ[answer.partition("/")[2]]
    assert read() == expected


def test_a_uuid_is_asked_of_the_gdc_and_then_of_azul_once_each() -> None:
    result = resolve(PROJECT, {GDC: NONE_AT_THE_GDC, SEARCH: page(file_hit())})
    assert result.summaries == [FASTQ]
    assert [request.partition("?")[0] for request in result.requests] == [GDC, f"GET {SEARCH}"]
    filters = json.loads(httpx.URL(result.requests[1].partition(" ")[2]).params["filters"])
    assert filters == {"projectId": {"is": [PROJECT]}}


def test_a_uuid_of_the_gdc_is_not_asked_of_azul() -> None:
    hit = {"file_id": PROJECT, "file_name": "a.bam", "file_size": 1, "md5sum": "1" * 32, "access": "open"}
    answer = httpx.Response(200, json={"data": {"hits": [hit], "pagination": {"total": 1}}, "warnings": {}})
    result = resolve(PROJECT, {GDC: answer})
    assert result.summaries == [("a.bam", 1, {"md5": "1" * 32})]
    assert result.requests == [GDC]


def test_a_uuid_that_neither_knows_names_both() -> None:
    result = resolve(PROJECT, {GDC: NONE_AT_THE_GDC, SEARCH: page()})
    assert isinstance(result.error, NotFound)
    assert "unknown to the GDC and Azul" in result.error.message
    assert len(result.requests) == 2


def test_an_error_of_the_gdc_is_no_unknown_uuid() -> None:
    result = resolve(PROJECT, {GDC: httpx.Response(400, json={"message": "internal"}), SEARCH: page(file_hit())})
    assert isinstance(result.error, BadRequest)
    assert result.requests == [GDC]


def test_a_file_goes_to_the_source_of_azul_with_its_place_in_the_mirror() -> None:
    hit = file_hit()
    hit["files"][0]["azul_mirror_uri"] = "s3://humancellatlas/file/7733.sha256"
    result = resolve(f"https://explore.data.humancellatlas.org/projects/{PROJECT}", {SEARCH: page(hit)})
    (file,) = result.files
    assert (file.kind, file.address) == ("azul", hit["files"][0]["azul_url"])
    assert file.mirrors == ("s3://humancellatlas/file/7733.sha256",)
    assert dict(result.rows[0].cells) == {  # in the columns of Azul's compact manifests
        "accession": PROJECT,
        "bundle_uuid": hit["bundles"][0]["bundleUuid"],
        "file_name": FASTQ[0],
        "file_format": "fastq.gz",
        "file_size": str(FASTQ[1]),
        "file_uuid": hit["files"][0]["uuid"],
        "file_version": hit["files"][0]["version"],
        "file_sha256": FASTQ[2]["sha256"],
        "file_drs_uri": hit["files"][0]["drs_uri"] or "",
        "file_url": hit["files"][0]["azul_url"],
        "project.project_core.project_short_name": hit["projects"][0]["projectShortname"][0],
    }


def test_a_file_without_a_url_is_of_its_drs_uri_and_may_lack_a_size() -> None:
    hit = file_hit()
    del hit["files"][0]["azul_url"]
    hit["files"][0] |= {"drs_uri": "drs://dg.4503:0", "size": None}
    result = resolve(f"azul:{PROJECT}", {SEARCH: page(hit)})
    (file,) = result.files
    assert (file.kind, file.address, file.size) == ("drs", "drs://dg.4503:0", None)
    assert (result.rows[0].cells["file_drs_uri"], result.rows[0].cells["file_size"]) == ("drs://dg.4503:0", "")


@pytest.mark.parametrize(
    ("name", "where"), [(f"azul:{PROJECT}", "its catalog"), (f"azul:dcp42/{PROJECT}", "its catalog dcp42")]
)
def test_a_project_without_files_is_not_found_in_its_catalog(name: str, where: str) -> None:
    error = resolve(name, {SEARCH: page()}).error
    assert isinstance(error, NotFound)
    assert error.message == f"Azul has no files of {name.removeprefix('azul:')} in {where}"


def test_a_file_without_an_address_fails_alone() -> None:
    hit = file_hit()
    del hit["files"][0]["azul_url"]
    hit["files"][0]["drs_uri"] = None
    (file,) = resolve(f"azul:{PROJECT}", {SEARCH: page(hit)}).files
    assert isinstance(file.error, NotFound)


CATALOGS: dict[str, Any] = {
    "default_catalog": "dcp43",
    "catalogs": {
        name: {"atlas": atlas, "internal": name.endswith("it"), "plugins": {}}
        for name, atlas in (
            ("dcp43", "hca"),
            ("lm9", "lungmap"),
            ("lm10", "lungmap"),
            ("lm", "lungmap"),
            ("lm11-it", "lungmap"),
        )
    },
}


def test_a_page_of_lungmap_is_of_its_newest_catalog() -> None:
    responses = {
        f"{HCA}/index/catalogs": httpx.Response(200, json=CATALOGS),
        f"{SEARCH}?catalog=lm10": page(file_hit()),
    }
    assert resolve(f"https://data-browser.lungmap.net/projects/{PROJECT}", responses).summaries == [FASTQ]


def test_a_page_of_anvil_is_of_its_own_service() -> None:
    result = resolve(
        f"https://explore.anvilproject.org/datasets/{PROJECT}/files", {f"{ANVIL}/index/files": page(file_hit())}
    )
    assert result.summaries == [FASTQ]
    filters = json.loads(httpx.URL(result.requests[0].partition(" ")[2]).params["filters"])
    assert filters == {"datasets.document_id": {"is": [PROJECT]}}  # as the page is named; dataset_id differs


def test_the_service_of_anvil_can_be_another_and_gets_no_login() -> None:
    own = "https://anvil.example.org"
    page_of_it = f"https://explore.anvilproject.org/datasets/{PROJECT}"
    for environ in ({"OMICS_ANVIL_URL": f" {own}/ "}, {"OMICS_ANVIL_URL": own, "OMICS_AZUL_URL": own}):
        result = resolve(page_of_it, {f"{own}/index/files": page(file_hit())}, environ)
        assert result.summaries == [FASTQ]
        assert "authorization" not in result.sent[0].headers


@pytest.mark.parametrize(
    ("text", "filters"), [(f"azul:dcp42/{PROJECT}", {"projectId": {"is": [PROJECT]}}), ("hca:dcp42", None)]
)
def test_a_catalog_can_be_named(text: str, filters: object) -> None:
    result = resolve(text, {f"{SEARCH}?catalog=dcp42": page(file_hit())})
    assert result.summaries == [FASTQ]
    parameters = httpx.URL(result.requests[0].partition(" ")[2]).params
    assert json.loads(parameters.get("filters", "null")) == filters


COMMONS = "https://gen3.example.org"
MDS = f"{COMMONS}/mds"
MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def rows(name: str, responses: Mapping[str, Recorded]) -> list[NamedRow]:
    options = ArchiveOptions(
        {"GEN3_ENDPOINT": COMMONS, "HOME": "/dev/null/nowhere"}, transport=RecordedResponses(responses)
    )
    with Archives(options) as archives:
        return list(archives.rows(names_in(name)))


def study(**shown: Any) -> httpx.Response:
    return httpx.Response(200, json={"_guid_type": "discovery_metadata", "gen3_discovery": shown})


def absent() -> httpx.Response:
    return httpx.Response(404, json={"detail": "Not found: S1"})


def test_the_files_of_a_study_are_those_of_its_manifest():
    manifest = [
        {"object_id": "dg.1/a", "file_name": "a.tsv", "file_size": 10, "md5sum": MD5},
        {"object_id": "dg.1/b", "file_name": "b.tsv", "file_size": 20, "commons_url": "other.example.org"},
    ]
    one, other = rows("gen3:S1", {f"{MDS}/metadata/S1": study(__manifest=manifest)})
    assert one.cells == {"accession": "S1", "file_name": "a.tsv", "guid": "dg.1/a"}
    ((file,), (placed,)) = (one.files, other.files)
    assert (file.kind, file.address, file.size, file.checksums) == ("gen3-guid", "dg.1/a", 10, {"md5": MD5})
    assert placed.address == "drs://other.example.org/dg.1/b"


def test_objects_that_were_published_beside_a_study_are_its_files():
    objects = [{"guid": "dg.1/c", "display_name": "Counts", "md5": MD5, "size": 5}]
    ((row),) = rows("gen3:S1", {f"{MDS}/metadata/S1": study(objects=objects)})
    ((file),) = row.files
    assert (file.name, file.address, file.size, file.checksums) == ("Counts", "dg.1/c", 5, {"md5": MD5})


def test_an_entry_that_names_no_file_fails_alone():
    manifest = [{"file_name": "a.tsv"}, {"object_id": "dg.1/b", "file_name": "b.tsv"}]
    one, other = rows("gen3:S1", {f"{MDS}/metadata/S1": study(__manifest=manifest)})
    assert isinstance(one.files[0].error, NotFound)
    assert "file 1 of the study" in str(one.files[0].error)
    assert other.files[0].error is None


def test_a_study_of_a_commons_that_is_gathered_is_found_there():
    responses = {
        f"{MDS}/metadata/S1": absent(),
        f"{MDS}/aggregate/metadata/guid/S1": study(__manifest=[{"object_id": "dg.1/a", "file_name": "a.tsv"}]),
    }
    ((row),) = rows("gen3:S1", responses)
    assert row.files[0].name == "a.tsv"


@pytest.mark.parametrize(
    ("responses", "words"),
    [
        ({f"{MDS}/metadata/S1": study(full_name="x")}, "the study lists no files"),
        ({f"{MDS}/metadata/S1": absent(), f"{MDS}/aggregate/metadata/guid/S1": absent()}, "has no such study"),
    ],
)
def test_a_study_without_files_and_an_unknown_one_are_errors(responses: Mapping[str, Recorded], words: str):
    with pytest.raises(NotFound, match=words):
        rows("gen3:S1", responses)
