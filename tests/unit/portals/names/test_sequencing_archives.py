"""What users of other tools for sequencing archives trip over: runs with three files, GEO's links, rates, lists cut short."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from omicsdk.core.errors import (
    APIError,
    BadRequest,
    DecodeError,
    Forbidden,
    Interrupted,
    NotFound,
    OmicsError,
    UsageError,
)
from omicsdk.core.manual_clock import ManualClock
from omicsdk.portals.lists import ListedFile
from omicsdk.portals.names import ArchiveOptions, Archives, names_in
from omicsdk.portals.names.archive import Reads
from omicsdk.portals.names.geo import NO_SEQUENCING
from omicsdk.portals.names.ncbi import Entrez, RateLimit
from omicsdk.portals.names.responses import LONGEST_RECORD, lines_in
from omicsdk.portals.names.sequencing import CELLS, NO_FASTQ, NO_RUNS, ONE_FILE, Runs
from omicsdk.portals.sources import SourceOptions, Sra
from omicsdk_api.archives.sdl import SdlApi

from tests.unit.portals.names.recorded import Recorded, RecordedResponses, error_of, result_of, rows_of

ENA = "https://www.ebi.ac.uk/ena"
REPORT, SEARCH = f"{ENA}/portal/api/filereport", f"POST {ENA}/portal/api/search"
FIND, READ = (f"https://eutils.ncbi.nlm.nih.gov/entrez/eutils/{name}.fcgi" for name in ("esearch", "efetch"))
RECORD = "https://www.ncbi.nlm.nih.gov/geo/query/acc.cgi"
EGA = "https://metadata.ega-archive.org"
MD5 = ["a" * 32, "b" * 32, "c" * 32]


def text(*lines: str) -> httpx.Response:
    return httpx.Response(200, text="".join(f"{line}\n" for line in lines))


def table(*rows: Mapping[str, str]) -> httpx.Response:
    columns = dict.fromkeys(["run_accession", "experiment_accession", *(name for row in rows for name in row)])
    return text("\t".join(columns), *("\t".join(row.get(name, "") for name in columns) for row in rows))


def fastq(run: str, *names: str, **others: str) -> dict[str, str]:
    """A row of the ENA's report with FASTQ files."""
    urls = ";".join(f"ftp.sra.ebi.ac.uk/vol1/fastq/{name}" for name in names)
    sizes, sums = ";".join(str(number) for number, _ in enumerate(names, 1)), ";".join(MD5[: len(names)])
    return {"run_accession": run, "fastq_ftp": urls, "fastq_md5": sums, "fastq_bytes": sizes, **others}


def esearch(count: int) -> httpx.Response:
    return httpx.Response(200, json={"esearchresult": {"count": str(count), "querykey": "1", "webenv": "M"}})


def information(*rows: Mapping[str, str]) -> httpx.Response:
    columns = dict.fromkeys(["Run", "Experiment", *(name for row in rows for name in row)])
    return text(",".join(columns), *(",".join(row.get(name, "") for name in columns) for row in rows))


def archives(responses: Mapping[str, Recorded], reads: Reads = "fastq", **more: Any) -> Archives:
    options = ArchiveOptions({}, reads, transport=RecordedResponses(responses), clock=ManualClock(), **more)
    return Archives(options)


# -- runs


def test_files_and_checksums_of_different_number_fail_alone_and_are_never_guessed() -> None:
    broken = {**fastq("SRR1000001", "a_1.fastq.gz", "a_2.fastq.gz"), "fastq_md5": MD5[0]}
    first, second = rows_of("SRP000001", {REPORT: table(broken, fastq("SRR1000002", "b.fastq.gz"))})
    error = first.files[0].error
    assert error is not None
    assert "fastq_md5 has 1 values for 2 URLs" in error.message
    assert [file.name for file in second.files] == ["b.fastq.gz"]


def test_runs_of_all_archives_and_any_case_and_with_unseen_marks_are_names() -> None:
    for run in ("err3372842", "DRR051059", "\u200eSRR390728\u200f "):
        (row,) = rows_of(run, {REPORT: table(fastq(run.strip(" \u200e\u200f").upper(), "x.fastq.gz"))})
        assert row.cells["accession"] == run.strip(" \u200e\u200f").upper()


def test_a_run_without_fastq_is_described_and_its_archive_found_with_the_command_to_run() -> None:
    row = {"run_accession": "SRR11945694", "scientific_name": "Homo sapiens", "library_layout": "PAIRED"}
    (named,) = rows_of("SRR11945694", {REPORT: table(row)})
    assert (named.files[0].kind, named.files[0].address) == ("sra-fastq", "SRR11945694")
    assert named.note == NO_FASTQ
    assert "fasterq-dump" in NO_FASTQ
    assert named.cells["organism"] == "Homo sapiens"


def test_one_file_of_a_pair_or_of_single_cells_is_noted_as_it_may_lack_the_barcodes() -> None:
    described = [
        {"library_layout": "PAIRED"},
        {"library_source": "TRANSCRIPTOMIC SINGLE CELL"},
        {"library_layout": "SINGLE"},
    ]
    rows = [fastq(f"SRR100000{number}", "x.fastq.gz", **more) for number, more in enumerate(described)]
    assert [row.note for row in rows_of("SRP000001", {REPORT: table(*rows)})] == [ONE_FILE, ONE_FILE, ""]
    pair = fastq("SRR1000001", "x_1.fastq.gz", "x_2.fastq.gz", library_layout="PAIRED")
    assert rows_of("SRP000001", {REPORT: table(pair)})[0].note == ""


def test_a_run_that_the_locator_refuses_is_refused_with_the_place_to_apply_at() -> None:
    source, _ = located({"bundle": "SRR1", "status": 403, "msg": "Access denied"}, "sra")
    ((file,),) = source.complete([ListedFile("sra", "SRR1")])
    assert isinstance(file.error, Forbidden)
    assert "dbgap.ncbi.nlm.nih.gov" in (file.error.remedy or "")


def test_fastq_of_the_cloud_is_preferred_to_an_archive_and_closed_copies_are_left_out() -> None:
    def file(kind: str, name: str, **location: object) -> dict[str, object]:
        return {"type": kind, "name": name, "size": 1, "locations": [{"link": f"https://x/{name}", **location}]}

    files = [file("sra", "SRR1"), file("fastq", "r_1.fq.gz", payRequired=True), file("fastq", "r_2.fq.gz")]
    for listed, expected in ((files, "r_2.fq.gz"), (files[:2], "SRR1.sra"), (files[1:2], None)):
        source, transport = located({"bundle": "SRR1", "status": 200, "files": listed}, "sra-fastq")
        ((listed_file,),) = source.complete([ListedFile("sra-fastq", "SRR1")])
        assert "accept-alternate-locations=yes" in transport.requests[0].content.decode()
        assert (listed_file.name if listed_file.error is None else None) == expected
        assert expected or isinstance(listed_file.error, Forbidden)


def located(run: Mapping[str, object], kind: str) -> tuple[Sra, RecordedResponses]:
    """The SRA's source with a run in all responses of its locator."""
    response = httpx.Response(200, json={"result": [run]})
    transport = RecordedResponses({"POST https://locate.ncbi.nlm.nih.gov/sdl/2/retrieve": response})
    source = Sra(kind, SourceOptions((), {}))
    vars(source)["client"] = SdlApi(transport=transport)
    return source, transport


def test_further_open_copies_of_an_archive_are_tried_one_after_the_other() -> None:
    links = [{"link": "https://one/x"}, {"link": "s3://closed/x"}, {"link": 1}, {"link": "https://two/x"}]
    run = {"bundle": "SRR1", "status": 200, "files": [{"type": "sra", "name": "SRR1", "size": 1, "locations": links}]}
    source, _ = located(run, "sra")
    ((file,),) = source.complete([ListedFile("sra", "SRR1")])
    copies = [item.locate() for skip in range(2) if (item := source.item(file, skip)) and callable(item.locate)]
    assert [copy.url for copy in copies] == ["https://one/x", "https://two/x"]
    assert source.item(file, 2) is None


def test_a_run_of_dbgap_is_refused_with_the_place_to_apply_at() -> None:
    row = {
        "Run": "SRR1",
        "Experiment": "SRX1",
        "BioProject": "PRJNA1",
        "dbgap_study_accession": "phs000001",
        "Consent": "GRU",
    }
    (named,) = rows_of("PRJNA1", {REPORT: httpx.Response(204), FIND: esearch(1), READ: information(row)})
    error = named.files[0].error
    assert isinstance(error, Forbidden)
    assert (error.message, "dbgap.ncbi.nlm.nih.gov" in (error.remedy or "")) == (
        "SRR1: access is controlled (phs000001)",
        True,
    )


def test_records_that_only_mention_an_accession_are_left_out() -> None:
    run, other = ({"Run": f"SRR{n}", "Experiment": f"SRX{n}", "BioProject": f"PRJNA{n}"} for n in (1, 2))
    rows = rows_of("PRJNA1", {REPORT: text("run_accession"), FIND: esearch(2), READ: information(run, other)}, "sra")
    assert [row.cells["accession"] for row in rows] == ["SRR1"]


@pytest.mark.parametrize("word", ["fieldName(s)", "field(s)"], ids=["fetchngs-372", "older"])
def test_columns_that_the_ena_no_longer_has_are_left_out(word: str) -> None:
    files = [f"fastq_{what}" for what in ("ftp", "md5", "bytes")]
    columns = [*(column for column, _ in CELLS.values()), *files]
    refused = httpx.Response(400, json={"message": f"Invalid {word} supplied: library_name, sample_title"})
    fewer = ",".join(column for column in columns if column not in ("library_name", "sample_title"))
    row = fastq("SRR1", "SRR1.fastq.gz", experiment_accession="SRX1", library_strategy="RNA-Seq")
    transport = RecordedResponses({f"{REPORT}?fields={fewer}": table(row), REPORT: refused})
    with Runs(ArchiveOptions({}, "fastq", transport=transport, clock=ManualClock())) as runs:
        rows = [*runs.of_record("SRR1"), *runs.of_record("SRR1")]
    assert [(named.cells["library_name"], named.cells["library_strategy"]) for named in rows] == [("", "RNA-Seq")] * 2
    assert [file.name for named in rows for file in named.files] == ["SRR1.fastq.gz"] * 2
    assert len(transport.requests) == 3


def test_an_accession_that_the_ena_refuses_may_be_ncbis_and_is_unknown_if_it_is_not() -> None:
    refused = httpx.Response(400, json={"message": "Invalid accession: SRP999999"})
    row = {"Run": "SRR1", "Experiment": "SRX1", "SRAStudy": "SRP999999"}
    (named,) = rows_of("SRP999999", {REPORT: refused, FIND: esearch(1), READ: information(row)}, "sra")
    assert "the ENA refuses the accession: Invalid accession: SRP999999" in named.note
    changed = httpx.Response(400, json={"message": "Invalid field(s) supplied: fastq_md5"})
    assert isinstance(error_of(lambda: rows_of("SRP999999", {REPORT: changed})), BadRequest)
    record = {f"{ENA}/browser/api/xml/SRP999999": httpx.Response(404, text="<ErrorDetails/>")}
    error = error_of(lambda: rows_of("SRP999999", {REPORT: refused, FIND: esearch(0), **record}))
    assert isinstance(error, NotFound)
    assert "suppressed" in (error.remedy or "")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("run_accession\tfastq_ftp\nSRR1\tx\nSRR2", "the list is incomplete"),
        ("run_accession\tfastq_ftp\nSRR1\tx\nSRR2\tft", "a table whose last line is complete"),
        ("<!DOCTYPE html><html><title>Maintenance</title></html>\n", "a table with a column run_accession"),
        ('{"message": "try later"}\n', "a table with a column run_accession"),
    ],
)
def test_half_a_report_or_a_page_is_an_error(body: str, expected: str) -> None:
    error = error_of(lambda: rows_of("SRP000001", {REPORT: httpx.Response(200, text=body)}))
    assert isinstance(error, DecodeError)
    assert expected in error.message


def test_runs_of_a_large_study_are_read_as_they_arrive() -> None:
    class Arriving(httpx.SyncByteStream):
        sent = 0

        def __iter__(self):
            yield b"run_accession\tfastq_ftp\tfastq_md5\tfastq_bytes\n"
            for number in range(4_000):
                self.sent = number
                yield f"SRR{number:07}\tftp.sra.ebi.ac.uk/SRR{number:07}.fastq.gz\t{MD5[0]}\t1\n".encode()

    body = Arriving()
    with archives({REPORT: httpx.Response(200, stream=body)}) as opened:
        rows = opened.rows(names_in("PRJNA1"))
        assert next(rows).cells["accession"] == "SRR0000000"
        assert body.sent < 100
        assert 1 + sum(1 for _ in rows) == 4_000


def test_a_stop_ends_a_long_list() -> None:
    rows = [fastq(f"SRR10000{number}", "x.fastq.gz") for number in range(3)]
    with archives({REPORT: table(*rows)}, stopped=lambda: True) as opened, pytest.raises(Interrupted):
        list(opened.rows(names_in("SRP000001")))


def test_a_failing_archive_is_not_taken_for_one_without_runs() -> None:
    error = error_of(lambda: rows_of("SRP000001", {REPORT: httpx.Response(500, text="down")}))
    assert isinstance(error, APIError)
    assert error.status == 500


def test_runs_have_no_supplementary_files() -> None:
    assert isinstance(error_of(lambda: rows_of("SRP000001", {}, "suppl")), UsageError)


# -- GEO


def sample(gsm: str, *more: str, experiment: str = "", kind: str = "SRA") -> list[str]:
    relation = [f"!Sample_relation = SRA: https://www.ncbi.nlm.nih.gov/sra?term={experiment}"] if experiment else []
    return [f"^SAMPLE = {gsm}", f"!Sample_title = title of {gsm}", f"!Sample_type = {kind}", *relation, *more]


def series(gse: str, *samples: list[str], more: tuple[str, ...] = ()) -> dict[str, Recorded]:
    ids = (f"!Series_sample_id = {sample[0].rpartition(' ')[2]}" for sample in samples)
    return {
        f"{RECORD}?acc={gse}&targ=self": text(f"^SERIES = {gse}", "!Series_title = t", *ids, *more),
        f"{RECORD}?acc={gse}&targ=gsm": text(*(line for sample in samples for line in sample)),
        f"https://ftp.ncbi.nlm.nih.gov/geo/series/{gse[:-3]}nnn/{gse}/suppl/filelist.txt": httpx.Response(404),
    }


def test_all_runs_of_a_sample_of_geo_are_found_by_the_experiments_that_it_names() -> None:
    second = "!Sample_relation = SRA: https://www.ncbi.nlm.nih.gov/sra?term=SRX2"
    runs = [("SRR1", "SRX1"), ("SRR2", "SRX1"), ("SRR3", "SRX1"), ("SRR4", "SRX2")]
    responses = {
        RECORD: text(*sample("GSM3832552", second, experiment="SRX1")),
        SEARCH: table(*(fastq(run, f"{run}.fastq.gz", experiment_accession=of) for run, of in runs)),
    }
    result = result_of("GSM3832552", responses)
    assert [row.cells["accession"] for row in result.rows] == ["SRR1", "SRR2", "SRR3", "SRR4"]
    described = {(row.cells["geo_accession"], row.cells["title"]) for row in result.rows}
    assert described == {("GSM3832552", "title of GSM3832552")}
    form = result.sent[-1].content.decode()
    assert "SRX1" in form
    assert "SRX2" in form


def test_the_samples_of_a_series_decide_not_its_project_and_a_superseries_has_those_of_all() -> None:
    samples = [sample(f"GSM{n}", experiment=f"SRX{n}") for n in (1, 2)]
    responses = series("GSE163666", *samples, more=("!Series_relation = SuperSeries of: GSE165894",))
    runs = table(*(fastq(f"SRR{n}", f"SRR{n}.fastq.gz", experiment_accession=f"SRX{n}") for n in (1, 2)))
    rows = rows_of("GSE163666", {**responses, SEARCH: runs})
    assert [(row.cells["geo_accession"], row.cells["accession"]) for row in rows] == [
        ("GSM1", "SRR1"),
        ("GSM2", "SRR2"),
    ]


def test_experiments_that_the_ena_lacks_are_read_at_ncbi() -> None:
    samples = [sample(f"GSM{n}", experiment=f"SRX{n}") for n in (1, 2)]
    responses = {
        **series("GSE1000", *samples),
        SEARCH: table(fastq("SRR1", "SRR1.fastq.gz", experiment_accession="SRX1")),
        f"{FIND}?term=SRX2": esearch(1),
        READ: information({"Run": "SRR2", "Experiment": "SRX2"}),
    }
    rows = rows_of("GSE1000", responses)
    assert [(row.cells["geo_accession"], row.files[0].kind) for row in rows] == [("GSM1", "url"), ("GSM2", "sra-fastq")]


def test_samples_without_a_link_are_searched_and_those_without_runs_are_rows_without_files() -> None:
    responses = {
        **series("GSE1000", sample("GSM1"), sample("GSM2")),
        f"{FIND}?term=GSM1+OR+GSM2": esearch(1),
        READ: information({"Run": "SRR1", "Experiment": "SRX1", "SampleName": "x", "LibraryName": "GSM1"}),
    }
    rows = rows_of("GSE1000", responses)
    assert [(row.cells["geo_accession"], len(row.files), row.note) for row in rows] == [
        ("GSM1", 1, NO_FASTQ),
        ("GSM2", 0, NO_RUNS),
    ]


def test_a_series_of_arrays_is_its_supplementary_files() -> None:
    files = ("!Series_supplementary_file = ftp://ftp.ncbi.nlm.nih.gov/geo/a/GSE1000_RAW.tar",)
    (row,) = rows_of("GSE1000", series("GSE1000", sample("GSM1", kind="RNA"), more=files))
    assert ([file.name for file in row.files], row.note) == (["GSE1000_RAW.tar"], NO_SEQUENCING)


def test_all_supplementary_files_of_a_sample_are_named_and_none_where_geo_says_so() -> None:
    folder = "ftp://ftp.ncbi.nlm.nih.gov/geo/samples/GSM6737nnn/GSM6737826/suppl"
    lines = [f"!Sample_supplementary_file_{n} = {folder}/GSM6737826_{name}" for n, name in enumerate("abc", 1)]
    lines.append("!Sample_supplementary_file_4 = ftp://ftp-trace.ncbi.nlm.nih.gov/sra/sra-instant/reads/SRX1")
    (row,) = rows_of("GSM6737826", {RECORD: text(*sample("GSM6737826", *lines))}, "suppl")
    assert [file.name for file in row.files] == ["GSM6737826_a", "GSM6737826_b", "GSM6737826_c"]
    assert all(file.address.startswith("https://ftp.ncbi") for file in row.files)
    cut_off = text(*sample("GSM6737826", lines[0], "!Sample_supplementary_file_2 = ftp://ftp.ncbi"))
    (row,) = rows_of("GSM6737826", {RECORD: cut_off}, "suppl")
    assert [type(file.error) for file in row.files] == [type(None), DecodeError]
    none = text(*sample("GSM1944823", "!Sample_supplementary_file_1 = NONE"))
    assert isinstance(error_of(lambda: rows_of("GSM1944823", {RECORD: none}, "suppl")), NotFound)


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        ('<html>Accession "GSE1000" is currently private and is scheduled to be released on Jan 01, 2027.', Forbidden),
        ('<html>Could not find a public or private accession "GSE1000"</html>', NotFound),
        ("", NotFound),
        ("<html><title>Maintenance</title></html>", DecodeError),
    ],
)
def test_a_page_in_place_of_a_record_says_why(page: str, kind: type[OmicsError]) -> None:
    assert type(error_of(lambda: rows_of("GSE1000", {RECORD: httpx.Response(200, text=page)}))) is kind


def test_half_of_a_series_is_an_error_after_what_was_read() -> None:
    responses = series("GSE1000", sample("GSM1", experiment="SRX1"), sample("GSM2", experiment="SRX2"))
    responses[f"{RECORD}?acc=GSE1000&targ=gsm"] = text(*sample("GSM1", experiment="SRX1"))
    responses[SEARCH] = table(fastq("SRR1", "SRR1.fastq.gz", experiment_accession="SRX1"))
    with archives(responses) as opened:
        rows = opened.rows(names_in("GSE1000"))
        assert next(rows).cells["accession"] == "SRR1"
        with pytest.raises(DecodeError, match="1 samples', not the 2 of GSE1000"):
            next(rows)


# -- the EGA


def test_files_of_the_ega_are_listed_in_pages_and_refused_with_the_place_to_apply_at() -> None:
    def page(start: int, count: int) -> httpx.Response:
        entries = (
            {"accession_id": f"EGAF{number:011}", "extension": "bam", "filesize": number}
            for number in range(start, start + count)
        )
        more = {"unencrypted_checksum": MD5[0].upper(), "unencrypted_checksum_type": "MD5"}
        return httpx.Response(200, json=[{**entry, **more} for entry in entries])

    files = f"{EGA}/datasets/EGAD00000000001/files"
    responses: dict[str, Recorded] = {
        f"{EGA}/studies/EGAS00000000001/datasets": httpx.Response(200, json=[{"accession_id": "EGAD00000000001"}]),
        f"{files}?offset=0": page(1, 500),
        f"{files}?offset=500": page(501, 2),
    }
    rows = rows_of("EGAS00000000001", responses)
    last = rows[-1].files[0]
    assert (len(rows), last.name, last.size, last.checksums) == (502, "EGAF00000000502.bam", 502, {"md5": MD5[0]})
    assert isinstance(last.error, Forbidden)
    assert "https://ega-archive.org/datasets/EGAD00000000001" in (last.error.remedy or "")
    error = error_of(lambda: rows_of("EGAD00000000001", {files: httpx.Response(200, json=[])}))
    assert isinstance(error, NotFound)
    with pytest.raises(DecodeError, match="not a list"):
        rows_of("EGAD00000000001", {files: httpx.Response(200, json=True)})
    with pytest.raises(DecodeError, match="another one than the page before"):  # it ignores the offset
        rows_of("EGAD00000000001", {files: page(1, 500)})


# -- rates


def test_requests_to_ncbi_are_spaced_three_a_second_or_ten_with_a_key() -> None:
    for environ, interval in (({}, 1 / 3), ({"NCBI_API_KEY": "k"}, 0.1)):
        clock, transport = ManualClock(), RecordedResponses({FIND: esearch(0)})
        entrez = Entrez(ArchiveOptions(environ, transport=transport, clock=clock))
        for _ in range(4):
            assert list(entrez.runs(["SRX1"])) == []
        assert clock.slept == pytest.approx([interval] * 3)
        assert {request.url.params.get("api_key") for request in transport.requests} == {environ.get("NCBI_API_KEY")}


def test_a_rate_that_nothing_exceeds_delays_nothing() -> None:
    clock = ManualClock()
    limit = RateLimit(3, clock)
    for _ in range(3):
        limit()
        clock.advance(1)
    assert clock.slept == []


def test_the_key_is_not_sent_over_http() -> None:
    transport = RecordedResponses({"http://ncbi.example.org/esearch.fcgi": esearch(0)})
    environ = {"NCBI_API_KEY": "k", "OMICS_EUTILS_URL": "http://ncbi.example.org"}
    list(Entrez(ArchiveOptions(environ, transport=transport, clock=ManualClock())).runs(["SRX1"]))
    assert "api_key" not in str(transport.requests[0].url)


def test_a_bad_request_of_another_kind_is_an_error() -> None:
    error = error_of(
        lambda: rows_of("GSM1", {RECORD: text(*sample("GSM1", experiment="SRX1")), SEARCH: httpx.Response(400)})
    )
    assert isinstance(error, BadRequest)


def lines(*chunks: bytes) -> list[str]:
    body: Any = SimpleNamespace(arriving=lambda: iter(chunks))
    return list(lines_in(body, "archive"))


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_lines_are_whole_however_they_arrive(size: int) -> None:
    text = "\ufeffé\n\nlong line\r\nend".encode()
    assert lines(*(text[at : at + size] for at in range(0, len(text), size))) == ["é\n", "\n", "long line\r\n", "end"]


def test_a_line_without_an_end_is_refused() -> None:
    with pytest.raises(DecodeError, match="lines of at most 16 MiB"):
        lines(*[b"x" * 65536] * (LONGEST_RECORD // 65536 + 1))
    with pytest.raises(DecodeError, match="UTF-8"):
        lines(b"a\n\xff")
