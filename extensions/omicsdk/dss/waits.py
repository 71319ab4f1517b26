"""How long to wait between looks at what the service does in the background."""

FIRST_WAIT = 1.0
GROWTH = 1.618
LONGEST_WAIT = 60.0
"""Seconds: the wait grows from the first to the longest by this factor, as the published client's does."""


def longer(wait: float) -> float:
    """The wait that follows a wait, both in seconds."""
    return min(wait * GROWTH, LONGEST_WAIT)
