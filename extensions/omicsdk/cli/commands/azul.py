"""Output of the commands for Azul."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from omicsdk.cli.errors import REFUSED
from omicsdk.cli.listing import Rows
from omicsdk.core.type_guards import is_array, is_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from omicsdk_api.azul.models import Hit, Summary

    from omicsdk.cli.output import Call
    from omicsdk.hca.azul import AzulFile, Catalog, FacetValue, WrittenManifest


def as_rows(result: Sequence[Catalog] | Sequence[FacetValue], call: Call) -> list[dict[str, Any]]:
    """Render catalogs or values of facets."""
    wanted = call.options.get("facet")
    rows = (asdict(each) for each in result)
    return [row for row in rows if wanted is None or row["facet"] == wanted]


def as_json(result: Hit | Summary, call: Call) -> dict[str, Any]:
    """Render an entity or counts as the service states them."""
    del call
    return result.to_dict()


def written(result: WrittenManifest, call: Call) -> dict[str, Any]:
    """Render a manifest: its file."""
    call.console.message(f"wrote {result.path}: {result.size:,} bytes")
    return {"path": str(result.path), "format": result.format, "size": result.size}


def listed(result: Iterator[Hit], call: Call) -> Rows:
    """Render entities as rows, up to --limit."""
    kind = call.arguments["entity"]

    def rows() -> Iterator[dict[str, Any]]:
        count = 0
        for hit in call.console.limited(result, call.options.get("limit")):
            count += 1
            yield row_of(kind, hit.to_dict())
        if not count and call.options.get("fail_empty"):
            call.console.exit_code = REFUSED

    return Rows.of(rows())


def files(result: Iterable[AzulFile], call: Call) -> list[dict[str, Any]]:
    """Render files as rows."""
    del call
    return [file_row(file) for file in result]


def file_row(file: AzulFile) -> dict[str, Any]:
    """A file as a row.

    Args:
        file: The file.
    """
    checksums = {name: file.checksums[name] for name in ("sha256", "md5") if name in file.checksums}
    identity = {"uuid": file.uuid, "name": file.name, "size": file.size, "format": file.format}
    return {**identity, "project": file.project, "version": file.version, "bundle_uuid": file.bundle_uuid, **checksums}


def row_of(kind: str, hit: Mapping[str, Any]) -> dict[str, Any]:
    """An entity as a row: its own fields, and for projects those that are compared most.

    Args:
        kind: The type of the entity.
        hit: The entity, as the service states it.
    """
    from omicsdk.hca.azul.files import of_hit, totals_of, values_in

    def joined(entities: list[Mapping[str, Any]] | None, *names: str) -> str:
        return ", ".join(values_in(entities, *names))

    if kind == "files":
        return file_row(of_hit(hit, "")[0])
    if kind == "bundles":
        # The Human Cell Atlas and AnVIL name the version otherwise.
        return {"uuid": hit["entryId"], "version": joined(hit.get("bundles"), "bundleVersion", "bundle_version")}
    files, size = totals_of(hit)
    counts = {"files": files, "size": size}
    if kind == "projects":
        return {
            "uuid": hit["entryId"],
            "name": joined(hit.get("projects"), "projectShortname"),
            "species": joined(hit.get("donorOrganisms"), "genusSpecies"),
            "organ": joined(hit.get("specimens"), "organ"),
            "cells": next((each.get("estimatedCellCount") for each in hit.get("projects") or ()), None),
            **counts,
            "title": joined(hit.get("projects"), "projectTitle"),
        }
    own: object = next(iter(listed), None) if is_array(listed := hit.get(kind)) else None
    plain = {
        name: value for name, value in (own.items() if is_object(own) else ()) if isinstance(value, str | int | float)
    }
    return {"uuid": hit["entryId"], **plain, **(counts if hit.get("fileTypeSummaries") else {})}
