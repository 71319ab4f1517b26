"""The decoding of JSON."""

import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

LARGE = 1 << 18
"""Bytes of a body from which on it pays to import a faster JSON decoder, if there is one (its import takes 40 ms)."""


def decoded(content: bytes | str) -> Any:
    """Decode a JSON text; with msgspec if it is installed (extra `fast`) and the text is long.

    Half of a surrogate pair, which cutting a text may leave, becomes U+FFFD: no URL, file name or terminal can have it.

    Raises:
        ValueError: It is not JSON, or is nested deeper than Python can read.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    try:
        if len(content) >= LARGE:
            decode = _fast_decoder()
            if decode is not None:
                try:
                    return decode(content)
                except ValueError:
                    pass  # stricter than json: NaN, halves of pairs, and encodings other than UTF-8; json decides
        if _may_have_surrogates(content):
            content = re.sub(_SURROGATES, lambda match: _REPLACEMENT if match[1] else match[0], content)
        return json.loads(content)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def _may_have_surrogates(content: bytes) -> bool:
    # Single bytes are found ten times as fast as several, and most texts have no backslash.
    return b"\xed" in content or (b"\\" in content and (b"\\ud" in content or b"\\uD" in content))


# Pairs and other escapes are matched first, so that what remains is half of a pair, escaped or as bytes.
_SURROGATES = rb"(?s)\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[^u]|(\\u[dD][89a-fA-F]..|\xed[\xa0-\xbf][\x80-\xbf])"
_REPLACEMENT = "\ufffd".encode()


@cache
def _fast_decoder() -> Callable[[bytes], Any] | None:
    try:
        from msgspec.json import decode
    except ImportError:
        return None
    return decode
