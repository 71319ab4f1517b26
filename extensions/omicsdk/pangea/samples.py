"""Many samples of a library, created by few requests; and their metadata as a data frame (which needs pandas) or CSV, and back."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from omicsdk_api.pangea import PangeaApi
from omicsdk_api.pangea.models.sample import Sample

from omicsdk.core.arguments import text_is_one_item
from omicsdk.core.batches import batches, repeated
from omicsdk.core.checked_json import check_fields
from omicsdk.core.errors import NotFound, OmicsError, ServerError, UsageError
from omicsdk.core.late_names import LateModule
from omicsdk.core.lazy import require
from omicsdk.core.tables import LONGEST_RECORD, RowError, line_of
from omicsdk.core.tables import rows_of as rows_in
from omicsdk.core.type_guards import only_texts
from omicsdk.pangea.batches import Batch, for_each
from omicsdk.pangea.listings import BATCH, FEW, find_sample_group, find_tag, group_samples, own_samples, samples_of
from omicsdk.pangea.responses import identified, unlike

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
    from omicsdk_api.pangea.models.sample_group import SampleGroup
else:
    pandas = LateModule("pandas")


@text_is_one_item
def create_library_samples(client: PangeaApi, organization: str, library: str, names: str | Sequence[str]) -> list[str]:
    """Create many samples in a library, without metadata, by few requests.

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        names: Their names, each once; none of them may exist.

    Returns:
        Their UUIDs, in the order of the names.

    Raises:
        ValueError: A name is listed twice.
        UsageError: The group is not a library.
        ServerError: One of them exists; those before it are created.
        OmicsError: The server refused, or did not respond.
    """
    if twice := repeated(names):
        raise ValueError(f"{twice[0]!r} is listed twice; a library has one sample of a name")
    group = find_sample_group(client, organization, library)
    if not group.is_library:
        raise UsageError(
            f"The group {group.name!r} is not a library", remedy="Use a library; other groups cannot own samples."
        )
    uuids: list[str] = []
    for start in range(0, len(names), BATCH):
        batch = list(names[start : start + BATCH])
        response = client.create_samples(names=batch, library=group.uuid)
        check_fields("bulk_samples", response)
        created: object = response.uuids
        if len(only_texts(created)) != len(batch):
            raise unlike("bulk_samples", "uuids", created, f"the UUIDs of {len(batch)} samples")
        uuids += only_texts(created)
    return uuids


@text_is_one_item
def ensure_samples(client: PangeaApi, organization: str, library: str, names: str | Collection[str]) -> Batch[Sample]:
    """Find samples of a library, and create missing ones, many in one request.

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        names: The samples' names.

    Returns:
        The samples in the order of the names, and why others failed.

    Raises:
        NotFound: There is no such library, or it is not visible to this user.
        OmicsError: The server refused, or did not respond.
    """
    return _ensured(client, find_sample_group(client, organization, library), list(dict.fromkeys(names)))


def _ensured(client: PangeaApi, library: SampleGroup, names: Sequence[str]) -> Batch[Sample]:
    samples_by_name = {sample.name: sample for sample in own_samples(client, library, names)}
    skipped, missing = len(samples_by_name), [name for name in names if name not in samples_by_name]
    # Only libraries take many samples in a request; few are created one by one, which states why each fails.
    bulk = [batch for batch in batches(missing, BATCH) if len(batch) > FEW and library.is_library]
    for batch in bulk:
        # Those before the name that failed are created, and which one it was is not stated.
        with suppress(ServerError):
            client.create_samples.raw(names=batch, library=library.uuid)
    # The request returns UUIDs alone, so the samples are read. One whose response was lost is found as well.
    if bulk:
        samples_by_name |= {sample.name: sample for sample in own_samples(client, library, missing)}
    singly = [name for name in missing if name not in samples_by_name]
    created, errors = for_each(
        singly, lambda name: identified(client.create_sample(name=name, library=library.uuid)), str, in_order=True
    )
    samples_by_name |= {sample.name: sample for sample in created}
    return Batch(
        "created", "samples", [samples_by_name[name] for name in names if name in samples_by_name], skipped, errors
    )


def not_found(names: Collection[str], samples: Iterable[Sample], group: SampleGroup) -> list[OmicsError]:
    """Return an error for each name that a group has no sample of.

    Args:
        names: The names.
        samples: The samples that were found.
        group: The group.
    """
    names_present = {sample.name for sample in samples}
    return [
        OmicsError(f'Sample "{name}" not found in {group.name}', remedy="Check the name.")
        for name in names
        if name not in names_present
    ]


@text_is_one_item
def add_samples_to_group(
    client: PangeaApi,
    source_organization: str,
    source_group: str,
    organization: str,
    group: str,
    names: str | Collection[str],
) -> Batch[Sample]:
    """Add samples of a group to another group.

    Args:
        source_organization: The name of the organization of the group that has them, or its UUID.
        source_group: The name of the group that has them, or its UUID.
        organization: The name of the organization of the group that they are added to, or its UUID.
        group: That group's name, or its UUID.
        names: The samples' names.

    Returns:
        The samples, and an error for each name that the group has no sample of.

    Raises:
        NotFound: There is no such group, or it is not visible to this user.
        OmicsError: The server refused, or did not respond.
    """
    source = find_sample_group(client, source_organization, source_group)
    target = find_sample_group(client, organization, group)
    samples = list(group_samples(client, source, names))
    # By UUID: groups may have samples of one name from several libraries.
    present = {sample.uuid for sample in group_samples(client, target, [sample.name for sample in samples])}
    new = [sample.uuid for sample in samples if sample.uuid not in present]
    for uuids in batches(new, BATCH):
        client.add_sample_group_samples.raw(group_pk=target.uuid, sample_uuids=uuids)
    return Batch("added", "samples", samples, len(samples) - len(new), not_found(names, samples, source))


@text_is_one_item
def tag_samples(
    client: PangeaApi,
    organization: str,
    group: str,
    tags: str | Collection[str],
    *,
    on_message: Callable[[str], None] | None = None,
) -> Batch[Sample]:
    """Tag each sample of a group.

    Args:
        organization: The name of the organization that owns the group, or its UUID.
        group: The group's name, or its UUID.
        tags: Names of tags; they must exist.
        on_message: Called with the progress of many.

    Returns:
        The samples that have all of the tags, and why others failed.

    Raises:
        NotFound: There is no such tag or group, or it is not visible to this user.
    """
    # Before the first sample is tagged: a missing tag leaves none half tagged.
    uuids = [find_tag(client, name).uuid for name in tags]

    def tagged(sample: Sample) -> Sample:
        for uuid in uuids:
            client.tag_sample.raw(tag_pk=uuid, sample_uuid=sample.uuid)
        return sample

    samples = list(samples_of(client, organization, group))
    tagged_samples, errors = for_each(samples, tagged, lambda sample: sample.name, on_message=on_message)
    return Batch("tagged", "samples", tagged_samples, 0, errors)


def save_metadata(
    client: PangeaApi,
    organization: str,
    library: str,
    rows: Mapping[str, Mapping[str, Any]],
    *,
    overwrite: bool = False,
    update: bool = False,
    create: bool = False,
    on_message: Callable[[str], None] | None = None,
) -> Batch[Sample]:
    """Save metadata of samples of a library; unchanged metadata are not sent.

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        rows: The metadata by the sample's name.
        overwrite: Whether a row replaces the metadata that its sample has.
        update: Whether it is added to them, and takes precedence. Without either, samples that have metadata are
            skipped.
        create: Whether samples that do not exist are created.
        on_message: Called with the progress of many.

    Returns:
        The samples in the order of the rows, and why others failed.

    Raises:
        NotFound: There is no such library, or it is not visible to this user.
        OmicsError: The server refused, or did not respond.
    """
    group = find_sample_group(client, organization, library)
    if create:
        ensured = _ensured(client, group, list(rows))
        samples_by_name, errors = {sample.name: sample for sample in ensured.items}, list(ensured.errors)
    else:
        samples_by_name = {sample.name: sample for sample in group_samples(client, group, rows)}
        errors = not_found(rows, samples_by_name.values(), group)
    changes: list[tuple[Sample, dict[str, Any]]] = []
    for name, row in rows.items():
        if name in samples_by_name:
            after = merged(samples_by_name[name].metadata, row, overwrite=overwrite, update=update)
            # The server keeps each version of a sample's metadata: an equal one would be another.
            if after is not None and after != samples_by_name[name].metadata:
                changes.append((samples_by_name[name], after))

    def change(pair: tuple[Sample, dict[str, Any]]) -> Sample:
        return identified(client.patch_sample(uuid=pair[0].uuid, metadata=pair[1]))

    changed, refused = for_each(changes, change, lambda pair: pair[0].name, on_message=on_message)
    saved = {sample.name: sample for sample in changed}
    failed = {sample.name for sample, _ in changes} - set(saved)
    items = [saved.get(name, samples_by_name[name]) for name in rows if name in samples_by_name and name not in failed]
    return Batch("saved", "samples", items, len(items) - len(changed), [*errors, *refused])


@text_is_one_item
def metadata_frame(
    client: PangeaApi, organization: str, group: str, samples: str | Collection[str] | None = None
) -> pandas.DataFrame:
    """Return the metadata of a group's samples as a data frame.

    Args:
        organization: The name of the organization that owns the group, or its UUID.
        group: The group's name, or its UUID.
        samples: Names of samples; None for all. A name that the group does not have gives no row.

    Returns:
        One row per sample, by its name; a column for each member that any sample's metadata have. What a sample lacks
        is missing in its row; lists and objects are kept as they are.

    Raises:
        MissingExtra: pandas is not installed.
        OmicsError: The server refused, or did not respond.
    """
    frames = require("pandas", "pangea", "data frames")
    requested = None if samples is None else frozenset(samples)
    selected = [
        sample for sample in samples_of(client, organization, group) if requested is None or sample.name in requested
    ]
    columns = list(dict.fromkeys(title for sample in selected for title in sample.metadata or ()))
    rows = [[(sample.metadata or {}).get(title) for title in columns] for sample in selected]
    return frames.DataFrame(
        rows, index=frames.Index([sample.name for sample in selected], name="name"), columns=columns
    )


def save_metadata_frame(
    client: PangeaApi,
    organization: str,
    library: str,
    frame: pandas.DataFrame,
    *,
    overwrite: bool = False,
    update: bool = False,
    create: bool = False,
) -> list[Sample]:
    """Save a data frame as the metadata of a library's samples. Missing values are left out; times become text (ISO
    8601).

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        frame: One row per sample, with its name in the index.
        overwrite: Whether a row replaces the metadata that its sample has.
        update: Whether it is added to them, and takes precedence. Without either, samples that have metadata are left
            as they are.
        create: Whether samples that do not exist are created.

    Returns:
        The samples of the frame's rows, in their order.

    Raises:
        UsageError: A name, or a column, is in the frame twice; nothing was changed.
        NotFound: There is no such library, or, without `create`, no such sample; nothing was changed.
        SomeFailed: Several samples could not be saved; the others were.
        OmicsError: One could not be saved, or the server refused, or did not respond.
    """
    rows = _rows(frame)
    group = find_sample_group(client, organization, library)
    if not create:
        missing = not_found(rows, group_samples(client, group, rows), group)
        if missing:
            more = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
            raise NotFound(f"{missing[0].message}{more}", status=404, remedy="Check the names, or pass create=True.")
    saved = save_metadata(client, organization, group.uuid, rows, overwrite=overwrite, update=update, create=create)
    saved.raise_if_failed()
    return list(saved.items)


def merged(
    before: Mapping[str, Any], row: Mapping[str, Any], *, overwrite: bool, update: bool
) -> dict[str, Any] | None:
    """Merge a row of a table into a sample's metadata.

    Args:
        before: The sample's metadata.
        row: The table's.
        overwrite: Whether the row replaces them.
        update: Whether the row is added to them, and takes precedence.

    Returns:
        The metadata; None if they are unchanged.
    """
    if overwrite or not before:
        return dict(row)
    return {**before, **row} if update else None


def _rows(frame: pandas.DataFrame) -> dict[str, dict[str, Any]]:
    untyped: Any = frame
    names, columns = [str(name) for name in untyped.index], [str(name) for name in untyped.columns]
    for what, titles in (("row", names), ("column", columns)):
        if twice := repeated(titles):
            raise UsageError(f"The frame has two {what}s {twice[0]!r}", remedy="Keep one of them.")
    # As objects: a row of a frame would have the type that all of its columns fit in, such as float.
    values = untyped.astype(object).itertuples(index=False, name=None)
    return {
        name: {title: _plain(value) for title, value in zip(columns, row, strict=True) if not _is_missing(value)}
        for name, row in zip(names, values, strict=True)
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: numpy's numbers and arrays become Python's, times become text (ISO 8601)."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.tolist() if hasattr(value, "tolist") else value


def _is_missing(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return False
    is_missing: object = require("pandas", "pangea", "data frames").isna(value)
    # Of an array isna returns an array, which is no missing value.
    return is_missing is True


# Empty cells: the texts that pandas, with which the published client reads tables, treats as missing.
MISSING = frozenset(
    [
        *("", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A"),
        *("NA", "NULL", "NaN", "None", "n/a", "nan", "null"),
    ]
)

_WHOLE = re.compile(r"[+-]?(?:0|[1-9]\d{0,99})")
_NUMBER = re.compile(r"[+-]?(?:(?:0|[1-9]\d{0,99})(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?")
_TRUTHS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}


class Row(NamedTuple):
    """A row of a table.

    Attributes:
        line: The line of the file that it begins in, from 1.
        name: The sample's name.
        metadata: Its other cells.
    """

    line: int
    name: str
    metadata: dict[str, Any]


def rows_of(text: str, index: str = "0") -> list[Row]:
    """Return the rows of a table; all cells of a column become numbers, truth values, or text.

    Args:
        text: CSV with a header.
        index: The column that has the names: its number, from 0, or its name.

    Raises:
        UsageError: It is not such a table, or a name occurs twice in it; states the line.
    """
    try:
        rows = rows_in(io.StringIO(text, newline=""), ",", longest=LONGEST_RECORD)
        numbered = [(line, cells) for line, cells in rows if cells]
    except RowError as error:
        raise UsageError(
            f"the table is not CSV from line {error.line} on: {error}", remedy="Check its quotes."
        ) from error
    if not numbered:
        raise UsageError("the table is empty", remedy="Name the columns in the first line.")
    header = numbered[0][1]
    at = _column(header, index)
    body = numbered[1:]
    for line, cells in body:
        if len(cells) > len(header):
            raise UsageError(
                f"line {line} of the table has {len(cells)} cells, its header {len(header)}",
                remedy="Quote cells that contain a comma.",
            )
    columns = {
        title: _typed([cells[number] if number < len(cells) else "" for _, cells in body])
        for number, title in enumerate(header)
        if number != at
    }
    return _named(
        [
            (line, cells[at] if at < len(cells) else "", {title: column[number] for title, column in columns.items()})
            for number, (line, cells) in enumerate(body)
        ]
    )


def metadata_csv(rows_by_name: Iterable[tuple[str, Mapping[str, Any]]]) -> str:
    """Metadata as a table: a row for each, with the name in the first column, which has no title.

    Args:
        rows_by_name: Names, each with its metadata. Lists and objects become JSON.
    """
    rows = list(rows_by_name)
    titles = list(dict.fromkeys(title for _, metadata in rows for title in metadata))
    cells = [["", *titles], *([name, *(_cell(metadata.get(title)) for title in titles)] for name, metadata in rows)]
    return "".join(line_of(row, ",") for row in cells)


def _column(header: Sequence[str], index: str) -> int:
    if twice := sorted(repeated(header)):
        raise UsageError(f"the table has two columns {twice[0]!r}", remedy="Use a different name for each.")
    if index in header:
        return header.index(index)
    try:
        at = int(index)
    except ValueError:
        at = len(header)
    if not -len(header) <= at < len(header):
        raise UsageError(
            f"The table has no column {index!r} (--index-col)",
            remedy=f"Its columns are: {', '.join(header[:20])}; the first has the number 0.",
        )
    return at % len(header)


def _typed(cells: list[str]) -> list[Any]:
    """A column's values: None for cells that say nothing."""
    texts = [cell.strip() for cell in cells if cell.strip() not in MISSING]
    if all(_WHOLE.fullmatch(cell) for cell in texts):
        make: Any = int
    elif all(_NUMBER.fullmatch(cell) and abs(float(cell)) != float("inf") for cell in texts):
        make = float
    elif all(cell in _TRUTHS for cell in texts):
        make = _TRUTHS.__getitem__
    else:
        return [None if cell in MISSING else cell for cell in cells]
    return [None if cell.strip() in MISSING else make(cell.strip()) for cell in cells]


def _named(records: list[tuple[int, str, dict[str, Any]]]) -> list[Row]:
    rows: list[Row] = []
    lines: dict[str, int] = {}
    for line, name, values in records:
        name = name.strip()
        if not name:
            raise UsageError(
                f"line {line} of the table names no sample", remedy="Name the column of names (--index-col)."
            )
        if name in lines:
            raise UsageError(
                f"line {line} of the table has the name {name!r} of line {lines[name]}", remedy="Keep one of the rows."
            )
        lines[name] = line
        rows.append(Row(line, name, {title: value for title, value in values.items() if value is not None}))
    return rows


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
