"""The GDC: its printed answers, each read as a resolver would meet it, and files of projects, cases and UUIDs."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import httpx
import pytest
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import DecodeError, Forbidden, NotFound
from omicsdk.portals.formats import recognised
from omicsdk.portals.lists import FileList, Head, ListedFile
from omicsdk.portals.names import Archives, names_in
from omicsdk.portals.names.archive import ArchiveOptions, client_of
from omicsdk.portals.names.gdc import PAGE, replaced_by
from omicsdk.portals.sources import Gdc as GdcSource
from omicsdk.portals.sources import SourceOptions
from omicsdk_api.archives.gdc import GdcApi

from tests.unit.portals.names.recorded import DATA, Recorded, RecordedResponses, Resolved, answers, resolve

GDC = "https://api.gdc.cancer.gov"
SEARCH = f"POST {GDC}/files"
UUID = "874e71e0-83dd-4d3e-8014-10141b49f12c"
OTHER = "1dd28069-5777-4ff9-bd2b-d1ba68e88b06"
TOKEN = {"GDC_TOKEN": "a-token"}


def page(*hits: Mapping[str, Any], total: int | None = None) -> httpx.Response:
    """A page of a search."""
    pagination = {"count": len(hits), "total": len(hits) if total is None else total}
    return httpx.Response(200, json={"data": {"hits": [*hits], "pagination": pagination}, "warnings": {}})


def printed(name: str) -> httpx.Response:
    """A page with the object that a printed answer has."""
    return page(json.loads((DATA / "gdc" / name).read_text("utf-8"))["data"])


def hit(id: str, **fields: Any) -> dict[str, Any]:
    defaults = {
        "file_id": id,
        "id": id,
        "file_name": f"{id[:4]}.txt",
        "file_size": 3,
        "md5sum": "0" * 32,
        "access": "open",
    }
    return defaults | fields


def versions(name: str) -> dict[str, str]:
    transport = RecordedResponses({f"{GDC}/files/versions/{UUID}": f"gdc/{name}"})
    with client_of(GdcApi, "GDC", ArchiveOptions({}, transport=transport)) as client:
        return replaced_by(client, [UUID])


def files_of_list(name: str) -> int:
    path = DATA / "gdc" / name
    listed = FileList(path, name, "", (), Counter())
    format = recognised(Head(path), name)
    assert format.name == "gdc"
    return sum(len([*format.files(row, listed)]) for row in format.rows(listed))


def searched(response: Recorded) -> Callable[[], Resolved]:
    return lambda: resolve(f"gdc:{UUID}", {SEARCH: response}, TOKEN)


def as_search(name: str, status: int = 200) -> Callable[[], Resolved]:
    """An answer in the place of that of a search."""
    return searched((status, f"gdc/{name}"))


VCF = "874e71e0-83dd-4d3e-8014-10141b49f12c.vcf.gz"
BAM = "000aa811c15656604161e8f0e3a0aae4_gdc_realn.bam"
READ: dict[str, tuple[Callable[[], object], object]] = {
    "files_one.json": (
        lambda: searched(printed("files_one.json"))().summaries,
        [(VCF, 122293, {"md5": "acf2929b1b825bcd1377023e8b8767ec"})],
    ),
    "files_expand_samples.json": (
        lambda: searched(printed("files_expand_samples.json"))().summaries,
        [(BAM, 12667634731, {"md5": "200475f5f6e42520204e5f6aadfe954f"})],
    ),
    "files_empty.json": (as_search("files_empty.json"), NotFound),
    "files_versions_1.json": (lambda: versions("files_versions_1.json"), {}),
    "files_versions_2.txt": (lambda: versions("files_versions_2.txt"), {}),
    "history.txt": (lambda: versions("history.txt"), {}),
    "manifest_open_MAF.txt": (lambda: files_of_list("manifest_open_MAF.txt"), 33),
    "error_data_no_token.json": (as_search("error_data_no_token.json", 403), Forbidden),
    "error_slicing_no_token.json": (as_search("error_slicing_no_token.json", 403), Forbidden),
    # Answers about something else than files, which a wrong URL or a proxy may give.
    "annotations.json": (as_search("annotations.json"), DecodeError),
    "cases_one.json": (searched(printed("cases_one.json")), DecodeError),
    "cases_tsv.tsv": (as_search("cases_tsv.tsv"), DecodeError),
    "mapping.txt": (as_search("mapping.txt"), DecodeError),
    "notifications.json": (as_search("notifications.json"), DecodeError),
    "project_list.json": (as_search("project_list.json"), DecodeError),
    "status.json": (as_search("status.json"), DecodeError),
}


@pytest.mark.parametrize("answer", answers("gdc"))
def test_every_printed_answer_is_read(answer: str) -> None:
    read, expected = READ[answer.partition("/")[2]]
    result = read()
    if isinstance(expected, type):
        assert isinstance(result, Resolved)
        assert isinstance(result.error, expected)
        assert not result.rows
    else:
        assert result == expected


def test_a_project_is_its_files_of_all_pages() -> None:
    ids = [f"{number:08x}-0000-4000-8000-000000000000" for number in range(PAGE + 2)]
    project = {"project": {"project_id": "TCGA-BRCA"}, "submitter_id": "TCGA-BH-A0EA"}

    class Pages(RecordedResponses):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            sent = json.loads(request.content)
            some = ids[sent["from"] : sent["from"] + sent["size"]]
            return page(*(hit(id, cases=[project], data_type="Slide Image") for id in some), total=len(ids))

    page_url = "https://portal.gdc.cancer.gov/projects/TCGA-BRCA"
    with Archives(ArchiveOptions({}, transport=(transport := Pages({})))) as archives:
        first = next(archives.rows(names_in(page_url)))
        assert (first.files[0].address, len(transport.requests)) == (ids[0], 1)  # rows come as pages do
    rows = resolve(page_url, transport := Pages({})).rows
    assert [row.files[0].address for row in rows] == ids
    assert len(transport.requests) == 2
    sent = json.loads(transport.requests[0].content)
    assert sent["sort"] == "file_id:asc"
    fields = [condition["content"]["field"] for condition in sent["filters"]["content"]]
    assert fields[:2] == ["cases.project.project_id", "cases.submitter_id"]
    assert rows[0].cells["project"] == "TCGA-BRCA"
    assert rows[0].cells["case"] == "TCGA-BH-A0EA"
    assert rows[0].files[0].kind == "gdc"


def test_a_list_that_ends_early_is_no_whole_list() -> None:
    pages = [page(hit(UUID), total=5), page(total=5)]

    class Short(RecordedResponses):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return pages.pop(0)

    result = resolve("TCGA-BRCA", Short({}))
    assert [file.address for file in result.files] == [UUID]
    assert isinstance(result.error, InconsistentListing)
    assert "total is 5, but 1" in result.error.message


def test_controlled_files_say_where_to_apply_unless_a_token_is_set() -> None:
    answer = page(hit(UUID, access="controlled", acl=["phs000178"]), hit(OTHER))
    without, with_token = (resolve("TCGA-BRCA", {SEARCH: answer}, environ) for environ in ({}, TOKEN))
    refused, open_file = without.files
    assert open_file.error is None
    assert isinstance(refused.error, Forbidden)
    assert "phs000178" in refused.error.remedy
    assert "GDC_TOKEN" in refused.error.remedy
    assert [file.error for file in with_token.files] == [None, None]
    assert [row.cells["access"] for row in without.rows] == ["controlled", "open"]


def test_a_search_sends_no_token() -> None:
    transport = RecordedResponses({SEARCH: page(hit(UUID))})
    assert len(resolve(f"gdc:{UUID}", transport, TOKEN).rows) == 1
    assert ["x-auth-token" in request.headers for request in transport.requests] == [False]


def test_a_file_that_a_release_replaced_names_its_latest_version() -> None:
    latest = httpx.Response(200, json=[{"id": UUID, "latest_id": OTHER}])
    result = resolve(
        f"https://portal.gdc.cancer.gov/files/{UUID}", {SEARCH: page(), f"{GDC}/files/versions/{UUID}": latest}
    )
    assert isinstance(result.error, NotFound)
    assert f"gdc:{OTHER}" in result.error.remedy


def test_ids_of_a_list_that_were_replaced_name_their_latest_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    latest = httpx.Response(200, json=[{"id": UUID, "latest_id": OTHER}])
    transport = RecordedResponses({SEARCH: page(hit(OTHER)), f"{GDC}/files/versions/{UUID}": latest})
    source = GdcSource("gdc", SourceOptions((), {}))
    client = client_of(GdcApi, "GDC", ArchiveOptions({}, transport=transport))
    monkeypatch.setitem(vars(source), "client", client)
    with source:
        (replaced,), (current,) = source.complete([ListedFile("gdc", UUID), ListedFile("gdc", OTHER)])
    assert isinstance(replaced.error, NotFound)
    assert OTHER in replaced.error.remedy
    assert (current.name, current.size, current.checksums) == ("1dd2.txt", 3, {"md5": "0" * 32})


def test_the_url_of_the_environment_replaces_that_of_the_document() -> None:
    result = resolve(
        f"gdc:{UUID}",
        {"POST http://127.0.0.1:1/gdc/files": page(hit(UUID))},
        {"OMICS_GDC_URL": "http://127.0.0.1:1/gdc"},
    )
    assert result.summaries == [("874e.txt", 3, {"md5": "0" * 32})]


@pytest.mark.parametrize("text", [f"{UUID}", "TCGA-BH-A0EA-01A", "gdc:NEW-PROGRAM-1"])
def test_what_the_gdc_does_not_have_is_an_error_that_names_it(text: str) -> None:
    empty = httpx.Response(
        200, json={"hits": [], "pagination": {"count": 0, "total": 0, "next": None}, "termFacets": {}}
    )
    azul = "https://service.azul.data.humancellatlas.org/index/files"
    result = resolve(text, {SEARCH: page(), azul: empty})
    assert isinstance(result.error, NotFound)
    assert text.removeprefix("gdc:") in result.error.message
