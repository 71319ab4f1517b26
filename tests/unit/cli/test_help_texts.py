"""The help of every command: one imperative sentence, a text for each option, and technical English."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import omicsdk.cli
import pytest
from handwritten import by_group, every_command, line
from omicsdk.cli.catalog import GLOBALS
from omicsdk.cli.help import placeholder
from omicsdk.cli.parser import spelled
from omicsdk.cli.program import CommandNode
from rows import check_each

LIMIT = 80

NO_VERBS = ("A", "An", "All", "Every", "It", "Nothing", "Note", "The", "There", "This", "What", "Which", "You", "Your")

AVOIDED = re.compile(
    r"\b(tells?|told|stands?|somebody|nobody|whoever|for good|by hand|goes on|go on|mend|begins anew|so many|so long)\b"
)
"""Words of the vocabulary's list that have no technical meaning, so that they are never right in a help text."""


FOUND = every_command()
GROUPS = by_group(FOUND)


def test_all_commands_are_walked():
    assert len(FOUND) > 1000


@pytest.mark.parametrize("group", GROUPS)
def test_a_summary_is_one_imperative_sentence(group):
    def check(found: CommandNode) -> None:
        summary = found.command.get("summary") or ""
        assert 0 < len(summary) <= LIMIT
        assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", summary), (
            "a sentence begins with a capital and ends with one full stop"
        )
        assert ". " not in summary.replace("e.g. ", ""), "one sentence; the rest belongs to the description"
        first = summary.split()[0].rstrip(",")
        assert first not in NO_VERBS
        assert not re.fullmatch(r"[A-Z][a-z]+[^s]s|[A-Z][a-z]+ing", first), "imperative: List, not Lists or Listing"

    check_each(GROUPS[group], line, check)


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_has_a_help_text(group):
    def check(found: CommandNode) -> None:
        shown = [each for each in found.command.get("parameters", []) if "synonym_of" not in each]
        silent = [spelled(each) for each in shown if not (each.get("help") or "").strip()]
        assert silent == []

    check_each(GROUPS[group], line, check)


def texts(found: CommandNode) -> Iterator[str]:
    yield found.command.get("summary") or ""
    yield found.command.get("description") or ""
    for each in found.command.get("parameters", []):
        yield each.get("help") or ""


OWN = by_group(found for found in FOUND if "method" not in found.command)


@pytest.mark.parametrize("group", OWN)
def test_the_words_are_those_of_technical_english(group):
    def check(found: CommandNode) -> None:
        assert [match[0] for text in texts(found) for match in AVOIDED.finditer(text)] == []

    check_each(OWN[group], line, check)


@pytest.mark.parametrize("group", OWN)
def test_a_file_or_folder_is_called_so(group):
    def check(found: CommandNode) -> None:
        paths = [
            option
            for option in found.command.get("parameters", [])
            if re.match(r"(New |TOML or JSON )?(File|Folder)\b", option.get("help", ""), re.IGNORECASE)
        ]
        assert [option["name"] for option in paths if placeholder(option) == "TEXT"] == []

    check_each(OWN[group], line, check)


def said(path: Path) -> Iterator[str]:
    """The texts of a module that are long enough to be a sentence: literals, and what docstrings say of arguments."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for paragraph in re.split(r"\n\s*\n|\n(?=\s+\w+: )", node.value):
                text = re.sub(r"^\s*\w+: ", "", " ".join(paragraph.split()))
                if len(text) > 50 and " " in text and not text.startswith("omicsdk."):
                    yield text


def test_no_help_text_is_stated_in_two_places():
    shown = {" ".join(text.split()) for group in OWN.values() for found in group for text in texts(found)} | {
        each["help"] for each in GLOBALS
    }
    modules = Path(omicsdk.cli.__file__).parent.rglob("*.py")
    places = Counter(text for module in modules for text in said(module))
    assert [text for text, count in places.items() if count > 1 and text in shown] == []
