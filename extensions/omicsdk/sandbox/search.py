"""The part of Elasticsearch's query language that the Data Store's documentation uses, as pure functions.

A query is compiled once into a predicate over indexed documents; nothing here knows a store or a server. What filters are
made of, orders and pages serve Guppy's and Peregrine's queries too.
"""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from glob import escape
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast

from omicsdk.core.type_guards import is_array, is_object

# -- filters, orders and pages of anything

T = TypeVar("T")


def every(tests: Iterable[Callable[[T], bool]]) -> Callable[[T], bool]:
    """A test that holds where all tests do."""
    all_tests = [*tests]
    return lambda item: all(test(item) for test in all_tests)


def some(tests: Iterable[Callable[[T], bool]]) -> Callable[[T], bool]:
    """A test that holds where one of the tests does."""
    all_tests = [*tests]
    return lambda item: any(test(item) for test in all_tests)


def none(tests: Iterable[Callable[[T], bool]]) -> Callable[[T], bool]:
    """A test that holds where none of the tests does."""
    test = some(tests)
    return lambda item: not test(item)


@dataclass(frozen=True, slots=True)
class Order(Generic[T]):
    """The sort key of items.

    Attributes:
        key: Gives what an item is sorted by; None for a gap.
        reverse: Whether the greatest comes first.
        gaps_first: Whether items with a gap come before all others; by default after them.
    """

    key: Callable[[T], Any]
    reverse: bool = False
    gaps_first: bool = False


def in_order(items: Iterable[T], orders: Sequence[Order[T]]) -> list[T]:
    """Sort items.

    Args:
        items: The items.
        orders: Sort keys, the most important first; equal items keep their order.
    """
    ordered = [*items]
    for order in reversed(orders):
        keyed = [(order.key(item), item) for item in ordered]
        lacking = [item for key, item in keyed if key is None]
        having = sorted((pair for pair in keyed if pair[0] is not None), key=itemgetter(0), reverse=order.reverse)
        sorted_items = [item for _, item in having]
        ordered = [*lacking, *sorted_items] if order.gaps_first else [*sorted_items, *lacking]
    return ordered


def page(items: Sequence[T], offset: int, length: int | None) -> Sequence[T]:
    """A page of items: how many to pass over, and how many at most; None for all."""
    return items[offset:] if length is None else items[offset : offset + length]


# -- queries

Scalar = str | int | float | bool
Document = Mapping[str, Any]
Predicate = Callable[[Document], bool]
Test = Callable[[Scalar], bool]

# Deepest nesting of bool clauses: Elasticsearch's default for indices.query.bool.max_nested_depth.
DEEPEST = 30

# Options of any clause that change scores or reports and never which documents match.
_UNSCORED = {"boost", "_name"}


class QueryError(ValueError):
    """A query that breaks the language's rules, or uses what is not implemented here; the message is fit for a user."""


def leaves(document: object, field: str, *, below: bool = False) -> Iterator[Scalar]:
    """Every text, number and boolean that a dotted field points to.

    A list on the way, or at the end, represents each of its members. A key that itself has dots is the same as
    nested objects, and `<field>.keyword` (the unanalysed twin of a text field) is the field.

    Args:
        document: An indexed document, or a part of one.
        field: Names of keys with dots between, such as `files.donor_organism_json.biomaterial_core.ncbi_taxon_id`.
        below: Whether values of objects that it points to count as well.
    """
    # It keeps its own stack: what users store may nest as deep as they like.
    left: list[tuple[object, str]] = [(document, path) for path in {field, field.removesuffix(".keyword")}]
    while left:
        node, path = left.pop()
        if is_array(node):
            left += ((member, path) for member in node)
        elif is_object(node):
            for key, value in node.items():
                if path == key or (below and not path):
                    left.append((value, ""))
                elif path.startswith(f"{key}."):
                    left.append((value, path[len(key) + 1 :]))
        elif not path and node is not None:
            yield cast("Scalar", node)


def text_of(value: Scalar) -> str:
    """A scalar as an index would hold it as a keyword: `true`, `9606`, `1.5`."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


# Word boundaries of Unicode's annex 29 as the standard analyser applies them: a dot or apostrophe between letters and
# a dot or comma between digits stay inside a word; an underscore joins, a hyphen parts.
_WORD = re.compile(r"\w+(?:(?:(?<=[^\W\d_])[.'’](?=[^\W\d_])|(?<=\d)[.,](?=\d))\w+)*")


def words_of(value: Scalar) -> set[str]:
    """The case-folded words of a value."""
    return {*_WORD.findall(text_of(value).casefold())}


def compile_query(es_query: Mapping[str, Any]) -> Predicate:
    """Turn a search request into a predicate over indexed documents.

    Args:
        es_query: `{}`, which matches every document, or `{"query": <clause>}` with one of the clauses in `CLAUSES`.

    Returns:
        A function that returns whether a document matches; it is pure and may be shared by threads.

    Raises:
        QueryError: It is not a query, or has what is not implemented, which the message names.
    """
    _known("es_query", es_query, "query")
    return _clause(es_query["query"], 0) if es_query else _everything


def _clause(clause: object, depth: int) -> Predicate:
    if depth > DEEPEST:
        raise QueryError(f"clauses nest deeper than {DEEPEST}")
    name, content = _only("a clause", clause)
    if name == "bool":
        return _bool(content, depth)
    if name == "match_all":
        return _everything
    if name == "exists":
        field = _value("exists", content, "field")
        return lambda document: any(True for _ in leaves(document, str(field), below=True))
    if name not in _TESTS:
        raise QueryError(f"{name!r} is not supported here; supported: {', '.join(CLAUSES)}")
    options = content if is_object(content) else {}
    field, field_content = _only(name, {key: value for key, value in options.items() if key not in _UNSCORED})
    test = _TESTS[name](field_content)
    return lambda document: any(map(test, leaves(document, field)))


def _everything(_document: Document) -> bool:
    return True


def _only(name: str, content: object) -> tuple[str, Any]:
    """The only member of an object."""
    if not is_object(content) or len(content) != 1:
        raise QueryError(f"{name} has to be an object with exactly one key")
    return next(iter(content.items()))


def _known(name: str, content: object, *options: str) -> Mapping[str, Any]:
    """An object that has no options but those that are implemented."""
    if not is_object(content):
        raise QueryError(f"{name} has to be an object")
    for option in content:
        if option not in (*options, *_UNSCORED):
            raise QueryError(f"'{name}.{option}' is not supported here; supported: {', '.join(options)}")
    return content


def _value(name: str, content: Any, option: str = "value", *others: str) -> Scalar:
    """The value of a clause, which may be without the object of its options."""
    value = _known(name, content, option, *others).get(option) if is_object(content) else content
    if not isinstance(value, (str, int, float)):
        raise QueryError(f"{name} has to state a text, a number or a boolean")
    return value


def _term(content: Any) -> Test:
    expected = text_of(_value("term", content))
    return lambda stored: text_of(stored) == expected


def _terms(content: Any) -> Test:
    if not is_array(content):
        raise QueryError("terms has to state a list of values")
    expected = {text_of(_value("terms", item)) for item in content}
    return lambda stored: text_of(stored) in expected


def _match(content: Any) -> Test:
    words = words_of(_value("match", content, "query", "operator"))
    how = str(content.get("operator", "or") if is_object(content) else "or").lower()
    if how not in ("and", "or"):
        raise QueryError(f"{how!r} is no operator of match; expected 'and' or 'or'")
    least = len(words) if how == "and" else 1
    return lambda stored: len(words & words_of(stored)) >= least > 0


def _prefix(content: Any) -> Test:
    start = text_of(_value("prefix", content))
    return lambda stored: isinstance(stored, str) and stored.startswith(start)


def _wildcard(content: Any) -> Test:
    # A shell's pattern has ranges in brackets and no escapes.
    text = text_of(_value("wildcard", content))
    pattern = re.sub(r"\\(.)|\[", lambda match: escape(match[1] or "["), text, flags=re.DOTALL)
    return lambda stored: isinstance(stored, str) and fnmatchcase(stored, pattern)


# Lucene's further operators and what Python reads otherwise; and repeats of groups with repeats, options or groups in them, for
# which Python may take exponential time.
_NOT_PYTHON = re.compile(r"""["~#@&<>$]|(?<!\[)\^|\\\w|\(\?|\[\[|[*+?}][*+?{]|[*+?{)][^()*+?{]*\)[*+{]""")


def _regexp(content: Any) -> Test:
    pattern = text_of(_value("regexp", content))
    if refused := _NOT_PYTHON.search(pattern):
        raise QueryError(f"regexp with {refused[0]} is not supported here; supported: . ? + * | {{}} [] ()")
    try:
        expression = re.compile(pattern, re.DOTALL)
    except (re.error, OverflowError, RecursionError) as error:
        raise QueryError(f"{pattern!r} is not a regular expression: {error}") from error
    return lambda stored: isinstance(stored, str) and expression.fullmatch(stored) is not None


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _range(content: Any) -> Test:
    stated = _known("range", content, *COMPARISONS).items()
    bounds = [(name, _value("range", bound)) for name, bound in stated if bound is not None]
    return every(_bound(name, bound) for name, bound in bounds if name in COMPARISONS)


def _bound(name: str, bound: Scalar) -> Test:
    compare, text = COMPARISONS[name], text_of(bound)
    if text.startswith("now") or "||" in text:
        raise QueryError("date math is not supported here; supported: dates, numbers, text")
    number, moment = _number(text), date_of(text)
    if moment and len(text) == len("2018-03-28") and name in ("gt", "lte"):
        moment += timedelta(days=1, microseconds=-1)  # a day without a time is the whole day

    def holds(stored: Scalar) -> bool:
        if isinstance(stored, (int, float)) and not isinstance(stored, bool):
            return number is not None and compare(stored, number)
        date = date_of(text_of(stored)) if moment else None
        return compare(date, moment) if date else compare(text_of(stored), text)

    return holds


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def date_of(text: str) -> datetime | None:
    """A point in time of an ISO 8601 date or a DSS_VERSION, in UTC where it states no zone; None when the text is neither."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _bool(content: object, depth: int) -> Predicate:
    options = _known("bool", content, "must", "filter", "should", "must_not", "minimum_should_match")

    def clauses(name: str) -> list[Predicate]:
        content = options.get(name, [])  # a single clause may be without a list
        return [_clause(clause, depth + 1) for clause in (content if is_array(content) else [content])]

    needed, unwanted = every(clauses("must") + clauses("filter")), some(clauses("must_not"))
    should = clauses("should")
    least = options.get("minimum_should_match", int(bool(should) and not options.keys() & {"must", "filter"}))
    if not isinstance(least, int):
        raise QueryError("bool.minimum_should_match has to be a number")
    return lambda document: (
        needed(document) and not unwanted(document) and sum(clause(document) for clause in should) >= least
    )


_TESTS: Mapping[str, Callable[[Any], Test]] = {
    "match": _match,
    "term": _term,
    "terms": _terms,
    "range": _range,
    "wildcard": _wildcard,
    "prefix": _prefix,
    "regexp": _regexp,
}

# Names of the clauses that a query may use.
CLAUSES: tuple[str, ...] = ("bool", "match_all", "exists", *_TESTS)
