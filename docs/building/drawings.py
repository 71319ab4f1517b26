"""What pages ask for: `<!-- drawing: layers -->` becomes the SVG that docs/diagrams/layers.py draws from the code, and
`<!-- made: hca-settings -->` or `<!-- made: transfer-options -->` a table of what the program knows."""

import re
from dataclasses import fields
from importlib import import_module

from building.markdown import plain

_TABLE = re.compile(r"^<!-- made: ([\w-]+) -->$", re.MULTILINE)
_PLACE = re.compile(r"^<!-- drawing: (\w+) -->$", re.MULTILINE)


def drawn(markdown: str) -> str:
    """A page with its drawings and tables in their places.

    Args:
        markdown: The page; a drawing is named by its module in docs/diagrams.
    """
    markdown = _TABLE.sub(lambda place: _TABLES[place[1]](), markdown)
    return _PLACE.sub(lambda place: import_module(f"diagrams.{place[1]}").draw(), markdown)


def _hca_settings() -> str:
    from omicsdk.hca.config import SETTINGS

    rows = [f"| `{name}` | {plain(meaning)} |" for name, meaning in SETTINGS.items()]
    return "\n".join(["| Setting of these files | Meaning |", "|---|---|", *rows])


def _option_settings() -> str:
    from omicsdk.core.settings.profiles import DEFAULTS, default_variable

    rows = [
        f"| `--{option.replace('_', '-')}` | `{section}.{option}` | `{default_variable(section, option)}` |"
        for section, options in DEFAULTS.items()
        for option in options
    ]
    return "\n".join(["| Option | Setting | Variable |", "|---|---|---|", *rows])


def _transfer_options() -> str:
    from omicsdk.cli.index.signatures import documentation
    from omicsdk.transfer import TransferOptions
    from omicsdk.transfer.filters import Filters

    meanings = {**documentation(Filters).arguments, **documentation(TransferOptions).arguments}
    rows = [
        f"| `{option.name}` | {f'`{option.default}`' if isinstance(option.default, str | int | float | tuple) else ''} | {plain(meanings[option.name])} |"
        for option in fields(TransferOptions)
        if option.init
    ]
    return "\n".join(["| Keyword | Default | Meaning |", "|---|---|---|", *rows])


_TABLES = {"hca-settings": _hca_settings, "option-settings": _option_settings, "transfer-options": _transfer_options}
