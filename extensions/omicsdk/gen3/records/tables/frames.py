"""Data frames as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Protocol, runtime_checkable

from omicsdk.core.narrowing import is_list
from omicsdk.gen3.records.row import Place, Row
from omicsdk.gen3.records.tables.cells import SEPARATORS, columns_of, text_of

#: What pandas writes for what is missing.
_MISSING = ("nan", "NaT", "<NA>")


@runtime_checkable
class Frame(Protocol):
    """What is needed of a pandas.DataFrame."""

    @property
    def columns(self) -> Iterable[Any]:
        """The names of its columns."""
        ...

    def itertuples(self, index: bool = ..., name: str | None = ...) -> Iterable[tuple[Any, ...]]:
        """Its rows."""
        ...


def frame_rows(frame: Frame) -> Iterator[Row]:
    """Gives the rows of a data frame, numbered from 1.

    Args:
        frame: The frame; its columns are called as those of a table, such as `experiments.submitter_id`. What is missing in
            it is an empty cell.

    Raises:
        Gen3UserError: Two columns have the same name.
    """
    columns = columns_of([str(name) for name in frame.columns], Place())
    for number, cells in enumerate(frame.itertuples(index=False, name=None), 1):
        values = {name: _cell(cell) for name, cell in zip(columns, cells, strict=True) if name}
        yield Row(values, Place(row=number), SEPARATORS["tsv"])


def _cell(value: object) -> str:
    if is_list(value):
        return SEPARATORS["tsv"].join(_cell(each) for each in value)
    text = text_of(value).strip()
    return "" if text in _MISSING and not isinstance(value, str) else text
