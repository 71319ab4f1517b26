"""Manifests of bundles: read, and created in the index."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from omicsdk.core.checked_json import checked_json
from omicsdk.core.clock import never
from omicsdk.core.closing import Closing
from omicsdk.core.errors import APIError, Conflict, NotFound, OmicsError, UsageError
from omicsdk.core.logs import logger
from omicsdk.core.model import STRING, array, members, optional
from omicsdk.core.plain_client import clock_of
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.client import Gen3
from omicsdk.gen3.errors import tried
from omicsdk.gen3.index_records import created_once, valid_guids
from omicsdk.gen3.manifests import tables
from omicsdk.gen3.manifests.rows import cells_of
from omicsdk.gen3.manifests.runs import JOURNAL, raise_failures
from omicsdk.gen3.manifests.tables import Fault, ManifestError
from omicsdk.transfer.disk import Disk, write_errors
from omicsdk.transfer.journal import JournalFile
from omicsdk.transfer.journal import line_of as journal_line

if TYPE_CHECKING:
    from omicsdk_api.gen3.indexd import IndexdApi


_log = logger(__name__)
_NAMES = {**tables.OF_BUNDLES, tables.SIZE: tables.ALIASES[tables.SIZE], "version": ("version",)}
# The columns of the table that is written (gen3sdk 4.28.5).
COLUMNS = ("name", "bundles", "guid", "size", "checksums", "description", "version", "aliases")


class Bundle(NamedTuple):
    """A bundle of a manifest.

    Attributes:
        line: Its line.
        name: Its name.
        members: GUIDs of files and bundles, and names of bundles of the manifest; once it was created, GUIDs alone.
        guid: Its GUID; empty to create one.
        size: Its size; None if the manifest does not state it.
        checksums: Its checksums, each a `type` and a `checksum`.
        description: Its description.
        version: Its version.
        aliases: Its aliases.
    """

    line: int
    name: str
    members: list[str]
    guid: str
    size: int | None = None
    checksums: Sequence[dict[str, str]] = ()
    description: str = ""
    version: str = ""
    aliases: Sequence[str] = ()

    @property
    def record(self) -> dict[str, Any]:
        """The bundle by the names of `COLUMNS`, without what is not stated."""
        values = (self.name, self.members, self.guid, self.size, self.checksums, self.description, self.version)
        fields = dict(zip(COLUMNS, (*values, self.aliases), strict=True))
        return {name: value for name, value in fields.items() if value or value == 0}


def bundles_of(path: str | os.PathLike[str], delimiter: str | None = None) -> list[Bundle]:
    """Read a manifest of bundles.

    Args:
        path: A table with the columns bundle_name and ids, and GUID, description, checksums, type, aliases, size, version.
        delimiter: The separator of its cells; by default the one of its suffix.

    Returns:
        The bundles, members before the bundles that contain them.

    Raises:
        ManifestError: A row is wrong, a name is repeated, or bundles contain each other.
    """
    manifest = Path(path)
    bundles = dict[str, Bundle]()
    with tables.table_of(manifest, delimiter) as table:
        names = tables.standard_names(table.header, _NAMES)
        tables.require_columns(manifest, names, ("name", "ids"))
        headings = {name: table.header[names.index(name)] for name in names}
        for row in table.rows:
            cells = cells_of(zip(names, row.cells, strict=False))
            read = _bundle(row.line, cells, headings)
            if not isinstance(read, Fault) and read.name in bundles:
                reason = f"is also the name of the bundle of line {bundles[read.name].line}"
                read = Fault(row.line, headings["name"], read.name, reason, "Use a different name for each.")
            if isinstance(read, Fault):
                raise ManifestError(manifest, read)
            bundles[read.name] = read
    return _members_first(manifest, bundles, headings["ids"])


def _bundle(line: int, cells: Mapping[str, str], headings: Mapping[str, str]) -> Bundle | Fault:
    def wrong(name: str, reason: str, remedy: str) -> Fault:
        return Fault(line, headings[name], cells[name], reason, remedy)

    if not cells["name"]:
        return wrong("name", "names no bundle", "Give the bundle a name.")
    members = tables.several(cells["ids"])
    if not members:
        return wrong("ids", "names no members", "Use at least one GUID, or the name of a bundle of this manifest.")
    if cells["name"] in members:
        return wrong("ids", "contains the bundle itself", "Remove it.")
    if cells.get(tables.GUID) and not tables.is_guid(cells[tables.GUID]):
        return wrong(tables.GUID, "is not a GUID", "A GUID ends in a UUID; leave the cell empty to create one.")
    kinds, sums = tables.several(cells.get("type", "")), tables.several(cells.get("checksums", ""))
    if len(kinds) != len(sums):
        name = "checksums" if "checksums" in cells else "type"
        return wrong(name, f"are {len(sums)} checksums of {len(kinds)} types", "State a type for each checksum.")
    typed_sums = [(kind, tables.checksum_of(kind, text)) for kind, text in zip(kinds, sums, strict=True)]
    checksums = [{"type": kind, "checksum": value} for kind, value in typed_sums if value is not None]
    if len(checksums) < len(typed_sums):
        return wrong("checksums", f"are not checksums of {', '.join(kinds)}", "Correct them.")
    size = tables.size_of(cells[tables.SIZE]) if cells.get(tables.SIZE) else None
    if cells.get(tables.SIZE) and size is None:
        return wrong(tables.SIZE, "is not a size", "Use a whole number of bytes from 0.")
    return Bundle(
        line,
        cells["name"],
        members,
        cells.get(tables.GUID, ""),
        size,
        checksums,
        cells.get("description", ""),
        cells.get("version", ""),
        tables.several(cells.get("aliases", "")),
    )


def _members_first(path: Path, bundles: Mapping[str, Bundle], column: str) -> list[Bundle]:
    def wrong(bundle: Bundle, value: str, reason: str, remedy: str) -> ManifestError:
        return ManifestError(path, Fault(bundle.line, column, value, reason, remedy))

    below = dict[str, list[str]]()
    for bundle in bundles.values():
        unknown = [name for name in bundle.members if name not in bundles and not tables.is_guid(name)]
        if unknown:
            raise wrong(bundle, unknown[0], "is neither a GUID nor a bundle of this manifest", "Correct it.")
        below[bundle.name] = [name for name in bundle.members if name in bundles]
    try:
        return [bundles[name] for name in TopologicalSorter(below).static_order()]
    except CycleError as error:
        circle: list[str] = error.args[1]
        raise wrong(
            bundles[circle[0]], " ".join(circle), "are bundles that contain each other", "Remove one."
        ) from error


class CreatedBundles(NamedTuple):
    """The result for the bundles of a manifest.

    Attributes:
        bundles: The bundles that were created, or existed, in the order of the manifest.
        failures: Why others failed, by line.
    """

    bundles: list[Bundle]
    failures: dict[int, str]

    def raise_if_failed(self) -> Self:
        """Return this result, unless bundles failed.

        Raises:
            SomeFailed: Some did.
        """
        errors = [f"line {line}: {error}" for line, error in self.failures.items()]
        raise_failures(
            len(errors),
            f"{len(errors) + len(self.bundles)} bundles could not be created",
            errors,
            "Correct their cause, and run the same again: with the same output nothing is created twice.",
        )
        return self


def index_bundles(
    client: Gen3,
    manifest: str | os.PathLike[str],
    output: str | os.PathLike[str] | None = None,
    *,
    delimiter: str | None = None,
) -> CreatedBundles:
    """Create the bundles of a manifest in the index. An existing equal one is treated as created.

    The same call with the same output creates nothing twice. A bundle without a GUID in the manifest is identified by
    the GUID for its name in the output of the earlier call, or in OUTPUT.journal if that call was interrupted.

    Args:
        manifest: A table as `bundles_of` reads it.
        output: The output table: the bundles with their GUIDs, atomically; none by default, and then every
            call creates bundles without a GUID in the manifest again.
        delimiter: The separator of the manifest's cells; by default the one of its suffix.

    Raises:
        ManifestError: The manifest is invalid; nothing was created then.
        AuthError: The commons does not accept the login.
        ConnectFailed: The commons cannot be reached.
        FolderBusy: Another call with the same output is running.
    """
    bundles = bundles_of(manifest, delimiter)
    target = Path(output) if output is not None else None
    created, failures = list[Bundle](), dict[int, str]()
    guids, failed = dict[str, str](), set[str]()

    def indexed(named: Bundle) -> Bundle:
        missing = next((member for member in named.members if member in failed), None)
        if missing is not None:
            raise UsageError(f"its member {missing} could not be created")
        # Members come before their bundles, so their GUIDs are known.
        bundle = named._replace(members=[guids.get(member, member) for member in named.members])
        earlier = earlier_guids.of(bundle.name) if earlier_guids is not None and not bundle.guid else []
        guid = next((guid_before for guid_before in earlier if _exists(client.indexd, bundle, guid_before)), "")
        if not guid:
            guid = bundle.guid or next(fresh)
            if earlier_guids is not None and not bundle.guid:
                earlier_guids.note(bundle.name, guid)
            create(client, bundle._replace(guid=guid))
        return bundle._replace(guid=guid)

    with ExitStack() as stack:
        fresh = iter(_fresh_guids(client.indexd, sum(not bundle.guid for bundle in bundles)))
        earlier_guids = stack.enter_context(_KnownGuids(target)) if target is not None else None
        for named in bundles:
            outcome = tried(partial(indexed, named))
            if isinstance(outcome, OmicsError):
                failed.add(named.name)
                failures[named.line] = mask_text(str(outcome))
            else:
                guids[outcome.name] = outcome.guid
                created.append(outcome)
        result = CreatedBundles(sorted(created), dict(sorted(failures.items())))
        if target is not None and earlier_guids is not None:
            _write(target, result.bundles)
            earlier_guids.forget()
    return result


def _fresh_guids(indexd: IndexdApi, count: int) -> Sequence[str]:
    """Return GUIDs for bundles: with a GUID known beforehand, a bundle is not created twice when a response is lost."""
    try:
        return valid_guids(indexd, count) if count else ()
    except APIError as error:
        error.remedy = "The commons does not create GUIDs for bundles: fill in the column GUID."
        raise


class _KnownGuids(Closing):
    """The GUIDs that bundles were given by earlier calls with the same output, and by this one. A context manager.

    A GUID is noted in OUTPUT.journal before its bundle is created, so that a call that is killed leaves it to the next.
    Two calls at once would both create the bundles: the second one is refused.

    Raises:
        FolderBusy: Another call has the same output.
        ManifestError: The output exists, and cannot be read.
    """

    def __init__(self, output: Path) -> None:
        self._path = str(output.absolute())
        self._guids_by_name = dict[str, list[str]]()
        # Locked before the output is read: another call may be about to write it.
        with write_errors(self._path):
            self._journal = JournalFile(f"{self._path}{JOURNAL}", never, Disk(), read_only=False)
            self._journal.replay(journal_line(["bundles"]), lambda record, _: self._add(*record))
        try:
            with tables.table_of(output) as table:
                for row in table.rows:
                    cells = dict(zip(table.header, row.cells, strict=False))
                    self._add(cells.get("name", ""), cells.get("guid", ""))
        except ManifestError as error:
            # Without the GUIDs of a file that exists, its bundles would be created again.
            if isinstance(error.__cause__, OSError) and not isinstance(error.__cause__, FileNotFoundError):
                self.close()
                raise
            _log.debug("the GUIDs of an earlier call are unknown: %s", error)

    def _add(self, name: str, guid: str) -> None:
        self._guids_by_name.setdefault(name, []).append(guid)

    def close(self) -> None:
        """Let other calls have the output."""
        self._journal.close()

    def of(self, name: str) -> list[str]:
        """The GUIDs that a bundle was given earlier, as far as they are known."""
        return [guid for guid in self._guids_by_name.get(name, ()) if guid]

    def note(self, name: str, guid: str) -> None:
        """Note the GUID of a bundle."""
        with write_errors(self._path):
            self._journal.append_durably([journal_line([name, guid])])

    def forget(self) -> None:
        """Remove the notes: the output has the GUIDs."""
        with write_errors(self._path):
            self._journal.remove()


def create(client: Gen3, bundle: Bundle) -> None:
    """Create a bundle; if the response is lost, it is looked up before the next try.

    Args:
        client: The commons.
        bundle: The bundle, with its GUID.

    Raises:
        Conflict: Another bundle or record has this GUID.
    """
    indexd, record = client.indexd, bundle.record
    del record["guid"]

    def send() -> str:
        indexd.create_bundle(bundle_id=bundle.guid, **record)
        return bundle.guid

    def find() -> str | None:
        return bundle.guid if _exists(indexd, bundle, bundle.guid) else None

    try:
        created_once(send, find, clock_of(client))
    except Conflict:
        # An earlier try, whose response was lost, or an earlier run may have created it.
        if not find():
            raise


_BUNDLE = members(contents=optional(array(members(id=STRING))))


def _exists(indexd: IndexdApi, bundle: Bundle, guid: str) -> bool:
    """Whether a bundle of this GUID exists with the same name and members."""
    try:
        bundle_record = checked_json(indexd.get_bundle.raw(guid=guid), "get_bundle", _BUNDLE)
    except NotFound:
        return False
    contents = {_short(content["id"]) for content in bundle_record.get("contents") or ()}
    return bundle_record.get("name") == bundle.name and contents == {_short(member) for member in bundle.members}


def _short(guid: str) -> str:
    """A GUID without its prefix, which services state or do not."""
    return guid.rpartition("/")[2].rpartition(":")[2]


def _write(path: Path, bundles: Sequence[Bundle]) -> None:
    with tables.written_table(path, COLUMNS) as write:
        for bundle in bundles:
            cells = bundle.record
            write([cells.get(name, "") for name in COLUMNS])
