"""`Gen3Submitter`: files and folders of records into a project, with the result for each record."""

import json
import os

import pytest
from dtp_project import DATASET, EXPERIMENT, PROGRAM, PROJECT, case
from omicsdk.core import APIError
from omicsdk.dtp import Gen3Submitter, Querier, RecordsRefused
from omicsdk.gen3 import Gen3UserError

pytestmark = pytest.mark.sandbox
OTHER = "dataset-2"
NEW = {**EXPERIMENT, "submitter_id": OTHER}


@pytest.fixture
def submitter(auth, tmp_path):
    with Gen3Submitter(auth.endpoint, tmp_path / "credentials.json") as made:
        yield made


@pytest.fixture
def stored(auth):
    """The names of a node's records."""
    querier = Querier(auth)

    def names(node):
        return sorted(record["submitter_id"] for record in querier.get_node_records(node, PROGRAM, PROJECT))

    yield names
    querier.close()


@pytest.fixture
def write(tmp_path):
    (tmp_path / "gen3").mkdir()

    def writing(name, content):
        path = tmp_path / "gen3" / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    return writing


def of_other(number, **more):
    return case(number, submitter_id=f"{OTHER}-{number}", experiments=[{"submitter_id": OTHER}], **more)


def test_the_content_of_a_file_is_submitted(submitter, write, stored):
    report = submitter.submit_record(PROGRAM, PROJECT, str(write("experiment.json", NEW)))
    assert (report.counts, report.ok) == ({"created": 1}, True)
    assert stored("experiment") == [DATASET, OTHER]
    assert submitter.submit_record(PROGRAM, PROJECT, write("experiment.json", NEW)).counts == {"updated": 1}


@pytest.mark.parametrize(
    "form",
    [str, os.fspath, lambda path: json.loads(path.read_text())],
    ids=["text", "path", "content"],
)
def test_the_credentials_that_are_given_are_used(auth, omics_sandbox, tmp_path, write, form, monkeypatch):
    work = tmp_path / "elsewhere"
    work.mkdir()
    monkeypatch.chdir(work)  # where no credentials.json is
    reader = omics_sandbox.gen3_credentials(tmp_path / "reader.json", "reader@example.org")
    with Gen3Submitter(auth.endpoint, form(reader)) as theirs, pytest.raises(APIError) as refused:
        theirs.submit_record(PROGRAM, PROJECT, write("e.json", NEW))
    assert refused.value.status in (401, 403)
    with Gen3Submitter(auth.endpoint, form(tmp_path / "credentials.json")) as ours:
        assert ours.submit_record(PROGRAM, PROJECT, write("e.json", NEW)).ok


def test_a_login_to_another_commons_is_refused(auth):
    with Gen3Submitter(f"{auth.endpoint}/", auth) as ours:
        assert ours.commons.base_url == auth.endpoint
    with pytest.raises(
        Gen3UserError, match=rf"https://other\.example\.org is not the commons of the login, {auth.endpoint}"
    ):
        Gen3Submitter("https://other.example.org", auth)


def test_a_folder_goes_in_the_order_of_its_links(submitter, write, stored, tmp_path):
    write("a_subjects.json", [of_other(1), of_other(2)])
    write("b_experiment.json", NEW)
    write("notes.md", "no records")
    write(".hidden.json", "no records")
    (tmp_path / "gen3" / "deeper").mkdir()
    seen = []
    report = submitter.submit(PROGRAM, PROJECT, tmp_path / "gen3", chunk=1, on_outcome=seen.append)
    assert report.counts == {"created": 3}
    assert [outcome.type for outcome in seen] == ["experiment", "case", "case"]
    assert OTHER in stored("experiment")


def test_several_files_go_together(submitter, write):
    files = [
        write("s.json", [of_other(1)]),
        write("e.tsv", f"type\tsubmitter_id\tprojects.code\nexperiment\t{OTHER}\t12L\n"),
    ]
    assert submitter.submit_record(PROGRAM, PROJECT, files).counts == {"created": 2}


def test_a_dry_run_stores_nothing(submitter, write, stored, tmp_path):
    write("e.json", NEW)
    write("s.json", [of_other(1)])
    report = submitter.submit_record(PROGRAM, PROJECT, tmp_path / "gen3", dry_run=True)
    assert (report.counts, report.dry_run) == ({"valid": 2}, True)
    assert stored("experiment") == [DATASET]


def test_a_record_that_is_refused_is_reported_and_the_others_are_stored(submitter, write, stored):
    bad = of_other(2, disease_or_disorder="desease")
    file = write("s.json", [NEW, of_other(1), bad])
    together = submitter.submit(PROGRAM, PROJECT, file, all_or_nothing=True)
    assert (together.counts, stored("experiment")) == ({"invalid": 1, "failed": 2}, [DATASET])
    with pytest.raises(RecordsRefused, match=r"1 of 3 records were refused: .*s\.json, row 3.*'disease'") as caught:
        submitter.submit_record(PROGRAM, PROJECT, file)
    assert caught.value.submission.counts == {"created": 2, "invalid": 1}
    assert f"{OTHER}-1" in stored("case")
    report = submitter.submit(PROGRAM, PROJECT, file)
    (refused,) = report.refused
    assert (refused.name, refused.place.row, refused.findings[0].column) == (f"{OTHER}-2", 3, "disease_or_disorder")


def test_many_reasons_are_counted(submitter, write):
    file = write("s.json", [case(number, age=1) for number in range(3, 9)])
    with pytest.raises(RecordsRefused, match=r"6 of 6 records were refused: .*; and 3 more"):
        submitter.submit_record(PROGRAM, PROJECT, file)


def test_a_submission_continues_by_its_journal(submitter, write, tmp_path):
    file = write("e.json", NEW)
    for counts in ({"created": 1}, {"unchanged": 1}):
        assert submitter.submit(PROGRAM, PROJECT, file, journal=tmp_path / "journal").counts == counts


def test_an_invalid_folder_of_records_is_reported(submitter, tmp_path):
    (tmp_path / "sds").mkdir()
    (tmp_path / "sds" / "dataset_description.xlsx").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for path, message in (
        ("sds", "is an SDS folder.*Convert it first"),
        ("empty", "No records found"),
        ("gone", "gone"),
    ):
        with pytest.raises(Gen3UserError, match=message):
            submitter.submit_record(PROGRAM, PROJECT, tmp_path / path)
