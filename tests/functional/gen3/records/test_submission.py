"""Records are submitted in the order of their links, with an outcome for each row, and what was taken is not sent again."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from gen3_records import FILLED, case, dictionary, experiment, relatives
from omicsdk.core import BadRequest, ConfigError, DiskFull, FolderBusy, Forbidden, NotFound, Retry
from omicsdk.gen3 import Gen3, Gen3Login, Gen3UserError
from omicsdk.gen3.records import Outcome, Project, known_to
from omicsdk.gen3.records.submission import submit, submit_rows
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR, READER
from omicsdk.sandbox.gen3.records.dictionary import sds_document


class Noting(httpx.HTTPTransport):
    """A transport that notes which records are sent where, and can lose responses."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[str, list[str]]] = []
        self.lose: set[str] = set()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method != "PUT":
            return super().handle_request(request)
        if not (content := request.read()):
            return super().handle_request(request)
        names = [record["submitter_id"] for record in json.loads(content)]
        self.sent.append((request.url.path.rpartition("/")[2], names))
        response = super().handle_request(request)
        if not self.lose.isdisjoint(names):
            response.read()
            self.lose.difference_update(names)
            raise httpx.ReadTimeout("too slow", request=request)
        return response


@pytest.fixture
def wire() -> Noting:
    return Noting()


@pytest.fixture
def commons(sandbox: Sandbox, tmp_path: Path, wire: Noting) -> Iterator[Gen3]:
    sandbox.gen3.records.seed("demo", "one")
    with _commons(sandbox, tmp_path, ADMINISTRATOR, wire) as client:
        yield client


def _commons(sandbox: Sandbox, folder: Path, name: str, wire: httpx.BaseTransport) -> Gen3:
    sandbox.gen3_credentials(folder / "key.json", name)
    auth = Gen3Login(refresh_file=str(folder / "key.json"))
    return Gen3(sandbox.gen3_url, credentials=auth, transport=wire, retry=Retry(attempts=2, base=0))


def stored(sandbox: Sandbox, node: str = "case") -> list[str]:
    return sorted(record["submitter_id"] for record in sandbox.gen3.records.listed(node, "demo-one"))


def cases(count: int, **more: Any) -> list[dict[str, Any]]:
    return [case(f"c{number:02}", **more) for number in range(count)]


def test_rows_go_after_what_they_link_to_wherever_they_stand(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    sample = {
        **dict.fromkeys(dictionary().node("sample").required - {"type", "cases"}, "NA"),
        "type": "sample",
        "submitter_id": "s1",
        "cases": [{"submitter_id": "c00"}],
    }
    done = submit(commons, "demo-one", [sample, *cases(3), experiment()])
    assert done.ok
    assert done.counts == {"created": 5}
    assert [names for _, names in wire.sent] == [["e1"], ["c00", "c01", "c02"], ["s1"]]
    assert stored(sandbox) == ["c00", "c01", "c02"]


def test_what_exists_is_updated(commons: Gen3) -> None:
    submit(commons, "demo-one", [experiment()])
    assert submit(commons, "demo/one", [experiment(type_of_data="Raw"), case("c1")]).counts == {
        "updated": 1,
        "created": 1,
    }


def test_bad_rows_are_reported_and_the_rest_continues(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    records = [experiment(), *cases(3), case("bad", sexx="F"), case("lost", "nobody")]
    done = submit(commons, ("demo", "one"), records)
    assert done.counts == {"invalid": 2, "created": 4}
    assert [(outcome.name, outcome.place.row, outcome.findings[0].kind) for outcome in done.refused] == [
        ("bad", 5, "unknown-property"),
        ("lost", 6, "broken-link"),
    ]
    assert not any({"bad", "lost"} & set(names) for _, names in wire.sent)
    assert stored(sandbox) == ["c00", "c01", "c02"]
    assert json.loads(json.dumps(done.as_dict()))["counts"]["invalid"] == 2


def test_a_row_at_which_the_commons_fails_has_its_reason(commons: Gen3) -> None:
    done = submit(commons, "demo-one", [experiment(), experiment("nul", experimental_intent="a\0")])
    assert done.counts == {"created": 1, "failed": 1}
    assert done.refused[0].findings[0].message.startswith("Internal server error. Sorry")


def test_a_link_by_id_is_not_one_to_a_refused_row_named_none(commons: Gen3) -> None:
    (stored_experiment,) = submit_rows(commons, "demo-one", [experiment()])
    by_id = {**case("c1"), "experiments": [{"id": stored_experiment.id}]}
    done = submit(commons, "demo-one", [experiment("None", type_of_data="raw"), by_id])
    assert [outcome.name for outcome in done.refused] == ["None"]
    assert done.counts == {"invalid": 1, "created": 1}


def test_rows_of_a_row_that_is_refused_name_it(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    done = submit(commons, "demo-one", [*cases(3), experiment(type_of_data="raw"), experiment("e2"), case("d", "e2")])
    assert done.counts == {"invalid": 4, "created": 2}
    assert [names for _, names in wire.sent] == [["e2"], ["d"]]
    finding = done.refused[-1].findings[0]
    assert (finding.kind, finding.row, finding.column) == ("broken-link", 3, "experiments")
    assert 'The experiment "e1" that it links to, in row 4, was not accepted' in finding.message


def test_rows_of_a_row_that_is_refused_are_taken_where_an_older_state_of_it_is_there(commons: Gen3) -> None:
    submit(commons, "demo-one", [experiment()])
    assert submit(commons, "demo-one", [*cases(3), experiment(type_of_data="raw")]).counts == {
        "invalid": 1,
        "created": 3,
    }


def test_all_or_nothing_sends_nothing_when_anything_is_found(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    done = submit(commons, "demo-one", [experiment(), case("bad", sexx="F")], all_or_nothing=True)
    assert done.counts == {"invalid": 1, "failed": 1}
    assert wire.sent == []
    assert stored(sandbox, "experiment") == []


def test_what_only_the_commons_finds_is_reported_with_its_row(sandbox: Sandbox, commons: Gen3) -> None:
    # The dictionary allows one description of an experiment; that it has one already, only the commons knows.
    required = dictionary().node("dataset_description")
    filled: dict[str, Any] = {
        name: [1] if required.properties[name].read_items_as == "integer" else ["x"]
        for name in required.required - {"type", "submitter_id", "experiments"}
    }
    first = {"type": "dataset_description", "submitter_id": "d1", "experiments": [{"submitter_id": "e1"}], **filled}
    other = {**first, "submitter_id": "d2", "experiments": [{"submitter_id": "e2"}]}
    submit(commons, "demo-one", [experiment(), experiment("e2"), first])
    done = submit(commons, "demo-one", [{**first, "submitter_id": "d3"}, other])
    assert done.counts == {"invalid": 1, "created": 1}
    [finding] = done.refused[0].findings
    assert (finding.kind, finding.row, finding.column) == ("INVALID_LINK", 1, "experiments")
    assert "one_to_one" in finding.message
    assert stored(sandbox, "dataset_description") == ["d1", "d2"]


def test_a_response_that_is_lost_does_no_harm(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    wire.lose = {"c03"}
    done = submit(commons, "demo-one", [experiment(), *cases(6)])
    assert done.ok
    assert done.counts == {"created": 1, "updated": 6}
    assert [len(names) for _, names in wire.sent] == [1, 6, 3, 3]
    assert len(stored(sandbox)) == 6


def test_a_dry_run_stores_nothing_and_links_to_rows_are_right(sandbox: Sandbox, commons: Gen3, wire: Noting) -> None:
    done = submit(commons, "demo-one", [experiment(), *cases(3), case("lost", "nobody")], dry_run=True, chunk=2)
    assert done.dry_run
    assert done.counts == {"invalid": 1, "valid": 4}
    assert {where for where, _ in wire.sent} == {"_dry_run"}
    assert stored(sandbox) == stored(sandbox, "experiment") == []


def test_what_was_taken_is_not_sent_again(sandbox: Sandbox, commons: Gen3, wire: Noting, tmp_path: Path) -> None:
    records, journal = [experiment(), *cases(10)], tmp_path / "journal"
    outcomes = submit_rows(commons, "demo-one", records, chunk=4, journal=journal)
    for _ in range(3):
        next(outcomes)  # the first two records of the cases' first document
    outcomes.close()
    wire.sent.clear()
    done = submit(commons, "demo-one", records, chunk=4, journal=journal)
    assert done.counts == {"unchanged": 5, "created": 6}
    assert [names for _, names in wire.sent] == [["c04", "c05", "c06", "c07"], ["c08", "c09"]]
    wire.sent.clear()
    changed = [*records[:-1], case("c09", age="5")]
    assert submit(commons, "demo-one", changed, journal=journal).counts == {"unchanged": 10, "updated": 1}
    assert [names for _, names in wire.sent] == [["c09"]]


KILLED = """
import json, os, signal, sys
from omicsdk.gen3 import Gen3Login
from omicsdk.gen3 import Gen3
from omicsdk.gen3.records.submission import submit

endpoint, key, records, journal = sys.argv[1:]
told = []

def listen(outcome):
    told.append(outcome)
    if len(told) == 6:
        os.kill(os.getpid(), signal.SIGKILL)

with Gen3(endpoint, credentials=Gen3Login(refresh_file=key)) as commons:
    submit(commons, "demo-one", records, chunk=4, journal=journal, on_outcome=listen)
"""


def test_what_was_taken_by_a_process_that_was_killed_is_not_sent_again(
    sandbox: Sandbox, commons: Gen3, tmp_path: Path
) -> None:
    import subprocess
    import sys

    records, journal = tmp_path / "records.json", tmp_path / "journal"
    records.write_text(json.dumps([experiment(), *cases(20)]))
    ran = [sys.executable, "-c", KILLED, sandbox.gen3_url, str(tmp_path / "key.json"), str(records), str(journal)]
    assert subprocess.run(ran, check=False, timeout=60).returncode == -9
    there = len(stored(sandbox))
    assert there == 8  # two documents of four
    assert submit(commons, "demo-one", records, journal=journal).counts == {"unchanged": 9, "created": 12}
    assert len(stored(sandbox)) == 20


def test_a_journal_that_was_cut_short_is_continued(commons: Gen3, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    submit(commons, "demo-one", [experiment(), *cases(3)], journal=journal)
    journal.write_bytes(journal.read_bytes()[:-20])
    assert submit(commons, "demo-one", [experiment(), *cases(3)], journal=journal).counts == {
        "unchanged": 3,
        "updated": 1,
    }
    assert submit(commons, "demo-one", [experiment(), *cases(3)], journal=journal).counts == {"unchanged": 4}


def test_a_file_that_is_no_journal_is_not_overwritten(commons: Gen3, tmp_path: Path) -> None:
    other = tmp_path / "notes.txt"
    other.write_text("keep this")
    with pytest.raises(ConfigError, match="not a journal of records"):
        submit(commons, "demo-one", [experiment()], journal=other)
    assert other.read_text() == "keep this"


def test_a_full_disk_is_stated_with_the_journal(commons: Gen3, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    for name in ("before", "begun"):  # at the head of a new file, and at the first record
        with monkeypatch.context() as patched:
            if name == "begun":
                submit(commons, "demo-one", [experiment()], journal=tmp_path / name)
            patched.setattr("omicsdk.transfer.disk.Disk.append", full)
            with pytest.raises(DiskFull, match=str(tmp_path / name)):
                submit(commons, "demo-one", [experiment(), *cases(1)], journal=tmp_path / name)


def test_a_journal_has_one_writer(commons: Gen3, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    outcomes = submit_rows(commons, "demo-one", [experiment(), *cases(2)], journal=journal)
    next(outcomes)
    with pytest.raises(FolderBusy):
        submit(commons, "demo-one", [experiment()], journal=journal)
    outcomes.close()
    assert submit(commons, "demo-one", [experiment()], journal=journal).counts == {"unchanged": 1}


def test_a_record_that_is_put_back_to_what_it_was_is_sent(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    journal = tmp_path / "journal"
    submit(commons, "demo-one", [experiment(), case("c1", age="5")], journal=journal)
    for age in ("6", "5", "6"):
        assert submit(commons, "demo-one", [case("c1", age=age)], journal=journal).counts == {"updated": 1}
        [record] = sandbox.gen3.records.listed("case", "demo-one")
        assert record["age"] == age
    assert submit(commons, "demo-one", [case("c1", age="6")], journal=journal).counts == {"unchanged": 1}


def test_a_journal_is_one_of_its_project(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    sandbox.gen3.records.seed("demo", "two")
    journal = tmp_path / "journal"
    record = {"type": "experiment", "submitter_id": "e1", "projects": []}
    one, two = ({**record, "projects": [{"code": code}]} for code in ("one", "two"))
    assert submit(commons, "demo-one", [one], journal=journal).counts == {"created": 1}
    assert submit(commons, "demo-two", [two], journal=journal).counts == {"created": 1}


def test_records_that_link_to_others_of_their_node_come_after_them(
    sandbox: Sandbox, commons: Gen3, wire: Noting
) -> None:
    sandbox.gen3.records.use_dictionary({**sds_document(), "subject": relatives()})
    sandbox.gen3.records.seed("demo", "one")

    def subject(name: str, *others: str) -> dict[str, Any]:
        links = [{"submitter_id": other} for other in others]
        return {"type": "subject", "submitter_id": name, "projects": [{"code": "one"}], "relatives": links}

    done = submit(commons, "demo-one", [subject("c", "b"), subject("b", "a"), subject("a")], chunk=1)
    assert done.counts == {"created": 3}
    assert [names for _, names in wire.sent] == [["a"], ["b"], ["c"]]


def test_tables_of_any_kind_are_submitted_together(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    from openpyxl import Workbook

    (tmp_path / "e.json").write_text(json.dumps(experiment()))
    header = ["*type", "*submitter_id", "*experiments.submitter_id", *FILLED]
    (tmp_path / "a.tsv").write_text("\t".join(header) + "\n" + "\t".join(["case", "t", "e1", *FILLED.values()]) + "\n")
    (tmp_path / "b.csv").write_text(",".join(header) + "\n" + ",".join(["case", "v", "e1", *FILLED.values()]) + "\n")
    book = Workbook()
    for row in (header, ["case", 7, "e1", *FILLED.values()], ["case", "f", "=A1", *FILLED.values()]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    files = [tmp_path / name for name in ("a.tsv", "b.csv", "c.xlsx", "e.json")]
    done = submit(commons, "demo-one", files)
    assert done.counts == {"invalid": 1, "created": 4}
    assert done.refused[0].findings[0].kind == "formula"
    assert stored(sandbox) == ["7", "t", "v"]


def test_lists_in_cells_are_divided_as_the_service_does(sandbox: Sandbox, commons: Gen3, tmp_path: Path) -> None:
    node = dictionary().node("dataset_description")
    names = sorted(node.required - {"type", "submitter_id", "experiments"})
    cells = ["1,2" if node.properties[name].read_items_as == "integer" else "x,y" for name in names]
    header = ["type", "submitter_id", "experiments.submitter_id", *names]
    row = ["dataset_description", "d1", "e1", *cells]
    (tmp_path / "d.tsv").write_text("\t".join(header) + "\n" + "\t".join(row) + "\n")
    submit(commons, "demo-one", [experiment()])
    assert submit(commons, "demo-one", tmp_path / "d.tsv").ok
    [record] = sandbox.gen3.records.listed("dataset_description", "demo-one")
    assert (record["keywords"], record["number_of_subjects"]) == (["x", "y"], [1, 2])


def test_outcomes_are_reported_as_they_come(commons: Gen3) -> None:
    outcomes: list[Outcome] = []
    done = submit(commons, "demo-one", [experiment(), *cases(3)], chunk=2, on_outcome=outcomes.append)
    assert [(outcome.name, outcome.status) for outcome in outcomes] == [
        ("e1", "created"),
        ("c00", "created"),
        ("c01", "created"),
        ("c02", "created"),
    ]
    assert done.total == 4
    assert all(outcome.id for outcome in outcomes)


def test_a_missing_permission_to_submit_is_reported_at_once(sandbox: Sandbox, tmp_path: Path, wire: Noting) -> None:
    sandbox.gen3.records.seed("demo", "one")
    with _commons(sandbox, tmp_path, READER, wire) as commons, pytest.raises(Forbidden):
        submit(commons, "demo-one", [experiment(f"e{number}") for number in range(10)], chunk=2)
    assert len(wire.sent) == 1


def test_a_project_in_review_is_reported_at_once(commons: Gen3, wire: Noting) -> None:
    commons.sheepdog.review_project(program="demo", project="one")
    with pytest.raises(BadRequest, match="Project is in state 'review'"):
        submit(commons, "demo-one", [experiment(f"e{number}") for number in range(10)], chunk=5)
    assert len(wire.sent) == 1


@pytest.mark.parametrize(
    ("project", "error", "message"),
    [("demo-onee", Gen3UserError, "no project 'onee'.*Did you mean 'one'"), ("dem-one", NotFound, "dem not found")],
)
def test_a_project_that_does_not_exist_is_named(
    commons: Gen3, wire: Noting, project: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        submit(commons, project, cases(3))
    assert wire.sent == []


def test_a_chunk_has_a_record_at_least(commons: Gen3) -> None:
    with pytest.raises(Gen3UserError, match="0 records"):
        submit(commons, "demo-one", [experiment()], chunk=0)


def test_records_are_read_a_chunk_at_a_time(commons: Gen3) -> None:
    submit(commons, "demo-one", [experiment()])
    alive: list[int] = []

    class Rows:
        """Rows that are made as they are read."""

        def __iter__(self) -> Iterator[Mapping[str, Any]]:
            for number in range(600):
                alive.append(number)
                yield case(f"r{number:03}")

    outcomes = submit_rows(commons, "demo-one", Rows(), chunk=50)
    assert next(outcomes).status == "created"
    # Two passes find what is wrong and what there is; of the third, which sends, a chunk was read.
    assert len(alive) == 600 + 600 + 50
    outcomes.close()


# -- what a commons has is compared


PROJECT = Project("demo", "one")


def test_a_commons_states_which_records_it_has(sandbox: Sandbox, tmp_path: Path) -> None:
    ids = sandbox.gen3.records.seed("demo", "one", [experiment("e1"), case("c1")])
    sandbox.gen3.records.seed("demo", "two", [experiment("e2", projects=[{"code": "two"}])])
    with Gen3(sandbox.gen3_url, credentials=_auth(sandbox, tmp_path)) as commons:
        find_existing = known_to(commons, PROJECT)
        assert find_existing("experiment", "submitter_id", ["e1", "e2", 'odd "name"\n']) == {"e1"}
        assert find_existing("case", "id", [ids[1], "nothing"]) == {ids[1]}


def test_a_commons_without_the_project_knows_nothing_of_it(sandbox: Sandbox, tmp_path: Path) -> None:
    sandbox.gen3.records.seed("demo", "one", [])
    with Gen3(sandbox.gen3_url, credentials=_auth(sandbox, tmp_path)) as commons:
        with pytest.raises(Gen3UserError, match="The program demo has no project 'two'"):
            known_to(commons, Project("demo", "two"))
        with pytest.raises(NotFound):
            known_to(commons, Project("none", "one"))


def _auth(sandbox: Sandbox, folder: Path) -> Any:
    from omicsdk.gen3 import Gen3Login
    from omicsdk.sandbox.gen3 import ADMINISTRATOR

    sandbox.gen3_credentials(folder / "key.json", ADMINISTRATOR)
    return Gen3Login(refresh_file=str(folder / "key.json"))
