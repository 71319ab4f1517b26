"""Examples in docstrings, at the margin or in a section, as code."""

import ast
import re
from typing import Any

import griffe

_BEGINS = re.compile(r"(?:from|import|with|for|async with|await|@|def|class|try:)\b|[\w., ]+ = |[\w.]+\(")
_SECTION = re.compile(r"^Example:\n((?: {4}.*\n?|\n)+)", re.MULTILINE)


def fenced(text: str) -> str:
    """A docstring with its paragraphs of Python, and the section `Example`, in fences; others that are indented are code already.

    Args:
        text: The docstring without its indentation.
    """
    done: list[str] = []
    for paragraph in text.split("\n\n"):
        if not _is_code(paragraph):
            done.append(paragraph)
        elif done and done[-1].endswith("\n```"):
            done[-1] = f"{done[-1].removesuffix('```')}\n{paragraph}\n```"
        else:
            done.append(f"```python\n{paragraph}\n```")
    return _SECTION.sub(lambda found: f"Example:\n    ```python\n{found[1].rstrip()}\n    ```", "\n\n".join(done))


def _is_code(paragraph: str) -> bool:
    if not _BEGINS.match(paragraph):
        return False
    try:
        ast.parse(paragraph)
    except SyntaxError:
        return False
    return True


class Examples(griffe.Extension):
    """Sees to the docstrings of everything that mkdocstrings reads."""

    def on_object(self, *, obj: griffe.Object, **_further: Any) -> None:
        """Puts the examples of one docstring into fences."""
        if obj.docstring is not None:
            obj.docstring.value = fenced(obj.docstring.value)
