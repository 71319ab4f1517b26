"""The generated parts of docs/coming-from-*.md: names of the published clients, their equivalents here, and the differences.

    .peers/gen3/bin/python docs/published_names.py gen3    update the names of a published package

That writes specs/SERVICE/published-names.json. From it, omicsdk.compat and differences.toml, `make docs` generates the tables of
the pages, and specs/SERVICE/names-exceptions.txt. The tables of the packages' own tests are of tests/compat/published_suites.py.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from logging import Logger
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omicsdk.compat.differences import Differences

ROOT = Path(__file__).parents[1]
_MADE = re.compile(r"<!-- made by `make docs`: ([a-z ]+) -->\n.*?<!-- end of \1 -->", re.DOTALL)


@dataclass(frozen=True)
class Face:
    """A published client.

    Attributes:
        name: The package that a program imports, and the face below omicsdk.compat.
        page: Name of its page after `coming-from-`.
        service: Folder in specs/ with its names.
        root: Module that contains its public names.
        unlisted: Modules that pkgutil does not list, because their folder has no __init__.py.
    """

    name: str
    page: str
    service: str
    root: str = ""
    unlisted: tuple[str, ...] = ()

    @property
    def published_file(self) -> Path:
        """The file with the published package's names."""
        return ROOT / "specs" / self.service / "published-names.json"

    @property
    def exceptions_file(self) -> Path:
        """The file of intended differences, as the project's checks read it."""
        return ROOT / "specs" / self.service / "names-exceptions.txt"

    @property
    def page_file(self) -> Path:
        """The page."""
        return ROOT / "docs" / f"coming-from-{self.page}.md"

    def published(self) -> dict[str, Any]:
        """The published package's version, exports, and modules to names to members."""
        return json.loads(self.published_file.read_text(encoding="utf-8"))


FACES = {
    face.name: face
    for face in (
        Face("hca", "hca", "dss"),
        Face("sevenbridges", "sevenbridges", "sb"),
        Face("gen3", "gen3", "gen3", unlisted=("gen3.tools.bundle.ingest_manifest",)),
        Face("pangea_api", "pangea", "pangea"),
        Face("crunch", "crunch", "crunch", root="crunch.client"),
    )
}


def read(face: Face, package: str) -> dict[str, Any]:
    """Read the public names of a published package; runs in its environment.

    Args:
        face: The client.
        package: Name of its distribution.

    Returns:
        Its version, the names that its top module exports, and for each module that is not left out here the names that it defines:
        a class with the names of its members, a function with None, a constant with its type, and its value if it is a literal.
    """
    import tomllib

    table = ROOT / "extensions" / "omicsdk" / "compat" / face.name / "differences.toml"
    left_out = tuple(f"{module}." for module in tomllib.loads(table.read_text(encoding="utf-8")).get("modules", ()))
    top = importlib.import_module(face.root or face.name)
    module_names = [info.name for info in pkgutil.walk_packages(top.__path__, f"{top.__name__}.")]
    modules: dict[str, Any] = {}
    for module in sorted([*module_names, *face.unlisted]):
        if f"{module}.".startswith(left_out):
            continue
        members = {
            name: _members(value, face.name)
            for name, value in vars(importlib.import_module(module)).items()
            if not name.startswith("_") and getattr(value, "__module__", "") == module
            if inspect.isclass(value) or inspect.isfunction(value)
        }
        modules[module] = members | _constants(importlib.import_module(module))
    if constants := _constants(top):
        modules[top.__name__] = constants
    return {"version": version(package), "exported": sorted(set(getattr(top, "__all__", ()))), "modules": modules}


def _constants(module: ModuleType) -> dict[str, dict[str, Any]]:
    """Return the constants of a module, without loggers. Computed values are omitted: they may differ between machines."""
    constants: dict[str, dict[str, Any]] = {}
    source = Path(module.__file__ or "").read_text(encoding="utf-8")
    for statement in ast.parse(source).body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for name in (target.id for target in targets if isinstance(target, ast.Name) and not target.id.startswith("_")):
            value = getattr(module, name)
            if not isinstance(value, Logger):
                constants[name] = {"type": type(value).__name__}
                try:
                    constants[name]["value"] = _plain(ast.literal_eval(statement.value))
                except ValueError:
                    continue
    return constants


def _plain(value: Any) -> Any:
    """Convert a constant to JSON types."""
    if isinstance(value, set | frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _members(value: Any, package: str) -> list[str] | None:
    if not inspect.isclass(value):
        return None
    bases = [base for base in value.__mro__ if base.__module__.split(".")[0] == package]
    return sorted({name for base in bases for name in vars(base) if not name.startswith("_")})


def _differences(face: Face) -> Differences:
    from omicsdk.compat.differences import differences

    return differences(face.name)


@cache
def _ours(new: str) -> dict[str, dict[str, Any]]:
    """Return the names of a face, each with the modules that have it."""
    package = importlib.import_module(new)
    by_name: dict[str, dict[str, Any]] = {}
    for info in sorted(pkgutil.walk_packages(package.__path__, f"{new}."), key=lambda info: info.name):
        module = importlib.import_module(info.name)
        for name in {*vars(module), *getattr(module, "__all__", ())}:
            value = getattr(module, name)
            if not name.startswith("_") and getattr(value, "__module__", "").startswith("omicsdk"):
                by_name.setdefault(name, {})[info.name] = value
    return by_name


def place(face: Face, module: str, name: str, exported: list[str]) -> tuple[str, Any] | None:
    """Find the equivalent of a published name.

    Args:
        face: The client.
        module: The published module.
        name: The name.
        exported: Names that the published package's top module exports.

    Returns:
        Our module and the object of that name; None if no module has it. The module is the top one if the published top module
        exports the name, else the module of the same name if that has it, else the one that defines it.
    """
    new = f"omicsdk.compat.{face.name}"
    if name in exported:
        return new, getattr(importlib.import_module(new), name)
    homes = _ours(new).get(name, {})
    counterpart = f"omicsdk.compat.{module}"
    defining = next((home for home, value in homes.items() if value.__module__ == home), None)
    moved = _differences(face).moved.get(module)
    if moved is not None:
        home = f"omicsdk.compat.{moved}"
        return (home, homes[home]) if home in homes else None
    home = counterpart if counterpart in homes else defining
    return None if home is None else (home, homes[home])


def rows(face: Face, published: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield the rows of the table of names: the published name, its equivalent here, and its members.

    Args:
        face: The client.
        published: Result of `read`.

    Raises:
        LookupError: A name has no equivalent, and the table of differences has no reason.
    """
    documented = _differences(face)
    for module, names in sorted({**published["modules"], **{module: {} for module in documented.modules}}.items()):
        if module in documented.modules:
            yield f"`{module}`", "", documented.modules[module]
        elif module in documented.replaced:
            yield f"`{module}`", documented.replaced[module], ", ".join(f"`{name}`" for name in sorted(names))
        else:
            for name, members in sorted(names.items()):
                yield _row(face, module, name, members, published["exported"])


def _row(face: Face, module: str, name: str, members: Any, exported: list[str]) -> tuple[str, str, str]:
    old, documented = f"`{module}.{name}`", _differences(face)
    if instead := documented.replaced.get(f"{module}.{name}"):
        return old, instead, "internal"
    if name in documented.names:
        return old, "", documented.names[name]
    if isinstance(members, dict):
        return old, f"`{_constant(face, module, name, members)}`", "a constant"
    counterpart = place(face, module, name, exported)
    if counterpart is None:
        raise LookupError(f"{module}.{name} is nowhere in omicsdk.compat.{face.name}")
    home, ours = counterpart
    why: dict[str, list[str]] = {}
    for member in (member for member in members or () if not _has(ours, member)):
        reason = documented.names.get(f"{name}.{member}") or documented.inherited.get(member)
        if reason is None:
            raise LookupError(f"{name} has no {member} in omicsdk.compat.{face.name}")
        why.setdefault(reason, []).append(f"`{member}`")
    there = ", ".join(f"`{member}`" for member in members or () if _has(ours, member))
    without = [f"no {', '.join(lost)}: {reason.removesuffix('.')}" for reason, lost in why.items()]
    return old, f"`{home}.{name}`", "; ".join(filter(None, [there, *without]))


def _constant(face: Face, module: str, name: str, published: Mapping[str, Any]) -> str:
    """Return the full name of a constant here, and verify that its type and value are the published ones."""
    home = f"omicsdk.compat.{_differences(face).moved.get(module, module)}"
    if not hasattr(importlib.import_module(home), name):
        raise LookupError(f"{home} has no {name}, which is {published}")
    ours = getattr(importlib.import_module(home), name)
    if type(ours).__name__ != published["type"] or ("value" in published and _plain(ours) != published["value"]):
        raise LookupError(f"{home}.{name} is {ours!r}, and not {published}")
    return f"{home}.{name}"


def _has(owner: Any, member: str) -> bool:
    fields = {name for base in getattr(owner, "__mro__", ()) for name in vars(base).get("__annotations__", {})}
    return member in fields or inspect.getattr_static(owner, member, None) is not None


def exceptions(face: Face) -> str:
    """Return the file of intended differences; empty if there are none."""
    documented = _differences(face)
    if not documented.names:
        return ""
    head = f"# Made by `make docs` of omicsdk/compat/{face.name}/differences.toml: public names of {documented.package} {documented.version}"
    lines = [f"{head} that", "# are left out on purpose, or whose arguments differ; one per line, with the reason."]
    return "\n".join([*lines, *(f"{name} # {reason}" for name, reason in documented.names.items()), ""])


def page(face: Face, text: str) -> str:
    """Return a page with its generated tables updated.

    Args:
        face: The client.
        text: The page.
    """
    return _MADE.sub(lambda match: _part(face, match[1]), text)


def _suite(face: Face) -> tuple[str, list[tuple[str, ...]]]:
    """Return a sentence about the published package's own tests as they ran through the import hook, and a row for each cause."""
    import tomllib

    folder = ROOT / "tests" / "compat"
    result = json.loads((folder / "suites" / f"{face.name}.json").read_text(encoding="utf-8"))
    causes = tomllib.loads((folder / "suites.toml").read_text(encoding="utf-8"))[face.name].get("causes", [])
    counts = [
        sum(row["count"] for row in result["failures"] if row["cause"] == number) for number in range(len(causes))
    ]
    parts = [f"{result[kind]:,} {kind}" for kind in ("failed", "not collected", "skipped") if result[kind]]
    text = f"Of {result['tests']:,} tests, {result['passed']:,} pass{': ' if parts else '.'}{', '.join(parts)}{'.' if parts else ''}"
    rows = [(str(count), cause["class"], cause["why"]) for count, cause in zip(counts, causes, strict=True)]
    return text, sorted(rows, key=lambda row: -int(row[0]))


def _part(face: Face, part: str) -> str:
    documented, text = _differences(face), ""
    if part == "suite":
        text, lines = _suite(face)
        head = ("tests", "class", "cause")
    elif part == "names":
        head, lines = (documented.package, "here", "members or reason"), list(rows(face, face.published()))
    elif part == "left out":
        left_out = {**documented.modules, **{name: why for name, why in documented.names.items() if "." not in name}}
        head, lines = ("name", "reason"), [(f"`{name}`", why) for name, why in left_out.items()]
    else:
        head, lines = ("old", "here"), [(row.old, row.here) for row in documented.behaviour if row.topic == part]
    table = [head, ("---",) * len(head), *lines]
    shown = [f"| {' | '.join(row)} |" if row[0] != "---" else f"|{'|'.join(row)}|" for row in table]
    if text:
        shown = [text, "", *shown] if lines else [text]
    return "\n".join([f"<!-- made by `make docs`: {part} -->", "", *shown, "", f"<!-- end of {part} -->"])


if __name__ == "__main__":
    chosen = FACES[sys.argv[1]]
    names = {"hca": "hca", "sevenbridges": "sevenbridges-python", "pangea_api": "pangea-api", "crunch": "django-crunch"}
    text = json.dumps(read(chosen, names.get(chosen.name, chosen.name)), indent=1)
    chosen.published_file.write_text(f"{text}\n", encoding="utf-8")
