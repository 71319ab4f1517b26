"""Manifests of bundles: read, and made in the index."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from omicsdk.core.answer import json_of
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
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format import checksum_of, several, size_of
from omicsdk.gen3.manifests.runs import PART, delimiter_for, line_of, made_once
from omicsdk.gen3.manifests.tables import ALIASES, GUID, OF_BUNDLES, SIZE, standard_names, table_of

if TYPE_CHECKING:
    from omicsdk.gen3.service import Auth


_NAMES = {**OF_BUNDLES, SIZE: ALIASES[SIZE], "version": ("version",)}
_UUID = re.compile(r".*[a-fA-F0-9]{8}(-[a-fA-F0-9]{4}){3}-[a-fA-F0-9]{12}")


class Bundle(NamedTuple):
    """A bundle of a manifest.

    Attributes:
        line: Where it stands.
        name: Its name.
        members: GUIDs of files and bundles, and names of bundles of the manifest.
        guid: Its GUID; empty where one is to be made.
        further: What else is told of it: size, checksums, description, version, aliases.
    """

    line: int
    name: str
    members: list[str]
    guid: str
    further: dict[str, Any]


def bundles_of(path: str | os.PathLike[str], delimiter: str | None = None) -> list[Bundle]:
    """Reads a manifest of bundles.

    Args:
        path: A table with the columns bundle_name and ids, and GUID, description, checksums, type, aliases, size, version.
        delimiter: What separates its cells; by default what its name's ending says.

    Returns:
        The bundles, members before what they are in.

    Raises:
        ManifestError: A row is wrong, a name stands there twice, or bundles hold each other.
    """
    manifest = Path(path)
    found = dict[str, Bundle]()
    with table_of(manifest, delimiter) as table:
        names = standard_names(table.header, _NAMES)
        for wanted in ("name", "ids"):
            if wanted not in names:
                raise ManifestError(
                    manifest, f"line 1: there is no column {_NAMES[wanted][0]}", remedy="Name the column so."
                )
        shown = dict(zip(names, table.header, strict=True))
        for row in table.rows:
            cells = {name: cell.strip() for name, cell in zip(names, row.cells, strict=False)}
            read = _bundle(row.line, cells, shown)
            if not isinstance(read, Fault) and read.name in found:
                reason = f"is the name of the bundle of line {found[read.name].line}, too"
                read = Fault(row.line, shown["name"], read.name, reason, "Give each a name of its own.")
            if isinstance(read, Fault):
                raise ManifestError(manifest, read)
            found[read.name] = read
    return _members_first(manifest, found, shown["ids"])


def _bundle(line: int, cells: Mapping[str, str], shown: Mapping[str, str]) -> Bundle | Fault:
    def wrong(name: str, reason: str, remedy: str) -> Fault:
        return Fault(line, shown[name], cells[name], reason, remedy)

    if not cells["name"]:
        return wrong("name", "names no bundle", "Give the bundle a name.")
    members = several(cells["ids"])
    if not members:
        return wrong("ids", "names no members", "Give at least one GUID, or the name of a bundle of this manifest.")
    if cells["name"] in members:
        return wrong("ids", "has the bundle itself in it", "Take it out.")
    if cells.get(GUID) and not _UUID.fullmatch(cells[GUID]):
        return wrong(GUID, "isn't a GUID", "A GUID ends in a UUID; leave the cell empty to have one made.")
    kinds, sums = several(cells.get("type", "")), several(cells.get("checksums", ""))
    if len(kinds) != len(sums):
        name = "checksums" if "checksums" in cells else "type"
        return wrong(name, f"are {len(sums)} checksums of {len(kinds)} types", "Give each checksum its type.")
    checksums = [{"type": kind, "checksum": checksum_of(kind, text)} for kind, text in zip(kinds, sums, strict=True)]
    if any(each["checksum"] is None for each in checksums):
        return wrong("checksums", f"aren't checksums of {', '.join(kinds)}", "Correct them.")
    size = size_of(cells[SIZE]) if cells.get(SIZE) else None
    if cells.get(SIZE) and size is None:
        return wrong(SIZE, "isn't a size", "Give a whole number of bytes from 0.")
    told: dict[str, Any] = {
        "size": size,
        "checksums": checksums,
        "description": cells.get("description"),
        "version": cells.get("version"),
        "aliases": several(cells.get("aliases", "")),
    }
    further = {name: value for name, value in told.items() if value or value == 0}
    return Bundle(line, cells["name"], members, cells.get(GUID, ""), further)


def _members_first(path: Path, bundles: Mapping[str, Bundle], column: str) -> list[Bundle]:
    for bundle in bundles.values():
        unknown = [name for name in bundle.members if name not in bundles and not _UUID.fullmatch(name)]
        if unknown:
            raise ManifestError(
                path,
                Fault(
                    bundle.line, column, unknown[0], "is neither a GUID nor a bundle of this manifest", "Correct it."
                ),
            )
    sorter = TopologicalSorter(
        {bundle.name: [name for name in bundle.members if name in bundles] for bundle in bundles.values()}
    )
    try:
        return [bundles[name] for name in sorter.static_order()]
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise ManifestError(
            path,
            Fault(
                bundles[circle[0]].line, column, " ".join(circle), "are bundles that hold each other", "Take one out."
            ),
        ) from error


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
                lambda: str(json_of(self._client.create_bundle.raw(**body))["bundle_id"]), look, clock=self.clock
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
            found: Any = json_of(self._client.get_bundle.raw(guid=guid))
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
