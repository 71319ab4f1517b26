"""The search language: refused queries, and invariants."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.search import CLAUSES, Order, QueryError, compile_query, every, in_order, none, page, some


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"query": {"fuzzy": {"a": "b"}}}, "'fuzzy' is not supported"),
        ({"query": {"bool": {"must": [{"term": {"a": 1}}, {"match_phrase": {"a": "b"}}]}}}, "'match_phrase'"),
        ({"query": {"bool": {"should_not": []}}}, "'bool.should_not'"),
        ({"query": {"match": {"a": {"query": "b", "fuzziness": "AUTO"}}}}, "'match.fuzziness'"),
        ({"query": {"range": {"a": {"gte": "1", "format": "yyyy"}}}}, "'range.format'"),
        ({"query": {"range": {"a": {"gte": "now-1d/d"}}}}, "date math"),
        ({"query": {"range": {"a": {"lt": "2018-01-01||+1M"}}}}, "date math"),
        ({"query": {"terms": {"a": {"index": "i", "id": "1", "path": "p"}}}}, "a list of values"),
        ({"query": {"match_all": {}}, "sort": ["uuid"]}, "'es_query.sort'"),
        ({"match_all": {}}, "'es_query.match_all'"),
        ([], "es_query has to be an object"),
        ({"query": {}}, "exactly one key"),
        ({"query": {"term": {"a": 1}, "match": {"b": 2}}}, "exactly one key"),
        ({"query": {"term": {"a": 1, "b": 2}}}, "term has to be an object with exactly one key"),
        ({"query": {"term": "a"}}, "term has to be an object"),
        ({"query": {"term": {"a": None}}}, "term has to state"),
        ({"query": {"terms": {"a": [1, {}]}}}, "terms has to state"),
        ({"query": {"prefix": {"a": []}}}, "prefix has to state"),
        ({"query": {"match": {"a": {"query": "b", "operator": "xor"}}}}, "'xor' is no operator"),
        ({"query": {"range": {"a": 5}}}, "range has to be an object"),
        ({"query": {"range": {"a": {"gt": []}}}}, "range has to state"),
        ({"query": {"exists": {}}}, "exists has to state"),
        ({"query": {"bool": {"must": [7]}}}, "a clause has to be an object"),
        ({"query": {"bool": {"should": [], "minimum_should_match": "75%"}}}, "has to be a number"),
        *(
            ({"query": {"regexp": {"a": pattern}}}, "regexp")
            for pattern in ("(?i)a", "(a+)+", "(a?a?)*b", "((a*))*b", "((a+)|c)+b", "a*+", "~a", "^a", r"\d")
        ),
        *(
            ({"query": {"regexp": {"a": pattern}}}, "not a regular expression")
            for pattern in ("(", "a{99999999999}", "(" * 999 + ")" * 999)
        ),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(query: Any, words: str) -> None:
    with pytest.raises(QueryError) as caught:
        compile_query(query)
    assert words in str(caught.value)


def test_nesting_is_bounded() -> None:
    def nested(depth: int) -> dict[str, Any]:
        clause: dict[str, Any] = {"match_all": {}}
        for _ in range(depth):
            clause = {"bool": {"must": [clause]}}
        return {"query": clause}

    assert compile_query(nested(30))({})
    with pytest.raises(QueryError, match="deeper than 30"):
        compile_query(nested(31))


def test_a_pattern_of_many_stars_stays_fast() -> None:
    matches = compile_query({"query": {"wildcard": {"a": "*a" * 40 + "*b"}}})
    assert not matches({"a": "a" * 5_000})
    assert matches({"a": "a" * 5_000 + "b"})


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("(a|b)+c", "abac", True),
        ("[^a-c]x{2,3}", "dxxx", True),
        ("[^a-c]x{2,3}", "axxx", False),
        (r"a\.b", "axb", False),
        ("(ab)*(cd)*", "abcdcd", True),
        ("S.*", "S\n1", True),
    ],
)
def test_regular_expressions_compare_the_whole_value(pattern: str, value: str, matches: bool) -> None:
    assert holds({"regexp": {"v": pattern}}, {"v": value}) is matches


def test_a_key_with_dots_is_a_path() -> None:
    for document in ({"a.b": {"c": 1}}, {"a": {"b.c": 1}}, {"a": [{"b": {"c": [[1]]}}]}, {"a.b.c": 1}):
        assert holds({"term": {"a.b.c": 1}}, document)
        assert holds({"term": {"a.b.c.keyword": 1}}, document)
        assert holds({"exists": {"field": "a"}}, document) == ("a" in document)
        assert not holds({"term": {"a.b": 1}}, document)
    assert not holds({"exists": {"field": "a.b"}}, {"a": [{"b": []}]})


def test_documents_may_nest_deeper_than_python_recurses() -> None:
    deep: Any = 1
    for level in range(50_000):
        deep = [deep] if level % 2 else {"a": deep}
    document = {"lists": [[deep]], "a": deep}
    assert holds({"exists": {"field": "a"}}, document)
    assert not holds({"term": {"a.a.a": 2}}, document)


scalars = st.one_of(st.text(max_size=6), st.integers(-50, 50), st.booleans(), st.floats(-50, 50))
documents = st.dictionaries(st.sampled_from("abc"), st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3)
fields = st.sampled_from("abc")
simple = st.one_of(
    st.builds(lambda f, v: {"term": {f: v}}, fields, scalars),
    st.builds(lambda f, v: {"match": {f: v}}, fields, scalars),
    st.builds(lambda f: {"exists": {"field": f}}, fields),
    st.builds(lambda f, v: {"range": {f: {"gte": v}}}, fields, st.integers(-50, 50)),
    st.just({"match_all": {}}),
)
clauses = st.recursive(
    simple,
    lambda inner: st.dictionaries(
        st.sampled_from(["must", "filter", "should", "must_not"]), st.lists(inner, max_size=3), max_size=3
    ).map(lambda parts: {"bool": parts}),
    max_leaves=6,
)


def holds(clause: dict[str, Any], document: dict[str, Any]) -> bool:
    return compile_query({"query": clause})(document)


@given(clauses, clauses, documents)
def test_bool_is_boolean_algebra(one: dict[str, Any], two: dict[str, Any], document: dict[str, Any]) -> None:
    a, b = holds(one, document), holds(two, document)
    assert holds({"bool": {"must": [one, two]}}, document) == (a and b)
    assert holds({"bool": {"filter": [one], "must": two}}, document) == (a and b)
    assert holds({"bool": {"should": [one, two]}}, document) == (a or b)
    assert holds({"bool": {"must_not": [one, two]}}, document) == (not a and not b)
    both = {"bool": {"should": [one, two], "minimum_should_match": 2}}
    assert holds(both, document) == (a and b)
    assert holds({"bool": {"should": [one, two], "must_not": both}}, document) == (a != b)


@given(fields, st.lists(scalars, max_size=4), documents)
def test_terms_is_any_of_its_terms(field: str, values: list[Any], document: dict[str, Any]) -> None:
    one_by_one = any(holds({"term": {field: value}}, document) for value in values)
    assert holds({"terms": {field: values}}, document) == one_by_one


@given(st.integers() | st.dates().map(str) | st.datetimes().map(str), st.data())
def test_a_range_orders_totally(value: Any, data: st.DataObject) -> None:
    """Of each value exactly one is true: below the bound, or at or above it; and likewise above."""
    bound = data.draw(st.integers() if isinstance(value, int) else st.dates().map(str) | st.datetimes().map(str))

    def within(**bounds: Any) -> bool:
        return holds({"range": {"v": bounds}}, {"v": value})

    assert within(lt=bound) != within(gte=bound)
    assert within(gt=bound) != within(lte=bound)
    assert not within(gte=bound, lt=bound)


json_values = st.recursive(
    st.none() | scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["query", "value", "field", "must", "a", *CLAUSES]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["query", "sort", *CLAUSES]), json_values, max_size=2), documents)
def test_any_json_is_a_query_or_a_query_error(query: dict[str, Any], document: dict[str, Any]) -> None:
    try:
        matches = compile_query(query)
    except QueryError:
        return
    assert matches(json.loads(json.dumps(document))) in (True, False)


def test_filters_are_combined() -> None:
    tests = [lambda item: item > 1, lambda item: item < 4]
    found = {test.__name__: [item for item in range(6) if test(tests)(item)] for test in (every, some, none)}
    assert found == {"every": [2, 3], "some": [0, 1, 2, 3, 4, 5], "none": []}
    assert [item for item in range(6) if none(tests[:1])(item)] == [0, 1]


def test_items_are_sorted_by_several_keys_with_gaps_at_one_end() -> None:
    items = [("a", 2), ("b", None), ("c", 1), ("d", 2), ("e", None)]

    def by_number(**how: bool) -> str:
        return "".join(name for name, _ in in_order(items, [Order(lambda item: item[1], **how)]))

    assert by_number() == "cadbe"
    assert by_number(reverse=True) == "adcbe"
    assert by_number(gaps_first=True) == "becad"
    both = [
        Order(lambda item: item[1]),
        Order(lambda item: item[0], reverse=True),
    ]
    assert "".join(name for name, _ in in_order(items, both)) == "cdaeb"
    assert in_order([(2, {}), (1, {}), (1, {"a": 1})], [Order(lambda item: item[0])]) == [
        (1, {}),
        (1, {"a": 1}),
        (2, {}),
    ]


def test_a_page_is_a_part_of_the_items() -> None:
    assert (page("abcde", 1, 2), page("abcde", 3, None), page("abcde", 4, 9)) == ("bc", "de", "e")
