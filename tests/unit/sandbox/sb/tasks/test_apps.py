"""Apps: their CWL as JSON and YAML, revisions, copies; errors in the inputs of their tasks, and the division of a batch."""

from typing import Any

import pytest
from omicsdk.sandbox.sb.apps import (
    NoCwl,
    Port,
    check_cwl,
    divided,
    faults,
    main_of,
    name_of,
    ports,
    secondary_name,
    steps_of,
)

# -- what is read from CWL


@pytest.mark.parametrize(
    ("declared", "port"),
    [
        ("File", Port("in", ("File",), True, False, (), "")),
        ("File?", Port("in", ("File",), True, True, (), "")),
        ("File[]", Port("in", ("File",), False, False, (), "")),
        (["null", "File"], Port("in", ("File",), True, True, (), "")),
        (["File", "File[]"], Port("in", ("File",), True, False, (), "")),
        ({"type": {"type": "array", "items": ["File", "Directory"]}},
         Port("in", ("File", "Directory"), False, False, (), "")),
        ({"type": "int", "default": 3}, Port("in", ("int",), True, True, (), "")),
        ({"type": {"type": "enum", "symbols": ["a"]}}, Port("in", ("enum",), True, False, (), "")),
        ({"type": "File", "secondaryFiles": [".bai", {"pattern": "^.dict?"}, "$(self)"]},
         Port("in", ("File",), True, False, (".bai", "^.dict"), "")),
        ({"type": "File", "outputBinding": {"glob": "*.txt"}}, Port("in", ("File",), True, False, (), "*.txt")),
    ],
)  # fmt: skip
def test_ports(declared: Any, port: Port) -> None:
    assert ports({"inputs": {"in": declared}}, "inputs") == [port]
    listed = declared if isinstance(declared, dict) else {"type": declared}
    assert ports({"inputs": [{"id": "#main/in", **listed}]}, "inputs") == [port]


def test_packed_documents_run_their_main_process() -> None:
    packed = {
        "cwlVersion": "v1.2",
        "$graph": [{"id": "#tool"}, {"id": "#main", "label": "M", "steps": [{"id": "#main/s"}]}],
    }
    assert main_of(packed)["id"] == "#main"
    assert name_of(packed, "other") == "M"
    assert steps_of(packed) == ["s"]


@pytest.mark.parametrize("graph", [{"main": "a text"}, [{"id": "#main"}], {}])
def test_a_packed_document_without_a_main_process_is_no_app(graph: Any) -> None:
    with pytest.raises(NoCwl, match="its class is None"):
        check_cwl({"$graph": graph})


@pytest.mark.parametrize(
    ("pattern", "name"), [(".bai", "a.bam.bai"), ("^.bai", "a.bai"), ("^^.x", "a.x"), ("", "a.bam")]
)
def test_names_of_secondary_files(pattern: str, name: str) -> None:
    assert secondary_name("a.bam", pattern) == name


@pytest.mark.parametrize(
    ("type_", "value", "codes"),
    [
        ("File", None, [7012]),
        ("File", {"class": "File", "path": "x"}, []),
        ("File", True, [7024]),
        ("File[]", [{"class": "File", "path": "x"}, "x"], [7024]),
        ("int?", "many", [7024]),
        ("int", 3, []),
        ("int", True, [7024]),
        ("float", False, [7024]),
        ("boolean", True, []),
        ("boolean", 1, [7024]),
        ("string?", None, []),
        ("types.yml#Custom", 3, []),
    ],
)
def test_inputs_have_values_of_their_kinds(type_: str, value: Any, codes: list[int]) -> None:
    wrong = faults({"x": value}, ports({"inputs": [{"id": "x", "type": type_}]}, "inputs"))
    assert [fault["code"] for fault in wrong] == codes


def test_groups_keep_the_order_of_their_first_file() -> None:
    metadata = {"1": {"s": "b"}, "2": {"s": ["a", "c"]}, "3": {"s": "b"}, "4": {}}
    items = [{"class": "File", "path": id} for id in metadata]
    by = {"type": "CRITERIA", "criteria": ["metadata.s"]}
    groups = divided(items, by, lambda file: {"metadata": metadata[file["path"]]})
    assert [(group.value, len(group.items)) for group in groups] == [("b", 2), ("a, c", 1), ("", 1)]
