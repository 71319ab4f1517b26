"""What pages ask for: `<!-- drawing: layers -->` becomes the SVG that docs/diagrams/layers.py draws from the code, and
`<!-- made: hca-settings -->` the table of settings that the program knows."""

import re
from importlib import import_module

from building.markdown import plain

_TABLE = "<!-- made: hca-settings -->"
_PLACE = re.compile(r"^<!-- drawing: (\w+) -->$", re.MULTILINE)


def drawn(markdown: str) -> str:
    """A page with its drawings and tables in their places.

    Args:
        markdown: The page; a drawing is named by its module in docs/diagrams.
    """
    if _TABLE in markdown:
        markdown = markdown.replace(_TABLE, _hca_settings())
    return _PLACE.sub(lambda place: import_module(f"diagrams.{place[1]}").draw(), markdown)


def _hca_settings() -> str:
    from omicsdk.hca.config import KNOWN

    rows = [f"| `{name}` | {plain(meaning)} |" for name, meaning in KNOWN.items()]
    return "\n".join(["| Setting of these files | Meaning |", "|---|---|", *rows])
