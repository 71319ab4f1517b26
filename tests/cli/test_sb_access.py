"""Where `omics sb` finds its platform and token, and where its commands stand."""

import httpx
import pytest
from omicsdk.cli.catalog import Catalog, Found, Group
from omicsdk.cli.commands.sb.access import chosen, connect, told_rate_limit
from omicsdk.core.clock import ManualClock
from omicsdk.core.errors import ConfigError, UsageError
from omicsdk.sandbox.traffic.faults import Rule
from omicsdk.sb import Api

CREDENTIALS = """
[default]
api_endpoint = https://default.example.org/v2
auth_token = of-default

[cgc]
api_endpoint = https://cgc.example.org/v2
auth_token = 50%-of-cgc
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home folder with two profiles, and no variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("SB_API_ENDPOINT", "SB_AUTH_TOKEN", "SB_PROFILE", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / ".sevenbridges").mkdir()
    (tmp_path / ".sevenbridges" / "credentials").write_text(CREDENTIALS)
    return tmp_path


def test_a_profile_says_where_and_who(home):
    assert chosen(None, None, None)[:2] == ("https://default.example.org/v2", "of-default")
    assert chosen(None, None, "cgc")[:2] == ("https://cgc.example.org/v2", "50%-of-cgc")
    assert chosen(None, "mine", "cgc")[:2] == ("https://cgc.example.org/v2", "mine")
    with pytest.raises(ConfigError, match="no profile 'other'"):
        chosen(None, None, "other")


def test_variables_go_before_the_default_profile(home, monkeypatch):
    monkeypatch.setenv("SB_API_ENDPOINT", "https://set.example.org/v2")
    assert chosen(None, None, None)[1] == "of-default"
    assert chosen(None, "mine", None)[:2] == ("https://set.example.org/v2", "mine")
    monkeypatch.setenv("SB_AUTH_TOKEN", "set")
    assert chosen(None, None, None)[:2] == ("https://set.example.org/v2", "set")
    assert chosen(None, None, "cgc")[1] == "50%-of-cgc"
    monkeypatch.setenv("SB_PROFILE", "cgc")
    assert chosen(None, None, None)[1] == "set"
    monkeypatch.delenv("SB_AUTH_TOKEN")
    assert chosen(None, None, None)[1] == "50%-of-cgc"


def test_a_token_goes_to_no_platform_that_it_was_not_found_beside(home):
    assert chosen("https://other.example.org/v2", "mine", None)[:2] == ("https://other.example.org/v2", "mine")
    assert chosen("https://default.example.org/v2/", None, None)[1] == "of-default"
    with pytest.raises(UsageError, match=r"no token for https://other"):
        chosen("https://other.example.org/v2", None, None)
    with pytest.raises(UsageError, match="--profile and --base-url"):
        chosen("https://other.example.org/v2", None, "cgc")


def test_nothing_at_all_says_what_to_set(home):
    (home / ".sevenbridges" / "credentials").unlink()
    with pytest.raises(ConfigError, match="SB_API_ENDPOINT"):
        chosen(None, None, None)


def test_plain_http_is_for_this_machine_alone():
    assert connect("http://127.0.0.1:8080/sb/v2", credentials="t").url == "http://127.0.0.1:8080/sb/v2"
    with pytest.raises(ConfigError, match="https"):
        connect("http://sb.example.org/v2", credentials="t")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://sb.example.org/v2", "isn't https"),
        ("HTTP://10.0.0.7/v2", "isn't https"),
        ("api.sbgenomics.com/v2", "doesn't begin with"),
        ("ftp://x/v2", "doesn't begin with"),
        ("https://sb.example.org:99999/v2", "a port that is no number"),
    ],
)
def test_where_a_token_could_be_read_or_nothing_be_says_what_to_give(home, monkeypatch, omics, url, why):
    monkeypatch.setenv("SB_API_ENDPOINT", url)
    monkeypatch.setenv("SB_AUTH_TOKEN", "secret")
    for name in ("OMICS_SB_URL", "OMICS_SB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    ran = omics("sb", "projects", "ls", installed=True)
    assert (ran.code, ran.stdout) == (2, b"")
    assert "SB_API_ENDPOINT" in ran.err
    assert why in ran.err
    assert "https://" in ran.err or "https URL" in ran.err
    assert "debug" not in ran.err
    assert "secret" not in ran.err
    typed = omics("--base-url", url, "--access-token", "t", "sb", "projects", "ls", installed=True)
    assert (typed.code, "--base-url" in typed.err) == (2, True)


def test_too_many_requests_are_waited_out_and_told(caplog):
    clock = ManualClock()
    answers = iter([429, 200])

    def answer(_):
        headers = {"x-ratelimit-reset": str(clock.now() + 30)}
        return httpx.Response(next(answers), headers=headers, json={"items": []})

    api = Api("https://x/v2", "t", transport=httpx.MockTransport(answer), clock=clock, error_handlers=[told_rate_limit])
    with caplog.at_level("INFO", logger="omicsdk"):
        assert list(api.projects.query()) == []
    assert "takes no more requests for now" in caplog.text


def test_workflows_stand_at_the_top_and_operations_below_api():
    service = Catalog().start("sb")
    assert isinstance(service, Group)
    assert [name for name, _ in service.groups()] == [
        *("files", "tasks", "projects", "apps", "volumes", "imports", "exports", "manifest", "api")
    ]
    assert service.handwritten() == []
    assert service.operations() == []
    commands = {name: [word for word, _ in _group(service, name).handwritten()] for name, _ in service.groups()}
    assert commands == {
        "files": ["ls", "cat", "cp", "mv", "rm", "mkdir", "tag", "metadata", "search", "upload", "download"],
        "tasks": ["ls", "run", "clone", "wait", "logs", "abort"],
        "projects": ["ls", "create", "rm", "members"],
        "apps": ["ls", "get", "install", "copy"],
        "volumes": ["ls"],
        "imports": ["ls", "start", "wait"],
        "exports": ["ls", "start", "wait"],
        "manifest": ["export", "import"],
        "api": [],
    }
    operations = Catalog().operations("sb")
    below = [found.path for found in _group(service, "api").found()]
    assert below == [["sb", "api", operation["command"]] for operation in operations]


def _group(service, name):
    group = service.child(name)
    assert isinstance(group, Group)
    return group


def test_every_command_takes_a_profile_and_can_be_imported():
    from omicsdk.cli.connecting import loaded

    service = Catalog().start("sb")
    assert isinstance(service, Group)
    for group in service.below():
        for found in group.found():
            assert isinstance(found, Found)
            assert [each["name"] for each in found.command.get("parameters", [])].count("profile") == 1
            if "run" in found.command:
                assert callable(loaded(found.command["run"]))
                assert found.command.get("summary", "").endswith(".")


def test_what_is_mistyped_is_suggested(omics):
    assert "Did you mean files?" in omics("sb", "file", installed=True).err
    assert "Did you mean upload?" in omics("sb", "files", "uplaod", installed=True).err
    assert "Did you mean --recursive?" in omics("sb", "files", "ls", "--recursiv", installed=True).err


def test_help_shows_examples(omics):
    for words in (("files", "ls"), ("tasks", "run"), ("apps", "install"), ("manifest", "import")):
        out = omics("sb", *words, "--help", installed=True).out
        assert f"    omics sb {' '.join(words)} " in out
        assert "--profile PROFILE" in out


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
        assert (ran.code, "timed out" in ran.err.lower() or "no answer" in ran.err.lower()) == (1, True), ran.err
