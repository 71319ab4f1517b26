"""How large a file may be and how deep its values may nest, and the faults that every format can have."""

from __future__ import annotations

from .faults import Fault
from .values import Json, unescape

# Twice the largest known published document (a cloud vendor's, some 30 MB).
MAX_BYTES = 64 * 1024 * 1024
# Published documents stay under 40; the steps walk by recursion, a few calls a level, and Python stops that at 1,000.
MAX_DEPTH = 100
# Most values that aliases may add: a hundred times those of documents with anchors, and some 100 MB.
MAX_COPIED = 1_000_000

# Each becomes a class in a file; the largest published documents have some 7,000. They need some 2 GB and some minutes.
MAX_MODELS = 50_000


class TooManyModels(Exception):
    """A document has more than `MAX_MODELS` models."""


def too_deep(value: Json) -> bool:
    """Whether a value nests deeper than `MAX_DEPTH`."""
    stack: list[tuple[Json, int]] = [(value, 0)]
    while stack:
        node, level = stack.pop()
        if level > MAX_DEPTH:
            return True
        if isinstance(node, dict):
            stack.extend((member, level + 1) for member in node.values())
        elif isinstance(node, list):
            stack.extend((member, level + 1) for member in node)
    return False


def nested_fault(label: str, line: int | None) -> Fault:
    """The fault of a file that nests too deep."""
    return Fault(f"it nests deeper than {MAX_DEPTH} levels", "Give inner parts names, and refer to them.", label, line)


def models_fault(label: str) -> Fault:
    """The fault of a document of more models than a package can have."""
    return Fault(
        f"it states more than {MAX_MODELS:,} objects, each of which would be a class",
        "Take a part of it: --only TAG.",
        label,
    )


def copied_fault(label: str, line: int | None) -> Fault:
    """The fault of a file whose aliases multiply."""
    return Fault(
        f"its aliases stand for more than {MAX_COPIED:,} values", "Write references instead of aliases.", label, line
    )


def twice_fault(pointer: str, label: str, line: int | None) -> Fault:
    """The fault of a mapping with one key twice."""
    key = unescape(pointer.rpartition("/")[2])
    return Fault(
        f"the key {key} stands twice in one mapping", "Keep one, or name the second otherwise.", label, line, pointer
    )
