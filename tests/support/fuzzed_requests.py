"""Requests of a document's operations, with anything in their parameters and bodies."""

import json
from typing import Any
from urllib.parse import quote

from hypothesis import strategies as st
from omicsdk.sandbox.document import Operation, operations, read_document

Request = tuple[Operation, str, list[tuple[str, str]], bytes]


def values_of(words: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    """Any JSON values, whose texts and keys are some words."""
    return st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words | st.just("\ud800"),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
        max_leaves=6,
    )


@st.composite
def fuzzed_requests(
    draw: st.DrawFn, service: str, words: st.SearchStrategy[str], near: st.SearchStrategy[Any]
) -> Request:
    """An operation, its path, its query and its body.

    Args:
        draw: Draws from strategies.
        service: The service whose document it is, such as sb.
        words: Values of parameters.
        near: Bodies that are nearly right.
    """
    operation = draw(st.sampled_from(operations(read_document(service))))
    path, query = operation.path, list[tuple[str, str]]()
    for parameter in operation.parameters:
        if parameter.place == "path":
            word = draw(words.filter(lambda each: each not in (".", "..")))
            path = path.replace(f"{{{parameter.name}}}", quote(word, safe="/" if parameter.raw else ""))
        elif parameter.place == "query" and (parameter.required or draw(st.booleans())):
            query.append((parameter.name, draw(words)))
    values = values_of(words)
    names = list((operation.body or {}).get("properties", {}))
    body = draw(near | st.fixed_dictionaries({}, optional=dict.fromkeys(names, values)) | values)
    return operation, path, query, json.dumps(body).encode()
