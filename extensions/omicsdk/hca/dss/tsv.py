"""Tab-separated values as manifests are written: Excel's tab dialect, CRLF line ends.

`DictReader` and `DictWriter` replace those of the module `csv`, as the documentation of manifests shows them.
"""

import csv
from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING, Any

DIALECT = "excel-tab"

# The classes of csv can be subscripted from Python 3.12 on only.
if TYPE_CHECKING:
    _Reader, _Writer = csv.DictReader[str], csv.DictWriter[str]
else:
    _Reader, _Writer = csv.DictReader, csv.DictWriter


class DictReader(_Reader):
    """csv.DictReader of the manifest dialect; takes any iterable of lines.

    Args:
        file: Lines of the table, the header first.
        fieldnames: The columns, where the table has no header.
    """

    def __init__(self, file: Iterable[str], fieldnames: Sequence[str] | None = None, **options: Any) -> None:
        super().__init__(file, fieldnames=fieldnames, dialect=DIALECT, **options)


class DictWriter(_Writer):
    """csv.DictWriter of the manifest dialect; open its file with newline="".

    Args:
        file: Where to write.
        fieldnames: The columns, in order.
    """

    def __init__(self, file: IO[str], fieldnames: Sequence[str], **options: Any) -> None:
        super().__init__(file, fieldnames, dialect=DIALECT, **options)
