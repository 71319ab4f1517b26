"""Workbooks are read as Excel shows them, from any program."""

import re
import sys
import zipfile
from contextlib import suppress
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from omicsdk.core import MissingExtra
from omicsdk.dtp import SdsError
from omicsdk.dtp.sds import sheets
from omicsdk.dtp.sds.sheets import Unreadable, Workbook, sheet_of, table_of, text_of
from openpyxl import Workbook as Written
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from sds_sheets import write_sheet

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def lines(path, name=None):
    with Workbook(path) as book:
        return [(line.number, list(line.cells)) for line in book.sheet(name or book.names[0]).lines]


def raw(path, sheet, *, prefix="", parts=None, properties=""):
    """A workbook of parts as they are given, with elements in a namespace of their own."""
    p = f"{prefix}:" if prefix else ""
    name = f'xmlns:{prefix}="{MAIN}"' if prefix else f'xmlns="{MAIN}"'
    every = {
        "_rels/.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE}/officeDocument"'
        ' Target="/xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<{p}workbook {name} xmlns:r="{OFFICE}"><{p}workbookPr {properties}/><{p}sheets>'
        f'<{p}sheet name="S" sheetId="1" r:id="x1"/></{p}sheets></{p}workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{RELATIONS}"><Relationship Id="x1"'
        f' Type="{OFFICE}/worksheet" Target="worksheets/one.xml"/><Relationship Id="x2" Type="{OFFICE}/sharedStrings"'
        f' Target="sharedStrings.xml"/><Relationship Id="x3" Type="{OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/worksheets/one.xml": f"<{p}worksheet {name}><{p}sheetData>{sheet}</{p}sheetData></{p}worksheet>",
        **(parts or {}),
    }
    with zipfile.ZipFile(path, "w") as file:
        for place, text in every.items():
            file.writestr(place, text)
    return path


def test_rows_keep_their_numbers_and_columns_their_places(tmp_path):
    book = Written()
    sheet = book.worksheets[0]
    sheet["C2"], sheet["AB7"], sheet["A9"] = "x", 1, None
    book.save(tmp_path / "b.xlsx")
    assert lines(tmp_path / "b.xlsx") == [(2, [None, None, "x"]), (7, [None] * 27 + [1])]


def test_values_of_formulas_are_those_that_excel_kept(tmp_path):
    sheet = (
        '<row r="1"><c r="A1"><f>1+1</f><v>2</v></c><c r="B1" t="str"><f>"a"&amp;"b"</f><v>ab</v></c>'
        '<c r="C1" t="str"><f>""</f><v></v></c><c r="D1"><f>NOW()</f></c><c r="E1"><f>1/0</f><v/></c>'
        '<c r="F1" t="e"><f>1/0</f><v>#DIV/0!</v></c><c r="G1" t="b"><f>TRUE()</f><v>1</v></c><c r="H1"><f t="shared" si="0"/></c></row>'
    )
    assert lines(raw(tmp_path / "b.xlsx", sheet)) == [
        (
            1,
            [
                *(2, "ab", None, Unreadable("formula", "=NOW()"), Unreadable("formula", "=1/0")),
                *(Unreadable("excel-error", "#DIV/0!"), True, Unreadable("formula", "a formula")),
            ],
        )
    ]


def test_shared_and_inline_texts_of_several_runs_come_without_readings(tmp_path):
    texts = (
        f'<sst xmlns="{MAIN}"><si><t>plain</t></si><si><r><t xml:space="preserve">two </t></r><r><t>runs</t></r></si>'
        '<si><t>字</t><rPh sb="0" eb="1"><t>ジ</t></rPh></si><si><t>line_x000D_\nend _x005F_x0041_ _xD800_</t></si><si/></sst>'
    )
    cells = "".join(f'<c t="s"><v>{number}</v></c>' for number in range(5))
    inline = '<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh sb="0" eb="1"><t>no</t></rPh></is></c>'
    path = raw(
        tmp_path / "b.xlsx",
        f"<row>{cells}{inline}</row><row><c><v>3</v></c></row>",
        parts={"xl/sharedStrings.xml": texts},
    )
    assert lines(path) == [
        (1, ["plain", "two runs", "字", "line\r\nend _x0041_ _xD800_", None, "inline"]),
        (2, [3]),
    ]


def test_a_namespace_may_have_a_prefix(tmp_path):
    sheet = '<x:row r="3"><x:c r="B3"><x:v>1.5</x:v></x:c></x:row>'
    assert lines(raw(tmp_path / "b.xlsx", sheet, prefix="x")) == [(3, [None, 1.5])]


def test_days_since_1904_are_dates(tmp_path):
    book = Written()
    book.epoch = CALENDAR_MAC_1904
    book.worksheets[0].append([datetime(2024, 5, 1, 6)])
    book.save(tmp_path / "b.xlsx")
    assert lines(tmp_path / "b.xlsx") == [(1, [datetime(2024, 5, 1, 6)])]


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("yyyy-mm-dd", datetime(2024, 5, 1, 6)),
        ("[$-409]h:mm AM/PM;@", datetime(2024, 5, 1, 6)),
        ("mm:ss.0", datetime(2024, 5, 1, 6)),
        ("[h]:mm:ss", timedelta(days=45413, hours=6)),
        ("[mm]:ss", timedelta(days=45413, hours=6)),
        ("General", 45413.25),
        ('0.00" days"', 45413.25),
        ("0\\d", 45413.25),
        ("[Red]0.0", 45413.25),
        ("#,##0_);[Red](#,##0)", 45413.25),
        ("@", 45413.25),
    ],
)
def test_formats_distinguish_dates_from_numbers(code, what, tmp_path):
    book = Written()
    book.worksheets[0]["A1"] = 45413.25
    book.worksheets[0]["A1"].number_format = code
    book.save(tmp_path / "b.xlsx")
    assert lines(tmp_path / "b.xlsx") == [(1, [what])]


@pytest.mark.parametrize(
    ("serial", "moment"),
    [
        (1, datetime(1900, 1, 1)),
        (59, datetime(1900, 2, 28)),
        (61, datetime(1900, 3, 1)),
        (45413.25, datetime(2024, 5, 1, 6)),
        (0.5, time(12)),
        (0, time()),
        (0.9999999999, time()),
        (3e6, 3_000_000),
    ],
)
def test_serial_numbers_are_moments(serial, moment, tmp_path):
    book = Written()
    book.worksheets[0]["A1"] = serial
    book.worksheets[0]["A1"].number_format = "yyyy-mm-dd hh:mm"
    book.save(tmp_path / "b.xlsx")
    ((_, (cell,)),) = lines(tmp_path / "b.xlsx")
    assert (type(cell), cell) == (type(moment), moment)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (3.0, "3"),
        (0.1, "0.1"),
        (1e300, "1e+300"),
        (True, "true"),
        (" x ", "x"),
        (None, ""),
        (date(2024, 5, 1), "2024-05-01"),
        (datetime(2024, 5, 1), "2024-05-01"),
        (timedelta(hours=30, seconds=5), "30:00:05"),
        (timedelta(minutes=-15), "-0:15:00"),
        (timedelta(hours=-30, seconds=-5), "-30:00:05"),
        (timedelta(milliseconds=-400), "0:00:00"),
        (Unreadable("formula", "=A1"), "=A1"),
    ],
)
def test_cells_have_a_text(cell, text):
    assert text_of(cell) == text


def test_the_sheet_that_is_meant_is_found(tmp_path):
    book = Written()
    book.worksheets[0].append(["read me"])
    book.create_sheet("data").append(["subject id"])
    book.save(tmp_path / "b.xlsx")

    def meant(line):
        return line.cells[0] == "subject id"

    with sheet_of(tmp_path / "b.xlsx", meant) as sheet:
        assert sheet.name == "data"
    with sheet_of(tmp_path / "b.xlsx", lambda _: False) as sheet:
        assert sheet.name == "Sheet"
    with pytest.raises(SdsError, match=r"has no sheet 'dat'.*'data'"), sheet_of(tmp_path / "b.xlsx", meant, "dat"):
        pass


def test_errors_that_python_calamine_refuses_and_formulas_are_given_as_they_are(tmp_path):
    sheet = (
        '<x:row r="2"><x:c r="B2" t="e"><x:v>#SPILL!</x:v></x:c><x:c s="0" t="e" r="C2"><x:f>A1</x:f><x:v>Err:502</x:v></x:c>'
        '<x:c r="D2"/><x:c r="E2"><x:f>IF(A1&lt;2,"","&amp;")</x:f></x:c><x:c r="F2" t="str"><x:f>""</x:f><x:v/></x:c></x:row>'
    )
    assert lines(raw(tmp_path / "b.xlsx", sheet, prefix="x")) == [
        (
            2,
            [
                *(None, Unreadable("excel-error", "#SPILL!"), Unreadable("excel-error", "Err:502"), None),
                Unreadable("formula", '=IF(A1<2,"","&")'),
            ],
        )
    ]


@pytest.mark.parametrize(
    ("sheet", "why"),
    [
        ('<row><c t="s"><v>7</v></c></row>', "the sheet 'S' is broken"),
        ('<row><c t="s"><v>x</v></c></row>', "the sheet 'S' is broken"),
        ('<row><c r="XFE1"><v>1</v></c></row>', r"the cells of xl/worksheets/one\.xml are too far apart"),
        ("<row><c><v>1</v></row>", "the sheet 'S' is broken"),
        ("<row><c><v>&boom;</v></c></row>", r"xl/worksheets/one\.xml has entities"),
    ],
)
def test_a_broken_sheet_is_reported(tmp_path, sheet, why):
    with pytest.raises(SdsError, match=rf"b\.xlsx is not an Excel workbook: {why}"):
        lines(raw(tmp_path / "b.xlsx", sheet))


@pytest.mark.parametrize("bracket", ["<", ">"])
def test_a_far_cell_is_not_hidden_by_a_bracket_in_an_attribute(tmp_path, bracket):
    cell = f'<c x="{bracket}" r="XFD1048576"><v>1</v></c>'
    with pytest.raises(SdsError, match="a row or cell with an invalid attribute"):
        lines(raw(tmp_path / "b.xlsx", f'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576">{cell}</row>'))


@pytest.mark.timeout(20)  # quadratic cost would take minutes
@pytest.mark.parametrize("piece", ["<c>", "<c ", "<c/><f>", "<c><f>", "<c><v>", "<f ", "<row r='1' ", "<c r='A1'"])
def test_a_malformed_sheet_is_read_or_refused_in_linear_time(tmp_path, piece):
    with suppress(SdsError):
        lines(raw(tmp_path / "b.xlsx", f'<row r="1"><c t="e"><f>1</f></c>{piece * 60_000}</c></row>'))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("root", ["worksheet", "x:worksheet", "sst", "styleSheet"])
def test_a_part_in_utf_16_is_refused(tmp_path, encoding, root):
    # python-calamine reads it as an empty sheet.
    part = f'<?xml version="1.0" encoding="UTF-16"?><{root}><row><c><v>1</v></c></row></{root}>'.encode(encoding)
    with pytest.raises(SdsError, match=r"b\.xlsx is not an Excel workbook: xl/worksheets/one\.xml is in UTF-16"):
        lines(raw(tmp_path / "b.xlsx", "", parts={"xl/worksheets/one.xml": part}))


def test_a_part_in_utf_16_that_is_no_sheet_is_left_alone(tmp_path):
    query = '<?xml version="1.0" encoding="utf-16"?><DataMashup><worksheet/></DataMashup>'.encode("utf-16")
    sheet = "<row><c><v>1</v></c></row>"
    assert lines(raw(tmp_path / "b.xlsx", sheet, parts={"customXml/item1.xml": query})) == [(1, [1])]


def test_entities_are_refused(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet><c><v>&b;</v></c></worksheet>'
    with pytest.raises(SdsError, match="has entities"):
        lines(raw(tmp_path / "b.xlsx", "", parts={"xl/worksheets/one.xml": bomb}))


@pytest.mark.parametrize(
    "sheet",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "<row r='1048576'><c><v>1</v></c><c r = 'XFD1048576' t=\"n\"><v>1</v></c></row>",
        "<row>" + "<c><v>1</v></c>" * 16_000 + "</row>" + "<row><c><v>1</v></c></row>" * 3_000,
    ],
    ids=["referred", "spaced", "counted"],
)
def test_cells_that_span_more_than_memory_has_are_refused_and_empty_ones_are_not(sheet, tmp_path):
    with pytest.raises(SdsError, match="too far apart"):
        lines(raw(tmp_path / "b.xlsx", sheet))
    styled = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>'
    assert lines(raw(tmp_path / "b.xlsx", styled)) == [(1, [1])]


def test_a_workbook_that_unpacks_to_more_than_is_taken_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 2_000_000)
    with pytest.raises(SdsError, match="unpacks to more than 1 MiB"):
        lines(raw(tmp_path / "b.xlsx", " " * 2_000_000))


@pytest.mark.parametrize("part", ["content.xml", "xl/workbook.bin"])
def test_a_table_of_another_kind_is_refused(part, tmp_path):
    with pytest.raises(SdsError, match="is of another kind"):
        lines(raw(tmp_path / "b.xlsx", "", parts={part: "<office/>"}))


def test_without_python_calamine_it_is_stated_what_to_install(tmp_path, monkeypatch):
    path = write_sheet(tmp_path / "b.xlsx", [["x"]])
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[dtp\]"):
        Workbook(path)


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"_rels/.rels": "<Relationships/>"}, "is not an Excel workbook"),
        ({"xl/_rels/workbook.xml.rels": "<Relationships/>"}, "is not an Excel workbook"),
        ({"xl/workbook.xml": "<workbook/>"}, "it has no sheet"),
    ],
)
def test_a_zip_file_that_is_no_workbook_is_reported(tmp_path, parts, why):
    with pytest.raises(SdsError, match=why):
        lines(raw(tmp_path / "b.xlsx", "", parts=parts))


def test_other_zip_files_and_cut_ones_are_reported(tmp_path):
    with zipfile.ZipFile(tmp_path / "z.xlsx", "w") as file:
        file.writestr("hello.txt", "x")
    with pytest.raises(SdsError, match=r"z\.xlsx is not an Excel workbook: .*_rels/\.rels"):
        lines(tmp_path / "z.xlsx")
    whole = write_sheet(tmp_path / "b.xlsx", [["x"]]).read_bytes()
    (tmp_path / "cut.xlsx").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SdsError, match=r"cut\.xlsx is not an Excel workbook"):
        lines(tmp_path / "cut.xlsx")
    with pytest.raises(SdsError, match="cannot be read: No such file"):
        lines(tmp_path / "none.xlsx")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a\xff\n", "is not UTF-8"),
        (b'a,b\n1,"' + b"x" * ((1 << 24) + 1), "line 2: the line is longer than 16 MiB"),
        (b'a,b\n1,"x\n2,y\n', "after line 1: a quote is opened and never closed"),
    ],
)
def test_text_tables_that_cannot_be_read_are_reported(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(SdsError, match=message), sheet_of(tmp_path / "t.csv", lambda _: True) as sheet:
        list(sheet.lines)


def test_rows_of_text_tables_are_numbered_as_they_begin(tmp_path):
    (tmp_path / "t.tsv").write_bytes('\ufeffa\tb\r\n"1\n2"\tx\r\n\r\n3\t\r\n'.encode())
    with sheet_of(tmp_path / "t.tsv", lambda _: True) as sheet:
        assert list(sheet.lines) == [(1, ["a", "b"]), (2, ["1\n2", "x"]), (5, ["3", None])]


@pytest.mark.parametrize("cell", ["<c t='e'><v>#N/A</v></c>", '<c t="e"><v>#N/A</v></c>'])
def test_errors_are_found_in_either_quotes(cell, tmp_path):
    assert lines(raw(tmp_path / "b.xlsx", f"<row>{cell}</row>")) == [(1, [Unreadable("excel-error", "#N/A")])]


@pytest.mark.parametrize(("number", "kind"), [(2**53, int), (-(2**53), int), (2**53 + 2, float), (0.5, float)])
def test_numbers_are_whole_as_far_as_floats_have_each(number, kind, tmp_path):
    ((_, (cell,)),) = lines(raw(tmp_path / "b.xlsx", f"<row><c><v>{number}</v></c></row>"))
    assert (type(cell), cell) == (kind, number)


def test_the_last_column_of_excel_is_read(tmp_path):
    ((_, cells),) = lines(raw(tmp_path / "b.xlsx", '<row r="1"><c r="XFD1"><v>7</v></c></row>'))
    assert (len(cells), cells[-1]) == (16_384, 7)


def test_a_workbook_that_claims_more_bytes_than_are_taken_is_refused_before_it_is_unpacked(tmp_path):
    with zipfile.ZipFile(raw(tmp_path / "b.xlsx", ""), "a") as file:
        file.writestr("xl/more.xml", "x")
        file.filelist[-1].file_size = 1 << 30
    with pytest.raises(SdsError, match="unpacks to more than 1024 MiB"):
        lines(tmp_path / "b.xlsx")


def test_a_table_has_a_name_for_each_column_and_no_blank_rows(tmp_path):
    (tmp_path / "t.csv").write_text("id,, x \n1,2,,4\n ,\n5\n")
    assert table_of(tmp_path / "t.csv") == (
        ["id", "2", "x", "4"],
        [["1", "2", None, "4"], ["5", None, None, None]],
    )
    (tmp_path / "t.csv").write_text("")
    assert table_of(tmp_path / "t.csv") == ([], [])
    with pytest.raises(SdsError, match=r"t\.tsv not found"):
        table_of(tmp_path / "t.tsv")


@pytest.mark.parametrize(
    ("cell", "message", "remedy"),
    [
        (
            "<c><f>A1</f></c>",
            r'b\.xlsx.*"=A1" is a formula whose value is not in the file',
            "Open it in Excel and save it",
        ),
        ('<c t="e"><v>#N/A</v></c>', r"b\.xlsx.*#N/A is an error of Excel", "Correct the formula"),
    ],
)
def test_a_cell_of_a_table_without_a_value_is_an_error_with_its_place(cell, message, remedy, tmp_path):
    header = '<row><c t="inlineStr"><is><t>id</t></is></c></row>'
    with pytest.raises(SdsError, match=message) as raised:
        table_of(raw(tmp_path / "b.xlsx", f"{header}<row><c><v>1</v></c>{cell}</row>"))
    assert raised.value.remedy.startswith(remedy)
    (finding,) = raised.value.findings
    assert (finding.sheet, finding.row, finding.column) == ("S", 2, "2")


# -- values and damages at random


VALUE = st.one_of(
    st.none(),
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), min_size=1).filter(lambda text: text[0] not in "=#"),
    st.integers(-(2**53), 2**53),
    st.floats(-1e300, 1e300),
    st.booleans(),
    st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 30)).map(lambda value: value.replace(microsecond=0, fold=0)),
    st.dates(date(1900, 3, 1), date(9999, 12, 30)),
    st.times().map(lambda value: value.replace(microsecond=0, fold=0)),
    st.timedeltas(timedelta(seconds=1), timedelta(days=999)).map(
        lambda duration: timedelta(seconds=round(duration.total_seconds()))
    ),
)


@settings(max_examples=3 * settings().max_examples // 2)
@given(rows=st.lists(st.lists(VALUE, max_size=5), max_size=5))
def test_cells_are_read_as_openpyxl_reads_them(rows, tmp_path_factory):
    path = write_sheet(tmp_path_factory.mktemp("book") / "b.xlsx", rows)
    theirs = [list(row) for row in load_workbook(path, data_only=True).worksheets[0].iter_rows(values_only=True)]
    ours = dict(lines(path))
    for number, row in enumerate(theirs, 1):
        mine = [*ours.get(number, []), *[None] * len(row)][: len(row)]
        assert [_same(cell) for cell in mine] == [_same(cell) for cell in row]


def _same(cell):
    """Spans of time are floats of days in the file, and so to the millisecond; escapes of Excel are not undone by openpyxl."""
    return round(cell.total_seconds(), 2) if isinstance(cell, timedelta) else cell


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    rows = [["a", "b"], [1, 2.5, True, "=A1"], [datetime(2024, 1, 2), timedelta(hours=30), time(3), "#REF!"]]
    return write_sheet(tmp_path_factory.mktemp("sound") / "b.xlsx", rows)


PIECES = [b"", b"x", b"999999999999", b"-1", b"1e400", b"nan", b"\xff", b"<", b'"', b"&", b"e5", b"\x00"]


@settings(max_examples=15 * settings().max_examples // 4)
@given(data=st.data())
def test_a_damaged_workbook_is_read_or_reported(data, sound, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / "b.xlsx"
    if data.draw(st.booleans()):
        content = bytearray(sound.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content)
    else:
        with zipfile.ZipFile(sound) as file:
            parts = {name: file.read(name) for name in file.namelist()}
        name = data.draw(st.sampled_from([part for part in parts if not part.startswith(("docProps", "xl/theme"))]))
        values = list(re.finditer(rb'"[^"]*"|>[^<]+<', parts[name]))
        match = data.draw(st.sampled_from(values))
        piece = data.draw(st.sampled_from(PIECES))
        parts[name] = parts[name][: match.start() + 1] + piece + parts[name][match.end() - 1 :]
        with zipfile.ZipFile(path, "w") as file:
            for part, content in parts.items():
                file.writestr(part, content)
    with suppress(SdsError), Workbook(path) as book:
        assert [list(book.sheet(sheet_name).lines) is not None for sheet_name in book.names] == [True]
