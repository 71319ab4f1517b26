"""Gen3Submission beyond what was recorded: files of any kind, trouble on the way, deletions that do not continue."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from gen3_records import case, experiment
from gen3_submission import rows, table
from omicsdk.compat.gen3.auth import Gen3Auth
from omicsdk.compat.gen3.submission import Gen3Submission
from omicsdk.core import BadRequest, Forbidden
from omicsdk.gen3 import Gen3Error, Gen3UserError
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER

Submitting = Callable[..., Gen3Submission]


@pytest.fixture
def submitting(sandbox: Sandbox, tmp_path: Path) -> Iterator[Submitting]:
    made: list[Gen3Submission] = []

    def make(name: str = ADMINISTRATOR, **options: Any) -> Gen3Submission:
        sandbox.gen3_credentials(tmp_path / f"{name}.json", name)
        made.append(Gen3Submission(Gen3Auth(refresh_file=str(tmp_path / f"{name}.json")), **options))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def submission(sandbox: Sandbox, submitting: Submitting) -> Gen3Submission:
    sandbox.gen3.records.seed("demo", "one", [experiment()])
    return submitting()


SKIPPED = "The commons skipped it: it has no type, or one that the dictionary lacks"


def stored(sandbox: Sandbox) -> list[str]:
    return sorted(record["submitter_id"] for record in sandbox.gen3.records.listed("case", "demo-one"))


def test_an_auth_alone_states_which_commons_is_meant(submission: Gen3Submission) -> None:
    assert submission.get_programs() == {"links": ["/v0/submission/demo"]}
    assert submission.get_projects("demo") == {"links": ["/v0/submission/demo/one"]}


@pytest.mark.parametrize("name", ["a.tsv", "a.txt", "a.csv", "a.xlsx", "a.json"])
def test_files_of_any_kind_are_submitted(
    sandbox: Sandbox, submission: Gen3Submission, tmp_path: Path, name: str
) -> None:
    result = submission.submit_file("demo-one", table(tmp_path, name, rows("c1", "c2", "c3")), chunk_size=2)
    assert result["succeeded"] == ["c1", "c2", "c3"]
    assert result["invalid"] == {}
    assert result["responses"] == ["Chunk 1 Succeeded: 2 entities.", "Chunk 2 Succeeded: 1 entities."]
    assert stored(sandbox) == ["c1", "c2", "c3"]


def test_rows_can_be_passed_over(sandbox: Sandbox, submission: Gen3Submission, tmp_path: Path) -> None:
    submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c3")), row_offset=2)
    assert stored(sandbox) == ["c3"]


def test_bad_rows_are_reported_and_the_rest_continues(
    sandbox: Sandbox, submission: Gen3Submission, tmp_path: Path
) -> None:
    lines = [
        *rows("c1"),
        ["cse", "c2", *rows("c2")[0][2:]],
        *rows("c3"),
        ["", "c5", *rows("c5")[0][2:]],
        [*rows("c4")[0][:2], "gone", *rows("c4")[0][3:]],
    ]
    result = submission.submit_file("demo-one", table(tmp_path, "a.tsv", lines))
    assert result["succeeded"] == ["c1", "c3"]
    assert "No link destination found" in result["invalid"]["c4"]
    assert result["invalid"]["c2"] == result["invalid"]["c5"] == SKIPPED
    assert stored(sandbox) == ["c1", "c3"]


def test_rows_of_two_nodes_with_one_name_are_both_reported(submission: Gen3Submission, tmp_path: Path) -> None:
    file = tmp_path / "a.tsv"
    file.write_text("type\tsubmitter_id\nexperiment\tx\tone\ncase\tx\ttwo\n")
    invalid = submission.submit_file("demo-one", file)["invalid"]
    assert list(invalid) == ["x", "row 3"]
    assert "one" in invalid["x"]
    assert "two" in invalid["row 3"]


def test_formulas_are_reported_and_not_sent(submission: Gen3Submission, tmp_path: Path) -> None:
    result = submission.submit_file("demo-one", table(tmp_path, "a.xlsx", [*rows("c1"), *rows("c2", age="=1+1")]))
    assert result["succeeded"] == ["c1"]
    assert "is a formula" in result["invalid"]["c2"]


def test_names_that_exist_twice_are_refused_before_anything_is_sent(
    sandbox: Sandbox, submission: Gen3Submission, tmp_path: Path
) -> None:
    with pytest.raises(Gen3Error, match="'c1' is in row 2 and in row 4"):
        submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c1")))
    assert stored(sandbox) == []


def test_a_missing_permission_to_submit_is_reported_at_once(
    sandbox: Sandbox, submitting: Submitting, tmp_path: Path
) -> None:
    sandbox.gen3.records.seed("demo", "one", [experiment()])
    with pytest.raises(Forbidden):
        submitting(READER).submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1")))


@pytest.mark.parametrize("more", [{"chunk_size": 0}, {"row_offset": -1}])
def test_numbers_out_of_their_bounds_are_refused(
    submission: Gen3Submission, tmp_path: Path, more: dict[str, int]
) -> None:
    with pytest.raises(Gen3UserError):
        submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1")), **more)


def test_exports_are_written_as_they_are_given(sandbox: Sandbox, submission: Gen3Submission, tmp_path: Path) -> None:
    [first] = sandbox.gen3.records.seed("demo", "one", [case("c1")])
    text = submission.export_node("demo", "one", "case", "tsv", tmp_path / "c.tsv")
    assert (tmp_path / "c.tsv").read_bytes() == text.encode()
    written = submission.export_record("demo", "one", first, "json", str(tmp_path / "c.json"))
    assert json.loads((tmp_path / "c.json").read_text()) == json.loads(written)
    assert submission.export_record("demo", "one", first, "json") == json.loads(written)
    with pytest.raises(Gen3UserError, match="Unknown export format 'xml'"):
        submission.export_node("demo", "one", "case", "xml")


def test_all_records_of_nodes_go_in_batches(sandbox: Sandbox, submission: Gen3Submission) -> None:
    sandbox.gen3.records.seed("demo", "one", [case(f"c{number}") for number in range(7)])
    submission.delete_nodes("demo", "one", ["case", "experiment"], batch_size=3)
    assert stored(sandbox) == []
    assert submission.delete_records("demo", "one", []) is None
    with pytest.raises(Gen3UserError):
        submission.delete_records("demo", "one", ["x"], batch_size=0)


def test_the_manifest_of_a_project_has_all_of_its_files(sandbox: Sandbox, submission: Gen3Submission) -> None:
    assert submission.get_project_manifest("demo", "one").text == "files: []\n"
    file = {
        "type": "slide_image",
        "core_metadata_collections": [{"submitter_id": "cmc"}],
        "data_category": "Slide Image",
        "data_type": "image",
        "data_format": "dcm",
        "file_size": 1,
        "md5sum": "0" * 32,
    }
    collection = {"type": "core_metadata_collection", "submitter_id": "cmc", "projects": [{"code": "one"}]}
    images = [{**file, "submitter_id": f"i{number}", "file_name": f"{number}.dcm"} for number in range(120)]
    submission.submit_record("demo", "one", [collection, *images])
    response = submission.get_project_manifest("demo", "one")
    assert response.text.count("files:") == 1
    assert response.text.count("file_name:") == 120
    assert response.status_code == 200


def test_the_dictionary_and_the_schema_are_given(submission: Gen3Submission) -> None:
    assert submission.get_dictionary_all()["case"] == submission.get_dictionary_node("case")
    assert submission.get_graphql_schema()["data"]["__schema"]["queryType"]["name"] == "Root"


def test_a_refusal_has_the_first_reasons_of_its_records(submission: Gen3Submission) -> None:
    wrong = [case(f"c{n}") | {"sex": 7, "nonsense": "x"} for n in range(3)]
    with pytest.raises(BadRequest) as refused:
        submission.submit_record("demo", "one", wrong)
    message = str(refused.value)
    assert "case c0: " in message
    assert "more" in message
