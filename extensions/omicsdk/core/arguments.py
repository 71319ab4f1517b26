"""Arguments of workflows: one text where several are accepted, and keywords in signatures.

A text is a sequence of its characters, so that `name="a.bam"` in place of `name=["a.bam"]` would look for files named
"a", "." and so on, find none, and report nothing. Likewise an object of a listing and a data frame are sequences of the
names of their members or columns. So one text is one item here, and a record or a data frame is none.

Keywords of `**options: Unpack[...]` are stated in signatures, which completion and help in notebooks read.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar, cast

from omicsdk.core.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])

_TEXTS = r"str \| (?:Sequence|Collection|Iterable)\[str\](?: \| None)?"
_SEVERAL = re.compile(_TEXTS)
_SEVERAL_BY_NAME = re.compile(rf"Mapping\[str, {_TEXTS}\](?: \| None)?")


def text_is_one_item(function: F) -> F:
    """Pass a text as a tuple of this one text, for each parameter that is annotated `str | Sequence[str]`.

    Collections and iterables are treated alike, and so are the values of a `Mapping[str, str | Sequence[str]]`.

    Args:
        function: A function of a module with `from __future__ import annotations`, so that annotations are text.

    Raises:
        TypeError: No parameter is annotated so.
    """
    code = function.__code__
    positional = code.co_varnames[: code.co_argcount]
    annotations = {name: str(text) for name, text in function.__annotations__.items()}
    lists = {name for name, text in annotations.items() if _SEVERAL.fullmatch(text)}
    mappings = {name for name, text in annotations.items() if _SEVERAL_BY_NAME.fullmatch(text)}
    if not lists and not mappings:
        raise TypeError(f"{function.__qualname__} has no parameter that takes a text or several")

    def as_items(name: str, value: Any) -> Any:
        if name in lists:
            check_texts(name, value)
            return _checked(name, cast("Iterator[object]", value)) if isinstance(value, Iterator) else _as_list(value)
        if name in mappings and isinstance(value, Mapping):
            members = cast("Mapping[str, Any]", value)
            return {key: _as_list(member) for key, member in members.items()}
        return value

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        items = (as_items(name, value) for name, value in zip(positional, args, strict=False))
        rest = args[len(positional) :]
        return function(*items, *rest, **{name: as_items(name, value) for name, value in kwargs.items()})

    return cast("F", call)


def check_texts(name: str, value: object, *kinds: type) -> None:
    """Refuse an argument whose items are not texts. The items of iterators are not examined.

    Args:
        name: The argument's name.
        value: The argument.
        kinds: Further types that it or its items may have.

    Raises:
        UsageError: It is a mapping, a model, a named tuple or a data frame, or has such an item.
    """
    if isinstance(value, (str, *kinds)):
        return
    # Of these, only a series of pandas yields its values: it can become a frame.
    yields_names = hasattr(value, "columns") or (hasattr(value, "keys") and not hasattr(value, "to_frame"))
    is_record = yields_names or hasattr(value, "_fields")
    items = cast("Sequence[object]", value) if isinstance(value, list | tuple) and not is_record else ()
    wrong = [cast("object", value)] if is_record else [item for item in items if not isinstance(item, (str, *kinds))]
    if wrong:
        remedy = "Pass identifiers or names: of an object its id, of a data frame one column, such as frame['id']."
        raise UsageError(f"The argument {name!r} takes text, not {type(wrong[0]).__name__}", remedy=remedy)


def check_text(name: str, value: object) -> None:
    """Refuse a record or several texts in place of one: in a URL they would become one identifier, with commas in it.

    Args:
        name: The argument's name.
        value: The argument.

    Raises:
        UsageError: It is a record, as for `check_texts`, or several values.
    """
    check_texts(name, value)
    if hasattr(value, "__iter__") and not isinstance(value, str):
        remedy = "Repeat the call for each of them."
        raise UsageError(f"The argument {name!r} takes one text, not {type(value).__name__}", remedy=remedy)


def _checked(name: str, items: Iterator[object]) -> Iterator[object]:
    """Yield items, each checked when it is read: a listing of thousands is not read in advance."""
    for item in items:
        check_texts(name, [item])
        yield item


def _as_list(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class _Default:
    """The default of a keyword, which the object that the keywords make has."""

    def __repr__(self) -> str:
        return "..."


def without_defaults(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return keywords without those that are the defaults of a signature, which pydantic and `apply_defaults` pass.

    Args:
        options: The keywords.
    """
    return {name: value for name, value in options.items() if not isinstance(value, _Default)}


def stating_keywords(function: F, shown: Callable[..., Any] | None = None) -> F:
    """Return a function whose signature states each keyword that its `**options` take.

    Args:
        function: The function. Its module imports the TypedDict at run time, not for checkers alone.
        shown: The function that is called, if it is another one with the same arguments; it gets the signature.
    """
    if shown is None:

        @wraps(function)
        def call(*args: Any, **options: Any) -> Any:
            return function(*args, **without_defaults(options))

        shown = call

    signature = inspect.signature(function)
    *others, options = signature.parameters.values()
    name = str(options.annotation).removeprefix("Unpack[").removesuffix("]")
    hints = inspect.get_annotations(vars(inspect.getmodule(function))[name])
    keywords = [
        inspect.Parameter(key, inspect.Parameter.KEYWORD_ONLY, default=_Default(), annotation=hint.__forward_arg__)
        for key, hint in hints.items()
    ]
    # Programs look the parameters up in what typing.get_type_hints returns; the hints know the module of their names.
    shown.__annotations__ = {key: hint for key, hint in shown.__annotations__.items() if key != options.name} | hints
    shown.__signature__ = signature.replace(parameters=[*others, *keywords])  # type: ignore[attr-defined] - read by inspect
    return cast("F", shown)
