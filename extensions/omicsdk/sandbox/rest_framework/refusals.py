"""Refusals in the words of the framework, and lists in numbered pages."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call, Reply

Complaints = Mapping[str, Sequence[str]]
"""Fields, each with what is wrong about it."""

NO_FIELD = "non_field_errors"
"""Key of complaints that are about all fields."""


class Invalid(Problem):
    """A 400 that states what is wrong about which field.

    Args:
        complaints: Fields, each with its complaints.
        crashes: Whether real servers fail on this with 500.
    """

    def __init__(self, complaints: Complaints, *, crashes: bool = False) -> None:
        message = "; ".join(f"{name}: {text}" for name, all in complaints.items() for text in all)
        super().__init__(400, "invalid", message, crashes=crashes)
        self.complaints = {name: list(texts) for name, texts in complaints.items()}

    def body(self) -> dict[str, object]:
        """The fields with their complaints."""
        return {**self.complaints}


class Refused(Problem):
    """A refusal that has one sentence, under `detail`.

    Args:
        status: HTTP status.
        detail: The sentence.
        headers: Further headers.
        crashes: Whether real servers fail on this with 500.
    """

    def __init__(
        self, status: int, detail: str, headers: Mapping[str, str] | None = None, *, crashes: bool = False
    ) -> None:
        super().__init__(status, "refused", detail, headers, crashes=crashes)

    def body(self) -> dict[str, object]:
        """The sentence."""
        return {"detail": self.title}


def not_found(*, crashes: bool = False) -> Refused:
    """404 for an object that does not exist, or that may not be seen."""
    return Refused(404, "Not found.", crashes=crashes)


def forbidden(detail: str = "You do not have permission to perform this action.") -> Refused:
    """403 for what a user may not do."""
    return Refused(403, detail)


def invalid(field: str, *texts: str) -> Invalid:
    """400 about one field."""
    return Invalid({field: texts})


def error_body(problem: Problem) -> Mapping[str, object]:
    """The JSON that a refusal carries; one of the sandbox's own is a sentence, too."""
    return problem.body() if isinstance(problem, Invalid | Refused) else {"detail": problem.title}


def page(call: Call, count: int, read: Callable[[int, int], Sequence[Any]], size: int) -> Reply:
    """One page of a list, the one that `?page=` requests.

    Args:
        call: The request.
        count: Number of all items.
        read: Reads items, by the number of those before them, and their own number.
        size: Number of items on a page.

    Raises:
        Refused: 404; there is no such page.
    """
    query = dict(call.query)
    last = max(1, -(-count // size))
    number = _number(query.get("page", "1"), last)
    if not 1 <= number <= last:
        raise Refused(404, "Invalid page.")
    items = list(read((number - 1) * size, size))
    return Reply(
        {
            "count": count,
            "next": page_url(call, query, number + 1) if number < last else None,
            "previous": page_url(call, query, number - 1) if number > 1 else None,
            "results": items,
        }
    )


def page_url(call: Call, query: Mapping[str, str], number: int) -> str:
    """The address of a page; the first has no number, and parameters are in the order of their names."""
    kept = {name: value for name, value in query.items() if name != "page"}
    if number > 1:
        kept["page"] = str(number)
    text = urlencode(sorted(kept.items()))
    return call.service_url(call.path, {}) + (f"?{text}" if text else "")


def _number(text: str, last: int) -> int:
    if text == "last":
        return last
    try:
        return int(text)
    except ValueError:
        return 0
