"""`Exporter`: records as dictionaries, and as files that can be submitted again."""

import csv
import json

import pytest
from dtp_project import DATASET, EXPERIMENT, PROGRAM, PROJECT, case
from omicsdk.core import BadRequest, NotFound, NotWritable
from omicsdk.dtp import Exporter, Gen3Submitter
from omicsdk.gen3 import Gen3UserError

pytestmark = pytest.mark.sandbox


@pytest.fixture
def exporter(auth):
    with Exporter(auth) as opened:
        yield opened


@pytest.fixture
def put(omics_sandbox):
    """Puts records into the project and gives their ids."""
    return lambda *records: omics_sandbox.gen3.records.seed(PROGRAM, PROJECT, records)


def rows_of(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


@pytest.mark.parametrize("kind", ["json", "tsv", "JSON"])
def test_a_node_comes_as_a_list_of_records_without_a_file_name(exporter, kind):
    exported = exporter.export_node(PROGRAM, PROJECT, "case", kind)
    assert sorted(record["subject_id"] for record in exported) == ["sub-1", "sub-2"]
    assert all(record["type"] == "case" for record in exported)


@pytest.mark.parametrize("kind", ["json", "tsv"])
def test_a_record_comes_as_a_dictionary_without_a_file_name(exporter, put, kind):
    (uuid,) = put(case(3, disease_or_disorder="disease"))
    exported = exporter.export_record(PROGRAM, PROJECT, uuid, kind)
    assert (exported["id"], exported["subject_id"], exported["disease_or_disorder"]) == (uuid, "sub-3", "disease")


def test_json_files_hold_what_is_returned(exporter, put, tmp_path):
    (uuid,) = put(case(3))
    node = exporter.export_node(PROGRAM, PROJECT, "case", "json", tmp_path / "cases.json")
    assert json.loads((tmp_path / "cases.json").read_text()) == node
    record = exporter.export_record(PROGRAM, PROJECT, uuid, "json", str(tmp_path / "case.json"))
    assert json.loads((tmp_path / "case.json").read_text()) == record
    assert (tmp_path / "case.json").read_text().splitlines()[1].startswith('    "')


def test_tables_have_links_as_columns_and_no_word_for_nothing(exporter, put, tmp_path):
    (uuid,) = put(case(3, strain='tab\tand "quote"'))
    exported = exporter.export_record(PROGRAM, PROJECT, uuid, "tsv", tmp_path / "case.tsv")
    assert None in exported.values()
    (row,) = rows_of(tmp_path / "case.tsv")
    assert list(row)[:4] == ["type", "id", "project_id", "submitter_id"]
    assert (row["experiments.submitter_id"], row["strain"]) == (DATASET, 'tab\tand "quote"')
    assert "None" not in row.values()
    assert "" in row.values()
    exporter.export_node(PROGRAM, PROJECT, "case", "tsv", tmp_path / "cases.tsv")
    assert sorted(record["subject_id"] for record in rows_of(tmp_path / "cases.tsv")) == ["sub-1", "sub-2", "sub-3"]


TEXTS = """metadata_version dataset_type title subtitle study_purpose study_data_collection study_primary_conclusion
    study_organ_system study_approach study_technique contributor_name contributor_orcid contributor_affiliation
    contributor_role identifier_description relation_type identifier identifier_type"""
DESCRIPTION = {
    "type": "dataset_description",
    "submitter_id": f"{DATASET}-dataset_description",
    "experiments": [{"submitter_id": DATASET}],
    **{name: ["x"] for name in TEXTS.split()},
    "keywords": ["one", "two"],
    "contributor_name": ["Doe, Jane", "[unknown]", '["quoted"]'],
    "title": ["Limbs, and how they grow"],
    "number_of_subjects": [2],
    "number_of_samples": [0],
}


@pytest.mark.parametrize("kind", ["json", "tsv"])
def test_what_was_exported_can_be_submitted_again(exporter, auth, put, tmp_path, kind):
    put(DESCRIPTION, {**EXPERIMENT, "copy_numbers_identified": True, "number_experimental_group": 2})
    before = {}
    for node in ("experiment", "case", "dataset_description"):
        before[node] = exporter.export_node(PROGRAM, PROJECT, node, kind, tmp_path / f"{node}.{kind}")
    (tmp_path / "credentials.json").unlink()
    with Gen3Submitter(auth.endpoint, auth) as submitter:
        assert submitter.submit_record(PROGRAM, PROJECT, tmp_path).counts == {"updated": 4}
    for node, records in before.items():
        assert exporter.export_node(PROGRAM, PROJECT, node, kind) == records


def test_save_writes_whole_files_or_none(exporter, tmp_path):
    exporter.save({"a": "é"}, "json", tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == '{\n    "a": "é"\n}\n'.encode()
    exporter.save([{"type": "x", "l": [1, 2], "b": False}, {"type": "y"}], "tsv", str(tmp_path / "a.tsv"))
    assert (tmp_path / "a.tsv").read_text() == "type\tl\tb\nx\t1,2\tfalse\ny\t\t\n"
    exporter.save([], "json", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text()) == []
    with pytest.raises(NotWritable, match="gone"):
        exporter.save({}, "json", tmp_path / "gone" / "a.json")
    assert not (tmp_path / "gone").exists()


def test_a_lone_surrogate_is_saved_as_its_escape(exporter, tmp_path):
    for kind in ("json", "tsv"):
        exporter.save([{"type": "x", "note": "a\ud800"}], kind, tmp_path / f"a.{kind}")
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == [{"type": "x", "note": "a\ud800"}]
    assert rows_of(tmp_path / "a.tsv") == [{"type": "x", "note": r"a\ud800"}]


def test_what_cannot_be_exported_is_reported(exporter, put, tmp_path):
    with pytest.raises(Gen3UserError, match=r"'tvs'. Did you mean 'tsv'\?"):
        exporter.export_node(PROGRAM, PROJECT, "case", "tvs", tmp_path / "f")
    with pytest.raises(Gen3UserError, match="Unknown export format 'xml'"):
        exporter.save({}, "xml", tmp_path / "f")
    with pytest.raises(BadRequest, match=r"Did you mean 'case'\?"):
        exporter.export_node(PROGRAM, PROJECT, "caes", "json", tmp_path / "f")
    with pytest.raises(Gen3UserError, match=r"no project '12M'. There are: 12L"):
        exporter.export_node(PROGRAM, "12M", "case", "json", tmp_path / "f")
    with pytest.raises(Gen3UserError, match=r"Record 0b5bc4a2.* not found"):
        exporter.export_record(PROGRAM, PROJECT, "0b5bc4a2-0000-4000-8000-000000000000", "json", tmp_path / "f")
    (uuid,) = put(case(3))
    with pytest.raises(Gen3UserError, match=r"no project '12K'. There are: 12L"):
        exporter.export_record(PROGRAM, "12K", uuid, "json", tmp_path / "f")
    with pytest.raises(NotFound, match=r"Did you mean 'demo1'\?"):
        exporter.export_record("demo", PROJECT, uuid, "json", tmp_path / "f")
    assert not (tmp_path / "f").exists()
