"""What the Workspace Token Service needs of the commons."""

from typing import Protocol

from omicsdk.sandbox.gen3.access import Access
from omicsdk.sandbox.gen3.wts.state import Wts
from omicsdk.sandbox.service import Grounds


class Needs(Protocol):
    """The parts of a commons.

    Attributes:
        grounds: What it stands on.
        access: People and their tokens.
        wts: Other commons, and who is connected to them.
    """

    grounds: Grounds
    access: Access
    wts: Wts
