"""What the commands of `omics sb` print: rows of the platform's objects, and one line that states what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.jobs import PERIOD

if TYPE_CHECKING:
    from omicsdk.cli.output import Call
    from omicsdk.core.model import Model

T = TypeVar("T")
Row = dict[str, Any]
"""An object as the members of it that are shown."""

FILE = ("type", "size", "modified_on", "id")
MORE_OF_FILE = ("tags", "metadata", "origin", "storage", "created_on", "parent", "project")
PROJECT = ("id", "name", "type", "category", "created_by", "modified_on", "tags")
TASK = (
    *("id", "name", "status", "app", "project", "created_by", "created_time", "start_time", "end_time", "batch"),
    "parent",
)
APP = ("id", "name", "revision", "project")
MEMBER = ("username", "type", "email", "permissions")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long something is waited for.

    Attributes:
        period: Seconds between two requests for the state, 1 or more.
        timeout_seconds: Seconds to wait at most; no limit when omitted.
    """

    period: float = PERIOD
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What a command did.

    Attributes:
        rows: What is printed.
        line: What is stated about it on stderr; empty where nothing was done.
        failures: Why it failed with some.
        none: Whether it failed with all of them.
    """

    rows: object
    line: str = ""
    failures: Sequence[str] = ()
    none: bool = False


def done(result: Done, call: Call) -> object:
    """Render what was done: its line, and failures, which end the command with 3, or with 1 where all failed."""
    for failure in result.failures:
        call.console.some_failed(failure)
    if result.failures and result.none:
        call.console.exit_code = REFUSED
    elif result.line:
        call.console.message(result.line)
    return result.rows


def limited(result: Iterator[dict[str, Any]], call: Call) -> list[Row]:
    """Render a list, up to --limit."""
    return list(call.console.limited(result, call.options.get("limit")))


def row(resource: Model, names: Iterable[str], **first: Any) -> Row:
    """A model as a row.

    Args:
        resource: The model.
        names: The members that are shown, by the platform's names.
        **first: What precedes them.
    """
    values = resource.to_dict()
    return {**first, **{name: values.get(name) for name in names}}


def given(**values: Any) -> dict[str, Any]:
    """The arguments that have a value: neither None nor an empty list or mapping."""
    return {name: value for name, value in values.items() if value is not None and value not in ((), [], {})}


def pairs(words: Iterable[str], option: str) -> dict[str, list[str]]:
    """Read what is written as key=value.

    Args:
        words: The words.
        option: The option that they follow, for errors.

    Returns:
        The values of each key, in order.

    Raises:
        UsageError: A word has no equals sign or no key.
    """
    found: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: {word!r} isn't key=value", remedy=f"Write {option} sample_id=S1.")
        found.setdefault(key, []).append(value)
    return found


def attempted(things: Mapping[str, T], act: Callable[[T], object]) -> tuple[dict[str, Any], list[str]]:
    """Do something with each of several things.

    Args:
        things: They, by their names.
        act: What is done.

    Returns:
        The results of those with which it succeeded, and why it failed with others.

    Raises:
        OmicsError: There is one thing only, and it failed.
    """
    results: dict[str, Any] = {}
    failures: list[str] = []
    for name, thing in things.items():
        try:
            results[name] = act(thing)
        except OmicsError as error:
            if len(things) == 1:
                raise
            failures.append(f"{name}: {error}")
    return results, failures
