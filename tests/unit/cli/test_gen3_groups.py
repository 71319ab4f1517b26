"""The command tree of `omics gen3`: nested groups, options before them, and every operation below `api`."""

import pytest
from gen3_command import gen3_command
from omicsdk.cli.arguments import loaded
from omicsdk.cli.catalog import Catalog
from omicsdk.cli.program import CommandNode, Group

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
        for found in group.visible_commands():
            if "run" in found.command:
                assert callable(loaded(found.command["run"])), found.path


def _groups(group):
    yield group
    for below in group.below():
        yield from _groups(below)


@pytest.mark.parametrize("service", SERVICES)
def test_operations_are_below_api(service):
    group = Catalog().start("gen3").child("api").child(service)
    names = [found.command["name"] for found in group.visible_commands()]
    assert len(names) > 5
    found = group.visible_commands()[0]
    assert isinstance(found, CommandNode)
    assert {argument["name"] for argument in found.command["parameters"]} >= {"auth", "endpoint"}
