"""The examples of the page for those who come from sevenbridges-python, and what they name."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "coming-from-sevenbridges.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(
    re.findall(r"^<!-- (\S+) -->\n```(?:python|ini)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
"""Programs and settings' files by their names."""
USER = "sandbox-user"
PROJECT = f"{USER}/my-project"
FASTQ = b"@read/1\nACGT\n+\nIIII\n"
