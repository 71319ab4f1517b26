"""What a command says in documented words, with the same as data for whoever asks for a form of output."""

from __future__ import annotations


class Told:
    """A result that is printed as documented lines unless `--output` or `--query` asks for data.

    Args:
        text: The lines, without a line break at the end; "" prints nothing.
        data: The same as JSON data.
        terminal_only: Whether the lines are for people at a terminal, and elsewhere the data is printed.
    """

    __slots__ = ("data", "terminal_only", "text")

    def __init__(self, text: str, data: object, *, terminal_only: bool = False) -> None:
        self.text = text
        self.data = data
        self.terminal_only = terminal_only
