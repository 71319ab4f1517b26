"""Tables of commands: their words and functions. Everything else about a command comes from its function.

A module of this package with COMMANDS is the table of one service, or of commands without a service (`SERVICE = ""`,
named in `services.INDEX`); one with TABLES has the tables of several services, as classes. `make codegen` reads the
tables, the functions' signatures and their docstrings (`signatures`), and writes a JSON file for each table for help,
completion and dispatch. At run time, neither the tables nor the functions of other commands are imported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from omicsdk.cli.shapes import Argument

_NOTHING: Mapping[str, Any] = {}


Access = Literal["read", "write", "private"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A command: its words and its function.

    The function's parameters are the command's options; the docstring is its help. A dataclass parameter is replaced by
    its fields, each an option that the class documents, so that commands share documentation. Parameters that the
    command line supplies are recognised: a client as the first parameter (or what connects it, `Callable[[], Gen3]`,
    for a function that may do without), and by their names `console`, `progress`, `control`, `stop`, `on_message`,
    `on_more` (a `limit` omitted items) and `confirm` (asks on a terminal) are not options. A function with `control` has
    the options of transfers; one with `progress` alone begins to report by calling it, and has --progress-every.

    Attributes:
        command: The words after the service's; for commands without a service, all words.
        function: A workflow of the client, or a function of the command line. None for an operation that only gets
            examples.
        positional: Positional parameters, in order. By default those before the `*`; in a table with
            `BY_SIGNATURE = False` none.
        flags: Parameter to the long option if a documented one differs, such as {"folder": "--download-dir"}.
        checks: Parameter to a function that converts or rejects its value.
        hidden: Parameters that are not options.
        switches: Booleans without a value. The others also take true or false, as documented ones do. All whose
            default is False are switches, except in a table with `BY_SIGNATURE = False`.
        opposites: Boolean parameter to the switch that negates it, such as {"private": "--public"}; both are switches,
            and are mutually exclusive.
        choices: Parameters with a few possible values, each of which is a switch, too: --sra for --reads sra.
        repeated: Lists whose option takes one value, and is given once for each.
        places: List parameter that has an option to a positional argument, whose words follow those of the option.
        single: Parameters with one value for the command, but several for the function.
        short: Parameter to a short option, such as {"quiet": "-q"}.
        metavars: Parameter to the placeholder for its value in help, such as {"version": "TIMESTAMP"}, if it follows
            neither from its type nor from the last word of its name.
        also: Parameter to further documented spellings.
        quick: It only reads settings and writes no log, so logging is not loaded for it.
        required: Options that the command requires although the function has a default.
        defaults: Parameter to its value if the option is missing, in place of the function's default.
        writes: Parameters for output files, with the suffix of the contents for `-` (stdout); None if `-` is rejected.
            The file's folder is checked before anything is sent.
        deletes: The deleted object, such as "program {program}" with parameters of its function. The command asks first
            on a terminal, has --dry-run, and prints the deletion.
        asks: It asks first on a terminal, with its own question; the description ends with that.
        lookup: Raises if the object does not exist, for --dry-run; called with the function's arguments.
        login: It fails without credentials, before any request. A table may name words of such commands in `LOGINS`.
        access: What it does to the service: `write` may change something, `read` does not. `private` is not for programs
            that act for a user, such as assistants: it shows a secret, changes logins or settings, or runs other
            programs. A table names the words of each command in `READS`, `WRITES` or `PRIVATE`; an operation has the
            access of its HTTP method unless it is named there (None).
        remote: Parameters whose values are paths of the service, such as /programs/a, and never of this machine.
        offline: It uses no service, but takes the common options of the service.
        limits: The options of transfers that a function with `control` honours; by default all, with --report.
        title: Title of a transfer in progress and reports, before its first argument: "Download of".
        render: Renders the result; by default the renderer of the result's type.
        columns: Columns of the result's table, the most important first; the others follow if they fit.
        operation: The command is this operation of the service's document under other words, without a function.
        aliases: Further words for the same command. A table may have `VERBS`, which names further last words for
            commands of groups: {"delete": ("rm",)}.
        extends: The words are an operation's; the function's further parameters are options of it.
        options: Options of the command line itself, which the function does not receive; without a function, options to
            add to or change in an operation.
        verbatim: All words from the first that is not an option of the command are its positional argument, including
            options.
        examples: The arguments of example command lines.
        like: Functions, or options of `cli.options`, that document the parameters which this one has in common with
            them.
        synonyms: Further words for the command, hidden from lists.
    """

    command: str
    function: Callable[..., Any] | None
    positional: tuple[str, ...] | None = None
    single: tuple[str, ...] = ()
    flags: Mapping[str, str] = field(default_factory=dict[str, str])
    checks: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict[str, "Callable[[Any], Any]"])
    hidden: tuple[str, ...] = ()
    switches: tuple[str, ...] = ()
    opposites: Mapping[str, str] = field(default_factory=dict[str, str])
    choices: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    places: Mapping[str, Argument] = field(default_factory=dict[str, "Argument"])
    short: Mapping[str, str] = field(default_factory=dict[str, str])
    metavars: Mapping[str, str] = field(default_factory=dict[str, str])
    also: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    quick: bool = False
    required: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    writes: Mapping[str, str | None] = field(default_factory=dict[str, "str | None"])
    deletes: str = ""
    asks: bool = False
    lookup: Callable[..., Any] | None = None
    login: bool = False
    access: Access | None = None
    remote: tuple[str, ...] = ()
    offline: bool = False
    limits: tuple[str, ...] = ()
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


def operations(*rows: tuple[str, str, str, str]) -> Iterator[Entry]:
    """Yield commands that are operations of the service's document under other words.

    Args:
        *rows: The words, the operation, its positional parameter (empty for none), and the arguments of an example.
    """
    for command, operation, parameter, example in rows:
        yield Entry(command, None, (parameter,) if parameter else (), operation=operation, examples=(example,))
