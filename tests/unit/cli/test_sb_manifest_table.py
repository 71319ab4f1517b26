"""Tables of metadata: written, read back, compared."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sb.manifest import (
    Change,
    Row,
    WrongTable,
    cell,
    changes,
    edits,
    read_table,
    rows,
    table,
    tags_cell,
    tags_of,
    value_of,
)

VALUE = st.one_of(
    st.none(),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12),
    st.integers(-5, 5),
    st.booleans(),
    st.lists(st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=4), max_size=3),
)
KEY = st.text("abcdef_", min_size=1, max_size=5)
TAG = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=6)
FILE = st.fixed_dictionaries(
    {
        "id": st.uuids().map(str),
        "size": st.one_of(st.none(), st.integers(0, 9)),
        "tags": st.one_of(st.none(), st.lists(TAG, max_size=3)),
        "metadata": st.one_of(st.none(), st.dictionaries(KEY, VALUE, max_size=4)),
    }
)


def read(text):
    return list(rows(io.StringIO(text, newline="")))


@given(st.lists(FILE, max_size=5, unique_by=lambda file: file["id"]), st.booleans())
def test_a_table_that_no_program_touched_changes_nothing(files, clear):
    paths = [f"sb://me/p/\r{number}" if number % 2 else f"sb://me/p/{number} " for number in range(len(files))]
    text = table(list(zip(paths, files, strict=True)))
    assert len(text.splitlines()) >= text.count("\n") == len(files) + 1
    rows = read(text)
    assert [row.id for row in rows] == [file["id"] for file in files]
    assert [row.path for row in rows] == paths
    for row, file in zip(rows, files, strict=True):
        assert changes(row, file, clear=clear) == []


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("separator", [",", "\t"])
def test_a_manifest_of_the_platform_is_read(separator: str, end: str):
    """As its manual has it for metadata that are edited by its pages: id, name, project, and a column for each key."""
    lines = ["", "id,name,project,size,sample_id,Case ID", '5f2b,a.txt,me/p,7,S1,"x; y"', "5f2c,b.txt,me/p,8,,"]
    text = end.join(line.replace(",", separator) for line in lines)
    assert read(text) == [
        Row(3, "5f2b", "", {"metadata.sample_id": "S1", "metadata.Case ID": "x; y"}),
        Row(4, "5f2c", "", {"metadata.sample_id": "", "metadata.Case ID": ""}),
    ]


def test_cells_may_be_separated_by_commas():
    assert read('path,tags\nsb://me/p/a,"x,y"\n') == [Row(2, "", "sb://me/p/a", {"tags": "x,y"})]
    with pytest.raises(WrongTable, match="line 1: unknown column 'File name'"):
        read("File name,sample_id\na.txt,S1\n")


@given(VALUE)
def test_a_value_is_read_as_it_was_written(value):
    assert value_of(cell(value), value) == value


@given(st.lists(TAG, max_size=4))
def test_tags_are_read_as_they_were_written(tags):
    assert tags_of(tags_cell(tags)) == tags


def test_what_a_table_looks_like():
    file = {"id": "1", "size": 5, "tags": ["a", "b"], "metadata": {"sample_id": "S 1", "n": 3, "l": ["é"], "e": ""}}
    assert table([("sb://me/p/a.bam", file), ("sb://me/p/b.bam", {"id": "2"})]).splitlines() == [
        "id\tpath\tsize\ttags\tmetadata.e\tmetadata.l\tmetadata.n\tmetadata.sample_id",
        '1\tsb://me/p/a.bam\t5\ta,b\t""""""\t"[""é""]"\t3\tS 1',
        "2\tsb://me/p/b.bam\t\t\t\t\t\t",
    ]
    chosen = table([("p", file)], ["sample_id", "metadata.other", "sample_id"]).splitlines()
    assert chosen == ["id\tpath\tsize\ttags\tmetadata.sample_id\tmetadata.other", "1\tp\t5\ta,b\tS 1\t"]


FILE_NOW = {"id": "1", "tags": ["old"], "metadata": {"sample_id": "S1", "n": 3, "gone": "x"}}


def differences(cells, **how):
    return [(c.field, c.before, c.after) for c in changes(Row(2, "1", "sb://me/p/a", cells), FILE_NOW, **how)]


def test_only_what_differs_is_a_change():
    cells = {
        "tags": "old,new",
        "metadata.sample_id": "S1",
        "metadata.n": "4",
        "metadata.more": "y",
        "metadata.gone": "",
    }
    assert differences(cells) == [
        ("tags", ["old"], ["old", "new"]),
        ("metadata.n", 3, 4),
        ("metadata.more", None, "y"),
    ]
    assert differences(cells, clear=True)[-1] == ("metadata.gone", "x", None)
    assert differences({"metadata.sample_id": '"S1"', "tags": '["old"]'}) == []
    assert [change.path for change in changes(Row(2, "1", "", {"tags": "new"}), FILE_NOW)] == ["1"]
    assert differences({"tags": ""}) == []
    assert differences({"tags": ""}, clear=True) == [("tags", ["old"], [])]


@pytest.mark.parametrize(
    ("now", "text", "after"),
    [(0, "", None), (False, "", None), ("", "", None), (False, '""', ""), (0, "false", False), (True, "1", 1)],
)
def test_values_that_python_takes_for_false_or_equal_are_changed(now, text, after):
    (change,) = changes(Row(2, "1", "", {"metadata.a": text}), {"id": "1", "metadata": {"a": now}}, clear=True)
    assert (change.before, change.after, type(change.after)) == (now, after, type(after))


def test_text_that_looks_like_a_number_stays_text():
    assert differences({"metadata.sample_id": "007"}) == [("metadata.sample_id", "S1", "007")]
    assert differences({"metadata.sample_id": '["a", "b"]'}) == [("metadata.sample_id", "S1", ["a", "b"])]
    assert differences({"metadata.sample_id": "[a"}) == [("metadata.sample_id", "S1", "[a")]


def test_changes_become_one_edit_a_file():
    all_changes = [
        Change("1", "a", "tags", [], ["x"]),
        Change("1", "a", "metadata.k", "v", None),
        Change("2", "b", "metadata.a.b", None, "w"),
    ]
    assert edits(all_changes) == [
        {"id": "1", "tags": ["x"], "metadata": {"k": None}},
        {"id": "2", "metadata": {"a.b": "w"}},
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the table is empty"),
        ("tags\nx\n", "no column names the files"),
        ("id\tsize\n1\t2\n", "no column states what to change"),
        ("id\tsample_id\n", "unknown column 'sample_id'. Write metadata.sample_id if it is metadata;"),
        ("id\tnote\tsample_id\n", "unknown column 'note'"),
        ("id\tmetadata.\n", "unknown column 'metadata.'. Write metadata.KEY if"),
        ("id\t\ttags\n", "unknown column ''. Write metadata.KEY if"),
        ("id\ttags\ttags\n", "is listed twice"),
        ("id\ttags\n1\tx\ty\n", "line 2: 3 cells for 2 columns"),
        ("id\tpath\ttags\n\t\tx\n", "line 2 names no file"),
        ("id\ttags\n1\tx\n\n1\ty\n", "line 4: 1 is already listed in line 2"),
        ('id\ttags\n1\t"x\n', "line 2"),
    ],
)
def test_a_table_that_cannot_be_read_states_where(text, problem):
    with pytest.raises(WrongTable) as caught:
        read(text)
    assert problem in f"{caught.value.message}. {caught.value.remedy}"
    assert caught.value.remedy


def test_short_rows_and_blank_lines_are_fine():
    assert read("id\ttags\tmetadata.k\n1\n\n \t\t\n2\tx\tv\n") == [
        Row(2, "1", "", {"tags": "", "metadata.k": ""}),
        Row(5, "2", "", {"tags": "x", "metadata.k": "v"}),
    ]


def read_jobs(text):
    return read_table(io.StringIO(text, newline=""), ("volume", "location", "to"), ("location", "to"))


def test_a_table_of_certain_columns_is_read_in_any_order_of_them():
    text = "to\tvolume\tlocation\n\nsb://me/p/\t \t a.bam \n"
    assert read_jobs(text) == [(3, {"to": "sb://me/p/", "volume": "", "location": "a.bam"})]
    assert read_jobs("to\tlocation\tvolume\nx\ty\n") == [(2, {"to": "x", "location": "y", "volume": ""})]


@pytest.mark.parametrize(
    ("text", "failure"),
    [
        (
            "to\tlocations\n",
            "line 1: unknown column 'locations'. Use the columns volume, location, to, separated by tabs.",
        ),
        ("to\tlocation\tto\n", "line 1: the column 'to' is listed twice. Remove one of them."),
        ("to\tvolume\n", "line 1: missing column 'location'. Add it."),
        ("to\tlocation\nx\ty\nx\t \n", "line 3 has no location. Fill it in."),
        ("to\tlocation\nx\ty\tz\n", "line 2: 3 cells for 2 columns. Remove the extra cells."),
        ("to\tlocation\n", "the table has no rows. Name the columns in the first line: volume, location, to."),
    ],
)
def test_a_table_of_certain_columns_that_does_not_fit_states_where(text, failure):
    with pytest.raises(WrongTable) as caught:
        read_jobs(text)
    assert f"{caught.value.message}. {caught.value.remedy}" == failure
