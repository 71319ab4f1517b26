"""Page breaks of listings: a reader prints the entries of a page before the next one is requested."""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar

TYPE_CHECKING = False  # avoids importing typing; type checkers recognise the name
if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_READER: ContextVar[Callable[[], None] | None] = ContextVar("reader", default=None)


def page_break() -> None:
    """Have the reader of a listing use what it has received; called before another page is requested."""
    reader = _READER.get()
    if reader is not None:
        reader()


@contextmanager
def at_page_breaks(reader: Callable[[], None]) -> Generator[None]:
    """Call a function at page breaks of the listings that this thread reads.

    Args:
        reader: The function.
    """
    token = _READER.set(reader)
    try:
        yield
    finally:
        _READER.reset(token)
