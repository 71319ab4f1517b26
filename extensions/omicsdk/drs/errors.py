"""What can go wrong with objects of DRS servers beyond the errors of every service and transfer."""

from omicsdk.core.errors import TransferError


class NoAccess(TransferError):
    """There is no way to an object's bytes: its server lists none, or none that can be gone.

    Args:
        message: What was tried, and what came of it.
        name: The object's name or identifier.
    """

    default_remedy = "Ask the server's operators where its bytes are; the object may be announced and not uploaded yet."


class BundleTooDeep(TransferError):
    """A bundle that holds itself, or more levels than any folder has."""

    default_remedy = "Download its members one by one."


class IsABundle(TransferError):
    """What is stated as a file is a bundle of files."""

    default_remedy = "Leave its size and checksums out of what is stated of it: then its members are fetched."
