"""A file's way through a download: the modules that it passes, in their own words."""

from collections.abc import Sequence

from diagrams.sources import ROOTS, first_sentence
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


def staged(title: str, package: str, stages: Sequence[tuple[str, str]]) -> str:
    """A drawing of stages from top to bottom.

    Args:
        title: Its name.
        package: The package below omicsdk.
        stages: What happens, and the module of the package that does it.
    """
    folder = ROOTS["omicsdk"] / package
    boxes = [
        Box(f"{what}  ({module.replace('/', '.')})", first_sentence(folder / f"{module}.py")) for what, module in stages
    ]
    return drawing(title, [[box] for box in boxes], arrows=True, columns=1)


def draw() -> str:
    """The drawing."""
    return staged("The stages of a downloaded file", "transfer", STAGES)
