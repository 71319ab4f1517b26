"""The part of Elasticsearch's query language that the Data Store's documentation uses, as pure functions.

A query is compiled once into a predicate over indexed documents; nothing here knows a store or a server. What filters are
made of, orders and pages serve Guppy's and Peregrine's queries too.
"""

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, Generic, TypeVar, cast


class QueryError(ValueError):
    """A query that cannot be run; the message is fit for a user."""


class InvalidQuery(QueryError):
    """A query that breaks the language's own rules.

    Args:
        problem: The fault and the expectation.
        where: Dotted place in the query, such as `query.bool.must[0]`.
    """

    def __init__(self, problem: str, where: str) -> None:
        super().__init__(f"{where}: {problem}")
        self.where = where


class UnsupportedClause(QueryError):
    """A query that is valid elsewhere, and uses something that is not implemented here.

    Args:
        name: The clause or option, such as `fuzzy` or `match.fuzziness`.
        where: Dotted place in the query that holds it.
        supported: The supported values.
    """

    def __init__(self, name: str, where: str, supported: tuple[str, ...]) -> None:
        super().__init__(f"{where}: {name!r} is not supported here; supported: {', '.join(supported)}")
        self.name = name
        self.where = where


Scalar = str | int | float | bool

# Word boundaries of Unicode's annex 29 as the standard analyser applies them: a dot or apostrophe between letters and
# a dot or comma between digits stay inside a word; an underscore joins, a hyphen parts.
_WORD = re.compile(r"\w+(?:(?:(?<=[^\W\d_])[.'’](?=[^\W\d_])|(?<=\d)[.,](?=\d))\w+)*")

# ISO 8601 as accepted by strict_date_optional_time, and DSS_VERSION, which omits the colons of the time.
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>[01]\d|2[0-3])(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?"
)
_WHOLE_DATE = "{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction}{zone}"
_EARLY = {"month": "01", "day": "01", "hour": "00", "minute": "00", "second": "00", "fraction": "0", "zone": "Z"}

_INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def is_scalar(value: object) -> bool:
    """Whether a JSON value is text, a number or a boolean (null is none of these)."""
    return isinstance(value, (str, int, float))


def leaves(document: object, field: str) -> Iterator[Scalar]:
    """Every scalar that a dotted field points to.

    A list on the way, or at the end, represents each of its members. A key that itself has dots is the same as
    nested objects, and `<field>.keyword` (the unanalysed twin of a text field) is the field.

    Args:
        document: An indexed document, or a part of one.
        field: Names of keys with dots between, such as `files.donor_organism_json.biomaterial_core.ncbi_taxon_id`.
    """
    steps = field.split(".")
    found = False
    for node in _walk(document, steps):
        for value in _members(node):
            if is_scalar(value):
                found = True
                yield cast("Scalar", value)
    if not found and len(steps) > 1 and steps[-1] == "keyword":
        yield from leaves(document, ".".join(steps[:-1]))


def has_value(document: object, field: str) -> bool:
    """Whether a field, or anything below it, holds something other than null."""
    for node in _walk(document, field.split(".")):
        if any(is_scalar(value) for value in _members(node, inside=True)):
            return True
    head, _, tail = field.rpartition(".")
    return bool(head) and tail == "keyword" and has_value(document, head)


def _walk(document: object, steps: Sequence[str]) -> Iterator[object]:
    """Every node that the steps point to. It keeps its own stack: what users store may nest as deep as they like."""
    left: list[tuple[object, int]] = [(document, 0)]
    while left:
        node, done = left.pop()
        if done == len(steps):
            yield node
        elif isinstance(node, Mapping):
            children = cast("Mapping[str, object]", node)
            for end in range(len(steps), done, -1):
                key = ".".join(steps[done:end])
                if key in children:
                    left.append((children[key], end))
        elif isinstance(node, (list, tuple)):
            left.extend((member, done) for member in reversed(cast("Sequence[object]", node)))


def _members(node: object, *, inside: bool = False) -> Iterator[object]:
    """The values of a list, however nested; with `inside` those of objects as well."""
    left = [node]
    while left:
        node = left.pop()
        if isinstance(node, (list, tuple)):
            left.extend(reversed(cast("Sequence[object]", node)))
        elif inside and isinstance(node, Mapping):
            left.extend(cast("Mapping[str, object]", node).values())
        else:
            yield node


def text_of(value: Scalar) -> str:
    """A scalar as an index would hold it as a keyword: `true`, `9606`, `1.5`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def number_of(value: Scalar) -> int | float | None:
    """A number, or text that is one, as a number; None for anything else, booleans included."""
    if isinstance(value, bool):
        return None
    if not isinstance(value, str):
        return value
    # Python's own parsers accept underscores, blanks and "nan" as well, which are just text here.
    if _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if _DECIMAL.fullmatch(value) else None


def same(stored: Scalar, wanted: Scalar) -> bool:
    """Whether a stored value is exactly the requested one.

    The stored value's type decides, as the type of an index's field does: numbers compare as numbers, booleans with
    true and false, everything else as text, case included.
    """
    if isinstance(stored, (bool, str)):
        return text_of(stored) == text_of(wanted)
    number = number_of(wanted)
    return number is not None and stored == number


def words_of(value: Scalar) -> list[str]:
    """The case-folded words of a value, in order."""
    return _WORD.findall(text_of(value).casefold())


def date_of(text: str, *, end: bool = False) -> datetime | None:
    """A point in time of an ISO 8601 date or a DSS_VERSION; None when the text is neither.

    Args:
        text: Such as `2018-03-28`, `2018-03-28T13:55:26Z` or `2018-03-28T135526.044000Z`; without a zone it is UTC.
        end: Fill a time that is left out, wholly or in part, with its last microsecond instead of its first, as
            Elasticsearch does for `gt` and `lte`. A month or day that is left out is the first either way.
    """
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    # Only omitted parts are filled: a second without a fraction is a whole one.
    late = {"hour": "23", "minute": "59", "second": "59", "fraction": "999999"} if end else {}
    if match["second"] is not None:
        late.pop("fraction", None)
    given = {name: part for name, part in match.groupdict().items() if part is not None}
    try:
        return datetime.fromisoformat(_WHOLE_DATE.format(**{**_EARLY, **late, **given})).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


# -- filters, orders and pages of anything

T = TypeVar("T")


def every(tests: Iterable[Callable[[T], bool]]) -> Callable[[T], bool]:
    """A test that holds where all tests do."""
    listed = [*tests]
    return lambda item: all(test(item) for test in listed)


def some(tests: Iterable[Callable[[T], bool]]) -> Callable[[T], bool]:
    """A test that holds where one of the tests does."""
    listed = [*tests]
    return lambda item: any(test(item) for test in listed)


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
    found = [*items]
    for order in reversed(orders):
        keyed = [(order.key(each), each) for each in found]
        lacking = [each for key, each in keyed if key is None]
        having = sorted((pair for pair in keyed if pair[0] is not None), key=itemgetter(0), reverse=order.reverse)
        sorted_items = [each for _, each in having]
        found = [*lacking, *sorted_items] if order.gaps_first else [*sorted_items, *lacking]
    return found


def page(items: Sequence[T], offset: int, length: int | None) -> Sequence[T]:
    """A page of items: how many to pass over, and how many at most; None for all."""
    return items[offset:] if length is None else items[offset : offset + length]


# -- queries

Document = Mapping[str, Any]
Predicate = Callable[[Document], bool]
Test = Callable[[Scalar], bool]

DEEPEST = 30
"""Deepest nesting of bool clauses: Elasticsearch's default for indices.query.bool.max_nested_depth."""

MOST_TERMS = 65_536
"""Most values of one terms clause: Elasticsearch's default for index.max_terms_count."""

_UNSCORED = frozenset({"boost", "_name"})
"""Options of any clause that change scores or reports and never which documents match."""

_DATE_MATH = re.compile(r"now(?:[-+/].*)?|.*\|\|.*", re.DOTALL)


def compile_query(es_query: Mapping[str, Any]) -> Predicate:
    """Turn a search request into a predicate over indexed documents.

    Args:
        es_query: `{}`, which matches every document, or `{"query": <clause>}` with one of the clauses in `CLAUSES`.

    Returns:
        A function that returns whether a document matches; it is pure and may be shared by threads.

    Raises:
        UnsupportedClause: A clause or option that is not implemented; its `name` states which.
        InvalidQuery: A query that Elasticsearch would refuse as well.
    """
    request = _object(es_query, "es_query")
    for key in request:
        if key in CLAUSES:
            raise InvalidQuery(f"the clause {key!r} has to be under 'query'", "es_query")
        if key != "query":
            raise UnsupportedClause(key, "es_query", ("query",))
    if "query" not in request:
        return _everything
    return _clause(request["query"], "query", 0)


def _clause(body: object, where: str, depth: int) -> Predicate:
    if depth > DEEPEST:
        raise InvalidQuery(f"clauses nest deeper than {DEEPEST}", where)
    clause = _object(body, where)
    if len(clause) != 1:
        raise InvalidQuery(f"a clause is an object with one key, its name; this one has {len(clause)}", where)
    ((name, content),) = clause.items()
    if name == "bool":
        return _bool(content, f"{where}.bool", depth)
    if name not in _SIMPLE:
        raise UnsupportedClause(name, where, CLAUSES)
    return _SIMPLE[name](content, f"{where}.{name}")


def _everything(_document: Document) -> bool:
    return True


def _match_all(content: object, where: str) -> Predicate:
    _options(_object(content, where), where, "match_all", ())
    return _everything


def _exists(content: object, where: str) -> Predicate:
    options = _options(_object(content, where), where, "exists", ("field",))
    field = _text(options.get("field"), f"{where}.field")
    return lambda document: has_value(document, field)


def _term(content: object, where: str) -> Predicate:
    field, options, where = _field(content, where, "term", "value", ("case_insensitive",))
    wanted = _scalar(options.get("value"), where)
    if _flag(options, "case_insensitive", where):
        folded = text_of(wanted).casefold()
        return _any(field, lambda stored: same(stored, wanted) or text_of(stored).casefold() == folded)
    return _any(field, lambda stored: same(stored, wanted))


def _terms(content: object, where: str) -> Predicate:
    field, members, where = _only_field(content, where)
    if isinstance(members, Mapping):
        raise UnsupportedClause("terms lookup", where, ("a list of values",))
    if not isinstance(members, (list, tuple)):
        raise InvalidQuery("expected a list of values", where)
    values = cast("Sequence[object]", members)
    if len(values) > MOST_TERMS:
        raise InvalidQuery(f"{len(values)} values, at most {MOST_TERMS} are allowed", where)
    wanted = [_scalar(value, f"{where}[{index}]") for index, value in enumerate(values)]
    texts = {text_of(value) for value in wanted}
    numbers = {number for value in wanted if (number := number_of(value)) is not None}

    def one_of(stored: Scalar) -> bool:
        # Sets answer as `same` does for each value, in one look-up.
        return text_of(stored) in texts if isinstance(stored, (bool, str)) else stored in numbers

    return _any(field, one_of)


def _match(content: object, where: str) -> Predicate:
    field, options, where = _field(content, where, "match", "query", ("operator", "minimum_should_match"))
    wanted = _scalar(options.get("query"), where)
    words = words_of(wanted)
    how = _text(options.get("operator", "or"), f"{where}.operator").lower()
    if how not in ("and", "or"):
        raise InvalidQuery(f"{how!r} is no operator; expected 'and' or 'or'", f"{where}.operator")
    needed = len(words) if how == "and" else 1
    if how == "or" and "minimum_should_match" in options:
        needed = max(1, _least(options["minimum_should_match"], len(words), f"{where}.minimum_should_match"))

    def matches(stored: Scalar) -> bool:
        if not isinstance(stored, str):
            return same(stored, wanted)
        there = set(words_of(stored))
        return bool(words) and sum(word in there for word in words) >= needed

    return _any(field, matches)


def _prefix(content: object, where: str) -> Predicate:
    field, options, where = _field(content, where, "prefix", "value", ("case_insensitive",))
    fold = str.casefold if _flag(options, "case_insensitive", where) else str
    start = fold(_text(options.get("value"), where))
    return _any(field, lambda stored: isinstance(stored, str) and fold(stored).startswith(start))


def _wildcard(content: object, where: str) -> Predicate:
    field, options, where = _field(content, where, "wildcard", "value", ("wildcard", "case_insensitive"))
    pattern = _text(options.get("value", options.get("wildcard")), where)
    flags = re.DOTALL | (re.IGNORECASE if _flag(options, "case_insensitive", where) else 0)
    expression = re.compile(_wildcard_regex(pattern), flags)
    return _any(field, lambda stored: isinstance(stored, str) and expression.fullmatch(stored) is not None)


def _wildcard_regex(pattern: str) -> str:
    """A pattern with `*`, `?` and backslash escapes as a regular expression that matches in linear steps."""
    runs: list[list[str]] = [[]]
    characters = iter(pattern)
    for character in characters:
        if character == "*":
            runs.append([])
        elif character == "?":
            runs[-1].append(".")
        else:
            runs[-1].append(re.escape(next(characters, character) if character == "\\" else character))
    first, *rest = ["".join(run) for run in runs]
    if not rest:
        return first
    # The first match of an inner run is as good as a later one: an atomic group never backtracks.
    inner = "".join(f"(?>.*?{run})" for run in rest[:-1] if run)
    return f"{first}{inner}.*{rest[-1]}"


def _regexp(content: object, where: str) -> Predicate:
    field, options, where = _field(
        content, where, "regexp", "value", ("flags", "max_determinized_states", "case_insensitive")
    )
    pattern = _text(options.get("value"), where)
    if str(options.get("flags", "ALL")) not in ("ALL", "NONE", ""):
        raise UnsupportedClause("regexp.flags", where, ("ALL", "NONE"))
    flags = re.DOTALL | (re.IGNORECASE if _flag(options, "case_insensitive", where) else 0)
    try:
        expression = re.compile(_python_regex(pattern, where, plain=options.get("flags", "ALL") != "ALL"), flags)
    except re.error as error:
        raise InvalidQuery(f"{pattern!r} is not a regular expression: {error}", where) from error
    return _any(field, lambda stored: isinstance(stored, str) and expression.fullmatch(stored) is not None)


_LUCENE = re.compile(
    r"""\\(?P<escaped>.) | "(?P<quoted>[^"]*)" | \[(?P<not>\^?)(?P<set>(?:\\.|[^\]\\])+)\] | (?P<repeat>[?*+]|\{\d{1,4}(?:,\d{0,4})?\})
    | (?P<group>[()|.]) | (?P<further>[~#@&<>]) | (?P<plain>.)""",
    re.DOTALL | re.VERBOSE,
)


def _python_regex(pattern: str, where: str, *, plain: bool) -> str:
    """A regular expression of Lucene, which matches the whole value and has no anchors and classes, as one of Python.

    Raises:
        UnsupportedClause: It has one of Lucene's further operators, unless they are `plain` characters, or repeats what
            repeats, for which Python may take exponential time.
    """
    written: list[str] = []
    groups = [False]  # whether each open group repeats something, the innermost last
    repeats = False  # whether what was just read does
    for match in _LUCENE.finditer(pattern):
        kind, text = match.lastgroup, match[0]
        if kind == "repeat" and repeats:
            raise UnsupportedClause(f"regexp with {text} after what repeats", where, ("one repetition",))
        if kind == "further" and not plain:
            raise UnsupportedClause(f"regexp with {text}", where, (". ? + * | {} [] () and quotes",))
        repeats = kind == "repeat"
        groups[-1] |= repeats
        if text == "(":
            groups.append(False)
        elif text == ")" and len(groups) > 1:
            repeats = groups.pop()
            groups[-1] |= repeats
        if kind in ("repeat", "group"):
            written.append("(?:" if text == "(" else text)
        elif kind == "set":
            members = re.sub(r"\\(.)|([^-])", lambda each: re.escape(each[1] or each[2]), match["set"], flags=re.DOTALL)
            written.append(f"[{match['not']}{members}]")
        else:
            literal = match["escaped"] or match["plain"] or match["further"] or match["quoted"] or ""
            written.append(f"(?:{re.escape(literal)})")
    return "".join(written)


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}


def _range(content: object, where: str) -> Predicate:
    field, bounds, where = _only_field(content, where)
    options = _options(_object(bounds, where), where, "range", tuple(COMPARISONS))
    tests: list[Test] = []
    for name, bound in options.items():
        if name in COMPARISONS and bound is not None:  # a null bound is an open end
            tests.append(_bound(name, _scalar(bound, f"{where}.{name}"), f"{where}.{name}"))
    return _any(field, lambda stored: all(test(stored) for test in tests))


def _bound(name: str, bound: Scalar, where: str) -> Test:
    compare = COMPARISONS[name]
    if isinstance(bound, str) and _DATE_MATH.fullmatch(bound):
        raise UnsupportedClause("date math", where, ("dates", "numbers", "text"))
    number = number_of(bound)
    text = text_of(bound)
    # A day without a time is the whole day: gt starts after it and lte ends with it.
    moment = date_of(text, end=name in ("gt", "lte")) if isinstance(bound, str) else None

    def holds(stored: Scalar) -> bool:
        if isinstance(stored, bool):
            return compare(text_of(stored), text)
        if not isinstance(stored, str):
            return number is not None and compare(stored, number)
        if moment is not None and (date := date_of(stored)) is not None:
            return compare(date, moment)
        return compare(stored, text)

    return holds


_LISTS = ("must", "filter", "should", "must_not")


def _bool(content: object, where: str, depth: int) -> Predicate:
    options = _options(_object(content, where), where, "bool", (*_LISTS, "minimum_should_match"))
    must, filters, should, must_not = (_clauses(options.get(name, []), f"{where}.{name}", depth + 1) for name in _LISTS)
    needed, unwanted = every(must + filters), some(must_not)
    least = 1 if should and not must and not filters else 0
    if "minimum_should_match" in options:
        least = _least(options["minimum_should_match"], len(should), f"{where}.minimum_should_match")

    def matches(document: Document) -> bool:
        enough = least <= 0 or sum(clause(document) for clause in should) >= least
        return enough and needed(document) and not unwanted(document)

    return matches


def _clauses(stated: object, where: str, depth: int) -> list[Predicate]:
    """The clauses of one of a bool clause's lists, which may be a single clause without a list."""
    if not isinstance(stated, (list, tuple)):
        return [_clause(stated, where, depth)]
    clauses = cast("Sequence[object]", stated)
    return [_clause(each, f"{where}[{index}]", depth) for index, each in enumerate(clauses)]


def _least(value: object, count: int, where: str) -> int:
    """The number of `count` optional parts that have to match: a number or a percentage; a negative one may be missing."""
    parsed = re.fullmatch(r"\s*(-?\d{1,9})(%?)\s*", str(value)) if isinstance(value, (int, str)) else None
    if parsed is None or isinstance(value, bool):
        if isinstance(value, str) and "<" in value:
            raise UnsupportedClause("conditional minimum_should_match", where, ("a number", "a percentage"))
        raise InvalidQuery(f"{value!r} is neither a number nor a percentage", where)
    number = int(parsed[1])
    if parsed[2]:
        number = math.trunc(count * number / 100)
    return count + number if parsed[1].startswith("-") else number


_SIMPLE: Mapping[str, Callable[[object, str], Predicate]] = {
    "match_all": _match_all,
    "match": _match,
    "term": _term,
    "terms": _terms,
    "range": _range,
    "exists": _exists,
    "wildcard": _wildcard,
    "prefix": _prefix,
    "regexp": _regexp,
}

CLAUSES: tuple[str, ...] = ("bool", *_SIMPLE)
"""Names of the clauses that a query may use."""


def _any(field: str, test: Test) -> Predicate:
    return lambda document: any(test(value) for value in leaves(document, field))


def _checked(value: object, where: str, kind: type | tuple[type, ...], expected: str) -> Any:
    if not isinstance(value, kind):
        raise InvalidQuery(f"expected {expected}, found {_kind(value)}", where)
    return value


def _object(value: object, where: str) -> Mapping[str, Any]:
    return _checked(value, where, Mapping, "an object")


def _only_field(content: object, where: str) -> tuple[str, Any, str]:
    """The one field that a clause is about: its name, its condition, and the position of that."""
    fields = {key: value for key, value in _object(content, where).items() if key not in _UNSCORED}
    if len(fields) != 1:
        raise InvalidQuery(f"expected exactly one field, found {len(fields)}", where)
    ((field, said),) = fields.items()
    return field, said, f"{where}.{field}"


def _field(
    content: object, where: str, clause: str, main: str, others: tuple[str, ...]
) -> tuple[str, Mapping[str, Any], str]:
    """As `_only_field`, with the short form `{field: value}` written out as `{field: {main: value}}`."""
    field, said, where = _only_field(content, where)
    if not isinstance(said, Mapping):
        return field, {main: said}, where
    return field, _options(cast("Mapping[str, Any]", said), where, clause, (main, *others)), where


def _options(given: Mapping[str, Any], where: str, clause: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    for name in given:
        if name not in known and name not in _UNSCORED:
            raise UnsupportedClause(f"{clause}.{name}", where, known or ("no options",))
    return given


def _scalar(value: object, where: str) -> Scalar:
    return _checked(value, where, (str, int, float), "text, a number or a boolean")


def _text(value: object, where: str) -> str:
    return _checked(value, where, str, "text")


def _flag(options: Mapping[str, Any], name: str, where: str) -> bool:
    return _checked(options.get(name, False), f"{where}.{name}", bool, "true or false")


# A boolean is an int, too, so it is tested first.
_KINDS = ((bool, "a boolean"), ((int, float), "a number"), (str, "text"), (Mapping, "an object"))


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    return next((word for kind, word in _KINDS if isinstance(value, kind)), "a list")
