"""How types of a document are written in Python, where there is a choice."""

from __future__ import annotations

from dataclasses import dataclass

DATES = frozenset({"date", "date-time"})
NATIVE = DATES | {"uuid", "decimal", "byte", "duration", "time", "int64"}


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


def type_options(types: str, dates: str, *, open_enums: bool = False) -> TypeOptions:
    """Return the choices of a command.

    Args:
        types: `native` or `text`.
        dates: `datetime` for dates alone, or `text`.
        open_enums: whether arguments accept values that an enum does not list.
    """
    return TypeOptions(NATIVE if types == "native" else DATES if dates == "datetime" else frozenset(), open_enums)


def native_words(types: TypeOptions) -> frozenset[str]:
    """Return the names of Python's types that a class of a document must not have."""
    return frozenset({"uuid": "UUID", "decimal": "Decimal"}[form] for form in types.formats & {"uuid", "decimal"})
