"""MetaboLights: its recorded answers and tables, and the files that a study's list and its assay tables name."""

import httpx
import pytest
from omicsdk.core.errors import DecodeError, Forbidden, NotFound, UnsafePath

from tests.unit.portals.names.recorded import Recorded, Resolved, answers, resolve

WS = "https://www.ebi.ac.uk/metabolights/ws/studies"
FOLDER = "https://ftp.ebi.ac.uk/pub/databases/metabolights/studies/public/MTBLS1"
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
        f"{FOLDER}/{ASSAY}": answers["assay"],
    }


def files_of(assay: str) -> Resolved:
    return resolve("MTBLS1", study(assay=f"metabolights/{assay}"))


FIRST = "m_mtbls1_metabolite_profiling_NMR_spectroscopy_v2_maf.tsv"
ROWS = {"a_assay_MTBLS1.txt": 14, "a_assay_MTBLS1693.txt": 6}


def test_a_study_is_its_tables_and_the_files_that_they_name() -> None:
    found = resolve("mtbls1", study())
    assert found.error is None
    assert [row.cells["type"] for row in found.rows[:4]] == [
        "metadata_maf",
        "internal_mapping",
        "metadata_assay",
        "assay",
    ]
    first = found.rows[3]
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
        f"{FOLDER}/FILES/ADG10003u_007.zip",
        None,
        {},
    )
    assert sum(each.endswith(ASSAY) for each in found.requests) == 1


def test_names_with_blanks_are_quoted_in_addresses() -> None:
    found = files_of("a_assay_MTBLS1693.txt")
    raw = found.rows[3].files[0]
    assert raw.name == "FILES/20180930 aging flying neg 01_MA-d3-c3_SR.d.zip"
    assert raw.address == f"{FOLDER}/FILES/20180930%20aging%20flying%20neg%2001_MA-d3-c3_SR.d.zip"


@pytest.mark.parametrize("answer", answers("metabolights"))
def test_every_recorded_answer_is_read(answer: str) -> None:
    name = answer.partition("/")[2]
    if name.startswith("a_"):
        found = files_of(name)
        assert found.error is None
        assert len([row for row in found.rows if row.cells["type"] == "assay"]) == ROWS[name]
        assert all(row.files for row in found.rows)
    elif name.startswith("i_"):  # a table of another form: not one of samples
        found = files_of(name)
        assert isinstance(found.error, DecodeError)
    elif name == "ws_files_MTBLS1.json":
        listed = [row.cells["file"] for row in resolve("MTBLS1", study()).rows[:3]]
        assert listed == [FIRST, "metexplore_mapping.json", ASSAY]
    else:
        found = resolve("MTBLS1", study())
        assert found.files[0].address == f"{FOLDER}/{FIRST}"


def test_a_folder_is_noted_and_planned_by_the_tables_alone() -> None:
    listed = httpx.Response(
        200, json={"study": [{"file": "FILES", "directory": True, "type": "raw", "status": "active"}]}
    )
    found = resolve("MTBLS1", study(files=listed))
    assert found.rows[0].files == ()
    assert "folders" in found.rows[0].note
    assert any(file.name.startswith("FILES/") for file in found.files)


@pytest.mark.parametrize("status", [401, 403])
def test_a_private_study_is_no_unknown_one(status: int) -> None:
    found = resolve("MTBLS1", study(study=httpx.Response(status, json={"message": "x"})))
    assert isinstance(found.error, Forbidden)
    assert "MTBLS1" in found.error.message


def test_a_study_in_curation_is_not_public() -> None:
    status = {"mtblsStudy": {"studyStatus": "In Curation", "studyHttpUrl": "http://ftp.ebi.ac.uk/x"}}
    assert isinstance(resolve("MTBLS1", study(study=httpx.Response(200, json=status))).error, Forbidden)


def test_an_unknown_study_is_named() -> None:
    found = resolve("MTBLS99999", {f"{WS}/MTBLS99999": httpx.Response(404, json={})})
    assert isinstance(found.error, NotFound)
    assert "MTBLS99999" in found.error.message


def test_an_error_page_in_place_of_an_answer_is_an_error() -> None:
    page = httpx.Response(200, html="<html><title>Maintenance</title></html>")
    assert isinstance(resolve("MTBLS1", study(files=page)).error, DecodeError)
    assert isinstance(resolve("MTBLS1", study(assay=page)).error, DecodeError)


def test_a_path_out_of_the_folder_fails_alone() -> None:
    listed = httpx.Response(200, json={"study": [{"file": "../x"}, {"file": "i_Investigation.txt"}]})
    found = resolve("MTBLS1", study(files=listed))
    assert isinstance(found.files[0].error, UnsafePath)
    assert found.files[1].error is None
