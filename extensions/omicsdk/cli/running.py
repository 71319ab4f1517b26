"""Run one command: parse its words, and print its messages and its result."""

from __future__ import annotations

import sys
from contextlib import nullcontext

from omicsdk.cli.errors import DONE
from omicsdk.cli.parser import parse, parse_globals
from omicsdk.core.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from typing import Any

    from omicsdk.cli.program import Found

LOG_LEVEL = "INFO"
"""Default of --log-level."""


def run(found: Found, before: list[str], words: list[str]) -> int:
    """Run a command.

    Args:
        found: The command.
        before: The options of all commands before it.
        words: The words after it.

    Returns:
        The exit code.
    """
    program = found.program
    command_defaults, everywhere = program.defaults(found)
    values, after = parse(found.command, words, program.options, command_defaults, program.suggested_option)
    settings = {**everywhere, **parse_globals(before, program.options), **after}
    if settings.get("help") or settings.get("h"):  # after another letter: -qh
        from omicsdk.cli.help import command_help, terminal_width

        sys.stdout.write(command_help(found, terminal_width()))
        return DONE
    if settings.get("version"):
        sys.stdout.write(f"{program.version()}\n")
        return DONE
    least = "ERROR" if settings.get("quiet") else settings.get("log-level", LOG_LEVEL)
    level = "DEBUG" if settings.get("debug") else least
    console = program.messages(level, settings)
    logging_context: AbstractContextManager[None] = nullcontext() if found.command.get("quick") else console.logs(level)
    with logging_context, as_patient(settings):
        program.work(found, values, settings, console)
    return console.exit_code


def as_patient(settings: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Apply --call-timeout and --call-budget to the clients of a command.

    Args:
        settings: Values of the global options that were given.

    Raises:
        UsageError: A value is not a duration.
    """
    limits = {"call-timeout", "call-budget"} & settings.keys()
    seconds_by_name = {name: seconds_of(f"--{name}", settings[name]) for name in limits}
    if not seconds_by_name:
        return nullcontext()
    from omicsdk.core.sending.time_limits import Timeout, call_limits

    seconds = seconds_by_name.get("call-timeout")
    waits = None if seconds is None else Timeout(read=seconds, write=seconds, body=seconds)
    return call_limits(waits, seconds_by_name.get("call-budget"))


def seconds_of(option: str, text: str) -> float:
    """Parse a duration.

    Args:
        option: The option.
        text: The duration; see `seconds_in`.

    Raises:
        UsageError: It is not a duration, or 0.
    """
    from omicsdk.core.durations import REMEDY, seconds_in

    if not (seconds := seconds_in(text)):
        raise UsageError(f"{option} {text}: not a duration", remedy=REMEDY)
    return seconds
