"""The locked versions of what a developer installs: complete, hashed, and without the address of an index."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
INSTALLER = ROOT / ".ci" / "locked" / "uv.txt"
LOCKED = sorted(path for path in INSTALLER.parent.glob("*.txt") if path != INSTALLER)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def required(extra: str) -> list[Requirement]:
    """The project's own requirements and those of an extra, with the extras that it consists of."""
    needed: list[Requirement] = []
    for requirement in map(Requirement, PROJECT["optional-dependencies"][extra]):
        if requirement.name == "omicsdk":
            needed += [needed_by_extra for name in requirement.extras for needed_by_extra in required(name)]
        else:
            needed.append(requirement)
    return [*map(Requirement, PROJECT["dependencies"]), *needed]


def pinned(text: str) -> dict[str, set[str]]:
    """The versions of each package; several where systems or Pythons differ."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)(?:\[.*?\])?==([^ ;\\]+)", text):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


@pytest.mark.parametrize("path", LOCKED, ids=lambda path: path.stem)
def test_every_requirement_is_locked_with_a_version_that_it_takes(path: Path) -> None:
    versions = pinned(path.read_text(encoding="utf-8"))
    for requirement in [*required(path.stem), Requirement("hatchling"), Requirement("editables")]:
        locked = versions.get(canonicalize_name(requirement.name), set())
        assert locked, f"{requirement}: run make lock"
        assert all(requirement.specifier.contains(version, prereleases=True) for version in locked), requirement


@pytest.mark.parametrize("path", [*LOCKED, INSTALLER], ids=lambda path: path.stem)
def test_each_has_hashes_and_none_names_an_index(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "://" not in text
    entries = re.split(r"(?m)^(?=\S)", text)[1:]
    assert entries
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_each_environment_of_the_makefile_has_one() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert set(re.findall(r"environment\.py \S+ (\w+)", makefile)) == {path.stem for path in LOCKED}


def test_what_installs_the_others_is_the_uv_of_development() -> None:
    (entry,) = re.findall(r"(?m)^uv==(?:.*\\\n)+.*\n", INSTALLER.with_name("dev.txt").read_text(encoding="utf-8"))
    assert INSTALLER.read_text(encoding="utf-8") == entry
