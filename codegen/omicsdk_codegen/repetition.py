"""What a document states about sending requests again: headers of idempotency keys, and extensions for retries of other
generators.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from .declarations import DeclaredOperation
from .operations import Argument
from .shapes import ANY, Enum, Scalar
from .texts import one_line, sentence
from .values import Json, Object, join, list_in, object_in

KEY_WISH = "x-omics-idempotency-key"
SPEAKEASY, FERN = "x-speakeasy-retries", "x-fern-retries"
_FERN_KEY, _FERN_HEADERS = "x-fern-idempotent", "x-fern-idempotency-headers"
# The last one is of Repeatable Requests 1.0 (OASIS), which Azure uses with the header after it.
_KEY = re.compile(r"(?:.+[-_])?idempoten(?:cy|t)(?:[-_]?(?:key|token|id))?|repeatability-request-id", re.IGNORECASE)
_FIRST_SENT = "repeatability-first-sent"
_VENDOR = re.compile(r"x-(?!omics-).*retr(?:y|ies).*")
# Requests that change nothing need no key.
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "QUERY"})
_IDEMPOTENT = _SAFE | {"PUT", "DELETE"}
# What the client makes, for patterns: any UUID of version 4 looks so.
_SAMPLE = "3f2b6c1e-9d4a-4c7b-8e5f-0a1b2c3d4e5f"
_GENERATED_KEY = "By default, a UUID that is made for each call and kept over its retries."
_DATED = "By default, the time of the call."
# Milliseconds that Speakeasy documents as defaults.
_BACKOFF = {"initialInterval": 500, "maxInterval": 60_000, "maxElapsedTime": 3_600_000}
_MOST_TRIES = 1000


class Repetitions:
    """Reads what a document states.

    Args:
        data: the upgraded document.
        note: called with the pointer, the name and the treatment of what is not done as stated.
    """

    def __init__(self, data: Object, note: Callable[[str, str, str], None]) -> None:
        self._note = note
        named = [row.get("header") for row in list_in(data, _FERN_HEADERS) if isinstance(row, dict)]
        self._fern = [name for name in named if isinstance(name, str)]
        self._usual: Mapping[str, str] = {}
        if SPEAKEASY in data:
            self._usual = self._backoff(data[SPEAKEASY], join("", SPEAKEASY))
        self._unread(data, "", {SPEAKEASY})

    def headers(self, operation: DeclaredOperation) -> Sequence[str]:
        """Return the headers of idempotency keys that an operation has besides its parameters."""
        if operation.data.get(_FERN_KEY) is not True:
            return []
        if not self._fern:
            self._note(join(operation.key, _FERN_KEY), _FERN_KEY, f"no header is named in {_FERN_HEADERS}")
        return self._fern

    def keyed(self, operation: DeclaredOperation, arguments: Sequence[Argument]) -> tuple[str, list[Argument]]:
        """Return the header of an operation's idempotency key, and its arguments, of which that one becomes optional.

        Args:
            operation: the operation.
            arguments: its arguments.

        Returns:
            The header in lower case, empty if the client makes no key.
        """
        wishes = _wishes(operation)
        for argument in arguments:
            wire = argument.wire.lower()
            is_named = _KEY.fullmatch(wire) is not None or wire in {name.lower() for name in self._fern}
            if argument.position != "header" or not wishes.get(wire, is_named) or operation.method in _SAFE:
                continue
            if not _takes_uuid(argument):
                self._note(operation.key, f"header {argument.wire}", "no key is made: a UUID does not match its schema")
                continue
            defaults = {argument.wire: _GENERATED_KEY}
            if wire == "repeatability-request-id":
                defaults |= {argument.wire: _DATED for argument in arguments if argument.wire.lower() == _FIRST_SENT}
            return wire, [
                _optional(argument, defaults[argument.wire])
                if argument.position == "header" and argument.wire in defaults
                else argument
                for argument in arguments
            ]
        return "", list(arguments)

    def retry(self, operation: DeclaredOperation, *, has_key: bool) -> Mapping[str, str]:
        """Return the arguments of core's Retry for an operation, as code; none if it has the client's.

        Args:
            operation: the operation.
            has_key: whether its requests have an idempotency key.
        """
        self._unread(operation.data, operation.key, {SPEAKEASY, FERN})
        fern, pointer = operation.data.get(FERN), join(operation.key, FERN)
        if fern == {"disabled": True}:
            return {"attempts": "1"}
        if fern not in (None, {"disabled": False}):
            self._note(pointer, FERN, "not read: only disabled is known")
        if SPEAKEASY not in operation.data:
            return self._usual
        pointer = join(operation.key, SPEAKEASY)
        policy = self._backoff(operation.data[SPEAKEASY], pointer)
        # Policies are often stated once for a whole document, so they do not show that a POST may be repeated.
        is_harmless = operation.method in _IDEMPOTENT or operation.data.get("x-omics-idempotent") is True
        if policy.get("attempts", "1") != "1" and not (has_key or is_harmless):
            why = "only after 429: any other try may have been processed (x-omics-idempotent: true states that it may be repeated)"
            self._note(pointer, f"{SPEAKEASY} of a {operation.method}", why)
        return policy

    def _backoff(self, wish: Json, pointer: str) -> Mapping[str, str]:
        """Return the arguments for a strategy of Speakeasy's."""
        strategy = wish.get("strategy") if isinstance(wish, dict) else None
        if not isinstance(wish, dict) or strategy not in ("backoff", "none"):
            self._note(pointer, SPEAKEASY, "not read: its strategy is neither backoff nor none")
            return {}
        if strategy == "none":
            return {"attempts": "1"}
        backoff = object_in(wish, "backoff")
        if backoff.get("exponent", 2) != 2:
            self._note(
                join(pointer, "backoff", "exponent"), f"exponent {one_line(str(backoff['exponent']))}", "delays double"
            )
        if wish.get("retryConnectionErrors") is False:
            why = "requests that cannot have arrived are sent again"
            self._note(join(pointer, "retryConnectionErrors"), "retryConnectionErrors: false", why)
        base, cap, budget = (_seconds(backoff.get(name), usual) for name, usual in _BACKOFF.items())
        policy = {
            "attempts": str(_tries(base, cap, budget)),
            "base": repr(base),
            "cap": repr(cap),
            "budget": repr(budget),
        }
        codes = wish.get("statusCodes")
        if isinstance(codes, list) and codes:
            policy["statuses"] = self._statuses(codes, join(pointer, "statusCodes"))
        return policy

    def _statuses(self, codes: list[Json], pointer: str) -> str:
        """Return a set of statuses as code; 429 is one of them, since a service states by it that a retry will help."""
        parts = ["429"]
        for number, code in enumerate(codes):
            text = str(code).upper()
            if re.fullmatch("[1-5]XX", text):
                parts.append(f"*range({text[0]}00, {int(text[0]) + 1}00)")
            elif re.fullmatch("[1-5][0-9]{2}", text):
                parts.append(text)
            else:
                self._note(join(pointer, str(number)), f"status {one_line(str(code))[:40]!r}", "not read: not a status")
        return f"frozenset({{{', '.join(dict.fromkeys(parts))}}})"

    def _unread(self, data: Object, pointer: str, read_keys: set[str]) -> None:
        """Note extensions for retries that are not read here."""
        for key in data:
            if _VENDOR.fullmatch(key) and key not in read_keys:
                self._note(join(pointer, key), one_line(key), f"not read: {SPEAKEASY} and, of operations, {FERN} are")


def _wishes(operation: DeclaredOperation) -> dict[str, bool]:
    """Return what overlays state of headers, by their names in lower case."""
    rows = [row for row in list_in(operation.data, "parameters") if isinstance(row, dict)]
    return {str(row.get("name")).lower(): row[KEY_WISH] is True for row in rows if KEY_WISH in row}


def _optional(argument: Argument, by_default: str) -> Argument:
    """Return an argument that the client makes if a call has none."""
    description = f"{sentence(argument.schema.get('description'))} {by_default}".strip()
    return replace(argument, required=False, schema={**argument.schema, "description": description})


def _takes_uuid(argument: Argument) -> bool:
    """Whether a UUID is a valid value of a text."""
    schema, type_ = argument.schema, argument.type
    # A value that the service refuses would make every call fail.
    if isinstance(type_, Enum) or not isinstance(type_, Scalar) or type_.kind not in ("string", "uuid", ANY.kind):
        return False
    least, most, pattern = (schema.get(name) for name in ("minLength", "maxLength", "pattern"))
    if schema.get("format") not in (None, "", "uuid", "string"):
        return False
    if (isinstance(least, int) and least > len(_SAMPLE)) or (isinstance(most, int) and most < len(_SAMPLE)):
        return False
    try:
        return not isinstance(pattern, str) or re.search(pattern, _SAMPLE) is not None
    except (re.error, OverflowError, RecursionError):  # of another language, or of a size that Python's has not
        return False


def _seconds(value: Json, usual: int) -> float:
    is_stated = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9
    return (value if is_stated and isinstance(value, (int, float)) else usual) / 1000


def _tries(base: float, cap: float, budget: float) -> int:
    """Return how many tries begin within a time, if each waits as long as it may."""
    tries, waited = 1, 0.0
    while tries < _MOST_TRIES and (waited := waited + min(cap, base * 2.0 ** min(tries - 1, 64))) <= budget:
        tries += 1
    return tries
