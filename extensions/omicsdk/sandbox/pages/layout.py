"""HTML as values, whose texts are all escaped here, and the parts that pages share: the frame, links, tables and forms."""

import html
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import quote, urlencode

from omicsdk.sandbox.contents import PAGE

# Controls, bidirectional marks and half surrogates would change how the rest of a line reads, or cannot be sent.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_VOID = ("input", "link", "meta")


class Html(str):
    """Text that is HTML already; only this module makes it."""

    __slots__ = ()


Content: TypeAlias = "str | int | float | Iterable[Content] | None"


def escaped(text: str) -> Html:
    """A text as HTML, whatever is in it; characters that cannot be seen are spelled out."""
    return Html(html.escape(_UNSEEN.sub(lambda match: f"\\u{ord(match[0]):04x}", text)))


def joined(content: Content) -> Html:
    """Content as HTML: texts escaped, None left out, lists one after another."""
    if content is None:
        return Html("")
    if isinstance(content, Html):
        return content
    if isinstance(content, str | int | float):
        return escaped(str(content))
    return Html("".join(joined(part) for part in content))


def element(tag: str, /, *content: Content, **attributes: str | int | bool | None) -> Html:
    """One element.

    Args:
        tag: Its name, from the program itself.
        content: Its content.
        attributes: Its attributes: `_` represents `-`, one at the end for nothing. True gives the bare name; None and
            False leave it out.

    Returns:
        The element.
    """
    attribute_text = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{attribute_text}>")
    return Html(f"<{tag}{attribute_text}>{joined(content)}</{tag}>")


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escaped(str(value))}"'


def document(*, title: str, head: Content, body: Content) -> Html:
    """A whole page.

    Args:
        title: Its title.
        head: Other elements of its head.
        body: Elements of its body.
    """
    top = element("head", element("meta", charset="utf-8"), element("title", title), head)
    return Html(f'<!doctype html>\n<html lang="en">{top}{element("body", body)}</html>\n')


# The path of all pages but the first.
HOME = "/_sandbox/pages"

_MENU = (
    ("/", "Contents"),
    (f"{HOME}/requests", "Requests"),
    (f"{HOME}/faults", "Faults"),
    (f"{HOME}/settings", "Settings"),
    (f"{HOME}/tokens", "Tokens"),
    (f"{HOME}/environment", "Environment"),
)


Fields = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """One page, before it is written out.

    Attributes:
        title: Its heading.
        content: The content below the heading.
        place: Its entry in the menu.
        message: The message after a form.
        refresh: After how many seconds a browser without scripts loads it again; 0 for never.
        status: The HTTP status.
    """

    title: str
    content: Content
    place: str
    message: str = ""
    refresh: int = 0
    status: int = 200


# Texts of users cannot contain it: escaping spells out invisible characters.
_FORM_TOKEN = Html("\0")


def written(page: Page, form_token: str) -> Html:
    """A page as HTML.

    Args:
        page: The page.
        form_token: The token that its forms send, which shows that they are of these pages.
    """
    head = [
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("link", rel="icon", href="data:,"),
        element("link", rel="stylesheet", href=f"{HOME}/style.css"),
        element("script", src=f"{HOME}/live.js", defer=True),
    ]
    if page.refresh:
        head.append(element("noscript", element("meta", http_equiv="refresh", content=page.refresh)))
    message = element("p", page.message, role="status", class_="said") if page.message else None
    body = [
        element("a", "Skip to the content", href="#content", class_="skip"),
        element("header", element("p", link("/", "omics sandbox"), class_="brand"), _menu(page.place)),
        element("main", element("h1", page.title), message, page.content, id="content", tabindex=-1),
        element("footer", element("p", "A local server for trying, teaching and testing.")),
    ]
    whole = document(title=f"{page.title} – omics sandbox", head=head, body=body)
    return Html(whole.replace(_FORM_TOKEN, form_token))


def _menu(current: str) -> Html:
    entries = [
        element("li", element("a", title, href=path, aria_current="page" if path == current else None))
        for path, title in _MENU
    ]
    return element("nav", element("ul", entries), aria_label="Pages")


def address(path: str, /, **query: str | int) -> str:
    """A path with a query; what is empty or 0 is left out."""
    parameters = {name: value for name, value in query.items() if value}
    return f"{quote(path)}?{urlencode(parameters, errors='replace')}" if parameters else quote(path)


def link(href: str, *content: Content) -> Html:
    """A link."""
    return element("a", *content, href=href)


def table(caption: str, headings: Sequence[str], rows: Sequence[Sequence[Content]], *, empty: str) -> Html:
    """A table with a caption, in a box that scrolls when it is wider than the screen.

    Args:
        caption: Its title.
        headings: Of its columns.
        rows: Its cells; the first one of a row is its heading.
        empty: The text in place of a table without rows.
    """
    if not rows:
        return element("p", empty, class_="empty")
    # The roles are repeated because browsers drop them where a narrow screen stacks the cells.
    top = element("tr", [element("th", heading, scope="col", role="columnheader") for heading in headings], role="row")
    body = [
        element(
            "tr",
            element("th", row[0], scope="row", role="rowheader"),
            [
                element("td", cell, role="cell", data_heading=heading)
                for heading, cell in zip(headings[1:], row[1:], strict=True)
            ],
            role="row",
        )
        for row in rows
    ]
    sections = [element("thead", top, role="rowgroup"), element("tbody", body, role="rowgroup")]
    grid = element("table", element("caption", caption), sections, role="table")
    return element("div", grid, class_="scroll", role="region", aria_label=caption, tabindex=0)


def pager(path: str, number: int, count: int, /, **query: str) -> Html | None:
    """Link to the pages of a list; None when there is one only.

    Args:
        path: The list's address.
        number: Number of the page, from 1.
        count: Number of items in the list.
        query: Other parameters of the list's address.
    """
    last = max(1, -(-count // PAGE))
    if last == 1:
        return None
    before = link(address(path, **query, page=number - 1), "Previous page") if number > 1 else None
    after = link(address(path, **query, page=number + 1), "Next page") if number < last else None
    where = element("span", f"Page {number} of {last}")
    return element("nav", before, where, after, class_="pager", aria_label="Pages of the list")


def form(action: str, *content: Content, class_: str | None = None) -> Html:
    """A form that changes something; its token shows that it is of these pages.

    Args:
        action: The page that it is of.
        content: Its content.
        class_: Its class.
    """
    hidden = Html(f'<input type="hidden" name="form_token" value="{_FORM_TOKEN}">')
    return element("form", hidden, content, method="post", action=action, class_=class_)


def number(name: str, text: str) -> float | int:
    """The number that a user entered.

    Raises:
        ValueError: It is none; the message names the field.
    """
    try:
        return int(text) if text.isdecimal() else float(text)
    except ValueError as error:
        raise ValueError(f"{name} takes a number, not {text!r}.") from error


def labelled(label: str, name: str, hint: str = "", /, **attributes: str | int | bool | None) -> Html:
    """An input with its label, and what to enter."""
    return _field("input", label, name, hint, None, **attributes)


def chosen(label: str, name: str, choices: Sequence[tuple[str, str]], value: str = "", *, hint: str = "") -> Html:
    """A list to choose from, with its label: each value and its text."""
    options = [element("option", text, value=option, selected=option == value) for option, text in choices]
    return _field("select", label, name, hint, options)


def _field(
    tag: str, label: str, name: str, hint: str, content: Content, /, **attributes: str | int | bool | None
) -> Html:
    described = f"{name}-hint" if hint else None
    note = element("span", hint, id=described, class_="hint") if hint else None
    box = element(tag, content, id=name, name=name, aria_describedby=described, **attributes)
    return element("div", element("label", label, for_=name), box, note, class_="field")


def button(text: str, **attributes: str | int | bool | None) -> Html:
    """The button that sends a form."""
    return element("button", text, type="submit", **attributes)


def readable(value: object) -> str:
    """A JSON value as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def time_text(seconds: float) -> str:
    """A time as text, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
