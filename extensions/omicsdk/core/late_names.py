"""Names of a generated package that are imported at their first use (PEP 562)."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from functools import cache


class LateModule:
    """A module that is imported when a name in it is read: for annotations, which programs evaluate by `typing.get_type_hints`.

    Args:
        name: The module's name.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):  # of programs that examine all objects of a module
            raise AttributeError(name)
        return getattr(importlib.import_module(self._name), name)


def late_names(package: str, names: str) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return a package's `__getattr__` and `__dir__`; the former has `__all__` and the modules as well.

    Nothing is read from `names` before the first use: each program that imports a part of the package runs this.

    Args:
        package: The package's `__name__`.
        names: The names that it exports, as `NAME=MODULE` separated by blanks; the modules are below the package.
    """

    @cache
    def modules() -> dict[str, str]:
        return {name: module for name, _, module in (word.partition("=") for word in names.split())}

    def __getattr__(name: str) -> object:
        if name == "__all__":
            return list(modules())
        module = None if name.startswith("__") else modules().get(name)
        if module is not None:
            value = getattr(importlib.import_module(f".{module}", package), name)
        elif name in modules().values():  # PACKAGE.errors.NotFound, without an import of PACKAGE.errors
            value = importlib.import_module(f".{name}", package)
        else:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        # In the package, whose `__getattr__` Python calls only for missing names: once for each.
        setattr(sys.modules[package], name, value)
        return value

    return __getattr__, lambda: sorted({*vars(sys.modules[package]), *modules()})
