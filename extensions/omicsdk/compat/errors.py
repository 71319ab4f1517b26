"""Exceptions of the documented clients that are also exceptions of core, so that either `except` catches them.

Where the published client raised an exception of `requests` or aiohttp, ours is one of these as well, so that a program's
`except requests.HTTPError` still catches it. Nothing imports them for that: a program that has not imported them cannot name them.
"""

import sys
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from omicsdk.core.errors import APIError, OmicsError, TimedOut, TransportError

if TYPE_CHECKING:
    from omicsdk.compat.responses import RefusedResponse

# Kinds of errors, the special ones first, to names that they are caught by: a module's, and those of its classes.
Foreign = Mapping[type[OmicsError], tuple[str, ...]]

# Exceptions of `requests` for a failed connection.
NO_RESPONSE_OF_REQUESTS: Foreign = MappingProxyType(
    {TimedOut: ("requests", "ConnectTimeout", "ReadTimeout"), TransportError: ("requests", "ConnectionError")}
)
# Exceptions of published clients that call `raise_for_status` of `requests`.
OF_REQUESTS: Foreign = MappingProxyType({**NO_RESPONSE_OF_REQUESTS, APIError: ("requests", "HTTPError")})
# Exceptions of published clients that call `raise_for_status` of aiohttp.
OF_AIOHTTP: Foreign = MappingProxyType(
    {
        TimedOut: ("aiohttp", "ServerTimeoutError"),
        TransportError: ("aiohttp", "ClientConnectionError"),
        APIError: ("aiohttp", "ClientResponseError"),
    }
)


class DocumentedError(OmicsError):
    """Base of the documented exceptions of each platform, inherited before the classes of core.

    Attributes:
        prefix: What the names of its classes begin with, before that of core's class: `Swagger` makes `SwaggerNotFound`.
        foreign: What the published client's exceptions were besides.
    """

    prefix: ClassVar[str] = ""
    foreign: ClassVar[Foreign] = MappingProxyType({})
    _base: ClassVar[type["DocumentedError"]]
    _kind: ClassVar[type[OmicsError] | None] = None

    def __reduce__(self) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
        # The classes of single kinds have no names that a pickle could find them by.
        if self._kind is None:
            return super().__reduce__()
        return _restored, (self._base, self._kind, self.args, dict(vars(self)))


E = TypeVar("E", bound=OmicsError)
D = TypeVar("D", bound=DocumentedError)


def documented(error: OmicsError, base: type[D]) -> D:
    """Return the documented exception for an exception of core.

    Args:
        error: The exception.
        base: The base of the platform's documented exceptions.

    Returns:
        An exception of `base` and of the error's own class, with all that the error holds.
    """
    return _restored(base, _own_class(type(error)), error.args, vars(error))


def catchable(error: E, foreign: Foreign) -> E:
    """Return an error that also has the class that a published client raised, if the program has imported its package.

    Args:
        error: The exception.
        foreign: The class that it should be caught by.

    Returns:
        The error itself if nothing is to be added, else an error of its class and of those, with all its attributes.
    """
    kind = _own_class(type(error))
    bases = _foreign_bases(kind, foreign)
    if not bases or isinstance(error, bases):
        return error
    converted = _again(_caught_by(kind, bases), error.args, vars(error)).with_traceback(error.__traceback__)
    return cast("E", converted)


def _restored(base: type[D], kind: type[OmicsError], args: tuple[object, ...], state: Mapping[str, object]) -> D:
    cls = _class(base, kind)
    bases = _foreign_bases(kind, base.foreign)
    error = _again(_caught_by(cls, bases) if bases else cls, args, state)
    assert isinstance(error, base)
    return error


def _again(cls: type[OmicsError], args: tuple[object, ...], state: Mapping[str, object]) -> OmicsError:
    error = cls.__new__(cls, *args)
    error.args = args
    vars(error).update(state)
    return error


@cache
def _class(base: type[DocumentedError], kind: type[OmicsError]) -> type[DocumentedError]:
    namespace = {"__module__": base.__module__, "__doc__": kind.__doc__, "_base": base, "_kind": kind}
    return type(f"{base.prefix}{kind.__name__}", (base, kind), namespace)


# -- what others raise


class _Response:
    """Response of an error as in `requests`, unless one is set on the error."""

    def __get__(self, error: OmicsError | None, owner: type) -> "RefusedResponse | None":
        if not isinstance(error, APIError):
            return None
        from omicsdk.compat.responses import RefusedResponse

        return RefusedResponse(error, lambda same: same)


def _foreign_bases(kind: type[OmicsError], foreign: Foreign) -> tuple[type[Exception], ...]:
    """Foreign classes for an error class; empty while the program has not imported them."""
    module, *names = next((names for our_class, names in foreign.items() if issubclass(kind, our_class)), ("",))
    loaded = sys.modules.get(module)
    candidates = (getattr(loaded, name, None) for name in names)
    return tuple(
        candidate for candidate in candidates if isinstance(candidate, type) and issubclass(candidate, Exception)
    )


@cache
def _caught_by(kind: type[OmicsError], bases: tuple[type[Exception], ...]) -> type[OmicsError]:
    """Create a class with both bases; state, text and name are those of our class."""
    namespace: dict[str, Any] = {
        "__module__": kind.__module__,
        "__qualname__": kind.__qualname__,
        "__doc__": kind.__doc__,
    }
    namespace |= {"_caught_as": kind, "_caught_by": bases, "__reduce__": _reduced, "__repr__": kind.__repr__}
    # Attributes of the foreign class are inherited. Those set on ours are set first: a property of the foreign class would hide them.
    theirs = {"request", "request_info", "history"}
    theirs |= {name for base in bases for name in dir(base) if isinstance(getattr(base, name, None), property)}
    namespace |= {name: None for name in theirs if not hasattr(kind, name)}
    if not hasattr(kind, "response"):
        namespace["response"] = _Response()
    return type(kind.__name__, (kind, *bases), namespace)


def _own_class(kind: type[E]) -> type[E]:
    """Return the original class before `_caught_by`."""
    return vars(kind).get("_caught_as", kind)


def _reduced(self: OmicsError) -> tuple[Callable[..., OmicsError], tuple[object, ...]]:
    """Reduce to names: the foreign classes may not be imported where the pickle is loaded."""
    bases = cast("tuple[type[Exception], ...]", vars(type(self))["_caught_by"])
    inner = _again(_own_class(type(self)), self.args, vars(self)).__reduce__()
    return _found_again, (*inner, tuple((base.__module__, base.__name__) for base in bases))


def _found_again(
    restore: Callable[..., OmicsError], arguments: tuple[object, ...], names: tuple[tuple[str, str], ...]
) -> OmicsError:
    error = restore(*arguments)
    bases = tuple(getattr(sys.modules.get(module), name, None) for module, name in names)
    if isinstance(error, tuple(filter(None, bases))) or None in bases:
        return error
    return _again(_caught_by(_own_class(type(error)), cast("Any", bases)), error.args, vars(error))
