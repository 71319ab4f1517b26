"""Every command that the published HCA client documents is here: its words, its options, and no more that is required."""

from pathlib import Path
from typing import Any

from omicsdk.cli.arguments import flags, global_arguments, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.program import CommandNode
from rows import check_each


def lines_of(name: str) -> list[list[str]]:
    """The words of each line of a list beside this file."""
    text = (Path(__file__).parents[2] / "data" / "cli" / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


DOCUMENTED, USAGE = lines_of("documented_commands.txt"), lines_of("documented_usage.txt")
REQUIRED_BY_THE_SERVICE = {
    # The service's document requires it inside an allOf, where the published client does not look.
    ("auth", "post-v1-group", "--group-id"),
    # The published command has no way to say who the member is.
    ("auth", "put-v1-resource-id-member", "--body"),
}


def split(words: list[str]) -> tuple[list[str], list[str]]:
    """A line's command and its arguments."""
    at = next((n for n, word in enumerate(words) if n > 1 or word.startswith("-")), len(words))
    return words[:at], words[at:]


def found(path: list[str]) -> CommandNode:
    node: Any = Catalog().root()
    for word in path:
        node = node.child(word)
    assert isinstance(node, CommandNode)
    return node


def spellings(argument: Any) -> list[str]:
    return [argument["name"]] if argument.get("positional") else flags(argument)


def test_a_documented_command_is_here_with_its_arguments():
    def check(words: list[str]) -> None:
        path, arguments = split(words)
        own = own_arguments(found(path).command)
        known = {spelling for argument in [*own, *global_arguments(own, GLOBALS)] for spelling in spellings(argument)}
        wanted = [name for argument in arguments for name in argument.removesuffix("!").split("/")]
        assert [name for name in wanted if name not in known] == []

    check_each([words for words in [*DOCUMENTED, *USAGE] if words[1:2] != ["help"]], " ".join, check)


def test_nothing_else_is_required():
    def check(words: list[str]) -> None:
        path, arguments = split(words)
        needed = {name for argument in arguments if argument.endswith("!") for name in argument[:-1].split("/")}
        required = {
            spelling
            for argument in own_arguments(found(path).command)
            if argument.get("required")
            for spelling in spellings(argument)
        }
        assert {(*path, name) for name in required - needed} <= REQUIRED_BY_THE_SERVICE

    check_each([words for words in DOCUMENTED if words[1:2] != ["help"]], " ".join, check)


def test_what_stands_before_a_command_is_here_too():
    known = {spelling for argument in GLOBALS for spelling in flags(argument)}
    assert {"-h", "--help", "--version", "--log-level"} <= known
    levels = next(argument for argument in GLOBALS if argument["name"] == "log-level").get("choices")
    assert set(levels or ()) == {"CRITICAL", "WARNING", "DEBUG", "ERROR", "INFO"}


def test_all_documented_commands_are_listed():
    groups = [words[0] for words in DOCUMENTED if len(words) > 1 and not words[1].startswith("-")]
    assert [groups.count(group) for group in ("upload", "dss", "auth")] == [9, 30, 55]
    assert len(USAGE) == 72
