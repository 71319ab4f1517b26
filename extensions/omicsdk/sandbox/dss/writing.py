"""Who may write."""

from omicsdk.sandbox.auth import Caller
from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.service import Call


def writer(dss: Dss, call: Call, *, group: str = "hca") -> Caller:
    """The sender of a request that writes.

    Args:
        dss: The Data Store.
        call: The request.
        group: What the sender must belong to.

    Returns:
        The sender.

    Raises:
        Problem: 403; the sender isn't in the group, or the Data Store is read-only.
    """
    caller = call.sender
    caller.needs(group)
    if dss.grounds.settings.flag("dss.read_only"):
        raise Problem(403, "read_only", "The Data Store is read-only at present")
    return caller
