"""Every recorded answer of the ENA, NCBI's E-utilities, the SRA's locator, GEO and the EGA, as our clients read it.

Answers of operations that are never sent stand in for an answer of another kind: they are errors, not lists without files.
"""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import APIError, BadRequest, DecodeError, NotFound, RateLimited
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import NamedRow
from omicsdk.portals.names.archive import Reads
from omicsdk.portals.sources import SourceOptions, Sra
from omicsdk_api.archives.sdl import SdlApi

from tests.unit.portals.names.recorded import DATA, Recorded, RecordedResponses, error_of, rows_of

ENA = "https://www.ebi.ac.uk/ena"
REPORT, SEARCH = f"{ENA}/portal/api/filereport", f"POST {ENA}/portal/api/search"
EUTILS = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
FIND, READ = f"{EUTILS}/esearch.fcgi", f"{EUTILS}/efetch.fcgi"
RECORD, SUPPL = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi", "https://ftp.ncbi.nlm.nih.gov/geo/series"
EGA = "https://metadata.ega-archive.org"
LOCATE = "POST https://locate.ncbi.nlm.nih.gov/sdl/2/retrieve"
ALL = {
    row["file"]: row
    for service in ("ena", "eutils", "sdl", "geo", "ega")
    for row in csv.DictReader((DATA / service / "index.tsv").read_text("utf-8").splitlines(), dialect="excel-tab")
}


def matches(count: int) -> httpx.Response:
    return httpx.Response(200, json={"esearchresult": {"count": str(count), "querykey": "1", "webenv": "MCID_1"}})


def of(files: list[ListedFile] | Any) -> list[tuple[str, int | None, str]]:
    return [(file.name, file.size, file.checksums.get("md5", "")[:6]) for file in files]


# -- the ENA

REPORTS: dict[str, list[tuple[Reads, list[tuple[str, int | None, str]]]]] = {
    "ena/filereport_default_fields_DRR051059.tsv": [
        ("fastq", [("DRR051059_1.fastq.gz", 11191882751, "5437a4"), ("DRR051059_2.fastq.gz", 11504627040, "5bc99f")]),
        ("sra", [("DRR051059.sra", 17799430261, "6874c8")]),
        ("bam", [("", None, "")]),
    ],
    "ena/filereport_default_fields_ERR2534072.tsv": [
        ("fastq", [("ERR2534072.fastq.gz", 1342496804, "060aa7")]),
        ("sra", [("ERR2534072.sra", 895216008, "2ecc0c")]),
        ("bam", [("", None, "")]),  # FASTQ was submitted
    ],
    "ena/filereport_three_files_SRR1603661.tsv": [
        (
            "fastq",
            [
                ("SRR1603661.fastq.gz", 852745978, "bbd8e0"),
                ("SRR1603661_1.fastq.gz", 6751980628, "502a9a"),
                ("SRR1603661_2.fastq.gz", 6949912932, "fffd24"),
            ],
        )
    ],
    "ena/filereport_run_fastq_none.tsv": [("fastq", [("", None, "")])],
    "ena/filereport_run_submitted_bam.tsv": [
        (
            "bam",
            [("SRR6835844/10X_P4_0.bam", 17093057664, "5355fe"), ("SRR6835844/10X_P4_0.bam.bai", 7163216, "c9396c")],
        )
    ],
    "ena/filereport_run_submitted_none.tsv": [("bam", [("", None, "")])],
    "ena/search_run_all_fields_ERR1427135.json": [
        ("fastq", [("ERR1427135_1.fastq.gz", 78258588, "d2aa4f"), ("ERR1427135_2.fastq.gz", 82464883, "266474")]),
        (
            "bam",
            [("ERR1427135/LCK_4_90.cram", 214700406, "00c615"), ("ERR1427135/LCK_4_90.cram.crai", 15844, "ceb9b9")],
        ),
        ("sra", [("", None, "")]),
    ],
}
"""By answer, the files that each choice gives. One without a name is located by the SRA."""


def as_table(file: str) -> Recorded:
    """An answer in JSON as the table that is requested: the values are the same."""
    if file.endswith(".tsv"):
        return file
    rows = json.loads((DATA / file).read_text("utf-8"))
    lines = ("\t".join(str(value) for value in row.values()) for row in rows)
    return httpx.Response(200, text="".join(f"{line}\n" for line in ("\t".join(rows[0]), *lines)))


@pytest.mark.parametrize("file", REPORTS)
def test_a_report_of_the_ena_states_the_files_of_each_choice(file: str) -> None:
    run = file.rpartition("_")[2].partition(".")[0]
    name = run if run.startswith(("ERR", "DRR", "SRR")) else "SRR6835844"
    for reads, files in REPORTS[file]:
        (row,) = rows_of(name, {REPORT: as_table(file)}, reads)
        assert of(row.files) == files
        at_sra = {"fastq": "sra-fastq", "bam": "sra-bam", "sra": "sra"}[reads] if files[0][0] == "" else "url"
        assert {file.kind for file in row.files} == {at_sra}
        assert bool(row.note) == (reads == "fastq" and at_sra != "url")
        assert row.cells["accession"] == row.files[0].folder


def test_a_search_of_the_ena_describes_runs() -> None:
    rows = rows_of("PRJEB12126", {REPORT: as_table("ena/search_json_full.json")})
    assert [row.cells["accession"] for row in rows] == [f"ERR11909{number}" for number in range(89, 94)]
    assert rows[0].cells == {
        "accession": "ERR1190989",
        "experiment_accession": "ERX1264364",
        "sample_accession": "SAMEA3708907",
        "study_accession": "PRJEB12126",
        "organism": "Mus musculus",
        "library_layout": "SINGLE",
        "library_strategy": "OTHER",
        "library_source": "TRANSCRIPTOMIC",
        "library_name": "",
        "instrument": "Illumina HiSeq 2000",
        "title": "Sample 1",
    }


def test_a_table_of_studies_is_no_list_of_runs() -> None:
    error = error_of(lambda: rows_of("PRJDB90", {REPORT: as_table("ena/search_study_DRP000595.json")}))
    assert isinstance(error, DecodeError)


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (
            "browser_xml_experiment_SRX3517583.xml",
            "no public sequencing runs (HiSeq X Ten paired end sequencing; GSM2905",
        ),
        ("browser_xml_run_SRR6835844.xml", "no public sequencing runs (Illumina NovaSeq 6000 sequencing; GSM3040890"),
        ("browser_xml_sample_SRS4237519.xml", "no public sequencing runs (old_Dropseq_1)"),
        (
            "browser_xml_study_SRP045126.xml",
            "no public sequencing runs (Homo sapiens Transcriptome or Gene expression)",
        ),
        ("browser_xml_study_SRP096361.xml", "no public sequencing runs (A Molecular Census of Arcuate Hypothalamus"),
        ("browser_xml_submission_SRA177342.xml", "no public sequencing runs (Submitted by Academia Sinica"),
        ("browser_xml_not_found_ERP006216.xml", "neither the ENA nor the SRA has a public record of it"),
        ("biosamples_SAMD00004104.json", "no public sequencing runs"),  # not of this interface: it has no title
    ],
)
def test_a_record_without_runs_is_named_and_an_unknown_one_not_found(file: str, expected: str) -> None:
    accession = file.partition(".")[0].rpartition("_")[2]
    status = 404 if "not_found" in file else 200
    record: Recorded = (status, f"ena/{file}")
    responses = {REPORT: httpx.Response(204), FIND: matches(0), f"{ENA}/browser/api/xml/{accession}": record}
    error = error_of(lambda: rows_of(accession, responses))
    assert isinstance(error, NotFound)
    assert expected in error.message


def test_the_title_of_a_record_is_text_not_xml() -> None:
    record = httpx.Response(200, text="<SET><STUDY_TITLE>Mice &amp; men\n&lt;2 days&gt;</STUDY_TITLE></SET>")
    responses = {REPORT: httpx.Response(204), FIND: matches(0), f"{ENA}/browser/api/xml/SRP000001": record}
    assert "(Mice & men <2 days>)" in str(error_of(lambda: rows_of("SRP000001", responses)))


# -- NCBI's E-utilities


def at_ncbi(search: Recorded, records: Recorded | None = None, name: str = "PRJNA988806") -> list[NamedRow]:
    read = {} if records is None else {READ: records}
    return rows_of(name, {REPORT: httpx.Response(204), FIND: search, **read}, "sra")


def test_run_information_describes_runs_that_the_ena_lacks() -> None:
    rows = at_ncbi(matches(2), "eutils/runinfo_PRJNA988806.csv")
    assert [(row.cells["accession"], row.files[0].kind) for row in rows] == [
        ("SRR25056229", "sra"),
        ("SRR25056228", "sra"),
    ]
    assert rows[0].cells == {
        "accession": "SRR25056229",
        "experiment_accession": "SRX20810432",
        "sample_accession": "SAMN36028301",
        "study_accession": "PRJNA988806",
        "organism": "Mus musculus",
        "library_layout": "PAIRED",
        "library_strategy": "RNA-Seq",
        "library_source": "TRANSCRIPTOMIC SINGLE CELL",
        "library_name": "GSM7518065",
        "instrument": "Illumina NovaSeq 6000",
        "title": "GSM7518065",
    }


def test_fewer_runs_than_were_found_are_an_error() -> None:
    error = error_of(lambda: at_ncbi(matches(5), "eutils/runinfo_PRJNA988806.csv"))
    assert "2 experiments', not the 5 that were found" in error.message
    error = error_of(lambda: at_ncbi("eutils/esearch_gds_GSE93374.json", "eutils/runinfo_PRJNA988806.csv"))
    assert "the 13 that were found" in error.message


@pytest.mark.parametrize("file", [name for name in ALL if name.startswith("eutils/efetch")])
def test_records_in_xml_are_no_run_information(file: str) -> None:
    assert isinstance(error_of(lambda: at_ncbi(matches(1), file)), DecodeError)


NO_SEARCHES = [
    name
    for name in ALL
    if name.startswith("eutils/") and not name.startswith(("eutils/efetch", "eutils/runinfo", "eutils/esearch_gds"))
]


@pytest.mark.parametrize("file", NO_SEARCHES)
def test_another_answer_to_a_search_is_an_error_not_an_empty_list(file: str) -> None:
    error = error_of(lambda: at_ncbi(file))
    assert isinstance(error, RateLimited if "rate_limit" in file else DecodeError)


def test_a_refusal_for_the_rate_names_the_key_with_either_status() -> None:
    for refused in ("eutils/error_rate_limit.json", (429, "eutils/error_rate_limit.json")):
        error = error_of(lambda refused=refused: at_ncbi(refused))
        assert isinstance(error, RateLimited)
        assert "rate limit" in error.message


# -- the SRA's locator


def located(file: str, run: str, kind: str, *, entry: bool = False) -> Any:
    document = json.loads((DATA / file).read_text("utf-8"))
    body = {"version": "2", "result": [document]} if entry else document
    source = Sra(kind, SourceOptions((), {}))
    vars(source)["client"] = SdlApi(transport=RecordedResponses({LOCATE: httpx.Response(200, json=body)}))
    (files,) = source.complete([ListedFile(kind, run)])
    return files


LOCATED = [
    ("response_case01_service", "SRR1", "sra", "returned nothing for it"),
    ("response_case03_SRR123456", "SRR123456", "sra", "404 Not found"),
    ("response_case05_SRR8117283", "SRR8117283", "sra", [("SRR8117283.sralite", 10626650910, "9a44fb")]),
    ("response_case06_SRR850901", "SRR850901", "sra", [("SRR850901.sra", 323741972, "5e213b")]),
    ("result_404_entry", "SRR867664", "sra", "404 No data at given location.region"),
    ("retrieve_SRR053325_quality_dbl", "SRR053325", "sra", [("SRR053325.sra", 31838, "a5a0d7")]),
    ("retrieve_SRR053325_quality_no", "SRR053325", "sra-fastq", [("SRR053325.sra", 31838, "a5a0d7")]),
    ("retrieve_SRR20172067_bam_and_sra", "SRR20172067", "sra", [("SRR20172067.sra", 7650138419, "b2f5d7")]),
    ("retrieve_SRR20172067_bam_and_sra", "SRR20172067", "sra-fastq", [("SRR20172067.sra", 7650138419, "b2f5d7")]),
    (
        "retrieve_SRR20172067_bam_and_sra",
        "SRR20172067",
        "sra-bam",
        [("SRR20172067/possorted_genome_bam_TC2_d15_1.bam", 17220510363, "4cf6c0")],
    ),
    ("retrieve_SRR850901_many_files", "SRR850901", "sra", [("SRR850901.sra", 323741972, "5e213b")]),
    ("retrieve_SRR850901_many_files", "SRR850901", "sra-bam", "has no alignments of it"),
]


@pytest.mark.parametrize(("file", "run", "kind", "expected"), LOCATED)
def test_the_locator_names_the_files_of_a_run(file: str, run: str, kind: str, expected: Any) -> None:
    files = located(f"sdl/{file}.json", run, kind, entry=file.startswith("result"))
    if isinstance(expected, str):
        assert expected in files[0].error.message
    else:
        assert of(files) == expected
        assert {file.kind for file in files} == {kind}


def test_a_locator_that_failed_is_no_list_without_files() -> None:
    error = error_of(lambda: located("sdl/response_case02_service.json", "SRR1", "sra"))
    assert isinstance(error, APIError)
    assert (error.status, "Internal Server Error" in error.message) == (500, True)


# -- GEO


def test_a_series_of_geo_has_supplementary_files_with_the_sizes_of_its_list() -> None:
    rows = rows_of("GSE105845", {RECORD: "geo/GSE105845_family_soft.txt", **no_list("GSE105nnn/GSE105845")}, "suppl")
    assert [of(row.files) for row in rows] == [[("GSE105845_RAW.tar", None, "")]]
    assert rows[0].cells["title"] == "microRNA-seq from forebrain (ENCSR715QTV)"
    assert rows[0].files[0].address.startswith("https://ftp.ncbi.nlm.nih.gov/geo/series/GSE105nnn/GSE105845/suppl/")
    series = "^SERIES = GSE125065\n!Series_supplementary_file = ftp://ftp.ncbi.nlm.nih.gov/x/GSE125065_RAW.tar\n"
    listed = {f"{SUPPL}/GSE125nnn/GSE125065/suppl/filelist.txt": "geo/filelist_GSE125065.txt"}
    (row,) = rows_of("GSE125065", {RECORD: httpx.Response(200, text=series), **listed}, "suppl")
    assert of(row.files) == [("GSE125065_RAW.tar", 61061120, "")]


def no_list(series: str) -> dict[str, Recorded]:
    return {f"{SUPPL}/{series}/suppl/filelist.txt": httpx.Response(404)}


def test_a_series_without_the_samples_that_it_names_is_incomplete() -> None:
    responses = {RECORD: "geo/GSE105845_family_soft.txt", **no_list("GSE105nnn/GSE105845")}
    error = error_of(lambda: rows_of("GSE105845", responses))
    assert "0 samples', not the 2 of GSE105845" in error.message


def test_a_sample_of_an_array_has_neither_runs_nor_files() -> None:
    error = error_of(lambda: rows_of("GSM32878", {RECORD: "geo/GSM32878.txt"}))
    assert isinstance(error, NotFound)
    assert "GSM32878 has no supplementary files" in error.message


@pytest.mark.parametrize(
    "file", ["GPL20814_family_soft.txt", "GPL4133.txt", "acc_cgi_self_GPL9115.txt", "acc_cgi_redirect_http.txt"]
)
def test_a_platform_or_a_page_is_no_series(file: str) -> None:
    assert isinstance(error_of(lambda: rows_of("GSE1", {RECORD: f"geo/{file}"})), DecodeError)


# -- the EGA


@pytest.mark.parametrize("file", ["error_bad_credentials.json", "error_bad_token.json"])
def test_a_refusal_of_the_ega_has_its_words(file: str) -> None:
    error = error_of(
        lambda: rows_of("EGAD00000000001", {f"{EGA}/datasets/EGAD00000000001/files": (400, f"ega/{file}")})
    )
    assert isinstance(error, BadRequest)
    assert json.loads((DATA / "ega" / file).read_text())["error_description"] in error.message


def test_a_bare_list_of_accessions_is_no_list_of_datasets() -> None:
    responses: dict[str, Recorded] = {f"{EGA}/studies/EGAS00000000001/datasets": "ega/datasets_list.json"}
    assert isinstance(error_of(lambda: rows_of("EGAS00000000001", responses)), DecodeError)


def test_every_answer_is_read() -> None:
    text = Path(__file__).read_text("utf-8")
    read = {*NO_SEARCHES, *(name for name in ALL if name.startswith("eutils/efetch")), *REPORTS}
    unread = [file for file in ALL if file not in read and file.partition("/")[2].rpartition(".")[0] not in text]
    assert unread == []
