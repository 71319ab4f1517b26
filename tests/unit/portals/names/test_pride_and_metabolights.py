"""Studies of PRIDE and MetaboLights: their files by lists and tables, and where these are."""

import json
from typing import Any

import httpx
import pytest
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import DecodeError, Forbidden, NotFound, ServerError, UnsafePath
from omicsdk.portals.names import names_in

from tests.unit.portals.names.recorded import DATA, Recorded, Resolved, answers, resolve

V3 = "https://www.ebi.ac.uk/pride/ws/archive/v3"
FOLDER = "https://ftp.pride.ebi.ac.uk/pride/data/archive/2012/03/PXD000001"
HEADER = "File-Name\tFile-MD5Checksum\tFile-Size\n"
MD5 = "0123456789abcdef0123456789abcdef"
SHA1 = "5e050c8abc697891e2286271e062a8144518108a"


def text(body: str) -> httpx.Response:
    return httpx.Response(200, text=body, headers={"Content-Type": "text/plain"})


def project(files: Recorded = "pride/files_PXD000001.json", table: str = "", count: int = 8) -> dict[str, Recorded]:
    """What PRIDE answers for PXD000001."""
    return {
        f"{V3}/projects/PXD000001": "pride/project_PXD000001.json",
        f"{V3}/projects/PXD000001/files/all": files,
        f"{V3}/projects/PXD000001/files/count": httpx.Response(200, json=count),
        f"{V3}/files/checksum/PXD000001": text(table),
    }


def entry(name: str, size: int | None = 3, checksum: str = "", folder: str = "") -> dict[str, Any]:
    """A file of the list; with the addresses that PRIDE states."""
    path = f"/pride/data/archive/2012/03/PXD000001/{folder}{name}"
    return {
        "accession": f"{folder}{name}",
        "fileName": name,
        "fileSizeBytes": size,
        "checksum": checksum,
        "fileCategory": {"value": "RAW"},
        "publicFileLocations": [
            {"name": "Aspera Protocol", "value": f"prd_ascp@fasp.ebi.ac.uk:{path[1:]}"},
            {"name": "FTP Protocol", "value": f"ftp://ftp.pride.ebi.ac.uk{path}"},
        ],
    }


def listed(*entries: dict[str, Any], table: str = "", count: int | None = None) -> Resolved:
    count = len(entries) if count is None else count
    return resolve("PXD000001", project(httpx.Response(200, json=[*entries]), table, count))


RECORDED = {
    "files_PXD000001.json": [
        ("generated/PRIDE_Exp_Complete_Ac_22134.pride.mztab.gz", 497985, "c37fa5f5d0e2b52d0e9e4825a1006e446b2dfff7"),
        ("generated/PRIDE_Exp_Complete_Ac_22134.pride.mgf.gz", 16448103, "4bfcf84592a6cc6943ef3124427c524c4591d692"),
        (
            "TMT_Erwinia_1uLSike_Top10HCD_isol2_45stepped_60min_01.mzXML",
            243031280,
            "93bd2b2461acb02b5bcabbf7faa9ff0c471267f4",
        ),
        ("erwinia_carotovora.fasta", 1657668, "631f5821d741ac9ef0de4f067eaf033b968af8e2"),
        ("TMT_Erwinia_1uLSike_Top10HCD_isol2_45stepped_60min_01.raw", 220475548, SHA1),
        ("F063721.dat-mztab.txt", 304798, "e5037b5aefb15e75ca38bc4eed316df1c6ccbbfb"),
        ("PRIDE_Exp_Complete_Ac_22134.xml.gz", 10677205, "99b90224bacfea9e67ce3974bfdd8abc9e227ec6"),
        ("F063721.dat", 21185462, "54fac65e53d61c56f5f46e9b4347d722a57cdc2e"),
    ]
}


@pytest.mark.parametrize("answer", answers("pride"))
def test_every_recorded_answer_of_pride_is_read(answer: str) -> None:
    name = answer.partition("/")[2]
    if name == "files_PXD000001.json":
        expected = [(path, size, {"sha1": sha1}) for path, size, sha1 in RECORDED[name]]
        assert resolve("PXD000001", project()).summaries == expected
    elif name == "project_PXD000001.json":
        title = json.loads((DATA / answer).read_text("utf-8"))["title"]
        cells = [row.cells for row in resolve("PXD000001", project()).rows]
        assert {(row["title"], row["organism"]) for row in cells} == {(title, "Erwinia carotovora")}
        assert [row["category"] for row in cells[:3]] == ["OTHER", "PEAK", "PEAK"]
    else:  # the folder of generated files alone, so that it is not asked for; in another answer's place it is none
        assert isinstance(resolve("PXD000001", project(answer)).error, DecodeError)


def test_files_are_fetched_by_https_from_the_place_that_is_stated_for_ftp() -> None:
    file = listed(entry("run 1#a.raw")).files[0]
    assert file.address == f"{FOLDER}/run%201%23a.raw"
    assert (file.kind, file.name) == ("url", "run 1#a.raw")


def test_sizes_and_md5_are_those_of_the_table_of_checksums() -> None:
    result = listed(entry("a.raw", 10), entry("b.raw", 3, SHA1), table=f"{HEADER}a.raw\t{MD5}\t7\nb.raw\t{MD5}\t3\n")
    assert result.summaries == [("a.raw", 7, {"md5": MD5}), ("b.raw", 3, {"sha1": SHA1, "md5": MD5})]


def test_a_checksum_of_other_bytes_than_the_served_ones_is_left_out() -> None:
    result = listed(entry("a.xml.gz", 10_677_205, SHA1), table=f"{HEADER}a.xml.gz\t{MD5}\t10668000\n")
    assert result.summaries == [("a.xml.gz", 10_668_000, {"md5": MD5})]


def test_a_size_that_nothing_confirms_is_left_out() -> None:
    """PXD000001 states 497,985 bytes of a file that has 103,845; it has no checksum any more."""
    table = f"{HEADER}a.raw\t{MD5}\t3\n"
    result = listed(entry("a.raw"), entry("a.mztab.gz", 497_985, folder="generated/"), table=table)
    assert result.summaries[1] == ("generated/a.mztab.gz", None, {})
    assert listed(entry("a.mztab.gz", 497_985)).summaries == [("a.mztab.gz", 497_985, {})]  # without a table


def test_files_of_the_folder_that_the_list_lacks_are_planned_too() -> None:
    result = listed(entry("a.raw"), table=f"{HEADER}a.raw\t{MD5}\t3\nextra.mzML\t{MD5}\t5\n")
    assert result.files[1][1:5] == (f"{FOLDER}/extra.mzML", "extra.mzML", 5, {"md5": MD5})
    assert "not in PRIDE's list" in result.rows[1].note
    assert result.error is None


def test_one_name_in_two_folders_is_two_files() -> None:
    result = listed(entry("a.mgf"), entry("a.mgf", folder="generated/"))
    assert [file.name for file in result.files] == ["a.mgf", "generated/a.mgf"]


def test_a_name_that_the_table_has_twice_has_no_checksum() -> None:
    result = listed(entry("a.raw"), table=f"{HEADER}a.raw\t{MD5}\t3\na.raw\t{'1' * 32}\t3\n")
    assert result.files[0].checksums == {}


@pytest.mark.parametrize("status", [404, 406])
def test_a_project_without_a_table_of_checksums_is_read(status: int) -> None:
    responses = project() | {f"{V3}/files/checksum/PXD000001": httpx.Response(status)}
    result = resolve("PXD000001", responses)
    assert len(result.files) == 8
    assert result.error is None


def test_a_table_of_checksums_that_fails_is_an_error() -> None:
    responses = project() | {f"{V3}/files/checksum/PXD000001": httpx.Response(501)}
    assert isinstance(resolve("PXD000001", responses).error, ServerError)


@pytest.mark.parametrize("body", ["<html>\n<title>Error</title>\n", "Name\tMD5\na.raw\t0\n"])
def test_another_text_than_the_table_is_an_error(body: str) -> None:
    assert isinstance(resolve("PXD000001", project(table=body)).error, DecodeError)


def test_a_list_shorter_than_the_stated_count_is_no_whole_list() -> None:
    result = listed(entry("a.raw"), count=100)
    assert len(result.rows) == 1
    assert isinstance(result.error, InconsistentListing)


def test_a_list_that_is_cut_off_is_an_error_after_its_files() -> None:
    whole = json.dumps([entry("a.raw"), entry("b.raw")])
    result = resolve("PXD000001", project(httpx.Response(200, text=whole[:-20]), count=2))
    assert [file.name for file in result.files] == ["a.raw"]
    assert isinstance(result.error, DecodeError)


def test_a_project_that_pride_does_not_have_may_be_elsewhere() -> None:
    missing = httpx.Response(404, json={"message": "The project accession is not in the database"})
    result = resolve("pxd082693", {f"{V3}/projects/PXD082693": missing})
    assert isinstance(result.error, NotFound)
    assert "PXD082693" in result.error.message
    assert "proteomecentral" in result.error.remedy


def test_a_file_with_an_address_of_aspera_alone_fails_alone() -> None:
    only = entry("a.raw")
    only["publicFileLocations"] = only["publicFileLocations"][:1]
    result = listed(only, entry("b.raw"))
    assert isinstance(result.files[0].error, NotFound)
    assert result.files[1].error is None


def test_a_file_with_an_address_that_is_none_fails_alone() -> None:
    wrong = entry("a.raw")
    wrong["publicFileLocations"] = [{"value": "https://[ftp/PXD000001/a.raw"}]
    result = listed(wrong, entry("b.raw"))
    assert isinstance(result.files[0].error, DecodeError)
    assert result.files[1].error is None


def test_a_project_without_files_is_an_error() -> None:
    assert str(listed().error).startswith("PRIDE lists no files of PXD000001")


def test_accessions_of_affinity_and_legacy_projects_are_names() -> None:
    assert [names_in(text)[0].archive for text in ("PAD000052", "PRD000749", "RPXD012345")] == ["pride"] * 3


WS = "https://www.ebi.ac.uk/metabolights/ws/studies"
MTBLS1 = "https://ftp.ebi.ac.uk/pub/databases/metabolights/studies/public/MTBLS1"
ASSAY = "a_MTBLS1_NMR_metabolite_profiling_NMR_spectroscopy.txt"


def study(**replaced: Recorded) -> dict[str, Recorded]:
    """What MetaboLights answers for MTBLS1."""
    answers: dict[str, Recorded] = {
        "study": "metabolights/ws_study_MTBLS1.json",
        "files": "metabolights/ws_files_MTBLS1.json",
        "assay": "metabolights/a_assay_MTBLS1.txt",
    }
    answers |= replaced
    return {
        f"{WS}/MTBLS1": answers["study"],
        f"{WS}/MTBLS1/files?include_raw_data=true": answers["files"],
        f"{MTBLS1}/{ASSAY}": answers["assay"],
    }


def files_of(assay: str) -> Resolved:
    return resolve("MTBLS1", study(assay=f"metabolights/{assay}"))


FIRST = "m_mtbls1_metabolite_profiling_NMR_spectroscopy_v2_maf.tsv"
ROWS = {"a_assay_MTBLS1.txt": 14, "a_assay_MTBLS1693.txt": 6}


def test_a_study_is_its_tables_and_the_files_that_they_name() -> None:
    result = resolve("mtbls1", study())
    assert result.error is None
    assert [row.cells["type"] for row in result.rows[:4]] == [
        "metadata_maf",
        "internal_mapping",
        "metadata_assay",
        "assay",
    ]
    first = result.rows[3]
    assert first.cells["sample"] == "ADG10003u_007"
    assert first.cells["assay"] == ASSAY
    assert [file.name for file in first.files] == [
        "FILES/acqus.txt",
        "FILES/ADG10003u_007.zip",
        "FILES/ADG10003u_007.nmrML",
        "m_MTBLS1_metabolite_profiling_NMR_spectroscopy_v2_maf.tsv",
    ]
    file = first.files[1]
    assert (file.kind, file.address, file.size, file.checksums) == (
        "url",
        f"{MTBLS1}/FILES/ADG10003u_007.zip",
        None,
        {},
    )
    assert sum(request.endswith(ASSAY) for request in result.requests) == 1


def test_names_with_blanks_are_quoted_in_addresses() -> None:
    result = files_of("a_assay_MTBLS1693.txt")
    raw = result.rows[3].files[0]
    assert raw.name == "FILES/20180930 aging flying neg 01_MA-d3-c3_SR.d.zip"
    assert raw.address == f"{MTBLS1}/FILES/20180930%20aging%20flying%20neg%2001_MA-d3-c3_SR.d.zip"


@pytest.mark.parametrize("answer", answers("metabolights"))
def test_every_recorded_answer_of_metabolights_is_read(answer: str) -> None:
    name = answer.partition("/")[2]
    if name.startswith("a_"):
        result = files_of(name)
        assert result.error is None
        assert len([row for row in result.rows if row.cells["type"] == "assay"]) == ROWS[name]
        assert all(row.files for row in result.rows)
    elif name.startswith("i_"):  # a table of another form: not one of samples
        result = files_of(name)
        assert isinstance(result.error, DecodeError)
    elif name == "ws_files_MTBLS1.json":
        listed = [row.cells["file"] for row in resolve("MTBLS1", study()).rows[:3]]
        assert listed == [FIRST, "metexplore_mapping.json", ASSAY]
    else:
        result = resolve("MTBLS1", study())
        assert result.files[0].address == f"{MTBLS1}/{FIRST}"


def test_a_folder_is_noted_and_planned_by_the_tables_alone() -> None:
    listed = httpx.Response(
        200, json={"study": [{"file": "FILES", "directory": True, "type": "raw", "status": "active"}]}
    )
    result = resolve("MTBLS1", study(files=listed))
    assert result.rows[0].files == ()
    assert "folders" in result.rows[0].note
    assert any(file.name.startswith("FILES/") for file in result.files)


@pytest.mark.parametrize("status", [401, 403])
def test_a_private_study_is_no_unknown_one(status: int) -> None:
    result = resolve("MTBLS1", study(study=httpx.Response(status, json={"message": "x"})))
    assert isinstance(result.error, Forbidden)
    assert "MTBLS1" in result.error.message


def test_a_study_in_curation_is_not_public() -> None:
    status = {"mtblsStudy": {"studyStatus": "In Curation", "studyHttpUrl": "http://ftp.ebi.ac.uk/x"}}
    assert isinstance(resolve("MTBLS1", study(study=httpx.Response(200, json=status))).error, Forbidden)


def test_an_unknown_study_is_named() -> None:
    result = resolve("MTBLS99999", {f"{WS}/MTBLS99999": httpx.Response(404, json={})})
    assert isinstance(result.error, NotFound)
    assert "MTBLS99999" in result.error.message


def test_an_error_page_in_place_of_an_answer_is_an_error() -> None:
    page = httpx.Response(200, html="<html><title>Maintenance</title></html>")
    assert isinstance(resolve("MTBLS1", study(files=page)).error, DecodeError)
    assert isinstance(resolve("MTBLS1", study(assay=page)).error, DecodeError)


def test_a_path_out_of_the_folder_fails_alone() -> None:
    listed = httpx.Response(200, json={"study": [{"file": "../x"}, {"file": "i_Investigation.txt"}]})
    result = resolve("MTBLS1", study(files=listed))
    assert isinstance(result.files[0].error, UnsafePath)
    assert result.files[1].error is None
