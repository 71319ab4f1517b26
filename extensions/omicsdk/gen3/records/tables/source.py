"""Records from wherever they come: files, rows, plain dictionaries; gone through as often as needed."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from omicsdk.gen3.errors import Gen3UserError
from omicsdk.gen3.records.row import Place, Row
from omicsdk.gen3.records.tables.files import Table
from omicsdk.gen3.records.tables.frames import Frame, frame_rows

Given = str | os.PathLike[str] | Table | Frame | Row | Mapping[str, Any]
"""What records may be given as: the path of a file, a Table, a pandas.DataFrame, a row, a record as it is submitted."""


class Source:
    """Records, to be gone through as often as needed.

    Args:
        given: Files (paths, or a Table where more is to be said), data frames, rows, records as dictionaries; one of them or
            many. Files are read anew each time, and never kept as a whole; an iterator is kept as a list.

    Raises:
        Gen3UserError: There is no such file, or what it is isn't known.
    """

    def __init__(self, given: Given | Iterable[Given]) -> None:
        self._parts: Iterable[Given]
        if isinstance(given, str | os.PathLike | Table | Row | Mapping | Frame):
            self._parts = [_opened(cast("Given", given))]
        elif isinstance(given, list | tuple):
            self._parts = [_opened(each) for each in cast("Sequence[Given]", given)]
        else:
            # What can be gone through again is left as it is: it may be long.
            self._parts = list(given) if iter(given) is given else given

    def __iter__(self) -> Iterator[Row]:
        """Gives the rows; dictionaries are numbered from 1 as they come."""
        number = 0
        for each in self._parts:
            if isinstance(each, Table):
                yield from each
            elif isinstance(each, Row):
                yield each
            elif isinstance(each, Mapping):
                number += 1
                yield Row(each, Place(row=number))
            elif isinstance(each, Frame):
                yield from frame_rows(each)
            else:
                raise Gen3UserError(
                    f"{each!r} is no record", remedy="Give dictionaries, rows, tables or paths of files."
                )


def _opened(each: Given) -> Given:
    return Table(each) if isinstance(each, str | os.PathLike) else each
