"""`omics pangea`: files, metadata, and what NCBI has."""

import csv
import json
import re

import pytest
from ncbi_stand_in import ncbi_stand_in
from service_command import pangea_command

WHERE = ("Sandbox", "Sandbox Library")
READS = {name: name.encode() * 1000 for name in ("q1.R1", "q1.R2", "q2.R1", "q2.R2", "w1")}


@pytest.fixture
def work(pangea, tmp_path):
    """A folder with reads and lists of them."""
    folder = tmp_path / "work"
    (folder / "rd").mkdir()
    for name, content in READS.items():
        (folder / "rd" / f"{name}.fastq.gz").write_bytes(content)
    (folder / "fl").write_text("".join(f"rd/{name}.fastq.gz\n" for name in READS if name != "w1"))
    (folder / "fl1").write_text("rd/w1.fastq.gz\n")
    (folder / "small.txt").write_text("small content\n")
    return folder


def results(pangea, *words) -> dict:
    """Each result's fields, by sample and module."""
    fields = pangea("api", "list-sample-analysis-result-fields").json["results"]
    return {
        (field["analysis_result_obj"]["sample_obj"]["name"], field["name"]): field["stored_data"].get("uri")
        for field in fields
    }


def test_paired_reads_become_samples_once(pangea, work):
    ran = pangea("upload", "reads", *WHERE, "fl")
    assert ran.code == 0
    assert [line.split()[1] for line in ran.out.splitlines()] == ["q1", "q2"]
    assert [line.count("<Pangea::") for line in ran.out.splitlines()] == [4, 4]
    assert set(results(pangea)) == {("q1", "read_1"), ("q1", "read_2"), ("q2", "read_1"), ("q2", "read_2")}
    again = pangea("upload", "reads", *WHERE, "fl")
    assert (again.code, again.out) == (0, ran.out)
    assert again.err.startswith("omics: 0 samples uploaded, 2 skipped; 0 files (0 B) uploaded")
    assert pangea("list", "results", *WHERE, "q1").out.count("\n") == 1
    private = pangea("list", "results", *WHERE, "q1", "--query", "[0].is_private", "--output", "json")
    assert private.json is True


def test_a_dry_run_states_the_samples_and_makes_none(pangea, work, omics_sandbox):
    before = len(omics_sandbox.requests("/pangea"))
    ran = pangea("upload", "reads", *WHERE, "fl", "--dry-run")
    assert ran.out.splitlines()[0] == "Sample: q1 rd/q1.R1.fastq.gz rd/q1.R2.fastq.gz"
    single = pangea("upload", "single-ended-reads", "--dryrun", *WHERE, "fl1")
    assert (single.code, single.out) == (0, "Sample: w1 rd/w1.fastq.gz\n")
    assert len(omics_sandbox.requests("/pangea")) == before


def test_names_end_where_it_is_stated(pangea, work):
    (work / "rd/s_L001_A.fq").write_text("1")
    (work / "rd/s_L001_B.fq").write_text("2")
    files = "rd/s_L001_A.fq\nrd/s_L001_B.fq\nnotes.txt\n"
    words = ("upload", "reads", *WHERE, "-", "-1", "_A.fq", "-2", "_B.fq", "-d", "_L001", "-m", "mine", "-t", "t")
    assert pangea("tag", "create", "t").code == 0
    ran = pangea(*words, typed=files)
    assert (ran.code, "skipped 1 file of the list: not named as reads" in ran.err) == (0, True)
    assert "<Pangea::Sample s " in ran.out
    assert "<Pangea::Sample mine " in ran.out
    assert pangea("tag", "list", "random-samples", "t").out.startswith("<Pangea::Sample s ")


def test_half_pairs_and_missing_files_are_reported_before_anything_is_sent(pangea, work, omics_sandbox):
    before = len(omics_sandbox.requests("/pangea"))
    half = pangea("upload", "reads", *WHERE, "-", typed="rd/q1.R1.fastq.gz\n")
    assert (half.code, "'q1'" in half.err) == (2, True)
    gone = pangea("upload", "reads", *WHERE, "-", typed="x.R1.fastq.gz\nx.R2.fastq.gz\n")
    assert (gone.code, "x.R1.fastq.gz not found (nor 1 more of the list)" in gone.err) == (2, True)
    folder = pangea("upload", "group-field", *WHERE, "module", "field", "rd")
    assert (folder.code, "rd is not a file" in folder.err) == (2, True)
    odd = pangea("upload", "single-ended-reads", *WHERE, "fl1", "-e", ".bam")
    assert (odd.code, ".bam" in odd.err) == (2, True)
    assert pangea("upload", "reads", *WHERE, "gone").code == 2
    assert len(omics_sandbox.requests("/pangea")) == before


def test_single_reads_have_a_field_and_an_email_of_their_own(pangea, work, monkeypatch):
    from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER

    monkeypatch.delenv("PANGEA_USER")
    words = ("upload", "single-ended-reads", "--email", SANDBOX_PANGEA_USER, *WHERE, "fl1", "-e", ".fastq.gz")
    ran = pangea(*words, "-m", "raw::basecalled_nanopore_reads", "-f", "fast5", "--output", "json")
    assert (ran.code, list(ran.json[0]["fields"])) == (0, ["fast5"])
    assert ran.json[0]["result"]["module_name"] == "raw::basecalled_nanopore_reads"


def test_a_sample_is_made_with_its_reads(pangea, work):
    files = ("rd/q1.R1.fastq.gz", "rd/q1.R2.fastq.gz")
    ran = pangea("create", "sample-with-data", *WHERE, "c9", *files, "-m", "raw::paired_short_reads")
    assert (ran.code, "<Pangea::Sample c9 " in ran.out) == (0, True)
    assert set(results(pangea)) == {("c9", "read_1"), ("c9", "read_2")}
    few = pangea("create", "sample-with-data", *WHERE, "c9", files[0], "-m", "raw::paired_short_reads")
    assert (few.code, "takes 2, got 1" in few.err) == (2, True)
    odd = pangea("create", "sample-with-data", *WHERE, "c9", files[0], "-m", "reads")
    assert (odd.code, "raw::single_short_reads" in odd.err) == (2, True)


def test_a_field_is_made_by_names_or_uuid(pangea, work):
    pangea("create", "samples", *WHERE, "c1")
    result = pangea("create", "sample-ar", *WHERE, "c1", "mm", "-r", "1").json["uuid"]
    made = pangea("create", "field", *WHERE, "c1", "mm", "ff", "small.txt")
    assert (made.code, made.json["analysis_result"], "Uploading file: small.txt" in made.err) == (0, result, True)
    assert pangea("create", "field", result, "gg", "small.txt").code == 0
    assert {field for _, field in results(pangea)} == {"ff", "gg"}
    again = pangea("create", "field", *WHERE, "c1", "mm", "ff", "small.txt")
    assert (again.code, again.json) == (0, made.json)
    assert "> holds small.txt already" not in again.err.splitlines()[-1]
    assert "ff" in again.err
    assert again.err.splitlines()[-1].endswith("0 files (0 B) uploaded in 0.00 s: 1 verified, 1 skipped")
    (work / "small.txt").write_text("other content!\n")
    other = pangea("create", "field", *WHERE, "c1", "mm", "ff", "small.txt")
    assert (other.code, "already contains data" in other.err) == (2, True)
    assert pangea("create", "field", *WHERE, "c1", "zz", "ff", "small.txt").code == 1
    assert pangea("create", "field", *WHERE, "c1", "mm", "ff", "gone.txt").code == 2
    assert pangea("create", "field", "ff", "small.txt").code == 2


def test_a_group_has_separate_fields(pangea, work):
    ran = pangea("upload", "group-field", *WHERE, "gmod", "gfield", "small.txt")
    assert (ran.code, ran.json["name"]) == (0, "gfield")
    again = pangea("upload", "group-field", *WHERE, "gmod", "gfield", "small.txt")
    assert (again.code, again.json, "1 skipped" in again.err) == (0, ran.json, True)
    assert pangea("upload", "group-field", *WHERE, "gmod", "other", "small.txt").code == 0
    assert pangea("list", "results", *WHERE).out.count("\n") == 1


@pytest.fixture
def filled(pangea, work):
    assert pangea("upload", "reads", *WHERE, "fl").code == 0
    assert pangea("upload", "single-ended-reads", *WHERE, "fl1").code == 0
    result = pangea("create", "sample-ar", *WHERE, "q1", "stats").json["uuid"]
    words = ("api", "create-sample-analysis-result-field", "--name", "blob", "--analysis-result", result)
    assert pangea(*words, "--stored-data", json.dumps({"a": 1})).code == 0
    return pangea


def test_files_of_a_group_are_downloaded(filled, work):
    ran = filled("download", "sample-results", *WHERE, "--target-dir", "dl")
    assert ran.code == 0
    for name, file in (
        ("q1.R1", "q1/q1.raw__paired_short_reads.read_1.fastq.gz"),
        ("q2.R2", "q2/q2.raw__paired_short_reads.read_2.fastq.gz"),
        ("w1", "w1/w1.raw__single_short_reads.reads.fastq.gz"),
    ):
        assert (work / "dl" / file).read_bytes() == READS[name]
        assert f"dl/{file}\n" in ran.out
    assert json.loads((work / "dl/q1/q1.stats.blob.json").read_text()) == {"a": 1}
    assert "presigned" not in (work / "dl/q1/q1.raw__paired_short_reads.read_1.json").read_text()
    again = filled("download", "sample-results", *WHERE, "--target-dir", "dl", "--output", "json")
    assert {row["state"] for row in again.json} == {"skipped"}
    assert re.search(r"0 files \(0 B\) downloaded to dl in .* s: .* 6 skipped", again.err)


def test_only_what_is_wanted_is_downloaded(filled, work):
    words = ("--module-name", "raw::paired_short_reads", "--field-name", "read_1")
    assert filled("download", "sample-results", *words, "--target-dir", "dl", *WHERE, "q2").code == 0
    assert sorted(path.name for path in (work / "dl").rglob("*.gz")) == ["q2.raw__paired_short_reads.read_1.fastq.gz"]
    missing = filled("download", "sample-results", *WHERE, "zz", "--target-dir", "dl")
    assert (missing.code, 'Sample "zz" not found' in missing.err) == (1, True)


def test_addresses_are_printed_with_names(filled, work):
    ran = filled("download", "sample-results", "--urls-only", *WHERE)
    lines = [line.split(" ") for line in ran.out.splitlines()]
    assert lines[0][1] == "q1/q1.raw__paired_short_reads.read_1.fastq.gz"
    assert all(url.startswith("http") for url, _ in lines)
    assert len(lines) == 5
    chosen = filled("download", "sample-results", "--urls-only", "--include", "/q1/*.gz", *WHERE)
    assert len(chosen.out.splitlines()) == 2
    assert filled("download", "sample-results", "--urls-only", *WHERE, "-o", "urls").out == ""
    assert len((work / "urls").read_text().splitlines()) == 5
    foreseen = filled("download", "sample-results", *WHERE, "--dry-run", "--target-dir", "none")
    assert (foreseen.code, (work / "none").exists()) == (0, False)


def test_reads_are_sent_again_where_that_is_stated(pangea, work):
    pangea("upload", "reads", *WHERE, "fl")
    (work / "rd" / "q1.R1.fastq.gz").write_bytes(b"other")
    ran = pangea("upload", "reads", *WHERE, "fl", "--overwrite", "--public", "--output", "json")
    assert re.fullmatch(
        r"omics: 2 samples uploaded; 4 files \(.*\) uploaded in .* s: 4 verified\n", ran.err
    )  # by the MD5 of each part
    assert (ran.code, ran.json[0]["state"]) == (0, "uploaded")
    assert pangea("list", "results", *WHERE, "q1", "--query", "[0].is_private", "--output", "json").json is False
    assert pangea("download", "sample-results", *WHERE, "q1", "--target-dir", "dl").code == 0
    assert (work / "dl/q1/q1.raw__paired_short_reads.read_1.fastq.gz").read_bytes() == b"other"


def test_a_report_states_the_result_for_each_file(pangea, work):
    assert pangea("upload", "reads", *WHERE, "fl", "--report", "up.jsonl").code == 0
    assert len((work / "up.jsonl").read_text().splitlines()) >= 4
    assert pangea("download", "sample-results", *WHERE, "--target-dir", "dl", "--report", "down.html").code == 0
    assert "read_1" in (work / "down.html").read_text()
    assert pangea("upload", "reads", *WHERE, "fl", "--report", "up.txt").code == 2


TABLE = "sample,city,n\nc1,Paris,1\nc2,Rome,2\nnew,Oslo,3\n"


@pytest.fixture
def sampled(pangea, tmp_path):
    """The same with three samples, and a table of metadata in its folder."""
    assert pangea("create", "samples", *WHERE, "c1", "c2", "c3").code == 0
    (tmp_path / "work" / "m.csv").write_text(TABLE)
    return pangea


@pytest.fixture
def sheets(sampled, tmp_path):
    """The folder of the table."""
    return tmp_path / "work"


def metadata(pangea) -> dict:
    return {row["name"]: row["metadata"] for row in pangea("download", "metadata", *WHERE, "--output", "json").json}


def test_samples_that_do_not_exist_are_reported_and_the_others_have_it(sampled, sheets):
    ran = sampled("upload", "metadata", *WHERE, "m.csv")
    assert (ran.code, 'Sample "new" not found' in ran.err, "2 samples saved, 1 failed" in ran.err) == (3, True, True)
    assert [line.split()[1] for line in ran.out.splitlines()] == ["c1", "c2"]
    assert metadata(sampled) == {"c1": {"city": "Paris", "n": 1}, "c2": {"city": "Rome", "n": 2}, "c3": {}}


def test_samples_are_made_updated_or_overwritten_as_it_is_stated(sampled, sheets):
    sampled("upload", "metadata", *WHERE, "m.csv")
    (sheets / "m.csv").write_text("sample,city,depth\nc1,Lyon,1.5\nnew,Oslo,2\n")
    left = sampled("upload", "metadata", *WHERE, "m.csv", "--create")
    assert (left.code, "1 sample saved, 1 skipped" in left.err) == (0, True)
    assert metadata(sampled)["c1"] == {"city": "Paris", "n": 1}
    assert metadata(sampled)["new"] == {"city": "Oslo", "depth": 2.0}
    assert sampled("upload", "metadata", *WHERE, "m.csv", "--update").code == 0
    assert metadata(sampled)["c1"] == {"city": "Lyon", "n": 1, "depth": 1.5}
    assert sampled("upload", "metadata", *WHERE, "m.csv", "--overwrite").code == 0
    assert metadata(sampled)["c1"] == {"city": "Lyon", "depth": 1.5}
    both = sampled("upload", "metadata", *WHERE, "m.csv", "--create", "--no-create")
    assert (both.code, "are mutually exclusive" in both.err) == (2, True)


def test_a_table_comes_back_as_it_went(sampled, sheets):
    sampled("upload", "metadata", *WHERE, "m.csv", "--create")
    ran = sampled("download", "metadata", *WHERE)
    assert ran.out == ",city,n\nc1,Paris,1\nc2,Rome,2\nc3,,\nnew,Oslo,3\n"
    assert sampled("download", "metadata", *WHERE, "c1").out == ",city,n\nc1,Paris,1\n"
    assert sampled("download", "metadata", *WHERE, "-o", "out.csv").out == ""
    assert (sheets / "out.csv").read_text() == ran.out
    before = metadata(sampled)
    assert sampled("upload", "metadata", *WHERE, "out.csv", "--overwrite").code == 0
    assert metadata(sampled) == before
    (sheets / "names").write_text("c2\nzz\n")
    some = sampled("download", "metadata", *WHERE, "--sample-manifest", "names")
    assert (some.code, some.out) == (3, ",city,n\nc2,Rome,2\n")


def test_encodings_columns_and_stdin(sampled, sheets):
    (sheets / "m.csv").write_bytes("Ort;x,Name\n".replace(";", ",").encode() + "Köln,1,c1\n".encode("latin_1"))
    wrong = sampled("upload", "metadata", *WHERE, "m.csv", "--index-col", "2")
    assert (wrong.code, "is not utf_8 text" in wrong.err) == (2, True)
    assert sampled("upload", "metadata", *WHERE, "m.csv", "--index-col", "Name", "--encoding", "latin_1").code == 0
    assert metadata(sampled)["c1"] == {"Ort": "Köln", "x": 1}
    unknown = sampled("upload", "metadata", *WHERE, "m.csv", "--encoding", "nonsense")
    assert (unknown.code, "unknown encoding 'nonsense'" in unknown.err) == (2, True)
    assert sampled("upload", "metadata", *WHERE, "-", typed="\ufeffsample,n\nc2,5\n").code == 0
    assert metadata(sampled)["c2"] == {"n": 5}
    gone = sampled("upload", "metadata", *WHERE, "gone.csv")
    assert (gone.code, "cannot read gone.csv" in gone.err) == (2, True)


def test_lists_and_objects_are_written_as_json(sampled):
    uuid = sampled("list", "samples", *WHERE, "--query", "[0].uuid").out.strip()
    value = {"tags": ["a", "b"], "site": {"lat": 1.5}}
    assert sampled("api", "patch-sample", "--uuid", uuid, "--metadata", json.dumps(value)).code == 0
    assert sampled("download", "metadata", *WHERE, "c1").out == (',tags,site\nc1,"[""a"", ""b""]","{""lat"": 1.5}"\n')


@pytest.fixture
def linked(omics, omics_sandbox, monkeypatch, tmp_path):
    """The same where a small server plays NCBI's part."""
    with ncbi_stand_in(monkeypatch):
        yield pangea_command(omics, omics_sandbox, monkeypatch, tmp_path)


def test_a_project_is_shown_with_its_samples(linked, tmp_path):
    ran = linked("ncbi", "list", "bioproject", "PRJNA5", "-s", "0")
    assert ran.code == 0
    assert "A project" in ran.json["metadata"]["ncbi_xml"]
    assert ran.json["samples"] == [{"accession": "SAMN71", "experiments": ["SRX901"]}]
    assert linked("ncbi", "list", "bioproject", "PRJNA5", "-o", "p.json").out == ""
    assert "SRX901" in (tmp_path / "work" / "p.json").read_text()
    gone = linked("ncbi", "list", "bioproject", "PRJNA6")
    assert (gone.code, "record 6 not found in NCBI" in gone.err) == (1, True)


def test_runs_are_a_table(linked):
    ran = linked("ncbi", "list", "sra", "SRX901")
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


def test_a_project_becomes_a_library_once(linked):
    made = linked("ncbi", "link", "bioproject", "Sandbox", "PRJNA5")
    assert (made.code, made.out.startswith("<Pangea::SampleGroup PRJNA5 ")) == (0, True)
    assert "<Pangea::Sample SAMN71 " in linked("list", "samples", "Sandbox", "PRJNA5").out
    assert "<Pangea::Sample raw::raw_reads SRX901 " in linked("list", "results", "Sandbox", "PRJNA5", "SAMN71").out
    assert linked("ncbi", "link", "bioproject", "Sandbox", "PRJNA5").out == made.out
    assert linked("list", "results", "Sandbox", "PRJNA5", "SAMN71").out.count("\n") == 1
    urls = linked("download", "sample-results", "--urls-only", "Sandbox", "PRJNA5").out
    assert urls.startswith("https://sra.example.org/SRR1 SAMN71/SAMN71.raw__raw_reads.sra_run")
    assert linked("ncbi", "link", "bioproject", "Nope", "PRJNA5").code == 1
