"""The page that makes tokens; each is shown once, in the response to its form."""

from starlette.requests import Request

from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.html import Content, Html, element
from omicsdk.sandbox.pages.layout import HOME, Fields, Page, button, form, labelled
from omicsdk.sandbox.service import ALL_GROUPS

PLACE = f"{HOME}/tokens"
_LONGEST = 10 * 365 * 24 * 3600.0


def tokens(_sandbox: LiveSandbox, _request: Request) -> Page:
    """The form."""
    return Page("Tokens", _form(), PLACE)


def make(sandbox: LiveSandbox, fields: Fields) -> Page:
    """Make a token and shows it.

    Raises:
        ValueError: The input is invalid.
    """
    email = fields.get("email", "").strip()
    if not email:
        raise ValueError("Token not created: missing owner.")
    seconds = float(fields.get("seconds") or 3600)
    if not 0 < seconds <= _LONGEST:
        raise ValueError("Token not created: the lifetime must be more than 0 seconds and at most ten years.")
    groups = [group for group in ALL_GROUPS if fields.get(f"group-{group}")]
    made = sandbox.token(email, seconds, groups=groups)
    shown = [
        element("p", f"Token of {email}. It is not shown again."),
        copyable("New token", made),
        element("h2", "Another token"),
        _form(),
    ]
    return Page("Tokens", shown, PLACE, said="Token created.")


def _form() -> Content:
    boxes = [
        element(
            "div",
            element("input", type="checkbox", id=f"group-{group}", name=f"group-{group}", value=1, checked=True),
            element("label", f"{group}: {meaning}", for_=f"group-{group}"),
            class_="check",
        )
        for group, meaning in (("hca", "may write"), ("admin", "may also delete bundles and administer"))
    ]
    return [
        element(
            "p",
            "Tokens of the Data Store and Fusillade. Credentials of the other platforms are among the ",
            element("a", "environment variables", href=f"{HOME}/environment"),
            ".",
        ),
        form(
            PLACE,
            labelled("Owner", "email", "email address", type="email", required=True, value=ADMINISTRATOR, size=32),
            labelled("Lifetime", "seconds", "in seconds of the sandbox's time", type="number", min=1, value=3600),
            element("fieldset", element("legend", "Groups"), boxes),
            button("Create token"),
        ),
    ]


def copyable(label: str, text: str) -> Html:
    """A text with a button that copies it, for browsers with scripts."""
    lines = min(24, text.count("\n") + 1)
    box = element("textarea", text, id="copied", readonly=True, rows=lines, spellcheck="false", wrap="off")
    copy = element("button", "Copy", type="button", data_copies="copied", hidden=True)
    said = element("span", role="status", id="copied-said")
    return element("div", element("label", label, for_="copied"), box, copy, said, class_="copyable")
