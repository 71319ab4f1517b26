"""What is wrong with a data set."""

from collections.abc import Sequence

from omicsdk.core.errors import UsageError
from omicsdk.gen3.records.tables import Finding

#: Faults that a message lists.
LISTED = 10


class SdsError(UsageError):
    """A folder is no SDS data set, or what stands in it can't become records.

    Args:
        message: What is wrong.
        remedy: What to do.
        findings: Each fault with its place, where there are several.
    """

    def __init__(self, message: str = "", *, remedy: str | None = None, findings: Sequence[Finding] = ()) -> None:
        super().__init__(message, remedy=remedy)
        self.findings = tuple(findings)


def refused(folder: str, findings: Sequence[Finding], version: str) -> SdsError:
    """Gives the error that tells of a data set's faults.

    Args:
        folder: The data set.
        findings: Its faults, at least one.
        version: The version of the structure that it was read as.
    """
    listed = [f"  {each}" for each in findings[:LISTED]]
    more = [f"  and {len(findings) - LISTED} more"] if len(findings) > LISTED else []
    many = "1 fault" if len(findings) == 1 else f"{len(findings)} faults"
    return SdsError(
        "\n".join([f"{folder}, read as SDS {version}, has {many}:", *listed, *more]),
        remedy="Nothing was written." if len(findings) == 1 else "Correct them; nothing was written.",
        findings=findings,
    )
