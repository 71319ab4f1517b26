"""The generator's steps: the modules that say so, `Step 1:` to the last, in their own words."""

import re

from diagrams.sources import ROOTS
from diagrams.svg import Box, drawing


def steps() -> list[Box]:
    """The steps in their order."""
    boxes: dict[int, Box] = {}
    for path in sorted(ROOTS["omicsdk_codegen"].glob("*.py")):
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        if step := re.match(r'"""Step (\d+): (.*)', first):
            text = step[2].rstrip('"').partition(". ")[0].rstrip(".")
            boxes[int(step[1])] = Box(f"{step[1]}  {path.stem}", text)
    return [boxes[number] for number in sorted(boxes)]


def draw() -> str:
    """The drawing."""
    return drawing("The steps from a document to a client", [[box] for box in steps()], arrows=True, columns=1)
