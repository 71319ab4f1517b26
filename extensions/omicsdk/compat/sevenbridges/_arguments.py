"""Validation of the arguments of an Api."""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

from omicsdk.compat.sevenbridges.errors import SettingsError
from omicsdk.core.redaction import mask_url
from omicsdk.core.type_guards import is_mapping

#: Characters of a wrong value that are shown, and of a text that is one: a token has more.
_MAX_LENGTH, _MAX_TEXT_LENGTH = 60, 24

#: The header of a login: a developer's token, or one of OAuth.
TOKEN_HEADER, OAUTH_HEADER = "X-SBG-Auth-Token", "Authorization"


class Number(NamedTuple):
    """Valid values of a number: whole or not, from `least` (above it: `above`), None if `is_optional`; `takes` is that as text."""

    takes: str
    is_whole: bool = False
    least: float = 0
    above: bool = False
    is_optional: bool = False


_COUNTS = ("download_max_workers", "upload_max_workers", "max_parallel_requests")
#: The numbers that an Api takes, by their names.
NUMBERS: Mapping[str, Number] = {
    **dict.fromkeys(_COUNTS, Number("a whole number, 1 or more", is_whole=True, least=1)),
    "retry_count": Number("a whole number, 0 or more; 0 for never sending again", is_whole=True),
    "backoff_factor": Number("seconds, 0 or more"),
    "timeout": Number("seconds above 0, or None for the defaults", above=True, is_optional=True),
}


def check_numbers(**numbers: object) -> None:
    """Reject invalid numbers, by names of `NUMBERS`, with a SettingsError."""
    for name, value in numbers.items():
        if not may_be(NUMBERS[name], value):
            raise SettingsError(f"{name} is {value_text(value)}", remedy=f"Pass {NUMBERS[name].takes}.")


def may_be(number: Number, value: object) -> bool:
    """Return whether a value is a valid number; True, False and text are none."""
    if value is None:
        return number.is_optional
    if isinstance(value, bool | str):
        return False
    try:
        read = float(operator.index(cast("int", value)) if number.is_whole else cast("float", value))
    except (TypeError, ValueError, OverflowError):
        return False
    return math.isfinite(read) and (read > number.least if number.above else read >= number.least)


def check_texts(texts: Mapping[str, object]) -> None:
    """Reject arguments that are not text, without printing them, because they may be secrets; None is accepted."""
    for name, value in texts.items():
        if value is not None and not isinstance(value, str):
            received = value_text(value) if name == "url" else f"a {type(value).__name__}"
            raise SettingsError(f"{name}: expected text, got {received}", remedy=f"Pass {name} as text.")


def path_of(name: str, value: object) -> str:
    """Return the path of a local file or folder as text; a SettingsError if it is not a path, or an empty one."""
    path: object = os.fspath(cast("os.PathLike[str]", value)) if hasattr(value, "__fspath__") else value
    if not path or not isinstance(path, str):
        remedy = f"Pass {name} as text, or as a pathlib.Path."
        raise SettingsError(f"{name}: expected a path, got {value_text(path)}", remedy=remedy)
    return path


def check_proxies(proxies: object) -> None:
    """Reject proxies that are not a dictionary of texts."""
    texts = is_mapping(proxies) and all(isinstance(part, str | None) for pair in proxies.items() for part in pair)
    if proxies is not None and not texts:
        remedy = 'Pass a dictionary such as proxies={"https_proxy": "http://proxy.example.org:3128"}.'
        raise SettingsError(f"proxies: expected a dictionary of texts, got a {type(proxies).__name__}", remedy=remedy)


def check_handlers(handlers: object) -> None:
    """Reject error handlers that are not a list of functions."""
    if isinstance(handlers, str) or not isinstance(handlers, Sequence | set | frozenset):
        wrong = f"is {value_text(handlers)}"
    else:
        invalid = next((handler for handler in cast("Sequence[object]", handlers) if not callable(handler)), None)
        wrong = None if invalid is None else f"has {value_text(invalid)} in it"
    if wrong:
        remedy = "Pass a list such as error_handlers=[rate_limit_sleeper]."
        raise SettingsError(f"error_handlers {wrong}: expected a list of functions", remedy=remedy)


def check_address(url: str, *, debug: bool) -> None:
    """Reject a URL that a token must not be sent to: https, this machine, or any host with `debug`, are accepted."""
    from omicsdk.core.credentials import is_confidential

    scheme, separator, rest = url.partition("://")
    wrong, address = "", rest if separator else url.lstrip("/")
    remedy = f"Pass {mask_url(f'https://{address}')}."
    if not separator:
        wrong = "The URL of the platform must begin with https://"
    elif scheme.lower() == "http" and not (debug or is_confidential(url)):
        wrong = f"{mask_url(url)} isn't encrypted: the token could be read on the way"
        remedy = "Pass an https URL."
    elif scheme.lower() not in ("http", "https"):
        wrong = f"{scheme!r} isn't a scheme that the platform has: {mask_url(url)}"
    if wrong:
        raise SettingsError(wrong, remedy=remedy)


def value_text(value: object) -> str:
    """Return an invalid value for error messages: long values, which may be tokens, as their type only."""
    text = repr(value)
    is_short = len(text) <= _MAX_LENGTH and not (isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH)
    return text if is_short else f"a {type(value).__name__}"
