"""Entities with the size of their files, and entities and files as rows of tables, with their columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from omicsdk_api.azul import models

from omicsdk.core.type_guards import is_array, is_object
from omicsdk.hca.azul.files import AzulFile, of_hit, size_of, totals_of, values_in


class Hit(models.Hit):
    """An entity as the service has it, with the bytes of its files, by which its representations begin."""

    @property
    def size(self) -> int | None:
        """The bytes of all files of the entity, or of the file that it is; None if the service does not state them."""
        return size_of(self.to_dict())

    def __fields__(self) -> Iterator[tuple[str, object]]:
        """The fields, and the size of all files."""
        yield from super().__fields__()
        yield "size", self.size


# Columns by type of the entities, the most important first; the others' are those of their rows.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "projects": ("uuid", "name", "species", "organ", "size", "cells", "files", "title"),
    "files": ("uuid", "name", "size", "format", "project"),
}


def file_row(file: AzulFile) -> dict[str, Any]:
    """A file as a row.

    Args:
        file: The file.
    """
    checksums = {name: file.checksums[name] for name in ("sha256", "md5") if name in file.checksums}
    identity = {"uuid": file.uuid, "name": file.name, "size": file.size, "format": file.format}
    return {**identity, "project": file.project, "version": file.version, "bundle_uuid": file.bundle_uuid, **checksums}


def row_of(kind: str, entity: Hit) -> dict[str, Any]:
    """An entity as a row: its own fields, and for projects those that are compared most.

    Args:
        kind: The type of the entity.
        entity: The entity.
    """

    def joined(entities: list[Mapping[str, Any]] | None, *names: str) -> str:
        return ", ".join(values_in(entities, *names))

    hit = entity.to_dict()
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
            "cells": next((project.get("estimatedCellCount") for project in hit.get("projects") or ()), None),
            **counts,
            "title": joined(hit.get("projects"), "projectTitle"),
        }
    first: object = next(iter(inner), None) if is_array(inner := hit.get(kind)) else None
    members = first.items() if is_object(first) else ()
    plain = {name: value for name, value in members if isinstance(value, str | int | float)}
    return {"uuid": hit["entryId"], **plain, **(counts if hit.get("fileTypeSummaries") else {})}
