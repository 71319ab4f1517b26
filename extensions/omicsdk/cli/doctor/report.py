"""The list of probes, running them side by side with a time limit, and the report."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor import Outcome, machine, network
from omicsdk.cli.doctor.services import HOW_TO_GET, Answer, ask, judge
from omicsdk.cli.help import wrapped
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import AuthError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from omicsdk.cli.doctor import Outcome
    from omicsdk.cli.doctor.services import Login


class Probe(NamedTuple):
    """Something to look at.

    Attributes:
        name: What the probe is called.
        subject: What it looks at.
        look: Looks, and tells what was found.
    """

    name: str
    subject: str
    look: Callable[[], list[Outcome]]


def of_machine(environ: Mapping[str, str]) -> list[Probe]:
    """The probes that ask nobody.

    Args:
        environ: The environment's variables.
    """
    rooms = [Probe("disk", place.use, lambda place=place: [machine.room(place)]) for place in machine.folders(environ)]
    return [
        Probe("versions", "", _versions),
        Probe("pycurl", "", lambda: [machine.curl()]),
        Probe("extras", "", lambda: machine.extras(machine.missing_of_extras())),
        Probe("encoding", "", lambda: [machine.encodings()]),
        Probe("open files", "", lambda: [machine.open_files(*machine.file_limits())]),
        *rooms,
        Probe("hard links", "", lambda: [machine.hard_links()]),
    ]


def of_services(logins: Iterable[Login], environ: Mapping[str, str], seconds: float) -> list[Probe]:
    """The probes of what is configured: the way to each server, then each login with one call.

    Args:
        logins: What was found.
        environ: The environment's variables.
        seconds: How long each step of a request may take.
    """
    found = list(logins)
    # Some credentials are found twice, such as a file that a variable names: one call is enough.
    origins = list(dict.fromkeys(origin for login in found if login.call and (origin := origin_of(login.call.url))))
    probes: list[Probe] = []
    for origin in origins:
        probes += [
            Probe("name", origin, lambda origin=origin: [network.resolution(origin, environ)]),
            Probe("proxy", origin, lambda origin=origin: [network.proxy(origin, environ, seconds)]),
            Probe("tls", origin, lambda origin=origin: [network.encryption(origin, environ, seconds)]),
        ]
    return probes + [Probe("login", login.subject, partial(tried, login, environ, seconds)) for login in found]


def tried(login: Login, environ: Mapping[str, str], seconds: float) -> list[Outcome]:
    """Tries one login, and compares clocks by the answer.

    Args:
        login: The login.
        environ: The environment's variables.
        seconds: How long each step of the request may take.
    """
    answer: Answer | None = None
    if login.call is not None and not login.problem:
        answer = ask(login.call, seconds, environ)
    judged = judge(login, answer)
    dated = answer
    if answer is not None and login.call is not None and isinstance(answer.error, AuthError) and not answer.status:
        # Nothing was sent: the token seems to have ended, by a clock that may be wrong.
        dated = ask(login.call._replace(proof=None, body=None), seconds, environ)
    if dated is None or not dated.date:
        return [judged]
    from urllib.parse import urlsplit

    clock = network.clock(urlsplit(login.url).hostname or login.url, dated.date, dated.at)
    if clock.status == judged.status == "failed":
        judged = judged._replace(remedy=f"Set this machine's clock first. {judged.remedy}".rstrip())
    return [judged, clock]


def side_by_side(probes: Sequence[Probe], seconds: float) -> list[Outcome]:
    """Runs probes in a thread each.

    Args:
        probes: What to look at.
        seconds: How long they may take; one that takes longer has failed, and is left behind.

    Returns:
        Their outcomes in the order of the probes; a clock that several looked at is told once.
    """
    results: list[list[Outcome] | None] = [None] * len(probes)

    def run(number: int, probe: Probe) -> None:
        results[number] = _outcomes(probe)

    # Daemons: a name server that never answers can't be interrupted, and shan't keep the command from ending.
    threads = [threading.Thread(target=run, args=each, daemon=True) for each in enumerate(probes)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + seconds
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = "Check the network; or give it longer: --timeout SECONDS."
    told: list[Outcome] = []
    for probe, outcomes in zip(probes, results, strict=True):
        late_one = Outcome(probe.name, probe.subject, "failed", f"no answer within {seconds:g} s", late)
        told += [late_one] if outcomes is None else outcomes
    return _once(told)


def _outcomes(probe: Probe) -> list[Outcome]:
    try:
        return probe.look()
    except OmicsError as error:
        return [Outcome(probe.name, probe.subject, "failed", error.message, error.remedy)]
    except Exception as error:
        what = f"unexpected {type(error).__name__}: {error}"
        return [Outcome(probe.name, probe.subject, "failed", what, "This is a fault of omics: please report it.")]


def _once(outcomes: Iterable[Outcome]) -> list[Outcome]:
    """The outcomes, clocks of one server told once."""
    clocks: set[str] = set()
    kept: list[Outcome] = []
    for outcome in outcomes:
        if outcome.probe == "clock":
            if outcome.subject in clocks:
                continue
            clocks.add(outcome.subject)
        kept.append(outcome)
    return kept


def _versions() -> list[Outcome]:
    import platform

    from omicsdk import __version__

    python = f"{platform.python_implementation()} {platform.python_version()}"
    return [machine.versions(__version__, python, f"{platform.system()} {platform.release()} {platform.machine()}")]


def limit(seconds: float) -> float:
    """How long a probe may take as a whole: a connection and an answer, each within its own time.

    Args:
        seconds: How long each step may take.
    """
    return 2 * seconds + 1


def environment() -> dict[str, str]:
    """The process' variables, as they are when the command begins."""
    return dict(os.environ)


_Row = tuple[str, str, str, str, str]
_MARKS = {"ok": "ok", "warning": "WARNING", "failed": "FAILED", "skipped": "-"}
_GAP = "  "
_LONGEST, _LEAST = 44, 32
"""Characters that the third column takes at the most, and that are kept for the fourth as far as may be."""


def outcomes(found: Sequence[Outcome], width: int) -> str:
    """Outcomes as a table, each remedy below its line, and a sum.

    Args:
        found: The outcomes.
        width: Characters a line.
    """
    rows = [(_MARKS[each.status], each.probe, each.subject, each.found, each.remedy) for each in found]
    counts = {status: sum(each.status == status for each in found) for status in _MARKS}
    total = f"{counts['ok']} ok, {counts['warning']} to look at, {counts['failed']} failed, {counts['skipped']} skipped"
    return "\n".join([*_table(rows, width), "", *wrapped(total.split(), width)])


def logins(found: Sequence[Login], services: Iterable[str], width: int) -> str:
    """What was found for each service, and how to get what wasn't.

    Args:
        found: What was found.
        services: The services that were looked for.
        width: Characters a line.
    """
    rows: list[_Row] = []
    for service in services:
        own = [login for login in found if login.service == service]
        rows += [
            (
                service,
                login.what,
                login.url or "-",
                f"from {login.origin}" if login.origin else "",
                f"{login.problem}. {login.remedy}".strip() if login.problem else login.warning,
            )
            for login in own
        ]
        if not own:
            rows.append((service, "nothing", "-", "", HOW_TO_GET[service]))
    return "\n".join(_table(rows, width))


def _table(rows: Sequence[_Row], width: int) -> list[str]:
    """Four columns side by side, the fourth below them where it has no room, and the fifth below all."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    # What is as long as a path would push everything else off the screen.
    widths[2] = min(widths[2], _LONGEST, max(0, width - sum(widths[:2]) - 3 * len(_GAP) - _LEAST))
    indent = " " * (widths[0] + len(_GAP))
    lines: list[str] = []
    for *cells, last, note in rows:
        first = "".join(f"{cell:<{place}}{_GAP}" for cell, place in zip(cells, widths, strict=True))
        if len(first) + len(last) <= width or (len(cells[2]) <= widths[2] and len(first) <= width - _LEAST):
            lines += _hung(first, last.split(), width, " " * len(first))
        else:
            begun = "".join(f"{cell:<{place}}{_GAP}" for cell, place in zip(cells[:2], widths, strict=False))
            lines += _hung(begun, cells[2].split(" "), width, indent)
            lines += _hung(indent, last.split(), width, indent) if last else []
        lines += _hung(f"{indent}> ", note.split(), width, f"{indent}  ") if note else []
    return lines


def _hung(first: str, words: Sequence[str], width: int, indent: str) -> list[str]:
    """Words behind the beginning of a line; those that it has no room for stand below, where one that is too long stays whole."""
    lines, is_begun = [first], False
    for word in words:
        longer = f"{lines[-1]} {word}" if is_begun else f"{lines[-1]}{word}"
        if len(longer) <= width or not (is_begun or len(indent) < len(first)):
            lines[-1] = longer
        else:
            lines.append(f"{indent}{word}")
        is_begun = True
    return [line.rstrip() for line in lines]
