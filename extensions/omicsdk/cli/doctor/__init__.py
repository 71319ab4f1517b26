"""The probes of `omics doctor` and `omics init`: of the machine, the network and the services."""

from __future__ import annotations

from typing import Literal, NamedTuple

Status = Literal["ok", "warning", "failed", "skipped"]


class Outcome(NamedTuple):
    """What one probe found.

    Attributes:
        probe: Its name.
        subject: What it checked: a host, a folder, a service's login; empty where there is one only.
        status: Whether it works.
        found: What was found, without secrets.
        remedy: What to do; empty where nothing needs to be done.
    """

    probe: str
    subject: str
    status: Status
    found: str
    remedy: str = ""
