"""The first page, and the lists of what is in the sandbox."""

from starlette.requests import Request

from omicsdk.sandbox.contents import COLLECTIONS
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.html import Content, Html, element
from omicsdk.sandbox.pages.layout import HOME, Page, address, link, moment, pager, table
from omicsdk.sandbox.problems import not_found
from omicsdk.sandbox.state.database import Database
from omicsdk.sandbox.state.shelf import PAGE, Collection, Shelf


def overview(sandbox: LiveSandbox) -> Page:
    """What is in the sandbox, platform by platform."""
    database = sandbox.grounds.database
    faults = len(sandbox.fault_book.rules())
    state = sandbox.clock.state()
    facts = (
        ("Address", element("code", sandbox.url)),
        ("Folder", element("code", str(sandbox.folder))),
        ("Time", f"{moment(sandbox.clock.now())} UTC{', standing still' if state['frozen'] else ''}"),
        ("Requests", link(f"{HOME}/requests", f"{sandbox.request_log.count:,}")),
        ("Faults in force", link(f"{HOME}/faults", str(faults))),
    )
    told = element("dl", [element("div", element("dt", name), element("dd", value)) for name, value in facts])
    cards = [_card(database, each) for each in COLLECTIONS]
    return Page("Contents", [told, element("div", cards, class_="cards")], "/")


def _card(database: Database, collection: Collection) -> Html:
    def line(shelf: Shelf) -> Html:
        count = element("span", f"{shelf.count(database):,}", class_="count")
        return element("li", link(_place(collection, shelf), shelf.title), " ", count)

    lines = [line(shelf) for shelf in collection.shelves if not shelf.inside]
    title = element("h2", collection.title, id=f"platform-{collection.name}")
    where = element("p", "at ", element("code", collection.place))
    return element("section", title, where, element("ul", lines), aria_labelledby=f"platform-{collection.name}")


def _place(collection: Collection, shelf: Shelf) -> str:
    return f"{HOME}/contents/{collection.name}/{shelf.name}"


def contents(sandbox: LiveSandbox, request: Request) -> Page:
    """One page of one list.

    Raises:
        Problem: 404; there is no such list.
    """
    collection = next((each for each in COLLECTIONS if each.name == request.path_params["platform"]), None)
    shelf = collection.shelf(request.path_params["shelf"]) if collection else None
    if collection is None or shelf is None:
        raise not_found("There is no such list.")
    of = request.query_params.get("of", "") if shelf.inside else ""
    database = sandbox.grounds.database
    count = shelf.count(database, of)
    number = page_number(request, count)
    rows = [_row(collection, shelf, row) for row in shelf.rows(database, (number - 1) * PAGE, of)]
    caption = f"{count:,} in all" if count > PAGE else shelf.title
    way = element("p", link("/", "Contents"), " / ", collection.title, [" / ", element("code", of)] if of else None)
    listed = table(caption, shelf.headings, rows, empty="There is nothing here yet.")
    place = _place(collection, shelf)
    return Page(shelf.title, [way, listed, pager(place, number, count, of=of)], "")


def page_number(request: Request, count: int) -> int:
    """Which page of a list of so many things was asked for; the nearest one that there is."""
    asked = request.query_params.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 1
    return min(max(1, number), max(1, -(-count // PAGE)))


def _row(collection: Collection, shelf: Shelf, row: tuple[str, ...]) -> list[Content]:
    name, *rest = row
    opens = collection.shelf(shelf.opens) if shelf.opens else None
    first: Content = link(address(_place(collection, opens), of=name), name) if opens else name
    return [first, *rest]
