"""What of a change of the public names breaks programs that use them: pure functions over two listings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from listing import Listing, whole

_SECTION = re.compile(r"^## \[?([^\]\s]+)\]?.*$", re.MULTILINE)
_BREAKING = re.compile(r"^### Breaking\b.*?$(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_SPAN = re.compile(r"`([A-Za-z_][\w.]*=?)[^`]*`")


@dataclass(frozen=True, order=True)
class Change:
    """A change of one public name.

    Attributes:
        name: The full name.
        what: The change in words.
        breaking: Whether a program that ran may fail. Changed types are not: they are reported, to be examined.
        argument: The argument that it no longer has; else empty.
    """

    name: str
    what: str
    breaking: bool = True
    argument: str = ""

    def __str__(self) -> str:
        return f"{self.name} {self.what}"


def changes(old: Listing, new: Listing) -> list[Change]:
    """Compare two listings.

    Args:
        old: The names as they were.
        new: As they are.

    Returns:
        Changes by name; of a class that is gone, the class alone, and of one with several names those of the first. What is
        new is no change to any user.
    """
    twice = {name for name, declared in old.items() if declared.startswith("is ") and new.get(name) == declared}
    before, after = (whole({name: names[name] for name in names if name not in twice}) for names in (old, new))
    gone = {name for name in before if name not in after}
    differences: set[Change] = set()
    for name, declared in before.items():
        if name in gone:
            if name.rpartition(".")[0] not in gone:
                differences.add(Change(name, "is gone"))
        elif after[name] != declared:
            differences.update(_changed(name, declared, after[name]))
    return sorted(differences)


def named(changelog: str, since: str | None) -> set[str]:
    """What the change log names as breaking: code in the lists under `### Breaking`.

    Args:
        changelog: CHANGELOG.md, with the section [Unreleased].
        since: The version of the last release; sections from its own on are past. None examines the newest section.

    Returns:
        Dotted names unchanged there, arguments in brackets left off; arguments that are named alone, such as `limit=`, with the sign.
    """
    headings = list(_SECTION.finditer(changelog))
    past = next((heading.start() for heading in headings if heading[1] == since), None)
    if past is None:
        past = headings[1].start() if since is None and len(headings) > 1 else len(changelog)
    return {span for section in _BREAKING.findall(changelog[:past]) for span in _SPAN.findall(section)}


def is_named(name: str, names: set[str], argument: str = "") -> bool:
    """Whether a name, what it belongs to, or an argument that it no longer has, is among those that were named.

    Args:
        name: The full name, such as omicsdk.hca.dss.Dss.download.
        names: Full names, or their ends of at least two parts, such as Dss.download or dss.Dss; arguments such as `limit=`.
        argument: The argument; empty for another change.
    """
    parts = name.split(".")
    return (argument and f"{argument}=" in names) or any(
        ".".join(parts[first:last]) in names
        for last in range(2, len(parts) + 1)
        for first in range(last - 1)
    )  # fmt: skip


def _changed(name: str, old: str, new: str) -> Iterator[Change]:
    was, now = (_word(declared) for declared in (old, new))
    if was != now:
        yield Change(name, f"is {_NAMES[now]}; it was {_NAMES[was]}")
    elif was == "class":
        for base in sorted({*_bases(old)} - {*_bases(new)}):
            yield Change(name, f"is no {base} any more")
    elif was == "attribute":
        yield Change(name, f"is {_type(new)}; it was {_type(old)}", breaking=False)
    elif was in ("def", "async def"):
        yield from _signature(name, _parsed(old), _parsed(new))


_NAMES = {
    "class": "a class",
    "def": "a function",
    "async def": "an async function",
    "attribute": "an attribute",
    "module": "a module",
}


def _word(declared: str) -> str:
    return "async def" if declared.startswith("async ") else declared.partition(" ")[0]


def _type(declared: str) -> str:
    return declared.partition(" ")[2] or "without a type"


def _bases(declared: str) -> list[str]:
    return [base for base in declared.partition("(")[2].removesuffix(")").split(", ") if base]


_Function = ast.FunctionDef | ast.AsyncFunctionDef


def _parsed(declared: str) -> _Function:
    (function,) = ast.parse(declared.replace("def (", "def f(", 1) + ": ...").body
    assert isinstance(function, _Function)
    return function


@dataclass(frozen=True)
class _Argument:
    place: int | None  # where it is among those without a name; None: by name only
    by_name: bool
    default: str | None  # None: required
    type: str


def _arguments(declared: ast.arguments) -> dict[str, _Argument]:
    arguments: dict[str, _Argument] = {}
    positional = [*declared.posonlyargs, *declared.args]
    defaults = [None] * (len(positional) - len(declared.defaults)) + [
        ast.unparse(default) for default in declared.defaults
    ]
    for place, (argument, default) in enumerate(zip(positional, defaults, strict=True)):
        arguments[argument.arg] = _Argument(
            place, place >= len(declared.posonlyargs), default, _written(argument.annotation)
        )
    for argument, value in zip(declared.kwonlyargs, declared.kw_defaults, strict=True):
        arguments[argument.arg] = _Argument(
            None, True, ast.unparse(value) if value else None, _written(argument.annotation)
        )
    return arguments


def _written(annotation: ast.expr | None) -> str:
    return ast.unparse(annotation) if annotation else "without a type"


def _signature(name: str, before: _Function, after: _Function) -> Iterator[Change]:
    old, new = before.args, after.args
    was, now = _arguments(old), _arguments(new)
    for key, argument in was.items():
        if key in now:
            yield from _argument(name, key, argument, now[key], catches_more=new.vararg is not None)
        elif not (argument.place is None and new.kwarg):
            yield Change(name, f"has no argument {key} any more", argument=key)
    for key, argument in now.items():
        if key not in was and argument.default is None:
            yield Change(name, f"needs the new argument {key}")
        elif key not in was and argument.place is not None and argument.place < _places(was):
            yield Change(name, f"has the new argument {key} before those that were there")
    for stars, had, has in (("*", old.vararg, new.vararg), ("**", old.kwarg, new.kwarg)):
        if had and not has:
            yield Change(name, f"takes no {stars}{had.arg} any more")
    gave, gives = (_written(function.returns) for function in (before, after))
    if gave != gives:
        yield Change(name, f"gives {gives}; it was {gave}", breaking=False)


def _places(arguments: dict[str, _Argument]) -> int:
    return sum(argument.place is not None for argument in arguments.values())


def _argument(name: str, key: str, was: _Argument, now: _Argument, *, catches_more: bool) -> Iterator[Change]:
    if was.place is not None and now.place is None and not catches_more:
        yield Change(name, f"takes {key} by name only")
    elif was.place is not None and now.place is not None and was.place != now.place:
        yield Change(name, f"has {key} in another place")
    if was.by_name and not now.by_name:
        yield Change(name, f"takes {key} by place only")
    if was.default is not None and now.default is None:
        yield Change(name, f"needs the argument {key}")
    elif was.default is not None and was.default != now.default:
        yield Change(name, f"has {key} = {now.default}; it was {was.default}")
    if was.type != now.type:
        yield Change(name, f"has {key}: {now.type}; it was {was.type}", breaking=False)
