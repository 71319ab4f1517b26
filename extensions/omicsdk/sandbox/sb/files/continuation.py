"""Continuation tokens: opaque to clients, good for the list that they were made for only."""

import base64
import binascii
import hashlib

from omicsdk.sandbox.sb.problems import bad


def write_token(offset: int, what: str) -> str:
    """A token that leads to the items from an offset on.

    Args:
        offset: How many items come before.
        what: What is listed; another list refuses the token.
    """
    text = f"{offset}:{_mark(what)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_token(token: str, what: str) -> int:
    """The offset that a token leads to.

    Raises:
        Problem: 90000; it is no token of this list.
    """
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        offset, _, mark = text.partition(":")
        if mark == _mark(what):
            return int(offset)
    except (binascii.Error, ValueError):
        pass
    raise bad(f"{token[:80]!r} is no continuation token of this list: begin again without one")


def _mark(what: str) -> str:
    return hashlib.sha256(what.encode()).hexdigest()[:12]
