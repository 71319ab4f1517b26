"""The platform and token that `omics sb` finds, and its command tree."""

import pytest
from omicsdk.cli.arguments import global_arguments, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.program import CommandNode, Group
from omicsdk.sandbox import Rule


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder without profiles, and no variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_a_profile_wins_over_variables_and_an_address_over_both(home, monkeypatch, omics):
    (home / ".sevenbridges").mkdir()
    file = home / ".sevenbridges" / "credentials"
    file.write_text("[cgc]\napi_endpoint = http://cgc.example.org/v2\nauth_token = t\n")
    file.chmod(0o600)
    monkeypatch.setenv("OMICS_SB_URL", "http://variable.example.org/v2")
    monkeypatch.setenv("OMICS_SB_TOKEN", "t")
    for words, host in (
        (("--profile", "cgc"), "cgc"),
        (("--profile", "cgc", "--base-url", "http://typed.example.org/v2", "--access-token", "t"), "typed"),
        ((), "variable"),
    ):
        before = omics(*words, "sb", "projects", "ls", installed=True)
        after = omics("sb", "projects", "ls", *words, installed=True)
        # Plain http is refused before anything is sent, and the refusal names the address.
        assert before.err == after.err
        assert f"http://{host}.example.org/v2 is not https" in after.err


def test_workflows_stand_at_the_top_and_operations_below_api():
    service = Catalog().start("sb")
    assert isinstance(service, Group)
    assert [name for name, _ in service.groups()] == [
        *("files", "tasks", "projects", "members", "apps", "volumes", "imports", "exports", "manifest", "api")
    ]
    assert service.handwritten() == []
    assert service.operations() == []
    commands = {name: [word for word, _ in _group(service, name).handwritten()] for name, _ in service.groups()}
    assert commands == {
        "files": [
            *("ls", "get", "cat", "cp", "mv", "rm", "mkdir", "update", "tag", "metadata", "search", "upload"),
            "download",
        ],
        "tasks": ["ls", "get", "create", "run", "clone", "update", "wait", "logs", "abort", "rm"],
        "projects": ["ls", "get", "create", "update", "rm", "members"],
        "members": ["ls", "get", "create", "rm"],
        "apps": ["ls", "get", "create", "cp"],
        "volumes": ["ls", "get", "create", "update", "rm"],
        "imports": ["ls", "get", "create", "wait"],
        "exports": ["ls", "get", "create", "wait"],
        "manifest": ["export", "import"],
        "api": [],
    }
    operations = Catalog().operations("sb")
    below = [found.path for found in _group(service, "api").visible_commands()]
    assert below == [["sb", "api", operation["command"]] for operation in operations]


def _group(service, name):
    group = service.child(name)
    assert isinstance(group, Group)
    return group


def test_every_command_takes_a_profile_and_can_be_imported():
    from omicsdk.cli.arguments import loaded

    service = Catalog().start("sb")
    assert isinstance(service, Group)
    for group in service.below():
        for found in group.visible_commands():
            assert isinstance(found, CommandNode)
            taken = [each["name"] for each in found.command.get("parameters", [])]
            assert [*taken, *(each["name"] for each in global_arguments(own_arguments(found.command), GLOBALS))].count(
                "profile"
            ) == 1
            if "run" in found.command:
                assert callable(loaded(found.command["run"]))
                assert found.command.get("summary", "").endswith(".")


@pytest.mark.sandbox
def test_the_time_that_calls_may_take_reaches_the_platform(sb, omics_sandbox, monkeypatch):
    def wait(self, seconds):
        raise AssertionError(f"{seconds} s were waited for")

    monkeypatch.setattr("omicsdk.core.clock.SystemClock.sleep", wait)
    for fault in (
        Rule("status", path="/sb/*", status=503, retry_after=30),
        Rule("status", path="/sb/*", status=429, retry_after=30),
        Rule("status", path="/sb/*", status=503, code="0"),
    ):
        omics_sandbox.fault_book.clear()
        omics_sandbox.add_faults(fault)
        for words in (("projects", "ls"), ("api", "list-projects"), ("files", "ls", "sb://sandbox-user/p")):
            ran = sb(*words, "--call-budget", "20")
            assert (ran.code, str(fault.status) in ran.err) == (1, True), ran.err
    omics_sandbox.fault_book.clear()
    omics_sandbox.add_faults(Rule("stall", path="/sb/*"))
    for words in (("projects", "ls"), ("api", "list-projects"), ("files", "ls", "sb://sandbox-user/p")):
        ran = sb(*words, "--call-timeout", "0.2", "--call-budget", "0.2s")
        assert (ran.code, "timed out" in ran.err.lower() or "no response" in ran.err.lower()) == (1, True), ran.err


def test_switches_stand_alone():
    service = Catalog().start("sb")
    assert isinstance(service, Group)
    switches = [
        (found.path, each["name"], each.get("flag"))
        for group in service.below()
        if group.path[-1] != "api"
        for found in group.visible_commands()
        for each in found.command.get("parameters", [])
        if each.get("type") == "boolean" and each.get("default") is False
    ]
    assert len(switches) > 30
    assert [each for each in switches if not each[2]] == []
