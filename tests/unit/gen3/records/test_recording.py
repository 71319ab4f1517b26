"""Recorded responses of real services: our validation finds the faults that a real Sheepdog found, and answers are parsed."""

import json
from collections.abc import Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from gen3_records import FILLED, dictionary
from omicsdk.compat.gen3.submission import Gen3Submission
from omicsdk.core import NO_RETRY
from omicsdk.gen3 import Gen3, Gen3SubmissionQueryError, Gen3UserError
from omicsdk.gen3.records import Project, validate
from omicsdk.gen3.records.chunks import reply_of
from rows import check_each

RECORDINGS = Path(__file__).parents[3] / "data/sandbox/gen3/recordings"
SDS = dictionary()


def exchanges(service: str) -> list[Mapping[str, Any]]:
    return [json.loads(line) for line in (RECORDINGS / f"{service}.recording.jsonl").read_text().splitlines()]


SUBMITTED = [
    step
    for step in exchanges("sheepdog")
    if step["request"]["method"] in ("PUT", "POST")
    and step["request"]["path"].startswith("/api/v0/submission/demo1/12L")
    and step["request"]["path"].partition("?")[0].rpartition("/")[2] in ("12L", "_dry_run")
    and isinstance(step["response"]["body"], dict)
    and step["response"]["body"].get("entities")
    and step["request"]["body"] is not None
]
BY_STATE = {"ERROR": "already exists in the DB", "INVALID_LINK": "", "INVALID_PERMISSIONS": "", "NOT_UNIQUE": ""}
"""Kinds of errors that the service finds in what it has, and validation without the service can't find; with their words."""
_EARLIER = "what the service finds with its records, we find without them"
DIFFERENT: dict[str, tuple[str, list[set[str]]]] = {
    "submitter_id null": ("a name that is null is none, which the service calls not unique", [{"submitter_id"}]),
    "link to unknown project code": (_EARLIER, [{"projects"}]),
    "link to another project": (_EARLIER, [{"projects"}]),
    "project_id of another project": (_EARLIER, [{"project_id"}]),
    "data file node without any link of the group": (_EARLIER, [{"slides"}]),
    "submit a program node into a project": ("the service blames the id; it is the type", [{"type"}]),
    "list with a duplicate submitter_id": (
        "the service stores the later of two records of a name; who sends both has mistaken something",
        [set(), {"submitter_id"}],
    ),
    "tsv mixed types by row": (
        "empty cells of columns that other nodes' rows need are passed over, so that a table may have rows of several",
        [set(), {"name", "experiments", *FILLED}],
    ),
}


def columns_of_errors(entity: Mapping[str, Any]) -> set[str]:
    """The properties that the service found wrong by the dictionary alone."""
    columns: set[str] = set()
    for error in entity["errors"]:
        if error["type"] in BY_STATE and BY_STATE[error["type"]] in error["message"]:
            continue
        if "Additional properties" in error["message"]:
            columns.update(error["message"].split("'")[1::2])
        columns.update(key.partition(".")[0] for key in error["keys"])
    return columns


def ours(step: Mapping[str, Any], folder: Path) -> list[set[str]]:
    """The properties that we find wrong, by record."""
    body, kind = step["request"]["body"], step["request"]["headers"].get("content-type")
    if isinstance(body, str):
        file = folder / ("t.csv" if kind == "text/csv" else "t.tsv")
        file.write_text(body)
        source: Any = file
        count = sum(1 for line in body.splitlines()[1:] if line.strip())
        first = 2
    else:
        source = body if isinstance(body, list) else [body]
        count, first = len(source), 1
    columns: list[set[str]] = [set() for _ in range(count)]
    for finding in validate(source, SDS, project=Project("demo1", "12L")):
        assert finding.row is not None
        columns[min(finding.row - first, count - 1)].add(finding.column.partition(".")[0])
    return columns


def test_we_find_what_a_service_refuses(tmp_path: Path) -> None:
    def check(step: Mapping[str, Any]) -> None:
        name = step["step"].partition(" ")[2]
        sent = step["request"]["body"]
        if isinstance(sent, list) and not all(isinstance(record, dict) for record in sent):
            with pytest.raises(Gen3UserError, match="is not a record"):
                ours(step, tmp_path)
            return
        theirs = [columns_of_errors(entity) for entity in step["response"]["body"]["entities"]]
        columns = ours(step, tmp_path)
        if name in DIFFERENT:
            assert columns != theirs, "the difference is gone: take it from the table"
            theirs = DIFFERENT[name][1]
        assert columns == theirs

    check_each(SUBMITTED, itemgetter("step"), check)


def test_each_difference_is_one_of_a_recorded_step() -> None:
    assert DIFFERENT.keys() <= {step["step"].partition(" ")[2] for step in SUBMITTED}


def test_responses_to_documents_are_read_whole() -> None:
    def check(step: Mapping[str, Any]) -> None:
        body = step["response"]["body"]
        reply = reply_of(body)
        assert reply is not None
        assert reply.success == (body["code"] in (200, 201) and body["entity_error_count"] == 0)
        assert [bool(entity.errors) for entity in reply.entities] == [not entry["valid"] for entry in body["entities"]]
        keys = [(entry["unique_keys"] or [{}])[0] for entry in body["entities"]]
        names = [key.get("submitter_id") or key.get("name") for key in keys]
        assert [entity.name for entity in reply.entities] == [name or "" for name in names]

    check_each(SUBMITTED, itemgetter("step"), check)


def _content(step: Mapping[str, Any]) -> str:
    recorded = step["response"]["body"]
    return recorded if isinstance(recorded, str) else json.dumps(recorded)


QUERIES = [
    step
    for step in exchanges("peregrine")
    if step["request"]["path"] == "/api/v0/submission/graphql"
    and isinstance(step["request"]["body"], dict)
    and isinstance(step["request"]["body"].get("query"), str)
    and not isinstance(step["request"]["body"].get("variables"), str)
    and not _content(step).endswith("in all}")  # the recording keeps a part of that answer only
]


def test_queries_give_what_was_answered_or_raise_why_not() -> None:
    def check(step: Mapping[str, Any]) -> None:
        recorded, query = step["response"], step["request"]["body"]
        content = _content(step)
        sent: list[Any] = []

        def answered(request: httpx.Request) -> httpx.Response:
            sent.append(json.loads(request.content))
            return httpx.Response(recorded["status"], headers=recorded["headers"], text=content)

        with Gen3Submission(
            "https://commons.example.org", ("n", "p"), transport=httpx.MockTransport(answered), retry=NO_RETRY
        ) as submission:
            if recorded["status"] == 200:
                assert submission.query(query["query"], query.get("variables")) == json.loads(content)
            else:
                with pytest.raises(Gen3SubmissionQueryError) as caught:
                    submission.query(query["query"], query.get("variables"))
                assert all(reason in str(caught.value) for reason in json.loads(content)["errors"])
        expected = {
            name: value for name, value in query.items() if name in ("query", "variables") and value is not None
        }
        assert sent == [expected]

    check_each(QUERIES, itemgetter("step"), check)


def text_of(body: Any) -> str:
    return body if isinstance(body, str) else json.dumps(body)


EXPORTED = [
    (urlsplit(step["request"]["path"]), step["step"], text_of(step["response"]["body"]))
    for step in exchanges("sheepdog")
    if "/export" in step["request"]["path"]
    and "node_label" in step["request"]["path"]
    and "ids=" not in step["request"]["path"]
    and "format=csv" not in step["request"]["path"]
    and "demo1-12L" in text_of(step["response"]["body"])  # it has records
]


def test_no_recorded_export_is_taken_for_one_of_another_node_or_project(tmp_path: Path) -> None:
    assert len(EXPORTED) >= 8

    def check(export: Any) -> None:
        address, _, text = export
        query = dict(parse_qsl(address.query))
        transport = httpx.MockTransport(lambda _: httpx.Response(200, text=text))
        with Gen3("https://commons.example.org", transport=transport, retry=NO_RETRY) as commons:
            project = tuple(address.path.split("/")[4:6])
            commons.export_file(project, query["node_label"], tmp_path / f"x.{query['format']}")

    check_each(EXPORTED, itemgetter(1), check)
