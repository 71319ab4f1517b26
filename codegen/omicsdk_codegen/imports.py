"""The imports of one generated module, collected while its code is made."""

from __future__ import annotations

from collections.abc import Collection


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
