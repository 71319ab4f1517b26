"""What a command says in documented words, with the same as data for whoever asks for a form of output."""

from __future__ import annotations


class Told:
    """A result that is printed as documented lines unless `--output` or `--query` asks for data.

    Args:
        text: The lines, without a line break at the end; "" prints nothing.
        data: The same as JSON data.
        terminal_only: Whether the lines are for people at a terminal, and elsewhere the data is printed.
        brief: Printed in place of the data where neither a form of output nor a query was chosen; None for the data.
        items: Key of the list in the data of which `--output jsonl` and `tsv` print a line each; None for the data.
    """

    __slots__ = ("brief", "data", "items", "terminal_only", "text")

    def __init__(
        self, text: str, data: object, *, terminal_only: bool = False, brief: object = None, items: str | None = None
    ) -> None:
        self.text = text
        self.data = data
        self.terminal_only = terminal_only
        self.brief = brief
        self.items = items
