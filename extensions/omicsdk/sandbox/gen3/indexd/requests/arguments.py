"""Arguments that several operations take, read from the texts that were sent."""

import re
from collections.abc import Iterable, Mapping

from omicsdk.sandbox.gen3.indexd.refusals import bad
from omicsdk.sandbox.gen3.indexd.requests.schemas import HASHES
from omicsdk.sandbox.service import Call
from omicsdk.sandbox.validation import LARGEST, whole_number

LONGEST = 1024
"""The longest page."""
DEFAULT_LENGTH = 100


def all_of(call: Call, name: str) -> list[str]:
    """Every value of an argument of the query."""
    return [value for each, value in call.query if each == name]


def text(call: Call, name: str) -> str | None:
    """The first value of an argument of the query."""
    return next(iter(all_of(call, name)), None)


def whole(call: Call, name: str) -> int | None:
    """An argument that is a whole number.

    Raises:
        Problem: 400; it isn't one.
    """
    sent = text(call, name)
    if sent is None:
        return None
    number = whole_number(sent.strip())
    if number is None:
        raise bad(f"{name} must be an integer")
    return number


def length(call: Call, name: str = "limit", least: int = 0) -> int:
    """How many things to answer.

    Args:
        call: The request.
        name: The argument.
        least: The smallest number that it may be.

    Raises:
        Problem: 400; it isn't a number, or out of bounds.
    """
    number = whole(call, name)
    if number is None:
        return DEFAULT_LENGTH
    if not least <= number <= LONGEST:
        raise bad(f"{name} must be between {least} and {LONGEST}")
    return number


def offset(page: int | None, limit: int) -> int:
    """How many things come before a page; pages before the first one are the first one."""
    return min(limit * max(page or 0, 0), LARGEST)


def size(call: Call) -> int | None:
    """The size that records must have.

    Raises:
        Problem: 400; it is none.
    """
    number = whole(call, "size")
    if number is not None and number < 0:
        raise bad("size must be > 0")
    return number


def pairs(sent: Iterable[str], name: str) -> dict[str, str]:
    """Arguments of the form KEY:VALUE.

    Raises:
        Problem: 400; one has no colon.
    """
    found: dict[str, str] = {}
    for each in sent:
        key, colon, value = each.partition(":")
        if not colon:
            raise bad(f"{name} must be KEY:VALUE, not {each!r}")
        found[key] = value
    return found


def hashes(call: Call) -> dict[str, str]:
    """The checksums that records must have.

    Raises:
        Problem: 400; one is none.
    """
    found = pairs(all_of(call, "hash"), "hash")
    check_hashes(found)
    return found


def check_hashes(found: Mapping[str, str]) -> None:
    """Refuses checksums that can't be any."""
    if not found.keys() <= HASHES.keys():
        raise bad("invalid hash types specified")
    if not all(re.search(HASHES[kind], value) for kind, value in found.items()):
        raise bad("invalid hash values specified")


def is_true(word: str | None) -> bool:
    """Whether a switch of the query is on."""
    return (word or "").lower() in ("true", "t", "yes", "y", "1")
