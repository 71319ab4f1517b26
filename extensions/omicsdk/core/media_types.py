"""Media types by names of files."""

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mimetypes import MimeTypes

#: Ends of names of web pages.
PAGE_NAMES = re.compile(r"\.(?:x?html?|xht|shtml|mht(?:ml)?|php|aspx?|jsp)\Z", re.IGNORECASE)


@cache
def _media_types() -> "MimeTypes":
    from mimetypes import MimeTypes

    table = MimeTypes()
    table.add_type("application/json", ".ipynb")
    return table


def media_type_of(name: str) -> str | None:
    """Return the media type of a file by its name's suffix; None if unknown.

    Only Python's own table is used: with the system's, types would differ between machines.

    Args:
        name: The name. One that ends in `.gz` is gzip, whatever precedes it; other compressions alike.
    """
    kind, encoding = _media_types().guess_type(Path(name).name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind
