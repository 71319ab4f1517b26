"""The commands of Azul."""

from __future__ import annotations

from collections.abc import Callable
from inspect import signature
from typing import TYPE_CHECKING, Any

from omicsdk import Azul
from omicsdk.cli.catalog import FAIL_EMPTY, LIMIT
from omicsdk.cli.commands import portals
from omicsdk.cli.index import Entry
from omicsdk.hca.azul.hits import COLUMNS

if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument


_UUID = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
_HUMAN = "--filter 'genusSpecies=Homo sapiens'"
_PROJECTS: Argument = {
    "name": "project",
    "type": "array",
    "items": "string",
    "default": [],
    "remote": True,
    "help": "UUIDs or URLs of projects, https://explore.data.humancellatlas.org/projects/UUID, or of AnVIL's datasets; a catalog in the URL is used.",
}
_FACET: Argument = {"name": "facet", "type": "string", "default": None, "help": "Only the values of this facet."}


def _filtered(
    command: str, function: Callable[..., Any], *examples: str, positional: tuple[str, ...] = (), **more: Any
) -> Entry:
    """A command with conditions, which has no other positional arguments than those that are named."""
    with_folder = "folder" in signature(function).parameters
    return Entry(
        command,
        function,
        flags={"what": "--filter"} | ({"folder": "--to"} if with_folder else {}),
        also={"what": ("--filters",)} | ({"folder": ("--download-dir",)} if with_folder else {}),
        short={"folder": "-d"} if with_folder else {},
        repeated=("what",),
        places={"what": _PROJECTS},
        examples=examples,
        positional=positional,
        **more,
    )


def _list(kind: str, *examples: str) -> Entry:
    return _filtered(
        f"{kind} ls",
        Azul.ls,
        *examples,
        hidden=("entity",),
        defaults={"entity": kind},
        options=(LIMIT, FAIL_EMPTY),
        columns=COLUMNS.get(kind, ()),
    )


READS = (
    *("catalogs", "summary", "ls", "facets", "get", "matrices", "manifest", "download", "verify"),
    *("projects", "samples", "files", "bundles", "datasets", "donors", "biosamples", "activities"),
)

COMMANDS = (
    Entry("catalogs", Azul.catalogs, render=portals.as_rows, columns=("name", "atlas", "is_default"), examples=("",)),
    _filtered("summary", Azul.summary, "", _HUMAN),
    _filtered(
        "ls",
        Azul.ls,
        *("", _UUID, f"https://explore.data.humancellatlas.org/projects/{_UUID}?catalog=dcp43"),
        positional=("entity",),
        defaults={"entity": "projects"},
        options=(LIMIT, FAIL_EMPTY),
    ),
    _list("projects", f"{_HUMAN} --filter organ=eye"),
    _list("samples", "--filter organ=brain --limit 10"),
    _list("files", _UUID, "--filter fileFormat=h5ad --filter 'fileSize=0..1000000000'"),
    _list("bundles", _UUID),
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
        render=portals.as_rows,
        columns=("facet", "value", "count"),
    ),
    Entry("get", Azul.get, examples=(_UUID, f"{_UUID} --query projects[0].projectTitle")),
    Entry("matrices", Azul.matrices, render=portals.files, columns=COLUMNS["files"], examples=(_UUID,)),
    _filtered(
        "manifest",
        Azul.manifest,
        *("--filter fileFormat=h5ad", f"--format curl --filter projectId={_UUID} --to files.curlrc"),
        metavars={"to": "FILE"},
    ),
    _filtered(
        "download",
        Azul.download,
        "--filter fileFormat=h5ad --filter organ=eye --to data --dry-run",
        f"{_UUID} --filter fileFormat=h5ad --to data",
        f"--matrices {_UUID} --to data",
        "--manifest manifest.tsv --to data --layout bundle",
        opposites={"mirror": "--no-mirror"},
        title="Download of",
    ),
    _filtered("verify", Azul.verify, f"--matrices {_UUID} --to data", title="Verify"),
)
