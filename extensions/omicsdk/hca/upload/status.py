"""How far files are in an area: the words that the documented commands print."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from omicsdk.core.errors import OmicsError

#: How the service's states are called where it isn't said what they are states of.
_CHECKSUM_STATES = {"SCHEDULED": "CHECKSUMMING_SCHEDULED", "UNSCHEDULED": "CHECKSUMMING_UNSCHEDULED"}
_VALIDATION_STATES = {"SCHEDULED": "VALIDATION_SCHEDULED", "UNSCHEDULED": "VALIDATION_UNSCHEDULED"}
_TOTAL = "TOTAL_NUM_FILES"


def file_status(checksum: Callable[[], Mapping[str, Any]], validation: Callable[[], Mapping[str, Any]]) -> str:
    """Gives a file's state: that of its checksums until they are there, that of its validation from then on.

    Args:
        checksum: Asks for the first.
        validation: Asks for the second.

    Returns:
        The state; with STATUS_RETRIEVAL_ERROR in it and the reason where the service doesn't say.
    """
    try:
        state = str(checksum()["checksum_status"])
    except (OmicsError, KeyError) as error:
        return f"CHECKSUM_STATUS_RETRIEVAL_ERROR: {error}"
    if state != "CHECKSUMMED":
        return _CHECKSUM_STATES.get(state, state)
    try:
        state = str(validation()["validation_status"])
    except (OmicsError, KeyError) as error:
        return f"VALIDATION_STATUS_RETRIEVAL_ERROR: {error}"
    return _VALIDATION_STATES.get(state, state)


def report_text(area_uuid: str, checksums: Mapping[str, int], validations: Mapping[str, int]) -> str:
    """Writes the report of an area: how many files are in each state.

    Args:
        area_uuid: The area.
        checksums: Files by state of their checksums, and their number under TOTAL_NUM_FILES.
        validations: Files by state of their validation; those without one aren't counted by the service.
    """
    unscheduled = checksums.get("CHECKSUMMED", 0) - sum(validations.values())
    validated = {**validations, "VALIDATION_UNSCHEDULED": unscheduled}
    lines = [
        "FILE STATUS REPORT",
        f"UploadArea: {area_uuid}",
        f"Total Number of Files: {checksums.get(_TOTAL, 0)}",
        "CHECKSUMS",
        *(f"\t{state} files: {checksums[state]}" for state in sorted(checksums) if state != _TOTAL),
        "VALIDATIONS",
        *(f"\t{state} files: {validated[state]}" for state in sorted(validated)),
    ]
    return "\n".join(lines) + "\n"
