"""The published clients of the platforms, by their module layout, names and signatures, over omicsdk.

`omicsdk.compat.hca` has the modules of `hca`, and so on. `install()` makes `import hca` mean `omicsdk.compat.hca`, submodules
included, so that a program runs as it is:

    python -m omicsdk.compat script.py ARGUMENTS
    python -m omicsdk.compat -m pytest tests
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import TYPE_CHECKING

from omicsdk.core.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.abc import Loader, MetaPathFinder
else:
    # importlib.abc loads importlib.resources, pathlib and tempfile: more than the import of a face needs otherwise.
    Loader = MetaPathFinder = object

# The published packages that have a face here, by the name under which a program imports them.
FACES = ("crunch", "gen3", "hca", "pangea_api", "sevenbridges")


# Variable with the names that are installed, for the processes that a program starts.
NAMES_VARIABLE = "OMICS_COMPAT"


def install(*names: str) -> None:
    """Redirect imports of published clients to the modules of this package, for the rest of the process.

    Installing a name twice has no further effect. Processes that are started later by whatever means (spawned workers of
    multiprocessing, joblib or Dask, `subprocess`) redirect them too, if their Python has omicsdk: the variables PYTHONPATH and
    OMICS_COMPAT are set for them. Python ignores PYTHONPATH with -I and -E, and loads no startup module with -S.

    Args:
        names: The published packages, such as `hca`; by default all of FACES.

    Raises:
        UsageError: A name has no face here.
        ConfigError: A published package was imported before: the program holds its classes.
    """
    installed = names or FACES
    for name in installed:
        if name not in FACES:
            raise UsageError(f"No compatibility package for {name!r}", remedy=f"Pass one of: {', '.join(FACES)}.")
        module = sys.modules.get(name)
        if module is not None and not _is_ours(module):
            raise ConfigError(
                f"{name} was imported before omicsdk.compat.install()",
                remedy=f"Call install() before the first `import {name}`.",
            )
    finder = next((importer for importer in sys.meta_path if isinstance(importer, _Finder)), None)
    if finder is None:
        finder = _Finder()
        sys.meta_path.insert(0, finder)
    finder.names.update(installed)
    _reach_children(finder.names)


def _reach_children(names: set[str]) -> None:
    os.environ[NAMES_VARIABLE] = ",".join(sorted(names))
    startup = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_startup")  # noqa: PTH100, PTH118, PTH120 - pathlib costs more than the rest
    folders = os.environ.get("PYTHONPATH")
    if not folders:
        os.environ["PYTHONPATH"] = startup
    elif startup not in folders.split(os.pathsep):
        os.environ["PYTHONPATH"] = f"{startup}{os.pathsep}{folders}"


def _is_ours(module: ModuleType) -> bool:
    return module.__name__.startswith(f"{__name__}.")


class _Finder(MetaPathFinder):
    """Finder of modules of installed names in this package.

    Attributes:
        names: The published packages that are installed.
    """

    def __init__(self) -> None:
        self.names: set[str] = set()

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module by its published name.

        Raises:
            ModuleNotFoundError: The face lacks it.
        """
        del path, target
        if fullname.partition(".")[0] not in self.names:
            return None
        ours = f"{__name__}.{fullname}"
        if find_spec(ours) is None:
            raise ModuleNotFoundError(f"omicsdk.compat has no {fullname}", name=fullname)
        return _alias(fullname, ours)


class _DifferencesFinder(MetaPathFinder):
    """Finder of modules without a file, which the table of differences lists.

    A module whose names are in another module of the face is that one. For a module or name that the table lists as left out
    the import fails with the reason.
    """

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module by its name in the face.

        Raises:
            ModuleNotFoundError: The table has the reason why it is missing.
        """
        del path, target
        published = fullname.removeprefix(f"{__name__}.")
        face = published.partition(".")[0]
        if published == fullname or face not in FACES:
            return None
        from omicsdk.compat.differences import differences

        table = differences(face)
        moved = table.moved.get(published)
        if moved is not None and find_spec(f"{__name__}.{moved}") is not None:
            return _alias(fullname, f"{__name__}.{moved}")
        # A name of a moved module is looked up in the module that it was moved to; the table may list it by the old one.
        module, _, name = published.rpartition(".")
        for candidate in (module, *(old for old, new in table.moved.items() if new == module)):
            reason = table.reason(f"{candidate}.{name}")
            if reason is not None:
                raise ModuleNotFoundError(
                    f"omicsdk.compat has no {candidate}.{name}: {reason}", name=f"{candidate}.{name}"
                )
        return None


# The last finder: the import system calls it for modules without a file.
sys.meta_path.append(_DifferencesFinder())


def _alias(name: str, ours: str) -> ModuleSpec:
    # Every alias is a package to the import system. Of a package, it imports a name of `from x import y` that is no attribute
    # as a submodule, so that the finder above can refuse it with the reason; reading an attribute is an AttributeError, as
    # hasattr() requires.
    return ModuleSpec(name, _Alias(ours), is_package=True)


class _Alias(Loader):
    """Loader of a module that is imported under its own name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        del spec
        module = import_module(self._name)
        self._spec = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has put the alias's spec on the module, by which relative imports would go wrong.
        module.__spec__ = self._spec
