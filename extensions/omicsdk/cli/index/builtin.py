"""Commands that belong to no service."""

from __future__ import annotations

from omicsdk.cli.commands.documented import nothing_cached
from omicsdk.cli.index import Entry
from omicsdk.cli.main import show_help

SERVICE = ""

COMMANDS = (
    Entry("clear-hca-cache", nothing_cached, quick=True, examples=("",)),
    Entry(
        "help",
        show_help,
        positional=("command",),
        hidden=("node", "catalog", "where"),
        quick=True,
        examples=("dss get-bundle", "topics"),
    ),
)
