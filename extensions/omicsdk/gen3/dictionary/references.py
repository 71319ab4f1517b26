"""References between the parts of a dictionary."""

from collections.abc import Mapping
from typing import Any

from omicsdk.core.narrowing import is_array, is_object

#: References that may lead to each other; more of them are a circle.
DEPTH = 100
#: Values that a part may stand for with its references written out; nodes of published dictionaries have some thousands.
MOST_VALUES = 100_000


class BrokenReference(Exception):
    """A reference leads nowhere, or in a circle, or references multiply without end."""


def resolved(part: Any, document: Mapping[str, Any]) -> Any:
    """Gives a part of a dictionary with what its references lead to in their place.

    Args:
        part: The part.
        document: The whole dictionary; parts are keys, with or without .yaml behind them.

    Raises:
        BrokenReference: A reference leads nowhere, or in a circle, or the part stands for more than `MOST_VALUES` values.
    """
    values = 0

    def written_out(part: Any, depth: int) -> Any:
        nonlocal values
        values += 1
        if depth > DEPTH:
            raise BrokenReference("The dictionary's references lead in a circle")
        if values > MOST_VALUES:
            raise BrokenReference(f"The dictionary's references stand for more than {MOST_VALUES:,} values in one node")
        if is_object(part):
            if isinstance(reference := part.get("$ref"), str):
                own = {name: written_out(each, depth + 1) for name, each in part.items() if name != "$ref"}
                there = written_out(_target(reference, document), depth + 1)
                return {**there, **own} if is_object(there) else there
            return {name: written_out(each, depth + 1) for name, each in part.items()}
        if is_array(part):
            return [written_out(each, depth + 1) for each in part]
        return part

    return written_out(part, 0)


def _target(reference: str, document: Mapping[str, Any]) -> Any:
    """What a reference leads to: `_definitions.yaml#/state`, `#/_definitions/state`, or `#/state` among definitions."""
    file, _, pointer = reference.partition("#")
    steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/") if step]
    place: Any = document
    if file:
        place = document.get(file.removesuffix(".yaml"), document.get(file))
    elif steps and steps[0] not in document:
        place = document.get("_definitions")
    for step in steps:
        if not is_object(place) or step not in place:
            raise BrokenReference(f"The dictionary refers to {reference}, which isn't there")
        place = place[step]
    if place is None:
        raise BrokenReference(f"The dictionary refers to {reference}, which isn't there")
    return place
