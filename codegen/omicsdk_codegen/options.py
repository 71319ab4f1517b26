"""How types of a document are written in Python, where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass

DATES = frozenset({"date", "date-time"})


@dataclass(frozen=True)
class TypeOptions:
    """The choices.

    Attributes:
        formats: formats whose texts are types of Python.
        open_enums: whether arguments accept values that an enum does not list.
    """

    formats: frozenset[str] = frozenset()
    open_enums: bool = False


AS_TEXT = TypeOptions()
