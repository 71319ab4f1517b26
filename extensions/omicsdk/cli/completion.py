"""Shell completion. The shell's script calls the program with `__complete SHELL =CURRENT [WORD...]`.

CURRENT is the typed part of the word before the cursor, WORDs are those before it. bash breaks words at `:` and `=`:
its script sends the whole line as CURRENT, and COMP_WORDBREAKS as the only WORD.

The response's first line is `files` if the shell should also offer files besides the words of the following lines, else
`words`. Nothing is printed on stderr, whatever happens; OMICS_COMPLETE_DEBUG names a file for errors.
"""

from __future__ import annotations

import os
import sys

from omicsdk.cli.arguments import flag, flags, global_arguments, kind_of, options_of, own_arguments
from omicsdk.cli.program import CommandNode, Group, Program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from omicsdk.cli.shapes import Argument

    # An offered word, and its description.
    Word = tuple[str, str]

DEBUG_VARIABLE = "OMICS_COMPLETE_DEBUG"
_LONGEST = 70


def response(arguments: list[str], program: Program) -> int:
    """Print the completions for a shell.

    Args:
        arguments: The arguments of the shell's script after `__complete`.
        program: The program.

    Returns:
        The exit code.
    """
    try:
        text = "".join(f"{line}\n" for line in response_lines(arguments, program))
        sys.stdout.buffer.write(text.encode())  # regardless of the terminal's encoding; "\n" on Windows too
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        log(error)
        return 1
    return 0


def response_lines(arguments: list[str], program: Program) -> list[str]:
    """Return the lines for a shell's script.

    Args:
        arguments: The shell, the typed text after `=`, and further arguments of the script.
        program: The program.
    """
    shell, typed, before = arguments[0], arguments[1].removeprefix("="), arguments[2:]
    # zsh and fish compare words with the typed text themselves, each in its own way; the others offer all they get.
    if shell == "bash":
        breaks = "".join(before)
        before, current, quote, start = split(typed, breaks)
        candidates, files = offered(program, before[1:], current)
        lines = [_in_bash(word, start, quote) for word, _ in candidates if word.startswith(current)]
    elif shell == "zsh":
        candidates, files = offered(program, before, typed)
        lines = [":".join([_in_zsh(word), *([about] if about else [])]) for word, about in candidates]
    elif shell == "fish":
        current = split(typed)[1]
        candidates, files = offered(program, before, current)
        lines = [f"{word}\t{about}" for word, about in candidates]
    else:
        candidates, files = offered(program, before, typed)
        lines = [f"{_in_powershell(word)}\t{word}\t{about}" for word, about in candidates if word.startswith(typed)]
    return ["files" if files else "words", *filter(None, lines)]


def split(line: str, breaks: str = "") -> tuple[list[str], str, str, int]:
    """Split a line as bash and fish do.

    Args:
        line: The line up to the cursor.
        breaks: Characters at which bash begins a new word for completion alone.

    Returns:
        The words before the cursor, the current word, its open quote, and the length of its part that bash keeps.
    """
    parts: list[str] = []
    word: str | None = None
    quote, start = "", 0
    characters = iter(line)
    for character in characters:
        if character == quote:
            quote = ""
        elif character == "\\" and quote != "'":
            following = next(characters, "")
            # Within double quotes a backslash escapes these characters alone (POSIX, Shell Command Language, 2.2.3).
            word = (word or "") + ("\\" if quote and following not in '"\\$`' else "") + following
        elif quote:
            word = (word or "") + character
        elif character in "'\"":
            quote, word = character, word or ""
            start = len(word)
        elif character.isspace():
            parts += [] if word is None else [word]
            word, start = None, 0
        else:
            word = (word or "") + character
            start = len(word) if character in breaks else start
    return parts, word or "", quote, start


def _in_bash(word: str, start: int, quote: str) -> str:
    """Return the end of a word as bash inserts it; empty if the open quote cannot contain it."""
    end = word[start:]
    if quote:
        # Within double quotes bash replaces `!` by an earlier command.
        return "" if any(c in ("'" if quote == "'" else '"$`\\!') for c in end) else end
    # bash takes any character after a backslash as it is, special or not.
    return "".join(c if c.isalnum() or c in "-_./:+@,=%" else f"\\{c}" for c in end)


def _in_zsh(word: str) -> str:
    # `_describe` separates a word from its description by a colon.
    return word.replace("\\", "\\\\").replace(":", "\\:")


def _in_powershell(word: str) -> str:
    if all(c.isalnum() or c in "-_./:+=%" for c in word):
        return word
    # PowerShell ends a single-quoted string at typographic quotes too.
    return "'" + "".join(c * 2 if c in "'\u2018\u2019\u201a\u201b" else c for c in word) + "'"


class Line:
    """The words before the cursor, as the parser reads them.

    Args:
        program: The program.

    Attributes:
        program: The program.
        node: The command or group that they name.
        options: The options that may follow, by spelling.
        waiting: The option whose value follows.
        option_values: Given values of options, by their long spelling.
        count: Number of words without a dash after the command.
        only_words: Whether `--` ended the options.
        asks_help: Whether they begin with `help`.
    """

    def __init__(self, program: Program) -> None:
        self.program = program
        self.node: Group | CommandNode = program.root()
        self.options = _spellings(program.options)
        self.waiting: Argument | None = None
        self.option_values = dict[str, str]()
        self.count = 0
        self._seen = list[str]()
        self.only_words = self.asks_help = False

    def read(self, word: str) -> None:
        """Read the next word.

        Raises:
            KeyError: It is not a command.
        """
        name, equals, value = word.partition("=")
        if word == "--":
            self.only_words, self.waiting = True, None
        elif self.waiting is not None and name not in self.options:
            self.option_values[flag(self.waiting)] = word
            self.waiting = self.waiting if _takes_several(self.waiting) else None
        elif word.startswith("-") and not self.only_words:
            if argument := self.options.get(name):
                self.option_values[flag(argument)] = value
                self.waiting = None if equals or self._stands_alone(argument) else argument
        elif not isinstance(self.node, Group):
            if longer := self.longer().get(word):
                self._enter(longer)
            else:
                self.count += 1
        elif word == "help":
            self.asks_help = True
        elif (node := self.node.find(word)) is not None:
            self._enter(node)
        else:
            self._replace(word)

    def _replace(self, word: str) -> None:
        """Read the words that a first word stands for."""
        if self.node.path or word in self._seen:
            raise KeyError(word)  # ends completion, as an unknown word does
        self._seen.append(word)
        for part in self.program.expanded(word):
            self.read(part)

    def _enter(self, node: Group | CommandNode) -> None:
        self.node = node
        if isinstance(node, Group):
            self.options = _spellings([*self.program.options, *node.options])
        else:
            command_arguments = own_arguments(node.command)
            self.options = _spellings([*command_arguments, *global_arguments(command_arguments, self.program.options)])

    def longer(self) -> dict[str, CommandNode]:
        """Return the commands that continue this one: `codegen diff` for `codegen`."""
        return {} if isinstance(self.node, Group) or self.count else self.program.longer(self.node)

    def positionals(self) -> list[Argument]:
        """Return the command's positional arguments."""
        node = self.node
        return [] if isinstance(node, Group) else [a for a in own_arguments(node.command) if a.get("positional")]

    def _stands_alone(self, argument: Argument) -> bool:
        return bool(argument.get("flag")) or (kind_of(argument) == "boolean" and bool(self.positionals()))


def offered(program: Program, before: list[str], current: str) -> tuple[list[Word], bool]:
    """Return the completions of the current word.

    Args:
        program: The program.
        before: The words before it.
        current: Its typed part. Only remote paths are filtered by it.

    Returns:
        Words without unprintable characters, and whether to offer files as well.
    """
    line = Line(program)
    for word in before:
        line.read(word)
    name, equals, typed = current.partition("=")
    if equals and name in line.options and not line.only_words:
        candidates, files = _values(line, line.options[name], typed)
        candidates = [(f"{name}={word}", about) for word, about in candidates]
    elif current.startswith("-") and not line.only_words:
        left = (option for option in line.options.items() if _is_offered(line, *option))
        candidates, files = [(spelling, argument.get("help") or "") for spelling, argument in left], False
    elif line.waiting is not None:
        candidates, files = _values(line, line.waiting, current)
    elif isinstance(line.node, Group):
        candidates, files = _commands(line, line.node), False
    else:
        arguments = line.positionals()
        argument = arguments[min(line.count, len(arguments) - 1)] if arguments else None
        if argument is None or (line.count >= len(arguments) and not _takes_several(argument)):
            return [], False
        candidates, files = _values(line, argument, current)
        candidates += [(word, command.command.get("summary") or "") for word, command in line.longer().items()]
    return [(word, _sentence(about)) for word, about in candidates if word and word.isprintable()], files


def _commands(line: Line, group: Group) -> list[Word]:
    candidates = [row for _, rows in group.sections() for row in rows]
    if group.path:
        return candidates
    candidates += group.program.others()
    if not line.asks_help:
        return candidates
    return [*group.program.topics(), *(candidate for candidate in candidates if candidate[0] != "help")]


def _values(line: Line, argument: Argument, current: str) -> tuple[list[Word], bool]:
    """Return the possible values of an argument, and whether they include files."""
    kind = kind_of(argument)
    choices = argument.get("choices") or (["true", "false"] if kind == "boolean" else [])
    if choices:
        return [(str(choice), "") for choice in choices], False
    if kind in ("integer", "number"):
        return [], False
    return line.program.completions(
        None if isinstance(line.node, Group) else line.node, argument, current, line.option_values
    )


def _spellings(arguments: list[Argument]) -> dict[str, Argument]:
    return {spelling: argument for argument, spellings, _ in options_of(arguments) for spelling in spellings}


def _takes_several(argument: Argument) -> bool:
    return kind_of(argument) == "array" and not argument.get("repeated")


def _is_offered(line: Line, spelling: str, argument: Argument) -> bool:
    """Return whether to offer a spelling of an option: it is not a synonym, and not given yet or repeatable."""
    return spelling in flags(argument) and (flag(argument) not in line.option_values or bool(argument.get("repeated")))


def _sentence(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split()).partition(". ")[0].rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 3]}..."


def log(error: BaseException) -> None:
    """Append an error to the file that OMICS_COMPLETE_DEBUG names: a terminal in which Tab was pressed must not get it."""
    if path := os.environ.get(DEBUG_VARIABLE):
        from contextlib import suppress
        from traceback import format_exception

        with suppress(OSError), open(path, "a", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs 5 ms
            file.write("".join(format_exception(error)))


_SUFFIXES = {"bash": "bash", "zsh": "zsh", "fish": "fish", "powershell": "ps1"}


def script(shell: str, program: str) -> str:
    """Return the completion script of a shell.

    Args:
        shell: bash, zsh, fish or powershell.
        program: The name of the command.
    """
    path = f"{os.path.dirname(__file__)}/scripts/completion.{_SUFFIXES[shell]}"  # noqa: PTH120 - pathlib costs 5 ms
    loader = globals()["__spec__"].loader  # of a folder or a zip archive
    return loader.get_data(path).decode().replace("omics", program)
