"""Output of the commands for portals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from omicsdk.transfer.reports.units import count_of

if TYPE_CHECKING:
    from omicsdk.cli.output import Call
    from omicsdk.portals.searches import SearchResult


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
