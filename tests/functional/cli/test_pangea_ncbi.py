"""`omics pangea ncbi`: what NCBI has, and libraries made of it; NCBI's part is played by a small server."""

import csv

import pytest
from ncbi_stand_in import ncbi_stand_in
from service_command import pangea_command


@pytest.fixture
def pangea(omics, omics_sandbox, monkeypatch, tmp_path):
    with ncbi_stand_in(monkeypatch):
        yield pangea_command(omics, omics_sandbox, monkeypatch, tmp_path)


def test_a_project_is_shown_with_its_samples(pangea, tmp_path):
    ran = pangea("ncbi", "list", "bioproject", "PRJNA5", "-s", "0")
    assert ran.code == 0
    assert "A project" in ran.json["metadata"]["ncbi_xml"]
    assert ran.json["samples"] == [{"accession": "SAMN71", "experiments": ["SRX901"]}]
    assert pangea("ncbi", "list", "bioproject", "PRJNA5", "-o", "p.json").out == ""
    assert "SRX901" in (tmp_path / "work" / "p.json").read_text()
    gone = pangea("ncbi", "list", "bioproject", "PRJNA6")
    assert (gone.code, "record 6 not found in NCBI" in gone.err) == (1, True)


def test_runs_are_a_table(pangea):
    ran = pangea("ncbi", "list", "sra", "SRX901")
    rows = list(csv.DictReader(ran.out.splitlines()))
    assert rows == [
        {
            "experiment": "SRX901",
            "filename": "SRR1",
            "size": "12",
            "md5": "9e107d9d372bb6826bd81d3542a419d6",
            "url": "https://sra.example.org/SRR1",
        }
    ]


def test_a_project_becomes_a_library_once(pangea):
    made = pangea("ncbi", "link", "bioproject", "Sandbox", "PRJNA5")
    assert (made.code, made.out.startswith("<Pangea::SampleGroup PRJNA5 ")) == (0, True)
    assert "<Pangea::Sample SAMN71 " in pangea("list", "samples", "Sandbox", "PRJNA5").out
    assert "<Pangea::Sample raw::raw_reads SRX901 " in pangea("list", "results", "Sandbox", "PRJNA5", "SAMN71").out
    assert pangea("ncbi", "link", "bioproject", "Sandbox", "PRJNA5").out == made.out
    assert pangea("list", "results", "Sandbox", "PRJNA5", "SAMN71").out.count("\n") == 1
    urls = pangea("download", "sample-results", "--urls-only", "Sandbox", "PRJNA5").out
    assert urls.startswith("https://sra.example.org/SRR1 SAMN71/SAMN71.raw__raw_reads.sra_run")
    assert pangea("ncbi", "link", "bioproject", "Nope", "PRJNA5").code == 1
