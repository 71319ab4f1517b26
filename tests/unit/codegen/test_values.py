"""JSON pointers, faults and notes."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk_codegen.faults import DocumentError, Fault, Note, Report
from omicsdk_codegen.values import at, escape, join, schema_name, schema_pointer, tokens, unescape


@given(st.lists(st.text()))
def test_a_pointer_gives_back_its_tokens(parts: list[str]) -> None:
    assert tokens(join("", *parts)) == parts


@given(st.text())
def test_a_schema_reference_gives_back_its_name(name: str) -> None:
    assert schema_name(schema_pointer(name)) == name
    assert unescape(escape(name)) == name


def test_a_pointer_walks_mappings_and_lists() -> None:
    assert at({"a/b": [{"~": 1}]}, "/a~1b/0/~0") == 1


@pytest.mark.parametrize("pointer", ["/b", "/a/01", "/a/-1", "/a/²", "/a/2", "/a/0/x", f"/a/{'1' * 5000}"])
def test_a_pointer_to_nothing_is_a_lookup_error(pointer: str) -> None:
    with pytest.raises(LookupError):
        at({"a": [1, 2]}, pointer)


@pytest.mark.parametrize("reference", ["#/definitions/A", "#/components/schemas/A/properties/b", "other.yaml"])
def test_another_reference_is_no_schema_name(reference: str) -> None:
    with pytest.raises(ValueError, match="is not a reference to a schema"):
        schema_name(reference)


def test_all_faults_are_reported_one_a_line_without_repetition() -> None:
    first = Fault("a is \n\ud800 b", "Mend it.", "f.yaml", 3, "/a")
    second = Fault("no such file", "Name one that is there.", "g.yaml")
    error = DocumentError([first, second, first])
    assert str(error) == "f.yaml:3: a is \\n\\ud800 b (/a). Mend it.\ng.yaml: no such file. Name one that is there."


def test_a_report_is_ordered_by_place_and_holds_each_note_once() -> None:
    report = Report()
    late = Note("/b", "f", 9, "repair", "int", "integer", True)
    early = Note("/a", "f", 2, "untyped", "x", "any", False)
    for note in (late, early, late):
        report.add(note)
    assert report.notes == (early, late)
    assert list(report.rows()[0]) == ["pointer", "file", "line", "kind", "before", "after", "certain"]


def test_rows_name_files_from_the_documents_folder() -> None:
    report = Report()
    report.folder = Path("/far/spec")
    for file in ("/far/spec/parts/b.yaml", "/far/overlay.yaml", "https://a.org/x.yaml"):
        report.add(Note("/a", file, 1, "repair", "x", "y", True))
    assert [row["file"] for row in report.rows()] == ["../overlay.yaml", "https://a.org/x.yaml", "parts/b.yaml"]


def test_the_faults_of_a_file_are_in_the_order_of_its_text() -> None:
    faults = [Fault("m", "r", "b", 9), Fault("m", "r", "a", 5), Fault("m", "r", "b", 2), Fault("n", "r", "b")]
    assert [(fault.file, fault.line) for fault in DocumentError(faults).faults] == [
        ("b", None),
        ("b", 2),
        ("b", 9),
        ("a", 5),
    ]
