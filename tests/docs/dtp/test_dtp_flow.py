"""The page's flow: a data set to the commons, queried, exported, and back."""

import ast
import csv
import json
import shutil

import pytest
from dtp_page import DATASET, EXAMPLES

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.skipif(shutil.which("bash") is None, reason="the examples are written for bash, which isn't there"),
]


def test_a_data_set_becomes_records(reader):
    assert reader.printed["convert.py"] == EXAMPLES["convert.txt"]
    subjects = json.loads((reader.folder / "records/subjects.json").read_text())
    assert [subject["sex"] for subject in subjects] == ["F", "F"]
    assert (reader.folder / "sds-dictionary.json").is_file()


def test_faults_are_told_with_their_place(reader):
    assert reader.shell("misspelt.sh") == EXAMPLES["misspelt.txt"]


def test_records_become_a_data_set(reader):
    printed = reader.python("back.py")
    tables = sorted(f"{name}.xlsx" for name in ("dataset_description", "manifest", "samples", "subjects"))
    assert sorted(ast.literal_eval(printed)) == tables
    assert sorted(path.name for path in (reader.folder / "restored").iterdir()) == tables


def test_a_folder_is_submitted_again(reader):
    assert reader.python("submit_folder.py").splitlines() == ["{'valid': 7}", "{'updated': 7} []"]


def test_the_commons_is_queried(reader):
    assert reader.python("query.py").splitlines() == [
        "['demo1'] ['12L'] ['F', 'F']",
        f"{DATASET} 2",
        "{'case': [{'age': '30 years'}]}",
    ]


def test_records_are_exported(reader):
    assert reader.python("export.py") == "2 Human\n"
    with (reader.folder / "cases.tsv").open(newline="") as file:
        assert [row["sex"] for row in csv.DictReader(file, delimiter="\t")] == ["F", "F"]
    assert json.loads((reader.folder / "case.json").read_text())["type"] == "case"
    assert (reader.folder / "saved.json").read_bytes() == (reader.folder / "case.json").read_bytes()


def test_the_same_in_a_shell(reader):
    output = reader.shell("workflow.sh")
    assert output.count("\tvalid\t") == 7
    assert DATASET in output
    for name in ("experiment", "subjects", "samples", "dataset_description", "manifest"):
        both = [(reader.folder / folder / f"{name}.json").read_bytes() for folder in ("records", "shell-records")]
        assert both[0] == both[1]
    assert "notes.txt" in (reader.folder / "manifest.tsv").read_text()
    assert (reader.folder / "tables/samples.xlsx").is_file()
