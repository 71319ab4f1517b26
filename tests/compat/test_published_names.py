"""The names of the published packages equal those in specs/SERVICE/published-names.json, which the manual and its tests use."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CLIENTS = [
    pytest.param(face, package, service, marks=pytest.mark.compat(client))
    for client, face, package, service in (
        ("hca", "hca", "hca", "dss"),
        ("sevenbridges", "sevenbridges", "sevenbridges-python", "sb"),
        ("gen3", "gen3", "gen3", "gen3"),
        ("pangea", "pangea_api", "pangea-api", "pangea"),
        ("crunch", "crunch", "django-crunch", "crunch"),
    )
]


@pytest.mark.parametrize(("face", "package", "service"), CLIENTS)
def test_the_names_are_those_of_the_published_package(
    interpreter_of: Callable[[str], Path], request: pytest.FixtureRequest, face: str, package: str, service: str
):
    program = f"""
import json, published_names
print(json.dumps(published_names.read(published_names.FACES[{face!r}], {package!r})))
"""
    client = next(request.node.iter_markers("compat")).args[0]
    done = subprocess.run(
        [interpreter_of(client), "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT / "docs",
    )
    told = done.stdout.splitlines()[-1]  # some modules print as they are imported
    names = ROOT / "specs" / service / "published-names.json"
    assert json.loads(told) == json.loads(names.read_text(encoding="utf-8"))
