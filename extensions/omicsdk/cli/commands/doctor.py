"""`omics doctor` checks the machine, the network and configured services; `omics init` finds, tests and adds logins."""

from __future__ import annotations

import json as encoding
import os
from typing import TYPE_CHECKING, Any, Literal

from omicsdk.cli.doctor import Outcome, report
from omicsdk.cli.doctor.services import HOW_TO_GET, PUBLIC, SERVICES, Login, configured_storage, find, public_services
from omicsdk.cli.help import columns, wrapped
from omicsdk.cli.output import Console, TextAndData
from omicsdk.core.errors import ConfigError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from omicsdk.cli.shapes import Command

# The replica in the examples of the published client's documentation.
REPLICA = "aws"
_OPEN = ("azul", "gdc", "drs", "htsget", "refget", "trs")  # mostly used without a login

Service = Literal[
    "dss", "auth", "upload", "azul", "gdc", "sb", "gen3", "drs", "crunch", "pangea", "ena", "ncbi", "google", "s3"
]


def doctor(
    services: Sequence[Service] = (),
    *,
    json: bool = False,
    verbose: bool = False,
    timeout: float = 10,
    console: Console,
) -> TextAndData:
    """Check this machine, the network and all services.

    Checks name resolution, proxy, TLS and clocks, each login with one read-only request, and disk space, hard links, open
    files, encoding, libcurl, versions and extras. Contacts configured services and, if none is named, those with open data:
    Azul, the GDC, ENA, NCBI, and the storage of Google and Amazon. Prints each problem with its remedy. The exit code is 1
    if a check failed; a public service that cannot be reached is a warning.

    Args:
        services: Only these services; by default all that are configured.
        json: Print JSON even on a terminal.
        verbose: On a terminal, list every check; by default services with the time of their response, and problems.
        timeout: Maximum number of seconds for each step of a call.
        console: Receives the exit code.
    """
    environ = dict(os.environ)
    named = [service for service in SERVICES if not services or service in services]
    logins = find(named, environ)
    have = {login.service for login in logins}
    if not services or "s3" in services:
        logins += configured_storage(environ)
    probes = [*report.of_machine(environ), *report.of_services(logins, environ, timeout)]
    public = [login for login in public_services(have, environ) if not services or login.service in services]
    probes += report.of_public(public, environ, timeout)
    outcomes = report.side_by_side(probes, _limit(timeout))
    # A named service is reported even if nothing was found for it.
    outcomes += [
        Outcome("login", service, "skipped", "no settings and no login", "See: omics init")
        for service in named
        if services and service not in {*have, *PUBLIC}
    ]
    _end(outcomes, console)
    rows = [outcome._asdict() for outcome in outcomes]
    if json:
        return TextAndData(encoding.dumps(rows, indent=2), rows)
    return TextAndData((report.outcomes if verbose else report.summary)(outcomes, columns()), rows, terminal_only=True)


def _limit(timeout: float) -> float:
    """Return the time limit of a probe: that of a connection and of a response."""
    return 2 * timeout + 1


def _end(outcomes: Sequence[Outcome], console: Console) -> None:
    """End the command with 1 where a check failed."""
    if any(outcome.status == "failed" for outcome in outcomes):
        console.exit_code = 1


def init(*, check: bool = False, timeout: float = 10, console: Console) -> TextAndData:
    """Find and test the logins of all platforms, and ask for missing ones.

    Reads the environment variables and the files in your home that each platform's own programs use. Secrets are never
    shown. On a terminal, it asks before it tests or writes anything; without one, use --check to test, or --yes to
    test and write.

    Args:
        check: Test each with one read-only call without asking, and write nothing; the exit code is 1 if one fails.
        timeout: Maximum number of seconds for each step of a call.
        console: Asks questions.
    """
    environ = dict(os.environ)
    logins, width = find(SERVICES, environ), columns()
    login_text = report.logins(logins, SERVICES, width)
    # Before the questions, which refer to it; without questions it is a part of the result.
    if console.asks:
        for line in login_text.splitlines():
            console.line(line)
    count = sum(login.call is not None and not login.problem for login in logins)
    tests: list[Outcome] = []
    if check or (count and _agrees(console, f"Test each with one call that changes nothing ({count})?", width)):
        tests = report.side_by_side(report.of_logins(logins, environ, timeout), _limit(timeout))
        # A test compares the clocks, too.
        tests = [outcome for outcome in tests if outcome.probe == "login"]
        _end(tests, console)
    written: list[str] = []
    if not check:
        try:
            written = _defaults(logins, console)
        except ConfigError as error:
            # The findings are still printed.
            console.error(str(error))
            console.exit_code = 1
        written += _logins(logins, console, width)
    parts = ["" if console.asks else login_text, report.outcomes(tests, width) if tests else ""]
    if written:
        parts.append("\n".join(["Written:", *(f"  {line}" for line in written)]))
    next_step = "Next: omics doctor checks the machine and the network; omics help lists all commands."
    parts.append("\n".join(wrapped(next_step.split(), width)))
    return TextAndData("\n\n".join(part for part in parts if part), _data(logins, tests, written), terminal_only=True)


def _agrees(console: Console, question: str, width: int) -> bool:
    """Ask a question, wrapped to the terminal."""
    *lines, last = wrapped(question.split(), max(1, width - len(" [y/N] ")))
    if console.asks:
        for line in lines:
            console.line(line)
    return console.agrees(last)


def _logins(logins: Sequence[Login], console: Console, width: int) -> list[str]:
    """Offer to log in to platforms without a login."""
    from omicsdk.cli.commands.login import known_platform, login
    from omicsdk.cli.services import Connection
    from omicsdk.core.token_file import HCA
    from omicsdk.logins import KINDS

    has = {
        HCA if login.service in ("dss", "auth", "upload") else login.service for login in logins if not login.problem
    }
    missing: list[str] = [word for word in KINDS if word not in has and word not in _OPEN]
    new_logins: list[str] = []
    while missing and console.asks:
        for line in wrapped(f"No login for: {', '.join(missing)}".split(), width):
            console.line(line)
        response = console.response("Log in to which? (Enter for none) ")
        if not response:
            break
        try:
            login(known_platform(response), connection=Connection({}), console=console)
        except OmicsError as error:
            console.error(str(error))
            continue
        # A login that is there may be renewed, and one of those mostly used without.
        missing = [word for word in missing if word != known_platform(response)]
        new_logins.append(f"login {response}")
    return new_logins


def missing_defaults(commands: Iterable[Command], configured: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return which commands of the Data Store require a replica that no setting names.

    Args:
        commands: Its handwritten commands.
        configured: The settings under `dss`.

    Returns:
        The names of each setting's path.
    """
    return [
        ("dss", command["command"], "replica")
        for command in commands
        for argument in command.get("parameters", [])
        if argument["name"] == "replica" and argument.get("required") and "run" in command
        if "replica" not in (configured.get(command["command"]) or {})
    ]


def _defaults(logins: Sequence[Login], console: Console) -> list[str]:
    """Offer to write the settings that omics itself requires."""
    from omicsdk.hca.config import has_user_folder

    if not any(login.service == "dss" and not login.problem for login in logins) or not has_user_folder(os.environ):
        return []

    from pathlib import Path

    from omicsdk.cli.catalog import commands_of
    from omicsdk.cli.services import SERVICES
    from omicsdk.core.settings.config import set_value
    from omicsdk.core.type_guards import is_object
    from omicsdk.hca.config import read_settings, user_file

    configured = read_settings().get("dss", default={})
    missing = missing_defaults(commands_of(SERVICES["dss"]), configured if is_object(configured) else {})
    file = Path(user_file(os.environ))
    question = f"Use the replica {REPLICA} of the Data Store by default (written into {file})?"
    if not missing or not _agrees(console, question, columns()):
        return []
    for keys in missing:
        set_value(file, keys, REPLICA)
    return [f"{'.'.join(keys)} = {REPLICA}" for keys in missing]


def _data(logins: Sequence[Login], tests: Sequence[Outcome], written: Sequence[str]) -> dict[str, Any]:
    tested = {outcome.subject: outcome for outcome in tests}
    services: list[dict[str, Any]] = []
    for service in SERVICES:
        rows = [_row(login, tested.get(login.subject)) for login in logins if login.service == service]
        services.append({"service": service, "found": rows} | ({} if rows else {"remedy": HOW_TO_GET[service]}))
    return {"services": services, "written": list(written)}


def _row(login: Login, test: Outcome | None) -> dict[str, Any]:
    row: dict[str, Any] = {"what": login.what, "origin": login.origin, "url": login.url}
    row |= {name: text for name in ("problem", "remedy", "warning") if (text := getattr(login, name))}
    return row | ({} if test is None else {"test": {"status": test.status, "found": test.found, "remedy": test.remedy}})
