"""The media type of a file: what its first bytes say, else what its name says."""

from __future__ import annotations

import mimetypes
import re
from logging import getLogger
from pathlib import Path

#: Signatures that puremagic trusts less than this are of two bytes, or of the name alone: a table may begin with "BM".
LEAST_CONFIDENCE = 0.3
#: What is sent for files of which nothing is known.
UNKNOWN = "application/octet-stream"
#: The same for objects that are copied from S3, of which only the name is looked at.
UNKNOWN_COPY = "application/data"

#: Types that are spelled otherwise today, or that say more than the bytes can.
_TODAY = {
    "application/x-gzip": "application/gzip",
    "application/x-ipynb+json": "application/json",
}
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, section 5.6.2
_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)

_log = getLogger("omicsdk.hca.upload")

# Python's own table alone: that of the machine would make types differ from one machine to the next.
_by_name = mimetypes.MimeTypes()
_by_name.add_type("application/json", ".ipynb")


def type_by_name(name: str) -> str | None:
    """Gives the media type that a name stands for, None when it stands for none.

    Args:
        name: A file's name; one that ends in `.gz` is gzip, whatever stands before.
    """
    kind, encoding = _by_name.guess_type(Path(name).name)
    if encoding is not None:
        return "application/gzip" if encoding == "gzip" else f"application/x-{encoding}"
    return kind


def type_of_file(path: str) -> str:
    """Gives the media type of a local file.

    Args:
        path: The file.

    Returns:
        What its bytes say for sure; else what its name says; else `application/octet-stream`.
    """
    return _sniffed(path) or type_by_name(path) or UNKNOWN


def content_type(media_type: str, dcp_type: str = "data") -> str:
    """Writes a media type with the parameter that the Upload service wants.

    Args:
        media_type: Such as `application/gzip`.
        dcp_type: Such as `data`; what isn't a token is quoted.
    """
    if not dcp_type:
        return media_type
    quoted = dcp_type if _TOKEN.fullmatch(dcp_type) else '"' + re.sub(r'(["\\])', r"\\\1", dcp_type) + '"'
    return f"{media_type}; dcp-type={quoted}"


def _sniffed(path: str) -> str | None:
    import puremagic

    try:
        matches = puremagic.magic_file(path)
    except Exception as error:  # an empty file, one that can't be read, or one that a parser in there stumbles over
        _log.debug("%s: its bytes don't tell what it is: %s", path, error)
        return None
    for match in matches:
        # puremagic 2 adds guesses from the whole text, without a signature: FASTQ as text/plain, TSV as text/csv. The name is a better
        # guess than these, and the answer does not depend on the release. Some entries have a phrase in the type's place.
        signed = bool(match.byte_match) and match.confidence >= LEAST_CONFIDENCE
        if signed and _TYPE.fullmatch(match.mime_type):
            return _TODAY.get(match.mime_type, match.mime_type)
    return None
