"""A bundle's manifest: merging its pages, choosing files by pattern, and refusing names that can't be kept."""

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from omicsdk.core.errors import NameClash, UsageError
from omicsdk.core.paging import items_at, with_items
from omicsdk.hca.dss.files import DSSFile, stated_text
from omicsdk.transfer.names import safe_name

FILES_KEY = "bundle.files"
ALL: tuple[str, ...] = ("*",)
NONE: tuple[str, ...] = ("",)


class BundleNameClash(NameClash, ValueError):
    """Two files of a bundle have one name, or names that differ in case only."""


def merged_pages(pages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The first page with the files of all of them.

    Raises:
        DecodeError: A page has no list of files, or the first doesn't say which bundle it is.
    """
    files = [file for page in pages for file in items_at(page, FILES_KEY, "get_bundle")]
    merged = with_items(dict(pages[0]), FILES_KEY, files)
    for field, expected in (("uuid", "a UUID"), ("version", "a version")):
        stated_text(merged["bundle"].get(field), "get_bundle", f"bundle.{field}", expected)
    return merged


def manifest_bytes(manifest: Mapping[str, Any]) -> bytes:
    """The content of bundle.json, byte by byte what every client of the Data Store writes."""
    return json.dumps(manifest, indent=4, sort_keys=True).encode()


def folder_name(manifest: Mapping[str, Any]) -> str:
    """A bundle's folder: `<uuid>.<version>`."""
    return f"{manifest['bundle']['uuid']}.{manifest['bundle']['version']}"


def filters(
    metadata_filter: Iterable[str], data_filter: Iterable[str], no_metadata: bool, no_data: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The patterns for metadata and for data.

    Raises:
        UsageError: A filter and the flag that excludes all of its kind are both given.
    """
    metadata, data = _patterns(metadata_filter), _patterns(data_filter)
    for flag, given, word in ((no_metadata, metadata, "metadata"), (no_data, data, "data")):
        if flag and given != ALL:
            raise ExclusiveFilters(
                f"--{word}-filter and --no-{word} are mutually exclusive options", remedy="Give one of them."
            )
    return NONE if no_metadata else metadata, NONE if no_data else data


def _patterns(given: Iterable[str]) -> tuple[str, ...]:
    # A string alone is one pattern; its letters as patterns of their own are what nobody means.
    return (given,) if isinstance(given, str) else tuple(given)


class ExclusiveFilters(UsageError, ValueError):
    """A filter was given together with the flag that leaves out all that it could choose from."""


def chosen(
    manifest: Mapping[str, Any], replica: str, metadata_filter: Sequence[str] = ALL, data_filter: Sequence[str] = ALL
) -> list[DSSFile]:
    """The files of a bundle whose whole name (folders included) matches a case-sensitive shell pattern.

    Args:
        manifest: What get_bundle answers, all pages merged.
        replica: Where the files are fetched from.
        metadata_filter: Patterns for files with `indexed` set.
        data_filter: Patterns for the rest.

    Raises:
        UnsafePath: One of them has a name that no file can have.
        BundleNameClash: Two of them have one name, or names that a file system that folds case takes for one.
    """
    bundle = manifest["bundle"]
    found: list[DSSFile] = []
    names = {"bundle.json": "bundle.json"}
    for at, entry in enumerate(bundle["files"]):
        place = f"files[{at}] of bundle {bundle['uuid']}"
        file = DSSFile.from_dss_bundle_response(entry, replica)
        if not isinstance(file.name, str) or not file.name:  # pyright: ignore[reportUnnecessaryIsInstance] - as it came
            safe_name(file.name, place)  # no pattern says whether it is wanted
        if not any(fnmatchcase(file.name, pattern) for pattern in (metadata_filter if file.indexed else data_filter)):
            continue
        safe_name(file.name, place)
        folded = file.name.casefold()
        if folded in names:
            raise BundleNameClash(
                file.name,
                f"can't be kept: Bundle {bundle['uuid']} version {bundle['version']} contains multiple files named "
                f"{file.name!r} or a case derivation thereof ({names[folded]!r})",
                remedy="Nothing was fetched. Choose one of them by a metadata filter or data filter.",
            )
        names[folded] = file.name
        found.append(file)
    return found
