"""The documents of archives: only the operations that are used, described, and marked as not tested against the service."""

import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import yaml

SPECS = Path(__file__).parents[3] / "specs" / "archives"
GENERATED = SPECS.parents[1] / "generated" / "omicsdk_api" / "archives"
NAMES = Path(__file__).parents[3] / "extensions" / "omicsdk" / "portals"
SERVICES = sorted(path.parent.name for path in SPECS.glob("*/openapi.yaml"))


@pytest.mark.parametrize("service", SERVICES)
def test_a_document_says_that_it_was_not_tested_against_the_service(service: str) -> None:
    document = yaml.safe_load((SPECS / service / "openapi.yaml").read_text("utf-8"))
    readme = (SPECS / service / "README.md").read_text("utf-8")
    module = import_module(f"omicsdk_api.archives.{service}.client")
    client = next(value for name, value in vars(module).items() if name.endswith("Api") and name[0] != "A")
    for text in (document["info"]["description"], readme, client.__doc__ or ""):
        assert re.search(r"not\s+tested\s+against\s+(?:the\s+)?real\s+serv", text, re.IGNORECASE)


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_used(service: str) -> None:
    commands = json.loads((GENERATED / service / "commands.json").read_text("utf-8"))
    sources = "".join(path.read_text("utf-8") for path in NAMES.rglob("*.py"))
    for command in commands:
        assert command["summary"].endswith("."), command["name"]
        assert f".{command['name']}" in sources, command["name"]


def test_lists_of_pride_are_streams(read_spec: Callable[[str], Any]) -> None:
    assert set(read_spec("archives/pride").wishes("x-omics-stream")) == {"list_files", "get_checksums"}


@pytest.mark.parametrize("service", SERVICES)
def test_every_answer_of_an_archive_has_its_origin(service: str) -> None:
    folder = Path(__file__).parents[2] / "data" / "archives" / service
    rows = [line.split("\t") for line in (folder / "index.tsv").read_text("utf-8").splitlines()]
    assert rows[0] == ["file", "service", "request", "published_where", "status", "notes"]
    files = {f"{service}/{path.name}" for path in folder.iterdir()} - {f"{service}/index.tsv"}
    assert {row[0] for row in rows[1:]} == files
    assert all(row[3] and row[5].startswith("[") for row in rows[1:])
