"""The drawings of the architecture say what the code says."""

import pkgutil
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest
from building.drawings import drawn
from diagrams import command, downloads, finding, generator, layers, request, simulated, transfer, uploads
from diagrams.sources import ROOTS, imports, packages
from diagrams.sources import layers as stacked
from diagrams.states import EVERYWHERE
from diagrams.svg import WIDTH, Box, drawing

ROOT = Path(__file__).parents[2]
SVG = "{http://www.w3.org/2000/svg}"


def texts(svg: str) -> str:
    return " ".join(text.text or "" for text in ElementTree.fromstring(svg).iter(f"{SVG}text"))


def test_every_package_has_a_box():
    titles = [box.title for row in layers.rows() for box in row]
    assert sorted(titles) == sorted(map(layers.short, packages()))
    assert {"fs", "testing", "sandbox", "snakemake_storage_plugin_omics"} <= {*titles}


def test_what_a_box_says_it_imports_stands_below_it():
    rows = [[box.title for box in row] for row in layers.rows()]
    place = {name: number for number, row in enumerate(rows) for name in row}
    beside = set(rows[-1])
    for row in stacked():
        for name in row:
            for used in map(layers.short, imports(name)):
                assert used in beside or place[used] > place[layers.short(name)], f"{name} imports {used}"


def test_imports_are_read_from_the_code():
    assert "omicsdk.core" in imports("omicsdk.transfer")
    assert imports("omicsdk.core") <= {"omicsdk_api"}
    assert "omicsdk.gen3" in imports("omicsdk.dtp")
    assert "omicsdk.fs" in imports("snakemake_storage_plugin_omics")


def test_the_generator_has_its_steps_in_the_order_of_the_code():
    steps = [box.title.split()[1] for box in generator.steps()]
    assert steps == ["load", "overlay", "resolve", "upgrade", "normalise", "plan", "render", "write"]
    called = (ROOTS["omicsdk_codegen"] / "document.py").read_text(encoding="utf-8")
    assert re.findall(r"^from \.(load|overlay|resolve|upgrade) import", called, re.MULTILINE) == steps[:4]


@pytest.mark.parametrize("where", [where for row in finding.STEPS for _, where in row])
def test_a_function_of_the_drawing_is_there(where: str):
    assert callable(pkgutil.resolve_name(where))


@pytest.mark.parametrize("stage", transfer.STAGES, ids=lambda stage: stage[1])
def test_a_stage_of_a_transfer_is_a_module_that_the_engine_needs(stage: tuple[str, str]):
    folder = ROOTS["omicsdk"] / "transfer"
    name = stage[1].replace("/", ".")
    assert (folder / f"{stage[1]}.py").exists()
    sources = [path.read_text(encoding="utf-8") for path in folder.rglob("*.py")]
    assert any(f"from omicsdk.transfer.{name} import" in source for source in sources)


@pytest.mark.parametrize("module", [layers, generator, command, request, transfer, downloads, uploads, simulated])
def test_a_drawing_is_whole_and_its_words_stay_in_their_boxes(module):
    svg = ElementTree.fromstring(module.draw())
    assert svg.find(f"{SVG}title") is not None
    for text in svg.iter(f"{SVG}text"):
        assert float(text.attrib["x"]) + 5.5 * len(text.text or "") < WIDTH + 12


def test_text_of_code_is_no_markup():
    assert "&lt;b&gt;" in drawing("x", [[Box("<b>", "a & b")]], arrows=False)


def test_a_page_gets_the_drawings_that_it_names():
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    names = re.findall(r"^<!-- drawing: (\w+) -->$", page, re.MULTILINE)
    assert sorted(names) == sorted(
        path.stem for path in (ROOT / "docs" / "diagrams").glob("*.py") if "def draw(" in path.read_text()
    )
    assert drawn(page).count("<svg") == len(names)
    assert "receiving" in texts(transfer.draw())


@pytest.mark.parametrize("direction", [downloads, uploads])
def test_every_state_of_a_job_is_drawn_with_its_events(direction: Any):
    shown = texts(direction.draw())
    for state, event in direction.TRANSITIONS:
        assert state.value in shown
        assert event.__name__ in shown or event.__name__ in EVERYWHERE
