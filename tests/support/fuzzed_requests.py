"""Requests of a document's operations, with anything in their parameters and bodies."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from omicsdk.sandbox.document import FORM, Operation, Parameter

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)


@dataclass(frozen=True, slots=True)
class FuzzedRequest:
    """A request that may make no sense; its body is a value, not written yet."""

    operation: Operation
    path: str
    query: list[tuple[str, str]]
    media_type: str
    body: Any


def values_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any JSON values, whose texts and keys are some words."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=6,
    )


def near(right: dict[str, Any], fields: Sequence[str], words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Bodies that are right but for some fields."""
    others = st.dictionaries(st.sampled_from(fields), values_of(words), max_size=3)
    return others.map(lambda changed: {**right, **changed})


def json_of(body: object) -> bytes:
    """A body as JSON, which has no words for infinite numbers, but numbers that are read as such."""
    return json.dumps(body).replace("Infinity", "1e999").encode()


@st.composite
def fuzzed_requests(
    draw: st.DrawFn,
    chosen: Sequence[Operation],
    words: st.SearchStrategy[str],
    usual: Callable[[Operation, Parameter], Sequence[str]],
    bodies: st.SearchStrategy[Any],
    form: dict[str, str] | None = None,
) -> FuzzedRequest:
    """An operation, its path, its query and its body.

    Args:
        draw: Draws from strategies.
        chosen: The operations.
        words: Values of parameters.
        usual: Those that a parameter has two times of three.
        bodies: Bodies that are nearly right.
        form: A form that is right, where the service takes forms, too.
    """
    operation = draw(st.sampled_from(chosen))
    path, query = operation.path, list[tuple[str, str]]()
    for parameter in operation.parameters:
        values = words if draw(st.integers(0, 2)) == 0 else st.sampled_from(usual(operation, parameter))
        if parameter.place == "path":
            value = draw(values.filter(lambda text: text not in ("", ".", "..")))
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe="/" if parameter.raw else ""))
        elif parameter.place == "query" and (parameter.required or draw(st.booleans())):
            query.append((parameter.name, draw(values)))
    if form is not None and draw(st.integers(0, 3)) == 0:
        fields = draw(st.dictionaries(st.sampled_from(sorted(form)) | words, words, max_size=3))
        return FuzzedRequest(operation, path, query, FORM, {**form, **fields})
    schemas = (operation.body or {}, *(operation.body or {}).get("allOf", []))
    names = sorted({name for schema in schemas for name in schema.get("properties", {})})
    declared = st.fixed_dictionaries({}, optional=dict.fromkeys(names, values_of(words)))
    return FuzzedRequest(operation, path, query, "application/json", draw(bodies | declared | values_of(words)))
