"""A property of a node: which values it takes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from omicsdk.core.narrowing import is_array, is_object

#: Below how many schemas within schemas values are looked at.
DEPTH = 20


@dataclass(frozen=True, slots=True)
class Shape:
    """One way in which a value may be right.

    Attributes:
        kinds: Types of JSON that it may have; any where there are none.
        choices: The values that it may have; any where it is None.
        pattern: What a text must have in it, as JSON Schema means it; None where that doesn't matter.
        format: Such as date-time; empty where there is none.
        minimum: The least number; None where there is none.
        maximum: The greatest number; None where there is none.
        items: What each value of a list may be; anything where there is none.
        keys: Names that an object must have.
    """

    kinds: tuple[str, ...] = ()
    choices: tuple[Any, ...] | None = None
    pattern: re.Pattern[str] | None = None
    format: str = ""
    minimum: float | None = None
    maximum: float | None = None
    items: tuple[Shape, ...] = ()
    keys: tuple[str, ...] = ()


@dataclass(frozen=True)
class Property:
    """A property of a node.

    Attributes:
        name: Its name.
        shapes: The ways in which its value may be right; anything is where there are none.
        required: Whether each record has it.
        system: Whether the commons sets it.
        description: What it is, in the dictionary's words; may be empty.
        default: What it is where nobody says anything; None where there is no such value.
    """

    name: str
    shapes: tuple[Shape, ...]
    required: bool = False
    system: bool = False
    description: str = ""
    default: Any = field(default=None, hash=False)

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Types of JSON that it may have, each once, without null."""
        found = dict.fromkeys(kind for shape in self.shapes for kind in shape.kinds)
        return tuple(kind for kind in found if kind != "null")

    @cached_property
    def choices(self) -> tuple[Any, ...]:
        """The values that it may have, where it is chosen from a list; none where it isn't."""
        if any(shape.choices is None and shape.kinds != ("null",) for shape in self.shapes):
            return ()
        found = (value for shape in self.shapes for value in shape.choices or ())
        return tuple(value for value in dict.fromkeys(found) if value is not None)

    @cached_property
    def takes_any_text(self) -> bool:
        """Whether every text is right."""
        free = Shape(kinds=("string",))
        return not self.shapes or any(
            replace(shape, kinds=free.kinds) == free for shape in self.shapes if "string" in shape.kinds
        )

    @cached_property
    def read_as(self) -> str:
        """As what kind of value a cell of a table is read: the first that the dictionary states; string by default."""
        return next(iter(self.kinds), "string")

    @cached_property
    def read_items_as(self) -> str:
        """As what kind of value each text of a list in a cell is read."""
        kinds = (kind for shape in self.shapes for inner in shape.items for kind in inner.kinds if kind != "null")
        return next(kinds, "string")


def shapes_of(schema: Mapping[str, Any], depth: int = 0) -> tuple[Shape, ...]:
    """Gives the ways in which a value may be right.

    Args:
        schema: A JSON schema without references; what isn't understood of it allows everything.
        depth: In how many schemas it stands.
    """
    if depth > DEPTH:
        return ()
    for word in ("anyOf", "oneOf"):
        if is_array(stated := schema.get(word)):
            found = [shapes_of(each, depth + 1) if is_object(each) else () for each in stated]
            return () if any(not shapes for shapes in found) else tuple(shape for shapes in found for shape in shapes)
    kinds, choices = _kinds(schema.get("type")), schema.get("enum")
    if not kinds and not is_array(choices):
        return ()
    items = schema.get("items")
    return (
        Shape(
            kinds=kinds,
            choices=tuple(_hashable(choices)) if is_array(choices) else None,
            pattern=_pattern(schema.get("pattern")),
            format=schema["format"] if isinstance(schema.get("format"), str) else "",
            minimum=_number(schema.get("minimum")),
            maximum=_number(schema.get("maximum")),
            items=shapes_of(items, depth + 1) if is_object(items) else (),
            keys=tuple(str(key) for key in schema.get("required") or ()),
        ),
    )


def _kinds(stated: object) -> tuple[str, ...]:
    if isinstance(stated, str):
        return (stated,)
    return tuple(each for each in stated if isinstance(each, str)) if is_array(stated) else ()


def _hashable(choices: Sequence[Any]) -> list[Any]:
    return [each for each in choices if each is None or isinstance(each, str | int | float)]


def _number(stated: object) -> float | None:
    return stated if isinstance(stated, int | float) and not isinstance(stated, bool) else None


def _pattern(stated: object) -> re.Pattern[str] | None:
    if not isinstance(stated, str):
        return None
    try:
        return re.compile(stated)
    except re.error:  # one of another dialect: the commons tells
        return None
