"""The page of URIs says what the stores do, and the example of it reads tables of two platforms."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from omicsdk.fs import Store, parse_uri
from omicsdk.fs.store import STORES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/uris.md").read_text(encoding="utf-8")
PLATFORMS = [scheme for scheme in STORES if scheme != "file"]


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cell without marks."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0].strip("`"): row[1:] for row in rows[2:]}


def store_of(scheme: str) -> type[Store]:
    module, _, name = STORES[scheme].partition(":")
    return getattr(import_module(module), name)


def test_every_scheme_is_on_the_page() -> None:
    assert list(table("What can be done with each")) == [f"{scheme}://" for scheme in PLATFORMS]
    forms = re.findall(r"^\| `(\w+)://", PAGE.partition("## Forms\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert list(dict.fromkeys(forms)) == PLATFORMS
    for uri in re.findall(r"`(\w+://[^`]+)`", PAGE):
        assert parse_uri(uri).scheme in STORES, uri


@pytest.mark.parametrize("scheme", PLATFORMS)
def test_what_can_be_done_is_what_the_store_does(scheme: str) -> None:
    listed, put, folders, removed, copied = table("What can be done with each")[f"{scheme}://"]
    store = store_of(scheme)
    assert listed
    assert put.startswith(
        "yes" if store.writable and not store.puts_whole_folders else "as a whole" if store.writable else "no"
    )
    assert (folders == "yes") == (store.writable and store.make_folder is not Store.make_folder)
    assert (removed == "yes") == (store.writable and store.remove is not Store.remove)
    assert (copied == "yes") == (store.writable and store.copy is not Store.copy)


@pytest.mark.parametrize("scheme", PLATFORMS)
def test_storage_options_are_those_that_the_store_takes(scheme: str) -> None:
    told = re.findall(r"`(\w+)`", table("Options")[f"{scheme}://"][0])
    taken = inspect.signature(store_of(scheme)).parameters
    assert told
    assert set(told) <= taken.keys()


@pytest.mark.sandbox
def test_a_script_reads_a_table_in_a_bundle_and_one_behind_a_drs_uri(documented: Any, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "cells.csv").write_text("cell,umis\n" + "".join(f"c{number},{number}\n" for number in range(5000)))
    sandbox = documented.sandbox
    bundle = sandbox.seed(folder)["bundle_uuid"]
    guid = sandbox.seed_service("gen3", folder)["files"]["cells.csv"]
    uris = f"dss://aws/{bundle}/cells.csv", f"drs://{sandbox.gen3_url.partition('://')[2]}/{guid}"

    told = subprocess.run(
        [sys.executable, ROOT / "examples/open_by_uri.py", *uris],
        cwd=tmp_path,
        env=documented.variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[:2] == [f"{uri}: 5,000 rows of cell, umis" for uri in uris]
    assert re.fullmatch(r"count +10000\.0", lines[3])
    assert re.fullmatch(r"max +4999\.0", lines[5])
