"""Output of the commands for Azul and for searches of portals."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from omicsdk.cli.errors import REFUSED
from omicsdk.cli.listing import Rows
from omicsdk.transfer.reports.units import count_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from omicsdk_api.azul.models import Hit, Summary

    from omicsdk.cli.output import Call
    from omicsdk.core.items import Items
    from omicsdk.hca.azul import AzulFile, Catalog, FacetValue, WrittenManifest
    from omicsdk.portals.searches import SearchResult


def as_rows(result: Sequence[Catalog] | Sequence[FacetValue], call: Call) -> list[dict[str, Any]]:
    """Render catalogs or values of facets."""
    facet = call.options.get("facet")
    rows = (asdict(item) for item in result)
    return [row for row in rows if facet is None or row["facet"] == facet]


def as_json(result: Hit | Summary, call: Call) -> dict[str, Any]:
    """Render an entity or counts as the service states them."""
    del call
    return result.to_dict()


def written(result: WrittenManifest, call: Call) -> dict[str, Any]:
    """Render a manifest: its file."""
    call.console.message(f"wrote {result.path}: {result.size:,} bytes")
    return {"path": str(result.path), "format": result.format, "size": result.size}


def entity_rows(result: Items[Hit], call: Call) -> Rows:
    """Render entities as rows, up to --limit."""

    def rows() -> Iterator[dict[str, Any]]:
        count = 0
        for row in call.console.limited(result.rows(), call.options.get("limit")):
            count += 1
            yield row
        if not count and call.options.get("fail_empty"):
            call.console.exit_code = REFUSED

    return Rows.of(rows())


def files(result: Iterable[AzulFile], call: Call) -> list[dict[str, Any]]:
    """Render files as rows."""
    del call
    from omicsdk.hca.azul.hits import file_row

    return [file_row(file) for file in result]


def searched(result: SearchResult, call: Call) -> list[dict[str, Any]]:
    """Render the result of a search: its rows; stderr names portals that did not respond.

    Raises:
        OmicsError: The only portal failed.
    """
    console, errors = call.console, list(result.failed.values())
    if errors and len(result.searched) == 1 and not result.hits:
        raise errors[0]
    for portal, error in result.failed.items():
        console.error(f"{portal}: {error}")
    console.add_outcomes(errors, len(result.searched))
    answered = len(result.searched) - len(errors)
    more = "; more match: set --limit" if result.is_cut else ""
    console.message(f"{count_of(len(result), 'row')} from {count_of(answered, 'portal')}{more}")
    return [hit._asdict() for hit in result]
