"""The page of URIs says what the stores do, and the example of it reads tables of two platforms."""

import inspect
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from omicsdk.cli.index import Entry
from omicsdk.cli.index.files import COMMANDS
from omicsdk.cli.index.signatures import command
from omicsdk.fs import Store, parse_uri
from omicsdk.fs.uris import STORES

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/uris.md").read_text(encoding="utf-8")
PLATFORMS = [scheme for scheme in STORES if scheme != "file"]


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table below a heading, by their first cell without marks."""
    section = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return rows_of(section)


def rows_of(section: str) -> dict[str, list[str]]:
    """The rows of the first table of a text, likewise."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {row[0].strip("`"): row[1:] for row in rows[2:]}


def commands_for(scheme: str) -> list[str]:
    """The cells of the table of commands for a scheme; each is tried in tests/functional/cli/test_file_verbs.py."""
    rows = rows_of(PAGE.partition("Support by platform:\n")[2].partition("\nAn unsupported")[0])
    return rows["a path" if scheme == "file" else f"{scheme}://"]


def store_of(scheme: str) -> type[Store]:
    module, _, name = STORES[scheme].partition(":")
    return getattr(import_module(module), name)


def test_every_scheme_is_on_the_page() -> None:
    assert list(table("Supported operations")) == [f"{scheme}://" for scheme in PLATFORMS]
    forms = re.findall(r"^\| `(\w+)://", PAGE.partition("## Forms\n")[2].partition("\n## ")[0], re.MULTILINE)
    assert list(dict.fromkeys(forms)) == PLATFORMS
    for uri in re.findall(r"`(\w+://[^`]+)`", PAGE):
        assert parse_uri(uri).scheme in STORES, uri


@pytest.mark.parametrize("scheme", PLATFORMS)
def test_what_can_be_done_is_what_the_store_does(scheme: str) -> None:
    listed, put, folders, removed, copied, signed = table("Supported operations")[f"{scheme}://"]
    features = store_of(scheme).features
    assert listed
    assert put.startswith("as a whole" if features.puts_whole_folders else "yes" if features.writable else "no")
    assert (folders == "yes") == features.makes_folders
    assert (removed == "yes") == bool(features.removal_batch)
    assert signed
    assert (copied == "yes") == features.copies


@pytest.mark.parametrize("scheme", STORES)
def test_a_store_has_the_methods_of_its_features(scheme: str) -> None:
    store = store_of(scheme)
    features = store.features
    methods = {
        "put": features.writable,
        "make_folder": features.makes_folders,
        "remove": features.removal_batch > 0,
        "remove_files": features.removal_batch > 1,
        "move": features.moves,
        "copy": features.copies,
        "copy_many": features.copies_batches,
    }
    assert {name: getattr(store, name) is not getattr(Store, name) for name in methods} == methods


@pytest.mark.parametrize("scheme", STORES)
def test_the_commands_that_a_platform_takes_are_those_of_its_store(scheme: str) -> None:
    looks, source, target, removes, folders, signed = commands_for(scheme)
    features = store_of(scheme).features
    assert looks == source == "yes"
    assert (target == "yes") == (features.writable and not features.puts_whole_folders)
    assert (target == "no") == (not features.writable)
    assert (removes == "yes") == bool(features.removal_batch)
    assert (folders == "yes") == features.makes_folders
    assert (signed == "no") == (scheme == "file")


def test_every_command_for_files_is_on_the_page() -> None:
    named = re.findall(r"^\| `omics (\w+) ", PAGE.partition("## On the command line\n")[2], re.MULTILINE)
    assert sorted(named) == sorted(entry.command for entry in COMMANDS)
    for entry in COMMANDS:
        options = {f"--{name.replace('_', '-')}" for name in option_names(entry)}
        row = next(line for line in PAGE.splitlines() if line.startswith(f"| `omics {entry.command} "))
        assert set(re.findall(r"--[a-z-]+", row)) <= options


def option_names(entry: Entry) -> list[str]:
    return [parameter["name"] for parameter in command(entry, "").get("parameters", ())]


@pytest.mark.parametrize("scheme", PLATFORMS)
def test_storage_options_are_those_that_the_store_takes(scheme: str) -> None:
    options = re.findall(r"`(\w+)`", table("Options")[f"{scheme}://"][0])
    taken = inspect.signature(store_of(scheme)).parameters
    assert options
    assert set(options) <= taken.keys()


@pytest.mark.sandbox
def test_a_script_reads_a_table_in_a_bundle_and_one_behind_a_drs_uri(documented: Any, tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "cells.csv").write_text("cell,umis\n" + "".join(f"c{number},{number}\n" for number in range(5000)))
    sandbox = documented.sandbox
    bundle = sandbox.seed(folder)["bundle_uuid"]
    guid = sandbox.seed(folder, service="gen3")["files"]["cells.csv"]
    uris = f"dss://aws/{bundle}/cells.csv", f"drs://{sandbox.gen3_url.partition('://')[2]}/{guid}"

    result = subprocess.run(
        [sys.executable, ROOT / "examples/open_by_uri.py", *uris],
        cwd=tmp_path,
        env=documented.variables,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == [f"{uri}: 5,000 rows of cell, umis" for uri in uris]
    assert re.fullmatch(r"count +10000\.0", lines[3])
    assert re.fullmatch(r"max +4999\.0", lines[5])
