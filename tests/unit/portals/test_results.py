"""Result manifests: where they are, what they state of a file, and what is read from them."""

import csv
from pathlib import Path

import pytest
from omicsdk.core.errors import Interrupted, OmicsError, UsageError
from omicsdk.portals.results import RESULT_NAME, check_writable, not_arrived, outcome_words, result_beside
from omicsdk.portals.rows import OUTCOME_COLUMN, PATH_COLUMN
from omicsdk.transfer import Outcome


def test_the_manifest_is_beside_its_folder_or_in_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out" / "sub").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "out" / "sub")
    paths = {folder: str(result_beside(Path(folder))) for folder in ("data/a", ".", "..", "/")}
    assert paths == {
        "data/a": "data/a.manifest.tsv",
        ".": "sub.manifest.tsv",
        "..": str(tmp_path / "out.manifest.tsv"),
        "/": "/files.manifest.tsv",
    }


def test_manifests_are_recognized_by_their_names() -> None:
    names = ("out.manifest.tsv", "out.manifest.12.tsv", "out.manifest.tsv.gz", "manifest.tsv", "out.manifest.a.tsv")
    assert [RESULT_NAME.sub("", name) for name in names] == ["out", "out", *names[2:]]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".xls", ".ods", ".json", ".JSONL"])
def test_a_manifest_of_another_format_is_refused(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(UsageError, match="is a table with tabs"):
        check_writable(tmp_path / f"result{suffix}")


WORDS = [
    (Outcome("a", "done", verification="size only", warning="w;x"), "size only: w,x"),
    (Outcome("a", "stopped"), "stopped: a"),
    (Outcome.of_error("a", OmicsError("")), "failed: a: OmicsError"),
    (Outcome.of_error("a/é", OmicsError("gone; see\nbelow")), "failed: a/é: gone, see"),
    (Outcome.of_error("b", OmicsError("b: gone")), "failed: b: gone"),
    (Outcome.of_error("d/c", Interrupted("c: cut")), "stopped: c: cut"),
    (Outcome.of_error("a#1?.bam", OmicsError("a#1?.bam: gone")), "failed: a#1?.bam: gone"),
    (Outcome.of_error("e", OmicsError("http://h/e?sig=s: gone")), "failed: e: http://h/e?*** gone"),
]


@pytest.mark.parametrize(("outcome", "words"), WORDS)
def test_an_outcome_names_its_file_once(outcome: Outcome, words: str) -> None:
    assert outcome_words(outcome) == words


def test_files_that_did_not_arrive_are_read_from_all_manifests_of_a_folder(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    words = [words for _, words in WORDS]
    rows = [("out/a", words[0]), (";out/x", ";".join(words[1:3])), ("", "failed"), ("", "")]
    table = "".join(f"{path}\t{words}\n" for path, words in [(PATH_COLUMN, OUTCOME_COLUMN), *rows])
    (tmp_path / "out.manifest.tsv").write_text(table)
    (tmp_path / "out.manifest.1.tsv").write_text(f"{OUTCOME_COLUMN}\n{words[3]}\n", encoding="utf-8")
    (tmp_path / "out.manifest.2.tsv").write_bytes(b"\xff")
    (tmp_path / "out2.manifest.tsv").write_text(f"{OUTCOME_COLUMN}\n{words[4]}\n")
    assert not_arrived(tmp_path / "out") == {
        "a": "OmicsError",
        "out.manifest.tsv, line 4": "failed",
        "a/é": "gone, see",
    }


def test_a_row_with_thousands_of_files_hides_none_that_did_not_arrive(tmp_path: Path) -> None:
    paths = ";".join(f"out/{number}.fastq.gz" for number in range(10_000))
    (tmp_path / "out").mkdir()
    (tmp_path / "out.manifest.tsv").write_text(
        f"{PATH_COLUMN}\t{OUTCOME_COLUMN}\n{paths}\tverified\n\tfailed: a: gone\n"
    )
    limit = csv.field_size_limit(1 << 17)  # the default of the module, which the rows of another test may have raised
    try:
        assert not_arrived(tmp_path / "out") == {"a": "gone"}
    finally:
        csv.field_size_limit(max(limit, csv.field_size_limit()))
