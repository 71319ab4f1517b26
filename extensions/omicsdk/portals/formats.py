"""Known formats of lists, in the order of detection, and the recognition of a list."""

from __future__ import annotations

from omicsdk.core.errors import UsageError
from omicsdk.core.likeness import nearest
from omicsdk.core.type_guards import is_array, is_object
from omicsdk.portals import (
    described_folders,
    documents,
    dvc,
    git_annex,
    listings,
    metalink,
    named_files,
    tables,
    url_lists,
)
from omicsdk.portals.lists import MANUAL, Format, Head, UnknownList
from omicsdk.portals.unsupported import names_local_files, what_it_is

# Characters of a first line that an error shows.
_FIRST_LINE = 200

FORMATS = (
    described_folders.BAG,
    metalink.METALINK,
    dvc.DVC,
    git_annex.DATA_SET,
    git_annex.WHEREIS,
    url_lists.CURL,
    tables.TERRA,
    tables.HCA_DSS,
    tables.AZUL,
    tables.ASSEMBLIES,
    tables.HUB,
    tables.GDC,
    tables.GDC_SAMPLES,
    tables.GEN3_DISCOVERY,
    tables.GEN3,
    tables.ENA,
    tables.SRA_RUNS,
    tables.GEO,
    tables.REMOTE_FILES,
    tables.KIDS_FIRST,
    tables.SEVEN_BRIDGES,
    tables.DRS_TABLE,
    tables.PORTAL,
    url_lists.SRA,
    url_lists.ARIA2,
    url_lists.CHECKSUMS,
    url_lists.TCIA,
    url_lists.SOFT,
    url_lists.TRACKS,
    url_lists.COMMANDS,
    listings.LISTING,
    described_folders.ISA,
    listings.ENTRIES,
    listings.PAGE,
    listings.INVENTORY,
    *documents.DOCUMENTS,
    tables.PANGAEA,
    tables.TABLE,
    url_lists.URLS,
    tables.GDC_IDS,
    tables.SRA_TABLE,
    tables.PATHS,
    documents.JSON,
    named_files.NAMED_FILES,
)


def recognised(head: Head, label: str) -> Format:
    """The format of a list.

    Args:
        head: Its beginning.
        label: Its name in messages.

    Raises:
        UnknownList: It has none of them.
    """
    for format_ in FORMATS:
        if format_.recognises(head):
            return format_
    why, remedy = what_it_is(head)
    if not why and names_local_files(head):
        why, remedy = (
            "a table of paths on a disk, which have no addresses",
            "State the URLs of the files in their place, or paths in a folder, with --base URL.",
        )
    first = head.first[:_FIRST_LINE]
    # The first line of what is known may be a secret, such as a cart of dbGaP.
    begins = "" if why or head.members or head.is_binary or not head.first else f"; its first line is {first!r}"
    near = sorted(
        (candidate for candidate in FORMATS if _nearness(candidate, head) >= 0.5),
        key=lambda entry: -_nearness(entry, head),
    )[:2]
    meant = "; ".join(
        f"{candidate.title} (--format {candidate.name}: {candidate.marks}{_lacking(candidate, head)})"
        for candidate in near
    )
    mapped = (
        "If a column has the addresses of files, name it: --map url=COLUMN; call one of UUIDs of the GDC id; names of "
        "data are read where one column alone has them. "
        if len(head.columns) > 1
        else ""
    )
    listed = "List the addresses of files in it, one per line. " if "://" in head.text else ""
    if is_object(head.document) and not why:
        begins = f"; its members are {', '.join(head.document)[:_FIRST_LINE]}"
    elif is_array(head.document) and not why:
        members = f"; their members are {', '.join(head.columns)[:_FIRST_LINE]}" if head.columns else ""
        begins = f"; none of its elements states the URL of a file, or the name of one with a checksum{members}"
    raise UnknownList(
        f"{label}: {why or 'unknown format'}{begins}",
        remedy=remedy or f"{meant and f'The nearest: {meant}. '}{mapped}{listed}{MANUAL}",
    )


def _lacking(format: Format, head: Head) -> str:
    """The characteristic columns of a format that a head lacks, in words."""
    groups = format.marks.lower().split(", ")
    missing = [group for group in groups if not any(name in head.columns for name in group.split(" or "))]
    return f"; this list lacks {', '.join(missing)}" if missing else ""


def _nearness(format: Format, head: Head) -> float:
    """Return the share of a format's characteristic columns that a head has, exactly or nearly."""
    marks = format.marks.lower().split(", ")
    near_marks = (any(nearest(name, head.columns, least=0.85) for name in mark.split(" or ")) for mark in marks)
    return sum(near_marks) / len(marks)


def format_named(name: str) -> Format:
    """The format of a name.

    Args:
        name: A format's name.

    Raises:
        UsageError: There is none of this name.
    """
    by_name = {format_.name: format_ for format_ in FORMATS}
    if name not in by_name:
        close = nearest(name, by_name, count=2, least=0.4)
        meant = f"Did you mean {' or '.join(close)}? " if close else ""
        raise UsageError(f"Unknown format {name!r}", remedy=f"{meant}{MANUAL}")
    return by_name[name]
