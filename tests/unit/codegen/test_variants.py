"""Bases with a discriminator: where one is referred to, an object is read as the variant that it names."""

from typing import Any

import pytest
from omicsdk_codegen.flatten import Variants

BASE = {"type": "object", "discriminator": {"propertyName": "kind"}, "properties": {"kind": {"type": "string"}}}


def made_of(name: str, **properties: Any) -> dict[str, Any]:
    own = [{"type": "object", "properties": properties}] if properties else []
    return {"allOf": [{"$ref": f"#/components/schemas/{name}"}, *own]}


@pytest.mark.parametrize(
    ("schemas", "found"),
    [
        ({"A": BASE, "B": made_of("A", b={}), "C": made_of("A", c={})}, {"A": ("B", "C")}),
        ({"B": made_of("A", b={}), "A": BASE, "C": made_of("B", c={})}, {"B": ("C",), "A": ("B", "C")}),
        ({"A": {"type": "object"}, "B": made_of("A", b={})}, {}),
        ({"A": BASE}, {}),
        ({"A": {**BASE, "oneOf": [{}]}, "B": made_of("A", b={})}, {}),
        ({"A": {"allOf": [BASE]}, "B": made_of("A", b={})}, {"A": ("B",)}),
        ({"A": {**BASE, **made_of("B")}, "B": made_of("A", b={})}, {"A": ("B",), "B": ("A",)}),
        ({"A": {**BASE, **made_of("A")}, "B": True}, {}),
    ],
)
def test_bases_and_their_variants(schemas: dict[str, Any], found: dict[str, tuple[str, ...]]) -> None:
    variants = Variants(schemas)
    assert {name: variants.of(name) for name in schemas if variants.of(name)} == found


def test_the_documents_order_and_depth_change_nothing() -> None:
    schemas = {"S0": BASE} | {f"S{n}": made_of(f"S{n - 1}", x={}) for n in range(1, 3000)}
    assert Variants(schemas).of("S2998") == ("S2999",)
