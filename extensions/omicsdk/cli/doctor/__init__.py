"""The probes of `omics doctor` and `omics init`: of the machine, the network and the services."""

from __future__ import annotations

from typing import Literal, NamedTuple

Status = Literal["ok", "warning", "failed", "skipped"]


class Outcome(NamedTuple):
    """What one probe found.

    Attributes:
        probe: Its name.
        subject: What it checked: a host, a folder, a service's login; empty if there is only one.
        status: Whether it works.
        found: The finding, without secrets.
        remedy: The remedy; empty if none is necessary.
        seconds: How long the service took to respond; None if it was not asked.
        free: The free space of a folder, such as "25.7 GiB"; None if it is no folder, or unknown.
    """

    probe: str
    subject: str
    status: Status
    found: str
    remedy: str = ""
    seconds: float | None = None
    free: str | None = None
