"""Who may write."""

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call


def writable(dss: Dss) -> None:
    """Raises a 503 while the Data Store is read-only."""
    if dss.grounds.settings.flag("dss.read_only"):
        wait = {"Retry-After": str(round(dss.grounds.settings.number("dss.retry_after")))}
        raise Problem(503, "read_only", "The Data Store is currently read-only", wait)


def writer(dss: Dss, call: Call, *, group: str = "hca") -> Caller:
    """The sender of a request that writes data.

    Args:
        dss: The Data Store.
        call: The request.
        group: What the sender must belong to.

    Returns:
        The sender.

    Raises:
        Problem: 403; the sender isn't in the group. 503; the Data Store is read-only.
    """
    writable(dss)
    call.sender.needs(group)
    return call.sender
