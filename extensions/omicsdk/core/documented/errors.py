"""Exceptions that documented clients promise, made of core's: each belongs to both, so either `except` catches it."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import ClassVar, TypeVar

from omicsdk.core.errors import OmicsError


class DocumentedError(OmicsError):
    """What the base of a platform's documented exceptions inherits, before core's classes.

    Attributes:
        prefix: What the names of its classes begin with, before that of core's class: `Swagger` makes `SwaggerNotFound`.
    """

    prefix: ClassVar[str] = ""
    _base: ClassVar[type["DocumentedError"]]
    _kind: ClassVar[type[OmicsError] | None] = None

    def __reduce__(self) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
        # The classes of single kinds have no names that a pickle could find them by.
        if self._kind is None:
            return super().__reduce__()
        return _restored, (self._base, self._kind, self.args, dict(vars(self)))


E = TypeVar("E", bound=DocumentedError)


def documented(error: OmicsError, base: type[E]) -> E:
    """Gives the documented exception for one of core's.

    Args:
        error: What was raised.
        base: The base of the platform's documented exceptions.

    Returns:
        An exception of `base` and of the error's own class, with all that the error holds.
    """
    return _restored(base, type(error), error.args, vars(error))


def _restored(base: type[E], kind: type[OmicsError], args: tuple[object, ...], state: Mapping[str, object]) -> E:
    cls = _class(base, kind)
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    assert isinstance(error, base)
    return error


@cache
def _class(base: type[DocumentedError], kind: type[OmicsError]) -> type[DocumentedError]:
    stated = {"__module__": base.__module__, "__doc__": kind.__doc__, "_base": base, "_kind": kind}
    return type(f"{base.prefix}{kind.__name__}", (base, kind), stated)
