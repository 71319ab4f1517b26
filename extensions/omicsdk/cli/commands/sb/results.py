"""What the commands of `omics sb` print: rows of the platform's objects, and one line that states what was done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from omicsdk.cli.commands.transfers import count_of
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.errors import REFUSED
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.sb.jobs import PERIOD
from omicsdk.sb.tasks import some_of

if TYPE_CHECKING:
    from omicsdk.cli.output import Call, Console
    from omicsdk.core.model import Model

T = TypeVar("T")
Row = dict[str, Any]
"""An object as the members of it that are shown."""

PROJECT = ("id", "name", "type", "category", "created_by", "modified_on", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long a command waits for the platform.

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


def shown(result: object, call: Call) -> object:
    """Render what was done, or data as they are."""
    return done(result, call) if isinstance(result, Done) else result


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


def changes(**values: Any) -> dict[str, Any]:
    """The arguments that were given; empty ones, too, because they remove what is stored.

    Raises:
        UsageError: None was given.
    """
    found = {name: value for name, value in values.items() if value is not None}
    if not found:
        raise UsageError("nothing to change", remedy="Give an option with the new value.")
    return found


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


def attempted(names: Iterable[str], act: Callable[[str], T]) -> tuple[dict[str, T], list[str]]:
    """Do the same with each of several things; one that fails does not keep the others from being done.

    Args:
        names: Their names, or ids.
        act: Does it with one.

    Returns:
        The results by name, and why it failed with others.

    Raises:
        OmicsError: There is one thing only, and it failed.
    """
    results: dict[str, T] = {}
    failures: list[str] = []
    wanted = dict.fromkeys(names)
    for name in wanted:
        try:
            results[name] = act(name)
        except OmicsError as error:
            if len(wanted) == 1:
                raise
            failures.append(f"{name}: {error}")
    return results, failures


def completed(what: str, ends: Sequence[tuple[str, str | None, str | None]]) -> tuple[str, list[str], bool]:
    """Sum up what was waited for.

    Args:
        what: What was, in the plural.
        ends: The name of each, its state, and why it failed.

    Returns:
        The line of `Done`, its failures, and whether none completed.
    """
    failures = [f"{name} is {state}{f': {why}' if why else ''}" for name, state, why in ends if state != "COMPLETED"]
    count = len(ends) - len(failures)
    return f"{count:,} of {len(ends):,} {what} completed", failures, not count


def removed(
    kind: str,
    found: Mapping[str, Row],
    delete: Callable[[str], object],
    console: Console,
    *,
    dry_run: bool,
    effect: str = "",
) -> Done:
    """Delete things after asking; a row for each.

    Args:
        kind: What one of them is: "task".
        found: More members of each row, by the thing's name.
        delete: Deletes one, by its name.
        console: Where to ask.
        dry_run: Only list them.
        effect: What else the question states, after "cannot be undone".
    """
    rows = {name: {"deleted": name, **more} for name, more in found.items()}
    if dry_run:
        return Done(list(rows.values()))
    if not agreed(f"Deleting {_named(kind, rows)} cannot be undone{effect}. Continue?", console):
        return Done([])
    gone, failures = attempted(rows, delete)
    return Done([rows[name] for name in gone], f"deleted {_named(kind, gone)}", failures, none=not gone)


def _named(kind: str, names: Iterable[str]) -> str:
    """Things in a message: "task ID", or "2 tasks (ID, ID)"."""
    shown = list(names)
    return f"{kind} {shown[0]}" if len(shown) == 1 else f"{count_of(len(shown), kind)} ({some_of(shown)})"
