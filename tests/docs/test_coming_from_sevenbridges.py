"""The page for those who come from sevenbridges-python: its table is made of what is there, and nothing is missing."""

import importlib
import json
import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "coming-from-sevenbridges.md").read_text(encoding="utf-8")


@pytest.fixture
def names(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    yield importlib.import_module("sevenbridges_names")
    del sys.modules["sevenbridges_names"]


def test_the_table_is_what_would_be_made(names):
    assert names.page(PAGE) == PAGE, "run `make docs`"


def test_every_public_name_has_a_row(names):
    published = json.loads(names.PUBLISHED.read_text(encoding="utf-8"))
    assert published["version"] == "2.11.2"
    for module, found in published["modules"].items():
        for name in found:
            assert f"| `{module}.{name}` |" in PAGE
    assert not [name for name in published["exported"] if f".{name}` |" not in PAGE and name != "__version__"]


def test_a_name_that_is_nowhere_is_no_table(names):
    published = {"exported": [], "modules": {"sevenbridges.models.file": {"Nothing": None}}}
    with pytest.raises(LookupError, match=r"sevenbridges.models.file.Nothing is nowhere"):
        list(names.rows(published))
    published = {"exported": [], "modules": {"sevenbridges.models.file": {"File": ["get", "nothing"]}}}
    with pytest.raises(LookupError, match="File has no nothing"):
        list(names.rows(published))


def test_what_is_left_out_is_left_out(names):
    published = json.loads(names.PUBLISHED.read_text(encoding="utf-8"))
    everything = {name for found in published["modules"].values() for name in found}
    everything |= {
        f"{name}.{each}" for found in published["modules"].values() for name, of in found.items() for each in of or ()
    }
    assert [name for name in names.reasons() if name not in everything] == []
    assert all(names.reasons().values())


def test_what_stands_instead_is_there(names):
    for instead in names.REPLACED.values():
        for path in re.findall(r"`(omicsdk[\w.]+)", instead):
            module, _, name = path.rpartition(".")
            try:
                importlib.import_module(path)
            except ImportError:
                while True:
                    try:
                        owner = importlib.import_module(module)
                        break
                    except ImportError:
                        module, _, more = module.rpartition(".")
                        name = f"{more}.{name}"
                for each in name.split("."):
                    owner = getattr(owner, each)


def test_the_imports_that_it_shows_work():
    shown = re.findall(r"`((?:from|import) omicsdk[^`]*)`", PAGE)
    assert len(shown) >= 5
    for line in shown:
        exec(line, {})
