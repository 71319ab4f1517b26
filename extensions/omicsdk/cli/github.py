"""What GitHub Actions makes of a command's output: groups and annotations in the log, and the summary of the job.

The commands and their escapes: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from omicsdk.cli.errors import printable

# Errors in the summary of a job, which may have 1 MiB a step; the rest is counted.
_MAX_ERRORS = 20


def is_workflow() -> bool:
    """Return whether the process runs in a workflow of GitHub Actions."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


def workflow_command(name: str, text: str = "", **properties: str) -> str:
    """Format a command of a workflow's log.

    Args:
        name: The command, such as `group`.
        text: Its text; line breaks are kept.
        **properties: Its properties, such as `title`.
    """
    property_text = ",".join(f"{key}={_escaped(value, ':', ',')}" for key, value in properties.items())
    return f"::{name}{property_text and f' {property_text}'}::{_escaped(text)}"


def _escaped(text: str, *more: str) -> str:
    for character in ("%", "\r", "\n", *more):  # the percent sign first: it begins the escapes of the others
        text = text.replace(character, f"%{ord(character):02X}")
    return text


def annotation(level: str, text: str) -> str:
    """Format a message as an annotation of the workflow's run.

    Args:
        level: WARNING, ERROR or CRITICAL.
        text: The message; control characters but line breaks are escaped.
    """
    lines = "\n".join(map(printable, text.splitlines()))
    return workflow_command("warning" if level == "WARNING" else "error", lines, title="omics")


def append_summary(title: str, line: str, errors: Sequence[str]) -> None:
    """Append the result of a transfer to the summary of the job; nothing outside a step of a workflow.

    Args:
        title: Title of the transfer.
        line: Its result.
        errors: Why files failed.

    Raises:
        OSError: The file cannot be written.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not (is_workflow() and path):
        return
    from omicsdk.core.redaction import mask_text

    lines = [f"### {_markdown(mask_text(title))}", "", _markdown(line)]
    if errors:
        lines += ["", *(f"- {_markdown(error)}" for error in errors[:_MAX_ERRORS])]
        lines += [f"- and {len(errors) - _MAX_ERRORS:,} more"] if len(errors) > _MAX_ERRORS else []
    with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 5 ms
        file.write("\n".join(lines) + "\n\n")


def _markdown(text: str) -> str:
    """Escape what Markdown and HTML in it would interpret: file names have underscores and stars."""
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+!|~&" else c for c in printable(text))
