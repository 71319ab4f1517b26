"""`omics get` of accessions against the sandbox: a study of two runs, its archives, what is unknown, large or also a file."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import Ran
from omicsdk.portals import downloads
from omicsdk.sandbox import Sandbox

pytestmark = pytest.mark.sandbox
PAIR = ("ERR1000001_1.fastq.gz", "ERR1000001_2.fastq.gz")


def content(name: str) -> bytes:
    return f"content of {name}\n".encode()


@pytest.fixture
def get(
    omics: Callable[..., Ran],
    omics_sandbox: Sandbox,
    omics_environment: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Callable[..., Ran]:
    """Runs `omics get ... --to data` where the ENA has a study of two runs, and the SRA a third run."""
    del omics_environment
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-config"))
    put, portals = omics_sandbox.context.objects.put_bytes, omics_sandbox.portals
    submitted = ("submitted", "possorted.bam", put(content("possorted.bam")))
    portals.add_run("ERR1000001", "PRJEB1000", [*(("fastq", name, put(content(name))) for name in PAIR), submitted])
    archive = ("sra", "ERR1000002", put(content("ERR1000002.sra")))
    portals.add_run("ERR1000002", "PRJEB1000", [archive])
    omics_sandbox.request_log.clear()
    return lambda *words, **how: omics("get", *words, "--to", "data", installed=True, **how)


def manifest() -> list[dict[str, str]]:
    with Path("data.manifest.tsv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


def downloaded() -> dict[str, bytes]:
    paths = (path for path in Path("data").rglob("*") if path.is_file() and ".omics-transfer" not in path.parts)
    return {path.relative_to("data").as_posix(): path.read_bytes() for path in paths}


def test_a_study_is_its_pairs_and_the_archive_of_a_run_without_fastq(get: Callable[..., Ran]):
    ran = get("PRJEB1000")
    assert ran.code == 0, ran.err
    assert downloaded() == {name: content(name) for name in (*PAIR, "ERR1000002.sra")}
    assert "2 FASTQ by 127.0.0.1" in ran.err.replace("localhost", "127.0.0.1")
    assert "fasterq-dump --split-3" in ran.err
    rows = manifest()
    assert [(row["accession"], row["library_layout"], row["study_accession"]) for row in rows] == [
        ("ERR1000001", "PAIRED", "PRJEB1000"),
        ("ERR1000002", "SINGLE", "PRJEB1000"),
    ]
    assert [row["file_path"] for row in rows] == [";".join(f"data/{name}" for name in PAIR), "data/ERR1000002.sra"]
    assert {row["file_outcome"] for row in rows} == {"verified;verified", "verified"}
    again = get("https://www.ebi.ac.uk/ena/browser/view/PRJEB1000")
    assert (again.code, "3 skipped" in again.err) == (0, True)


def test_archives_and_alignments_are_chosen_by_switches(get: Callable[..., Ran]):
    assert get("ERR1000002", "--sra").code == 0
    assert get("sra:ERR1000001", "--bam").code == 0
    assert "1 skipped" in get("ERR1000001", "--bam", "--layout", "id").err  # it is in the folder of its run already
    assert downloaded() == {
        "ERR1000002.sra": content("ERR1000002.sra"),
        "ERR1000001/possorted.bam": content("possorted.bam"),
    }
    both = get("ERR1000002", "--sra", "--bam")
    assert both.code == 2
    assert "mutually exclusive" in both.err


def test_alignments_are_those_of_a_list_of_runs_and_refused_of_other_lists(get: Callable[..., Ran]):
    Path("runs.txt").write_text("ERR1000001\n")
    assert get("runs.txt", "--bam").code == 0
    assert downloaded() == {"ERR1000001/possorted.bam": content("possorted.bam")}
    Path("urls.txt").write_text("https://h.example/a.bam\n")
    ran = get("urls.txt", "--bam")
    assert ran.code == 2
    assert "chooses the files of accessions, and none was named" in ran.err


def test_a_selection_of_nothing_keeps_the_result_manifest_and_shows_names_of_files(get: Callable[..., Ran]):
    get("PRJEB1000")
    rows = manifest()
    ran = get("PRJEB1000", "--include", "*_R1_*")
    assert f"no file is selected of those such as {', '.join(PAIR)}, ERR1000002.sra" in ran.err
    assert manifest() == rows
    assert "; library_layout is 'PAIRED', 'SINGLE'" in get("PRJEB1000", "--where", "library_layout=pair").err
    assert get("PRJEB1000", "--where", "library_layout='PAIRED'").json["counts"]["skipped"] == 2


def test_an_unknown_accession_fails_alone(get: Callable[..., Ran]):
    ran = get("ERR9999999", "ERR1000001")
    assert ran.code != 0
    assert "ERR9999999: neither the ENA nor the SRA has a public record of it" in ran.err
    assert sorted(downloaded()) == sorted(PAIR)


def test_many_accessions_in_one_argument_are_no_name_of_a_file(get: Callable[..., Ran]):
    Path("data.manifest.tsv").touch()
    ran = get(",".join(["ERR1000001"] * 30), "--limit", "2")  # names of files have at most 255 bytes
    assert ran.code == 0, ran.err
    assert sorted(downloaded()) == sorted(PAIR)


def test_a_file_of_the_name_wins_and_says_so(get: Callable[..., Ran], omics_sandbox: Sandbox):
    Path("ERR1000001").write_text("ERR1000002\n")
    ran = get("ERR1000001")
    assert ran.code == 0, ran.err
    assert "ERR1000001: the file of this name is read; ena:ERR1000001 names the data of the archive" in ran.err
    assert list(downloaded()) == ["ERR1000002.sra"]
    assert all("filereport" not in entry["path"] for entry in omics_sandbox.request_log.entries())


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("--fastq", 2, "runs.csv, line 3: 'ERR1;ERR2' is no accession of a run. Correct the line."),
        ("--sra", 3, "accession ERR1;ERR2"),
    ],
)
def test_a_run_table_with_another_text_for_a_run_is_reported(
    get: Callable[..., Ran], how: str, code: int, message: str
):
    Path("runs.csv").write_text("Run,ReleaseDate\nERR1000002,2020\nERR1;ERR2,2020\n")
    ran = get("runs.csv", how)
    assert ran.code == code
    assert message in ran.err


def test_a_list_of_accessions_of_any_level_is_resolved_line_by_line(get: Callable[..., Ran]):
    Path("ids.csv").write_text("# of the paper\nPRJEB1000\n\nERR9999999\n")
    ran = get("ids.csv")
    assert ran.code != 0
    assert "ERR9999999: neither the ENA nor the SRA has a public record of it" in ran.err
    assert sorted(downloaded()) == sorted([*PAIR, "ERR1000002.sra"])
    for text in ("PRJEB1000\nsomething else\n", "PRJEB100O\nPRJEB1000\n", "PRJEB1000\tmouse\nPRJEB1000\trat\n"):
        Path("ids.csv").write_text(text)
        assert "unknown format" in get("ids.csv").err  # and no line is lost as a heading
    Path("ids.csv").write_text("PRJEB1000\n" * 7000 + "something else\n")
    assert "ids.csv, line 7001: 'something else' is no accession of a known form" in get("ids.csv").err


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("ERR1000002\nENA/vol1/fastq/ERR100/ERR1000001/ERR1000001_1.fastq.gz\n", [PAIR[0], "ERR1000002.sra"]),
        (
            "ENA/vol1/fastq/ERR100/ERR1000001/ERR1000001_1.fastq.gz\nwww.ebi.ac.uk/ena/browser/view/ERR1000002\n",
            [PAIR[0], "ERR1000002.sra"],
        ),
        ("Accession\nERR1000001 # pilot\nPRJEB1000\n", [*PAIR, "ERR1000002.sra"]),
        ("Study\nhttps://www.ebi.ac.uk/ena/browser/view/PRJEB1000\n", [*PAIR, "ERR1000002.sra"]),
        ("Mouse;Study;Age\nm1;PRJEB1000;3\nm2;;4\n", [*PAIR, "ERR1000002.sra"]),
        ("id\ttitle\tsize\nERR1000001\tPilot\t12\n", [*PAIR]),
    ],
)
def test_names_in_a_list_are_read_beside_urls_below_a_heading_and_in_a_column(
    text: str, names: list[str], get: Callable[..., Ran], omics_sandbox: Sandbox
):
    Path("list.txt").write_text(text.replace("ENA", omics_sandbox.ena_url))
    ran = get("list.txt")
    assert ran.code == 0, ran.err
    assert sorted(downloaded()) == sorted(names)


@pytest.mark.parametrize(
    "words",
    [
        ("PRJEB1000", "--include", "*_1.fastq.gz"),
        ("PRJEB1000", "--limit", "1"),
        ("ERR1000002", "ERR9999999", "--sra"),
        ("ERR1000001", "--bam"),
        ("ERR9999999",),
        ("urls.csv", "ERR1000001"),
    ],
)
def test_a_result_manifest_repeats_its_download(
    words: tuple[str, ...], get: Callable[..., Ran], omics_sandbox: Sandbox
):
    Path("urls.csv").write_text(f"sample,url\ns1,{omics_sandbox.url}/none.csv\n")
    get(*words)
    rows, files = manifest(), downloaded()
    shutil.rmtree("data", ignore_errors=True)
    Path("data.manifest.tsv").rename("colleague.tsv")
    again = get("colleague.tsv")
    assert (downloaded(), manifest()) == (files, rows), again.err


def test_many_files_are_asked_for_on_a_terminal_only(get: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(downloads, "MANY_FILES", 1)
    ran = get("ERR1000001", tty=True, typed="n\n")
    assert "2 files (" in ran.err
    assert "will be downloaded to data. Continue? [y/N]" in ran.err
    assert ran.code != 0
    assert not Path("data").exists() or downloaded() == {}
    assert get("ERR1000001", "--dry-run", tty=True).code == 0
    assert get("ERR1000001", tty=True, typed="y\n").code == 0
    assert sorted(downloaded()) == sorted(PAIR)
    assert get("ERR1000001", "--yes", tty=True).code == 0
    assert get("ERR1000001").code == 0


def program(folder: Path, text: str) -> None:
    folder.mkdir(exist_ok=True)
    path = folder / "fasterq-dump"
    path.write_text(f'#!/bin/sh\nset -e\nout=$3\nfor archive; do :; done\nrun=$(basename "$archive" .sra)\n{text}\n')
    path.chmod(0o755)


def test_archives_are_converted_once_and_a_failure_is_one_of_the_file(
    get: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    missing = get("ERR1000002", "--convert")
    assert missing.code != 0
    assert "fasterq-dump is not installed" in missing.err
    assert not Path("data").exists()
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin")
    program(tmp_path / "bin", 'echo "partial" > "$out/${run}_1.fastq"; echo "err: no quality" >&2; exit 3')
    failed = get("ERR1000002", "--convert")
    assert failed.code != 0
    assert "ERR1000002.sra: fasterq-dump failed: err: no quality" in failed.err
    assert list(downloaded()) == ["ERR1000002.sra"]
    assert manifest()[0]["file_outcome"].startswith("failed: ERR1000002.sra: fasterq-dump failed")
    (tmp_path / "bin" / "fasterq-dump").write_text("no program")
    unstarted = get("ERR1000002", "--convert")
    assert (unstarted.code, "fasterq-dump cannot be started: Exec format error" in unstarted.err) == (1, True)
    assert "cannot be started" in manifest()[0]["file_outcome"]
    program(tmp_path / "bin", 'cp "$archive" "$out/$run.fastq"')
    Path("data/ERR1000002.fastq/full").mkdir(parents=True)
    Path("data/ERR1000002_2.fastq").touch()  # without which the run would look converted
    in_the_way = get("ERR1000002", "--convert")
    assert (in_the_way.code, "data/ERR1000002.fastq: " in in_the_way.err) == (1, True)
    assert "ERR1000002.fastq" in manifest()[0]["file_outcome"]
    shutil.rmtree("data/ERR1000002.fastq")
    Path("data/ERR1000002_2.fastq").unlink()
    program(
        tmp_path / "bin",
        'cp "$archive" "$out/${run}_1.fastq"; echo 2 > "$out/${run}_2.fastq"; echo 0 > "$out/$run.fastq"',
    )
    converted = get("ERR1000002", "--convert")
    assert converted.code == 0, converted.err
    names = ["ERR1000002.fastq", "ERR1000002.sra", "ERR1000002_1.fastq", "ERR1000002_2.fastq"]
    assert "ERR1000002.sra: converted to ERR1000002.fastq, ERR1000002_1.fastq, ERR1000002_2.fastq" in converted.err
    assert sorted(downloaded()) == names
    again = get("ERR1000002", "--convert")
    assert (again.code, "converted" in again.err) == (0, False)
