"""Gen3Submission: files of any kind, trouble on the way, and that it sends and gives what gen3sdk 4.28.5 does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from gen3_client_replay import NOT_COMPARED, Difference, hold, recorded, steps
from gen3_submission import rows, table
from omicsdk.compat.gen3.submission import Gen3Submission
from omicsdk.core import NO_RETRY, BadRequest, Retry, ServiceUnavailable, TransportError
from omicsdk.gen3 import Gen3Error, Gen3SubmissionQueryError, Gen3UserError


class Narrow(httpx.BaseTransport):
    """Responses documents as a service does that takes so many rows at most, and stops on others in some way."""

    def __init__(self, most: int, give_up: Callable[[httpx.Request], httpx.Response]) -> None:
        self.most = most
        self.give_up = give_up
        self.sizes: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        names = [line.split("\t")[1] for line in request.read().decode().splitlines()[1:]]
        self.sizes.append(len(names))
        if len(names) > self.most:
            return self.give_up(request)
        entities = [
            {"type": "case", "unique_keys": [{"submitter_id": name}], "valid": True, "errors": []} for name in names
        ]
        return httpx.Response(200, json={"code": 200, "success": True, "entities": entities, "message": ""})


def _raise(error: type[httpx.TransportError]) -> Callable[[httpx.Request], httpx.Response]:
    def raised(request: httpx.Request) -> httpx.Response:
        raise error("lost", request=request)

    return raised


GIVING_UP: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "413": lambda _: httpx.Response(413, text="<html>413 Request Entity Too Large</html>"),
    "504": lambda _: httpx.Response(504, text="Gateway Timeout"),
    "busy": lambda _: httpx.Response(500, json={"message": "service failure - try again later"}),
    "page": lambda _: httpx.Response(200, text="<html>Request Timeout</html>"),
    "read": _raise(httpx.ReadTimeout),
    "lost": _raise(httpx.RemoteProtocolError),
}


@pytest.mark.parametrize("how", GIVING_UP)
def test_chunks_are_halved_where_they_are_too_large(how: str, tmp_path: Path) -> None:
    wire = Narrow(3, GIVING_UP[how])
    names = [f"c{number}" for number in range(9)]
    with Gen3Submission("https://commons.example.org", transport=wire, retry=Retry(attempts=3, base=0)) as submission:
        result = submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows(*names)), chunk_size=8)
    assert wire.sizes == [8, 4, 2, 2, 2, 2, 1]
    assert result["succeeded"] == names
    assert [line.split(":")[0] for line in result["responses"]][:2] == ["Reducing Chunk Size"] * 2


@pytest.mark.parametrize("how", GIVING_UP)
def test_rows_that_never_go_are_reported_and_it_ends(how: str, tmp_path: Path) -> None:
    wire = Narrow(0, GIVING_UP[how])
    with Gen3Submission("https://commons.example.org", transport=wire, retry=NO_RETRY) as submission:
        result = submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c3")))
    assert list(result["invalid"]) == ["c1", "c2", "c3"]
    assert len(result["other"]) == len(result["details"]) == 3
    assert wire.sizes == [3, 1, 1, 1]


def test_a_commons_that_is_down_is_an_error(tmp_path: Path) -> None:
    wire = Narrow(0, _raise(httpx.ConnectError))
    with (
        Gen3Submission("https://commons.example.org", transport=wire, retry=NO_RETRY) as submission,
        pytest.raises(TransportError),
    ):
        submission.submit_file("demo-one", table(tmp_path, "a.tsv", rows("c1", "c2", "c3")), chunk_size=1)
    assert len(wire.sizes) == 1


@pytest.mark.parametrize(("verbose", "level"), [({}, "INFO"), ({"verbose": False}, "DEBUG")])
def test_a_node_is_deleted_in_batches_which_are_logged(
    verbose: dict[str, bool], level: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG", logger="omicsdk.gen3")
    left = ["1", "2", "3"]

    def response(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            left.remove(request.url.path.rpartition("/")[2])
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"data": {"case": [{"id": id} for id in left[:1]]}})

    with Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(response)) as submission:
        submission.delete_node("demo", "one", "case", batch_size=1, **verbose)
        with pytest.raises(Gen3UserError, match="batch_size 0"):
            submission.delete_records("demo", "one", ["1"], batch_size=0)
    messages = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == "omicsdk.gen3"]
    assert messages == [(level, f"case: {number} records deleted") for number in (1, 2, 3)]


def test_the_manifest_is_the_response_to_its_request() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": {"datanode": []}}))
    with Gen3Submission("https://commons.example.org", transport=transport) as submission:
        manifest = submission.get_project_manifest("demo", "one")
    assert (manifest.request.method, manifest.headers["content-type"]) == ("GET", "text/yaml")


def test_records_that_stay_end_the_deletion() -> None:
    def answered(request: httpx.Request) -> httpx.Response:
        if request.method == "DELETE":
            return httpx.Response(200, json={})
        return httpx.Response(200, json={"data": {"case": [{"id": "1"}]}})

    with (
        Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(answered)) as submission,
        pytest.raises(Gen3Error, match="still exists"),
    ):
        submission.delete_node("demo", "one", "case")


def test_a_query_is_tried_as_often_as_it_is_stated() -> None:
    calls: list[int] = []

    def answered(_: httpx.Request) -> httpx.Response:
        calls.append(1)
        return httpx.Response(503, headers={"retry-after": "0"})

    retry = Retry(attempts=3, base=0)
    with Gen3Submission("https://commons.example.org", transport=httpx.MockTransport(answered), retry=retry) as sub:
        for tries, count in (({"max_tries": 2}, 2), ({}, 3)):
            calls.clear()
            with pytest.raises(ServiceUnavailable):
                sub.query("{ x }", **tries)
            assert len(calls) == count
    with pytest.raises(Gen3UserError):
        sub.query("{ x }", max_tries=0)


# -- what gen3sdk 4.28.5 sends and gives, but for the differences that are argued here


E1 = "7d6bccb0-615f-40cb-ad3d-b083630418fd"
STEPS = {step.name.removeprefix("Gen3Submission."): step for step in steps("Gen3Submission")}
MANIFESTS = ["type", "submitter_id", "experiments.submitter_id", "filename", "timestamp", "description", "file_type"]


def experiment(name: str, **more: Any) -> dict[str, Any]:
    return {"type": "experiment", "submitter_id": name, "projects": [{"code": "p"}], **more}


def nine_rows(folder: Path) -> Path:
    """Nine rows of which the fifth has no description."""
    rows = [["manifest", f"sf-{n}", "e1", f"f{n}", "2024", "" if n == 4 else "d", "x"] for n in range(9)]
    file = folder / "nine.tsv"
    file.write_text("\n".join("\t".join(row) for row in [MANIFESTS, *rows]) + "\n")
    return file


Call = Callable[[Gen3Submission, Path], Any]
PROGRAM = {"type": "program", "name": "sdk", "dbgap_accession_number": "sdk"}
PROJECT = {"type": "project", "code": "p", "name": "p", "dbgap_accession_number": "sdkp"}
CALLS: dict[str, Call] = {
    "create_program": lambda sub, _: sub.create_program(PROGRAM),
    "create_project": lambda sub, _: sub.create_project("sdk", PROJECT),
    "get_programs": lambda sub, _: sub.get_programs(),
    "get_projects": lambda sub, _: sub.get_projects("sdk"),
    "get_project_dictionary": lambda sub, _: sub.get_project_dictionary("sdk", "p"),
    "open_project": lambda sub, _: sub.open_project("sdk", "p"),
    "get_dictionary_node": lambda sub, _: sub.get_dictionary_node("experiment")["id"],
    "get_dictionary_all": lambda sub, _: sub.get_dictionary_all(),
    "get_graphql_schema": lambda sub, _: sub.get_graphql_schema(),
    "get_project_manifest": lambda sub, _: sub.get_project_manifest("sdk", "p"),
    "submit_record": lambda sub, _: sub.submit_record("sdk", "p", experiment("e1")),
    "submit_record(list)": lambda sub, _: sub.submit_record("sdk", "p", [experiment("e2")]),
    "submit_record(invalid)": lambda sub, _: sub.submit_record("sdk", "p", experiment("e3", colour=1)),
    "submit_file(9 rows, row 5 without description, chunk_size=4)": lambda sub, folder: sub.submit_file(
        "sdk-p", nine_rows(folder), chunk_size=4
    ),
    "submit_file again (updates)": lambda sub, folder: sub.submit_file("sdk-p", nine_rows(folder)),
    "query": lambda sub, _: sub.query('{ manifest(project_id: "sdk-p", first: 2) { submitter_id } }'),
    "query(variables)": lambda sub, _: sub.query(
        'query T($n: Int) { experiment(project_id: "sdk-p", first: $n) { submitter_id } }', {"n": 1}
    ),
    "query(error)": lambda sub, _: _refused(lambda: sub.query("{ nope { id } }")),
    "export_record json": lambda sub, _: sub.export_record("sdk", "p", E1, "json"),
    "export_record tsv": lambda sub, _: sub.export_record("sdk", "p", E1, "tsv"),
    "export_node json": lambda sub, _: sub.export_node("sdk", "p", "manifest", "json"),
    "export_node tsv": lambda sub, _: sub.export_node("sdk", "p", "experiment", "tsv"),
    "delete_record with dependents": lambda sub, _: sub.delete_record("sdk", "p", E1),
    "delete_node": lambda sub, _: sub.delete_node("sdk", "p", "manifest", batch_size=5),
    "delete_records": lambda sub, _: sub.delete_records("sdk", "p", [E1]),
    "delete_nodes": lambda sub, _: sub.delete_nodes("sdk", "p", ["manifest", "experiment"]),
    "delete_project": lambda sub, _: sub.delete_project("sdk", "p"),
    "delete_program": lambda sub, _: sub.delete_program("sdk"),
}


def _refused(call: Callable[[], Any]) -> str:
    with pytest.raises(Gen3SubmissionQueryError) as caught:
        call()
    return str(caught.value)


def _ids(step: str, node: str, first: int) -> list[tuple[str, str, dict[str, str], Any]]:
    """What was recorded, with the queries for ids as ours writes them."""
    written = f'{{ {node}(first: {first}, project_id: "sdk-p") {{ id project_id }} }}'
    return [
        (
            method,
            path,
            query,
            {"query": written.replace(node, _queried_node(body, node))} if path.endswith("graphql") else body,
        )
        for method, path, query, body in recorded(STEPS[step])
    ]


def _queried_node(body: Any, node: str) -> str:
    return body["query"].replace("{", " ").split()[0] if body else node


_ONE_LINE = "the query for the ids is written on one line, and asks for their project, which is compared"
DIFFERENT = {
    "query(error)": Difference("the message says that it is a refusal, and what to do", result=NOT_COMPARED),
    "delete_node": Difference(_ONE_LINE, _ids("delete_node", "manifest", 5)),
    "delete_nodes": Difference(_ONE_LINE, _ids("delete_nodes", "manifest", 100)),
    "delete_records": Difference("our Response stands for that of requests", result=NOT_COMPARED),
    "delete_project": Difference("our Response stands for that of requests", result=NOT_COMPARED),
    "delete_program": Difference("our Response stands for that of requests", result=NOT_COMPARED),
}
APART = {
    "get_dictionary_all": "the recorded response is cut, so that it is not JSON",
    "get_graphql_schema": "the recorded response is cut, so that it is not JSON",
    "get_project_manifest": "the service wants ids, which gen3sdk does not send: ours asks for those of all files first",
}
"""Calls whose recorded responses are not enough for ours."""


def make(transport: httpx.MockTransport) -> Gen3Submission:
    return Gen3Submission("https://commons.example.org", ("name", "password"), transport=transport, retry=NO_RETRY)


def test_every_recorded_call_is_made():
    assert list(CALLS) == list(STEPS)
    assert DIFFERENT.keys() | APART.keys() <= CALLS.keys()


@pytest.mark.parametrize("name", [name for name in STEPS if name not in APART])
def test_the_same_requests_and_the_same_result(name: str, tmp_path: Path):
    result = hold(STEPS[name], make, lambda sub: CALLS[name](sub, tmp_path), DIFFERENT.get(name))
    if name == "query(error)":
        assert 'Cannot query field "nope" on type "Root". Did you mean "node"?' in result
    if name == "delete_records":
        assert (result.status_code, result.json()["deleted_entity_count"]) == (200, 1)
    if name in ("delete_project", "delete_program"):
        assert result.status_code == 204
    if name == "submit_record(invalid)":
        assert isinstance(result, BadRequest)
        assert "colour" in str(result.body)


@pytest.mark.parametrize("name", [name for name in STEPS if name.startswith("submit_file")])
def test_a_table_goes_with_the_bare_content_type(name: str, tmp_path: Path):
    types: list[str] = []
    responses = iter(STEPS[name].exchanges)

    def answered(request: httpx.Request) -> httpx.Response:
        types.append(request.headers["content-type"])
        response = next(responses)["response"]
        return httpx.Response(response["status"], json=response["body"])

    with make(httpx.MockTransport(answered)) as client:
        CALLS[name](client, tmp_path)
    assert types == [exchange["request"]["headers"]["content-type"] for exchange in STEPS[name].exchanges]
