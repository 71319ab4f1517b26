"""The imports of one generated module: collected while its code is made, and in the order in which ruff puts them.

Templates write imports in any order, and a package's runtime moves some of them. Ruff would rewrite each of thousands of
files only for that, which takes as long as formatting them. What is not arranged here, ruff still arranges.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from functools import cache


class Imports:
    """Imports of one module.

    Args:
        shadowed: names to which a class body or function of the module gives another meaning; an import under one
            of them gets a leading underscore, which no name of a document has.
    """

    def __init__(self, shadowed: Collection[str] = ()) -> None:
        self._shadowed = frozenset(shadowed)
        self._now: dict[str, set[str]] = {}
        self._late: dict[str, set[str]] = {}

    def add(self, module: str, name: str) -> str:
        """Import a name, and return its name in this module."""
        local = f"_{name}" if name in self._shadowed else name
        self._now.setdefault(module, set()).add(name if local == name else f"{name} as {local}")
        return local

    def late(self, module: str, name: str) -> str:
        """Import a name for type checkers only, and return its name here; an empty name imports the module itself."""
        local = f"_{name}" if name in self._shadowed else name
        self._late.setdefault(module, set()).add(name if local == name else f"{name} as {local}")
        return local

    def typing(self, name: str) -> None:
        """Import a name of typing, which annotations use."""
        self._now.setdefault("typing", set()).add(name)

    def locals(self) -> set[str]:
        """Return the names of the module that have another meaning in it."""
        return {
            name.rpartition(" as ")[2]
            for module_imports in (self._now, self._late)
            for names in module_imports.values()
            for name in names
        }

    def lines(self) -> list[str]:
        """The imports that run."""
        if self.late_lines():
            self.typing("TYPE_CHECKING")
        return _lines(self._now)

    def late_lines(self) -> list[str]:
        """Those under TYPE_CHECKING."""
        new_names = {module: names - self._now.get(module, set()) for module, names in self._late.items()}
        return _lines({module: names for module, names in new_names.items() if names})


def _lines(imports: dict[str, set[str]]) -> list[str]:
    lines: list[str] = []
    for module in sorted(imports):
        names = sorted(name for name in imports[module] if name)
        if "" in imports[module]:
            lines.append(f"import {module}")
        if names:
            lines.append(f"from {module} import {', '.join(names)}")
    return lines


# -- in the order in which ruff puts them

_STATEMENT = r"(?:from [\w.]+ import \w+(?:, \w+)*|import [\w.]+)\n"
_HEAD = re.compile(
    rf"(?m)^from __future__ import annotations\n+((?:{_STATEMENT}\n*)*)(?:if TYPE_CHECKING:\n((?:    {_STATEMENT}\n*)+))?"
)
_DEFINITIONS = ("class ", "def ", "async ", "@")


def arranged(text: str, width: int) -> str:
    """Return a module with the imports at its beginning in ruff's order.

    Args:
        text: the module.
        width: the most columns of a line.
    """
    match = _HEAD.search(text)
    if match is None:
        return text
    now, late = match[1], match[2]
    blocks = ["from __future__ import annotations"]
    if now:
        blocks.append(_block(now, "", width))
    if late:
        blocks.append("if TYPE_CHECKING:\n" + _block(late, "    ", width))
    after = text[match.end() :].rstrip("\n")
    if not after:
        return text[: match.start()] + "\n\n".join(blocks) + "\n"
    gap = "\n\n\n" if after.startswith(_DEFINITIONS) else "\n\n"
    return text[: match.start()] + "\n\n".join(blocks) + gap + after + "\n"


def _block(text: str, margin: str, width: int) -> str:
    members: dict[str, str] = {}
    for line in filter(None, map(str.strip, text.split("\n"))):
        head, _, names = line.partition(" import ")
        members[head] = f"{members[head]}, {names}" if head in members else names
    sections: dict[int, list[str]] = {}
    for head in sorted(members, key=_sort_key):
        sections.setdefault(_sort_key(head)[0], []).append(_written(head, members[head], margin, width))
    return "\n\n".join("\n".join(lines) for lines in sections.values())


@cache  # most lines are those of other modules too
def _sort_key(head: str) -> tuple[int, bool, int, tuple[str | int, ...]]:
    """The section of an import, whether it has members, and its place among those."""
    word, module = head.split(" ")
    root = module.partition(".")[0]
    # As isort has them: the standard library, packages, and relative imports last.
    section = 2 if not root else 0 if root in sys.stdlib_module_names else 1
    name = module.lstrip(".")
    # More dots first: `...` before `..` before `.`.
    return section, word == "from", len(name) - len(module), _natural(name)


@cache
def _written(head: str, members: str, margin: str, width: int) -> str:
    names = sorted(set(members.split(", ")), key=_rank) if members else []
    whole = f"{margin}{head} import {', '.join(names)}" if names else f"{margin}{head}"
    if len(whole) <= width or not names:
        return whole
    rows = "".join(f"{margin}    {name},\n" for name in names)
    return f"{margin}{head} import (\n{rows}{margin})"


@cache
def _rank(name: str) -> tuple[int, tuple[str | int, ...], str]:
    """Constants, then classes, then others."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[:1].isupper() else 2
    return kind, _natural(name), name


def _natural(name: str) -> tuple[str | int, ...]:
    """Numbers in names are compared as numbers."""
    return tuple(int(part) if part.isdecimal() else part for part in re.split(r"(\d+)", name.lower()))


def place_of_export(export: tuple[str, str]) -> tuple[object, ...]:
    """The place of `from .MODULE import NAME as NAME` among its like, each of which is a statement of its own.

    Args:
        export: the module and the name.
    """
    module, name = export
    return _natural(module), _rank(name)
