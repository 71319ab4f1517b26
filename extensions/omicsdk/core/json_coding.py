"""JSON that is received and sent: decoded with the garbage collector paused for large bodies, and encoded without silent conversions."""

from __future__ import annotations

import gc
import json
import os
import re
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from typing import Any

from omicsdk.core.errors import UsageError
from omicsdk.core.type_guards import is_list, is_mapping, is_object

#: Key of a response's extensions: its JSON, if it was decoded to compare it.
DECODED = "omicsdk.decoded"

#: Bytes of a body from which on a pause of the collector pays, and the import of a faster JSON decoder, if there is one
#: (40 ms): pages of a thousand records are that long.
LARGE = 1 << 18

#: New objects from which on they are moved: a pass over fewer takes less than a millisecond.
SETTLE_FROM = 10_000

#: Set to False to never pause the cyclic collector.
pause_enabled = True

_pause_lock = threading.Lock()
_pauses = 0
_was_enabled = False


def _after_fork() -> None:
    """Forget the lock and the pauses of threads that the child lacks."""
    global _pause_lock, _pauses
    if _pauses and _was_enabled:
        gc.enable()
    _pause_lock, _pauses = threading.Lock(), 0


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def paused_for(size: int) -> AbstractContextManager[None]:
    """Pause the cyclic garbage collector while a body of `size` bytes is decoded, if that is faster.

    Its passes take two thirds of the time of decoding many small objects, none of which is garbage. The pause applies
    to the process, so the pauses of all threads are counted, and the last one restores the state that the first one
    found.
    """
    return nullcontext() if not pause_enabled or size < LARGE else _paused()


@contextmanager
def _paused() -> Generator[None]:
    global _pauses, _was_enabled
    # The collector is the process's: the first of several threads disables it, and the last one restores its state.
    with _pause_lock:
        if _pauses == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _pauses += 1
    try:
        yield
    finally:
        with _pause_lock:
            _pauses -= 1
            if _pauses == 0 and _was_enabled:
                _settle()
                gc.enable()


def _settle() -> None:
    """Move objects created during the pause to the old generation, or the next young pass would traverse all of them.

    Freezing and thawing moves lists, not objects. Where a program froze objects permanently, nothing is thawed; counting
    those walks through all of them, which takes 0.1 s in a large program, so it is done only for a pause that made much.
    """
    # Not in a program that has frozen objects: these would be unfrozen.
    if gc.get_count()[0] >= SETTLE_FROM and gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()


def charset_in(content_type: str) -> str:
    """Return the charset that a Content-Type states, in lower case; utf-8 if it states none.

    Args:
        content_type: The header.
    """
    match = re.search(r"""charset\s*=\s*["']?([^\s"';]+)""", content_type, re.IGNORECASE)
    return match[1].lower() if match else "utf-8"


def decoded(content: bytes | str, charset: str = "utf-8") -> Any:
    """Decode a JSON text; with msgspec if it is installed (extra `fast`) and the text is long.

    Half of a surrogate pair, which cutting a text may leave, becomes U+FFFD: no URL, file name or terminal can have it.

    Args:
        content: The text.
        charset: Its charset if it is not in UTF-8, which RFC 8259 requires and some services do not send.

    Raises:
        ValueError: It is not JSON, or is nested deeper than Python can read.
    """
    if isinstance(content, str):
        content = content.encode("utf-8", "surrogatepass")
    try:
        if len(content) < LARGE:
            return _loaded(content, charset)
        with paused_for(len(content)):
            if decode := _fast_decoder():
                # Stricter than json: NaN, halves of pairs, and encodings other than UTF-8; json decides.
                with suppress(ValueError):
                    return decode(content)
            return _loaded(content, charset)
    except LookupError as error:
        raise ValueError(f"it is in the unknown charset {charset}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def json_object(content: bytes | str) -> dict[str, Any] | None:
    """Return the JSON object that a text is; None for any other text."""
    with suppress(ValueError):
        value: object = decoded(content)
        return value if is_object(value) else None
    return None


def _loaded(content: bytes, charset: str) -> Any:
    try:
        return json.loads(_without_surrogates(content))
    except UnicodeDecodeError:
        return json.loads(content.decode(charset))


def _without_surrogates(content: bytes) -> bytes:
    # Single bytes are found ten times as fast as several, and most texts have no backslash.
    if b"\xed" in content or (b"\\" in content and (b"\\ud" in content or b"\\uD" in content)):
        return re.sub(_SURROGATES, lambda match: _REPLACEMENT if match[1] else match[0], content)
    return content


# Pairs and other escapes are matched first, so that what remains is half of a pair, escaped or as bytes.
_SURROGATES = rb"(?s)\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\[^u]|(\\u[dD][89a-fA-F]..|\xed[\xa0-\xbf][\x80-\xbf])"
_REPLACEMENT = "\ufffd".encode()


@cache
def _fast_decoder() -> Callable[[bytes], Any] | None:
    try:
        from msgspec import DecodeError
        from msgspec.json import decode
    except ImportError:
        return None
    # Before 0.21 its errors are no ValueError, so that json could not decide; the extra asks for more, another package may not.
    return decode if issubclass(DecodeError, ValueError) else None


#: Most levels of lists and dictionaries that are searched for what JSON cannot represent.
DEEPEST = 100


def encoded(value: object) -> bytes:
    """Encode a value as JSON.

    Args:
        value: A JSON value; tuples are sent as lists, and numbers of numpy and pandas as numbers.

    Raises:
        UsageError: It contains what JSON cannot represent: a date, a set, NaN, a lone surrogate; the message names the
            place.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_scalar)
        return text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        where, what = next(_unfit("", value, 0), ("", None))
        from datetime import datetime  # which a command on local files does without

        from omicsdk.core.date_texts import written

        if isinstance(what, datetime):
            written(what, where or "What is sent")  # which refuses one without a time zone
        raise UsageError(
            f"{where or 'What is sent'} is {shown(what)}, which JSON cannot represent",
            remedy="Use text, a whole number, a finite number, True, False, None, or lists and dictionaries of these.",
        ) from error


def _scalar(value: object) -> object:
    """Convert a number of numpy to a Python number.

    Raises:
        TypeError: It is something else.
    """
    item = getattr(value, "item", None)
    if callable(item) and getattr(value, "ndim", None) == 0:
        return item()
    raise TypeError(f"{type(value).__name__} is not JSON")


def _unfit(where: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    """Find the place in a value that JSON cannot represent."""
    if depth > DEEPEST:
        yield where[:DEEPEST], "nested too deeply"
    elif is_mapping(value):
        for name, inner in value.items():
            if not _fits({name: None}):
                yield f"a name in {where or 'what is sent'}", name
            yield from _unfit(f"{where}.{name}".lstrip("."), inner, depth + 1)
    elif is_list(value) and isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _unfit(f"{where}[{index}]", inner, depth + 1)
    elif not _fits(value):
        yield where, value


def shown(value: object) -> str:
    """Return a value's repr for a message; of a number with more digits than Python writes, its type and why."""
    try:
        return repr(value)
    except ValueError as error:  # of a number that has too many digits
        return f"a value of type {type(value).__name__} that cannot be printed ({error})"


def _fits(value: object) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False, default=_scalar).encode()
    except (TypeError, ValueError):
        return False
    return True
