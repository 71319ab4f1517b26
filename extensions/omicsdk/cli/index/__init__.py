"""Which Python functions are commands, under which words. Everything else about a command comes from its function.

A module of this package is the table of one service, or of commands of none (`SERVICE = ""`, named in `services.INDEX`). `make codegen` reads the tables, the functions' signatures and their
docstrings (`_reading`), and writes what help, completion and dispatch read: a JSON file beside each table. At run time neither the
tables nor the functions of other commands are imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from omicsdk.cli.shapes import Argument

_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its words and its function.

    The function's parameters are the command's options; the docstring is its help. A parameter whose type is a dataclass stands
    for its fields, each an option that the class documents: what several commands have in common is said once. What a command line supplies by itself is
    recognised: a client as the first parameter (or what connects it, `Callable[[], Gen3]`, for a function that may do without), and by their names `console`, `progress`, `control`, `stop`, `on_message`, `on_more` (a `limit` left something out) and `on_report` are no options. A function
    with `control` gets the options of transfers.

    Attributes:
        words: The words after the service's; of commands of no service all words.
        function: A workflow of the client, or a function of the command line. None for an operation that only gets examples.
        positional: Parameters that are words without a dash, in their order. By default none; in a table with
            `BY_SIGNATURE = True` those before the `*`.
        flags: Parameter to the long option where a documented one differs, such as {"folder": "--download-dir"}.
        checks: Parameter to a function that converts or refuses its value.
        hidden: Parameters that are no options.
        switches: Booleans that stand alone. The others take true or false too, as documented ones do. In a table with
            `BY_SIGNATURE = True` all whose default is False stand alone.
        opposites: Boolean parameter to the switch that negates it, such as {"private": "--public"}; both stand alone, and exclude
            each other.
        repeated: Lists whose option takes one value, and is given once for each.
        single: Parameters of which the command takes one, although the function takes several.
        short: Parameter to a short option, such as {"quiet": "-q"}.
        metavars: Parameter to the noun for its value in help, such as {"version": "TIMESTAMP"}, where neither its type nor the
            last word of its name says it.
        also: Parameter to further spellings that are documented.
        quick: It only reads settings and writes no log, so logging is not loaded for it.
        required: Options that the command needs although the function has a default.
        defaults: Parameter to the value that the command gives it when the option is missing, in place of the function's own.
        writes: Parameters that name a file that is written, with the suffix of what `-` (stdout) gets; None where `-` is
            refused. The file's folder is checked before anything is sent.
        deletes: What it deletes, such as "program {program}" with parameters of its function. It asks first on a terminal, has
            --dry-run, and says what it deleted.
        asks: It asks first on a terminal, with a question of its own; the description ends with that.
        look: Raises where that does not exist, for --dry-run; called with what the function gets.
        login: It is refused without credentials, before any request. A table may name words of such commands in `LOGINS`.
        offline: It uses no service, and takes the options that all commands of the service take.
        title: What a transfer is called in progress and reports, before its first argument: "Download of".
        render: Makes what is printed of the result; by default the renderer of the result's type.
        columns: Columns of the result's table, the one that matters most first; the others follow where there is room.
        operation: The command is this operation of the service's document under other words; there is no function.
        aliases: Further words for the same command. A table may have `VERBS`, which names further last words for commands of
            groups: {"delete": ("rm",)}.
        extends: The words are an operation's; the function's further parameters are options of it.
        options: Options of the command line itself, which the function does not see; without a function those that are added to
            an operation, or change its own.
        verbatim: All words from the first that is no option of the command are its positional argument, options too.
        examples: What follows the words, one command line each.
        like: Functions, or options of `cli.options`, that document the parameters which this one has in common with them.
        synonyms: Further words for the command, which lists do not show.
    """

    words: str
    function: Callable[..., Any] | None
    positional: tuple[str, ...] | None = None
    single: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    checks: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict[str, "Callable[[Any], Any]"])
    hidden: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    opposites: Mapping[str, str] = field(default_factory=dict[str, str])
    repeated: tuple[str, ...] = ()
    short: Mapping[str, str] = field(default_factory=dict[str, str])
    metavars: Mapping[str, str] = field(default_factory=dict[str, str])
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    quick: bool = False
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    writes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    deletes: str = ""
    asks: bool = False
    look: Callable[..., Any] | None = None
    login: bool = False
    offline: bool = False
    title: str = ""
    render: Callable[..., Any] | None = None
    columns: tuple[str, ...] = ()
    operation: str = ""
    aliases: tuple[str, ...] = ()
    extends: bool = False
    options: tuple[Any, ...] = ()
    verbatim: bool = False
    examples: tuple[str, ...] = ()
    like: tuple[Callable[..., Any] | Argument, ...] = ()
    synonyms: tuple[str, ...] = ()
