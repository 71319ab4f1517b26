"""Docstrings of classes, whose sections ruff does not compare with the code."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted(path for folder in ("codegen", "extensions") for path in (ROOT / folder).rglob("*.py"))


def test_classes_have_the_documented_arguments() -> None:
    wrong: list[str] = []
    for path in SOURCES:
        # Not parsed, which takes ten seconds.
        for text in re.split("^class ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
            section = text.partition("    def ")[0].partition("\n    Args:\n")[2].partition("\n\n")[0]
            parameters = text.partition("\n    def __init__(")[2].partition("->")[0]
            if parameters and "**" not in parameters:
                documented = re.findall(r"^        (\w+):", section, re.MULTILINE)
                wrong += [f"{path}: {name}" for name in documented if f"{name}:" not in parameters]
    assert wrong == []
