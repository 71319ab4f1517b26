"""Output of a page's elements: any name stays text."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.pages.layout import document, element, escaped

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b", "' onfocus='x", "</title><b>"]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def _read(page: str) -> _Reader:
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    read = _read(element("p", name, title=name))
    assert read.tags == [("p", {"title": name})]
    assert read.text == name


@given(st.text())
def test_any_text_stays_text(text):
    page_text = escaped(text)
    page_text.encode()
    assert not set(page_text) & set("<>\"'")
    assert html.unescape(page_text) == text or "\\u" in page_text


def test_characters_that_turn_a_line_around_are_spelled_out():
    assert escaped("safe\u202egpj.exe\x00\ud800") == "safe\\u202egpj.exe\\u0000\\ud800"


def test_parts_are_put_together():
    listed = element("ul", [element("li", item) for item in ("a", 1, None)], class_="x", hidden=False, data_of="<")
    assert listed == '<ul class="x" data-of="&lt;"><li>a</li><li>1</li><li></li></ul>'
    assert element("input", disabled=True, value="") == '<input disabled value="">'


def test_a_document_has_a_language_and_a_title():
    page = document(title="A <b>", head=None, body=element("p", "x"))
    assert page.startswith('<!doctype html>\n<html lang="en">')
    assert "<title>A &lt;b&gt;</title>" in page
