"""Calling the function that a command is: its options as arguments, its progress shown, its result rendered."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from omicsdk.cli.connecting import loaded
from omicsdk.cli.options import flag, key
from omicsdk.core.type_guards import is_array

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.console import Console
    from omicsdk.cli.shapes import Command
    from omicsdk.transfer import Control, Progress


@dataclass(frozen=True, slots=True)
class Call:
    """A command that was run, for the renderer of its result.

    Attributes:
        title: What it does and with what: "Download of manifest.tsv".
        arguments: What its function was given.
        options: What was given for the options that the command line adds, such as --report.
        console: Where messages go.
        base_url: Where the service is; empty for a command that uses none.
    """

    title: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]
    console: Console
    base_url: str = ""


def called(command: Command, given: Mapping[str, Any], console: Console, *client: Any) -> object:
    """Run a command's function.

    Args:
        command: The command, with `supplied`.
        given: Values by their key; only those that were given, because defaults are the function's.
        console: Where messages go.
        *client: The platform's client, where the function takes one.

    Returns:
        What is printed.
    """
    function: Callable[..., Any] = loaded(command.get("run", ""))
    own, supplied = command.get("own", ()), command.get("supplied", ())
    arguments = {**command.get("given", {}), **{name: value for name, value in given.items() if name not in own}}
    options = {name: given[name] for name in own if name in given}
    call = Call(
        _title(command, arguments), arguments, options, console, getattr(client[0], "base_url", "") if client else ""
    )
    passed = _gathered(command, arguments)
    if "console" in supplied:
        passed["console"] = console
    if "on_message" in supplied:
        passed["on_message"] = console.message if call.options.get("verbose", True) else _unsaid
    if "on_more" in supplied:
        limit = next(each for each in command.get("parameters", ()) if key(each) == "limit")
        passed["on_more"] = lambda: console.some_failed(
            f"there are more than {arguments['limit']}; {flag(limit)} says how many are wanted"
        )
    if "deletes" in command:
        from omicsdk.cli.commands.agreement import removed

        return removed(
            command["deletes"].format(**arguments),
            console,
            check=lambda: loaded(command.get("look", ""))(*client, **passed),
            remove=lambda: function(*client, **passed),
            dry_run=bool(options.get("dry_run")),
        )
    if "control" in supplied:
        result = _transferred(function, call, passed, supplied, *client)
    else:
        result = function(*client, **passed)
    return loaded(command["render"])(result, call) if "render" in command else result


def _gathered(command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of the function: options that it takes as one are put into that one."""
    passed = dict(arguments)
    for name, group in command.get("gathered", {}).items():
        passed[name] = loaded(group["type"])(**{each: passed.pop(each) for each in group["fields"] if each in passed})
    return passed


def _unsaid(text: str) -> None:
    """What --no-verbose makes of a message."""


def _transferred(
    function: Callable[..., Any], call: Call, passed: Mapping[str, Any], supplied: Any, *client: Any
) -> Any:
    """Run a transfer: progress, Ctrl-C and the report of what was done until then."""
    from omicsdk.cli.commands.transfer_reports import report_ended, watched

    more: dict[str, Any] = {}
    if "on_report" in supplied:
        more["on_report"] = partial(report_ended, call=call)

    def work(progress: Callable[[Progress], None] | None, control: Control) -> Any:
        return function(*client, **passed, **more, progress=progress, control=control)

    return watched(work, {**call.arguments, **call.options}, call.console, call.title)


def _title(command: Command, arguments: Mapping[str, Any]) -> str:
    """The command's title with its first argument: "Download of manifest.tsv"."""
    words = command.get("title") or command["command"]
    first = next((arguments[key(each)] for each in command.get("parameters", ()) if each.get("required")), "")
    return f"{words} {' '.join(first) if is_array(first) else first}".strip()
