"""The site of django-crunch, which its tests run in their own process: from the published project, for a client that is ours.

A plugin of pytest.
"""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

SITE = ("crunch.django", "crunch.management", "crunch.migrations", "crunch.templatetags")
PROJECT = Path.cwd()


class SiteFinder:
    """Finder of the site's modules, before that of the hook."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if not f"{name}.".startswith(tuple(f"{package}." for package in SITE)):
            return None
        return PathFinder.find_spec(name, [str(PROJECT.joinpath(*name.split(".")[:-1]))], target)


sys.meta_path.insert(0, SiteFinder())
