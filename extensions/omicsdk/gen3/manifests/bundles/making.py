"""Manifests of bundles, made in the index."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.errors import (
    APIError,
    AuthError,
    Conflict,
    ConnectFailed,
    NotFound,
    OmicsError,
    SomeFailed,
    UsageError,
)
from omicsdk.core.files.atomic_file import in_place_of
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.index import Gen3Index
from omicsdk.gen3.manifests.bundles.reading import bundles_of
from omicsdk.gen3.manifests.once import made_once
from omicsdk.gen3.manifests.outputs import delimiter_for, line_of
from omicsdk.gen3.service import plain

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

COLUMNS = ("name", "bundles", "guid", "size", "checksums", "description", "version", "aliases")
"""The columns of the table that is written (gen3sdk 4.28.5)."""


class MadeBundles(NamedTuple):
    """What became of the bundles of a manifest.

    Attributes:
        records: The bundles that were made, in the order of the manifest, members as GUIDs.
        failures: Why others weren't, by line.
    """

    records: list[dict[str, Any]]
    failures: dict[int, str]

    def raise_failed(self) -> MadeBundles:
        """Gives itself back, unless bundles failed.

        Raises:
            SomeFailed: Some did.
        """
        if self.failures:
            count, errors = len(self.failures) + len(self.records), [f"line {n}: {e}" for n, e in self.failures.items()]
            raise SomeFailed(
                f"{len(errors)} of {count} bundles couldn't be made: {errors[0]}",
                [UsageError(error) for error in errors],
                remedy="Correct their cause, and run the same with the table that was written.",
            )
        return self


def make_bundles(
    endpoint: str,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    auth: Auth | None = None,
    delimiter: str | None = None,
) -> MadeBundles:
    """Makes the bundles of a manifest in the index. One that is there already, and says the same, counts as made.

    Args:
        endpoint: The commons.
        manifest: A table as `bundles_of` reads it.
        output: The table that is written: the bundles with their GUIDs, whole or not at all; nothing by default.
        auth: Who asks.
        delimiter: What separates the manifest's cells; by default what its name's ending says.

    Returns:
        The bundles that were made, and why others weren't.

    Raises:
        ManifestError: The manifest isn't right; nothing was made then.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
    """
    bundles = bundles_of(manifest, delimiter)
    with BundleRows(endpoint.rstrip("/"), auth) as index:
        records, failures = dict[int, dict[str, Any]](), dict[int, str]()
        guids = {bundle.name: bundle.guid for bundle in bundles if bundle.guid}
        nameless = [bundle.name for bundle in bundles if not bundle.guid]
        guids |= zip(nameless, index.guids(len(nameless)), strict=True)
        lost = set[str]()
        for bundle in bundles:
            members = [guids.get(member, member) for member in bundle.members]
            missing = [member for member in bundle.members if member in lost]
            body = {"name": bundle.name, "bundles": members, "bundle_id": guids[bundle.name], **bundle.further}
            try:
                if missing:
                    raise UsageError(f"its member {missing[0]} couldn't be made")
                guid = index.made(body)
            except (AuthError, ConnectFailed):
                raise
            except OmicsError as error:
                lost.add(bundle.name)
                failures[bundle.line] = mask_text(str(error))
            else:
                records[bundle.line] = {"name": bundle.name, "bundles": members, "guid": guid, **bundle.further}
    made = MadeBundles([records[line] for line in sorted(records)], dict(sorted(failures.items())))
    if output is not None:
        _write(Path(output), made.records)
    return made


class BundleRows(Gen3Index):
    """An index for manifests of bundles; arguments as those of `Gen3Index`."""

    clock: Clock = SYSTEM_CLOCK

    def guids(self, count: int) -> list[str]:
        """GUIDs for bundles: with one of its own a bundle isn't made twice when an answer gets lost."""
        try:
            return self.get_valid_guids(count) if count else []
        except APIError as error:
            error.remedy = "The commons doesn't make GUIDs for the bundles: fill in the column GUID."
            raise

    def made(self, body: Mapping[str, Any]) -> str:
        """Makes a bundle; where the answer gets lost, it is looked up before the next try.

        Args:
            body: The bundle, with its GUID.

        Returns:
            Its GUID.

        Raises:
            Conflict: There is another bundle or record of that GUID.
        """
        guid = str(body["bundle_id"])

        def look() -> str | None:
            return guid if self._is_there(body) else None

        try:
            return made_once(
                lambda: str(plain(self._client.create_bundle.raw(**body))["bundle_id"]), look, clock=self.clock
            )
        except Conflict:
            if self._is_there(body):
                return guid
            raise

    def _is_there(self, body: Mapping[str, Any]) -> bool:
        """Whether there is a bundle of that GUID with that name and those members."""
        try:
            found: Any = plain(self._client.get_bundle.raw(guid=body["bundle_id"]))
        except NotFound:
            return False
        return found.get("name") == body["name"] and _ids(found.get("contents") or []) == {
            _short(member) for member in body["bundles"]
        }


def _ids(contents: Iterable[Mapping[str, Any]]) -> set[str]:
    return {_short(str(each.get("id") or "")) for each in contents}


def _short(guid: str) -> str:
    """A GUID without its prefix, which services tell or don't."""
    return guid.rpartition("/")[2].rpartition(":")[2]


def _write(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    separator = delimiter_for(path)
    with in_place_of(path) as file:
        for cells in _lines(records):
            file.write(line_of(cells, separator).encode())


def _lines(records: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[object]]:
    yield COLUMNS
    for record in records:
        yield [record.get(name, "") for name in COLUMNS]
