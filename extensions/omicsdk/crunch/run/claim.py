"""Who runs a dataset when two runners took it at once. The site has no operation that gives it to one of them.

A runner sends its first status, reads the statuses again, and steps back when another one's came before its own: the site
numbers them. It looks once more before the workflow starts. What remains is a window of the site's own: where it shows a
status only after one with a higher number, both runners may have looked twice before it appeared. On a site with SQLite,
which writes one status after the other, there is no such window; elsewhere it lasts as long as storing a status.

All statuses of a site are in one list, the oldest first, and none says when it was sent. So the newest `PAGES` pages are read
from the end. A run that has sent nothing for longer than the site took to get that many statuses from others isn't seen.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from omicsdk.crunch.enums import Stage, State
from omicsdk.crunch.errors import CrunchAPIException
from omicsdk.crunch.statuses import newest_first

#: Pages of 20 statuses that are read at most; a run sends six.
PAGES = 20


class DatasetTaken(CrunchAPIException):
    """Another runner has the dataset. Nothing was done to it, and no failure was reported but one that the other reported, too.

    Attributes:
        status: The other runner's status, as the site has it.
    """

    default_remedy = (
        "Run another dataset. If that runner is gone for good, run this one with take_over=True (--take-over)."
    )

    def __init__(self, slug: str, status: Mapping[str, Any]) -> None:
        host = status.get("hostname")
        super().__init__(
            f"The dataset {slug} {'was' if is_over(status) else 'is being'} run already"
            f"{f' on {host}' if host else ''}: status {status.get('id')}"
        )
        self.status = dict(status)


def is_over(status: Mapping[str, Any]) -> bool:
    """Whether a run has ended, well or not.

    Args:
        status: Its newest status.
    """
    return status["state"] == State.FAIL or (status["stage"], status["state"]) == (Stage.UPLOAD, State.SUCCESS)


def rival(
    statuses: Iterable[Mapping[str, Any]], dataset: int, own: int, mine: Collection[int], since: int | None
) -> Mapping[str, Any] | None:
    """Finds out whether another runner came first.

    Args:
        statuses: Statuses of the site, the newest first.
        dataset: The dataset's number.
        own: The number of this runner's first status.
        mine: The numbers of all statuses that this runner sent.
        since: Statuses up to this number don't count, and every later one of another runner does; None where the newest
            of them decides: a run that ended, well or not, is no rival.

    Returns:
        The other runner's newest status before this runner's first one; None when there is no rival.
    """
    for status in statuses:
        if status["dataset"] != dataset or status["id"] >= own or status["id"] in mine:
            continue
        if since is not None:
            return status if status["id"] > since else None
        return None if is_over(status) else status
    return None


def find_rival(
    page: Callable[[str], Mapping[str, Any]], dataset: int, own: int, mine: Collection[int], since: int | None
) -> Mapping[str, Any] | None:
    """Reads the statuses of a site and finds out whether another runner came first.

    Args:
        page: Gives a page by its address relative to the site.
        dataset: As `rival`.
        own: As `rival`.
        mine: As `rival`.
        since: As `rival`; with it no older pages are read.

    Raises:
        CrunchAPIException: The site doesn't answer.
    """

    def recent() -> Iterable[Mapping[str, Any]]:
        for status in newest_first(page, PAGES):
            if since is not None and status["id"] <= since:
                return
            yield status

    return rival(recent(), dataset, own, mine, since)


def newest_status(page: Callable[[str], Mapping[str, Any]]) -> int:
    """The number of a site's newest status, for `Run(since=...)`: asked for before the next dataset is, so that whoever got
    the same one is noticed, even if that run is over already.

    Args:
        page: Gives a page by its address relative to the site: `connection.get_json_response`.

    Returns:
        The number; 0 when there is none.

    Raises:
        CrunchAPIException: The site doesn't answer.
    """
    return max((status["id"] for status in newest_first(page, 1)), default=0)
