"""Who imports whom: rows from the contracts of import-linter, and in each box what the code really imports."""

from diagrams.sources import imports, layers, packages
from diagrams.svg import Box, drawing


def rows() -> list[list[Box]]:
    """The boxes from top to bottom; the last row has what is beside the layers."""
    stacked = layers()
    named = {name for row in stacked for name in row}
    beside = [name for name in packages() if name not in named]
    return [[_box(name) for name in row] for row in [*stacked, beside] if row]


def _box(name: str) -> Box:
    used = sorted(short(package) for package in imports(name))
    return Box(short(name), f"imports {', '.join(used)}" if used else "imports none of them")


def short(package: str) -> str:
    """A package without `omicsdk.` before it."""
    return package.removeprefix("omicsdk.")


def draw() -> str:
    """The drawing."""
    return drawing("The packages in layers, with what each imports", rows(), arrows=False)
