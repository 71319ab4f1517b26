"""Values of a document: where a dotted field leads, and how two values compare."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

Scalar = str | int | float | bool

# Word boundaries of Unicode's annex 29 as the standard analyser applies them: a dot or apostrophe between letters and
# a dot or comma between digits stay inside a word; an underscore joins, a hyphen parts.
_WORD = re.compile(r"\w+(?:(?:(?<=[^\W\d_])[.'’](?=[^\W\d_])|(?<=\d)[.,](?=\d))\w+)*")

# ISO 8601 as strict_date_optional_time takes it, and DSS_VERSION, which leaves the colons of the time out.
_DATE = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?)?)?)?"
)

_INTEGER = re.compile(r"[+-]?\d{1,400}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


def is_scalar(value: object) -> bool:
    """Whether a JSON value is text, a number or a boolean (null is none of these)."""
    return isinstance(value, (str, int, float))


def leaves(document: object, field: str) -> Iterator[Scalar]:
    """Every scalar that a dotted field leads to.

    A list on the way, or at the end, stands for each of its members. A key that itself has dots is the same as
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
    """Every node that the steps lead to. It keeps its own stack: what users store may nest as deep as they like."""
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
    """What a list holds, however nested; with `inside` what objects hold as well."""
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
    # Python's own parsers take underscores, blanks and "nan" as well, which are just text here.
    if _INTEGER.fullmatch(value):
        return int(value)
    return float(value) if _DECIMAL.fullmatch(value) else None


def same(stored: Scalar, wanted: Scalar) -> bool:
    """Whether a stored value is exactly the wanted one.

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
    part = match.groupdict()
    late = {"hour": "23", "minute": "59", "second": "59", "fraction": "999999"} if end else {}
    # A second that is given without a fraction is a whole second; only what is left out altogether is filled.
    if part["second"] is not None:
        late.pop("fraction", None)

    def value(name: str, early: str) -> int:
        return int(part[name] or late.get(name) or early)

    fraction = (part["fraction"] or late.get("fraction") or "0")[:6].ljust(6, "0")
    try:
        moment = datetime(
            value("year", "1"),
            value("month", "1"),
            value("day", "1"),
            value("hour", "0"),
            value("minute", "0"),
            value("second", "0"),
            int(fraction),
            tzinfo=UTC,
        )
        return moment - _offset(part["zone"])
    except (ValueError, OverflowError):
        return None


def _offset(zone: str | None) -> timedelta:
    if zone is None or zone == "Z":
        return timedelta(0)
    offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))
    return -offset if zone[0] == "-" else offset
