"""Help: of every command, by examples and documents, for Pangea's words, stated once."""

import ast
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import omicsdk.cli
import pytest
from handwritten import by_group, every_command, handwritten
from handwritten import line as command_line
from handwritten import line as typed_line
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.cli.arguments import flags, global_arguments, loaded, own_arguments, split_globals
from omicsdk.cli.catalog import GLOBALS, Catalog, commands_of
from omicsdk.cli.help import columns, command_help, placeholder, wrapped
from omicsdk.cli.parser import parse, spelled
from omicsdk.cli.program import CommandNode, Group
from omicsdk.cli.services import SERVICES
from rows import check_each

TEXT = st.text(alphabet=st.sampled_from("ab %{}'\"\\\n-`|$ "), max_size=200)


def test_a_command_shows_every_argument_with_what_it_takes(omics):
    out = omics("widgets", "get-widget", "--help").out
    assert out.startswith(
        "Usage: omics widgets get-widget --uuid UUID --replica {aws,gcp} [options]\n\nGive one widget.\n"
    )
    for part in ("Required:\n  --uuid UUID", "--presignedurls[=true|false]", "--version TEXT", "--token TOKEN"):
        assert part in out
    assert "--version" not in out.rpartition("Global options")[2]


@pytest.mark.parametrize(
    ("argument", "noun"),
    [
        ({"name": "version", "type": "string", "format": "DSS_VERSION"}, "TIMESTAMP"),
        ({"name": "src_dir", "type": "string"}, "FOLDER"),
        ({"name": "per_page", "type": "integer"}, "N"),
        ({"name": "timeout_seconds", "type": "number"}, "SECONDS"),
        ({"name": "details", "type": "object"}, "JSON"),
        ({"name": "manifest", "type": "string", "metavar": "TSV"}, "TSV"),
        ({"name": "project", "type": "string"}, "TEXT"),
        ({"name": "place", "type": "string", "format": "uri"}, "URL"),
        ({"name": "drs_uri", "type": "string"}, "URL"),
        ({"name": "object_ids", "type": "array", "items": "string"}, "ID ..."),
        ({"name": "include", "type": "string"}, "PATTERN"),
        ({"name": "part_size", "type": "string"}, "SIZE"),
        ({"name": "file_type", "type": "string"}, "TYPE"),
        ({"name": "tags", "type": "array", "items": "string"}, "TEXT ..."),
        ({"name": "is_public", "type": "boolean", "in": "body"}, "[=true|false]"),
        ({"name": "no_data", "type": "boolean", "default": False}, ""),
    ],
)
def test_a_value_is_a_type_or_a_noun_and_a_switch_has_none(argument, noun):
    assert placeholder(argument) == noun


def test_usage_marks_words_that_may_be_left_out():
    words = [{"name": "source", "positional": True, "required": True}, {"name": "target", "positional": True}]
    node = CommandNode(Catalog(), ["x"], None, {"command": "x", "parameters": words})
    assert command_help(node, 80).startswith("Usage: omics x SOURCE [TARGET]\n")


def test_the_help_of_a_command_is_laid_out():
    text = "Two ways:\n* copy one file, and then another, and more files\n+ copy all\n\nAs in:\n```\nomics  cp\n```"
    # Of the second name, an option's text does not fit into the same line; the example fills its first line.
    arguments = [{"name": name, "positional": True, "required": True, "help": "A."} for name in ("x" * 22, "y" * 23)]
    option = {"name": "limit", "type": "integer", "default": 7, "help": "No more; all when omitted."}
    example = "omics cp aaaaaaaa bbbbbbbbb --recursive --limit 10 --quiet"
    command = {"summary": "Copy.", "description": text, "parameters": [*arguments, option], "examples": [example]}
    assert command_help(CommandNode(Catalog(), ["cp"], None, {"command": "cp", **command}), 60).startswith(
        f"""Usage: omics cp [options] {"X" * 22}
    {"Y" * 23}

Copy.

Two ways:
* copy one file, and then another, and more files
+ copy all

As in:
omics  cp

Examples:

    omics cp aaaaaaaa bbbbbbbbb --recursive --limit 10 \\
        --quiet

Arguments:
  {"X" * 22}  A.
  {"Y" * 23}
                          A.

Options:
  --limit N               No more; all when omitted.

Global options, see omics --help: --help --version
"""
    )


def test_nothing_in_a_document_is_a_command_for_the_terminal():
    odd = "\x1b[2J\u202e\ud800"
    option = {"name": odd, "type": "string", "required": True, "choices": ["a", odd], "default": odd}
    shown = command_help(CommandNode(Catalog(), ["x"], None, {"command": "x", "parameters": [option]}), 80)
    assert shown.startswith(r"Usage: omics x --\x1b[2J\u202e\ud800 {a,\x1b[2J\u202e\ud800}")
    assert all(map(str.isprintable, shown.splitlines()))


def test_the_options_of_all_commands_of_a_group_are_in_its_help(omics):
    assert "\n\nOptions of its commands:\n  --config FILE " in omics("dtp", "--help", installed=True).out


@pytest.mark.parametrize("words", [(), ("widgets",), ("widgets", "get-widget"), ("sandbox", "up")])
def test_help_may_stand_before_any_of_the_words(omics, words):
    expected = omics(*words, "--help").out
    for at in range(len(words) + (1 if len(words) < 2 else 0)):
        assert omics(*words[:at], "help", *words[at:]).out == expected


def test_help_on_what_does_not_exist_reports_it(omics):
    ran = omics("widgets", "help", "get-wigdet")
    assert ran.code == 2
    assert "widgets: unknown command 'get-wigdet'. Did you mean get-widget?" in ran.err


def test_percent_signs_and_defaults_are_shown(omics):
    out = omics("widgets", "get-widgets", "--help").out
    assert "100% of the time" in out
    assert "How many a page, %d. Default: 2." in out
    assert "\n\n- one\n- two\n" in out
    assert "--no-paginate" in out


def test_a_default_of_signs_is_shown_without_a_full_stop(omics):
    lines = omics("dtp", "download", "--help", installed=True).out.splitlines()
    assert any(line.endswith("Default: .") for line in lines)


@pytest.mark.parametrize("words", [("dss", "download"), ("gen3", "download"), ("cp",), ("sync",)])
def test_how_long_a_server_is_waited_for_is_in_the_help_of_transfers(omics, words):
    out = omics(*words, "--help", installed=True).out
    for option in (
        "--min-rate",
        "--stall-timeout",
        "--renewals",
        "--max-wait",
        "--time-budget",
        "--resume-unvalidated",
    ):
        assert f"  {option}" in out
    assert "--require-checksum" in out


def test_the_first_page_is_short_and_all_has_the_rest(omics):
    page, everything = (omics(*words, installed=True).out for words in (("--help",), ("help", "--all")))
    lines = page.splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 80
    assert all(any(f"  {word} " in line for line in lines) for word in ("get", "ls", "azul", "codegen", "login"))
    assert all(name in page for name in ("GDC", "ENA", "SRA", "Terra", "HCA"))
    assert "Do nothing" not in page
    assert {"  clear-hca-cache", "  --call-timeout TIME", "  mcp"} <= {
        line[:26].rstrip() for line in everything.splitlines()
    }


def test_how_long_a_call_is_waited_for_is_in_the_help(omics):
    out = omics("--help", "--all").out
    assert "  --call-timeout" in out
    assert "  --call-budget" in out


def test_deleting_commands_show_dry_run(omics):
    assert "--dry-run" in omics("widgets", "delete-widget", "--help").out
    assert "--dry-run" not in omics("widgets", "put-widget", "--help").out


def test_a_service_lists_workflows_and_operations(omics):
    out = omics("widgets", "--help").out
    assert (
        out.index("Workflows:") < out.index("  download-manifest") < out.index("Operations:") < out.index("  get-blob")
    )


@given(TEXT, TEXT, st.integers(20, 100))
def test_any_text_is_shown_within_the_width(summary, text, width):
    argument = {"name": "x", "type": "string", "help": text}
    command = {"command": "c", "summary": summary, "description": text, "parameters": [argument]}
    shown = command_help(CommandNode(Catalog(), ["s", "c"], "s", command), width)
    for line in shown.splitlines():
        # What Markdown marks as code stays as it is.
        assert (
            len(line) <= width
            or line.startswith(("    ", "|"))
            or " " not in line.strip()
            or "|" in line
            or "```" in text
        )


@given(st.lists(st.text(alphabet="abc", min_size=1, max_size=12)), st.integers(5, 40))
def test_wrapping_loses_no_word(words, width):
    lines = wrapped(words, width)
    assert " ".join(lines).split() == words
    assert all(len(line) <= width or " " not in line for line in lines)


@pytest.mark.parametrize(
    ("columns", "width"),
    [
        ("72", 72),
        ("40", 40),
        ("10", 20),
        ("0", 80),
        ("1000", 100),
        ("100000", 80),
        ("nonsense", 80),
        ("", 80),
        ("²", 80),
        ("9" * 5000, 80),
    ],
)
def test_the_width_is_the_terminals_within_reason(monkeypatch, columns, width):
    from omicsdk.cli.help import terminal_width

    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", lambda _: (_ for _ in ()).throw(OSError))
    assert terminal_width() == width


def test_the_width_is_that_of_stdout(monkeypatch):
    monkeypatch.setenv("COLUMNS", "")
    monkeypatch.setattr("os.get_terminal_size", lambda descriptor: os.terminal_size((40 + descriptor, 24)))
    assert columns() == 41


def test_a_narrow_terminal_has_explanations_below(omics, monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    for words in ((), ("widgets",), ("widgets", "get-widget")):
        out = omics(*words, "--help").out
        assert [line for line in out.splitlines() if len(line) > 40 and not line.startswith("  --")] == []
    assert "\n  --replica {aws,gcp}\n" in out
    title, _, text = omics("help", "credentials").out.partition("\n\n")
    assert max(map(len, title.splitlines())) <= 40
    assert text.startswith("omics init shows the credentials of each")
    assert "\n      JMESPath expression that selects\n" in omics("--help", "--all").out
    assert "\n\nHelp on a command: omics widgets\n  <command> --help\n" in omics("widgets", "--help").out


LIMIT = 80

NO_VERBS = ("A", "An", "All", "Every", "It", "Nothing", "Note", "The", "There", "This", "What", "Which", "You", "Your")

AVOIDED = re.compile(
    r"\b(tells?|told|stands?|somebody|nobody|whoever|for good|by hand|goes on|go on|mend|begins anew|so many|so long)\b"
)
"""Words of the vocabulary's list that have no technical meaning, so that they are never right in a help text."""


EVERY_COMMAND = every_command()
GROUPS = by_group(EVERY_COMMAND)


def test_all_commands_are_walked():
    assert len(EVERY_COMMAND) > 1000


@pytest.mark.parametrize("group", GROUPS)
def test_a_summary_is_one_imperative_sentence(group):
    def check(node: CommandNode) -> None:
        summary = node.command.get("summary") or ""
        assert 0 < len(summary) <= LIMIT
        assert re.fullmatch(r"[A-Z][^\n]*[^.]\.", summary), (
            "a sentence begins with a capital and ends with one full stop"
        )
        assert ". " not in summary.replace("e.g. ", ""), "one sentence; the rest belongs to the description"
        first = summary.split()[0].rstrip(",")
        assert first not in NO_VERBS
        assert not re.fullmatch(r"[A-Z][a-z]+[^s]s|[A-Z][a-z]+ing", first), "imperative: List, not Lists or Listing"

    check_each(GROUPS[group], command_line, check)


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_has_a_help_text(group):
    def check(node: CommandNode) -> None:
        shown = [option for option in node.command.get("parameters", []) if "synonym_of" not in option]
        silent = [spelled(option) for option in shown if not (option.get("help") or "").strip()]
        assert silent == []

    check_each(GROUPS[group], command_line, check)


def texts(node: CommandNode) -> Iterator[str]:
    yield node.command.get("summary") or ""
    yield node.command.get("description") or ""
    for option in node.command.get("parameters", []):
        yield option.get("help") or ""


CUSTOM_COMMANDS = by_group(node for node in EVERY_COMMAND if "method" not in node.command)


@pytest.mark.parametrize("group", CUSTOM_COMMANDS)
def test_the_words_are_those_of_technical_english(group):
    def check(node: CommandNode) -> None:
        assert [match[0] for text in texts(node) for match in AVOIDED.finditer(text)] == []

    check_each(CUSTOM_COMMANDS[group], command_line, check)


@pytest.mark.parametrize("group", CUSTOM_COMMANDS)
def test_a_file_or_folder_is_called_so(group):
    def check(node: CommandNode) -> None:
        paths = [
            option
            for option in node.command.get("parameters", [])
            if re.match(r"(New |TOML or JSON )?(File|Folder)\b", option.get("help", ""), re.IGNORECASE)
        ]
        assert [option["name"] for option in paths if placeholder(option) == "TEXT"] == []

    check_each(CUSTOM_COMMANDS[group], command_line, check)


def sentences(path: Path) -> Iterator[str]:
    """The texts of a module that are long enough to be a sentence: literals, and what docstrings say of arguments."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for paragraph in re.split(r"\n\s*\n|\n(?=\s+\w+: )", node.value):
                text = re.sub(r"^\s*\w+: ", "", " ".join(paragraph.split()))
                if len(text) > 50 and " " in text and not text.startswith("omicsdk."):
                    yield text


def test_no_help_text_is_stated_in_two_places():
    shown = {" ".join(text.split()) for group in CUSTOM_COMMANDS.values() for node in group for text in texts(node)} | {
        argument["help"] for argument in GLOBALS
    }
    modules = Path(omicsdk.cli.__file__).parent.rglob("*.py")
    places = Counter(text for module in modules for text in sentences(module))
    assert [text for text, count in places.items() if count > 1 and text in shown] == []


BEYOND = {"|", ">", ">>", "<", "&&", ";"}
"""Where the shell's part of a line begins."""

HANDWRITTEN = handwritten()
WRITTEN = by_group(HANDWRITTEN)


def lines_of(node: CommandNode) -> list[str]:
    lines = (node.command.get("description") or "").replace("\\\n", " ").splitlines()
    shown = [line.strip() for line in lines if line.startswith("    ") and "omics " in line]
    return [*shown, *node.command.get("examples", [])]


def typed(line: str) -> list[str]:
    """The words after `omics`, without what the shell does with them."""
    command = line.partition("$(")[2].rpartition(")")[0] if "$(" in line else line
    words = shlex.split(command, comments=True)
    words = words[words.index("omics") + 1 :]
    ends = [number for number, word in enumerate(words) if word in BEYOND]
    return words[: ends[0]] if ends else words


def test_all_of_them_are_examined():
    assert len(HANDWRITTEN) > 190


@pytest.mark.parametrize("group", WRITTEN)
def test_a_command_has_examples_that_can_be_typed(group, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def check(leaf: CommandNode) -> None:
        lines = lines_of(leaf)
        assert lines, "no example"
        examples = [line for line in lines if typed(line)[: len(leaf.path)] == leaf.path]
        assert examples, f"no example shows the command itself: {lines}"
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

    check_each(WRITTEN[group], typed_line, check)


def words_in(name: str) -> list[list[str]]:
    """The words of each line of a list beside this file."""
    text = (Path(__file__).parents[2] / "data" / "cli" / name).read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and not line.startswith("#")]


DOCUMENTED, USAGE = words_in("documented_commands.txt"), words_in("documented_usage.txt")
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


def command_at(path: list[str]) -> CommandNode:
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
        parameters = own_arguments(command_at(path).command)
        options = {
            spelling
            for argument in [*parameters, *global_arguments(parameters, GLOBALS)]
            for spelling in spellings(argument)
        }
        names = [name for argument in arguments for name in argument.removesuffix("!").split("/")]
        assert [name for name in names if name not in options] == []

    check_each([words for words in [*DOCUMENTED, *USAGE] if words[1:2] != ["help"]], " ".join, check)


def test_nothing_else_is_required():
    def check(words: list[str]) -> None:
        path, arguments = split(words)
        needed = {name for argument in arguments if argument.endswith("!") for name in argument[:-1].split("/")}
        required = {
            spelling
            for argument in own_arguments(command_at(path).command)
            if argument.get("required")
            for spelling in spellings(argument)
        }
        assert {(*path, name) for name in required - needed} <= REQUIRED_BY_THE_SERVICE

    check_each([words for words in DOCUMENTED if words[1:2] != ["help"]], " ".join, check)


def test_what_stands_before_a_command_is_here_too():
    options = {spelling for argument in GLOBALS for spelling in flags(argument)}
    assert {"-h", "--help", "--version", "--log-level"} <= options
    levels = next(argument for argument in GLOBALS if argument["name"] == "log-level").get("choices")
    assert set(levels or ()) == {"CRITICAL", "WARNING", "DEBUG", "ERROR", "INFO"}


def test_all_documented_commands_are_listed():
    groups = [words[0] for words in DOCUMENTED if len(words) > 1 and not words[1].startswith("-")]
    assert [groups.count(group) for group in ("upload", "dss", "auth")] == [9, 30, 55]
    assert len(USAGE) == 72


PANGEA = commands_of(SERVICES["pangea"])
EXAMPLES = [example for command in PANGEA for example in command.get("examples", [])]


def located(words: list[str]) -> tuple[CommandNode, list[str]]:
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
        command, rest = located(words[1:])
        parse(command.command, rest, GLOBALS)

    check_each(EXAMPLES, str, check)


def test_every_command_can_be_run_and_states_what_it_does():
    service = Catalog().start("pangea")
    assert isinstance(service, Group)
    commands = list(all_commands(service))
    assert len(commands) == len(PANGEA)
    for node in commands:
        assert "name" in node.command or callable(loaded(node.command["run"]))
        assert str(node.command["summary"]).endswith(".")
        assert all(argument.get("help") or "synonym_of" in argument for argument in node.command["parameters"])
