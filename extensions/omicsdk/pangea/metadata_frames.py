"""Metadata of a group's samples as a data frame, a row a sample; and back. Needs pandas."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.errors import MissingExtra, OmicsError, SomeFailed, UsageError, first_of
from omicsdk.pangea.errors import PangeaNotFoundError
from omicsdk.transfer.calls import side_by_side

if TYPE_CHECKING:
    import pandas  # pyright: ignore[reportMissingTypeStubs] - it has its types in itself, in part

    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup


def metadata_frame(group: SampleGroup, samples: Collection[str] | None = None) -> pandas.DataFrame:
    """Gives the metadata of a group's samples.

    Args:
        group: The group.
        samples: Names of samples; None for all. A name that the group doesn't have gives no row.

    Returns:
        A row a sample, by its name; a column for each member that any sample's metadata have. What one lacks is missing in
        its row, and lists and objects stay what they are.

    Raises:
        MissingExtra: pandas isn't installed.
        PangeaGeneralError: The server refused, or didn't answer.
    """
    frames = _pandas()
    wanted = None if samples is None else frozenset(samples)
    found = [each for each in group.get_samples(cache=False) if wanted is None or each.name in wanted]
    columns = list(dict.fromkeys(title for each in found for title in each.metadata))
    rows = [[each.metadata.get(title) for title in columns] for each in found]
    return frames.DataFrame(rows, index=frames.Index([each.name for each in found], name="name"), columns=columns)


def save_metadata_frame(
    library: SampleGroup,
    frame: pandas.DataFrame,
    *,
    overwrite: bool = False,
    update: bool = False,
    create: bool = False,
) -> list[Sample]:
    """Gives a library's samples the metadata of a frame. Missing values are left out; times become text (ISO 8601).

    Args:
        library: The library.
        frame: A row a sample, whose name the index has.
        overwrite: Whether a row takes the place of the metadata that its sample has.
        update: Whether it is added to them, and wins. Without either, samples that have metadata are left as they are.
        create: Whether samples are created that aren't there.

    Returns:
        The samples of the frame's rows, in their order.

    Raises:
        UsageError: A name, or a column, comes twice; nothing was changed.
        PangeaNotFoundError: There is no such library, or, without `create`, no such sample; nothing was changed.
        SomeFailed: Several samples couldn't be saved; the others were.
        PangeaGeneralError: One couldn't be saved, or the server refused, or didn't answer.
    """
    rows = _rows(frame)
    there = _named(library, rows)
    missing = [name for name in rows if name not in there]
    if missing and not create:
        more = f", nor {len(missing) - 1} others" if len(missing) > 1 else ""
        raise PangeaNotFoundError(
            f"There is no sample {missing[0]!r}{more} in {library}, or it may not be seen",
            status=404,
            remedy="Check the names, or give create=True.",
        )
    if missing:
        library.create_samples(missing)
        there = _named(library, rows)
    changed: list[Sample] = []
    for name, row in rows.items():
        after = merged(there[name].metadata, row, overwrite=overwrite, update=update)
        if after is not None and after != there[name].metadata:
            there[name].metadata = after
            changed.append(there[name])
    if changed:
        errors = [end for end in side_by_side(lambda each: each.save(), changed) if isinstance(end, OmicsError)]
        if len(errors) == 1:
            raise errors[0]
        if errors:
            raise SomeFailed(f"{len(errors)} of {len(changed)} samples failed: {first_of(errors)}", errors)
    return [there[name] for name in rows]


def merged(
    before: Mapping[str, Any], row: Mapping[str, Any], *, overwrite: bool, update: bool
) -> dict[str, Any] | None:
    """Tells what a sample's metadata shall be.

    Args:
        before: What it has.
        row: What a table has of it.
        overwrite: Whether the row takes the place of what is there.
        update: Whether the row is added to what is there, and wins.

    Returns:
        None where it is left as it is.
    """
    if overwrite or not before:
        return dict(row)
    return {**before, **row} if update else None


def _named(library: SampleGroup, names: Collection[str]) -> dict[str, Sample]:
    return {each.name: each for each in library.get_samples(cache=False) if each.name in names}


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
    told: object = _pandas().isna(value)
    return told is True


def _pandas() -> Any:
    try:
        import pandas  # pyright: ignore[reportMissingTypeStubs] - as above
    except ImportError as error:
        raise MissingExtra("pangea", "data frames", module="pandas") from error
    return pandas
