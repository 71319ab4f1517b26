"""The commands that are really there: every one of them, walked."""

import pytest
from handwritten import by_group, every_command, handwritten, line
from omicsdk.cli.arguments import flags, global_arguments, key, loaded, own_arguments
from omicsdk.cli.catalog import GLOBALS
from omicsdk.cli.help import command_help
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode
from rows import check_each

OPERATIONS = {
    *("post-search", "head-file", "get-file", "put-file", "get-subscriptions", "put-subscription", "get-subscription"),
    *("delete-subscription", "get-collections", "put-collection", "get-collection", "patch-collection"),
    *("delete-collection", "get-bundles-all", "get-bundle", "put-bundle", "patch-bundle", "delete-bundle"),
    *("post-bundles-checkout", "get-bundles-checkout", "get-events", "get-event"),
}
WORKFLOWS = {
    *("upload", "download", "download-manifest", "download-collection", "create-version"),
    *("login", "logout", "refresh-swagger"),
}
OURS = {"listen"}


GROUPS = by_group(every_command())


def test_the_data_stores_documented_commands_are_all_there():
    words = {found.path[1] for found in GROUPS["dss"] if len(found.path) == 2}
    assert words == OPERATIONS | WORKFLOWS | OURS


@pytest.mark.parametrize("group", GROUPS)
def test_options_do_not_clash_and_a_commands_own_win(group):
    def check(found: CommandNode) -> None:
        own = [argument for argument in own_arguments(found.command) if not argument.get("positional")]
        spellings = [spelling for argument in own for spelling in flags(argument)]
        assert len(spellings) == len(set(spellings))
        after = [spelling for argument in global_arguments(own, GLOBALS) for spelling in flags(argument)]
        assert not set(after) & set(spellings)
        everywhere = {spelling for argument in GLOBALS for spelling in flags(argument)}
        assert everywhere <= set(spellings) | set(after)
        keys = [key(argument) for argument in own if not (argument.get("negates") or "value" in argument)]
        assert len(set(keys)) == len(keys)

    check_each(GROUPS[group], line, check)


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_is_in_the_help_and_takes_what_it_states(group):
    def check(found: CommandNode) -> None:
        shown = command_help(found, 80)
        words: list[str] = []
        positional: list[str] = []
        own = [each for each in own_arguments(found.command) if "synonym_of" not in each]
        for argument in own:
            kind = argument.get("type")
            value = {"integer": "1", "number": "1.5", "object": "{}", "boolean": "true"}.get(str(kind), "x")
            if argument.get("choices"):
                value = str(argument["choices"][0])
            elif argument["name"] == "platform":
                value = "sb"
            elif str(argument.get("convert")).endswith(":project_id"):
                value = "me/my-project"
            elif argument["name"].endswith("delimiter"):
                value = ","
            elif argument["name"] in ("progress_every", "metrics"):
                value = {"progress_every": "5m", "metrics": "otlp"}[argument["name"]]
            elif argument.get("convert") and kind == "string":
                value = "2019-08-01"
            elif kind == "array":
                value = "{}" if argument.get("items") == "object" else "x"
            if argument.get("positional"):
                positional.append(value)
                continue
            assert f" {flags(argument)[-1]}" in shown
            if argument.get("negates") or "value" in argument:
                continue  # the other one of two switches that are mutually exclusive
            words += [flags(argument)[-1]] if argument.get("flag") else [f"{flags(argument)[-1]}={value}"]
        values, after = parse(found.command, [*positional, *words], GLOBALS)
        assert values.keys() == {key(argument) for argument in own}
        assert after == {}

    check_each(GROUPS[group], line, check)


def test_what_runs_a_handwritten_command_is_there():
    def check(found: CommandNode) -> None:
        assert callable(loaded(found.command["run"]))

    check_each(handwritten(), line, check)
