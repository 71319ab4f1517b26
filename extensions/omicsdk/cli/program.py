"""A program of commands: its groups, and where a command is in them."""

from __future__ import annotations

from abc import ABC, abstractmethod

from omicsdk.cli.mistakes import unknown_word
from omicsdk.core.likeness import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from omicsdk.cli.shapes import Argument, Command


class CommandNode:
    """A command and its place.

    Attributes:
        program: The program with the command.
        path: The words of the command, without the program's.
        package: The generated package of its service, dotted; None for a command of no service.
        command: The command.
    """

    __slots__ = ("command", "package", "path", "program")

    def __init__(self, program: Program, path: list[str], package: str | None, command: Command) -> None:
        self.program = program
        self.path = path
        self.package = package
        self.command = command


class Group(ABC):
    """A list of commands and of further groups.

    Args:
        program: The program.
        path: The words of the group.
        title: A line about it.
        options: Options of all its commands, beside their own arguments; valid before their words too.
        about: Further help.
        default: The command that other words than commands are arguments of; empty for none.
    """

    def __init__(
        self,
        program: Program,
        path: list[str],
        title: str,
        *,
        options: Iterable[Argument] = (),
        about: str = "",
        default: str = "",
    ) -> None:
        self.program = program
        self.path = path
        self.title = title
        self.options = list(options)
        self.about = about
        self.default = default

    @abstractmethod
    def sections(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the valid next words, each with a line about it, by their headings."""

    def first_page(self, width: int) -> list[tuple[str, list[tuple[str, str]]]] | None:
        """Return the next words that its help lists, as `sections`, where that is not all of them.

        Args:
            width: Characters of the line about a word.
        """
        del width

    @abstractmethod
    def find(self, word: str) -> Group | CommandNode | None:
        """Return the command or group that the next word names; None if there is none."""

    def child(self, word: str) -> Group | CommandNode:
        """Return the command or group that the next word names.

        Raises:
            UsageError: The word is unknown; the nearest one is suggested.
        """
        node = self.find(word)
        if node is None:
            raise unknown_word(self.typed(), word, self.next_words())
        return node

    def typed(self, *subpath: str) -> str:
        """Return the command line of the group, or of a command in it.

        Args:
            *subpath: The words after the group's.
        """
        return " ".join([self.program.name, *self.path, *subpath])

    def next_words(self) -> list[str]:
        """Return the valid next words."""
        return [word for _, rows in self.sections() for word, _ in rows]


class Program(ABC):
    """A command line with its commands.

    Attributes:
        name: Its word.
        about: What it is, in a sentence.
        options: The options of all commands.
        usage: What follows its word.
        more: Further lines of its help.
    """

    name: str
    about: str
    options: list[Argument]
    usage = ("[options]", "<command>", "[options]")
    more: Iterable[str] = ()

    @abstractmethod
    def root(self) -> Group:
        """Return the group of all first words."""

    def version(self) -> str:
        """Return the line of --version."""
        raise NotImplementedError  # of a program whose commands are only read

    def work(self, target: CommandNode, values: dict[str, Any], settings: Mapping[str, Any], console: Any) -> None:
        """Run a command.

        Args:
            target: The command.
            values: Values of its arguments.
            settings: Values of the options of all commands.
            console: Prints messages.
        """
        raise NotImplementedError  # of a program whose commands are only read

    def find(self, word: str) -> Group | CommandNode | None:
        """Return the command or group that a first word names; None for an unknown word."""
        return self.root().find(word)

    def follow(self, node: Group | None, command_line: list[str]) -> Group | CommandNode:
        """Return the command or group that the next word names.

        Args:
            node: The group; None for all commands.
            command_line: The words, at least one; the names are removed from the list.

        Raises:
            UsageError: The word is unknown.
        """
        return (node or self.root()).child(command_line.pop(0))

    def resolve(self, command_line: list[str], options: list[str], seen: list[str]) -> list[str] | int:
        """Resolve a first word that is no command.

        Args:
            command_line: The word, and those after it.
            options: The options before it.
            seen: The words replaced so far; this function adds to it.

        Returns:
            Words that replace them, or the exit code of what was run.

        Raises:
            UsageError: It cannot be resolved.
        """
        del options, seen
        self.root().child(command_line[0])
        return command_line

    def help_of(self, name: str, width: int) -> str | int | None:
        """Return the help of a word that is no command, or the exit code of the program that showed it; None if there is none.

        Args:
            name: The word.
            width: Characters of a line.
        """
        del name, width

    def topics(self) -> list[tuple[str, str]]:
        """Return the words that only help knows, each with a line about it."""
        return []

    def defaults(self, target: CommandNode) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """Return the configured defaults of a command.

        Args:
            target: The command.

        Returns:
            Values of its arguments by their key, and of options of all commands by name.
        """
        del target
        return {}, {}

    def messages(self, level: str, settings: Mapping[str, Any]) -> Any:
        """Return what prints the messages of a command.

        Args:
            level: The least level.
            settings: Values of the options of all commands.
        """
        from omicsdk.cli.messages import Messages

        return Messages(self.name, level, assume_yes=bool(settings.get("yes")))

    def suggested_option(self, word: str, valid_options: Iterable[str]) -> str:
        """Return the remedy for an unknown option of a command; empty for none.

        Args:
            word: The option as it was typed.
            valid_options: Those of the command.
        """
        return did_you_mean(word, valid_options)

    def others(self) -> list[tuple[str, str]]:
        """Return further first words, each with a line about it."""
        return []

    def report(self, error: BaseException, where: str, command_line: list[str]) -> int:
        """Print the error of a failed command on stderr.

        Args:
            error: The error.
            where: The program and the command that failed.
            command_line: The command line.

        Returns:
            The exit code.
        """
        from omicsdk.cli.errors import report

        return report(error, where, command_line)

    def longer(self, target: CommandNode) -> dict[str, CommandNode]:
        """Return the commands that continue one by another word."""
        del target
        return {}

    def expanded(self, word: str) -> list[str]:
        """Return the words that a first word stands for.

        Raises:
            KeyError: It stands for none.
        """
        raise KeyError(word)

    def completions(
        self, target: CommandNode | None, argument: Argument, current: str, option_values: Mapping[str, str]
    ) -> Any:
        """Return the possible values of an argument, each with a line about it, and whether files are offered as well.

        Args:
            target: The command; None before one.
            argument: The argument.
            current: What was typed of the value.
            option_values: Given values of options, by their long spelling.
        """
        del target, argument, current, option_values
        return [], True


def version_line(name: str, version: str) -> str:
    """Return a program's version, and that of the system that it runs on.

    Args:
        name: The program.
        version: Its version.
    """
    import platform

    system = f"{platform.system()}-{platform.release()}-{platform.machine()}"
    return f"{name} {version} ({platform.python_implementation()} {platform.python_version()} {system})"
