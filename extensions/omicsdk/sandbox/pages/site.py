"""The pages by path, the checks of their forms and the headers of their responses; the first page, and the lists of contents and requests."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route, Router

from omicsdk.sandbox.contents import PAGE, Collection, Listing, collections
from omicsdk.sandbox.environment import SHELLS
from omicsdk.sandbox.pages import forms
from omicsdk.sandbox.pages.forms import ENVIRONMENT, FAULTS
from omicsdk.sandbox.pages.layout import (
    HOME,
    Content,
    Fields,
    Html,
    Page,
    address,
    button,
    element,
    form,
    labelled,
    link,
    pager,
    table,
    time_text,
    written,
)
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.traffic.wire import Entry

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox


def overview(sandbox: Sandbox, _request: Request) -> Page:
    """The first page: the contents, platform by platform, and the most important settings."""
    sandbox.ga4gh.seed()
    database, time = sandbox.context.database, sandbox.clock.state()
    facts = (
        ("Address", element("code", sandbox.url)),
        ("Folder", element("code", str(sandbox.folder))),
        ("Time", f"{time_text(time['now'])} UTC{', frozen' if time['frozen'] else ''}"),
        ("Requests", link(f"{HOME}/requests", f"{sandbox.request_log.count:,}")),
        ("Active faults", link(FAULTS, str(len(sandbox.fault_book.rules())))),
    )
    wide = ("Address", "Folder", "Time")
    rows = [([element("dt", name), element("dd", value)], "wide" if name in wide else None) for name, value in facts]
    summary = element("dl", [element("div", row, class_=class_) for row, class_ in rows])
    cards = [_card(database, collection) for collection in collections(database)]
    content = [summary, _lines(), element("div", cards, class_="cards")]
    return Page("Contents", content, "/")


def _lines() -> Html:
    """Buttons that make lines for shells; a script copies them at once."""
    forms = [
        form(ENVIRONMENT, button(f"Variables for {name}", name="shell", value=shell), class_="copies")
        for shell, name in SHELLS.items()
    ]
    status = element("span", role="status", id="lines-said")
    return element("div", element("p", "Environment, with tokens:"), forms, status, class_="row point")


def _card(database: Database, collection: Collection) -> Html:
    def line(listing: Listing) -> Html:
        number = listing.count(database)
        count = element("span", f"{number:,}", class_="count" if number else "count none")
        return element("li", link(_place(collection, listing), listing.title), " ", count)

    lines = [line(listing) for listing in collection.listings if not listing.inside]
    title = element("h2", collection.title, id=f"platform-{collection.name}")
    where = element("p", "at ", element("code", collection.place))
    return element("section", title, where, element("ul", lines), aria_labelledby=f"platform-{collection.name}")


def _place(collection: Collection, listing: Listing) -> str:
    return f"{HOME}/contents/{collection.name}/{listing.name}"


def contents(sandbox: Sandbox, request: Request) -> Page:
    """One page of one list.

    Raises:
        Problem: 404; there is no such list.
    """
    database = sandbox.context.database
    named = {collection.name: collection for collection in collections(database)}
    collection = named.get(request.path_params["platform"])
    listing = collection.listing(request.path_params["listing"]) if collection else None
    if collection is None or listing is None:
        raise not_found("There is no such list.")
    of = request.query_params.get("of", "") if listing.inside else ""
    sandbox.ga4gh.seed()
    count = listing.count(database, of)
    number = page_number(request, count)
    rows = [_row(collection, listing, row) for row in listing.rows(database, (number - 1) * PAGE, of)]
    caption = f"{count:,} in all" if count > PAGE else listing.title
    breadcrumbs = element(
        "p", link("/", "Contents"), " / ", collection.title, [" / ", element("code", of)] if of else None
    )
    rows_table = table(caption, listing.headings, rows, empty="This list is empty.")
    list_path = _place(collection, listing)
    return Page(listing.title, [breadcrumbs, rows_table, pager(list_path, number, count, of=of)], "")


def page_number(request: Request, count: int) -> int:
    """The number of the requested page of a list; the nearest valid one."""
    page_text = request.query_params.get("page", "1")
    number = int(page_text) if page_text.isascii() and page_text.isdigit() and len(page_text) < 10 else 1
    return min(max(1, number), max(1, -(-count // PAGE)))


def _row(collection: Collection, listing: Listing, row: tuple[str, ...]) -> list[Content]:
    name, *rest = row
    opens = collection.listing(listing.opens) if listing.opens else None
    first: Content = link(address(_place(collection, opens), of=name), name) if opens else name
    return [first, *rest]


_REQUESTS = f"{HOME}/requests"
_EVERY = 5  # seconds
_HEADINGS = ("Request", "Operation", "Validation", "Status", "Bytes sent", "Time (UTC)")


def requests(sandbox: Sandbox, request: Request) -> Page:
    """The last requests, newest first."""
    path = request.query_params.get("path", "")
    still = "1" if request.query_params.get("still") == "1" else ""
    log = sandbox.s3_log if request.query_params.get("server") == "s3" else sandbox.request_log
    of_s3 = log is sandbox.s3_log
    server = "s3" if of_s3 else ""
    count, entries = log.newest(path, 0, 0)
    number = page_number(request, count)
    count, entries = log.newest(path, (number - 1) * PAGE, PAGE)
    other = link(
        address(_REQUESTS, server="" if of_s3 else "s3", still=still),
        "Requests to the services" if of_s3 else "Requests to the S3 server",
    )
    turn = link(
        address(_REQUESTS, path=path, server=server, still="" if still else 1),
        "Start refreshing" if still else "Stop refreshing",
    )
    search = element(
        "form",
        labelled("Path begins with", "path", type="search", value=path),
        element("input", type="hidden", name="server", value=server) if server else None,
        element("input", type="hidden", name="still", value=still) if still else None,
        button("Show"),
        role="search",
        action=_REQUESTS,
        class_="inline",
    )
    count_text = f"{count:,} requests" + (f" to {path}" if path else "") + (" of the S3 server" if of_s3 else "")
    rows = [_entry_row(entry) for entry in entries]
    log_table = table("Newest first", _HEADINGS, rows, empty="No requests yet.")
    live = element(
        "div",
        element("p", count_text, role="status"),
        log_table,
        pager(_REQUESTS, number, count, path=path, server=server, still=still),
        id="live",
        data_live=None if still else _EVERY,
    )
    links = element("p", turn, " · ", other, class_="turns")
    return Page("Requests", [search, links, live], _REQUESTS, refresh=0 if still else _EVERY)


def _entry_row(entry: Entry) -> list[Html | str]:
    query = f"?{entry.query}" if entry.query else ""
    what = element("span", element("strong", entry.method), " ", element("code", f"{entry.path}{query}"))
    status = str(entry.status) if entry.status else "none"
    if not entry.done:
        status += " (not finished)"
    marked = element("span", status, class_="bad" if entry.status >= 400 or not entry.status else "good")
    valid = element("span", entry.validation, class_="bad" if entry.validation.startswith("refused") else None)
    return [what, entry.operation, valid, marked, f"{entry.sent:,}", element("time", time_text(entry.at))]


_MOST = 64 * 1024  # bytes of a form; those of the pages have some hundred
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # With no-referrer a browser would hide the origin of the pages' forms as well.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

Show = Callable[["Sandbox", Request], Page]
# Carries out a form, and returns a page or the address to continue at; a ValueError is shown to the user.
Change = Callable[["Sandbox", Fields], Page | str]

_PAGES: dict[str, tuple[Show, Change | None]] = {
    "/": (overview, None),
    "/contents/{platform}/{listing}": (contents, None),
    "/requests": (requests, None),
    "/faults": (forms.faults, forms.change_faults),
    "/settings": (forms.settings, forms.change_settings),
    "/tokens": (forms.tokens, forms.make_token),
    "/environment": (forms.environment, forms.make_lines),
}
_FILES = {"style.css": "text/css", "live.js": "text/javascript"}


class Site:
    """The pages of one sandbox.

    Args:
        sandbox: The sandbox.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        # Forms send it, so that no other page can send them.
        self._form_token = secrets.token_urlsafe(32)

    def router(self) -> Router:
        """The routes of the pages, and of the files that they load."""
        routes = [
            Route(path, partial(self._response, show, change), methods=["GET", "POST"] if change else ["GET"])
            for path, (show, change) in _PAGES.items()
        ]
        return Router(
            [*routes, *(Route(f"/{name}", _file(name, kind), methods=["GET"]) for name, kind in _FILES.items())]
        )

    async def _response(self, show: Show, change: Change | None, request: Request) -> Response:
        content = await _form(request) if request.method == "POST" else b""
        try:
            if change is None or request.method != "POST":
                page = await run_in_threadpool(show, self._sandbox, request)
            else:
                page = await run_in_threadpool(change, self._sandbox, self._own_fields(content))
        except Problem as problem:
            page = _refused(problem.status, problem.title)
        except ValueError as error:
            page = _refused(400, str(error))
        if isinstance(page, str):
            return RedirectResponse(page, 303, headers=_HEADERS)
        return _sent(written(page, self._form_token), "text/html", page.status)

    def _own_fields(self, content: bytes) -> Fields:
        """The fields of a form, once it is sure that one of our pages sent it."""
        try:
            fields = dict(parse_qsl(content.decode(), keep_blank_values=True, max_num_fields=1000))
        except ValueError as error:
            raise Problem(400, "illegal_arguments", "The form cannot be read. Nothing was changed.") from error
        sent = fields.pop("form_token", "")
        if not hmac.compare_digest(sent.encode(), self._form_token.encode()):
            raise Problem(403, "Forbidden", "The page is older than this server. Nothing was changed. Reload the page.")
        return fields


async def _form(request: Request) -> bytes:
    content = b""
    async for block in request.stream():
        content += block
        if len(content) > _MOST:
            return b""  # which has no token
    return content


def _refused(status: int, title: str) -> Page:
    return Page("Request refused", element("p", title, role="alert", class_="refused"), "", status=status)


def _file(name: str, media_type: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(_request: Request) -> Response:
        return _sent(files("omicsdk.sandbox.pages").joinpath(name).read_text(encoding="utf-8"), media_type)

    return serve


def _sent(content: str, media_type: str, status: int = 200) -> Response:
    return Response(content, status, {"Content-Type": f"{media_type}; charset=utf-8", **_HEADERS})
