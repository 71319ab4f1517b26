"""The list of probes, and running them side by side with a time limit."""

from __future__ import annotations

import os
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from omicsdk.cli.doctor import inventory, machine, network, reaching, software, surveying
from omicsdk.cli.doctor.outcome import Outcome
from omicsdk.cli.doctor.trying import Answer, ask, judge
from omicsdk.core.credentials import origin_of
from omicsdk.core.errors import AuthError, OmicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from omicsdk.cli.doctor.logins import Login


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
    rooms = [
        Probe("disk", place.use, lambda place=place: [machine.room(surveying.room(place))])
        for place in surveying.folders(environ)
    ]
    return [
        Probe("versions", "", _versions),
        Probe("pycurl", "", lambda: [software.curl(inventory.curl())]),
        Probe("extras", "", lambda: software.extras(inventory.missing_of_extras())),
        Probe("encoding", "", lambda: [machine.encodings(surveying.encodings())]),
        Probe("open files", "", lambda: [machine.open_files(*surveying.file_limits())]),
        *rooms,
        Probe("hard links", "", lambda: [machine.hard_links(surveying.links())]),
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
            Probe("name", origin, lambda origin=origin: [network.resolution(reaching.names(origin, environ))]),
            Probe("proxy", origin, lambda origin=origin: [network.proxy(reaching.proxy(origin, environ, seconds))]),
            Probe(
                "tls", origin, lambda origin=origin: [network.encryption(reaching.encryption(origin, environ, seconds))]
            ),
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
    return [software.versions(__version__, python, f"{platform.system()} {platform.release()} {platform.machine()}")]


def limit(seconds: float) -> float:
    """How long a probe may take as a whole: a connection and an answer, each within its own time.

    Args:
        seconds: How long each step may take.
    """
    return 2 * seconds + 1


def environment() -> dict[str, str]:
    """The process' variables, as they are when the command begins."""
    return dict(os.environ)
