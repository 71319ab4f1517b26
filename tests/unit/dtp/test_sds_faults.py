"""All errors of a data set are reported at once, with their place and remedy."""

from datetime import date, datetime, time, timedelta

import pytest
from omicsdk.core import NotWritable
from omicsdk.dtp import Gen3Convertor, SdsError
from omicsdk.dtp.sds.tables import reader_of
from omicsdk.gen3 import Gen3UserError
from sds_sheets import DESCRIPTION, write_sheet


@pytest.fixture
def convertor(dictionary):
    return Gen3Convertor("12L", "ds", dictionary=dictionary)


def findings_of(convertor, folder):
    return [(finding.where, finding.kind, finding.message, finding.remedy) for finding in convertor.validate(folder)]


def test_a_folder_that_does_not_exist(convertor, tmp_path):
    with pytest.raises(SdsError, match="nothere does not exist"):
        convertor.validate(tmp_path / "nothere")


def test_a_file_in_the_place_of_a_folder(convertor, tmp_path):
    file = write_sheet(tmp_path / "subjects.xlsx", [["subject id"]])
    with pytest.raises(SdsError, match="is a file, not a folder"):
        convertor.validate(file)


def test_a_folder_that_is_no_data_set(convertor, tmp_path):
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(
        SdsError, match=r"is not an SDS data set: it has neither dataset_description\.xlsx nor subjects\.xlsx"
    ):
        convertor.validate(tmp_path)


def test_a_folder_around_a_data_set_is_reported_which_one_is_meant(convertor, data_set, tmp_path):
    data_set(name="inner")
    with pytest.raises(SdsError, match=r"Did you mean .*inner\?"):
        convertor.validate(tmp_path)


def test_a_folder_that_cannot_be_written_is_reported(convertor, data_set, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotWritable, match=r"Cannot write .*file"):
        convertor.execute(data_set(), tmp_path / "file")
    with pytest.raises(NotWritable, match=r"Cannot write .*file"):
        convertor.restore(convertor.convert(tmp_path / "dataset").records["subjects.json"], tmp_path / "file")


def test_a_table_that_a_data_set_may_lack_but_cannot_be_read_is_reported_with_all_other_faults(convertor, data_set):
    folder = data_set()
    (folder / "samples.xlsx").write_bytes(b"no workbook")
    (finding,) = convertor.validate(folder)
    assert (finding.file, "is not an Excel workbook" in finding.message) == ("samples.xlsx", True)


@pytest.mark.parametrize("stem", ["subjects", "dataset_description"])
def test_a_table_that_each_data_set_has_but_is_empty_is_reported(convertor, data_set, stem):
    (finding,) = convertor.validate(data_set({stem: []}))
    assert (finding.file, finding.sheet, finding.message) == (f"{stem}.xlsx", "Sheet1", "It is empty")
    assert "Fill it in" in finding.remedy


def test_what_is_left_out_is_reported_when_a_data_set_is_only_examined(convertor, data_set, caplog):
    convertor.validate(data_set({"performances": []}))
    assert "performances.xlsx" in caplog.text


def test_a_missing_table_of_subjects(convertor, data_set):
    with pytest.raises(SdsError, match=r"has no subjects\.xlsx, which each SDS data set has\. Add it"):
        convertor.validate(data_set({"subjects": None, "samples": [["sample id"]]}))


@pytest.mark.parametrize(
    ("name", "remedy"), [("subject.xlsx", r"Did you mean subject\.xlsx\?"), ("subjects.xls", r"Save subjects\.xls as")]
)
def test_a_table_of_subjects_that_is_called_otherwise_is_named(convertor, data_set, name, remedy):
    folder = data_set({"subjects": None})
    (folder / name).write_bytes(b"x")
    with pytest.raises(SdsError, match=remedy):
        convertor.validate(folder)


def test_names_of_files_may_have_capitals_and_may_be_text_tables(convertor, data_set):
    folder = data_set({"subjects": None, "dataset_description": None})
    write_sheet(folder / "Dataset_Description.XLSX", DESCRIPTION)
    (folder / "subjects.csv").write_text('subject id,strain\nsub-1,"two\nlines"\nsub-1,x\n')
    assert [finding[0] for finding in findings_of(convertor, folder)] == ["subjects.csv, row 4, column subject id"]


def test_a_workbook_that_is_none(convertor, data_set):
    folder = data_set()
    (folder / "subjects.xlsx").write_bytes(b"PK not really")
    with pytest.raises(SdsError, match=r"subjects\.xlsx is not an Excel workbook"):
        convertor.validate(folder)


def test_two_subjects_of_one_id(convertor, data_set):
    rows = [["subject id", "sex"], ["sub-1", "F"], ["sub-2", "M"], [" sub-1 ", "F"], ["sub_2", "F"]]
    assert findings_of(convertor, data_set({"subjects": rows})) == [
        (
            "subjects.xlsx, sheet Sheet1, row 4, column subject id",
            "duplicate",
            'The subject id "sub-1" is also in row 2',
            "Keep one of the rows, or correct one.",
        ),
        (
            "subjects.xlsx, sheet Sheet1, row 5, column subject id",
            "duplicate",
            'The subject id "sub_2" and "sub-2" in row 3 are one name in a commons: ds-subjects-sub-2',
            "Make them differ in letters or digits.",
        ),
    ]


@pytest.mark.parametrize(
    ("header", "meant"),
    [
        ("subjet id", "subject id"),
        ("speceis", "species"),
        ("genotpye", "genotype"),
        ("RRID for strian", "RRID for strain"),
    ],
)
def test_a_header_that_is_misspelt_is_reported_with_the_nearest(convertor, data_set, header, meant):
    header_row = [name for name in ("subject id", "species", "strain", "age") if name != meant] + [header]
    rows = [header_row, ["x"] * len(header_row)]
    findings = findings_of(convertor, data_set({"subjects": rows}))
    assert (f"subjects.xlsx, sheet Sheet1, row 1, column {header}", "unknown-header") in [
        finding[:2] for finding in findings
    ]
    assert [finding[3] for finding in findings] == [f"Did you mean '{meant}'?"]


def test_an_element_that_is_misspelt_is_reported_with_the_nearest(convertor, data_set):
    rows = [*DESCRIPTION, ["Contributor nmae", None, None, "A, B"]]
    assert findings_of(convertor, data_set({"dataset_description": rows})) == [
        (
            "dataset_description.xlsx, sheet Sheet1, row 10, column Contributor nmae",
            "unknown-header",
            '"Contributor nmae" is unknown to the dictionary',
            "Did you mean 'Contributor name'?",
        )
    ]


def test_a_separate_column_is_no_fault_and_reported_once(convertor, data_set):
    rows = [["subject id", "body mass index", "empty one"], ["sub-1", 21.5, None], ["sub-2", 22, None]]
    conversion = convertor.convert(data_set({"subjects": rows}))
    assert conversion.findings == []
    assert [note.column for note in conversion.notes] == ["body mass index"]


def test_values_that_an_empty_cell_separates_from_those_of_other_rows_are_noted(convertor, data_set):
    names = ["Contributor name", None, None, "Ann", "Ben", "Cy"]
    rows = [*(row for row in DESCRIPTION if row[0] not in ("Contributor name", "Contributor ORCID")), names]
    orcid = "https://orcid.org/0000-0002-1825-0097"
    conversion = convertor.convert(
        data_set({"dataset_description": [*rows, ["Contributor ORCID", None, None, "x", None, orcid]]})
    )
    assert conversion.findings == []
    assert [(note.column, note.message) for note in conversion.notes if note.kind == "moved"] == [
        ("Contributor ORCID", "It has an empty cell before a value")
    ]


@pytest.mark.parametrize("header", ["subject id,strain,", "subject id,strain"])
def test_a_cell_below_no_header_is_reported(convertor, data_set, header):
    folder = data_set({"subjects": None})
    (folder / "subjects.csv").write_text(f"{header}\nsub-1,C57BL/6, wild type\nsub-2,x,\n")
    assert findings_of(convertor, folder) == [
        (
            "subjects.csv, row 2, column 3",
            "cell-without-column",
            '"wild type" is in column 3, which has no name',
            "Name the column, or empty the cell; a tab or comma within a cell needs quotes around it.",
        )
    ]


def test_headers_that_exist_twice(convertor, data_set):
    rows = [["subject id", "Sex", "sex"], ["sub-1", "F", "M"]]
    assert [finding[:3] for finding in findings_of(convertor, data_set({"subjects": rows}))] == [
        ("subjects.xlsx, sheet Sheet1, row 1, column sex", "twice", '"sex" is already given, as "Sex"')
    ]


def test_a_table_without_the_column_that_names_its_rows(convertor, data_set):
    findings = findings_of(convertor, data_set({"manifest": [["description"], ["x"]]}))
    assert findings == [
        (
            "manifest.xlsx, sheet Sheet1, row 1",
            "missing-header",
            "There is no column 'filename', which names the rows",
            "Add 'filename' to the header.",
        )
    ]


def test_a_row_without_its_id(convertor, data_set):
    rows = [["subject id", "sex"], [None, "F"], [None, None], ["sub-1", "M"]]
    assert [finding[:3] for finding in findings_of(convertor, data_set({"subjects": rows}))] == [
        ("subjects.xlsx, sheet Sheet1, row 2, column subject id", "missing-key", "The subject id is missing")
    ]


def test_a_sample_of_a_subject_that_does_not_exist(convertor, data_set):
    rows = [["sample id", "subject id"], ["sam-1", "sub_1"], ["sam-2", None]]
    assert findings_of(convertor, data_set({"samples": rows})) == [
        (
            "samples.xlsx, sheet Sheet1, row 2, column subject id",
            "broken-link",
            'There is no subject "sub_1"',
            "Did you mean 'sub-1'?",
        ),
        (
            "samples.xlsx, sheet Sheet1, row 3, column subject id",
            "broken-link",
            "The subject id is missing",
            "Add it.",
        ),
    ]


def test_values_that_the_dictionary_refuses(convertor, data_set):
    description = [*DESCRIPTION[:-2], ["Number of subjects", "", "", "two", None]]
    rows = [["subject id", "disease or disorder"], ["sub-1", "disorder"], ["sub-2", "disaese"]]
    assert findings_of(convertor, data_set({"dataset_description": description, "subjects": rows})) == [
        (
            "subjects.xlsx, sheet Sheet1, row 3, column disease or disorder",
            "not-a-choice",
            '"disaese" is not one of the values of disease_or_disorder',
            "Did you mean 'disease'?",
        ),
        (
            "dataset_description.xlsx, sheet Sheet1, row 8, column Number of subjects",
            "wrong-type",
            'Value 1 of the list: "two" is not a whole number, which number_of_subjects requires',
            "Write the number alone, without a unit or quotes.",
        ),
    ]


def test_formulas_without_a_value_and_errors_of_excel(convertor, data_set):
    rows = [["subject id", "age", "sex"], ["sub-1", "=1+1", "#REF!"]]
    assert [finding[:3] for finding in findings_of(convertor, data_set({"subjects": rows}))] == [
        (
            "subjects.xlsx, sheet Sheet1, row 2, column age",
            "formula",
            '"=1+1" is a formula whose value is not in the file',
        ),
        ("subjects.xlsx, sheet Sheet1, row 2, column sex", "excel-error", "#REF! is an error of Excel"),
    ]


def test_what_follows_from_an_id_that_cannot_be_read_is_not_reported_too(convertor, data_set):
    subjects = [["subject id", "disease or disorder"], ["sub-1", None], ["=A2", "x"]]
    samples = [["sample id", "subject id"], ["sam-1", "=A1"], ["#N/A", "sub-1"]]
    assert [
        finding[:2] for finding in findings_of(convertor, data_set({"subjects": subjects, "samples": samples}))
    ] == [
        ("subjects.xlsx, sheet Sheet1, row 3, column subject id", "formula"),
        ("subjects.xlsx, sheet Sheet1, row 3, column disease or disorder", "not-a-choice"),
        ("samples.xlsx, sheet Sheet1, row 2, column subject id", "formula"),
        ("samples.xlsx, sheet Sheet1, row 3, column sample id", "excel-error"),
    ]


def test_all_faults_of_all_tables_are_reported_at_once(convertor, data_set, tmp_path):
    folder = data_set(
        {
            "subjects": [["subject id", "disease or disorder"], ["sub-1", "x"], *([f"s{n}", "x"] for n in range(20))],
            "samples": [["sample id", "subject id"], ["sam-1", "no"]],
        }
    )
    with pytest.raises(SdsError, match="has 22 faults") as caught:
        convertor.execute(folder, tmp_path / "out")
    assert len(caught.value.findings) == 22
    assert "and 12 more" in str(caught.value)


def test_numbers_dates_and_several_lines_become_what_the_dictionary_wants(convertor, data_set):
    rows = [
        ["subject id", "age", "body mass", "date of birth", "experiment date", "strain", "handedness", "phenotype"],
        [7, 30, 71.50, date(2020, 2, 29), datetime(2024, 5, 1, 12, 30), "a\r\nb\n", True, time(9, 15)],
        [8.0, 1e20, 0.1, timedelta(hours=30), None, " x ", False, None],
    ]
    manifest = [["filename", "description", "isDerivedFrom", "additional metadata"], ["a", "x\ny", "p\n\n q ", "z\n"]]
    conversion = convertor.convert(data_set({"subjects": rows, "manifest": manifest}))
    assert conversion.findings == []
    one, two = conversion.records["subjects.json"]
    names = (
        *("subject_id", "age", "body_mass", "date_of_birth", "experiment_date", "strain", "handedness", "phenotype"),
    )
    assert [one[name] for name in names] == [
        *("7", "30", "71.5", "2020-02-29", "2024-05-01T12:30:00", "a\nb", "true", "09:15:00"),
    ]
    assert [two.get(name) for name in names] == [
        *("8", "1e+20", "0.1", "30:00:00", None, "x", "false", None),
    ]
    file = conversion.records["manifest.json"][0]
    assert (file["description"], file["is_derived_from"], file["additional_metadata"]) == ("x\ny", ["p", "q"], "z")
    assert one["submitter_id"] == "ds-subjects-7"


def test_whole_numbers_keep_all_their_digits(dictionary):
    read = reader_of(dictionary.nodes["experiment"].properties["number_experimental_group"])
    assert [read(text) for text in ("12345678901234567891", "12345678901234567891.0")] == [12345678901234567891] * 2


def test_files_of_one_name_in_several_folders_are_distinguished(convertor, data_set):
    conversion = convertor.convert(
        data_set(
            {
                "primary/sub-1/manifest.xlsx": [["filename", "description"], ["data.csv", "one"], ["alone.csv", "x"]],
                "primary/sub-2/manifest.xlsx": [["filename", "description"], ["./data.csv", "two"]],
                "manifest": [["filename"], ["scan_1.dcm"], ["scan-1.dcm"]],
            }
        )
    )
    assert conversion.findings == []
    assert [(record["filename"], record["submitter_id"]) for record in conversion.records["manifest.json"]] == [
        ("scan_1.dcm", "ds-manifest-scan-1.dcm-1cd462a9"),
        ("scan-1.dcm", "ds-manifest-scan-1.dcm-83df3894"),
        ("primary/sub-1/data.csv", "ds-manifest-primary-sub-1-data.csv"),
        ("alone.csv", "ds-manifest-alone.csv"),
        ("primary/sub-2/data.csv", "ds-manifest-primary-sub-2-data.csv"),
    ]


def test_a_file_that_a_manifest_has_twice_is_reported(convertor, data_set):
    rows = [["filename"], ["a.txt"], ["./a.txt"]]
    findings = findings_of(convertor, data_set({"manifest": rows}))
    assert [finding[:2] for finding in findings] == [
        ("manifest.xlsx, sheet Sheet1, row 3, column filename", "duplicate")
    ]


def test_samples_of_one_id_are_distinguished_by_their_subjects(convertor, data_set):
    rows = [["sample id", "subject id"], ["sam-1", "sub-1"], ["sam-1", "sub_2/b"], ["sam-2", "sub-1"]]
    conversion = convertor.convert(data_set({"samples": rows}))
    assert conversion.findings == []
    assert [record["submitter_id"] for record in conversion.records["samples.json"]] == [
        "ds-samples-sub-1-sam-1",
        "ds-samples-sub-2-b-sam-1",
        "ds-samples-sam-2",
    ]


def test_hidden_folders_and_files_that_excel_locks_are_passed_over(convertor, data_set):
    folder = data_set(
        {
            ".git/manifest.xlsx": [["filename"], ["hidden"]],
            "code/manifest.xlsx": [["filename"], ["seen"]],
        }
    )
    (folder / "code" / "~$manifest.xlsx").write_bytes(b"lock")
    conversion = convertor.convert(folder)
    assert [record["filename"] for record in conversion.records["manifest.json"]] == ["seen"]


def test_a_dictionary_without_a_table_s_node_leaves_the_table_out(data_set, sds_document):
    from omicsdk.gen3.dictionary import Dictionary

    folder = data_set({"performances": [["performance id"], ["p"]], "resources": [["RRID"], ["RRID:AB_1"]]})
    lesser = {name: part for name, part in sds_document.items() if name != "performance"}
    conversion = Gen3Convertor("12L", "ds", dictionary=Dictionary(lesser)).convert(folder)
    assert [(note.file, note.kind) for note in conversion.notes if not note.column] == [
        ("performances.xlsx", "left-out")
    ]
    assert "performances.json" not in conversion.records
    assert "resources.json" in conversion.records
    least = {
        name: part
        for name, part in sds_document.items()
        if name[0] == "_" or name in ("program", "project", "experiment")
    }
    with pytest.raises(Gen3UserError, match="case"):
        Gen3Convertor("12L", "ds", dictionary=Dictionary(least)).convert(folder)
