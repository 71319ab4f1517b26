"""Many samples of a library: created by few requests, and their metadata as a data frame (which needs pandas) and back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import NotFound, OmicsError, UsageError, raise_failed
from omicsdk.core.lazy import require
from omicsdk.core.type_guards import is_array
from omicsdk.pangea.answers import unlike
from omicsdk.pangea.listings import BATCH, find_sample_group, samples_of
from omicsdk.transfer.calls import side_by_side

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part
    from omicsdk_api.pangea import PangeaApi
    from omicsdk_api.pangea.models.sample import Sample


def create_library_samples(client: PangeaApi, organization: str, library: str, names: Sequence[str]) -> list[str]:
    """Create many samples in a library, without metadata, by few requests.

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        names: Their names, each once; none of them may exist.

    Returns:
        Their UUIDs, in the order of the names.

    Raises:
        ValueError: A name is listed twice.
        TypeError: A text was given in place of a list.
        UsageError: The group is no library.
        ServerError: One of them exists; of its batch of 500 none was created, of those before it all were.
        OmicsError: The server refused, or did not answer.
    """
    if isinstance(names, str):
        raise TypeError("names are a list of names, not one text")
    if len(set(names)) != len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise ValueError(f"{twice!r} is listed twice; a library has one sample of a name")
    group = find_sample_group(client, organization, library)
    if not group.is_library:
        raise UsageError(f"The group {group.name!r} is no library", remedy="Samples are created in libraries only.")
    uuids: list[str] = []
    for start in range(0, len(names), BATCH):
        batch = list(names[start : start + BATCH])
        made: object = client.create_samples(names=batch, library=group.uuid).uuids
        if not is_array(made) or len(made) != len(batch):
            raise unlike("bulk_samples", "uuids", made, f"the UUIDs of {len(batch)} samples")
        uuids += made
    return uuids


def metadata_frame(
    client: PangeaApi, organization: str, group: str, samples: Collection[str] | None = None
) -> pandas.DataFrame:
    """Return the metadata of a group's samples as a data frame.

    Args:
        organization: The name of the organization that owns the group, or its UUID.
        group: The group's name, or its UUID.
        samples: Names of samples; None for all. A name that the group does not have gives no row.

    Returns:
        A row a sample, by its name; a column for each member that any sample's metadata have. What a sample lacks is missing
        in its row; lists and objects are kept as they are.

    Raises:
        MissingExtra: pandas is not installed.
        OmicsError: The server refused, or did not answer.
    """
    frames = require("pandas", "pangea", "data frames")
    wanted = None if samples is None else frozenset(samples)
    found = [each for each in samples_of(client, organization, group) if wanted is None or each.name in wanted]
    columns = list(dict.fromkeys(title for each in found for title in each.metadata))
    rows = [[each.metadata.get(title) for title in columns] for each in found]
    return frames.DataFrame(rows, index=frames.Index([each.name for each in found], name="name"), columns=columns)


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
    """Save a data frame as the metadata of a library's samples. Missing values are left out; times become text (ISO 8601).

    Args:
        organization: The name of the organization that owns the library, or its UUID.
        library: The library's name, or its UUID.
        frame: A row a sample, with its name in the index.
        overwrite: Whether a row replaces the metadata that its sample has.
        update: Whether it is added to them, and takes precedence. Without either, samples that have metadata are left as they
            are.
        create: Whether samples that do not exist are created.

    Returns:
        The samples of the frame's rows, in their order.

    Raises:
        UsageError: A name, or a column, is in the frame twice; nothing was changed.
        NotFound: There is no such library, or, without `create`, no such sample; nothing was changed.
        SomeFailed: Several samples could not be saved; the others were.
        OmicsError: One could not be saved, or the server refused, or did not answer.
    """
    rows = _rows(frame)
    group = find_sample_group(client, organization, library)

    def existing() -> dict[str, Sample]:
        return {each.name: each for each in samples_of(client, organization, group.uuid) if each.name in rows}

    found = existing()
    missing = [name for name in rows if name not in found]
    if missing and not create:
        more = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
        raise NotFound(
            f"There is no sample {missing[0]!r}{more} in {group.name!r}, or it may not be seen",
            status=404,
            remedy="Check the names, or give create=True.",
        )
    if missing:
        create_library_samples(client, organization, group.uuid, missing)
        found = existing()
    changed: list[tuple[Sample, dict[str, Any]]] = []
    for name, row in rows.items():
        after = merged(found[name].metadata, row, overwrite=overwrite, update=update)
        if after is not None and after != found[name].metadata:
            changed.append((found[name], after))
    saved = list(side_by_side(lambda pair: client.patch_sample(uuid=pair[0].uuid, metadata=pair[1]), changed))
    raise_failed([end for end in saved if isinstance(end, OmicsError)], len(changed), "samples")
    found |= {each.name: each for each in saved if not isinstance(each, OmicsError)}
    return [found[name] for name in rows]


def merged(
    before: Mapping[str, Any], row: Mapping[str, Any], *, overwrite: bool, update: bool
) -> dict[str, Any] | None:
    """Return what a sample's metadata become.

    Args:
        before: What it has.
        row: What a table has of it.
        overwrite: Whether the row replaces what it has.
        update: Whether the row is added to what it has, and takes precedence.

    Returns:
        The metadata; None where they are left as they are.
    """
    if overwrite or not before:
        return dict(row)
    return {**before, **row} if update else None


def _rows(frame: pandas.DataFrame) -> dict[str, dict[str, Any]]:
    untyped: Any = frame
    names, columns = [str(each) for each in untyped.index], [str(each) for each in untyped.columns]
    for what, titles in (("row", names), ("column", columns)):
        if len(set(titles)) < len(titles):
            twice = next(title for title in titles if titles.count(title) > 1)
            raise UsageError(f"The frame has two {what}s {twice!r}", remedy="Keep one of them.")
    values = untyped.astype(object).itertuples(index=False, name=None)
    return {
        name: {title: _plain(value) for title, value in zip(columns, row, strict=True) if not _is_missing(value)}
        for name, row in zip(names, values, strict=True)
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: numpy's kinds of numbers become Python's, times become text (ISO 8601)."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") and not hasattr(value, "__len__") else value


def _is_missing(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return False
    told: object = require("pandas", "pangea", "data frames").isna(value)
    return told is True
