"""List probes, run them concurrently with a time limit, and report outcomes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from omicsdk.cli.doctor import Outcome, machine, network
from omicsdk.cli.doctor.services import HOW_TO_GET, Login
from omicsdk.cli.help import wrapped
from omicsdk.cli.program import version_line
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import OmicsError
from omicsdk.core.version import __version__


class Probe(NamedTuple):
    """A check.

    Attributes:
        name: Its name.
        subject: What it checks.
        run: Function that checks, and returns the outcomes.
    """

    name: str
    subject: str
    run: Callable[[], list[Outcome]]


def of_machine(environ: Mapping[str, str]) -> list[Probe]:
    """List the probes without requests.

    Args:
        environ: The environment's variables.
    """
    return [
        Probe("versions", "", lambda: [Outcome("versions", "", "ok", version_line("omics", __version__))]),
        Probe("pycurl", "", lambda: [machine.curl()]),
        Probe("extras", "", lambda: machine.extras(machine.requirements())),
        Probe("encoding", "", lambda: [machine.encodings()]),
        Probe("open files", "", lambda: [machine.open_files(*machine.file_limits())]),
        *(
            Probe("disk", folder.use, lambda target=folder: [machine.room(target)])
            for folder in machine.folders(environ)
        ),
        Probe("network", "", lambda: [network.surroundings(environ)]),
        Probe("hard links", "", lambda: [machine.hard_links()]),
    ]


def of_services(logins: Sequence[Login], environ: Mapping[str, str], seconds: float) -> list[Probe]:
    """List the probes of configured services: the connection to each server, then each login with one call.

    Args:
        logins: The settings and logins.
        environ: The environment's variables.
        seconds: Time limit of each step of a request.
    """
    probes: list[Probe] = []
    # Several credentials may be for one server.
    for origin in dict.fromkeys(origin_of(login.call.url) for login in logins if login.call):
        probes += [
            Probe("name", origin, lambda origin=origin: [network.resolution(origin, environ)]),
            Probe("proxy", origin, lambda origin=origin: [network.proxy(origin, environ, seconds)]),
            Probe("tls", origin, lambda origin=origin: [network.encryption(origin, environ, seconds)]),
        ]
    return probes + of_logins(logins, environ, seconds)


def of_logins(logins: Iterable[Login], environ: Mapping[str, str], seconds: float) -> list[Probe]:
    """List the probes of logins; arguments as for `of_services`."""
    return [Probe("login", login.subject, partial(network.tried, login, environ, seconds)) for login in logins]


def of_public(services: Iterable[Login], environ: Mapping[str, str], seconds: float) -> list[Probe]:
    """List the probes of services with open data; arguments as for `of_services`."""
    return [
        Probe("public", login.service, partial(network.tried_public, login, environ, seconds)) for login in services
    ]


def side_by_side(probes: Sequence[Probe], seconds: float) -> list[Outcome]:
    """Run each probe in a thread.

    Args:
        probes: The probes.
        seconds: Time limit; a probe that exceeds it has failed, and is abandoned.

    Returns:
        Their outcomes in the order of the probes; a clock compared by several probes is listed once.
    """
    late = "Check the network, or raise the time limit: --timeout SECONDS."
    # A probe that ends in time replaces its outcome here.
    results = [
        [Outcome(probe.name, probe.subject, "failed", f"no response within {seconds:g} s", late)] for probe in probes
    ]

    def run(number: int, probe: Probe) -> None:
        results[number] = _outcomes(probe)

    # Daemons: a name server that never responds cannot be interrupted, and must not block the command's exit.
    threads = [threading.Thread(target=run, args=numbered, daemon=True) for numbered in enumerate(probes)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    # A copy: threads that are late still write into the list.
    gathered = [outcome for outcomes in list(results) for outcome in outcomes]
    # Reversed, so that the first comparison with a server is kept.
    clocks = {outcome.subject: outcome for outcome in reversed(gathered) if outcome.probe == "clock"}
    return [outcome for outcome in gathered if outcome.probe != "clock" or clocks[outcome.subject] is outcome]


def _outcomes(probe: Probe) -> list[Outcome]:
    try:
        return probe.run()
    except OmicsError as error:
        return [Outcome(probe.name, probe.subject, "failed", error.message, error.remedy)]
    except Exception as error:
        what = f"unexpected {type(error).__name__}: {error}"
        return [Outcome(probe.name, probe.subject, "failed", what, "This is a bug in omics: please report it.")]


_Row = tuple[str, str, str, str, str]
_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}
_GAP = "  "
# Maximum width of the third column, and preferred minimum width of the fourth, in characters.
_LONGEST, _LEAST = 44, 32


def summary(results: Sequence[Outcome], width: int) -> str:
    """Return outcomes in few lines: services with their times, what to look at, and the rest counted.

    Args:
        results: The outcomes.
        width: Characters per line.
    """
    notable = [
        outcome
        for outcome in results
        if outcome.probe in ("login", "public", "network") or outcome.status in ("warning", "failed")
    ]
    rest = len(results) - len(notable)
    counted = Outcome("machine", "", "ok", f"{rest} more checks; list them with --verbose")
    return outcomes([counted, *notable] if rest else notable, width)


def outcomes(results: Sequence[Outcome], width: int) -> str:
    """Return outcomes as a table, each remedy below its line, and a summary.

    Args:
        results: The outcomes.
        width: Characters per line.
    """
    rows = [(_MARKS[result.status], result.probe, result.subject, _timed(result), result.remedy) for result in results]
    counts = {status: sum(outcome.status == status for outcome in results) for status in _MARKS}
    names = {"ok": "ok", "warning": "to look at", "failed": "failed", "skipped": "skipped"}
    total = ", ".join(f"{counts[status]} {name}" for status, name in names.items())
    return "\n".join([*_table(rows, width), "", *wrapped(total.split(), width)])


def _timed(outcome: Outcome) -> str:
    return outcome.found if outcome.seconds is None else f"{outcome.found} ({outcome.seconds:.2f} s)"


def logins(findings: Sequence[Login], services: Iterable[str], width: int) -> str:
    """Return the findings for each service as a table, and how to get missing logins.

    Args:
        findings: The findings.
        services: The services that were searched for.
        width: Characters per line.
    """
    rows: list[_Row] = []
    for service in services:
        service_logins = [login for login in findings if login.service == service]
        for login in service_logins:
            note = f"{login.problem}. {login.remedy}".strip() if login.problem else login.warning
            rows.append((service, login.what, login.url or "-", login.origin and f"from {login.origin}", note))
        if not service_logins:
            rows.append((service, "nothing", "-", "", HOW_TO_GET[service]))
    return "\n".join(_table(rows, width))


def _table(rows: Sequence[_Row], width: int) -> list[str]:
    """Lay out four columns, the fourth below them if it does not fit, and the fifth below all."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    # A long path in the third column would leave no space for the fourth.
    widths[2] = min(widths[2], _LONGEST, max(0, width - sum(widths[:2]) - 3 * len(_GAP) - _LEAST))
    indent = " " * (widths[0] + len(_GAP))
    lines: list[str] = []
    for number, (*cells, last, note) in enumerate(rows):
        line_start, first = (
            "".join(f"{cell:<{of}}{_GAP}" for cell, of in zip(cells[:n], widths, strict=False)) for n in (2, 3)
        )
        if len(first) + len(last) <= width or (len(cells[2]) <= widths[2] and len(first) <= width - _LEAST):
            lines += _hung(first, last, width)
        elif len(line_start) + len(cells[2]) <= width:
            lines += [f"{line_start}{cells[2]}".rstrip(), *_hung(indent, last, width)]
        else:
            lines += [line_start.rstrip(), *_hung(indent, cells[2], width), *_hung(indent, last, width)]
        # Of neighbours with one remedy, only the last has it: without a network it is that of each.
        is_repeated = rows[number + 1 :] and rows[number + 1][-1] == note
        lines += _hung(f"{indent}> ", note, width) if note and not is_repeated else []
    return [line for line in lines if line]


def _hung(first: str, text: str, width: int) -> list[str]:
    """Wrap text after the beginning of a line with a hanging indent; long words are not split."""
    lines = wrapped(text.split(), width - len(first)) or [""]
    return [f"{first if number == 0 else ' ' * len(first)}{line}".rstrip() for number, line in enumerate(lines)]
