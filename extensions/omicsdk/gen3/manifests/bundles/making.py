"""Manifests of bundles, made in the index."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

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
from omicsdk.gen3.manifests.faults import ManifestError
from omicsdk.gen3.manifests.format.table import table_of
from omicsdk.gen3.manifests.once import made_once
from omicsdk.gen3.manifests.outputs import PART, delimiter_for, line_of
from omicsdk.gen3.service import plain

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth

_log = logging.getLogger(__name__)

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
                remedy="Correct their cause, and run the same again: with the same output nothing is made twice.",
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

    The same call with the same output makes nothing twice. A bundle without a GUID in the manifest is known by the GUID that
    the output of the earlier call has for its name, or OUTPUT.part where that call was interrupted.

    Args:
        endpoint: The commons.
        manifest: A table as `bundles_of` reads it.
        output: The table that is written: the bundles with their GUIDs, whole or not at all; nothing by default, and then
            bundles without a GUID in the manifest are made anew by every call.
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
    target = Path(output) if output is not None else None
    with BundleRows(endpoint.rstrip("/"), auth) as index, _Given(target) as given:
        records, failures = dict[int, dict[str, Any]](), dict[int, str]()
        fresh = iter(index.guids(sum(not bundle.guid for bundle in bundles)))
        guids, lost = dict[str, str](), set[str]()
        for bundle in bundles:
            members = [guids.get(member, member) for member in bundle.members]
            missing = [member for member in bundle.members if member in lost]
            body = {"name": bundle.name, "bundles": members, **bundle.further}
            try:
                if missing:
                    raise UsageError(f"its member {missing[0]} couldn't be made")
                earlier = (
                    "" if bundle.guid else next((each for each in given[bundle.name] if index.has(each, body)), "")
                )
                guid = bundle.guid or earlier or given.noted(bundle.name, next(fresh))
                guids[bundle.name] = earlier or index.made({**body, "bundle_id": guid})
            except (AuthError, ConnectFailed):
                raise
            except OmicsError as error:
                lost.add(bundle.name)
                failures[bundle.line] = mask_text(str(error))
            else:
                told = {"name": bundle.name, "bundles": members, "guid": guids[bundle.name]}
                records[bundle.line] = {**told, **bundle.further}
        made = MadeBundles([records[line] for line in sorted(records)], dict(sorted(failures.items())))
        if target is not None:
            _write(target, made.records)
        given.forget()
    return made


class _Given:
    """The GUIDs that bundles were given by earlier calls with the same output, and by this one. A context manager.

    A GUID is noted in OUTPUT.part before its bundle is made, so that a call that is killed leaves it to the next.

    Args:
        output: The output; None where nothing is noted.
    """

    def __init__(self, output: Path | None) -> None:
        self._part = output.with_name(output.name + PART) if output is not None else None
        self._found = dict[str, list[str]]()
        for path, delimiter in ((output, delimiter_for(output)), (self._part, ",")) if output and self._part else ():
            try:
                with table_of(path, delimiter) as table:
                    for row in table.rows:
                        cells = dict(zip(table.header, row.cells, strict=False))
                        self._found.setdefault(cells.get("name", ""), []).append(cells.get("guid", ""))
            except ManifestError as error:
                _log.debug("no GUIDs are known of an earlier call: %s", error)

    def __enter__(self) -> Self:
        self._file = self._part.open("a", encoding="utf-8", newline="") if self._part is not None else None
        if self._file is not None and not self._file.tell():
            self._file.write(line_of(("name", "guid"), ","))
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def __getitem__(self, name: str) -> list[str]:
        """The GUIDs that a bundle was given earlier, as far as is known."""
        return [guid for guid in self._found.get(name, ()) if guid]

    def noted(self, name: str, guid: str) -> str:
        """Notes the GUID of a bundle, and gives it back."""
        if self._file is not None:
            self._file.write(line_of((name, guid), ","))
            self._file.flush()
        return guid

    def forget(self) -> None:
        """Removes what was noted: the output has it."""
        if self._file is not None and self._part is not None:
            self._file.close()
            self._part.unlink()


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
            return guid if self.has(guid, body) else None

        try:
            return made_once(
                lambda: str(plain(self._client.create_bundle.raw(**body))["bundle_id"]), look, clock=self.clock
            )
        except Conflict:
            if self.has(guid, body):
                return guid
            raise

    def has(self, guid: str, body: Mapping[str, Any]) -> bool:
        """Whether there is a bundle of that GUID with a name and members.

        Args:
            guid: The GUID.
            body: The bundle, as it is made.
        """
        try:
            found: Any = plain(self._client.get_bundle.raw(guid=guid))
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
