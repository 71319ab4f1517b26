"""The pattern of lines that are right, made of a manifest's columns: most lines are told right by one match. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from omicsdk.gen3.manifests.format.columns import Columns

_MD5 = r"[0-9a-fA-F]{32}"
_MD5_OR_BASE64 = rf"(?:{_MD5}|[A-Za-z0-9+/]{{21}}[AQgw]==)"
_SIZE = r"[0-9]{1,18}"


def right_line(
    columns: Sequence[Columns | None],
    delimiter: str,
    protocols: Collection[str],
    *,
    base64: bool,
    empty: Collection[Columns] = (),
) -> re.Pattern[str]:
    """A pattern of lines that are right. A line that it doesn't match is looked at closely, and may be right.

    Args:
        columns: What each column is; None for one that isn't checked.
        delimiter: What separates cells, one character.
        protocols: The protocols that URLs may have.
        base64: Whether MD5 sums may be Base64.
        empty: Columns whose cells may be empty.
    """
    end = re.escape(delimiter)
    value = rf"[^\s\"'\[\],{end}]"
    scheme = "|".join(re.escape(protocol) for protocol in protocols) or r"(?!)"
    url = rf"(?:{scheme})://[^\s\"'\[\],/?#{end}]++/[^\s\"'\[\],?#{end}]{value}*+"
    authz = rf"(?:/[^\s\"'\[\],/{end}]++)++"
    cells = {
        Columns.MD5: _MD5_OR_BASE64 if base64 else _MD5,
        Columns.SIZE: _SIZE,
        Columns.URL: rf"{url}(?: {url})*+",
        Columns.AUTHZ: rf"{authz}(?: {authz})*+",
        None: rf"[^\"\r\n{end}]*+",
    }
    for column in empty:
        cells[column] = f"(?:{cells[column]})?+"
    return re.compile(end.join(cells[column] for column in columns) + r"\r?\n?")


def raw_cells(line: str, delimiter: str) -> list[str] | None:
    """The cells of a line as they stand there, with their quotes.

    Args:
        line: The line, without its end.
        delimiter: What separates cells, one character.

    Returns:
        The cells; None where a quote at the beginning of a cell isn't closed in this line.
    """
    if '"' not in line:
        return line.split(delimiter)
    cells, place = list[str](), 0
    quoted = re.compile(rf'"(?:[^"]++|"")*+"[^{re.escape(delimiter)}]*+')
    while True:
        if line.startswith('"', place):
            match = quoted.match(line, place)
            if match is None:
                return None
            end = match.end()
        else:
            end = line.find(delimiter, place)
            end = len(line) if end < 0 else end
        cells.append(line[place:end])
        if end >= len(line):
            return cells
        place = end + 1
