"""The faces' tables of differences: nothing published is missing without a reason, and pages and imports give that reason."""

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import pytest
from coming_from import DOCS, check_names
from omicsdk.compat import FACES
from omicsdk.compat.differences import Differences, differences


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The program that makes the tables of the pages."""
    monkeypatch.syspath_prepend(DOCS)
    yield importlib.import_module("published_names")
    del sys.modules["published_names"]


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest, made: ModuleType) -> Any:
    return made.FACES[request.param]


@pytest.fixture
def table(face: Any) -> Differences:
    return differences(face.name)


def test_the_page_is_what_would_be_made(made: ModuleType, face: Any):
    text = face.page_file.read_text(encoding="utf-8")
    assert made.page(face, text) == text, "run `make docs`"
    assert f"omicsdk.compat.{face.name}" in text


def test_the_exceptions_are_what_would_be_made(made: ModuleType, face: Any):
    file = face.exceptions_file
    assert (file.read_text(encoding="utf-8") if file.exists() else "") == made.exceptions(face), "run `make docs`"


def test_every_published_name_is_here_or_has_a_reason(made: ModuleType, face: Any):
    rows = list(made.rows(face, face.published()))
    assert len(rows) > 10
    assert all(here or why for _, here, why in rows)


def test_every_published_module_is_here_or_has_a_reason(face: Any, table: Differences):
    for module in face.published()["modules"]:
        assert find_spec_of(f"omicsdk.compat.{module}") or table.reason(module), module


def test_a_module_that_has_moved_is_found_under_both_names():
    program = """
import importlib, json
from omicsdk.compat import install
from omicsdk.compat.differences import differences
import omicsdk.compat.sevenbridges.models.compound.tasks.input as moved
from omicsdk.compat.sevenbridges.models.task import Input
assert moved.Input is Input
install()
import sevenbridges.models.compound.price
from sevenbridges.models.compound.files.metadata import Metadata
names = json.load(open("specs/sb/published-names.json"))["modules"]
table = differences("sevenbridges")
for module in table.moved:
    wanted = {name for name in names.get(module, ()) if not table.reason(f"{module}.{name}")}
    assert wanted <= vars(importlib.import_module(module)).keys(), module
print(Metadata.__module__)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, cwd=DOCS.parent)
    assert (done.stdout, done.stderr) == ("omicsdk.compat.sevenbridges.models.file\n", "")


def test_what_is_left_out_is_not_here(face: Any, table: Differences):
    assert [module for module in table.modules if find_spec_of(f"omicsdk.compat.{module}")] == []
    modules = face.published()["modules"].values()
    everything = {name for names_of_module in modules for name in names_of_module}
    everything |= {
        f"{name}.{member}" for names_of_module in modules for name, of in names_of_module.items() for member in of or ()
    }
    assert [name for name in table.names if name not in everything] == []


def find_spec_of(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a package above it is missing too
        return False


def test_what_reasons_and_behaviour_name_is_there(table: Differences):
    reasons = [*table.modules.values(), *table.replaced.values(), *table.names.values()]
    assert all(reasons)
    check_names(" ".join([*reasons, *(row.here for row in table.behaviour)]))


def test_every_topic_of_behaviour_is_a_table_of_the_page(face: Any, table: Differences):
    text = face.page_file.read_text(encoding="utf-8")
    marks = set(re.findall(r"^<!-- made by `make docs`: (.*) -->$", text, re.MULTILINE))
    assert {row.topic for row in table.behaviour} == marks - {"names", "left out", "suite"}


def test_a_name_that_is_nowhere_is_no_table(made: ModuleType):
    face = made.FACES["gen3"]
    with pytest.raises(LookupError, match=r"gen3\.file\.Nothing is nowhere"):
        list(made.rows(face, {"exported": [], "modules": {"gen3.file": {"Nothing": None}}}))
    with pytest.raises(LookupError, match="Gen3File has no nothing"):
        list(made.rows(face, {"exported": [], "modules": {"gen3.file": {"Gen3File": ["upload_file", "nothing"]}}}))


def test_a_constant_has_the_published_type_and_value(made: ModuleType):
    def row(name: str, constant: dict[str, object]) -> tuple[str, str, str]:
        return next(made.rows(made.FACES["gen3"], {"exported": [], "modules": {"gen3.jobs": {name: constant}}}))

    same = {"type": "str", "value": "merge-manifests"}
    rows = made.rows(made.FACES["gen3"], {"exported": [], "modules": {"gen3.jobs": {"MERGE_MANIFEST_JOB": same}}})
    assert ("`gen3.jobs.MERGE_MANIFEST_JOB`", "`omicsdk.compat.gen3.jobs.MERGE_MANIFEST_JOB`", "a constant") in rows
    with pytest.raises(LookupError, match=r"gen3\.jobs has no NOTHING"):
        list(made.rows(made.FACES["gen3"], {"exported": [], "modules": {"gen3.jobs": {"NOTHING": same}}}))
    for other in ({"type": "str", "value": "merge"}, {"type": "int"}):
        with pytest.raises(LookupError, match="is 'merge-manifests', and not"):
            list(
                made.rows(made.FACES["gen3"], {"exported": [], "modules": {"gen3.jobs": {"MERGE_MANIFEST_JOB": other}}})
            )


def test_an_import_of_what_is_missing_gives_the_reason():
    """Each module that is left out, and each name of a module that is here."""
    lines: list[str] = []
    expected: list[str] = []
    for name in FACES:
        documented = differences(name)
        lines += [f"import {module}" for module in documented.modules]
        expected += [f"omicsdk.compat has no {module}: {reason}" for module, reason in documented.modules.items()]
    lines += ["from hca.config import ProgressBarStreamHandler", "from pangea_api.knex import clean_url"]
    expected += [
        f"omicsdk.compat has no hca.config.ProgressBarStreamHandler: {differences('hca').names['ProgressBarStreamHandler']}",
        f"omicsdk.compat has no pangea_api.knex.clean_url: {differences('pangea_api').names['clean_url']}",
    ]
    program = f"""
import json
from omicsdk.compat import install
install()
said = []
for line in {lines!r}:
    try:
        exec(line)
    except ImportError as error:
        said.append(str(error))
from hca import config
said.append(hasattr(config, "nothing"))
print(json.dumps(said))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert json.loads(done.stdout) == [*expected, False]
