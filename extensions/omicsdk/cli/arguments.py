"""The arguments of commands: general options, how arguments are spelled, and which a command has."""

from __future__ import annotations

from omicsdk.cli.mistakes import unknown_option

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Unpack

    from omicsdk.cli.shapes import Argument, Command, Facts

# Levels of messages on stderr. The numbers are those of logging, which is too slow to import for help.
LEVELS = {"DEBUG": 10, "INFO": 20, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}
# Default of --log-level.
LOG_LEVEL = "INFO"


def switch(name: str, text: str, **more: Unpack[Facts]) -> Argument:
    """Return an option without a value."""
    return {"name": name, "type": "boolean", "flag": True, "default": False, "help": text, **more}


def value(name: str, text: str, **more: Unpack[Facts]) -> Argument:
    """Return an option with a text, unless `more` states another type."""
    return {"name": name, "type": "string", "default": None, "help": text, **more}


def general_options(*access: Argument) -> list[Argument]:
    """Return the options of all commands of a program.

    Args:
        *access: Those of them that choose the service and its credentials.
    """
    return [
        switch("help", "Show help and exit.", short="-h"),
        switch("version", "Show the version and exit."),
        value(
            "output",
            "How results are printed: json (default in a pipe or file), table (default on a terminal), jsonl (an item a line, as "
            "pages arrive) or tsv.",
            choices=["json", "jsonl", "table", "tsv"],
        ),
        value(
            "columns",
            "Members to print of each item, in this order, separated by commas: id,name,project.name.",
            metavar="NAMES",
        ),
        *access,
        value(
            "call-timeout",
            "Time to wait for the response to each attempt of a call, also while its body arrives at less than 1 KiB/s: "
            "seconds, or 5m (default 60). Transfers of files have --stall-timeout instead.",
        ),
        value(
            "call-budget",
            "Time for a call with its retries; it fails at once when a service requests a longer wait: seconds, or 30m "
            "(default 10m).",
        ),
        switch("yes", "Answer every question with yes: before something is deleted, replaced or set up."),
        switch("quiet", "Only print results and errors: no progress, no notes.", short="-q"),
        value(
            "log-level",
            "Level of messages on stderr; progress is shown up to INFO.",
            choices=list(LEVELS),
            default=LOG_LEVEL,
        ),
        switch("debug", "Show requests and responses (secrets masked), and tracebacks."),
    ]


NO_PAGINATE = switch("no-paginate", "Print the first page only; by default all pages are merged.")

DRY_RUN = switch("dry-run", "Print the request that would be sent, and send nothing.")


def loaded(target: str) -> Any:
    """Import what `module:name` names."""
    from importlib import import_module

    module, _, name = target.partition(":")
    return getattr(import_module(module), name)


def kind_of(argument: Argument) -> str:
    """An argument's type; of several (JSON Schema allows a list) the only one that is not null, else any."""
    kind = argument.get("type") or "any"
    if isinstance(kind, str):
        return kind
    real = [type_name for type_name in kind if type_name != "null"]
    return real[0] if len(real) == 1 else "any"


def key(argument: Argument) -> str:
    """The key of an argument's value: the keyword of a call. Keys of general options have dashes, so they never clash."""
    return argument.get("python") or argument["name"]


def flag(argument: Argument) -> str:
    """An argument's long option: `--per-page` for per_page."""
    return "--" + argument["name"].replace("_", "-")


def flags(argument: Argument) -> list[str]:
    """Every spelling of an option, the short one first."""
    short, also = argument.get("short"), argument.get("also", [])
    if short is not None and short == "-" + argument["name"]:
        return [short, *also]
    return [*([] if short is None else [short]), *also, flag(argument)]


def options_of(arguments: list[Argument]) -> list[tuple[Argument, list[str], str]]:
    """The options among arguments, each with its spellings, those of its synonyms last, and its type.

    Args:
        arguments: Options and words without a dash.
    """
    synonyms: dict[str, list[str]] = {}
    for argument in arguments:
        if "synonym_of" in argument:
            synonyms.setdefault(argument["synonym_of"], []).append(flag(argument))
    return [
        (option, [*flags(option), *synonyms.get(option["name"], ())], kind_of(option))
        for option in arguments
        if not option.get("positional") and "synonym_of" not in option
    ]


def own_arguments(command: Command) -> list[Argument]:
    """A command's arguments, and those that its kind adds if it has none of that name."""
    by_flag: dict[str, Argument] = {}
    for argument in command.get("parameters", ()):
        if (option := flag(argument)) in by_flag:
            # One name in two places of a request (a path and a body) has two keywords in the client.
            renamed: Argument = {**argument, "name": key(argument)}
            by_flag[flag(renamed)] = renamed
        else:
            by_flag[option] = argument
    if "paged" in command:
        by_flag.setdefault(flag(NO_PAGINATE), NO_PAGINATE)
    if deletes(command):
        by_flag.setdefault(flag(DRY_RUN), DRY_RUN)
    return [*by_flag.values()]


def global_arguments(command_arguments: list[Argument], everywhere: list[Argument]) -> list[Argument]:
    """The options of all commands that a command takes: its own options take precedence over them."""
    spellings = {
        spelling for argument in command_arguments if not argument.get("positional") for spelling in flags(argument)
    }
    available: list[Argument] = []
    for argument in everywhere:
        # A copy, because the definitions are shared by all commands.
        free: Argument = {**argument}
        if free.get("short") in spellings:
            del free["short"]
        if flag(argument) in spellings:
            if "short" not in free:
                continue
            free["name"] = free["short"].lstrip("-")
        available.append(free)
    return available


# The spellings of which `help_spellings` returns those that a command leaves free.
HELP_SPELLINGS = frozenset({"-h", "--help"})


def help_spellings(command: Command) -> frozenset[str]:
    """The spellings that show a command's help, without those that the command uses for other options."""
    options = (argument for argument in own_arguments(command) if not argument.get("positional"))
    return HELP_SPELLINGS.difference(*map(flags, options))


def deletes(command: Command) -> bool:
    """Whether an operation deletes something."""
    return command.get("method") == "DELETE"


def split_globals(
    command_line: list[str], everywhere: list[Argument], options: list[Argument], *, has_default: bool = False
) -> tuple[list[str], list[str], list[str]]:
    """Split off the options before a command.

    Args:
        command_line: The words after the name of the program or service.
        everywhere: The options of all commands.
        options: The options of the service, which are valid there too.
        has_default: Whether the service has a default command, whose options may follow directly.

    Returns:
        The general options, those of the service, and the words after them.

    Raises:
        UsageError: An option is unknown, or one of the service lacks its value.
    """
    if not command_line or not command_line[0].startswith("-"):
        return [], [], command_line
    general = {spelling: argument for argument in everywhere for spelling in flags(argument)}
    by_spelling = general | {spelling: argument for argument in options for spelling in flags(argument)}
    before: list[str] = []
    command_options: list[str] = []
    at = 0
    while at < len(command_line) and command_line[at].startswith("-"):
        name, equals, _ = command_line[at].partition("=")
        if name not in by_spelling:
            if has_default:
                break
            error = unknown_option(name, by_spelling)
            if name != "--":
                error.remedy = error.remedy or "Put an option of a command after the command."
            raise error
        end = at + (1 if equals or by_spelling[name].get("flag") else 2)
        if end > len(command_line) and name not in general:
            from omicsdk.core.errors import UsageError

            raise UsageError(f"{name}: expected one argument")
        (before if name in general else command_options).extend(command_line[at:end])
        at = end
    return before, command_options, command_line[at:]
