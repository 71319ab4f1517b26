"""A file's way through a download: the modules that it passes, in their own words."""

from diagrams.sources import ROOTS, said
from diagrams.svg import Box, drawing

STAGES = (
    ("admit, and execute", "downloads/engine"),
    ("decide", "downloads/transitions"),
    ("ask, and judge the answer", "network/requests"),
    ("queue, and write", "downloads/receiving"),
    ("hash", "checksums"),
    ("place, and make durable", "downloads/files"),
    ("remember", "journal"),
)
"""What happens, and the module below omicsdk.transfer that does it."""


def stages() -> list[Box]:
    """The stages in their order."""
    folder = ROOTS["omicsdk"] / "transfer"
    return [Box(f"{what}  ({module.replace('/', '.')})", said(folder / f"{module}.py")) for what, module in STAGES]


def draw() -> str:
    """The drawing."""
    return drawing("The stages of a downloaded file", [[box] for box in stages()], arrows=True, columns=1)
