"""Gen3Convertor: from the folder of a data set to files that a commons takes."""

import json
from pathlib import Path

import pytest
from omicsdk.core import UsageError
from omicsdk.dtp import Gen3Convertor, SdsError
from sds_sheets import DESCRIPTION, GOLDEN, INPUT, SUBJECTS, rows_of

#: Where our output differs from the original's on the same input, and which of its defects that is.
DIFFERENCES = {
    ("subjects.json", 0, "rrid_for_strain"): (
        ["a", "b"],
        "a\nb",
        "a list in a property that the dictionary has as a text, which sheepdog refuses: it is one text with a line break",
    ),
    ("manifest.json", 0, "submitter_id"): (
        "syn-ds-manifest-.-primary-sub-1-a-b-c-d-e.dcm",
        "syn-ds-manifest-primary-sub-1-a-b-c-d-e.dcm",
        "the ./ before a file's name got into the id, until a later release",
    ),
    ("manifest.json", 0, "additional_metadata"): (
        None,
        "zz",
        "the column Additional Metadata was lost: its header was compared with additional_metadata",
    ),
}


def read(folder, name):
    return json.loads((folder / name).read_text())


@pytest.fixture
def golden(data_set):
    return data_set(
        {
            "dataset_description": DESCRIPTION,
            "subjects": SUBJECTS,
            "manifest": rows_of(INPUT["manifest.xlsx"]),
            "primary/sub-1/manifest.xlsx": rows_of(INPUT["primary/sub-1/manifest.xlsx"]),
        }
    )


@pytest.fixture
def convertor(dictionary):
    return Gen3Convertor("12L", "syn-ds", dictionary=dictionary)


@pytest.mark.parametrize("name", ["experiment", "dataset_description", "subjects", "manifest"])
def test_the_original_s_output_comes_but_for_its_defects(golden, convertor, tmp_path, name):
    file = f"{name}.json"
    expected = read(GOLDEN, f"expected_{file}")
    convertor.execute(golden, tmp_path / "out")
    records = read(tmp_path / "out", file)
    for (of, number, key), (theirs, ours, _why) in DIFFERENCES.items():
        if of == file:
            assert expected[number].get(key) == theirs
            expected[number][key] = ours
    assert records == expected


def test_files_come_in_the_order_in_which_they_can_be_submitted(golden, convertor, tmp_path, dictionary):
    done = convertor.execute(golden, tmp_path / "out")
    assert sorted(path.name for path in done.files) == sorted(path.name for path in (tmp_path / "out").iterdir())
    seen = set()
    for path in done.files:
        records = json.loads(path.read_text())
        for record in records if isinstance(records, list) else [records]:
            targets = {link.target for link in dictionary.nodes[record["type"]].links.values()} - {"project"}
            assert targets <= seen
        seen.add(record["type"])
    assert done.counts == {"experiment": 1, "dataset_description": 1, "case": 2, "manifest": 2}


def test_what_the_dictionary_has_nothing_for_is_reported_and_left_out(golden, convertor, tmp_path):
    notes = convertor.execute(golden, tmp_path / "out").notes
    assert [(note.where, note.kind) for note in notes] == [
        ("subjects.xlsx, sheet Sheet1, row 1, column unknown column", "left-out")
    ]


def test_str_and_path_are_taken_everywhere(golden, tmp_path, dictionary, sds_document):
    schema = tmp_path / "sds.json"
    schema.write_text(json.dumps(sds_document))
    for kind in (str, Path):
        made = Gen3Convertor("12L", "syn-ds")
        made.set_schema_dir(kind(schema))
        assert len(made.execute(kind(golden), kind(tmp_path / kind.__name__)).files) == 4
        assert len(made.read_excel(kind(golden / "subjects.xlsx"))) == 2


def test_a_schema_folder_of_yaml_files_is_read(golden, tmp_path, sds_document, convertor):
    yaml = pytest.importorskip("yaml")
    folder = tmp_path / "schemas"
    folder.mkdir()
    for name, part in sds_document.items():
        (folder / f"{name}.yaml").write_text(yaml.safe_dump(part))
    made = Gen3Convertor("12L", "syn-ds")
    made.set_schema_dir(folder)
    made.execute(golden, tmp_path / "one")
    convertor.execute(golden, tmp_path / "two")
    for path in (tmp_path / "two").iterdir():
        assert (tmp_path / "one" / path.name).read_bytes() == path.read_bytes()


def test_without_a_dictionary_it_is_stated_how_to_give_one(golden, tmp_path):
    with pytest.raises(UsageError, match="set_schema_dir"):
        Gen3Convertor("12L", "syn-ds").execute(golden, tmp_path / "out")


def test_a_version_that_is_not_supported_is_refused():
    with pytest.raises(SdsError, match=r"'2\.0\.00'.*'2\.0\.0'"):
        Gen3Convertor("12L", "syn-ds", "2.0.00")


@pytest.mark.parametrize(("project", "experiment"), [("", "x"), ("x", " ")])
def test_empty_names_are_refused(project, experiment):
    with pytest.raises(UsageError, match="is empty"):
        Gen3Convertor(project, experiment)


def test_nothing_is_written_where_anything_is_wrong(data_set, convertor, tmp_path):
    folder = data_set({"samples": [["sample id", "subject id"], ["sam-1", "sub-1"], ["sam-2", "sub-9"]]})
    with pytest.raises(SdsError, match=r"samples\.xlsx, sheet Sheet1, row 3, column subject id") as caught:
        convertor.execute(folder, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    assert [finding.row for finding in caught.value.findings] == [3]


def test_records_without_faults_are_written_where_that_is_requested(data_set, convertor, tmp_path):
    subjects = [["subject id", "sex", "disease or disorder"], ["sub-1", "F", None], ["sub-2", "M", "flu"]]
    samples = [["sample id", "subject id"], ["sam-1", "sub-1"], ["sam-2", "sub-2"]]
    done = convertor.execute(data_set({"subjects": subjects, "samples": samples}), tmp_path / "out", skip_invalid=True)
    assert [(finding.where, finding.kind) for finding in done.findings] == [
        ("subjects.xlsx, sheet Sheet1, row 3, column disease or disorder", "not-a-choice")
    ]
    assert [record["subject_id"] for record in read(tmp_path / "out", "subjects.json")] == ["sub-1"]
    # What links to a record that is left out cannot be submitted, either.
    assert [record["sample_id"] for record in read(tmp_path / "out", "samples.json")] == ["sam-1"]
    assert done.counts["sample"] == 1


def test_a_row_that_exists_twice_takes_nothing_with_it(data_set, convertor, tmp_path):
    subjects = [["subject id"], ["sub-1"], ["sub-1"]]
    samples = [["sample id", "subject id"], ["sam-1", "sub-1"]]
    done = convertor.execute(data_set({"subjects": subjects, "samples": samples}), tmp_path / "out", skip_invalid=True)
    assert done.counts == {"experiment": 1, "dataset_description": 1, "case": 1, "sample": 1}
    assert [finding.kind for finding in done.findings] == ["duplicate"]


def test_a_table_that_cannot_be_read_is_reported_among_the_other_faults(data_set, convertor, tmp_path):
    folder = data_set({"subjects": [["subject id"], ["a"], ["a"]], "manifest": [["filename"], ["x"]]})
    (folder / "primary").mkdir()
    (folder / "primary" / "manifest.xlsx").write_bytes(b"PK")
    done = convertor.execute(folder, tmp_path / "out", skip_invalid=True)
    assert [(finding.file, finding.kind) for finding in done.findings] == [
        ("primary/manifest.xlsx", "unreadable"),
        ("subjects.xlsx", "duplicate"),
    ]
    assert done.counts["manifest"] == 1


def test_files_of_an_earlier_conversion_that_are_no_part_of_this_one_are_reported(data_set, convertor, tmp_path):
    folder = data_set({"samples": [["sample id", "subject id"], ["sam-1", "sub-1"]]})
    assert convertor.execute(folder, tmp_path / "out").notes[1:] == ()
    (folder / "samples.xlsx").unlink()
    notes = convertor.execute(folder, tmp_path / "out").notes
    assert [note.kind for note in notes] == ["left-out", "left-over"]
    assert notes[1].file.endswith("samples.json")


def test_samples_refer_to_their_subjects(data_set, convertor):
    rows = [
        ["sample id", "subject id", "was derived from", "sample type", "date of derivation"],
        ["sam-1", "sub-1", None, "tissue", None],
        ["sam_2", "sub_2/b", "sam-1", "slice", "2024-05-01"],
    ]
    conversion = convertor.convert(data_set({"samples": rows}))
    assert conversion.findings == []
    assert conversion.records["samples.json"][1] == {
        "type": "sample",
        "cases": [{"submitter_id": "syn-ds-subjects-sub-2-b"}],
        "submitter_id": "syn-ds-samples-sam-2",
        "sample_id": "sam_2",
        "subject_id": "sub_2/b",
        "wasDerivedFromSample": "sam-1",
        "pool_id": "NA",
        "sample_experimental_group": "NA",
        "sample_type": "slice",
        "sample_anatomical_location": "NA",
        "also_in_dataset": "NA",
        "member_of": "NA",
        "date_of_derivation": "2024-05-01",
    }


def test_every_table_that_the_dictionary_has_a_node_for_becomes_records(data_set, convertor):
    conversion = convertor.convert(
        data_set(
            {
                "submission": [
                    ["Submission Item", "Definition", "Value"],
                    ["SPARC award number", "d", "OT2"],
                    ["Milestone achieved", "d", "M1"],
                    ["Milestone completion date", "d", None],
                ],
                "performances": [["performance id", "date"], ["perf-1", "2024-01-02"]],
                "resources": [["RRID", "URL", "Vendor"], ["RRID:AB_1", "https://x.example", "V"]],
                "code_description": [
                    ["Metadata element", "Description", "Example", "Value"],
                    ["Name", "d", "e", "flow"],
                    ["License", "d", "e", "MIT"],
                ],
                "code_parameters": [["Type", "Service name", "Name"], ["input", "flow", "threshold"]],
            }
        )
    )
    assert conversion.findings == []
    made = {
        name: (records[0]["submitter_id"], len(records))
        for name, records in conversion.records.items()
        if name[0] in "sprc"
    }
    assert made == {
        "subjects.json": ("syn-ds-subjects-sub-1", 2),
        "submission.json": ("syn-ds-submission", 1),
        "performances.json": ("syn-ds-performances-perf-1", 1),
        "resources.json": ("syn-ds-resources-RRID:AB-1", 1),
        "code_description.json": ("syn-ds-code_description", 1),
        "code_parameters.json": ("syn-ds-code_parameters-threshold", 1),
    }
    assert conversion.records["code_parameters.json"][0]["parameter_type"] == "input"
    assert conversion.records["submission.json"][0]["sparc_award_number"] == "OT2"


def test_templates_without_values_become_nothing(data_set, convertor):
    conversion = convertor.convert(
        data_set(
            {
                "submission": [["Submission Item", "Definition", "Value"], ["SPARC award number", "d", None]],
                "samples": [["sample id", "subject id"]],
                "manifest": [],
            }
        )
    )
    assert sorted(conversion.records) == ["dataset_description.json", "experiment.json", "subjects.json"]
    assert conversion.findings == []


def test_version_1_2_3_has_separate_headers(data_set, dictionary):
    description = [
        ["Metadata element", "Description", "Example", "Value", "Value 2"],
        ["Name", "d", "e", "T", None],
        ["Contributors", "d", "e", "A, B", "C, D"],
        ["Contributor ORCID ID", "d", "e", "https://orcid.org/0000-0002-1825-0097", None],
        ["Title for complete data set", "d", "e", "Whole", None],
        ["Metadata Version DO NOT CHANGE", "d", "e", "1.2.3", None],
    ]
    subjects = [["subject_id", "pool_id", "experimental group", "Organism RRID"], ["sub-1", None, "G", "RRID:1"]]
    samples = [
        ["subject_id", "sample_id", "wasDerivedFromSample", "specimen type", "specimen anatomical location"],
        ["sub-1", "sam-1", "sam-0", "tissue", "heart"],
    ]
    manifest = [["filename", "description", "isAboutAnatomicalEntity", "species", "organ"], ["a", "b", "c", "d", "e"]]
    conversion = Gen3Convertor("12L", "syn-ds", "1.2.3", dictionary=dictionary).convert(
        data_set({"dataset_description": description, "subjects": subjects, "samples": samples, "manifest": manifest})
    )
    assert conversion.findings == []
    description_record = conversion.records["dataset_description.json"][0]
    assert (
        description_record["title"],
        description_record["contributor_name"],
        description_record["study_collection_title"],
    ) == (
        ["T"],
        ["A, B", "C, D"],
        ["Whole"],
    )
    assert description_record["metadata_version"] == ["1.2.3"]
    assert conversion.records["subjects.json"][0]["rrid_for_strain"] == "RRID:1"
    assert conversion.records["subjects.json"][0]["subject_experimental_group"] == "G"
    sample = conversion.records["samples.json"][0]
    assert (sample["wasDerivedFromSample"], sample["sample_type"], sample["sample_anatomical_location"]) == (
        "sam-0",
        "tissue",
        "heart",
    )
    # The dictionary has no property for three columns of a manifest.
    assert [note.column for note in conversion.notes] == ["isAboutAnatomicalEntity", "species", "organ"]


def test_elements_of_the_old_template_that_became_none_are_left_out_and_no_fault(data_set, dictionary):
    names = (
        *(
            "Is Contact Person",
            "Originating Article DOI",
            "Protocol URL or DOI",
            "Additional Links",
            "Link Description",
        ),
        *("Completeness of data set", "Parent dataset ID"),
    )
    rows = [["Metadata element", "Description", "Example", "Value"], *([name, "", "", "x"] for name in names)]
    convertor = Gen3Convertor("12L", "syn-ds", "1.2.3", dictionary=dictionary)
    conversion = convertor.convert(data_set({"dataset_description": [*rows, ["Name", "", "", "T"]]}))
    assert conversion.findings == []
    assert [note.column for note in conversion.notes if note.file.startswith("dataset")] == list(names)


def test_a_data_set_of_another_version_is_reported(data_set, dictionary):
    conversion = Gen3Convertor("12L", "syn-ds", "1.2.3", dictionary=dictionary).convert(data_set())
    assert [(note.kind, note.where, note.remedy) for note in conversion.notes if note.kind == "other-version"] == [
        (
            "other-version",
            "dataset_description.xlsx, sheet Sheet1, row 2, column Metadata Version",
            "Use version='2.0.0' (--sds-version 2.0.0), or correct it.",
        )
    ]


TEMPLATES = {
    "1.2.3": {
        "subjects": (
            *("subject_id", "pool_id", "experimental group", "age", "sex", "species", "strain", "RRID for strain"),
            *("Additional Fields (e.g. MINDS)", "age category", "age range (min)", "age range (max)", "handedness"),
            *("genotype", "reference atlas", "protocol title", "protocol.io location", "experimental log file name"),
        ),
        "samples": (
            *("subject_id", "sample_id", "wasDerivedFromSample", "pool_id", "experimental group", "specimen type"),
            *("specimen anatomical location", "species", "sex", "protocol.io location", "experimental log file name"),
        ),
        "primary/manifest": ("pattern", "description", "file type", "data type", "Additional Metadata"),
        "docs/manifest": ("filename", "timestamp", "description", "file type", "Additional Metadata"),
    },
    "2.1.0": {
        "subjects": ("subject id", "pool id", "subject experimental group", "also in dataset", "protocol url or doi"),
        "samples": ("sample id", "subject id", "was derived from", "sample type", "experimental log file path"),
        "manifest": ("filename", "timestamp", "description", "file type", "Additional Metadata"),
    },
    "3.0.2": {
        "subjects": (
            *("subject id", "pool id", "subject experimental group", "metadata only"),
            *("number of directly derived samples", "protocol url or doi"),
        ),
        "samples": ("sample id", "subject id", "was derived from", "metadata only", "experimental log file path"),
        "manifest": ("filename", "timestamp", "description", "file type", "entity", "data modality"),
        "sites": ("site id", "specimen id", "site type"),
    },
}
"""Headers as the official templates have them."""
IDS = {"subject id": "sub-1", "sample id": "sam-1", "filename": "a.txt", "pattern": "*.csv"}


@pytest.fixture
def of_version(data_set):
    """Makes a data set of the official template of a version, with a row in each table; it may state another version."""

    def made(version, stated_version=None):
        label = {"1.2.3": "Metadata Version DO NOT CHANGE", "3.0.2": "Metadata version"}.get(
            version, "Metadata Version"
        )
        rows = [
            ["Metadata element", "Description", "Example", "Value", "Value 2"],
            ["Name" if version == "1.2.3" else "    Title", "d", "e", "T"],
            [label, "d", "9.9.9", stated_version if stated_version is not None else version],
        ]
        tables = {
            stem: [list(headers), [IDS.get(header.replace("_", " "), f"the {header}") for header in headers]]
            for stem, headers in TEMPLATES[version].items()
        }
        return data_set({"dataset_description": rows, **tables})

    return made


@pytest.mark.parametrize("version", TEMPLATES)
def test_a_data_set_is_read_as_the_version_that_it_states(of_version, dictionary, caplog, version):
    caplog.set_level("INFO", "omicsdk.dtp")
    conversion = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(of_version(version))
    assert [str(finding) for finding in conversion.findings] == []
    assert (conversion.version, "other-version" in {note.kind for note in conversion.notes}) == (version, False)
    assert f"is read as SDS {version}" in caplog.text
    assert conversion.records["dataset_description.json"][0]["title"] == ["T"]
    (subject,) = conversion.records["subjects.json"]
    group = "experimental group" if version == "1.2.3" else "subject experimental group"
    assert subject["subject_experimental_group"] == f"the {group}"
    (sample,) = conversion.records["samples.json"]
    assert sample["wasDerivedFromSample"].startswith("the was")


def test_headers_that_1_2_3_calls_otherwise_are_those_of_later_versions(of_version, dictionary):
    conversion = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(of_version("1.2.3"))
    for record in (conversion.records["subjects.json"][0], conversion.records["samples.json"][0]):
        assert record["protocol_url_or_doi"] == "the protocol.io location"
        assert record["experimental_log_file_path"] == "the experimental log file name"
    assert {record["filename"] for record in conversion.records["manifest.json"]} == {"*.csv", "a.txt"}
    # The dictionary has nothing for these; that is reported, and no fault.
    assert [(note.file, note.column) for note in conversion.notes] == [
        ("subjects.xlsx", "Additional Fields (e.g. MINDS)"),
        ("samples.xlsx", "species"),
        ("samples.xlsx", "sex"),
        ("primary/manifest.xlsx", "data type"),
    ]


@pytest.mark.parametrize(("version", "stated_version"), [("2.0.0", None), (None, "")])
def test_headers_of_another_version_are_reported_with_the_option_that_reads_them(
    of_version, dictionary, version, stated_version
):
    conversion = Gen3Convertor("12L", "syn-ds", version, dictionary=dictionary).convert(
        of_version("1.2.3", stated_version)
    )
    remedies = {finding.column: finding.remedy for finding in conversion.findings if finding.kind == "unknown-header"}
    assert set(remedies) == {
        *("Name", "experimental group", "protocol.io location", "experimental log file name", "specimen type"),
        *("specimen anatomical location", "pattern", *(["Metadata Version DO NOT CHANGE"] if version else [])),
    }
    assert all("give version='1.2.3' (--sds-version 1.2.3)" in remedy for remedy in remedies.values())
    assert remedies["protocol.io location"].endswith("or rename it to 'protocol url or doi'.")
    (note,) = [note for note in conversion.notes if note.kind == "other-version"]
    assert "--sds-version" in note.remedy


@pytest.mark.parametrize(
    ("text", "version"),
    [
        *[("2.0", "2.0.0"), ("2.1", "2.1.0"), ("2.2.0", "2.1.0"), ("3.0.9", "3.0.2"), ("4", "3.0.2"), ("1.1", "1.2.3")],
        *[("1.2.10", "1.2.3"), ("", "2.0.0"), ("latest", "2.0.0"), ("2.0.0-beta", "2.0.0"), ("9" * 5000, "2.0.0")],
    ],
)
def test_what_no_known_version_is_stated_as_is_reported(data_set, dictionary, text, version):
    rows = [["Metadata element", "Description", "Example", "Value"], ["Metadata Version", "d", "e", text]]
    conversion = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(data_set({"dataset_description": rows}))
    (note,) = [note for note in conversion.notes if note.kind == "other-version"]
    assert (conversion.version, f"read as one of {version}" in note.message) == (version, True)
    assert "--sds-version): 1.2.3, 2.0.0, 2.1.0, 3.0.0, 3.0.1, 3.0.2." in note.remedy


def test_the_faults_of_a_data_set_say_as_which_version_it_was_read(of_version, dictionary, tmp_path):
    with pytest.raises(SdsError, match=r"read as SDS 2\.0\.0, has \d+ faults"):
        Gen3Convertor("12L", "syn-ds", "2.0.0", dictionary=dictionary).execute(of_version("1.2.3"), tmp_path / "out")


def test_records_are_written_as_the_version_that_they_state(of_version, dictionary, tmp_path):
    convertor = Gen3Convertor("12L", "syn-ds", dictionary=dictionary)
    before = convertor.convert(of_version("1.2.3"))
    convertor.restore((record for part in before.records.values() for record in part), tmp_path / "back")
    after = convertor.convert(tmp_path / "back")
    assert (after.version, after.findings, after.records) == ("1.2.3", [], before.records)


def test_tables_that_are_written_as_another_version_state_that_one(of_version, dictionary, tmp_path):
    before = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(of_version("1.2.3"))
    newer = Gen3Convertor("12L", "syn-ds", "3.0.2", dictionary=dictionary)
    newer.restore((record for part in before.records.values() for record in part), tmp_path / "back")
    after = Gen3Convertor("12L", "syn-ds", dictionary=dictionary).convert(tmp_path / "back")
    assert (after.version, after.findings, after.notes) == ("3.0.2", [], [])
    assert after.records["subjects.json"] == before.records["subjects.json"]
