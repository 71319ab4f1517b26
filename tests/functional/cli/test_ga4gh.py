"""`omics htsget`, `omics refget`, `omics trs`: as users run them."""

import gzip

import pytest
from omicsdk.sandbox.ga4gh.htsget import BGZF_END
from service_command import service_command

TOOL = "#workflow/sandbox/example/count"
VARIABLES = ("OMICS_HTSGET_TOKEN", "OMICS_REFGET_TOKEN", "OMICS_TRS_TOKEN", "OMICS_PROFILE")


@pytest.fixture
def run(omics, omics_sandbox, monkeypatch, tmp_path):
    urls = {
        "OMICS_HTSGET_URL": omics_sandbox.htsget_url,
        "OMICS_REFGET_URL": omics_sandbox.refget_url,
        "OMICS_TRS_URL": omics_sandbox.trs_url,
    }
    service_command(omics, "htsget", monkeypatch, tmp_path, urls, VARIABLES)
    return lambda *words, **how: omics(*words, installed=True, **how)


def work(tmp_path):
    return sorted(path.relative_to(tmp_path / "work").as_posix() for path in (tmp_path / "work").rglob("*"))


# -- htsget


def test_a_slice_is_downloaded_without_another_word(run, tmp_path):
    done = run("htsget", "sample-1", "--region", "chr1:1-1,000", "--to", "a.bam")
    assert (done.code, done.json["format"], done.json["path"]) == (0, "BAM", "a.bam")
    assert "verified by format and md5" in done.err
    data = (tmp_path / "work" / "a.bam").read_bytes()
    assert data.endswith(BGZF_END)
    assert gzip.decompress(data).startswith(b"BAM\x01")
    again = run("htsget", "download", "sample-1", "--region", "chr1:1-1,000", "--to", "a.bam")
    assert (again.code, again.json["skipped"]) == (0, True)
    assert "already complete" in again.err


def test_a_url_needs_no_settings(run, omics_sandbox, monkeypatch, tmp_path):
    monkeypatch.delenv("OMICS_HTSGET_URL")
    url = f"{omics_sandbox.htsget_url}/variants/sample-1"
    assert run("htsget", url, "--to", "a.vcf.gz").json["format"] == "VCF"
    refused = run("htsget", "sample-1", "--to", "b.bam")
    assert refused.code == 2
    assert "OMICS_HTSGET_URL" in refused.err
    assert work(tmp_path) == ["a.vcf.gz"]


def test_plain_variants_are_called_unverified(run, omics_sandbox, tmp_path):
    omics_sandbox.settings.turn({"htsget.as_refserver": True})
    done = run("htsget", "sample-1", "--tags", "NM", "--to", "a.vcf")
    assert (done.code, done.json["verification"]) == (0, "unverified")
    assert "2 blocks, unverified" in done.err
    refused = run("htsget", "sample-1", "--tags", "NM", "--to", "b.vcf.gz")
    assert refused.code == 1
    assert "Use a name that ends in .vcf." in refused.err
    assert run("htsget", "sample-1", "--format", "VCF", "--to", "c.bam").code == 2
    assert work(tmp_path) == ["a.vcf"]


def test_options_before_the_identifier_are_the_commands(run):
    assert run("htsget", "--region", "chr2", "sample-1", "--to", "a.bam").code == 0


def test_it_is_printed_in_the_place_of_a_file(run, tmp_path):
    done = run("htsget", "sample-1", "--format", "VCF", "--region", "chr1:1-300", "--region", "chr2", "--to", "-")
    assert done.code == 0
    assert "stdout: VCF" in done.err
    assert work(tmp_path) == []


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("nope", "--to", "a.bam"), 1, "There are no reads of the identifier nope"),
        (("sample-1", "--region", "chr1:9-1", "--to", "a.bam"), 2, "is not a region"),
        (("sample-1", "--region", "", "--to", "a.bam"), 2, "is not a region"),
        (("sample-1", "--format", "SAM", "--to", "a.bam"), 2, "expected one of BAM, CRAM, VCF, BCF"),
        (("sample-1", "--format", "CRAM", "--to", "a.cram"), 1, "UnsupportedFormat"),
        (("sample-1",), 2, "--to is required"),
        (("sample-1", "--to", "none/a.bam"), 2, "none"),
        (("https://127.0.0.1/x", "--to", "a.bam"), 2, "is not the URL of a data set"),
        (("downlaod", "sample-1", "--to", "a.bam"), 2, "Did you mean download?"),
        (("downlaod", "--to", "a.bam"), 2, "omics htsget download downlaod"),
        (("Service_Info",), 2, "Did you mean service-info?"),
        (("download", "downlaod", "--to", "a.bam"), 1, "There are no reads of the identifier downlaod"),
        (("reads/download", "--to", "a.bam"), 1, "There are no reads of the identifier reads/download"),
        (("sample-1", "--limit-rate", "x", "--to", "a.bam"), 2, "not a number of bytes per second"),
    ],
)
def test_refusals_are_named_and_write_nothing(run, tmp_path, words, code, message):
    refused = run("htsget", *words)
    assert refused.code == code
    assert message in refused.err
    assert work(tmp_path) == []


def test_a_dry_run_states_what_would_be_fetched(run, tmp_path):
    done = run("htsget", "sample-1", "--to", "a.bam", "--dry-run")
    assert (done.code, done.json["planned"], done.json["verification"]) == (0, True, "md5")
    assert "blocks would be fetched" in done.err
    assert work(tmp_path) == []
    assert run("htsget", "sample-1", "--to", "a.bam").json["size"] == done.json["size"]


def test_a_dry_run_of_what_would_be_printed_prints_no_file(run, tmp_path):
    done = run("htsget", "sample-1", "--format", "VCF", "--to", "-", "--dry-run")
    assert done.code == 0
    assert "##fileformat" not in done.out
    assert work(tmp_path) == []


def test_help_names_the_server_that_it_was_tried_with(run):
    for service, server in (("htsget", "htsget-refserver"), ("refget", "seqrepo-rest-service"), ("trs", "trs-filer")):
        assert server in run(service, "--help").out, service


def test_the_service_is_shown(run):
    assert run("htsget", "service-info", "--query", "htsget.datatype").out.strip() == "reads"
    assert run("refget", "service-info", "--query", "refget.algorithms").json == ["md5", "trunc512", "ga4gh"]
    assert run("trs", "service-info", "--query", "type.artifact").out.strip() == "trs"


# -- refget


def test_a_sequence_is_printed_or_written(run, tmp_path):
    shown = run("refget", "get", "plasmid", "--start", "0", "--end", "70")
    lines = shown.out.splitlines()
    assert [lines[0], *map(len, lines[1:])] == [">plasmid:1-70", 60, 10]
    assert run("refget", "get", "plasmid", "--to", "a.txt", "--format", "plain").json["verification"] == "ga4gh"
    assert len((tmp_path / "work" / "a.txt").read_text()) == 600
    assert run("refget", "metadata", "plasmid").json["length"] == 600
    assert work(tmp_path) == ["a.txt"]


# -- TRS


def test_a_tool_is_shown_and_its_files_are_written(run, tmp_path):
    assert [tool["id"] for tool in run("trs", "ls").json] == [TOOL]
    assert run("trs", "get", TOOL, "--query", "name").out.strip() == "count"
    assert [version["id"] for version in run("trs", "versions", TOOL).json] == ["v1.0", "v1.1"]
    done = run("trs", "download", TOOL, "--version", "v1.0", "-d", "t")
    assert (done.code, done.json["counts"]["done"]) == (0, 4)
    assert "4 verified" in done.err
    paths = [file["path"] for file in run("trs", "files", TOOL, "--version", "v1.0").json]
    assert sorted(paths) == sorted(
        name.removeprefix("t/") for name in work(tmp_path) if (tmp_path / "work" / name).is_file()
    )
    assert run("trs", "download", TOOL, "--version", "v1.0", "-d", "t").json["counts"]["skipped"] == 4
    some = run("trs", "download", TOOL, "--version", "v1.0", "-d", "u", "--exclude", paths[0])
    assert (some.code, some.json["counts"]["done"]) == (0, 3)


def test_a_version_has_to_be_named_where_there_are_several(run):
    refused = run("trs", "download", TOOL)
    assert refused.code == 2
    assert "v1.0 (release 1.0), v1.1 (release 1.1). Name one with --version" in refused.err
    assert run("trs", "get", "none").code == 1
