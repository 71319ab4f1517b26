"""Every handwritten command has an example, and each example can be typed unchanged."""

import shlex

import pytest
from handwritten import by_group, handwritten
from handwritten import line as typed_line
from omicsdk.cli.arguments import split_globals
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode
from rows import check_each

BEYOND = {"|", ">", ">>", "<", "&&", ";"}
"""Where the shell's part of a line begins."""

COMMANDS = handwritten()
GROUPS = by_group(COMMANDS)


def lines_of(found: CommandNode) -> list[str]:
    lines = (found.command.get("description") or "").replace("\\\n", " ").splitlines()
    shown = [line.strip() for line in lines if line.startswith("    ") and "omics " in line]
    return [*shown, *found.command.get("examples", [])]


def typed(line: str) -> list[str]:
    """The words after `omics`, without what the shell does with them."""
    command = line.partition("$(")[2].rpartition(")")[0] if "$(" in line else line
    words = shlex.split(command, comments=True)
    words = words[words.index("omics") + 1 :]
    ends = [number for number, word in enumerate(words) if word in BEYOND]
    return words[: ends[0]] if ends else words


def test_all_of_them_are_examined():
    assert len(COMMANDS) > 190


@pytest.mark.parametrize("group", GROUPS)
def test_a_command_has_examples_that_can_be_typed(group, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def check(found: CommandNode) -> None:
        lines = lines_of(found)
        assert lines, "no example"
        own = [line for line in lines if typed(line)[: len(found.path)] == found.path]
        assert own, f"no example shows the command itself: {lines}"
        catalog = Catalog()
        for line in lines:
            words = typed(line)
            node = None
            while not isinstance(node, CommandNode):
                _, _, words = split_globals(words, GLOBALS, node.options if node else [])
                node = catalog.follow(node, words)
            for word in words:
                if word.startswith("@"):
                    (tmp_path / word[1:]).write_text("{}")
            parse(node.command, words, GLOBALS)

    check_each(GROUPS[group], typed_line, check)
