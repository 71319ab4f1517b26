"""`omics doctor`: looks at this machine, the network and each configured service, and says what to do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from omicsdk.cli.doctor import telling
from omicsdk.cli.doctor.finding import find, home_to_search
from omicsdk.cli.doctor.logins import SERVICES
from omicsdk.cli.doctor.probing import environment, limit, of_machine, of_services, side_by_side
from omicsdk.cli.help import columns
from omicsdk.cli.told import Told

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console

SOMETHING_FAILED = 1


def doctor(arguments: Mapping[str, Any], console: Console) -> Told:
    """`omics doctor [SERVICE ...]`; the process ends with 1 when something failed.

    Args:
        arguments: services, timeout, json.
        console: Where the exit code goes.
    """
    from omicsdk.cli.doctor.outcome import Outcome

    environ, seconds = environment(), float(arguments["timeout"])
    named = arguments["services"]
    services = [service for service in SERVICES if named is None or service in named]
    logins = find(services, environ, home_to_search())
    probes = [*of_machine(environ), *of_services(logins, environ, seconds)]
    found = side_by_side(probes, limit(seconds))
    have = {login.service for login in logins}
    # Of a service that was asked for by name it is told that there is nothing.
    found += [
        Outcome("login", service, "skipped", "nothing is set", "See: omics init")
        for service in services
        if service not in have and named is not None
    ]
    if any(outcome.status == "failed" for outcome in found):
        console.exit_code = SOMETHING_FAILED
    rows = [outcome.row() for outcome in found]
    if arguments["json"]:
        return Told(json.dumps(rows, indent=2), rows)
    return Told(telling.outcomes(found, columns()), rows, terminal_only=True)
