"""The page of requests: what came in, what was found when it was validated against the service's document, what went out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from omicsdk.sandbox.contents import PAGE
from omicsdk.sandbox.pages.html import Html, element
from omicsdk.sandbox.pages.layout import HOME, Page, address, button, labelled, link, pager, table, time_text
from omicsdk.sandbox.pages.overview import page_number
from omicsdk.sandbox.traffic.wire import Entry

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

_PLACE = f"{HOME}/requests"
_EVERY = 5  # seconds
_HEADINGS = ("Request", "Operation", "Validation", "Status", "Bytes sent", "Time (UTC)")


def requests(sandbox: Sandbox, request: Request) -> Page:
    """The last requests, newest first."""
    path = request.query_params.get("path", "")
    still = request.query_params.get("still") == "1"
    log = sandbox.s3_log if request.query_params.get("server") == "s3" else sandbox.request_log
    of_s3 = log is sandbox.s3_log
    server = "s3" if of_s3 else ""
    count, found = log.newest(path, 0, 0)
    number = page_number(request, count)
    count, found = log.newest(path, (number - 1) * PAGE, PAGE)
    other = link(
        address(_PLACE, server="" if of_s3 else "s3"),
        "Requests to the services" if of_s3 else "Requests to the S3 server",
    )
    turn = link(
        address(_PLACE, path=path, server=server, still="" if still else 1),
        "Start refreshing" if still else "Stop refreshing",
    )
    search = element(
        "form",
        labelled("Path begins with", "path", type="search", value=path),
        element("input", type="hidden", name="server", value=server) if server else None,
        button("Show"),
        role="search",
        action=_PLACE,
        class_="inline",
    )
    count_text = f"{count:,} requests" + (f" to {path}" if path else "") + (" of the S3 server" if of_s3 else "")
    rows = [_row(entry) for entry in found]
    listed = table("Newest first", _HEADINGS, rows, empty="No requests yet.")
    live = element(
        "div",
        element("p", count_text, role="status"),
        listed,
        pager(_PLACE, number, count, path=path, server=server),
        id="live",
        data_live=None if still else _EVERY,
    )
    links = element("p", turn, " · ", other, class_="turns")
    return Page("Requests", [search, links, live], _PLACE, refresh=0 if still else _EVERY)


def _row(entry: Entry) -> list[Html | str]:
    query = f"?{entry.query}" if entry.query else ""
    what = element("span", element("strong", entry.method), " ", element("code", f"{entry.path}{query}"))
    status = str(entry.status) if entry.status else "none"
    if not entry.done:
        status += " (not finished)"
    marked = element("span", status, class_="bad" if entry.status >= 400 or not entry.status else "good")
    valid = element("span", entry.validation, class_="bad" if entry.validation.startswith("refused") else None)
    return [what, entry.operation, valid, marked, f"{entry.sent:,}", element("time", time_text(entry.at))]
