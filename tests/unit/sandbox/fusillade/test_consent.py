"""The page that asks: whatever a client sends is text on it, never markup."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st
from omicsdk.sandbox.fusillade.oauth import consent_page, message_page
from omicsdk.sandbox.fusillade.tokens import LoginRequest

texts = st.text("<>\"'&=/ abc;#x01`\n\u2028é", max_size=30) | st.sampled_from(
    ["</dd><script>", '" onfocus="x', "&lt;", "<!--", "]]>", "javascript:x", "</style>", "&#x27;"]
)


class Reader(HTMLParser):
    """What a browser makes of a page: its elements in order, and what it shows."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, list[str]]] = []
        self.values: list[str | None] = []
        self.shown = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, [name for name, _ in attrs]))
        self.values += [value for name, value in attrs if name == "value"]

    def handle_data(self, data):
        self.shown += data


def request(client_id="", redirect_uri="", scope="") -> LoginRequest:
    return LoginRequest(client_id, redirect_uri, "", scope, "", "", "")


PLAIN = Reader(consent_page(request("a", "b", "c"), "d", ["e", "f"], "g")).elements


@given(texts, texts, texts, texts, st.tuples(texts, texts), texts)
def test_nothing_becomes_markup(client, uri, scope, ticket, users, chosen):
    page = Reader(consent_page(request(client, uri, scope), ticket, list(users), chosen))
    assert page.elements == PLAIN
    for text in (client, uri, scope):
        assert text in page.shown
    assert page.values == [ticket, chosen, *users, "allow", "deny"]


@given(texts, texts)
def test_messages_are_text(title, text):
    page = Reader(message_page(title, text))
    assert [tag for tag, _ in page.elements] == ["html", "meta", "title", "style", "h1", "p"]
    assert text in page.shown
