"""The pages that make tokens, and lines that point programs at the sandbox: each is shown once, in the response to its form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.requests import Request

from omicsdk.sandbox.environment import SHELLS, shell_lines
from omicsdk.sandbox.fusillade.state import ADMINISTRATOR
from omicsdk.sandbox.pages.layout import (
    HOME,
    Content,
    Fields,
    Html,
    Page,
    button,
    chosen,
    element,
    form,
    labelled,
    number,
)
from omicsdk.sandbox.service import ALL_GROUPS

if TYPE_CHECKING:
    from omicsdk.sandbox.server import Sandbox

TOKENS, ENVIRONMENT = f"{HOME}/tokens", f"{HOME}/environment"
_LONGEST = 10 * 365 * 24 * 3600.0
_GROUPS = dict(zip(ALL_GROUPS, ("may write", "may also delete bundles and administer"), strict=True))


def tokens(_sandbox: Sandbox, _request: Request) -> Page:
    """The form for a token."""
    return Page("Tokens", _token_form(), TOKENS)


def make_token(sandbox: Sandbox, fields: Fields) -> Page:
    """Make a token and show it.

    Raises:
        ValueError: The input is invalid.
    """
    email = fields.get("email", "").strip()
    if not email:
        raise ValueError("Token not created: missing owner.")
    seconds = number("Lifetime", fields.get("seconds") or "3600")
    if not 0 < seconds <= _LONGEST:
        raise ValueError("Token not created: the lifetime must be more than 0 seconds and at most ten years.")
    token = sandbox.token(email, seconds, groups=[group for group in ALL_GROUPS if fields.get(f"group-{group}")])
    content = [
        element("p", f"Token of {email}. It is not shown again."),
        _copyable("New token", token),
        element("h2", "Another token"),
        _token_form(),
    ]
    return Page("Tokens", content, TOKENS, message="Token created.")


def _token_form() -> Content:
    boxes = [
        element(
            "div",
            element("input", type="checkbox", id=f"group-{group}", name=f"group-{group}", value=1, checked=True),
            element("label", f"{group}: {meaning}", for_=f"group-{group}"),
            class_="check",
        )
        for group, meaning in _GROUPS.items()
    ]
    return [
        element(
            "p",
            "Tokens of the Data Store and Fusillade. Credentials of the other platforms are among the ",
            element("a", "environment variables", href=ENVIRONMENT),
            ".",
        ),
        form(
            TOKENS,
            labelled("Owner", "email", "email address", type="email", required=True, value=ADMINISTRATOR, size=32),
            labelled("Lifetime", "seconds", "in seconds of the sandbox's time", type="number", min=1, value=3600),
            element("fieldset", element("legend", "Groups"), boxes),
            button("Create token"),
        ),
    ]


def environment(_sandbox: Sandbox, _request: Request) -> Page:
    """The form for lines; they contain tokens, so they are made on request."""
    return Page("Environment", _lines_form("sh"), ENVIRONMENT)


def make_lines(sandbox: Sandbox, fields: Fields) -> Page:
    """Make the lines and show them.

    Raises:
        ValueError: There are no lines for that shell.
    """
    shell = fields.get("shell", "sh")
    lines = shell_lines(sandbox.environment(), shell)
    content = [_copyable(f"Variables for {SHELLS[shell]}", lines), element("h2", "Another shell"), _lines_form(shell)]
    return Page("Environment", content, ENVIRONMENT, message="Variables created.")


def _lines_form(shell: str) -> Content:
    what = "Paste the lines into a shell. Programs started from it use this sandbox. The lines contain its tokens."
    choice = chosen("Shell", "shell", list(SHELLS.items()), shell)
    return [element("p", what), form(ENVIRONMENT, choice, button("Create variables"), class_="inline")]


def _copyable(label: str, text: str) -> Html:
    """A text with a button that copies it, for browsers with scripts."""
    lines = min(24, text.count("\n") + 1)
    box = element("textarea", text, id="copied", readonly=True, rows=lines, spellcheck="false", wrap="off")
    copy = element("button", "Copy", type="button", data_copies="copied", hidden=True)
    status = element("span", role="status", id="copied-said")
    return element("div", element("label", label, for_="copied"), box, copy, status, class_="copyable")
