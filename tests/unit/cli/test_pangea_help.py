"""The help of `omics pangea`: its examples are commands, and each command has an implementation."""

import shlex
from collections.abc import Iterator

from omicsdk.cli.arguments import loaded
from omicsdk.cli.catalog import GLOBALS, Catalog, commands_of
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode, Group
from omicsdk.cli.services import SERVICES
from rows import check_each

COMMANDS = commands_of(SERVICES["pangea"])
EXAMPLES = [example for command in COMMANDS for example in command.get("examples", [])]


def found(words: list[str]) -> tuple[CommandNode, list[str]]:
    """The command that words refer to, and the words after it."""
    node: Group | CommandNode = Catalog().start(words[0])
    at = 1
    while isinstance(node, Group):
        node = node.child(words[at])
        at += 1
    return node, words[at:]


def all_commands(group: Group) -> Iterator[CommandNode]:
    yield from group.visible_commands()
    for below in group.below():
        if below.path[-1] != "api":
            yield from all_commands(below)


def test_there_are_examples():
    assert len(EXAMPLES) > 30


def test_an_example_is_a_command():
    def check(example: str) -> None:
        words = shlex.split(example.partition(" < ")[0].partition(" > ")[0])
        assert words[:2] == ["omics", "pangea"]
        command, rest = found(words[1:])
        parse(command.command, rest, GLOBALS)

    check_each(EXAMPLES, str, check)


def test_every_command_can_be_run_and_states_what_it_does():
    service = Catalog().start("pangea")
    assert isinstance(service, Group)
    commands = list(all_commands(service))
    assert len(commands) == len(COMMANDS)
    for each in commands:
        assert "name" in each.command or callable(loaded(each.command["run"]))
        assert str(each.command["summary"]).endswith(".")
        assert all(argument.get("help") or "synonym_of" in argument for argument in each.command["parameters"])
