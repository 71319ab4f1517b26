"""Records become data sets, which become the same records."""

import json
import re
from datetime import datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from omicsdk.core import OmicsError
from omicsdk.dtp import Gen3Convertor, SdsError
from omicsdk.dtp.sds.layout import VERSIONS, layout
from omicsdk.dtp.sds.sheets import sheet_of
from sds_sheets import INPUT, rows_of, write_sheet

TEXT = (
    st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=12)
    .map(str.strip)
    .filter(lambda text: not text.startswith("="))
)  # that is a formula
CELL = st.one_of(
    st.none(),
    TEXT,
    st.sampled_from(["NA", "_x0041_", "0012", "a\nb", "true", "1.0", "-", "'"]),
    st.integers(-(10**12), 10**12),
    st.floats(-1e9, 1e9).filter(lambda value: value == value),
    st.booleans(),
    st.datetimes(min_value=datetime(1900, 3, 1)).map(lambda moment: moment.replace(microsecond=0)),
)


def rows(names, cells, least=1):
    """Rows with a name each, no two of which are one to a commons."""
    row = st.tuples(names, *[CELL] * cells)
    return st.lists(row, min_size=least, max_size=3, unique_by=lambda row: re.sub(r"\W|_", "", row[0]))


NAME = (
    st.text(st.sampled_from("abcXYZ019-_./ ,é"), min_size=1, max_size=8).map(str.strip).filter(lambda t: t.strip("./ "))
)


@pytest.fixture
def convertor(dictionary):
    return Gen3Convertor("12L", "syn-ds", dictionary=dictionary)


def sheet(path):
    with sheet_of(path, lambda _: True) as table:
        return [list(line.cells) for line in table.lines]


def records_of(converted):
    return {name: list(records) for name, records in converted.records.items()}


@pytest.fixture
def everything(data_set):
    return data_set(
        {
            "samples": [
                ["sample id", "subject id", "was derived from"],
                ["sam-1", "sub-1", None],
                ["sam-2", "sub-1", "sam-1"],
            ],
            "manifest": rows_of(INPUT["manifest.xlsx"]),
            "primary/sub-1/manifest.xlsx": rows_of(INPUT["primary/sub-1/manifest.xlsx"]),
            "submission": [["Submission Item", "Definition", "Value"], ["Milestone achieved", "d", "M1"]],
            "resources": [["RRID", "URL"], ["RRID:1", "https://x.example"]],
            "code_parameters": [["Name", "Type", "Service Alias (User-given name)"], ["n", "t", "s"]],
            "code_description": [["Metadata element", "Description", "Example", "Value"], ["RRID", "", "", "RRID:2"]],
            "performances": [["performance id"], ["p"]],
        }
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_data_set_comes_back_with_the_same_records(everything, dictionary, tmp_path, version):
    before = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(everything)
    for description in before.records["dataset_description.json"]:
        description["metadata_version"] = [version]  # which the tables state
    back = Gen3Convertor("12L", "syn-ds", version, dictionary=dictionary)
    files = back.restore((record for part in before.records.values() for record in part), tmp_path / "back")
    assert sorted(file.name for file in files) == sorted(
        f"{kind.stem}.xlsx" for kind in layout().kinds if kind.node in dictionary
    )
    after = back.convert(tmp_path / "back")
    assert (after.findings, records_of(after)) == ([], records_of(before))


def test_the_folder_that_was_written_can_be_read_back(everything, convertor, tmp_path):
    convertor.execute(everything, tmp_path / "json")
    convertor.restore(tmp_path / "json", tmp_path / "back")
    convertor.execute(tmp_path / "back", tmp_path / "again")
    for path in (tmp_path / "json").iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes()


def test_tables_are_as_the_template_has_them(everything, convertor, tmp_path):
    convertor.restore(
        (record for part in convertor.convert(everything).records.values() for record in part), tmp_path / "back"
    )
    description = sheet(tmp_path / "back" / "dataset_description.xlsx")
    assert description[:8] == [
        ["Metadata element", "Description", "Example", "Value", "Value 2"],
        ["Metadata Version", None, None, "2.0.0"],
        ["Type", None, None, "experimental"],
        ["Basic information"],
        ["    Title", None, None, "T"],
        ["    Subtitle", None, None, "S"],
        ["    Keywords", None, None, "k1", "k2"],
        ["    Funding"],
    ]
    samples = sheet(tmp_path / "back" / "samples.xlsx")
    assert samples[0][:4] == ["sample id", "subject id", "was derived from", "pool id"]
    assert samples[2][:4] == ["sam-2", "sub-1", "sam-1", "NA"]


def test_records_as_a_commons_exports_them_are_taken_too(everything, convertor, tmp_path):
    before = convertor.convert(everything)
    exported = [
        {
            **{name: value for name, value in record.items() if value != []},
            "id": "2c8a3c3e-7a1f-4cbb-a6a7-7d4a7c8a1a11",
            "project_id": "demo1-12L",
            "state": "validated",
            "created_datetime": "2024-01-02T03:04:05+00:00",
            **{link: [{"node_id": "x", **record[link][0]}] for link in ("experiments", "cases") if link in record},
        }
        for part in before.records.values()
        for record in part
    ]
    other = {"type": "case", "submitter_id": "o", "subject_id": "o", "experiments": [{"submitter_id": "other"}]}
    convertor.restore([*exported, other, {"type": "program", "name": "demo1"}], tmp_path / "back")
    assert records_of(convertor.convert(tmp_path / "back")) == records_of(before)


def test_tables_that_exist_stay_unless_it_is_stated(everything, convertor, tmp_path):
    records = [record for part in convertor.convert(everything).records.values() for record in part]
    subjects = write_sheet(tmp_path / "back" / "subjects.xlsx", [["mine"]])
    with pytest.raises(SdsError, match=r"subjects\.xlsx already exists"):
        convertor.restore(records, tmp_path / "back")
    assert [path.name for path in (tmp_path / "back").iterdir()] == ["subjects.xlsx"]
    convertor.restore(records, tmp_path / "back", overwrite=True)
    assert sheet(subjects)[0][0] == "subject id"


def test_of_several_records_where_a_table_has_one_the_last_is_reported(convertor, tmp_path, caplog):
    link = {"experiments": [{"submitter_id": "syn-ds"}]}
    records = [{"type": "submission", "submitter_id": f"s{n}", "milestone_achieved": f"M{n}", **link} for n in (1, 2)]
    convertor.restore(records, tmp_path / "back")
    assert sheet(tmp_path / "back" / "submission.xlsx")[2] == ["Milestone achieved", None, "M2"]
    assert "there are 2 records of submission" in caplog.text


def test_records_of_other_data_sets_only_are_reported(convertor, tmp_path):
    record = {"type": "case", "subject_id": "s", "experiments": [{"submitter_id": "syn-d"}]}
    with pytest.raises(SdsError, match="No records found of the data set syn-ds"):
        convertor.restore([record], tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_a_folder_without_records_is_reported(convertor, tmp_path):
    with pytest.raises(SdsError, match="No JSON files found in"):
        convertor.restore(tmp_path, tmp_path / "back")
    (tmp_path / "a.json").write_text(json.dumps([1]))
    with pytest.raises(SdsError, match=r"a\.json, record 1: 1 is not an object"):
        convertor.restore(tmp_path, tmp_path / "back")


def resource(**values):
    return {"type": "resource", "submitter_id": "r", "experiments": [{"submitter_id": "syn-ds"}], **values}


@pytest.mark.parametrize("number", [2**53 + 1, -(2**53) - 1, 12345678901234567890, float("nan"), float("inf")])
def test_a_number_that_no_cell_can_have_is_a_text(convertor, tmp_path, number):
    (path,) = convertor.restore([resource(number=number)], tmp_path)
    assert sheet(path)[1][-1] == str(number)


@pytest.mark.parametrize("names", [("a b", "a_b"), ("URL", "url")])
def test_two_properties_of_one_column_are_refused(convertor, tmp_path, names):
    with pytest.raises(SdsError, match=r"same column in resources\.xlsx"):
        convertor.restore([resource(**dict.fromkeys(names, "x"))], tmp_path / "data")
    assert not list(tmp_path.rglob("*.xlsx"))


def test_only_identifiers_that_are_texts_link_records(convertor, tmp_path):
    case = {"type": "case", "experiments": [{"submitter_id": "syn-ds"}]}
    other = {"type": "sample", "submitter_id": "other", "cases": [{"id": "of another data set"}]}
    odd = {"type": "sample", "submitter_id": ["odd"], "cases": [{"submitter_id": ["odd"]}]}
    assert [path.name for path in convertor.restore([case, other, odd], tmp_path)] == ["subjects.xlsx"]


def test_hidden_files_of_a_folder_are_no_records(convertor, tmp_path):
    (tmp_path / "resource.json").write_text(json.dumps([resource()]))
    (tmp_path / "._resource.json").write_bytes(b"\0\5\x16\7")  # as macOS leaves them on disks of other systems
    (tmp_path / "folder.json").mkdir()
    assert len(convertor.restore(tmp_path, tmp_path / "data")) == 1


@pytest.mark.parametrize("text", ["x" * 40_000, "bell \x07"])
def test_a_text_that_no_cell_can_have_is_reported(convertor, tmp_path, text):
    record = {"type": "case", "subject_id": text, "experiments": [{"submitter_id": "syn-ds"}]}
    with pytest.raises(OmicsError, match=r"A text in row 2 of subjects\.xlsx contains"):
        convertor.restore([record], tmp_path / "back")
    assert list((tmp_path / "back").iterdir()) == []


@settings(max_examples=3 * settings().max_examples // 4)
@given(data=st.data())
def test_whatever_is_in_the_cells_the_records_come_back_the_same(data, dictionary, tmp_path_factory):
    folder = tmp_path_factory.mktemp("any")
    convertor = Gen3Convertor("12L", "syn-ds", dictionary=dictionary)
    subjects = data.draw(rows(NAME, 5), "subjects")
    headers = ["subject id", "age", "sex", "strain", "RRID for strain", "body mass"]
    write_sheet(folder / "in" / "subjects.xlsx", [headers, *subjects])
    subject_ids = st.sampled_from([subject[0] for subject in subjects])
    samples = [[name, data.draw(subject_ids), pool] for name, pool in data.draw(rows(NAME, 1, least=0), "samples")]
    write_sheet(folder / "in" / "samples.xlsx", [["sample id", "subject id", "pool id"], *samples])
    for place in ("manifest.xlsx", "primary/manifest.xlsx"):
        files = data.draw(rows(NAME, 2, least=0), place)
        write_sheet(folder / "in" / place, [["filename", "isDerivedFrom", "description"], *files])
    description = [[name, None, None, *data.draw(st.lists(CELL, max_size=3))] for name in ("Title", "Keywords")]
    elements = ["Metadata element", "Description", "Example", "Value"]
    write_sheet(
        folder / "in" / "dataset_description.xlsx",
        [elements, ["Metadata Version", None, None, "2.0.0"], *description],
    )
    before = convertor.convert(folder / "in")
    assume(not [finding for finding in before.findings if finding.kind == "duplicate"])
    assert before.findings == []
    convertor.restore([record for part in before.records.values() for record in part], folder / "back")
    after = convertor.convert(folder / "back")
    assert (after.findings, records_of(after)) == ([], records_of(before))
