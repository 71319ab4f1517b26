"""`omics doctor`: looks at this machine, the network and each configured service, and says what to do."""

from __future__ import annotations

import json as encoding
from typing import TYPE_CHECKING, Literal

from omicsdk.cli.doctor import Outcome, report
from omicsdk.cli.doctor.report import environment, limit, of_machine, of_services, side_by_side
from omicsdk.cli.doctor.services import SERVICES, find
from omicsdk.cli.help import columns
from omicsdk.cli.output import Told

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omicsdk.cli.console import Console

SOMETHING_FAILED = 1

Service = Literal["dss", "auth", "upload", "sb", "gen3", "crunch", "pangea"]


def doctor(services: Sequence[Service] = (), *, json: bool = False, timeout: float = 10, console: Console) -> Told:
    """Check this machine, the network and each configured service.

    Name resolution, proxy, TLS, clocks, each login with one call that changes nothing; disk, hard links, open files, encoding,
    libcurl, versions, extras. Only configured services are contacted. Prints what is wrong with its remedy, and ends with 1 when
    a check failed.

    Args:
        services: Only these services; by default all that are configured.
        json: Print JSON, on a terminal too.
        timeout: Seconds that each step of a call may take.
        console: Where the exit code is set.
    """
    environ = environment()
    named = [service for service in SERVICES if not services or service in services]
    logins = find(named, environ)
    found = side_by_side([*of_machine(environ), *of_services(logins, environ, timeout)], limit(timeout))
    # Of a service that was named it is reported that nothing was found.
    have = {login.service for login in logins}
    found += [
        Outcome("login", service, "skipped", "nothing is set", "See: omics init")
        for service in named
        if services and service not in have
    ]
    if any(outcome.status == "failed" for outcome in found):
        console.exit_code = SOMETHING_FAILED
    rows = [outcome.row() for outcome in found]
    if json:
        return Told(encoding.dumps(rows, indent=2), rows)
    return Told(report.outcomes(found, columns()), rows, terminal_only=True)
