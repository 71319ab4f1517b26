"""Where the commands of `omics gen3` stand: groups within groups, options before them, and every operation below `api`."""

import json
import sys

import pytest
from gen3_command import gen3_command
from omicsdk.cli.catalog import Catalog, Found, Group
from omicsdk.cli.options import loaded
from omicsdk.sandbox.gen3.access import ADMINISTRATOR

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
        for found in group.found():
            if "run" in found.command:
                assert callable(loaded(found.command["run"])), found.path


def _groups(group):
    yield group
    for below in group.below():
        yield from _groups(below)


def test_options_stand_before_the_words_too(gen3, omics, omics_sandbox, monkeypatch, tmp_path):
    key = str(omics_sandbox.gen3_credentials(tmp_path / "mine.json"))
    for name in ("GEN3_API_KEY", "GEN3_ENDPOINT"):
        monkeypatch.delenv(name)
    assert gen3("--auth", key, "auth", "endpoint").out == f"{omics_sandbox.gen3_url}\n"
    assert gen3("auth", f"--auth={key}", "endpoint").code == 0
    assert gen3("--output", "jsonl", "--auth", key, "whoami").out.count("\n") == 1
    assert gen3("--auth", "gone", "whoami", "--auth", key).code == 0
    script = "import os; raise SystemExit(len(os.environ['GEN3_TOKEN']) < 9)"
    assert gen3("--auth", key, "run", sys.executable, "-c", script).code == 0
    unknown = gen3("--aut", key, "whoami")
    assert (unknown.code, "--auth" in unknown.err) == (2, True)
    assert gen3("--auth").code == 2
    assert gen3("--auth", key).out.startswith("Usage: omics gen3")


@pytest.mark.parametrize("service", SERVICES)
def test_operations_are_below_api(service):
    group = Catalog().start("gen3").child("api").child(service)
    names = [found.command["name"] for found in group.found()]
    assert len(names) > 5
    found = group.found()[0]
    assert isinstance(found, Found)
    assert {argument["name"] for argument in found.command["parameters"]} >= {"auth", "endpoint"}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("fence", "get-user-info"), lambda told: told["username"] == ADMINISTRATOR),
        (("indexd", "list-records"), lambda told: told["records"] == []),
        (("sheepdog", "get-programs"), lambda told: told["links"] == []),
        (("peregrine", "query", "--query", "{project{code}}"), lambda told: told == {"data": {"project": []}}),
        (("wts", "get-external-oidc"), lambda told: told == {"providers": []}),
        (("manifest", "list-manifests"), lambda told: told == {"manifests": []}),
        (("arborist", "get-auth-mapping"), lambda told: "/" in told),
    ],
)
def test_operations_are_asked_of_their_service_with_the_login(gen3, words, expected):
    ran = gen3("api", *words)
    assert (ran.code, ran.err) == (0, "")
    assert expected(json.loads(ran.out))


def test_metadata_is_changed_at_the_address_for_that(gen3):
    made = gen3("api", "metadata", "create", "--guid", "dg.1/x", "--body", '{"a": 1}')
    assert made.code == 0, made.err
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").json == {"a": 1}
    planned = gen3("api", "metadata", "delete", "--guid", "dg.1/x", "--dry-run").json
    assert "/mds-admin/metadata/dg.1/x" in planned["url"]
    assert gen3("api", "metadata", "delete", "--guid", "dg.1/x").code == 0
    assert gen3("api", "metadata", "get", "--guid", "dg.1/x").code == 1


def test_a_refused_login_says_what_to_give(gen3, monkeypatch):
    monkeypatch.delenv("GEN3_API_KEY")
    ran = gen3("api", "fence", "get-user-info")
    assert (ran.code, "--access-token FILE" in ran.err) == (4, True)


def test_help_says_what_is_there_and_what_is_not(gen3):
    told = gen3("--help").out
    for said in ("drs-pull", "discovery", "nih, pfb and users"):
        assert said in " ".join(told.split())
    assert "read" in gen3("objects", "manifest", "--help").out
    assert "--output-file" in gen3("objects", "manifest", "read", "--help").out
