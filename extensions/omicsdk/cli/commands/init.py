"""`omics init`: what there is of each platform's settings and credentials, whether it holds, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omicsdk.cli.doctor import report as telling
from omicsdk.cli.doctor.report import Probe, environment, limit, side_by_side, tried
from omicsdk.cli.doctor.services import HOW_TO_GET, SERVICES, Login, find
from omicsdk.cli.help import columns, wrapped
from omicsdk.cli.output import Told
from omicsdk.core.errors import ConfigError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.cli.doctor import Outcome
    from omicsdk.cli.shapes import Command

REPLICA = "aws"
"""The replica that the published client's documentation takes in its examples."""


def init(*, check: bool = False, timeout: float = 10, console: Console) -> Told:
    """Find and try the logins of all platforms, and ask for what is missing.

    Looks where each platform's own programs keep theirs: variables, and files in your home. Secrets are never shown. On a terminal it
    asks before it tries or writes anything; elsewhere it does neither without an option for it.

    Args:
        check: Try each with one call that changes nothing, without asking, and write nothing; ends with 1 when one fails.
        timeout: Seconds that each step of a call may take.
        console: Where questions go.
    """
    environ, seconds = environment(), float(timeout)
    found = find(SERVICES, environ)
    width = columns()
    shown = telling.logins(found, SERVICES, width)
    if console.asks:
        for line in shown.splitlines():
            console.line(line)
    callable_ = [login for login in found if login.call is not None and not login.problem]
    tests: list[Outcome] = []
    question = f"Test each with one call that changes nothing ({len(callable_)})?"
    if check or (bool(callable_) and _agrees(console, question, width)):
        probes = [Probe("login", login.subject, lambda login=login: tried(login, environ, seconds)) for login in found]
        tests = [outcome for outcome in side_by_side(probes, limit(seconds)) if outcome.probe == "login"]
        if any(outcome.status == "failed" for outcome in tests):
            console.exit_code = 1
    written: list[str] = []
    if not check:
        try:
            written = _defaults(found, console)
        except ConfigError as error:
            # What was found is printed all the same.
            console.error(str(error))
            console.exit_code = 1
        written += _logins(found, console, width)
    text = _text("" if console.asks else shown, tests, written, width)
    return Told(text, _data(found, tests, written), terminal_only=True)


def _agrees(console: Console, question: str, width: int) -> bool:
    """Ask a question, over lines that fit the terminal."""
    *lines, last = wrapped(question.split(), max(1, width - len(" [y/N] ")))
    if console.asks:
        for line in lines:
            console.line(line)
    return console.agrees(last)


def _logins(found: Sequence[Login], console: Console, width: int) -> list[str]:
    """Offer to log in to platforms that nothing was found for."""
    from omicsdk.cli.commands.login import known_platform, login
    from omicsdk.cli.connecting import Connection
    from omicsdk.core.token_file import HCA
    from omicsdk.logins import KINDS

    has = {HCA if each.service in ("dss", "auth", "upload") else each.service for each in found if not each.problem}
    missing = [word for word in KINDS if word not in has and word != "drs"]
    done: list[str] = []
    while missing and console.asks:
        for line in wrapped(f"No login for: {', '.join(missing)}".split(), width):
            console.line(line)
        answer = console.answer("Log in to which? (Enter for none) ")
        if not answer:
            break
        try:
            login(known_platform(answer), connection=Connection({}), console=console)
        except OmicsError as error:
            console.error(str(error))
            continue
        missing.remove(known_platform(answer))
        done.append(f"login {answer}")
    return done


def missing_defaults(commands: Iterable[Command], configured: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Which commands of the Data Store want a replica that nothing names.

    Args:
        commands: Its handwritten commands.
        configured: What the settings have under `dss`.

    Returns:
        The names that lead to each setting.
    """
    return [
        ("dss", command["command"], "replica")
        for command in commands
        for argument in command.get("parameters", [])
        if argument["name"] == "replica" and argument.get("required") and "run" in command
        if "replica" not in (configured.get(command["command"]) or {})
    ]


def _defaults(found: Sequence[Login], console: Console) -> list[str]:
    """Offer to write the settings that omics itself needs."""
    import os

    from omicsdk.hca.config import has_user_folder

    if not any(login.service == "dss" and not login.problem for login in found) or not has_user_folder(os.environ):
        return []

    from omicsdk.cli.catalog import commands_of
    from omicsdk.cli.services import SERVICES
    from omicsdk.core.settings.config import set_value
    from omicsdk.core.type_guards import is_object
    from omicsdk.hca.config import read_settings, user_file

    configured = read_settings().get("dss", default={})
    wanted = missing_defaults(commands_of(SERVICES["dss"]), configured if is_object(configured) else {})
    file = user_file(os.environ)
    question = f"Use the replica {REPLICA} of the Data Store where a command names none (written into {file})?"
    if not wanted or not _agrees(console, question, columns()):
        return []
    for keys in wanted:
        set_value(file, keys, REPLICA)
    return [f"{'.'.join(keys)} = {REPLICA}" for keys in wanted]


def _text(shown: str, tests: Sequence[Outcome], written: Sequence[str], width: int) -> str:
    parts = [part for part in (shown, telling.outcomes(tests, width) if tests else "") if part]
    if written:
        parts.append("\n".join(["Written:", *(f"  {line}" for line in written)]))
    last = "Next: omics doctor looks at the machine and the network; omics help lists what there is."
    parts.append("\n".join(wrapped(last.split(), width)))
    return "\n\n".join(parts)


def _data(found: Sequence[Login], tests: Sequence[Outcome], written: Sequence[str]) -> dict[str, Any]:
    tested = {outcome.subject: outcome for outcome in tests}
    services: list[dict[str, Any]] = []
    for service in SERVICES:
        own = [login for login in found if login.service == service]
        services.append(
            {
                "service": service,
                "found": [_row(login, tested.get(login.subject)) for login in own],
                **({} if own else {"remedy": HOW_TO_GET[service]}),
            }
        )
    return {"services": services, "written": list(written)}


def _row(login: Login, test: Outcome | None) -> dict[str, Any]:
    row: dict[str, Any] = {"what": login.what, "origin": login.origin, "url": login.url}
    row |= {name: text for name in ("problem", "remedy", "warning") if (text := getattr(login, name))}
    return row | ({} if test is None else {"test": {"status": test.status, "found": test.found, "remedy": test.remedy}})
