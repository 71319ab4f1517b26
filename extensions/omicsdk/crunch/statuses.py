"""Statuses as they are sent and as a site has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.core.paging import items_at
from omicsdk.core.retry import Retry

if TYPE_CHECKING:
    from omicsdk.crunch.enums import Stage, State

STATUSES = "api/statuses/"
"""Where statuses are, relative to the site."""
TEXT_LIMIT = 255
"""Characters of a diagnostic text at most; a site refuses a status with longer ones."""
PAGES = 2
"""Pages of the newest statuses that are looked through for one that may have been stored."""
STATUS_RETRY = Retry(attempts=10, budget=300)
"""How persistently a status is sent, up to five minutes: hours of work may hang on one."""


def status_fields(
    dataset_id: int | str, stage: Stage, state: State, note: str, diagnostics: Mapping[str, Any]
) -> dict[str, Any]:
    """What is posted for a status.

    Args:
        dataset_id: The dataset's number, its `id`.
        stage: The stage.
        state: How far it is.
        note: What else there is to say. What no site takes is replaced: NUL and half a character (lone surrogates).
        diagnostics: Where it runs; texts are cut to what a site takes.
    """
    cut = {name: _text(value)[:TEXT_LIMIT] if isinstance(value, str) else value for name, value in diagnostics.items()}
    return {"dataset": dataset_id, "stage": int(stage), "state": int(state), "note": _text(note), **cut}


def _text(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def newest_first(page: Callable[[str], Mapping[str, Any]], pages: int = PAGES) -> Iterator[dict[str, Any]]:
    """The newest statuses of a site, of all datasets; the site lists the oldest first.

    Args:
        page: Gives a page by its address relative to the site.
        pages: How many pages are read at most, beside the first, which says how many there are.
    """
    first = page(STATUSES)
    found = items_at(first, "results", "list_statuses")
    if first.get("next") is None or not found:
        yield from reversed(found)
        return
    last = -(-first["count"] // len(found))
    for number in range(last, max(0, last - pages), -1):
        yield from reversed(items_at(page(f"{STATUSES}?page={number}"), "results", "list_statuses"))


def stored(sent: Mapping[str, Any], statuses: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The status that a posting has become, if it is among some.

    All that was sent is compared, the free memory and disk in bytes among it, which tell one status from an earlier one of the
    same stage, state and machine.

    Args:
        sent: What was posted.
        statuses: Statuses as the site has them.
    """
    return next((each for each in statuses if all(_equal(value, each.get(name)) for name, value in sent.items())), None)


def _equal(sent: object, kept: object) -> bool:
    # A site trims texts.
    return kept in (None, "") if sent is None else str(sent).strip() == str(kept).strip()
