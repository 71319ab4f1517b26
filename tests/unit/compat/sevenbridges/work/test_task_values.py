"""Inputs and outputs of tasks: File objects here, CWL objects on the wire."""

import io
import json
import pickle
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.sevenbridges import Api
from omicsdk.compat.sevenbridges.errors import ValidationError
from omicsdk.compat.sevenbridges.models.file import File
from omicsdk.compat.sevenbridges.models.task import Input
from omicsdk.compat.sevenbridges.models.values import read, sent

ID = "11111111-1111-4111-8111-111111111111"
BAM = {
    "class": "File",
    "path": "f-bam",
    "basename": "a.bam",
    "size": 3,
    "secondaryFiles": [
        {"class": "File", "path": "f-bai", "name": "a.bam.bai", "secondaryFiles": [{"class": "File", "path": "f-md5"}]}
    ],
}


@pytest.fixture
def task(api, platform):
    platform.on(
        f"GET /tasks/{ID}",
        {
            "id": ID,
            "status": "DRAFT",
            "inputs": {
                "bam": BAM,
                "reads": [BAM],
                "threads": 4,
                "where": {"dir": "x"},
                "none": None,
                "text": ["a"],
                "flags": [1],
            },
            "outputs": {"all": [[BAM], []], "folder": {"class": "Directory", "path": "d-1"}},
        },
    )
    return api.tasks.get(ID)


def made(api: Api, id: str, type: str = "file") -> File:
    return api.files.of({"id": id, "type": type, "name": id}, api)


def test_files_are_sent_as_cwl_objects_however_deep(api):
    bam, folder = made(api, "f-1"), made(api, "d-1", "folder")
    assert sent({"one": bam, "many": (bam, [folder]), "record": {"x": {"y": bam}}, "n": 1, "no": None}) == {
        "one": {"class": "File", "path": "f-1"},
        "many": [{"class": "File", "path": "f-1"}, [{"class": "Directory", "path": "d-1"}]],
        "record": {"x": {"y": {"class": "File", "path": "f-1"}}},
        "n": 1,
        "no": None,
    }


@pytest.mark.parametrize("value", [io.StringIO("reads"), Path("reads.fastq"), Decimal(3), object()])
def test_invalid_json_value_is_refused_and_not_sent_as_its_looks(value):
    with pytest.raises(ValidationError, match="neither a JSON value"):
        sent({"record": {"reads": [value]}})


def test_a_file_of_unknown_type_is_requested_before_it_is_sent(api, platform):
    platform.on("GET /files/d-9", {"id": "d-9", "type": "folder", "name": "x"})
    assert sent(api.files.of({"id": "d-9"}, api)) == {"class": "Directory", "path": "d-9"}


def test_an_input_reads_as_a_file_without_a_request(task, platform):
    before = len(platform.requests)
    bam = task.inputs["bam"]
    assert isinstance(bam, File)
    assert (bam.id, bam.name, bam.is_folder()) == ("f-bam", "a.bam", False)
    assert task.inputs["bam"] is bam
    assert len(platform.requests) == before


def test_missing_fields_of_a_tasks_file_are_requested_once(task, platform):
    platform.on("GET /files/f-bam", {"id": "f-bam", "name": "a.bam", "size": 1234, "project": "o/p", "tags": []})
    assert task.inputs["bam"].size == 1234
    assert task.inputs["bam"].project == "o/p"
    assert platform.request_texts.count("GET /files/f-bam") == 1


def test_secondary_files_have_secondary_files(task):
    (bai,) = task.inputs["bam"].secondary_files
    assert (bai.id, bai.name) == ("f-bai", "a.bam.bai")
    assert [file.id for file in bai.secondary_files] == ["f-md5"]


def test_outputs_are_read_in_lists_of_lists(task):
    (first, empty) = task.outputs["all"]
    assert [file.id for file in first] == ["f-bam"]
    assert empty == []
    assert task.outputs["folder"].is_folder()


def test_scalars_records_and_missing_names(task):
    assert task.inputs["threads"] == 4
    assert task.inputs["where"] == {"dir": "x"}
    assert task.inputs["none"] is None
    assert task.inputs["nothing"] is None


def test_get_values_and_plain_dictionaries_are_as_the_platform_has_them(task):
    assert task.inputs.get("bam") == BAM
    assert task.inputs.get("nothing", 5) == 5
    assert BAM in task.inputs.values()
    assert json.loads(json.dumps(dict(task.inputs)))["bam"] == BAM


def test_items_are_files_as_scripts_know_them(task):
    pairs = task.inputs.items()
    assert (len(pairs), [name for name, _ in pairs]) == (len(task.inputs), list(task.inputs))
    assert dict(pairs)["bam"] is task.inputs["bam"]
    task.changes()  # settles what was read: nothing was edited
    assert dict(task.inputs)["bam"] == BAM
    assert task.changes() == {}


def test_inputs_that_were_put_as_a_whole_and_read_are_sent_as_the_platform_has_them(task):
    task.inputs = {"bam": BAM}
    assert task.inputs["bam"].id == BAM["path"]
    assert json.loads(json.dumps(task.changes()))["inputs"]["bam"] == BAM


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (lambda inputs, file: inputs.__setitem__("bam", file), {"bam": {"class": "File", "path": "f-new"}}),
        (lambda inputs, file: inputs["reads"].append(file), {"reads": [{"class": "File", "path": "f-bam"}, {"class": "File", "path": "f-new"}]}),
        (lambda inputs, file: inputs["text"].append("b"), {"text": ["a", "b"]}),
        (lambda inputs, file: inputs["flags"].__setitem__(0, True), {"flags": [True]}),
        (lambda inputs, file: inputs["where"].update(f=file), {"where": {"dir": "x", "f": {"class": "File", "path": "f-new"}}}),
        (lambda inputs, file: inputs.update({"new": [file]}, threads=5), {"new": [{"class": "File", "path": "f-new"}], "threads": 5}),
        (lambda inputs, file: inputs.setdefault("new", file), {"new": {"class": "File", "path": "f-new"}}),
        (lambda inputs, file: inputs.__delitem__("threads"), {"threads": None}),
        (lambda inputs, file: inputs.pop("threads"), {"threads": None}),
    ],
    ids=["set", "append a file", "append text", "True for 1", "into a record", "update", "setdefault", "del", "pop"],
)  # fmt: skip
def test_every_edit_of_inputs_is_sent_and_nothing_else(task, api, platform, edit, changed):
    edit(task.inputs, made(api, "f-new"))
    platform.on(
        f"PATCH /tasks/{ID}",
        lambda request: {"id": ID, "status": "DRAFT", "inputs": request.body["inputs"]},
    )
    task.save()
    assert platform.sent == {"inputs": changed}
    assert task.changes() == {}


def test_reading_changes_nothing(task):
    for name in list(task.inputs):
        assert task.inputs[name] is task.inputs[name]
    assert task.changes() == {}


def test_inputs_put_as_a_whole_take_files(task, api, platform):
    task.inputs = {"bam": made(api, "f-new")}
    assert task.inputs["bam"].id == "f-new"
    platform.on(f"PATCH /tasks/{ID}", {"id": ID})
    task.save()
    assert platform.sent == {"inputs": {"bam": {"class": "File", "path": "f-new"}}}


def test_an_edited_list_survives_a_look_at_the_platform(task, api):
    task.inputs["reads"].append(made(api, "f-new"))
    task._refresh()
    assert [file.id for file in task.inputs["reads"]] == ["f-bam", "f-new"]


def test_a_list_that_was_returned_before_a_look_is_still_the_tasks(task, api):
    reads = task.inputs["reads"]
    task.inputs["threads"] = 8
    task._refresh()
    reads.append(made(api, "f-new"))
    assert [file["path"] for file in task.changes()["inputs"]["reads"]] == ["f-bam", "f-new"]


def test_pop_gives_json_and_raises_for_what_does_not_exist(task):
    assert task.inputs["bam"].id == "f-bam"
    assert task.inputs.pop("bam") == BAM
    assert task.inputs["bam"] is None
    assert task.inputs.pop("bam", None) is None
    with pytest.raises(KeyError):
        task.inputs.pop("bam")


def test_a_copy_is_independent_of_the_task(task, api):
    twin = task.deepcopy()
    twin.inputs["reads"].append(made(api, "f-new"))
    assert task.changes() == {}
    assert list(twin.changes()["inputs"]) == ["reads"]


def test_values_can_be_pickled_without_the_api(task):
    task.inputs["reads"].append(made(task.api, "f-new"))
    again = pickle.loads(pickle.dumps(task.inputs))
    assert isinstance(again, Input)
    assert [file.id for file in again["reads"]] == ["f-bam", "f-new"]
    assert b"secret-token" not in pickle.dumps(task)


def test_an_object_of_no_class_is_read_as_it_is():
    assert read({"class": "Thing", "path": "x"}, None) == {"class": "Thing", "path": "x"}
    assert read("File", None) == "File"


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=4)
FILES = st.builds(
    lambda id, kind: {"class": kind, "path": id}, st.sampled_from("abc"), st.sampled_from(["File", "Directory"])
)
RECORDS = st.dictionaries(st.sampled_from("xyz"), SCALARS | FILES, max_size=2)
VALUES = st.recursive(SCALARS | FILES | RECORDS, lambda inner: st.lists(inner, max_size=3), max_leaves=6)
NAMES = st.sampled_from("klmn")


@given(st.dictionaries(NAMES, VALUES, max_size=4))
def test_reading_all_of_it_leaves_all_of_it_as_it_was(values):
    inputs = Input(values)
    for name in values:
        assert sent(inputs[name]) == values[name]
    inputs.settle()
    assert dict(inputs) == values


@given(
    st.dictionaries(NAMES, VALUES, max_size=4), st.lists(st.tuples(NAMES, VALUES, st.sampled_from("sadr")), max_size=8)
)
def test_edits_of_inputs_are_those_of_a_plain_dictionary(values, edits):
    inputs, plain = Input(json.loads(json.dumps(values))), json.loads(json.dumps(values))
    for name, value, edit in edits:
        if edit == "s":
            inputs[name] = read(value, None)
            plain[name] = json.loads(json.dumps(value))
        elif edit == "a" and isinstance(plain.get(name), list):
            inputs[name].append(read(value, None))
            plain[name].append(value)
        elif edit == "d" and name in plain:
            del inputs[name], plain[name]
        else:
            assert sent(inputs[name]) == plain.get(name)
    inputs.settle()
    assert dict(inputs) == plain
