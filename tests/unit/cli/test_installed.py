"""What an installed program has; groups of Gen3."""

import pytest
from handwritten import by_group, every_command, handwritten, line
from omicsdk.cli.arguments import flags, global_arguments, key, loaded, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.help import command_help
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode, Group
from rows import check_each
from service_command import gen3_command

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
    words = {node.path[1] for node in GROUPS["dss"] if len(node.path) == 2}
    assert words == OPERATIONS | WORKFLOWS | OURS


@pytest.mark.parametrize("group", GROUPS)
def test_options_do_not_clash_and_a_commands_own_win(group):
    def check(node: CommandNode) -> None:
        arguments = [argument for argument in own_arguments(node.command) if not argument.get("positional")]
        spellings = [spelling for argument in arguments for spelling in flags(argument)]
        assert len(spellings) == len(set(spellings))
        after = [spelling for argument in global_arguments(arguments, GLOBALS) for spelling in flags(argument)]
        assert not set(after) & set(spellings)
        everywhere = {spelling for argument in GLOBALS for spelling in flags(argument)}
        assert everywhere <= set(spellings) | set(after)
        keys = [key(argument) for argument in arguments if not (argument.get("negates") or "value" in argument)]
        assert len(set(keys)) == len(keys)

    check_each(GROUPS[group], line, check)


@pytest.mark.parametrize("group", GROUPS)
def test_every_option_is_in_the_help_and_takes_what_it_states(group):
    def check(node: CommandNode) -> None:
        shown = command_help(node, 80)
        words: list[str] = []
        positional: list[str] = []
        arguments = [argument for argument in own_arguments(node.command) if "synonym_of" not in argument]
        for argument in arguments:
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
        values, after = parse(node.command, [*positional, *words], GLOBALS)
        assert values.keys() == {key(argument) for argument in arguments}
        assert after == {}

    check_each(GROUPS[group], line, check)


def test_what_runs_a_handwritten_command_is_there():
    def check(node: CommandNode) -> None:
        assert callable(loaded(node.command["run"]))

    check_each(handwritten(), line, check)


DOCUMENTED = {
    "auth": ["access-token", "curl", "endpoint", "token-decode", "wts-endpoint", "wts-list"],
    "drs-pull": ["manifest", "object", "objects", "ls"],
    "file": ["download-single"],
    "objects manifest": [
        *("read", "verify", "validate-manifest-format", "publish", "delete-all-guids"),
        *("merge", "diff"),  # ours
    ],
    "objects crosswalk": ["publish", "read", "verify", "delete"],
    "discovery": ["read", "combine", "publish", "delete"],
    "discovery objects": ["read", "publish", "delete"],
    "wss": ["ls", "cp", "rm", "download-url", "upload-url"],
}
SERVICES = ["arborist", "fence", "indexd", "manifest", "metadata", "peregrine", "sheepdog", "wts"]


@pytest.fixture
def gen3(omics, omics_sandbox, monkeypatch, tmp_path):
    return gen3_command(omics, omics_sandbox, monkeypatch, tmp_path)


@pytest.mark.parametrize("words", DOCUMENTED)
def test_gen3_s_groups_and_commands_are_under_their_names(words):
    node = Catalog().start("gen3")
    for word in words.split():
        assert isinstance(node, Group)
        node = node.child(word)
    assert isinstance(node, Group)
    assert node.path == ["gen3", *words.split()]
    assert {name for name, _ in node.handwritten()} >= {*DOCUMENTED[words]}


def test_every_command_s_function_is_there():
    for group in _groups(Catalog().start("gen3")):
        for node in group.visible_commands():
            if "run" in node.command:
                assert callable(loaded(node.command["run"])), node.path


def _groups(group):
    yield group
    for below in group.below():
        yield from _groups(below)


@pytest.mark.parametrize("service", SERVICES)
def test_operations_are_below_api(service):
    group = Catalog().start("gen3").child("api").child(service)
    names = [node.command["name"] for node in group.visible_commands()]
    assert len(names) > 5
    node = group.visible_commands()[0]
    assert isinstance(node, CommandNode)
    assert {argument["name"] for argument in node.command["parameters"]} >= {"auth", "endpoint"}
