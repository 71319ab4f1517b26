"""HTML as values: every text is escaped here, in one place, unless it was made here."""

import html
import re
from collections.abc import Iterable
from typing import TypeAlias

# Controls, bidirectional marks and half surrogates would change how the rest of a line reads, or cannot be sent.
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")
_VOID = ("input", "link", "meta")


class Html(str):
    """Text that is HTML already; only this module makes it."""

    __slots__ = ()


Content: TypeAlias = "str | int | float | Iterable[Content] | None"


def escaped(text: str) -> Html:
    """A text as HTML, whatever is in it; characters that cannot be seen are spelled out."""
    return Html(html.escape(_UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)))


def joined(content: Content) -> Html:
    """Content as HTML: texts escaped, None left out, lists one after another."""
    if content is None:
        return Html("")
    if isinstance(content, Html):
        return content
    if isinstance(content, str | int | float):
        return escaped(str(content))
    return Html("".join(joined(each) for each in content))


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
    stated = "".join(_attribute(key, value) for key, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{stated}>")
    return Html(f"<{tag}{stated}>{joined(content)}</{tag}>")


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
