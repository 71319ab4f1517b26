"""Studies of a file, published on a commons' discovery page."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk.core.errors import OmicsError, SomeFailed, UsageError
from omicsdk.core.narrowing import is_array, is_object
from omicsdk.core.redaction import mask_text
from omicsdk.gen3.manifests.discovery import table
from omicsdk.gen3.manifests.discovery.reading import BLOCK, GUID_TYPE, documents_of, shown_in
from omicsdk.gen3.manifests.faults import Fault, ManifestError
from omicsdk.gen3.manifests.format.table import opened
from omicsdk.gen3.manifests.metadata.documents import DocumentRows
from omicsdk.gen3.manifests.running import batches

if TYPE_CHECKING:
    from omicsdk.gen3.auth.provider import Gen3Auth

#: Documents that are stored at once.
BATCH = 50


class Published(NamedTuple):
    """What a publishing came to.

    Attributes:
        counts: How many documents were created and updated, and how many rows had no GUID.
        failures: Why others weren't stored, by where they stand.
    """

    counts: dict[str, int]
    failures: dict[int, str]

    def raise_failed(self) -> Published:
        """Gives itself back, unless something failed.

        Raises:
            SomeFailed: Something did.
        """
        if self.failures:
            errors = [
                error if error.startswith(("line ", "entry ")) else f"line {line}: {error}"
                for line, error in self.failures.items()
            ]
            raise SomeFailed(
                f"{len(errors)} of {len(errors) + sum(self.counts.values())} rows couldn't be published: {errors[0]}",
                [UsageError(error) for error in errors],
                remedy="Correct their cause, and publish the file again: what is published already stays the same.",
            )
        return self


class Study(NamedTuple):
    """A study of a file.

    Attributes:
        line: Where it stands: the line of a table, the number of an entry of a JSON list.
        shown: What is shown of it.
        further: Further members of its document.
    """

    line: int
    shown: dict[str, Any]
    further: dict[str, Any]


def studies_of(path: str | os.PathLike[str]) -> Iterator[Study | Fault]:
    """Gives the studies of a file, in the place of each that is wrong what is wrong with it.

    Args:
        path: A table (.tsv, .csv), or JSON (.json): a list as `read_discovery` writes it, or of what is shown alone.

    Raises:
        UsageError: The name ends otherwise.
        ManifestError: The file can't be read.
    """
    manifest = Path(path)
    ending = manifest.suffix.lower()
    if ending not in (".tsv", ".csv", ".json"):
        raise UsageError(f"{manifest} is no .tsv, .csv or .json file", remedy="Give a table or JSON of studies.")
    if ending == ".json":
        yield from _studies_in_json(manifest)
        return
    for line, cells in table_rows(manifest):
        try:
            named = {table.GUID: cells[table.GUID].strip()} if table.GUID in cells else {}
            yield Study(line, {**table.study_of(cells), **named}, {})
        except UsageError as error:
            yield Fault(line, "", "", error.message, error.remedy)


def table_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a table of studies, each with the line that it ends in, and its cells by the columns' names.

    Args:
        path: The table; separated by commas where its name ends in .csv, else by tabs.

    Raises:
        ManifestError: It can't be read, is empty, or a row says more than there are columns for.
    """
    delimiter = "," if path.suffix.lower() == ".csv" else "\t"
    quoted = False
    if delimiter == ",":
        with opened(path) as text:
            quoted = table.is_quoted(text.read(1 << 18))
    with opened(path) as text:
        rows = table.rows_in(text, delimiter, quoted=quoted)
        _, header = next(rows, (1, list[str]()))
        if not any(header):
            raise ManifestError(path, "the file is empty", remedy="Its first line names the columns.")
        for line, cells in rows:
            if any(cells[len(header) :]):
                reason = f"has {len(cells)} cells, and there are {len(header)} columns"
                raise ManifestError(path, Fault(line, "", "", reason, "Take out the separators that are too many."))
            if any(cells):
                yield line, dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=False))


def _studies_in_json(path: Path) -> Iterator[Study | Fault]:
    with opened(path) as text:
        try:
            entries = json.load(text)
        except ValueError as error:
            raise ManifestError(path, f"it isn't JSON: {error}", remedy="Give a list of objects.") from error
    if not is_array(entries):
        raise ManifestError(path, "it isn't a JSON list", remedy="Give a list of objects.")
    for number, entry in enumerate(entries, 1):
        if not is_object(entry):
            yield Fault(number, "", str(entry), "isn't an object", "Give a list of objects.", unit="entry")
        elif is_object(entry.get(BLOCK)):
            shown = dict(entry[BLOCK])
            if table.GUID in entry:
                shown.setdefault(table.GUID, entry[table.GUID])
            hidden = (BLOCK, "_guid_type", table.GUID)
            yield Study(number, shown, {name: value for name, value in entry.items() if name not in hidden})
        else:
            yield Study(number, dict(entry), {})


class Registration(NamedTuple):
    """How studies that aren't registered yet are published.

    Attributes:
        reset: Whether studies that are registered become unregistered again.
        update: Whether studies that are registered get the new values.
    """

    reset: bool = False
    update: bool = True


def publish_discovery(
    auth: Gen3Auth,
    path: str | os.PathLike[str],
    *,
    endpoint: str | None = None,
    guid_type: str = GUID_TYPE,
    guid_field: str | None = None,
    omit_empty: bool = False,
    unregistered: Registration | None = None,
) -> Published:
    """Publishes the studies of a file, in place of documents that are there.

    Args:
        auth: Who asks, and of which commons.
        path: A file as `studies_of` reads it.
        endpoint: Another commons.
        guid_type: What the documents are about.
        guid_field: The member that is the GUID, and stays one; by default `guid`, which doesn't.
        omit_empty: Whether empty values are left out.
        unregistered: Publishes the studies as unregistered ones, but for those that are registered.

    Returns:
        How many documents were created and updated, and what failed.

    Raises:
        ManifestError: The file can't be read.
        UsageError: It is no table or JSON.
        AuthError: The commons doesn't know who asks.
        ConnectFailed: The commons can't be reached.
    """
    made = Published({}, {})
    registered = dict[str, dict[str, Any]]()
    if unregistered is not None:
        registered = dict(documents_of(auth, endpoint=endpoint, guid_type=guid_type))
    with DocumentRows(endpoint or auth.endpoint, auth) as documents:
        for batch in batches(studies_of(path), BATCH):
            wanted = dict[str, tuple[int, dict[str, Any]]]()
            for study in batch:
                if isinstance(study, Fault):
                    made.failures[study.line] = str(study)
                    continue
                shown = dict(study.shown)
                named = shown.get(guid_field) if guid_field else shown.pop(table.GUID, None)
                if named in (None, ""):
                    made.counts["skipped"] = made.counts.get("skipped", 0) + 1
                    continue
                guid = str(named)
                if omit_empty:
                    shown = {name: value for name, value in shown.items() if value not in ("", [], {})}
                document = _document(guid, shown, guid_type, registered, unregistered)
                if document is not None:
                    wanted[guid] = study.line, {**document, **study.further}
            became = documents.stored({guid: document for guid, (_, document) in wanted.items()}) if wanted else {}
            _count(made, became, {guid: line for guid, (line, _) in wanted.items()})
    return made


def _document(
    guid: str,
    shown: Mapping[str, Any],
    guid_type: str,
    registered: Mapping[str, Mapping[str, Any]],
    unregistered: Registration | None,
) -> dict[str, Any] | None:
    """A study's document; None where it is registered already and stays as it is."""
    if unregistered is None:
        return {"_guid_type": guid_type, BLOCK: dict(shown)}
    if guid not in registered or unregistered.reset:
        return {"_guid_type": f"unregistered_{guid_type}", BLOCK: dict(shown)}
    if unregistered.update:
        return {"_guid_type": guid_type, BLOCK: {**shown_in(registered[guid]), **shown}}
    return None


def _count(made: Published, became: Mapping[str, str | OmicsError], lines: Mapping[str, int]) -> None:
    for guid, state in became.items():
        if isinstance(state, str):
            made.counts[state] = made.counts.get(state, 0) + 1
        else:
            made.failures[lines[guid]] = mask_text(f"{guid}: {state}")
