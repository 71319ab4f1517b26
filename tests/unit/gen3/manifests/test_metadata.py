"""Manifests of metadata: stored as documents, and held against them, on the sandbox's metadata service."""

import pytest
from omicsdk.gen3.manifests.metadata import value_of


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("true", True),
        ("null", None),
        ("", ""),
        (" a b ", "a b"),
        ("007", "007"),
        ("NaN", "NaN"),
        ('{"a": [1]}', {"a": [1]}),
        ("'[1, 2]'", [1, 2]),
        ("{broken", "{broken"),
    ],
)
def test_what_a_cell_means(cell: str, value: object):
    assert value_of(cell) == value
