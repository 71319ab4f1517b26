"""Output of the commands of `omics sb`: rows of the platform's objects, and one summary line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from omicsdk.cli.commands.transfers import count_of, print_failures
from omicsdk.cli.commands.values import agreed
from omicsdk.cli.listing import Rows
from omicsdk.cli.output import Call, Console
from omicsdk.core.batches import named_error
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.model import Model
from omicsdk.core.platform import deleting
from omicsdk.sb.jobs import PERIOD
from omicsdk.sb.task_runs import some_of

T = TypeVar("T")
Row = dict[str, Any]

PROJECT = ("id", "name", "type", "category", "created_by", "modified_on", "tags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """How long a command waits for the platform.

    Attributes:
        period: Polling interval in seconds, 1 or more.
        timeout_seconds: Maximum number of seconds to wait; no limit when omitted.
    """

    period: float = PERIOD
    timeout_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The result of a command.

    Attributes:
        rows: The data to print.
        line: The summary on stderr; empty if nothing was done.
        failures: Why some failed: errors, or texts.
        total: The number of objects, of which some or all failed.
    """

    rows: object
    line: str = ""
    failures: Sequence[object] = ()
    total: int = 1


def command_rows(result: CommandResult, call: Call) -> object:
    """Render a result: its summary and failures."""
    print_failures(result.failures, call.console, result.total)
    if result.line and len(result.failures) < result.total:
        call.console.message(result.line)
    return result.rows


def rows_or_data(result: object, call: Call) -> object:
    """Render a result, or plain data unchanged."""
    return command_rows(result, call) if isinstance(result, CommandResult) else result


def limited(result: Iterator[dict[str, Any]], call: Call) -> Rows:
    """Render a list, up to --limit."""
    return Rows.of(call.console.limited(result, call.options.get("limit")))


def row(resource: Model, names: Iterable[str], **first: Any) -> Row:
    """Return a model as a row.

    Args:
        resource: The model.
        names: The members that are shown, by the platform's names.
        **first: Members that precede them.
    """
    values = resource.to_dict()
    return {**first, **{name: values.get(name) for name in names}}


def non_empty(**values: Any) -> dict[str, Any]:
    """Return the arguments that have a value: neither None nor an empty list or mapping."""
    return {name: value for name, value in values.items() if value is not None and value not in ((), [], {})}


def changes(**values: Any) -> dict[str, Any]:
    """Return the given arguments, including empty ones, which remove the stored value.

    Raises:
        UsageError: None was given.
    """
    set_values = {name: value for name, value in values.items() if value is not None}
    if not set_values:
        raise UsageError("nothing to change", remedy="Add an option with the new value.")
    return set_values


def pairs(texts: Iterable[str], option: str) -> dict[str, list[str]]:
    """Parse key=value words.

    Args:
        texts: The pairs, as typed.
        option: Their option, for errors.

    Returns:
        The values of each key, in order.

    Raises:
        UsageError: A word has no equals sign or no key.
    """
    values_by_key: dict[str, list[str]] = {}
    for word in texts:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"{option}: {word!r} is not key=value", remedy=f"Write {option} sample_id=S1.")
        values_by_key.setdefault(key, []).append(value)
    return values_by_key


def attempted(names: Iterable[str], act: Callable[[str], T]) -> tuple[dict[str, T], list[OmicsError]]:
    """Apply an action to each of several objects; a failure does not stop the others.

    Args:
        names: Their names, or ids.
        act: The action.

    Returns:
        The results by name, and the failures.

    Raises:
        OmicsError: The only object failed.
    """
    results: dict[str, T] = {}
    failures: list[OmicsError] = []
    unique_names = dict.fromkeys(names)
    for name in unique_names:
        try:
            results[name] = act(name)
        except OmicsError as error:
            if len(unique_names) == 1:
                raise
            failures.append(named_error(error, name))
    return results, failures


def completed(what: str, outcomes: Sequence[tuple[str, str | None, str | None]]) -> tuple[str, list[str], int]:
    """Summarize what was waited for.

    Args:
        what: Their noun, in the plural.
        outcomes: The name of each, its final state, and why it failed.

    Returns:
        The line of a `CommandResult`, its failures, and their total.
    """
    failures = [
        f"{name} is {state}{f': {why}' if why else ''}" for name, state, why in outcomes if state != "COMPLETED"
    ]
    count = len(outcomes) - len(failures)
    return f"{count:,} of {len(outcomes):,} {what} completed", failures, len(outcomes)


def removed(
    kind: str,
    members: Mapping[str, Row],
    delete: Callable[[str], object],
    console: Console,
    *,
    dry_run: bool,
    effect: str = "",
) -> CommandResult:
    """Delete objects after confirmation; a row for each.

    Args:
        kind: Their noun: "task".
        members: Further members of each row, by the object's name.
        delete: Deletes one, by its name.
        console: Asks for confirmation.
        dry_run: Only list them.
        effect: Further text of the question, after "cannot be undone".
    """
    rows = {name: {"deleted": name, **more} for name, more in members.items()}
    if dry_run:
        return CommandResult(list(rows.values()))
    if not agreed(f"Deleting {_named(kind, rows)} cannot be undone{effect}. Continue?", console):
        return CommandResult([])

    def delete_row(name: str) -> None:
        with deleting():
            delete(name)

    deleted, failures = attempted(rows, delete_row)
    return CommandResult([rows[name] for name in deleted], f"deleted {_named(kind, deleted)}", failures, len(rows))


def _named(kind: str, names: Iterable[str]) -> str:
    """Return the objects as a message names them: "task ID", or "2 tasks (ID, ID)"."""
    name_list = list(names)
    return (
        f"{kind} {name_list[0]}" if len(name_list) == 1 else f"{count_of(len(name_list), kind)} ({some_of(name_list)})"
    )
