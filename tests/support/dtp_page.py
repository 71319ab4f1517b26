"""The examples of the page on the digital-twin workflow."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "dtp.md").read_text(encoding="utf-8")
EXAMPLES: dict[str, str] = dict(re.findall(r"^<!-- (\S+) -->\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
"""Programs, settings and what is printed, by their names, in the page's order."""
DATASET = "dataset-12L_1-version-1"
STUDIES = ("1.2.826.0.1.3680043.8.498.1", "1.2.826.0.1.3680043.8.498.2")
