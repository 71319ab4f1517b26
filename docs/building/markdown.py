"""Text that is not Markdown, or only lightly so, put into a page so that it reads as it is written."""

import re

_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_ITEM = re.compile(r"\s|[-*+] |\d+[.)] ")
_STEERS = re.compile(r"([\\*_\[\]#|~$])")


def plain(text: str) -> str:
    """Text unchanged, on one line; only words between backticks stay code.

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
    parts = _CODE.split(_fenced(text.strip()))
    return "".join(part if at % 2 else _angles(part).replace("[", r"\[") for at, part in enumerate(parts))


def _fenced(text: str) -> str:
    """Paragraphs that are code because they are indented, between fences; those that continue with a list's item stay."""
    paragraphs = text.split("\n\n")
    for at in range(1, len(paragraphs)):
        lines = paragraphs[at].rstrip("\n").split("\n")
        is_code = all(line.startswith("    ") for line in lines) and "```" not in text
        if is_code and not _ITEM.match(paragraphs[at - 1]):
            paragraphs[at] = "\n".join(["```", *(line[4:] for line in lines), "```"])
    return "\n\n".join(paragraphs)


def code(text: str) -> str:
    """A word as code, whatever it holds."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _angles(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
