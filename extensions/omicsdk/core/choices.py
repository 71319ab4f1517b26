"""The values of an enum: constants that editors complete, and the way from a read value to an argument."""

from typing import Any, Generic, TypeVar, cast

from omicsdk.core.errors import UsageError

T = TypeVar("T")


class Choices(Generic[T]):
    """Base of the classes in a generated module `choices`; the constants are the values that the document lists.

    A service may return others, so a field that was read is a text. `of` checks it, for an argument that only accepts
    the listed ones.
    """

    @classmethod
    def values(cls) -> tuple[T, ...]:
        """All values, in the document's order."""
        return tuple(value for name, value in vars(cls).items() if not name.startswith("_"))

    @classmethod
    def of(cls, value: object) -> T:
        """Return a value as one of the listed ones.

        Args:
            value: What was read, or typed by a user.

        Raises:
            UsageError: It is none of them.
        """
        values = cls.values()
        if value not in cast("tuple[Any, ...]", values):
            choices_text = ", ".join(map(repr, values))
            raise UsageError(f"{value!r} is no {cls.__name__}", remedy=f"Use one of {choices_text}.")
        return cast("T", value)
