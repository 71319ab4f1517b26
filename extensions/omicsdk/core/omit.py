"""The sentinel for an omitted argument, as opposed to `None`, which is JSON's null."""

from enum import Enum
from typing import Final


class Omit(Enum):
    """Type of `OMIT`; an enum, because type checkers narrow `value is OMIT` for enums only."""

    OMIT = "OMIT"

    def __repr__(self) -> str:
        return "OMIT"

    def __bool__(self) -> bool:
        return False


OMIT: Final = Omit.OMIT
"""Default of every optional argument: it is not sent."""
