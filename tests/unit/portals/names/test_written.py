"""Names as people write them: in sentences, a line each, in columns of tables, and in earlier results."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from omicsdk.portals import FORMATS, FileList, Head, ListError, Row
from omicsdk.portals.names.written import (
    RUN_LISTS,
    are_names,
    column_of_names,
    has_pages_alone,
    names_in_column,
    names_in_result,
    names_written,
    runs_in,
    words_in_lines,
)

from tests.unit.portals.reading import put

UUID = "e8642221-4c2c-4fd7-b926-a68bce363c88"
RUN, SAMPLE, STUDY = "SRR000001", "SRS000002", "SRP000003"


def listed(tmp_path: Path, text: str) -> FileList:
    return FileList(put(tmp_path / "list.txt", text), "list.txt", "", (), Counter())


def head(tmp_path: Path, text: str) -> Head:
    return Head(put(tmp_path / "list.txt", text))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("SRR000001", ["SRR000001"]),
        ("SRR000001, SRR000002;SRR000003 and SRR000004", [f"SRR00000{number}" for number in (1, 2, 3, 4)]),
        ("(“SRR000001”, ‘SRR000002’).", ["SRR000001", "SRR000002"]),
        ("SRR000009-SRR000011", ["SRR000009", "SRR000010", "SRR000011"]),
        ("srr000009 to SRR000010", ["srr000009", "srr000010"]),
        ("SRR000009–SRR000009", ["SRR000009"]),
        ("GSE 93374", ["GSE93374"]),
        ("SRR000002-SRR000001", []),
        ("SRR000001-SRR010000", [f"SRR{number:06}" for number in range(1, 10_001)]),
        ("SRR000001-SRR010001", []),
        ("SRR000999-SRR0001000", []),
        ("SRR000001 and others", []),
        ("a:b, c:d", []),  # identifiers by their form alone
        ("https://example.org/ SRR000001", []),
    ],
)
def test_names_are_found_in_a_text(text: str, names: list[str]) -> None:
    assert [some[0].text for some in names_written(text)] == names


@pytest.mark.parametrize(
    ("text", "is_list", "is_bare_list"),
    [
        ("GSE93374\n", True, True),
        ("Accession\nGSE93374\n# a comment\n", True, True),
        ("Accession\n", False, False),
        ("GSE93374 # the first\nhttps://example.org/a\n", True, True),
        ("https://example.org/a\nhttps://example.org/b\n", False, False),
        (f"{RUN}\nSRR000002\n", False, True),
        (f"{RUN}\n{STUDY}\n", True, True),
        (f"{UUID}\n", False, True),
        (f"azul:{UUID}\n", True, True),
        (f"{RUN}\n{UUID}\n", True, True),
        (f"https://www.ncbi.nlm.nih.gov/sra/{RUN}\n", True, True),
        ("GSE93374\nsome other text\n", False, False),
        ("Heading 1\nGSE93374\n", False, False),  # a digit: it may be a name that is misspelt
        (f"run,study\n{RUN},{STUDY}\n", False, False),
    ],
)
def test_lists_of_names_are_told_from_lists_of_runs_and_files(
    text: str, is_list: bool, is_bare_list: bool, tmp_path: Path
) -> None:
    beginning = head(tmp_path, text)
    assert (are_names(beginning, bare=False), are_names(beginning)) == (is_list, is_bare_list)


def test_lines_are_names_and_addresses_below_a_heading(tmp_path: Path) -> None:
    messages: list[str] = []
    text = f"Accession\n{RUN} # mine\n\nhttps://example.org/a\n{STUDY}, GSE93374\n"
    words = list(words_in_lines(listed(tmp_path, text), messages.append))
    assert [word if isinstance(word, str) else word.names[0].text for word in words] == [
        RUN,
        "https://example.org/a",
        STUDY,
        "GSE93374",
    ]
    assert messages == ["list.txt: the first line, 'Accession', is read as a heading"]
    with pytest.raises(ListError, match=r"list\.txt, line 3: 'Accession' is no accession of a known form"):
        list(words_in_lines(listed(tmp_path, f"Accession\n{RUN}\nAccession\n"), messages.append))


@pytest.mark.parametrize(
    ("rows", "column"),
    [
        (["run,note", f"{RUN},x"], "run"),
        (["note,study,run", f"x,{STUDY},{RUN}"], "run"),
        (["a,b", f"{STUDY},{SAMPLE}"], ""),
        (["a,b", f"{STUDY},{STUDY}"], "a"),
        (["run", RUN], ""),
        ([f"{RUN},x", "SRR000002,y"], ""),  # without a header
        (["uuid,x", f"{UUID},y"], ""),
        (["id,x", "pdb:2gc4,y"], ""),
        (["url,x", "https://zenodo.org/records/15411009/files/a.txt,y"], ""),
        (["run,note", f"{RUN},x", ",y"], "run"),
        (["run,note", f"{RUN},x", "none,y"], ""),
    ],
)
def test_the_only_column_of_names_is_found(rows: list[str], column: str, tmp_path: Path) -> None:
    path = put(tmp_path / "table.csv", "\n".join([*rows, ""]))
    assert column_of_names(Head(path)) == column


@pytest.mark.parametrize(
    ("other", "expected"), [("https://h.example/Detail.aspx?Ref=1", True), ("https://h.example/a.bam", False)]
)
def test_pages_of_names_are_alone_beside_other_pages_but_not_beside_files(
    other: str, expected: bool, tmp_path: Path
) -> None:
    page = f"https://www.ebi.ac.uk/ena/data/view/{RUN}"
    table = head(tmp_path, f"Sample,ENA link,Coriell link\nS1,{page},{other}\n")
    assert (column_of_names(table), has_pages_alone(table, "ENA link")) == ("ENA link", expected)


@pytest.mark.parametrize(
    ("cell", "names"),
    [
        (f"{STUDY} {SAMPLE} {RUN}", [RUN]),
        (f"{STUDY};{SAMPLE}", [SAMPLE]),
        (f"SRA000004 {STUDY}", [STUDY]),
        ("SRA000004 SRA000005", ["SRA000004", "SRA000005"]),
        (f"{STUDY} GSE93374", [STUDY, "GSE93374"]),
        ("", []),
    ],
)
def test_a_cell_of_a_run_and_its_study_names_the_run(cell: str, names: list[str], tmp_path: Path) -> None:
    table = listed(tmp_path, f"id\tnote\n{cell}\tx\n")
    assert [named.names[0].text for named in names_in_column(table, "id")] == names


def test_a_cell_without_a_name_is_reported_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(ListError, match=r"list\.txt, line 3: 'other' is no accession of a known form"):
        list(names_in_column(listed(tmp_path, f"id\tnote\n{RUN}\tx\nother\tx\n"), "id"))


def result_row(accession: str, path: str = "", outcome: str = "", **cells: str) -> Row:
    return Row(1, {"Accession": accession, "file_path": path, "file_outcome": outcome, **cells})


@pytest.mark.parametrize(
    ("cells", "is_of_name"),
    [
        ({}, True),
        ({"Library_Layout": "PAIRED"}, True),
        ({"geo_accession": "GSM1", "title": "x"}, True),
        ({"title": "x"}, False),
        ({"library_layout": "", "title": ""}, True),
    ],
)
def test_rows_of_names_are_told_from_rows_of_files(cells: dict[str, str], is_of_name: bool) -> None:
    named, others = names_in_result(iter([result_row(RUN, **cells)]), lambda _: False)
    assert (len(named), others) == ((1, False) if is_of_name else (0, True))
    assert names_in_result(iter([result_row(RUN, **cells)]), lambda _: True) == ([], True)
    assert names_in_result(iter([result_row("other", **cells)]), lambda _: False) == ([], True)


@pytest.mark.parametrize(
    ("rows", "reads"),
    [
        ([result_row(RUN, "a/x.fastq.gz", "done", library_layout="PAIRED")], ["fastq"]),
        ([result_row(RUN, "x.sra", "done", library_layout="PAIRED")], ["sra"]),
        ([result_row(RUN, "x.sralite", "done", library_layout="PAIRED")], ["sra"]),
        ([result_row(RUN, "x.bam;x.bam.bai", "done;done", library_layout="SINGLE")], ["bam"]),
        ([result_row(RUN, "", "failed: x.cram lacks", library_layout="SINGLE")], ["bam"]),
        ([result_row(RUN, "x.bam;x.fastq", "done;done", library_layout="SINGLE")], [None]),
        ([result_row("GSE93374", "x.tar", "done", geo_accession="GSM1")], ["suppl"]),
        ([result_row(RUN, "", "", library_layout="PAIRED")], [None]),
        (
            [result_row(RUN, "x.sra", "done", library_layout="P"), result_row("SRR000002", library_layout="P")],
            ["sra"] * 2,
        ),
        (
            [
                result_row(RUN, "x.sra", "done", library_layout="P"),
                result_row("SRR000002", "x.bam", "done", library_layout="P"),
                result_row("SRR000003", library_layout="P"),
            ],
            ["sra", "bam", None],
        ),
    ],
)
def test_an_earlier_result_states_which_files_of_runs_are_meant(rows: list[Row], reads: list[str | None]) -> None:
    named, others = names_in_result(iter(rows), lambda _: False)
    assert ([one.reads for one in named], others) == (reads, False)


def test_rows_of_one_name_are_one_with_the_files_of_all() -> None:
    rows = [
        result_row(f" {RUN} ", "a", "done", library_layout="P"),
        result_row(RUN, "b;c", "done;failed", library_layout="P"),
    ]
    (named,), _ = names_in_result(iter(rows), lambda _: False)
    assert named.names[0].text == RUN
    assert dict(named.record) == {"file_path": "a;b;c", "file_outcome": "done;done;failed"}


def test_a_list_of_runs_names_them_or_states_the_line_that_does_not(tmp_path: Path) -> None:
    sra: Any = next(format for format in FORMATS if format.name == RUN_LISTS[0].name)
    assert [named.names[0].text for named in runs_in(sra, listed(tmp_path, f"{RUN}\nSRR000002\n"))] == [
        RUN,
        "SRR000002",
    ]
    with pytest.raises(ListError, match=r"list\.txt, line 2: 'other'"):
        list(runs_in(sra, listed(tmp_path, f"{RUN}\nother\n")))
