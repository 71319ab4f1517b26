"""The commands of Azul."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from omicsdk import Azul
from omicsdk.cli.catalog import FAIL_EMPTY, LIMIT
from omicsdk.cli.commands import azul
from omicsdk.cli.index import Entry

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument

BY_SIGNATURE = True

_UUID = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
_HUMAN = "--filter 'genusSpecies=Homo sapiens'"
_FACET: Argument = {"name": "facet", "type": "string", "default": None, "help": "Only the values of this facet."}
_COLUMNS = {
    "projects": ("name", "species", "organ", "cells", "files", "size", "uuid"),
    "files": ("name", "size", "format", "project", "uuid"),
}


def _filtered(
    words: str, function: Callable[..., Any], *examples: str, positional: tuple[str, ...] = (), **more: Any
) -> Entry:
    """A command with conditions, which has no other positional arguments than those that are named."""
    with_folder = "folder" in signature(function).parameters
    return Entry(
        words,
        function,
        flags={"what": "--filter"} | ({"folder": "--to"} if with_folder else {}),
        also={"what": ("--filters",)} | ({"folder": ("--download-dir",)} if with_folder else {}),
        short={"folder": "-d"} if with_folder else {},
        repeated=("what",),
        examples=examples,
        positional=positional,
        **more,
    )


def _list(kind: str, example: str) -> Entry:
    return _filtered(
        f"{kind} ls",
        Azul.ls,
        example,
        hidden=("entity",),
        defaults={"entity": kind},
        options=(LIMIT, FAIL_EMPTY),
        render=azul.listed,
        columns=_COLUMNS.get(kind, ()),
    )


READS = (
    *("catalogs", "summary", "facets", "get", "matrices", "manifest", "download", "verify"),
    *("projects", "samples", "files", "bundles", "datasets", "donors", "biosamples", "activities"),
)

COMMANDS = (
    Entry("catalogs", Azul.catalogs, render=azul.as_rows, columns=("name", "atlas", "is_default"), examples=("",)),
    _filtered("summary", Azul.summary, "", _HUMAN, render=azul.as_json),
    _list("projects", f"{_HUMAN} --filter organ=eye"),
    _list("samples", "--filter organ=brain --limit 10"),
    _list("files", "--filter fileFormat=h5ad --filter 'fileSize=0..1000000000'"),
    _list("bundles", f"--filter projectId={_UUID}"),
    _list("datasets", "--catalog anvil8"),
    _list("donors", "--catalog anvil8 --limit 10"),
    _list("biosamples", "--catalog anvil8 --limit 10"),
    _list("activities", "--catalog anvil8 --limit 10"),
    _filtered(
        "facets",
        Azul.facets,
        *("", "projects --facet organ"),
        positional=("entity",),
        options=(_FACET,),
        render=azul.as_rows,
        columns=("facet", "value", "count"),
    ),
    Entry("get", Azul.get, render=azul.as_json, examples=(_UUID, f"{_UUID} --query projects[0].projectTitle")),
    Entry("matrices", Azul.matrices, render=azul.files, columns=_COLUMNS["files"], examples=(_UUID,)),
    _filtered(
        "manifest",
        Azul.manifest,
        *("--filter fileFormat=h5ad", f"--format curl --filter projectId={_UUID} --to files.curlrc"),
        render=azul.written,
    ),
    _filtered(
        "download",
        Azul.download,
        "--filter fileFormat=h5ad --filter organ=eye --to data --dry-run",
        f"--matrices {_UUID} --to data",
        "--manifest manifest.tsv --to data --layout bundle",
        opposites={"mirror": "--no-mirror"},
        title="Download of",
    ),
    _filtered("verify", Azul.verify, f"--matrices {_UUID} --to data", title="Verify"),
)
