"""Errors in the inputs of a task, and the division of a batch."""

from typing import Any

import pytest
from omicsdk.sandbox.sb.cwl import divided, faults, ports


@pytest.mark.parametrize(
    ("stated", "value", "codes"),
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
def test_inputs_have_values_of_their_kinds(stated: str, value: Any, codes: list[int]) -> None:
    wrong = faults({"x": value}, ports({"inputs": [{"id": "x", "type": stated}]}, "inputs"))
    assert [each["code"] for each in wrong] == codes


def test_groups_keep_the_order_of_their_first_file() -> None:
    metadata = {"1": {"s": "b"}, "2": {"s": ["a", "c"]}, "3": {"s": "b"}, "4": {}}
    items = [{"class": "File", "path": id} for id in metadata]
    by = {"type": "CRITERIA", "criteria": ["metadata.s"]}
    groups = divided(items, by, lambda file: {"metadata": metadata[file["path"]]})
    assert [(group.value, len(group.items)) for group in groups] == [("b", 2), ("a, c", 1), ("", 1)]
