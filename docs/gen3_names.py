"""The table of names on docs/coming-from-gen3.md: what the published package gen3 has, and where it is here.

    .peers/gen3/bin/python docs/gen3_names.py    read the published package's names anew

That writes specs/gen3/published-names.json; `make docs` makes the table of it and of what omicsdk.compat.gen3 has.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
PUBLISHED = ROOT / "specs" / "gen3" / "published-names.json"
EXCEPTIONS = ROOT / "specs" / "gen3" / "names-exceptions.txt"
OLD, NEW = "gen3", "omicsdk.compat.gen3"
BEGIN, END = "<!-- made by `make docs`: names -->", "<!-- end of names -->"

LEFT_OUT = {
    "gen3.cli": "commands: [their table](#commands)",
    "gen3.configure": "`gen3 configure` is unfinished there; `omics config` shows what is set",
    "gen3.discovery_dois": "DOIs are minted by DataCite, not by a commons",
    "gen3.doi": "DOIs are minted by DataCite, not by a commons",
    "gen3.external": "services of the NIH, not of a commons",
    "gen3.tools.download.external_file_download": "runs retrievers of other packages; no commons serves the files",
    "gen3.tools.expansion": "undocumented: `omicsdk.gen3.records` and `omicsdk.gen3.queries` export, query and delete",
    "gen3.tools.indexing.post_indexing_validation": "undocumented: `async_verify_object_manifest`, `omics gen3 download`",
    "gen3.tools.utils": "internals of the manifest tools: `omicsdk.gen3.manifests`",
    "gen3.tools.wrap": "`omics gen3 run`",
    "gen3.utils": "internals",
}
"""Modules without rows of their own, each with the reason; what is below them is left out, too."""

REPLACED = {
    "gen3.tools.download.drs_resolvers": "`omicsdk.drs.resolution`, in the same order, with the same file of known hosts",
}
"""Modules whose names are one row, each with what does their work here."""

_UNLISTED = ("gen3.tools.bundle.ingest_manifest",)  # its folder has no __init__.py, so that nothing lists it


def read() -> dict[str, Any]:
    """The public names of the published package; runs in its environment.

    Returns:
        Its version; each module to the names that are defined in it, each class to the names of its members.
    """
    modules: dict[str, Any] = {}
    found = [info.name for info in pkgutil.walk_packages(importlib.import_module(OLD).__path__, f"{OLD}.")]
    for module in sorted([*found, *_UNLISTED]):
        if _under(module, LEFT_OUT) is not None:
            continue
        own = {
            name: _members(value)
            for name, value in vars(importlib.import_module(module)).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == module
            if inspect.isclass(value) or inspect.isfunction(value)
        }
        if own:
            modules[module] = own
    return {"version": version(OLD), "modules": modules}


def _members(value: Any) -> list[str] | None:
    if not inspect.isclass(value):
        return None
    bases = [base for base in value.__mro__ if base.__module__.split(".")[0] == OLD]
    return sorted({name for base in bases for name in vars(base) if not name.startswith("_")})


def _under(module: str, table: Mapping[str, str]) -> str | None:
    """The entry of a table that a module is, or stands below."""
    return next((each for each in table if module == each or module.startswith(f"{each}.")), None)


@cache
def _ours() -> dict[str, dict[str, Any]]:
    """All that is named in our modules: name to the modules that have it."""
    package = importlib.import_module(NEW)
    found: dict[str, dict[str, Any]] = {}
    for info in sorted(pkgutil.walk_packages(package.__path__, f"{NEW}."), key=lambda info: info.name):
        module = importlib.import_module(info.name)
        for name in {*vars(module), *getattr(module, "__all__", ())}:
            value = getattr(module, name)
            if not name.startswith("_") and getattr(value, "__module__", "").startswith("omicsdk"):
                found.setdefault(name, {})[info.name] = value
    return found


def place(module: str, name: str) -> tuple[str, Any] | None:
    """Where a name of the published package is here.

    Args:
        module: The published module.
        name: The name.

    Returns:
        Our module, and what it has by that name; None where it hasn't. It is the module of the same name where that has it,
        else the one that defines it.
    """
    homes = _ours().get(name, {})
    wanted = module.replace(OLD, NEW, 1)
    defining = next((home for home, value in homes.items() if value.__module__ == home), None)
    home = wanted if wanted in homes else defining
    return None if home is None else (home, homes[home])


def reasons() -> dict[str, str]:
    """Names that are left out, or differ, on purpose; each to why."""
    lines = EXCEPTIONS.read_text(encoding="utf-8").splitlines()
    parted = [line.partition("#") for line in lines if not line.startswith("#")]
    return {name.strip(): reason.strip() for name, _, reason in parted}


def rows(published: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """The table: each published name, where it is here, and its members.

    Raises:
        LookupError: A name is nowhere, and nothing says why.
    """
    known = reasons()
    listed: dict[str, Mapping[str, Any]] = {**published["modules"], **{module: {} for module in LEFT_OUT}}
    for module, names in sorted(listed.items()):
        if module in LEFT_OUT:
            yield f"`{module}`", "", LEFT_OUT[module]
        elif module in REPLACED:
            yield f"`{module}`", REPLACED[module], ", ".join(f"`{name}`" for name in sorted(names))
        else:
            yield from (_row(module, name, members or [], known) for name, members in sorted(names.items()))


def _row(module: str, name: str, members: list[str], known: Mapping[str, str]) -> tuple[str, str, str]:
    old = f"`{module}.{name}`"
    if name in known:
        return old, "", known[name]
    found = place(module, name)
    if found is None:
        raise LookupError(f"{module}.{name} is nowhere in {NEW}")
    home, ours = found
    lost = [member for member in members if not _has(ours, member)]
    if nameless := [member for member in lost if f"{name}.{member}" not in known]:
        raise LookupError(f"{name} has no {', '.join(nameless)} in {NEW}")
    there = ", ".join(f"`{member}`" for member in members if member not in lost)
    without = [f"not `{member}`: {known[f'{name}.{member}']}" for member in lost]
    return old, f"`{home}.{name}`", "; ".join(filter(None, [there, *without]))


def _has(owner: Any, member: str) -> bool:
    fields = {name for base in getattr(owner, "__mro__", ()) for name in vars(base).get("__annotations__", {})}
    return member in fields or inspect.getattr_static(owner, member, None) is not None


def page(text: str) -> str:
    """The page with the table made anew between its marks.

    Args:
        text: The page.
    """
    published = json.loads(PUBLISHED.read_text(encoding="utf-8"))
    before, _, rest = text.partition(BEGIN)
    lines = ["| gen3 | here | with |", "|---|---|---|", *(f"| {' | '.join(row)} |" for row in rows(published))]
    return "\n".join([f"{before}{BEGIN}", "", *lines, "", f"{END}{rest.partition(END)[2]}"])


if __name__ == "__main__":
    with PUBLISHED.open("w", encoding="utf-8") as file:
        json.dump(read(), file, indent=1)
        file.write("\n")
    sys.exit(0)
