"""The states of an upload, by its table."""

from omicsdk.transfer.uploads.transitions import TRANSITIONS

from diagrams.states import boxes
from diagrams.svg import drawing


def draw() -> str:
    """The drawing."""
    return drawing("The states of an upload", [[box] for box in boxes(TRANSITIONS)], arrows=False, columns=1)
