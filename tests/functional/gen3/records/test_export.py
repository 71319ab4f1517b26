"""Records are given out as rows, files and data frames, and deleted: those first that link to others."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from gen3_records import case, experiment, relatives
from omicsdk.core import BadRequest, MissingExtra, NotFound, OmicsError
from omicsdk.gen3 import Gen3, Gen3UserError
from omicsdk.gen3.records import frame
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.records.dictionary import sds_document


@pytest.fixture
def ids(sandbox: Sandbox) -> list[str]:
    """An experiment and 30 cases of it."""
    return sandbox.gen3.records.seed("demo", "one", [experiment(), *(case(f"c{n:02}", age=str(n)) for n in range(30))])


def left(sandbox: Sandbox, node: str = "case") -> list[str]:
    return sorted(record["submitter_id"] for record in sandbox.gen3.records.listed(node, "demo-one"))


# -- export


def test_rows_of_a_node_come_as_they_are(commons: Gen3, ids: list[str]) -> None:
    rows = sorted(commons.export_rows("demo-one", "case"), key=lambda row: row["submitter_id"])
    assert [row["id"] for row in rows] == ids[1:]
    assert rows[3]["age"] == "3"
    assert rows[3]["experiments"] == [{"node_id": ids[0], "submitter_id": "e1"}]
    assert "id" not in next(commons.export_rows("demo-one", "case", without_id=True))
    assert [*commons.export_rows("demo-one", "case").to_frame()][:3] == ["submitter_id", "type", "id"]


def test_a_node_without_records_has_no_rows(commons: Gen3, ids: list[str]) -> None:
    assert list(commons.export_rows("demo-one", "sample")) == []


@pytest.mark.parametrize(
    ("project", "node", "error", "message"),
    [
        ("demo-onee", "case", Gen3UserError, "no project 'onee'.*Did you mean 'one'"),
        ("nope-one", "case", NotFound, "nope"),
        ("demo-one", "cases", BadRequest, "does not have node with type cases"),
    ],
)
def test_a_missing_object_is_an_error_and_never_an_empty_export(
    commons: Gen3, ids: list[str], tmp_path: Path, project: str, node: str, error: type[OmicsError], message: str
) -> None:
    with pytest.raises(error, match=message):
        list(commons.export_rows(project, node))
    with pytest.raises(error, match=message):
        commons.export_file(project, node, tmp_path / "x.tsv")
    assert not (tmp_path / "x.tsv").exists()


@pytest.mark.parametrize("kind", ["tsv", "json", "jsonl"])
def test_what_was_exported_can_be_submitted(
    sandbox: Sandbox, commons: Gen3, ids: list[str], tmp_path: Path, kind: str
) -> None:
    files = commons.export_project("demo-one", tmp_path / "out", kind=kind)
    assert [file.name for file in files] == [f"experiment.{kind}", f"case.{kind}"]
    before = sandbox.gen3.records.listed("case", "demo-one")
    commons.delete_nodes("demo-one")
    assert commons.submit("demo-one", files).counts == {"created": 31}
    after = sandbox.gen3.records.listed("case", "demo-one")
    plain = lambda rows: sorted((row["submitter_id"], row["age"], row["sex"]) for row in rows)  # noqa: E731
    assert plain(after) == plain(before)


def test_rows_that_were_printed_as_a_table_can_be_submitted(
    sandbox: Sandbox, commons: Gen3, ids: list[str], tmp_path: Path
) -> None:
    rows = list(commons.export_rows("demo-one", "case", without_id=True))
    columns = list(rows[0])
    cells = [[row[name] if isinstance(row[name], str) else json.dumps(row[name]) for name in columns] for row in rows]
    with (tmp_path / "case.tsv").open("w", newline="") as file:
        csv.writer(file, "excel-tab").writerows([columns, *cells])
    assert commons.submit("demo-one", tmp_path / "case.tsv").counts == {"updated": len(rows)}
    (tmp_path / "case.tsv").write_text("type\tsubmitter_id\texperiments\ncase\tc1\t[not JSON\n")
    (refused,) = commons.submit_rows("demo-one", tmp_path / "case.tsv")
    assert "is not a target of experiments" in str([str(finding) for finding in refused.findings])


def test_json_files_are_documents_as_the_service_writes_them(commons: Gen3, ids: list[str], tmp_path: Path) -> None:
    assert len(json.loads(commons.export_file("demo-one", "case", tmp_path / "a.json").read_text())["data"]) == 30
    assert json.loads(commons.export_file("demo-one", "sample", tmp_path / "b.json").read_text()) == {"data": []}
    assert commons.export_file("demo-one", "sample", tmp_path / "c.jsonl").read_text() == ""
    assert commons.export_file("demo-one", "sample", tmp_path / "d", kind="tsv").read_text().startswith("type\tid")
    with pytest.raises(Gen3UserError, match="not a file of records"):
        commons.export_file("demo-one", "case", tmp_path / "e.xlsx")


def test_records_of_several_nodes_are_given_by_their_ids(commons: Gen3, ids: list[str]) -> None:
    records = commons.export_records("demo-one", [ids[3], ids[0], ids[1]])
    assert [(record["type"], record["submitter_id"]) for record in records] == [
        ("case", "c02"),
        ("experiment", "e1"),
        ("case", "c00"),
    ]
    with pytest.raises(Gen3UserError, match=r"Record 11111111.* not found"):
        commons.export_records("demo-one", [ids[0], "11111111-0000-4000-8000-000000000001"])


def test_a_data_frame_has_columns_for_links(commons: Gen3, ids: list[str]) -> None:
    table = frame(commons, "demo-one", "case")
    assert len(table) == 30
    assert set(table["experiments.submitter_id"]) == {"e1"}
    assert set(table["experiments.id"]) == {ids[0]}


def test_a_data_frame_without_pandas_states_what_to_install(
    commons: Gen3, ids: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingExtra, match=r"pip install .*\[gen3\]"):
        frame(commons, "demo-one", "case")


def test_records_are_counted_in_the_order_in_which_they_are_submitted(commons: Gen3, ids: list[str]) -> None:
    assert commons.count_records("demo-one", ["case", "experiment", "sample"]) == {
        "experiment": 1,
        "case": 30,
        "sample": 0,
    }


# -- deletion


def test_nodes_go_in_reverse_order_of_their_links(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    deletions: list[tuple[str, int]] = []
    done = commons.delete_nodes(
        "demo-one", ["experiment", "case"], batch=20, on_deleted=lambda *progress: deletions.append(progress)
    )
    assert list(done.counts.items()) == [("case", 30), ("experiment", 1)]
    assert deletions == [("case", 20), ("case", 30), ("experiment", 1)]
    assert left(sandbox) == left(sandbox, "experiment") == []


def test_a_dry_run_counts_and_deletes_nothing(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    plan = commons.delete_project("demo-one", dry_run=True)
    assert (plan.counts, plan.total, plan.project, plan.dry_run) == ({"case": 30, "experiment": 1}, 31, True, True)
    assert commons.delete_records("demo-one", ids[1:3], dry_run=True).counts == {"case": 2}
    assert len(left(sandbox)) == 30


def test_records_that_others_link_to_say_which(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    for dry_run in (True, False):
        with pytest.raises(BadRequest, match=r"such as case .*: delete those first"):
            commons.delete_records("demo-one", [ids[0]], dry_run=dry_run)
    with pytest.raises(BadRequest, match=r"such as case .*: delete those first"):
        commons.delete_nodes("demo-one", ["experiment"])
    assert len(left(sandbox)) == 30


def test_records_go_in_any_order_that_they_are_given_in(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    assert commons.delete_records("demo-one", ids, batch=7).counts == {"case": 30, "experiment": 1}
    assert left(sandbox) == left(sandbox, "experiment") == []


def test_an_id_that_does_not_exist_deletes_nothing(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    with pytest.raises(Gen3UserError, match=r"Record 11111111.* not found.*nothing was deleted"):
        commons.delete_records("demo-one", [ids[1], "11111111-0000-4000-8000-000000000001"])
    assert len(left(sandbox)) == 30


def test_a_project_goes_with_all_of_its_records(sandbox: Sandbox, commons: Gen3, ids: list[str]) -> None:
    assert commons.delete_project("demo-one").project
    assert sandbox.gen3.records.projects() == []


def test_records_that_link_to_others_of_their_node_go_as_well(sandbox: Sandbox, commons: Gen3) -> None:
    sandbox.gen3.records.use_dictionary({**sds_document(), "subject": relatives()})
    subjects: list[dict[str, Any]] = [
        {
            "type": "subject",
            "submitter_id": f"s{number:02}",
            "projects": [{"code": "one"}],
            "relatives": [{"submitter_id": f"s{number - 1:02}"}] if number else [],
        }
        for number in range(12)
    ]
    sandbox.gen3.records.seed("demo", "one", subjects)
    assert commons.delete_nodes("demo-one", batch=3).counts == {"subject": 12}
    assert left(sandbox, "subject") == []
