"""SDS data sets in folders, and their dictionary."""

import json
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from omicsdk.gen3.dictionary import Dictionary
from sds_sheets import DESCRIPTION, GOOD_SUBJECTS, Rows, write_sheet

Folders = Callable[..., Path]


@pytest.fixture
def data_set(tmp_path: Path) -> Folders:
    """Makes the folder of a data set with a description and two subjects; sheets by their stems add to it, None takes away."""

    def made(sheets: Mapping[str, Rows | None] | None = None, name: str = "dataset") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        every: dict[str, Rows | None] = {
            "dataset_description": DESCRIPTION,
            "subjects": GOOD_SUBJECTS,
            **(sheets or {}),
        }
        for stem, rows in every.items():
            if rows is not None:
                write_sheet(folder / (stem if "." in stem else f"{stem}.xlsx"), rows)
        return folder

    return made


@pytest.fixture(scope="session")
def sds_document() -> Mapping[str, Any]:
    """The SDS dictionary as a commons gives it."""
    return json.loads((resources.files("omicsdk.sandbox.gen3.records") / "sds.json").read_text())


@pytest.fixture(scope="session")
def dictionary(sds_document: Mapping[str, Any]) -> Dictionary:
    return Dictionary(sds_document)
