"""The search language: refused queries, and invariants."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.search import (
    CLAUSES,
    InvalidQuery,
    QueryError,
    UnsupportedClause,
    compile_query,
    date_of,
    has_value,
    leaves,
    words_of,
)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ({"query": {"fuzzy": {"a": "b"}}}, "fuzzy"),
        ({"query": {"nested": {"path": "a", "query": {"match_all": {}}}}}, "nested"),
        ({"query": {"query_string": {"query": "a:b"}}}, "query_string"),
        ({"query": {"bool": {"must": [{"term": {"a": 1}}, {"match_phrase": {"a": "b"}}]}}}, "match_phrase"),
        ({"query": {"bool": {"should_not": []}}}, "bool.should_not"),
        ({"query": {"match": {"a": {"query": "b", "fuzziness": "AUTO"}}}}, "match.fuzziness"),
        ({"query": {"range": {"a": {"gte": "1", "format": "yyyy"}}}}, "range.format"),
        ({"query": {"range": {"a": {"gte": "now-1d/d"}}}}, "date math"),
        ({"query": {"range": {"a": {"lt": "2018-01-01||+1M"}}}}, "date math"),
        ({"query": {"terms": {"a": {"index": "i", "id": "1", "path": "p"}}}}, "terms lookup"),
        ({"query": {"match_all": {}}, "sort": ["uuid"]}, "sort"),
        ({"aggs": {}}, "aggs"),
        ({"query": {"bool": {"should": [], "minimum_should_match": "2<75%"}}}, "conditional minimum_should_match"),
    ],
)
def test_an_unknown_clause_is_named(query: dict[str, Any], name: str) -> None:
    with pytest.raises(UnsupportedClause) as caught:
        compile_query(query)
    assert caught.value.name == name
    assert repr(name) in str(caught.value)
    assert caught.value.where in str(caught.value)


@pytest.mark.parametrize(
    ("query", "where"),
    [
        ([], "es_query"),
        ({"match_all": {}}, "es_query"),
        ({"query": []}, "query"),
        ({"query": {}}, "query"),
        ({"query": {"term": {"a": 1}, "match": {"b": 2}}}, "query"),
        ({"query": {"term": {"a": 1, "b": 2}}}, "query.term"),
        ({"query": {"term": {}}}, "query.term"),
        ({"query": {"term": "a"}}, "query.term"),
        ({"query": {"term": {"a": None}}}, "query.term.a"),
        ({"query": {"term": {"a": [1]}}}, "query.term.a"),
        ({"query": {"term": {"a": {"value": 1, "case_insensitive": "yes"}}}}, "query.term.a.case_insensitive"),
        ({"query": {"terms": {"a": 1}}}, "query.terms.a"),
        ({"query": {"terms": {"a": [1, {}]}}}, "query.terms.a[1]"),
        ({"query": {"terms": {"a": list(range(65_537))}}}, "query.terms.a"),
        ({"query": {"match": {"a": {}}}}, "query.match.a"),
        ({"query": {"match": {"a": {"query": "b", "operator": "xor"}}}}, "query.match.a.operator"),
        ({"query": {"range": {"a": 5}}}, "query.range.a"),
        ({"query": {"range": {"a": {"gt": []}}}}, "query.range.a.gt"),
        ({"query": {"exists": {}}}, "query.exists.field"),
        ({"query": {"exists": {"field": 5}}}, "query.exists.field"),
        ({"query": {"prefix": {"a": 5}}}, "query.prefix.a"),
        ({"query": {"wildcard": {"a": {}}}}, "query.wildcard.a"),
        ({"query": {"bool": []}}, "query.bool"),
        ({"query": {"bool": {"must": [{"term": {"a": 1}}, 7]}}}, "query.bool.must[1]"),
        ({"query": {"bool": {"should": [], "minimum_should_match": True}}}, "query.bool.minimum_should_match"),
        ({"query": {"bool": {"should": [], "minimum_should_match": "most"}}}, "query.bool.minimum_should_match"),
    ],
)
def test_a_malformed_query_is_refused_where_it_is_wrong(query: Any, where: str) -> None:
    with pytest.raises(InvalidQuery) as caught:
        compile_query(query)
    assert caught.value.where == where
    assert str(caught.value).startswith(f"{where}: ")


def test_nesting_is_bounded() -> None:
    def nested(depth: int) -> dict[str, Any]:
        clause: dict[str, Any] = {"match_all": {}}
        for _ in range(depth):
            clause = {"bool": {"must": [clause]}}
        return {"query": clause}

    assert compile_query(nested(30))({})
    with pytest.raises(InvalidQuery, match="deeper than 30"):
        compile_query(nested(31))
    with pytest.raises(InvalidQuery):
        compile_query(nested(400))


def test_a_pattern_of_many_stars_stays_fast() -> None:
    matches = compile_query({"query": {"wildcard": {"a": "*a" * 40 + "*b"}}})
    assert not matches({"a": "a" * 5_000})
    assert matches({"a": "a" * 5_000 + "b"})


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("(a|b)+c", "abac", True),
        ("a^b$", "a^b$", True),  # Lucene has no anchors: the whole value is compared
        (r"\d", "d", True),  # and no classes
        ("[^a-c]x{2,3}", "dxxx", True),
        ("[^a-c]x{2,3}", "axxx", False),
        (r"[\-\]$.]+", "-].$", True),
        ('"a.b"?c', "a.bc", True),
        ('"a.b"?c', "axbc", False),
        ("(ab)*(cd)*", "abcdcd", True),
        ("S.*", "S\n1", True),
    ],
)
def test_regular_expressions_are_lucenes(pattern: str, value: str, matches: bool) -> None:
    assert holds({"regexp": {"v": pattern}}, {"v": value}) is matches
    assert holds({"regexp": {"v": {"value": pattern, "case_insensitive": True}}}, {"v": value.upper()}) or not matches


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [("(", InvalidQuery), ("(?i)a", InvalidQuery), ("(a+)+", UnsupportedClause), ("a*+", UnsupportedClause), ("~a", UnsupportedClause)],
)  # fmt: skip
def test_a_regular_expression_that_cannot_be_used_is_refused(pattern: str, kind: type[Exception]) -> None:
    with pytest.raises(kind, match=r"^query\.regexp\.v: "):
        compile_query({"query": {"regexp": {"v": pattern}}})
    assert holds({"regexp": {"v": {"value": "~a", "flags": "NONE"}}}, {"v": "~a"})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Dinosaur_DNA.fa", ["dinosaur_dna.fa"]),
        ("SRR1.fastq", ["srr1", "fastq"]),
        ("T-cell (CD8+)", ["t", "cell", "cd8"]),
        ("1,000.5 it's", ["1,000.5", "it's"]),
        ("STRASSE Straße", ["strasse", "strasse"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert words_of(text) == words


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2018", "2018-01-01T00:00:00+00:00", "2018-01-01T23:59:59.999999+00:00"),
        ("2018-02", "2018-02-01T00:00:00+00:00", "2018-02-01T23:59:59.999999+00:00"),
        ("2018-02-03T04:05Z", "2018-02-03T04:05:00+00:00", "2018-02-03T04:05:59.999999+00:00"),
        ("2018-02-03T04:05:06+01:30", "2018-02-03T02:35:06+00:00", "2018-02-03T02:35:06+00:00"),
        ("1985-04-12T232050.520000Z", "1985-04-12T23:20:50.520000+00:00", "1985-04-12T23:20:50.520000+00:00"),
    ],
)
def test_dates(text: str, start: str, end: str) -> None:
    first, last = date_of(text), date_of(text, end=True)
    assert first is not None
    assert last is not None
    assert (first.isoformat(), last.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2018-13", "2018-02-30", "2018-02-03T25", "20180203", "0001-01-01T00+23:00"]
)
def test_an_invalid_date(text: str) -> None:
    assert date_of(text) is None


def test_a_key_with_dots_is_a_path() -> None:
    document = {"a.b": {"c": 1}, "a": [{"b": {"c": [2, [3]]}}, {"b": None}]}
    assert sorted(leaves(document, "a.b.c")) == [1, 2, 3]
    assert has_value(document, "a.b")
    assert not has_value({"a": [{"b": []}]}, "a.b")


def test_documents_may_nest_deeper_than_python_recurses() -> None:
    deep: Any = 1
    for level in range(50_000):
        deep = [deep] if level % 2 else {"a": deep}
    document = {"lists": [[deep]], "a": deep}
    assert holds({"exists": {"field": "a"}}, document)
    assert holds({"exists": {"field": "lists"}}, document)
    assert not holds({"term": {"a.a.a": 2}}, document)


scalars = st.one_of(st.text(max_size=6), st.integers(-50, 50), st.booleans(), st.floats(-50, 50))
documents = st.dictionaries(st.sampled_from("abc"), st.one_of(scalars, st.lists(scalars, max_size=3)), max_size=3)
fields = st.sampled_from("abc")
simple = st.one_of(
    st.builds(lambda f, v: {"term": {f: v}}, fields, scalars),
    st.builds(lambda f, v: {"terms": {f: v}}, fields, st.lists(scalars, max_size=3)),
    st.builds(lambda f, v: {"match": {f: v}}, fields, scalars),
    st.builds(lambda f: {"exists": {"field": f}}, fields),
    st.builds(lambda f, v: {"prefix": {f: v}}, fields, st.text(max_size=3)),
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
    assert holds({"bool": {"must_not": {"bool": {"must_not": one}}}}, document) == a
    assert holds({"bool": {"should": [one, two], "minimum_should_match": "100%"}}, document) == (a and b)
    both = {"bool": {"should": [one, two], "minimum_should_match": 2}}
    exactly_one = {"bool": {"should": [one, two], "must_not": both}}
    assert holds(exactly_one, document) == (a != b)


@given(st.lists(clauses, max_size=4), st.integers(0, 5), documents)
def test_should_counts(parts: list[dict[str, Any]], least: int, document: dict[str, Any]) -> None:
    expected = sum(holds(part, document) for part in parts) >= least
    assert holds({"bool": {"should": parts, "minimum_should_match": least}}, document) == expected


@given(fields, st.lists(scalars, max_size=4), documents)
def test_terms_is_any_of_its_terms(field: str, values: list[Any], document: dict[str, Any]) -> None:
    one_by_one = any(holds({"term": {field: value}}, document) for value in values)
    assert holds({"terms": {field: values}}, document) == one_by_one


ordered = st.one_of(
    st.integers(), st.floats(allow_nan=False), st.text(max_size=5), st.dates().map(str), st.datetimes().map(str)
)


@given(ordered, ordered)
def test_a_range_orders_totally(value: Any, bound: Any) -> None:
    """Of each value exactly one is true: below the bound, or at or above it; and likewise above."""
    if isinstance(bound, str) and (bound.startswith("now") or "||" in bound):
        return
    comparable = isinstance(value, str) or not isinstance(bound, str)

    def within(**bounds: Any) -> bool:
        return holds({"range": {"v": bounds}}, {"v": value})

    if comparable:
        assert within(lt=bound) != within(gte=bound)
        assert within(gt=bound) != within(lte=bound)
    assert within(gte=bound, lt=bound) is False
    assert not (within(lt=bound) and within(gt=bound))


@given(st.integers(), st.integers(), st.integers())
def test_a_range_is_transitive(a: int, b: int, c: int) -> None:
    low, middle, high = sorted((a, b, c))
    assert holds({"range": {"v": {"gte": low, "lte": high}}}, {"v": middle})


@given(st.text(alphabet="ab*?", max_size=8), st.text(alphabet="ab*?", max_size=10))
def test_wildcards_agree_with_the_definition(pattern: str, text: str) -> None:
    def defined(p: str, t: str) -> bool:
        if not p:
            return not t
        if p[0] == "*":
            return any(defined(p[1:], t[skip:]) for skip in range(len(t) + 1))
        return bool(t) and (p[0] == "?" or p[0] == t[0]) and defined(p[1:], t[1:])

    assert holds({"wildcard": {"v": pattern}}, {"v": text}) == defined(pattern, text)


json_values = st.recursive(
    st.one_of(st.none(), scalars),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["query", "value", "field", "must", "a", *CLAUSES]), inner, max_size=3),
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
