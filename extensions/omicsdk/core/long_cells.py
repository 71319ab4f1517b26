"""Cells of CSV and TSV tables that are longer than Python's reader takes unless it is told."""

import csv

LONGEST_CELL = 1 << 24
"""Characters of the longest cell that is read: longer ones are no table of records or files."""


def take_long_cells() -> None:
    """Has the csv module take cells of that length. Its limit is the process's own: it is raised, never lowered."""
    if csv.field_size_limit() < LONGEST_CELL:
        csv.field_size_limit(LONGEST_CELL)
