"""Options of all commands: their values, and which of them a command leaves free."""

import pytest
from omicsdk.cli.arguments import flags, general_options, global_arguments, split_globals, value
from omicsdk.core import UsageError


def test_general_options_state_their_values():
    options = {option["name"]: option for option in general_options()}
    assert options["output"].get("choices") == ["json", "jsonl", "table", "tsv"]
    levels = options["log-level"]
    assert (levels.get("choices"), levels.get("default")) == (["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], "INFO")
    texts = [option.get("help", "") for option in options.values()]
    assert [text for text in texts if text[-1:] not in (".", ")") or text.endswith("..")] == []


def test_a_command_leaves_spellings_free_that_it_has_for_options():
    quiet, short = {"name": "quiet", "short": "-q"}, {"name": "q", "short": "-q", "also": ["--quality"]}
    assert (flags(quiet), flags(short)) == (["-q", "--quiet"], ["-q", "--quality"])
    assert global_arguments([{"name": "quiet", "positional": True}], [quiet]) == [quiet]
    assert global_arguments([short], [quiet]) == [{"name": "quiet"}]
    assert global_arguments([{"name": "quiet"}], [quiet]) == [{"name": "q", "short": "-q"}]


def test_options_of_a_service_before_a_command_have_their_values():
    site = value("site", "A site.")
    assert split_globals(["--site", "x"], [], [site]) == ([], ["--site", "x"], [])
    assert split_globals(["--site=x", "ls", "--all"], [], [site]) == ([], ["--site=x"], ["ls", "--all"])
    with pytest.raises(UsageError, match="--site: expected one argument"):
        split_globals(["--site"], [], [site])
