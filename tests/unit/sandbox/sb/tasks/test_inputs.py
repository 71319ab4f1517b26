"""Errors in the inputs of a task, and the division of a batch."""

from typing import Any

import pytest
from omicsdk.sandbox.sb.cwl import divided, faults, ports


@pytest.mark.parametrize(
    ("stated", "value", "right"),
    [
        ("File", {"class": "File", "path": "x"}, True),
        ("File", {"class": "Directory", "path": "x"}, False),
        ("File", [{"class": "File", "path": "x"}], False),
        ("File[]", [{"class": "File", "path": "x"}], True),
        ("File[]", {"class": "File", "path": "x"}, False),
        ("string", "x", True),
        ("string", 3, False),
        ("int", 3, True),
        ("int", True, False),
        ("boolean", True, True),
        ("float", 3, True),
        ("string?", None, True),
        ({"type": "record", "fields": []}, {"a": 1}, True),
        ("Any", ["x", 3], False),
        ("Any", {"a": 1}, True),
        ("types.yml#Custom", {"a": 1}, True),
    ],
)
def test_values_fit_their_ports(stated: Any, value: Any, right: bool) -> None:
    wrong = faults({"x": value}, ports({"inputs": [{"id": "x", "type": stated}]}, "inputs"))
    assert (not wrong) is right, wrong


def test_groups_keep_the_order_of_their_first_file() -> None:
    metadata = {"1": {"s": "b"}, "2": {"s": ["a", "c"]}, "3": {"s": "b"}, "4": {}}
    items = [{"class": "File", "path": id} for id in metadata]
    by = {"type": "CRITERIA", "criteria": ["metadata.s"]}
    groups = divided(items, by, lambda file: {"metadata": metadata[file["path"]]})
    assert [(group.value, len(group.items)) for group in groups] == [("b", 2), ("a, c", 1), ("", 1)]
