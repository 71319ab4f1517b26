"""`make licences`: the licence of everything that the wheel with all extras brings along, as docs/licences.md.

python release/licences.py      write the page from build/bare; end with 1 when a licence is not one that we take
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from bare import HOME, ROOT, python_of

PAGE = ROOT / "docs" / "licences.md"
TAKEN = frozenset(
    {
        *("0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC", "MIT", "MIT-0"),
        *("MPL-2.0", "PSF-2.0", "Zlib"),
    }
)
"""Licences under which a package may be used beside ours unchanged, by anybody, without further duties for users."""
SPELLINGS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""Names of licences in package classifiers, to SPDX; "BSD" where they leave open which."""
_ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]*) \|$", re.MULTILINE)

OPENING = """\
# Licences

omicsdk is licensed under the Apache License 2.0. This page lists its dependencies and their licences. `make licences` generates it from
an environment with the wheel and all extras. *Required by* names the extra in `pyproject.toml` that lists the package; *always* marks
dependencies of omicsdk itself, and an empty cell an indirect dependency. Versions are those of the environment.

| package | version | licence | required by |
|---|---|---|---|
"""


def expression(declared: str) -> str:
    """A licence as SPDX has it; several names of classifiers hold together.

    Args:
        declared: What a package's metadata say.
    """
    return " AND ".join(SPELLINGS.get(name.strip(), name.strip()) for name in declared.split(";"))


def is_taken(licence: str) -> bool:
    """Whether we take a licence: one side of an OR, all of an AND.

    Args:
        licence: An SPDX expression; one with brackets or an exception is not understood, and so not taken.
    """
    return any(all(part in TAKEN for part in side.split(" AND ")) for side in licence.split(" OR "))


def groups_by_package(project: Mapping[str, Any]) -> dict[str, list[str]]:
    """Packages, as they are compared, to who requests them: "always", or names of extras that `all` has.

    Args:
        project: The table `project` of pyproject.toml.
    """
    extras = project["optional-dependencies"]
    (every,) = extras["all"]
    groups = {
        "always": project["dependencies"],
        **{name: extras[name] for name in every.partition("[")[2][:-1].split(",")},
    }
    groups_by_name: dict[str, list[str]] = {}
    for group, requirements in groups.items():
        for requirement in requirements:
            groups_by_name.setdefault(plain(re.split(r"[^\w.-]", requirement, maxsplit=1)[0]), []).append(group)
    return groups_by_name


def plain(name: str) -> str:
    """A package's name as names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def page(rows: Sequence[Mapping[str, str]], required_by: Mapping[str, Sequence[str]]) -> str:
    """The page.

    Args:
        rows: What pip-licenses found: `Name`, `Version`, `License`.
        required_by: From `groups_by_package`.
    """
    lines = [
        f"| {row['Name']} | {row['Version']} | {' '.join(expression(row['License']).split())} "
        f"| {', '.join(required_by.get(plain(row['Name']), ()))} |"
        for row in sorted(rows, key=lambda row: plain(row["Name"]))
        if plain(row["Name"]) != "omicsdk"
    ]
    return OPENING + "\n".join(lines) + "\n"


def faults(text: str, required_by: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What is wrong with a page, as text: a dependency that it lacks, a licence that we do not take.

    Args:
        text: The page.
        required_by: From `groups_by_package`.
    """
    listed: dict[str, tuple[str, str]] = {plain(name): (licence, by) for name, _, licence, by in _ROW.findall(text)}
    for name, groups in sorted(required_by.items()):
        if listed.get(name, ("", ""))[1] != ", ".join(groups):
            yield f"{name} isn't listed as asked for by {', '.join(groups)}: run `make licences`"
    for name, (licence, _) in listed.items():
        if name not in ("package", "---") and not is_taken(licence):
            yield f"{name}: we don't take {licence!r}; another package, or a decision in release/licences.py, is needed"


def main() -> int:
    """Write the page; gives the exit code."""
    if not python_of(HOME).exists():
        sys.exit(f"{HOME} isn't there; `make bare` makes it")
    words = ["piplicenses", "--python", str(python_of(HOME)), "--format", "json", "--from", "mixed"]
    done = subprocess.run([sys.executable, "-m", *words], check=True, stdout=subprocess.PIPE)
    required_by = groups_by_package(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])
    text = page(json.loads(done.stdout), required_by)
    wrong = list(faults(text, required_by))
    if not wrong:
        PAGE.write_text(text, encoding="utf-8", newline="\n")
    sys.stderr.write("".join(f"licences: {fault}\n" for fault in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
