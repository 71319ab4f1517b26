"""Refusals: a Problem becomes a response in the platform's shape. Rules that requests break, and numbers as the database takes them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

T = TypeVar("T")


class Problem(Exception):
    """A refusal that becomes an HTTP response.

    Args:
        status: The HTTP status.
        code: The platform's machine-readable word, such as `not_found`.
        title: One sentence for users.
        headers: Further headers of the response.
        against: What of the service's document the request breaks, without a value of the request; empty when it
            keeps to the document.
        crashes: Whether the real server fails on this with 500, where it should refuse it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        headers: Mapping[str, str] | None = None,
        *,
        against: str = "",
        crashes: bool = False,
    ) -> None:
        super().__init__(f"{status} {code}: {title}")
        self.status = status
        self.code = code
        self.title = title
        self.headers = dict(headers or {})
        self.against = against
        self.crashes = crashes

    def body(self) -> dict[str, object]:
        """The JSON that the response carries."""
        return {"status": self.status, "code": self.code, "title": self.title}


def bad_arguments(title: str) -> Problem:
    """A 400 for arguments that the operation cannot take."""
    return Problem(400, "illegal_arguments", title)


def not_found(title: str) -> Problem:
    """A 404 for an object that does not exist."""
    return Problem(404, "not_found", title)


def or_raise(value: T | None, error: Exception) -> T:
    """A value that has to exist.

    Args:
        value: The value.
        error: The error where it is None.
    """
    if value is None:
        raise error
    return value


# The largest integer that SQLite keeps; the smallest one is next to its negative.
LARGEST = 2**63 - 1
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LONGEST = len(str(LARGEST))


def is_kept(number: int) -> bool:
    """Whether SQLite takes an integer: 64 bits with a sign."""
    return -LARGEST - 1 <= number <= LARGEST


def whole_number(text: str) -> int | None:
    """The integer that a text of ASCII digits is, with or without a sign; None for another text, or one beyond 64 bits."""
    if not _INTEGER.fullmatch(text) or len(text.lstrip("+-").lstrip("0")) > _LONGEST:
        return None
    number = int(text)
    return number if is_kept(number) else None


@dataclass(frozen=True, slots=True)
class Fault:
    """What of a request breaks the document.

    Attributes:
        place: The place of the argument: path, query, header, cookie or body.
        field: Its name, or the place of the value in the body.
        message: What is wrong.
        rule: The keyword of the schema that it breaks.
        format: The format that it breaks.
    """

    place: str
    field: tuple[str | int, ...]
    message: str
    rule: str
    format: str = ""

    @property
    def where(self) -> str:
        """The place and the field, for users."""
        if self.place == "body":
            return f"body{nested_name(self.field)}"
        return f"{self.place} parameter '{self.field[0]}'{nested_name(self.field[1:])}"


def nested_name(steps: Sequence[str | int]) -> str:
    """The place of a value in another one, such as `.parts[0].size`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)


class Refused(Problem):
    """A request that breaks the document.

    Args:
        faults: What breaks it.
        status: The HTTP status.
        code: The machine-readable word.
    """

    def __init__(self, faults: Sequence[Fault], status: int = 400, code: str = "illegal_arguments") -> None:
        first = faults[0]
        rule = "is missing" if first.rule == "required" else f"breaks {first.rule}"
        super().__init__(status, code, f"The {first.where} {first.message}", against=f"{first.where} {rule}")
        self.faults = faults


_COMPLAINTS = {
    "enum": "is one of {limit}, not {shown}",
    "type": "is of type {limit}, not {shown}",
    "pattern": "doesn't match {limit}: {shown}",
    "minimum": "has the minimum {limit}, not {shown}",
    "maximum": "has the maximum {limit}, not {shown}",
    "format": "isn't a {limit}: {shown}",
    "maxLength": "has at most {limit} characters, not {length}",
    "minLength": "has at least {limit} characters, not {length}",
    "maxItems": "has at most {limit} items",
}


def complaint(error: "ValidationError") -> str:
    """What is wrong with a value, for users."""
    value = repr(error.instance)
    excerpt = value if len(value) <= 80 else value[:77] + "..."
    complaint = _COMPLAINTS.get(str(error.validator))
    if complaint is None:
        return f"is wrong: {error.message[:200]}"
    limit = cast("Any", error.validator_value)
    length = len(error.instance) if isinstance(error.instance, str) else 0
    return complaint.format(
        limit=", ".join(map(str, limit)) if error.validator == "enum" else limit, shown=excerpt, length=length
    )
