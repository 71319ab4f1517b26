"""The states of a download, by its table."""

from omicsdk.transfer.downloads.transitions import TRANSITIONS

from diagrams.states import boxes
from diagrams.svg import drawing


def draw() -> str:
    """The drawing."""
    return drawing("The states of a download", [[box] for box in boxes(TRANSITIONS)], arrows=False, columns=1)
