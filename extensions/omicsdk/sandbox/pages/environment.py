"""The page of lines that point programs at the sandbox."""

from starlette.requests import Request

from omicsdk.sandbox.environment import SHELLS, shell_lines
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.html import Content, element
from omicsdk.sandbox.pages.layout import HOME, Fields, Page, button, chosen, form
from omicsdk.sandbox.pages.tokens import copyable

PLACE = f"{HOME}/environment"


def environment(_sandbox: LiveSandbox, _request: Request) -> Page:
    """The form: the lines contain a new token, so they are made on request."""
    return Page("Environment", _form("sh"), PLACE)


def make(sandbox: LiveSandbox, fields: Fields) -> Page:
    """Make the lines and shows them.

    Raises:
        ValueError: There are no lines for that shell.
    """
    shell = fields.get("shell", "sh")
    lines = shell_lines(sandbox.environment(), shell)
    shown = [copyable(f"Variables for {SHELLS[shell]}", lines), element("h2", "Another shell"), _form(shell)]
    return Page("Environment", shown, PLACE, said="Variables created.")


def _form(shell: str) -> Content:
    return [
        element(
            "p",
            "Paste the lines into a shell. Programs started from it use this sandbox. The lines contain its tokens.",
        ),
        form(PLACE, chosen("Shell", "shell", list(SHELLS.items()), shell), button("Create variables"), class_="inline"),
    ]
