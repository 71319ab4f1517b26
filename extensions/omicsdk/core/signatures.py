"""Signatures that state each keyword of `**options: Unpack[...]`, which completion and help in notebooks read."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

F = TypeVar("F", bound=Callable[..., Any])


class _Default:
    """The default of a keyword, which the object that the keywords make has."""

    def __repr__(self) -> str:
        return "..."


def stating_keywords(function: F, shown: Callable[..., Any] | None = None) -> F:
    """Return a function whose signature states each keyword that its `**options` take.

    Args:
        function: The function. Its module imports the TypedDict at run time, not for checkers alone.
        shown: The function that is called, if it is another one with the same arguments; it gets the signature.
    """
    if shown is None:

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            return function(*args, **options)

        shown = call

    signature = inspect.signature(function)
    *others, options = signature.parameters.values()
    name = str(options.annotation).removeprefix("Unpack[").removesuffix("]")
    keywords = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_Default(), annotation=hint.__forward_arg__)
        for key, hint in inspect.get_annotations(vars(inspect.getmodule(function))[name]).items()
    ]
    shown.__signature__ = signature.replace(parameters=[*others, *keywords])  # type: ignore[attr-defined] - read by inspect
    return cast("F", shown)
