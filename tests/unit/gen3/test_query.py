"""The documented client of the explorer."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.compat.gen3.query import Gen3Query
from omicsdk.core import DecodeError
from omicsdk.gen3 import Gen3SubmissionQueryError, Gen3UserError
from omicsdk.gen3.explorer import records_query, selection
from omicsdk.gen3.records.exports import rows_of

COMMONS = "https://commons.example.org"


def test_errors_in_a_response_are_raised():
    body = {"data": None, "errors": [{"message": "one"}, "two"]}
    answering = httpx.MockTransport(lambda request: httpx.Response(200, json=body))
    with pytest.raises(Gen3SubmissionQueryError, match="one; two"):
        Gen3Query(endpoint=COMMONS, transport=answering).graphql_query("{ x }")


def test_reading_may_be_tried_again():
    responses = [httpx.Response(503, headers={"retry-after": "0"}), httpx.Response(200, json={"data": {}})]
    answering = httpx.MockTransport(lambda request: responses.pop(0))
    assert Gen3Query(endpoint=COMMONS, transport=answering).graphql_query("{ x }") == {"data": {}}


def test_the_text_of_a_query():
    text = records_query("case", ["a", "b.c", "b.d.e"], 5, 0, "all", ("filter", "sort"))
    assert text == (
        "query($filter: JSON, $sort: JSON) { case (first: 5, offset: 0, filter: $filter, sort: $sort, accessibility: all)"
        " { a b { c d { e } } } }"
    )


@pytest.mark.parametrize(
    "mistake",
    [
        {"data_type": "case { id } } #", "fields": ["a"]},
        {"data_type": "case", "fields": ["a } x {"]},
        {"data_type": "case", "fields": []},
        {"data_type": "case", "fields": ["a"], "accessibility": "mine"},
        {"data_type": "case", "fields": ["a"], "sort_object": {"a": "up"}},
    ],
)
def test_names_that_cannot_be_ones_are_refused(mistake: dict[str, Any]):
    def never(request: httpx.Request) -> httpx.Response:
        raise AssertionError(request)

    with pytest.raises(Gen3UserError):
        Gen3Query(endpoint=COMMONS, transport=httpx.MockTransport(never)).query(**mistake)


def test_a_selection_may_be_written_out():
    assert selection(["a", "visits { id place }"]) == "a visits { id place }"


# -- rows as they arrive

ROWS = st.lists(st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())), max_size=6)


@given(rows=ROWS, size=st.integers(1, 50), spaced=st.booleans())
def test_rows_come_whatever_the_pieces_are(rows: list[dict[str, Any]], size: int, spaced: bool):
    body = json.dumps(rows, ensure_ascii=False, indent=1 if spaced else None).encode("utf-8", "surrogatepass")
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    assert list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x")) == rows


@given(rows=ROWS, size=st.integers(1, 50), between=st.sampled_from(["", "\n", " \n\ufeff", "\r\n" * 150]))
def test_the_rows_of_joined_arrays_are_read_where_they_are_expected(
    rows: list[dict[str, Any]], size: int, between: str
):
    body = (json.dumps(rows) + between + json.dumps(rows) + "\n").encode()
    pieces = [body[place : place + size] for place in range(0, len(body), size)]
    assert list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x", joined=True)) == rows * 2


@pytest.mark.parametrize("rest", [b"]", b"x", b'{"a": 1}', b'[{"a": 1}', b"[]" + b"x" * 300])
def test_what_follows_an_array_must_be_another_one(rest: bytes):
    pieces = [b'[{"a": 1}]\n', rest]
    with pytest.raises(DecodeError):
        list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x", joined=True))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"error": "no"}', b'[{"a": 1}', b'[{"a": 1}, {"a"', b"[1]", b"[{]"])
def test_an_invalid_array_of_rows_is_an_error(body: bytes):
    pieces = [body]
    with pytest.raises(DecodeError):
        list(rows_of(lambda _: pieces.pop(0) if pieces else b"", "x"))
