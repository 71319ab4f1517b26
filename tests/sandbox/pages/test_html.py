"""What comes out of a page's templates: whatever is in a name, it stays text."""

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.pages.site import environment

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "a & b", "' onfocus='x", "</title><b>"]
WRITTEN = environment()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_text(name):
    reader = _Reader()
    reader.feed(WRITTEN.from_string('<p title="{{ name }}">{{ name }}</p>').render(name=name))
    reader.close()
    assert reader.tags == [("p", {"title": name})]
    assert reader.text == name


@given(st.text())
def test_any_text_stays_text(text):
    found = WRITTEN.from_string("{{ text }}").render(text=text)
    found.encode()
    assert not set(found) & set("<>\"'")
    assert html.unescape(found) == text or "\\u" in found


def test_characters_that_turn_a_line_around_are_spelled_out():
    found = WRITTEN.from_string("{{ text }}").render(text="safe\u202egpj.exe\x00\ud800")
    assert found == "safe\\u202egpj.exe\\u0000\\ud800"


def test_inputs_have_labels_and_what_to_enter():
    found = WRITTEN.from_string(
        '{% import "parts.html" as parts %}{{ parts.input("Path", "path", "empty for <all>", type="text", value="\'") }}'
    ).render()
    assert '<label for="path">Path</label>' in found
    assert 'aria-describedby="path-hint" type="text" value="&#39;"' in found
    assert '<span id="path-hint" class="hint">empty for &lt;all&gt;</span>' in found
