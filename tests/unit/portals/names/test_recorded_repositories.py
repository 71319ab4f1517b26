"""Every kept response of repositories and registries, and what a name that gets it gives."""

import csv
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import DecodeError, NotFound, OmicsError, UsageError
from omicsdk.core.json_coding import decoded
from omicsdk.portals.documents import DATAVERSE, SCHEMA_ORG
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import Name

from tests.unit.portals.names.recorded import DATA, Recorded, result_of

SERVICES = ("zenodo", "figshare", "dataverse", "dryad", "datacite", "identifiers")
ZENODO, FIGSHARE = "https://zenodo.org/api/records", "https://api.figshare.com/v2"
HARVARD = "https://dataverse.harvard.edu/api"
DATASET = "https://dataverse.harvard.edu/dataset.xhtml?persistentId=doi:10.7910/DVN/X"
DRYAD, DATACITE, IDENTIFIERS = (
    "https://datadryad.org/api/v2",
    "https://api.datacite.org",
    "https://resolver.api.identifiers.org",
)

Files = list[tuple[str, int | None, dict[str, str]]]


def of_zenodo(answer: Recorded) -> list[ListedFile]:
    return result_of(
        "zenodo:15411009", {f"{ZENODO}/15411009": answer, f"{ZENODO}/15411009/versions/latest": answer}
    ).files


def of_figshare(answer: Recorded) -> list[ListedFile]:
    return result_of("figshare:14763051", {f"{FIGSHARE}/articles/14763051": answer}).files


def of_figshare_list(answer: Recorded) -> list[ListedFile]:
    name = Name("", "figshare", "doi", "10.26180/abc.v1")
    article = "figshare/article_14763051.json"
    return result_of(
        name, {f"{FIGSHARE}/articles?doi=10.26180/abc.v1": answer, f"{FIGSHARE}/articles/14763051": article}
    ).files


def of_dataverse(answer: Recorded) -> list[ListedFile]:
    version = f"{HARVARD}/datasets/:persistentId/versions/:latest-published?persistentId=doi:10.7910/DVN/X"
    unknown = (404, "dataverse/error_not_found.json")
    return result_of(DATASET, {version: answer, f"{HARVARD}/files/:persistentId": unknown}).files


def in_document(answer: Recorded) -> list[ListedFile]:
    """The files of a part of a response that no archive requests: it is read as a list on disk is."""
    document = SCHEMA_ORG if "schema" in str(answer) else DATAVERSE
    files = [
        file for _, file in document.files_in(decoded((DATA / str(answer)).read_bytes()), "https://data.example.org/")
    ]
    return [file for file in files if isinstance(file, ListedFile)]


def of_dataverse_file(answer: Recorded) -> list[ListedFile]:
    entry = decoded((DATA / str(answer)).read_bytes())
    page = "https://dataverse.harvard.edu/file.xhtml?fileId=3"
    response = httpx.Response(200, json={"status": "OK", "data": entry})
    return result_of(page, {f"{HARVARD}/files/3": response}).files


def of_dryad(answer: Recorded) -> list[ListedFile]:
    files = "dryad/doc_files.json"
    return result_of("10.5061/dryad.x", {f"{DRYAD}/datasets/doi:10.5061%2Fdryad.x": answer, **{f"{DRYAD}/versions/{n}/files": files for n in (103927, 231)}}).files  # fmt: skip


def of_dryad_files(answer: Recorded) -> list[ListedFile]:
    dataset = "dryad/doc_dataset.json"
    return result_of("10.5061/dryad.x", {f"{DRYAD}/datasets/doi:10.5061%2Fdryad.x": dataset, f"{DRYAD}/versions/231/files": answer}).files  # fmt: skip


def of_datacite(answer: Recorded) -> list[ListedFile]:
    record, unknown = "zenodo/record_new_15411009.json", (404, "datacite/error_not_found.json")
    return result_of("10.1234/abc", {f"{DATACITE}/dois/10.1234/abc": answer, f"{ZENODO}/3596961": record, "https://doi.org/10.1234/abc": unknown}).files  # fmt: skip


def of_citation(answer: Recorded) -> list[ListedFile]:
    unknown = (404, "datacite/error_not_found.json")
    none = httpx.Response(200, json={"data": []})
    return result_of("10.1234/abc", {f"{DATACITE}/dois/10.1234/abc": unknown, "https://doi.org/10.1234/abc": answer, f"{DATACITE}/dois": none}).files  # fmt: skip


def of_identifiers(answer: Recorded) -> list[ListedFile]:
    return result_of("chebi:36927", {f"{IDENTIFIERS}/chebi:36927": answer}).files


POOCH: Files = [
    ("tiny-data.txt", 59, {"md5": "70e2afd3fd7e336ae478b1e740a5f08e"}),
    ("store.zip", 780, {"md5": "7008231125631739b64720d1526619ae"}),
]
BINARIES: Files = [
    ("1kB-1.bin", 1024, {"md5": "ca492e46698218627813b8f037986e94"}),
    ("1MB-1.bin", 1048576, {"md5": "6f438741cf7e0c7917a92156efdbaea1"}),
    ("duplicate-test/test1.txt", 6, {"md5": "3e7705498e8be60520841409ebc69bc1"}),
    ("duplicate-test/dir1/test2.txt", 6, {"md5": "126a8a51b9d1bbd07fddc65819a542c3"}),
    ("duplicate-test/dir2/test2.txt", 6, {"md5": "126a8a51b9d1bbd07fddc65819a542c3"}),
]
IMAGES: Files = [("I0006475A.jpg", 218594, {}), ("admin_editing2.jpg", 185621, {})]
PAGE: Files = [("Finding_and_exploring_data.pdf", 1498808, {"md5": "7bf6bbbc35429543fdf07552f73aaceb"})]

READINGS: dict[str, tuple[Callable[[Recorded], list[ListedFile]], Files | tuple[type[OmicsError], str]]] = {
    "zenodo/error_not_exist.json": (of_zenodo, (NotFound, "does not exist")),
    "zenodo/error_not_registered.json": (of_zenodo, (NotFound, "is not registered")),
    "zenodo/record_new_15411009.json": (of_zenodo, PAGE),
    "figshare/article_123456.json": (of_figshare, [("2011-02-15_14-24-56-228.png", 470683, {"md5": "eb5c9c6b278b533f98aa02feae57c266"})]),
    "figshare/article_14763051.json": (of_figshare, POOCH),
    "figshare/articles_by_doi.json": (of_figshare_list, POOCH),
    "figshare/error_not_found.json": (of_figshare, (NotFound, "Entity not found: ArticleVersion")),
    "figshare/search_output.txt": (of_figshare, (DecodeError, "files.*not a list of files")),
    "dataverse/dataset_latest_version.json": (in_document, [("Screenshot 2022-03-13 at 15.49.29.png", 193417, {"sha1": "ffd6367ccc699d21437254094a2f698dab69251b"})]),
    "dataverse/dataset_version_6_3.json": (of_dataverse, BINARIES),
    "dataverse/dataset_version_md5.json": (of_dataverse, BINARIES),
    "dataverse/dataset_tables.json": (of_dataverse, [
        ("0MANIFEST.TXT", 482, {"md5": "1ccbb76fc6bfe3f323b07949db01a42f"}),
        ("Test Data Alpha.dta", 9090, {"md5": "faeb19ec96a34523e4fd0defea0cebda"}),
        ("Test Data Beta.dta", 31175, {"md5": "ba1fb8e3b8c77c5ab09a6d88a82d3ed9"}),
        ("Test Document 1.pdf", 40226, {"md5": "4b2680b30fda5d346d6876b4a11986a2"}),
    ]),
    "dataverse/dataverse_root.json": (of_dataverse, (DecodeError, r"data\.files")),
    "dataverse/error_not_found.json": (of_dataverse, (NotFound, "Dataset with Persistent ID doi:10.5072/FK2/YA1TWR not found")),
    "dataverse/file_meta.json": (of_dataverse_file, [("deposit-api.jpg", 1319202, {"sha1": "31cc50f4bbef69aed5658b8aef69cc54b67138be"})]),
    "dataverse/search_file_item.json": (of_dataverse, (DecodeError, r"data\.files")),
    "dataverse/search_trees.json": (of_dataverse, (DecodeError, r"data\.files")),
    "dryad/dataset_with_bad_urls.json": (of_dryad, IMAGES),
    "dryad/datasets_list.json": (of_dryad, (DecodeError, "the link of a version")),
    "dryad/doc_dataset.json": (of_dryad, IMAGES),
    "dryad/doc_file.json": (of_dryad_files, (DecodeError, "not a list of files")),
    "dryad/doc_files.json": (of_dryad_files, IMAGES),
    "dryad/doc_root.json": (of_dryad, (DecodeError, "the link of a version")),
    "dryad/doc_version.txt": (of_dryad, (DecodeError, "not JSON")),
    "datacite/content_citeproc.json": (of_citation, (NotFound, "a paper .post weblog.: 'Eating your own Dog Food', DataCite Blog")),
    "datacite/content_crosscite.json": (of_citation, (NotFound, "no data that DataCite registered")),
    "datacite/content_datacite.json": (of_citation, (NotFound, "no data that DataCite registered")),
    "datacite/content_negotiation_zenodo_50213.txt": (of_citation, (DecodeError, "not JSON")),
    "datacite/content_schema_org.json": (in_document, []),
    "datacite/content_schema_org_topmed.json": (in_document, [("NWD165827.recab.cram", None, {"md5": "3b33f6b9338fccab0901b7d317577ea3"})]),
    "datacite/doi_one.json": (of_datacite, PAGE),
    "datacite/error_not_found.json": (of_datacite, (NotFound, "no agency has registered this DOI")),
    "identifiers/doc_answer_01.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/doc_answer_02_error.json": (of_identifiers, (NotFound, "INVALID Prefix registration request")),
    "identifiers/doc_answer_03.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/doc_answer_05.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/doc_answer_06.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/doc_answer_07.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/registry_dataset_some_prefixes.json": (of_identifiers, (NotFound, "knows no address")),
    "identifiers/resolve_old_CHEBI_36927.json": (of_identifiers, (UsageError, "is a page, not files: http://www.ebi.ac.uk/chebi/searchId.do")),
}  # fmt: skip


def index() -> dict[str, int]:
    """The responses of the services with their statuses."""
    statuses: dict[str, int] = {}
    for service in SERVICES:
        with (DATA / service / "index.tsv").open(encoding="utf-8", newline="") as file:
            statuses |= {row["file"]: int(row["status"]) for row in csv.DictReader(file, dialect="excel-tab")}
    return statuses


def test_each_response_is_read() -> None:
    assert READINGS.keys() == index().keys()


@pytest.mark.parametrize("file", READINGS)
def test_a_name_gives_what_a_response_states(file: str) -> None:
    read, expected = READINGS[file]
    status = index()[file]
    answer: Any = file if status == 200 else (status, file)
    if isinstance(expected, tuple):
        kind, message = expected
        with pytest.raises(kind, match=message):
            read(answer)
        return
    assert [
        (listed_file.name, listed_file.size, dict(listed_file.checksums)) for listed_file in read(answer)
    ] == expected
