"""The page of lines that point programs at the sandbox."""

from omicsdk.sandbox.environment import SHELLS, shell_lines
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.gate import Fields
from omicsdk.sandbox.pages.html import Content, element
from omicsdk.sandbox.pages.layout import HOME, Page, button, chosen, form
from omicsdk.sandbox.pages.tokens import copyable

PLACE = f"{HOME}/environment"


def environment(form_token: str) -> Page:
    """The form: the lines hold a new token, so they are made when somebody wants them."""
    return Page("Environment", _form(form_token, "sh"), PLACE)


def make(sandbox: LiveSandbox, form_token: str, fields: Fields) -> Page:
    """Makes the lines and shows them.

    Raises:
        ValueError: There are no lines for that shell.
    """
    shell = fields.get("shell", "sh")
    lines = shell_lines(sandbox.environment(), shell)
    shown = [copyable(f"Lines for {SHELLS[shell]}", lines), element("h2", "Another shell"), _form(form_token, shell)]
    return Page("Environment", shown, PLACE, said="The lines are made.")


def _form(form_token: str, shell: str) -> Content:
    return [
        element(
            "p", "Paste the lines into a shell: programs that start there talk to this sandbox. They hold its tokens."
        ),
        form(
            PLACE,
            form_token,
            chosen("Shell", "shell", list(SHELLS.items()), shell),
            button("Make the lines"),
            class_="inline",
        ),
    ]
