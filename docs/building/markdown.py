"""Text that isn't Markdown, or only lightly so, put into a page so that it reads as it is written."""

import re

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_STEERS = re.compile(r"([\\*_\[\]#|~$])")


def plain(text: str) -> str:
    """Text as it stands, on one line; only words between backticks stay code.

    Args:
        text: A summary, or an argument's help.
    """
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if at % 2 else _angles(_STEERS.sub(r"\\\1", part)) for at, part in enumerate(parts))


def light(text: str) -> str:
    """Text of a document in light Markdown: paragraphs, lists, tables and code; no HTML and no links of its own.

    Args:
        text: A description.
    """
    parts = _CODE.split(text.strip())
    return "".join(part if at % 2 else _angles(part).replace("[", r"\[") for at, part in enumerate(parts))


def code(text: str) -> str:
    """A word as code, whatever it holds."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _angles(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
