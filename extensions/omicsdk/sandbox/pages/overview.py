"""The first page, and the lists of what is in the sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from omicsdk.sandbox.contents import PAGE, Collection, Listing, collections
from omicsdk.sandbox.environment import SHELLS
from omicsdk.sandbox.pages import faults
from omicsdk.sandbox.pages.credentials import ENVIRONMENT
from omicsdk.sandbox.pages.html import Content, Html, element
from omicsdk.sandbox.pages.layout import HOME, Page, address, button, form, link, pager, table, time_text
from omicsdk.sandbox.problems import not_found
from omicsdk.sandbox.state.database import Database

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
        ("Active faults", link(faults.PLACE, str(len(sandbox.fault_book.rules())))),
    )
    summary = element(
        "dl",
        [
            element(
                "div",
                element("dt", name),
                element("dd", value),
                class_="wide" if name in ("Address", "Folder", "Time") else None,
            )
            for name, value in facts
        ],
    )
    cards = [_card(database, each) for each in collections(database)]
    content = [
        summary,
        _lines(),
        element("div", cards, class_="cards"),
    ]
    return Page("Contents", content, "/")


def _lines() -> Html:
    """Buttons that make lines for shells; a script copies them at once."""
    made = [
        form(ENVIRONMENT, button(f"Variables for {name}", name="shell", value=shell), class_="copies")
        for shell, name in SHELLS.items()
    ]
    said = element("span", role="status", id="lines-said")
    return element("div", element("p", "Environment, with tokens:"), made, said, class_="row point")


def _card(database: Database, collection: Collection) -> Html:
    def line(listing: Listing) -> Html:
        count = _count(listing.count(database))
        return element("li", link(_place(collection, listing), listing.title), " ", count)

    lines = [line(listing) for listing in collection.listings if not listing.inside]
    title = element("h2", collection.title, id=f"platform-{collection.name}")
    where = element("p", "at ", element("code", collection.place))
    return element("section", title, where, element("ul", lines), aria_labelledby=f"platform-{collection.name}")


def _count(number: int) -> Html:
    return element("span", f"{number:,}", class_="count" if number else "count none")


def _place(collection: Collection, listing: Listing) -> str:
    return f"{HOME}/contents/{collection.name}/{listing.name}"


def contents(sandbox: Sandbox, request: Request) -> Page:
    """One page of one list.

    Raises:
        Problem: 404; there is no such list.
    """
    database = sandbox.context.database
    named = {each.name: each for each in collections(database)}
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
    way = element("p", link("/", "Contents"), " / ", collection.title, [" / ", element("code", of)] if of else None)
    listed = table(caption, listing.headings, rows, empty="This list is empty.")
    place = _place(collection, listing)
    return Page(listing.title, [way, listed, pager(place, number, count, of=of)], "")


def page_number(request: Request, count: int) -> int:
    """The number of the requested page of a list; the nearest valid one."""
    asked = request.query_params.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    return min(max(1, number), max(1, -(-count // PAGE)))


def _row(collection: Collection, listing: Listing, row: tuple[str, ...]) -> list[Content]:
    name, *rest = row
    opens = collection.listing(listing.opens) if listing.opens else None
    first: Content = link(address(_place(collection, opens), of=name), name) if opens else name
    return [first, *rest]
