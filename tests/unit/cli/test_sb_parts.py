"""The parts of `omics sb` that need no platform: inputs, batches, tags, rows, apps of CWL files."""

import io
import json
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest
from omicsdk.cli.commands.sb.results import (
    CommandResult,
    attempted,
    changes,
    completed,
    limited,
    non_empty,
    pairs,
    removed,
    row,
    rows_or_data,
)
from omicsdk.cli.commands.sb.storage import object_row, volume_row
from omicsdk.cli.commands.sb.tasks import Inputs
from omicsdk.cli.output import Call, Console
from omicsdk.core import ManualClock, MissingExtra, OmicsError, UsageError
from omicsdk.sb import SevenBridges, StillRunning
from omicsdk.sb.apps import WrongApp, read_app, references
from omicsdk.sb.jobs import run_file_job
from omicsdk.sb.metadata import tagged
from omicsdk.sb.tasks import batch_by_of, with_files
from omicsdk_api.sb.models.volume import Volume
from omicsdk_api.sb.models.volume_object import VolumeObject

TOOL = {"class": "CommandLineTool", "cwlVersion": "v1.2", "baseCommand": "echo", "inputs": [], "outputs": []}


def test_inputs_are_json_or_text_and_paths_become_files():
    whole = {
        "kept": 1,
        "threads": 2,
        "file": {"class": "File", "path": "sb://me/p/c"},
        "record": {"x": ["sb://me/p/d"], "path": "sb://me/p/e"},
    }
    words = ["threads=4", "name=a=b", "flag=true", "many=1", "many=two", "reads=sb://me/p/a", "l=[1, 2]", "empty="]
    typed = Inputs(input=words, inputs=whole).read()

    def response(request: httpx.Request) -> httpx.Response:
        name = request.url.params["name"]
        return httpx.Response(
            200, json={"href": "h", "items": [{"href": "h", "id": f"id-{name}", "type": "file", "name": name}]}
        )

    def file(name):
        return {"class": "File", "path": f"id-{name}"}

    with SevenBridges("https://x.example.org", credentials="t", transport=httpx.MockTransport(response)) as client:
        assert with_files(client, typed) == {
            "kept": 1,
            "threads": 4,
            "file": file("c"),
            "record": {"x": [file("d")], "path": file("e")},
            "name": "a=b",
            "flag": True,
            "many": [1, "two"],
            "reads": file("a"),
            "l": [1, 2],
            "empty": "",
        }
        assert with_files(client, {"pair": ("sb://me/p/a", 1)}) == {"pair": [file("a"), 1]}
    with pytest.raises(UsageError, match="is not key=value"):
        Inputs(input=["threads"]).read()


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e999", "[1, NaN]"])
def test_an_input_with_a_number_that_json_lacks_is_text(text: str):
    assert Inputs(input=[f"sample={text}"]).read() == {"sample": text}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], None),
        (["item"], {"type": "ITEM"}),
        (["ITEM"], {"type": "ITEM"}),
        (["metadata.sample_id"], {"type": "CRITERIA", "criteria": ["metadata.sample_id"]}),
        (["sample_id", "lane"], {"type": "CRITERIA", "criteria": ["metadata.sample_id", "metadata.lane"]}),
    ],
)
def test_batches_are_by_item_or_by_metadata(words, expected):
    assert batch_by_of(words) == expected


def test_tags_keep_their_order_and_stand_there_once():
    assert tagged(["a", "b"], ["c", "a"], ["b"], None) == ["a", "c"]
    assert tagged(["a"], [], [], ["x", "y", "x"]) == ["x", "y"]
    assert tagged(["a"], [], [], []) == []


def test_rows_hide_credentials():
    service = {"type": "S3", "bucket": "b", "credentials": {"secret_access_key": "s"}}
    described = volume_row(Volume.from_dict({"id": "me/v", "href": "h", "service": service, "active": True}))
    assert (described["id"], described["bucket"], described["prefix"], described["active"]) == ("me/v", "b", None, True)
    assert "credentials" not in described
    volume = Volume.from_dict({"id": "me/v", "href": "h"})
    assert row(volume, ("id", "missing"), name="x") == {"name": "x", "id": "me/v", "missing": None}
    assert object_row(VolumeObject.from_dict({"location": "a", "metadata": {"size": 5}}))["size"] == 5
    assert pairs(["a=1", "b=", "a=2"], "--x") == {"a": ["1", "2"], "b": [""]}
    for word in ("a", "=a"):
        with pytest.raises(UsageError, match=f"--x: '{word}' is not key=value"):
            pairs([word], "--x")


def test_empty_options_are_left_out_of_a_search_and_clear_what_they_change():
    assert non_empty(a=None, b=[], c="", d=0, e={}, f=()) == {"c": "", "d": 0}
    assert changes(a=None, b=[]) == {"b": []}
    with pytest.raises(UsageError, match="nothing to change"):
        changes(a=None)


def test_one_of_several_that_fails_stops_no_other():
    def act(name: str) -> str:
        if name == "bad":
            raise UsageError("no")
        return name.upper()

    results, (failure,) = attempted(["a", "bad", "a", "b"], act)
    assert (results, str(failure), type(failure)) == ({"a": "A", "b": "B"}, "bad: no", UsageError)
    with pytest.raises(UsageError, match=r"^no$"):
        attempted(["bad", "bad"], act)
    ends = [("a", "COMPLETED", None), ("b", "FAILED", "disk"), ("c", "ABORTED", None)]
    assert completed("tasks", ends) == ("1 of 3 tasks completed", ["b is FAILED: disk", "c is ABORTED"], 3)


def test_objects_are_deleted_if_that_is_confirmed(monkeypatch):
    call = Call("", {}, {"limit": 2}, Console(stderr=(err := io.StringIO())))
    rows, deleted, questions = {"a": {"name": "x"}, "b": {"name": "y"}}, [], []
    shown_rows = [{"deleted": "a", "name": "x"}, {"deleted": "b", "name": "y"}]
    assert removed("task", rows, deleted.append, call.console, dry_run=True).rows == shown_rows
    monkeypatch.setattr(call.console, "confirm", questions.append)
    assert removed("task", {"a": {}}, deleted.append, call.console, dry_run=False, effect=", now").rows == []
    assert (deleted, questions) == ([], ["Deleting task a cannot be undone, now. Continue?"])
    monkeypatch.setattr(call.console, "confirm", lambda _: True)
    done = removed("task", rows, deleted.append, call.console, dry_run=False)
    assert (done, deleted) == (CommandResult(shown_rows, "deleted 2 tasks (a, b)", [], 2), ["a", "b"])
    assert rows_or_data(done, call) == shown_rows
    assert rows_or_data(CommandResult([], "deleted all", [OmicsError("no")]), call) == []
    assert ("deleted 2 tasks" in err.getvalue(), "deleted all" in err.getvalue()) == (True, False)
    assert list(limited(iter(shown_rows * 2), call).rows(None)) == rows_or_data(shown_rows, call) == shown_rows


# -- jobs


def test_a_job_is_waited_for_with_ever_longer_waits():
    results = [{"resource": {}}, {"error": {"message": "no", "code": 5015}}, {"error": {}}]
    looks = iter([])

    def response(request: httpx.Request) -> httpx.Response:
        over = request.method == "GET" and next(looks)
        state, result = ("FINISHED", results) if over else ("RUNNING", None)
        return httpx.Response(200, json={"id": "j", "href": "h", "state": state, "result": result})

    clock = ManualClock()
    transport = httpx.MockTransport(response)
    with SevenBridges("https://x.example.org", credentials="t", transport=transport, clock=clock) as client:
        looks = iter([False, True])
        rows = run_file_job(client, "copy", [{"file": "f", "project": "me/p"}], timeout=60)
        assert [row.error for row in rows] == ["", "no (5015)", ""]
        assert clock.slept == pytest.approx([0.1, 0.2])
        looks = iter([False, False])
        with pytest.raises(StillRunning, match=r"has not finished: .* after 0\.2 s") as caught:
            run_file_job(client, "copy", [{"file": "f", "project": "me/p"}], timeout=0.2)
    assert "continues it" in str(caught.value)


# -- apps


def test_an_app_is_read_from_json(tmp_path):
    file = tmp_path / "tool.cwl"
    file.write_text(json.dumps(TOOL))
    assert read_app(file) == TOOL


def test_an_app_is_read_from_yaml_with_dates_as_text(tmp_path):
    file = tmp_path / "tool.cwl"
    file.write_text("class: CommandLineTool\ncwlVersion: v1.2\ninputs: {}\noutputs: {}\nsbg:on: 2020-01-02\n")
    assert read_app(file)["sbg:on"] == "2020-01-02"


LAUGHS = "class: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1]", "is not CWL: it is not an object"),
        ('{"a": 1}', "it has no class"),
        ("{", "is not JSON"),
        ("a: [", "is not YAML"),
        (LAUGHS, "line 7: its aliases expand to more than 1,000,000 values"),
        ("just words", "is not CWL"),
        ('{"class": "Workflow", "class": "CommandLineTool"}', "is not JSON: the name 'class' occurs twice"),
        ("class: Workflow\ninputs:\n  a: file\n  a: int\n", "line 4: the name 'a' occurs twice"),
    ],
)
def test_an_invalid_app_reports_it(tmp_path, text, message):
    file = tmp_path / "tool.cwl"
    file.write_text(text)
    with pytest.raises(WrongApp) as caught:
        read_app(file)
    assert message in str(caught.value)
    assert caught.value.remedy


def test_a_file_that_cannot_be_read_reports_it(tmp_path):
    with pytest.raises(WrongApp, match="cannot be read"):
        read_app(tmp_path / "nothing.cwl")
    (tmp_path / "x.cwl").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(WrongApp, match="UTF-8"):
        read_app(tmp_path / "x.cwl")


def test_references_to_other_files_are_found():
    document = {
        "class": "Workflow",
        "steps": [{"run": "a.cwl"}, {"run": "#main"}, {"run": {"class": "CommandLineTool", "x": {"$import": "t.yml"}}}],
        "doc": {"$include": "doc.txt"},
    }
    assert references(document) == ["a.cwl", "t.yml", "doc.txt"]
    assert references({"run": {"a": [1, "x"]}}) == []


def test_an_input_called_run_is_no_file():
    steps = {"count": {"run": "b.cwl", "in": {"run": "run"}}}
    assert references({"class": "Workflow", "inputs": {"run": "string"}, "steps": steps}) == ["b.cwl"]


def test_an_app_of_several_files_needs_the_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cwl_utils", None)
    monkeypatch.setitem(sys.modules, "cwl_utils.pack", None)
    file = tmp_path / "flow.cwl"
    file.write_text(json.dumps({"class": "Workflow", "steps": [{"run": "a.cwl"}]}))
    with pytest.raises(MissingExtra, match=r"pip install .*\[cwl\]"):
        read_app(file)


def test_an_app_of_several_files_is_packed_where_the_extra_is(tmp_path, monkeypatch, capsys):
    class Packing:
        """Stands in for the library's module."""

        @staticmethod
        def pack(path):
            sys.stderr.write("Packing\n")
            if "wrong" in path:
                raise ValueError("no such step")
            return {"class": "Workflow", "packed": Path(path).name, "sbg:on": date(2020, 1, 2)}

    monkeypatch.setitem(sys.modules, "cwl_utils", Packing)
    monkeypatch.setitem(sys.modules, "cwl_utils.pack", Packing)
    for name in ("flow.cwl", "wrong.cwl"):
        (tmp_path / name).write_text(json.dumps({"class": "Workflow", "steps": [{"run": "a.cwl"}]}))
    assert read_app(tmp_path / "flow.cwl") == {
        "class": "Workflow",
        "packed": "flow.cwl",
        "sbg:on": "2020-01-02",
    }
    assert capsys.readouterr().err == ""
    with pytest.raises(WrongApp, match="cannot be packed: no such step"):
        read_app(tmp_path / "wrong.cwl")


def test_yaml_needs_the_extra_too(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "yaml", None)
    (tmp_path / "tool.cwl").write_text("class: CommandLineTool\n")
    with pytest.raises(MissingExtra, match="apps in YAML"):
        read_app(tmp_path / "tool.cwl")
