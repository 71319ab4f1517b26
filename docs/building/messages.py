"""The table of messages of docs/troubleshooting.md, from the entries of the pages below it."""

import re
from pathlib import Path

from building.links import anchor_of

ENTRY = re.compile(r"^## ([^\n]+)\n\n```text\n(.*?)\n.*?```\n\n(?:Exit code (\d+)\.)?", re.MULTILINE | re.DOTALL)
"""An entry: its heading, the first line of its message, and the exit code if it states one."""
LONGEST = 70
"""Characters of a message in the table."""


def messages(folder: Path) -> str:
    """Return a table of all messages, sorted, with links to their entries.

    Args:
        folder: docs/troubleshooting.
    """
    rows: list[tuple[str, str]] = []
    for page in folder.glob("*.md"):
        for heading, message, code in ENTRY.findall(page.read_text(encoding="utf-8")):
            text = re.sub(r"^…?(omics|ERROR): ", "", message)
            beginning = text if len(text) <= LONGEST else f"{text[:LONGEST].rpartition(' ')[0]} …"
            link = f"[{heading}](troubleshooting/{page.name}#{anchor_of(heading)})"
            rows.append((text.lstrip("… ").lower(), f"| `{beginning}` | {code} | {link} |"))
    return "\n".join(["| Message | Exit code | Entry |", "|---|---:|---|", *(row for _, row in sorted(rows))])
