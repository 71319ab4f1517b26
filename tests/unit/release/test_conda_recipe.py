"""The recipe for conda-forge, which is never built here, states what pyproject.toml states."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[3]
RECIPE = yaml.safe_load((ROOT / "release/conda/recipe.yaml").read_text("utf-8"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]


def spaced(requirement: str) -> str:
    """Return a requirement as conda writes it: `httpx >=0.27,<1`."""
    name, bounds = re.fullmatch(r"([\w.-]+)(.*)", requirement).groups()
    return f"{name} {bounds}".strip()


def test_name_version_and_licence():
    assert RECIPE["package"] == {"name": PROJECT["name"], "version": PROJECT["version"]}
    about = RECIPE["about"]
    assert (about["summary"], about["license"]) == (PROJECT["description"], PROJECT["license"])
    assert [about["license_file"]] == PROJECT["license-files"]


def test_dependencies():
    python = spaced(f"python{PROJECT['requires-python']}")
    assert RECIPE["requirements"]["run"] == [python, *map(spaced, PROJECT["dependencies"])]
    build = map(spaced, PYPROJECT["build-system"]["requires"])
    assert RECIPE["requirements"]["host"] == [python, "pip", *build]


def test_commands():
    assert RECIPE["build"]["python"]["entry_points"] == [
        f"{name} = {where}" for name, where in PROJECT["scripts"].items()
    ]
