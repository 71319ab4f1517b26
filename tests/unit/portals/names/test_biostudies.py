"""BioStudies and ArrayExpress: their recorded answers, page tabs with files in any place, and reads at the ENA."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any, ClassVar

import httpx
import pytest
from omicsdk.core.consistency import InconsistentListing
from omicsdk.core.errors import DecodeError, Forbidden, NotFound, UnsafePath
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import ARCHIVES, Archive, Name, NamedRow
from omicsdk.portals.names.archive import Reads

from tests.unit.portals.names.recorded import Recorded, Resolved, answers, resolve

API = "https://www.ebi.ac.uk/biostudies/api/v1/studies"


def link_of(accession: str) -> str:
    return f"https://ftp.ebi.ac.uk/biostudies/fire/{accession}"


def info(accession: str, **fields: Any) -> httpx.Response:
    """What `/info` answers, in the form of the service's source; no recorded answer was found."""
    return httpx.Response(200, json={"httpLink": link_of(accession), "isPublic": True, **fields})


def study(
    accession: str, tab: Recorded, below: dict[str, Recorded] | None = None, **fields: Any
) -> dict[str, Recorded]:
    """What BioStudies answers for a study, and files below its folder; `fields` is what `/info` has besides the address."""
    there = {f"{link_of(accession)}/Files/{path}": answer for path, answer in (below or {}).items()}
    return {f"{API}/{accession}": tab, f"{API}/{accession}/info": info(accession, **fields), **there}


def page_tab(**section: Any) -> httpx.Response:
    return httpx.Response(200, json={"accno": "S-BSST1", "attributes": [], "section": {"type": "Study", **section}})


def resolved(tab: Recorded, below: dict[str, Recorded] | None = None, **fields: Any) -> Resolved:
    return resolve("S-BSST1", study("S-BSST1", tab, below, **fields))


def sdrf(name: str) -> Resolved:
    """A study of ArrayExpress with a recorded SDRF, or another recorded table or answer in its place."""
    accession = "E-MTAB-1"
    tab = page_tab(files=[{"path": "E-MTAB-1.sdrf.txt", "size": 9, "type": "file"}])
    return resolve(accession, study(accession, tab, {"E-MTAB-1.sdrf.txt": f"arrayexpress/{name}"}))


BIOSTUDIES: dict[str, tuple[Any, Any]] = {
    "study_S-EPMC3372839.json": (
        lambda: resolve("S-EPMC3372839", study("S-EPMC3372839", "biostudies/study_S-EPMC3372839.json", files=1)),
        [("bph0165-1904-SD1.doc", 379904, {})],
    ),
    "study_smallJson.json": (
        lambda: resolve("S-EPMC3343805", study("S-EPMC3343805", "biostudies/study_smallJson.json")),
        [("e-68-0m392-sup1.cif", 16553, {}), ("e-68-0m392-Isup2.hkl", 127712, {})],
    ),
    "study_v2_forward.json": (
        lambda: resolve(
            "S-EPMC11663195",
            {
                f"{API}/S-EPMC11663195": "biostudies/study_v2_forward.json",
                f"{API}/S-EPMC11663195/info": "biostudies/study_v2_forward.json",
                "https://ftp.ebi.ac.uk/biostudies/fire/S-EPMC/663/S-EPMC11663195/S-EPMC11663195.json": (
                    "biostudies/study_S-EPMC3372839.json"
                ),
            },
        ),
        [("bph0165-1904-SD1.doc", 379904, {})],
    ),
    "error_not_accessible.json": (
        lambda: resolve("S-BSST1", {f"{API}/S-BSST1/info": (404, "biostudies/error_not_accessible.json")}),
        NotFound,
    ),
    # Links, where a list of files was named: no file is planned, and it is said.
    "linklist.json": (
        lambda: resolved(
            page_tab(attributes=[{"name": "File List", "value": "links.json"}]),
            {"links.json": "biostudies/linklist.json"},
        ),
        DecodeError,
    ),
}
"""What each answer gives: files, or an error."""
ARRAY_EXPRESS: dict[str, Any] = {
    "sdrf_E-GEOD-44719.txt": [("E-MTAB-1.sdrf.txt", 9, {})],  # arrays: the files of the page tab
    "sdrf_E-MEXP-2381.txt": [("E-MTAB-1.sdrf.txt", 9, {})],
    # No table of samples: read as one, it names no run.
    "idf_E-MTAB-3050.txt": [("E-MTAB-1.sdrf.txt", 9, {})],
    # The interface before BioStudies is not served any more: these are no tables.
    "v3_experiment_E-GEOD-44719.json": DecodeError,
    "v3_experiment_E-MEXP-2381.json": DecodeError,
    "v3_experiment_E-MTAB-3050.json": DecodeError,
    "v3_samples_E-MTAB-3050.json": DecodeError,
}


def check(result: Resolved, expected: Any) -> None:
    if isinstance(expected, type):
        assert isinstance(result.error, expected)
        assert not result.rows
    else:
        assert result.error is None
        assert result.summaries == expected


@pytest.mark.parametrize("answer", answers("biostudies"))
def test_every_recorded_answer_of_biostudies_is_read(answer: str) -> None:
    read, expected = BIOSTUDIES[answer.partition("/")[2]]
    check(read(), expected)


@pytest.mark.parametrize("answer", answers("arrayexpress"))
def test_every_recorded_answer_of_arrayexpress_is_read(answer: str) -> None:
    name = answer.partition("/")[2]
    check(sdrf(name), ARRAY_EXPRESS[name])


def test_files_are_at_the_address_of_the_study_by_https() -> None:
    result = resolve(
        "S-BSST1",
        study("S-BSST1", page_tab(files=[{"path": "a b/c#1.tif", "size": "7"}]))
        | {
            f"{API}/S-BSST1/info": httpx.Response(200, json={"httpLink": "http://ftp.ebi.ac.uk/biostudies/nfs/S-BSST1"})
        },
    )
    (file,) = result.files
    assert file.address == "https://ftp.ebi.ac.uk/biostudies/nfs/S-BSST1/Files/a%20b/c%231.tif"
    assert (file.name, file.size, file.checksums, file.folder) == ("a b/c#1.tif", 7, {}, "S-BSST1")


def test_files_of_nested_sections_and_arrays_in_arrays_are_found() -> None:
    tab = page_tab(
        accno="SECT-1",
        files=[{"path": "a.txt", "size": 1}, [{"path": "b.txt", "size": 2}, [{"path": "c.txt", "size": 3}]]],
        subsections=[[{"accno": "SECT-2", "type": "Assay", "files": [[{"path": "d.txt", "size": 4}]]}]],
    )
    result = resolved(tab, files=4)
    assert [file.name for file in result.files] == ["a.txt", "b.txt", "c.txt", "d.txt"]
    assert [row.cells["section"] for row in result.rows] == ["SECT-1", "SECT-1", "SECT-1", "SECT-2"]


def test_a_long_list_is_read_from_its_own_file_with_its_attributes() -> None:
    tab = page_tab(attributes=[{"name": "Title", "value": "x"}, {"name": "File List", "value": "lists/images.tsv"}])
    listed = [
        {"path": "p1/a.tiff", "size": 5, "type": "file", "attributes": [{"name": "Well", "value": "A01"}, {}]},
        {"path": "p1/b.tiff", "size": 6, "type": "file", "attributes": [{"name": "Well", "value": None}]},
    ]
    result = resolved(tab, {"lists/images.json": httpx.Response(200, json=listed)}, files=2)
    assert result.summaries == [("p1/a.tiff", 5, {}), ("p1/b.tiff", 6, {})]
    assert [row.cells.get("Well") for row in result.rows] == ["A01", None]
    assert result.error is None


def test_fewer_files_than_the_service_states_are_no_whole_study() -> None:
    result = resolved(page_tab(files=[{"path": "a", "size": 1}]), files=3)
    assert [file.name for file in result.files] == ["a"]
    assert isinstance(result.error, InconsistentListing)
    assert "3 files are stated, but 1" in result.error.message


def test_a_list_of_files_that_is_cut_off_is_an_error() -> None:
    tab = page_tab(attributes=[{"name": "File List", "value": "l.json"}])
    cut = httpx.Response(200, text='[{"path": "a", "size": 1}, {"path": "b"')
    result = resolved(tab, {"l.json": cut})
    assert [file.name for file in result.files] == ["a"]
    assert isinstance(result.error, DecodeError)


@pytest.mark.parametrize(("zipped", "name"), [(True, "raw.zip"), (False, None)])
def test_a_folder_is_an_archive_or_fails_alone(zipped: bool, name: str | None) -> None:
    tab = page_tab(files=[{"path": "raw", "size": 99, "type": "directory"}])
    (file,) = resolved(tab, hasZippedFolders=zipped).files
    assert (file.name if file.error is None else None) == name
    assert file.size is None


def test_a_path_out_of_the_folder_fails_alone() -> None:
    result = resolved(page_tab(files=[{"path": "../../x", "size": 1}, {"path": "y", "size": 1}]))
    assert isinstance(result.files[0].error, UnsafePath)
    assert result.files[1].error is None


def test_a_study_that_is_not_public_and_one_that_is_unknown_are_told_apart() -> None:
    private = resolve("S-BSST1", {f"{API}/S-BSST1/info": (403, "biostudies/error_not_accessible.json")})
    unknown = resolve("S-BSST1", {f"{API}/S-BSST1/info": httpx.Response(404, json={"errorMessage": "Study not found"})})
    assert isinstance(private.error, Forbidden)
    assert isinstance(unknown.error, NotFound)
    assert "S-BSST1" in private.error.message
    assert "S-BSST1" in unknown.error.message


def test_a_study_whose_link_is_no_text_is_an_error() -> None:
    result = resolved(httpx.Response(200, json={"ftpHttp_link": []}))
    assert isinstance(result.error, DecodeError)


@pytest.mark.parametrize("section", [{"links": [{"url": "x"}]}, {"attributes": [{"name": "File List", "value": ""}]}])
def test_a_study_without_files_is_an_error(section: dict[str, Any]) -> None:
    assert isinstance(resolved(page_tab(**section)).error, NotFound)


def test_a_redirect_to_the_page_tab_is_followed() -> None:
    there = f"{link_of('S-BSST1')}/S-BSST1.json"
    responses = study("S-BSST1", httpx.Response(302, headers={"Location": there})) | {
        there: page_tab(files=[{"path": "a", "size": 1}])
    }
    assert resolve("S-BSST1", responses).summaries == [("a", 1, {})]


# -- reads of ArrayExpress

FASTQ = "ftp://ftp.sra.ebi.ac.uk/vol1/fastq/ERR214/ERR2144881/ERR2144881_{}.fastq.gz"
SDRF = "\n".join(
    (
        "Source Name\tCharacteristics[organism]\tComment[ENA_RUN]\tComment[FASTQ_URI]\tComment[FASTQ_URI]",
        f"s1\tMus musculus\tERR2144881\t{FASTQ.format(1)}\t{FASTQ.format(2)}",
        f"s1\tMus musculus\tERR2144881\t{FASTQ.format(1)}\t{FASTQ.format(2)}",
        "s2\tMus musculus\tERR2144882\tftp://ftp.sra.ebi.ac.uk/vol1/fastq/ERR214/ERR2144882/ERR2144882.fastq.gz\t",
        "",
    )
)


def sequencing() -> dict[str, Recorded]:
    tab = page_tab(
        files=[{"path": "E-MTAB-6153.sdrf.txt", "size": 9}, {"path": "counts.tsv", "size": 5}],
        links=[[{"url": "ERP104208", "attributes": [{"name": "Type", "value": "ENA"}]}]],
    )
    return study("E-MTAB-6153", tab, {"E-MTAB-6153.sdrf.txt": httpx.Response(200, text=SDRF)})


@pytest.fixture
def without_ena(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(ARCHIVES, "ena", raising=False)


@pytest.mark.usefixtures("without_ena")
def test_a_sequencing_study_is_its_reads_one_row_a_run() -> None:
    result = resolve("E-MTAB-6153", sequencing())
    assert [[file.name for file in row.files] for row in result.rows] == [
        ["ERR2144881_1.fastq.gz", "ERR2144881_2.fastq.gz"],
        ["ERR2144882.fastq.gz"],
    ]
    assert result.files[0].address == FASTQ.format(1).replace("ftp://", "https://")
    assert result.rows[0].cells["Characteristics[organism]"] == "Mus musculus"
    assert result.rows[0].cells["accession"] == "ERR2144881"
    assert "--suppl" in result.rows[0].note


@pytest.mark.parametrize("reads", ["bam", "sra"])
@pytest.mark.usefixtures("without_ena")
def test_runs_that_the_ena_lacks_are_named_where_their_fastq_is_not_meant(reads: Reads) -> None:
    result = resolve("E-MTAB-6153", sequencing(), reads=reads)
    assert [(row.cells["accession"], row.files) for row in result.rows] == [("ERR2144881", ()), ("ERR2144882", ())]
    assert "--fastq" in result.rows[0].note


def test_its_other_files_are_had_by_choice() -> None:
    result = resolve("E-MTAB-6153", sequencing(), reads="suppl")
    assert [file.name for file in result.files] == ["E-MTAB-6153.sdrf.txt", "counts.tsv"]


class KnownRuns(Archive):
    """Stands for the ENA: it knows one run of the study, with its size and MD5, and one of another study."""

    title: ClassVar[str] = "the ENA"
    names: ClassVar[list[Name]] = []

    def rows(self, name: Name) -> Iterator[NamedRow]:
        self.names.append(name)
        for run in ("ERR2144881", "ERR9999999"):
            file = ListedFile("url", f"https://ena.example.org/{run}.gz", f"{run}.gz", 8, {"md5": "2" * 32})
            yield NamedRow({"accession": run, "library_layout": "SINGLE"}, [file])


def test_the_ena_states_sizes_and_checksums_of_the_runs_of_the_study_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ARCHIVES, "ena", "stand_in:KnownRuns")
    module = type("Module", (), {"KnownRuns": KnownRuns})
    original = import_module

    def imported(name: str) -> object:
        return module if name.endswith(".stand_in") else original(name)

    monkeypatch.setattr("omicsdk.portals.names.archive.import_module", imported)
    KnownRuns.names.clear()
    result = resolve("E-MTAB-6153", sequencing())
    assert [(study_name.archive, study_name.level, study_name.id) for study_name in KnownRuns.names] == [
        ("ena", "study", "ERP104208")
    ]
    assert result.summaries == [("ERR2144881.gz", 8, {"md5": "2" * 32}), ("ERR2144882.fastq.gz", None, {})]
    assert result.rows[0].cells["library_layout"] == "SINGLE"
    assert result.rows[0].cells["Source Name"] == "s1"
