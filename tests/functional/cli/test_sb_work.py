"""`omics sb`: tasks and apps, credentials and rights."""

import json
import signal
from pathlib import Path

import pytest
from omicsdk.cli.arguments import global_arguments, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.program import CommandNode, Group
from omicsdk.sandbox import Rule

pytestmark = pytest.mark.sandbox

P = "sb://sandbox-user/p"
TOOL = {
    "class": "CommandLineTool",
    "cwlVersion": "v1.2",
    "id": "echo",
    "label": "echo",
    "baseCommand": "cat",
    "inputs": [{"id": "reads", "type": "File"}, {"id": "threads", "type": ["null", "int"]}],
    "outputs": [{"id": "out", "type": "stdout"}],
    "stdout": "out.txt",
}


@pytest.fixture
def quick(omics_sandbox):
    """Tasks that are over as soon as they are examined."""
    omics_sandbox.settings.turn({"sb.task_queue_seconds": 0, "sb.task_seconds": 0})


@pytest.fixture
def app(sb):
    """An app in the project, and a file for it."""
    Path("echo.cwl").write_text(json.dumps(TOOL))
    ran = sb("apps", "install", "echo.cwl", "sandbox-user/p/echo")
    assert ran.code == 0, ran.err
    Path("a.txt").write_text("a\n")
    assert sb("files", "upload", "a.txt", f"{P}/").code == 0
    return sb


RUN = ("tasks", "run", "--app", "sandbox-user/p/echo", "--project", "sandbox-user/p")


# -- apps


def test_an_app_is_installed_then_has_revisions(app):
    assert app("apps", "ls", "--project", P).json[0]["name"] == "echo"
    Path("echo.yaml").write_text(json.dumps({**TOOL, "baseCommand": "tac"}))
    second = app("apps", "install", "echo.yaml", f"{P}/echo", "--note", "turned around")
    assert (second.code, second.json["revision"]) == (0, 1)
    assert "revision 1" in second.err
    raw = app(
        "api",
        "get-raw-app-revision",
        *("--owner", "sandbox-user"),
        *("--project", "p"),
        "--app",
        "echo",
        "--revision",
        "1",
    )
    assert raw.json["sbg:revisionNotes"] == "turned around"
    assert app("apps", "install", "echo.cwl", f"{P}/echo/3").code == 2


def test_an_app_is_shown_without_being_sent(sb):
    Path("echo.cwl").write_text(json.dumps(TOOL))
    ran = sb("apps", "install", "echo.cwl", "sandbox-user/p/echo", "--dry-run")
    assert ran.json == TOOL
    assert sb("apps", "ls", "--project", "sandbox-user/p").json == []
    Path("wrong.cwl").write_text("{}")
    assert sb("apps", "install", "wrong.cwl", "sandbox-user/p/echo").code == 2
    assert sb("apps", "install", "nothing.cwl", "sandbox-user/p/echo").code == 2


def test_an_app_is_copied(app):
    ran = app("apps", "copy", "sandbox-user/p/echo", P, "--name", "twin")
    assert ran.code == 0, ran.err
    assert {row["name"] for row in app("apps", "ls", "--project", P).json} >= {"echo", "twin"}
    assert app("apps", "copy", "sandbox-user/p/nothing", P).code == 1


def test_the_document_of_an_app_is_printed(app):
    printed = app("apps", "get", "sandbox-user/p/echo")
    assert printed.code == 0, printed.err
    assert printed.json["baseCommand"] == "cat"
    Path("again.cwl").write_bytes(printed.stdout)
    assert app("apps", "install", "again.cwl", "sandbox-user/p/echo").json["revision"] == 1
    assert app("apps", "get", "sandbox-user/p/echo/0").json["baseCommand"] == "cat"
    assert app("apps", "get", "sandbox-user/p/echo", tty=True).out.startswith("{\n")
    assert app("apps", "get", "sandbox-user/p/none").code == 1
    assert app("apps", "get", "sandbox-user/p").code == 2


# -- tasks


def test_a_task_runs_until_it_is_over(app, quick):
    ran = app(*RUN, "--input", f"reads={P}/a.txt", "threads=2", "--name", "first", "--wait")
    assert ran.code == 0, ran.err
    assert [(row["name"], row["status"]) for row in ran.json] == [("first", "COMPLETED")]
    assert f"first ({ran.json[0]['id']}): " in ran.err
    assert (
        "COMPLETED: The task was completed, but nothing was run (the sandbox was started without --run-tools)"
        in ran.err
    )
    listed = app("tasks", "ls", "--project", P, "--status", "COMPLETED").json
    assert [row["id"] for row in listed] == [ran.json[0]["id"]]
    assert app("tasks", "ls", "--status", "FAILED").json == []


def test_logs_of_a_task(app, quick):
    task = app(*RUN, "--input", f"reads={P}/a.txt", "--name", "noisy", "--wait").json[0]["id"]
    rows = app("tasks", "logs", task)
    assert rows.code == 0, rows.err
    assert {row["log"] for row in rows.json} == {"stdout.log", "stderr.log"}
    ran = app("tasks", "logs", task, "--log", "stdout.log")
    assert "of noisy" in ran.out
    assert app("tasks", "logs", task, "--log", "stdout.log", "--output", "json").json[0]["text"].endswith("of noisy\n")
    copied = app("tasks", "logs", task, "--download-dir", "logs")
    assert copied.code == 0, copied.err
    job = rows.json[0]["job"]
    assert "of noisy" in Path("logs", job, "stdout.log").read_text()
    assert "no such logs" in app("tasks", "logs", task, "--log", "nothing").err
    assert app("tasks", "logs", task, "--job", "nothing").json == []


def test_a_task_that_fails_ends_the_command_with_1(app, quick, omics_sandbox):
    omics_sandbox.settings.turn({"sb.failing_tasks": "bad*"})
    ran = app(*RUN, "--input", f"reads={P}/a.txt", "--name", "bad one", "--wait")
    assert (ran.code, ran.json[0]["status"]) == (1, "FAILED")
    assert "bad one is FAILED" in ran.err
    good = app(*RUN, "--input", f"reads={P}/a.txt", "--name", "good", "--wait").json[0]["id"]
    both = app("tasks", "wait", ran.json[0]["id"], good)
    assert (both.code, len(both.json)) == (3, 2)
    draft = app(*RUN, "--input", f"reads={P}/a.txt", "--name", "bad too", "--draft").json["id"]
    assert app("tasks", "run", draft, draft, "--wait").code == 1


def test_a_draft_is_run_later(app, omics_sandbox):
    made = app(*RUN, "--input", f"reads={P}/a.txt", "--name", "later", "--draft")
    assert made.json["status"] == "DRAFT"
    waits = app("tasks", "wait", made.json["id"])
    assert (waits.code, "is a draft" in waits.err) == (2, True)
    ran = app("tasks", "run", made.json["id"])
    assert ran.json[0]["status"] in ("QUEUED", "RUNNING")
    omics_sandbox.finish()
    assert app("tasks", "wait", made.json["id"]).json[0]["status"] == "COMPLETED"


def test_inputs_that_are_missing_leave_a_draft(app):
    ran = app(*RUN, "--name", "without")
    assert (ran.code, ran.stdout) == (1, b"")
    assert "as a draft" in ran.err
    assert app("tasks", "ls", "--status", "DRAFT").json[0]["name"] == "without"


def test_tasks_are_stopped(app):
    task = app(*RUN, "--input", f"reads={P}/a.txt").json
    assert task["name"] == "echo"
    assert app("tasks", "abort", task["id"]).json[0]["status"] in ("ABORTED", "ABORTING")
    again = app("tasks", "abort", task["id"], "00000000-0000-4000-8000-000000000000")
    assert (again.code, again.json) in ((1, []), (3, []))
    assert "00000000-0000-4000-8000-000000000000" in again.err
    drafts = [app(*RUN, "--input", f"reads={P}/a.txt", "--draft").json["id"] for _ in range(2)]
    some = app("tasks", "run", *drafts, "00000000-0000-4000-8000-000000000000")
    assert (some.code, [row["id"] for row in some.json]) == (3, drafts)


def test_a_task_is_done_again(app, quick):
    first = app(*RUN, "--input", f"reads={P}/a.txt", "threads=2", "--name", "first", "--wait").json[0]["id"]
    again = app("tasks", "clone", first, "--wait")
    assert again.code == 0, again.err
    assert (again.json[0]["status"], again.json[0]["id"] != first) == ("COMPLETED", True)
    other = app("tasks", "clone", first, "--name", "other", "--input", "threads=8", "--draft")
    assert other.code == 0, other.err
    assert (other.json["status"], other.json["name"]) == ("DRAFT", "other")
    inputs = app("api", "get-task", "--task-id", other.json["id"]).json["inputs"]
    assert (inputs["threads"], inputs["reads"]["name"]) == (8, "a.txt")
    assert app("tasks", "clone", first, "--input", "threads=3").json["status"] != "DRAFT"
    assert app("tasks", "clone", first, "--draft", "--wait").code == 2
    assert app("tasks", "clone", "nope").code == 1


def test_a_task_that_does_not_exist_states_where_its_id_is_found(app):
    ran = app("tasks", "wait", "nope")
    assert (ran.code, ran.stdout) == (1, b"")
    assert "Task nope: " in ran.err
    assert "omics sb tasks ls" in ran.err


def test_tasks_that_take_too_long_are_named(app):
    task = app(*RUN, "--input", f"reads={P}/a.txt").json["id"]
    ran = app("tasks", "wait", task, "--timeout-seconds", "0.001")
    assert (ran.code, f"({task}) have not ended after 0.001 s. They continue" in ran.err) == (1, True)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_stops_waiting_is_reported_what_continues(app, monkeypatch, number, code):
    task = app(*RUN, "--input", f"reads={P}/a.txt").json["id"]
    monkeypatch.setattr("omicsdk.core.clock.SystemClock.sleep", lambda *_: signal.raise_signal(number))
    ran = app("tasks", "wait", task, "--quiet")
    assert (ran.code, ran.stdout) == (code, b"")
    assert f"Tasks continue: {task}. Wait again: omics sb tasks wait" in ran.err


def test_batches_have_children(app, omics_sandbox):
    Path("b.txt").write_text("b\n")
    assert app("files", "upload", "b.txt", f"{P}/").code == 0
    ran = app(*RUN, "--input", f"reads={P}/a.txt", f"reads={P}/b.txt", "--batch-input", "reads", "--batch-by", "item")
    assert ran.code == 0, ran.err
    omics_sandbox.finish()
    children = app("tasks", "ls", "--parent", ran.json["id"]).json
    assert len(children) == 2
    assert {row["task"] for row in app("tasks", "logs", ran.json["id"]).json} == {row["id"] for row in children}
    logs = app("tasks", "logs", ran.json["id"], "--log", "stdout.log")
    assert logs.out.count("==> ") == 2


@pytest.mark.parametrize(
    "words",
    [
        ("tasks", "run"),
        ("tasks", "run", "some-id", "--app", "a/b/c"),
        ("tasks", "run", "some-id", "--input", "threads=2"),
        ("tasks", "run", "some-id", "--inputs", "{}"),
        ("tasks", "run", "some-id", "--name", "second"),
        ("tasks", "run", "some-id", "--interruptible"),
        ("tasks", "run", "--app", "a/b", "--project", "a/b"),
        (*RUN, "--draft", "--wait"),
        (*RUN, "--input", "nothing"),
        (*RUN, "--batch-by", "item"),
        (*RUN, "--inputs", "[1]"),
    ],
)
def test_calls_that_make_no_sense_end_with_2(app, words):
    ran = app(*words)
    assert ran.code == 2, ran.err
    assert ran.stdout == b""


def test_an_input_that_does_not_exist_is_reported_before_a_task_is_made(app):
    ran = app(*RUN, "--input", f"reads={P}/b.txt")
    assert ran.code == 1
    assert "Did you mean sb://sandbox-user/p/a.txt?" in ran.err
    assert app("tasks", "ls").json == []


def test_a_task_is_created_shown_changed_and_deleted(app):
    inputs = json.dumps({"reads": f"{P}/a.txt"})
    made = app(
        "tasks",
        "create",
        "--name",
        "t",
        "--project",
        "sandbox-user/p",
        "--app",
        "sandbox-user/p/echo",
        "--inputs",
        inputs,
    )
    assert (made.code, made.json["status"]) == (0, "DRAFT"), made.err
    id = made.json["id"]
    assert f"omics: created draft {id}" in made.err
    shown = app("tasks", "get", id).json
    assert (shown["name"], shown["inputs"]["reads"]["name"]) == ("t", "a.txt")
    changed = app("tasks", "update", id, "--name", "u", "--input", "threads=8")
    assert (changed.code, changed.json["name"]) == (0, "u"), changed.err
    assert app("tasks", "get", id).json["inputs"]["threads"] == 8
    assert app("tasks", "update", id).code == 2
    assert app("tasks", "rm", id, "--dry-run").json == [{"deleted": id, "name": "u"}]
    kept = app("tasks", "rm", id, tty=True, typed="n\n")
    assert (kept.code, "nothing was deleted" in kept.err) == (130, True)
    gone = app("tasks", "rm", id)
    assert (gone.code, f"omics: deleted task {id}\n" in gone.err) == (0, True)
    assert app("tasks", "get", id).code == 1


# -- projects


def test_a_project_is_shown_and_changed(sb):
    assert sb("projects", "get", P).json["name"] == "p"
    made = sb("projects", "update", "sandbox-user/p", "--name", "q", "--tag", "x")
    assert (made.code, made.json["name"], made.json["tags"]) == (0, "q", ["x"]), made.err
    assert "omics: updated sandbox-user/p\n" in made.err
    assert sb("projects", "update", "sandbox-user/p", "--tag").code == 2
    assert sb("projects", "update", "sandbox-user/p").code == 2
    assert sb("projects", "get", "sandbox-user/none").code == 1


def test_members_have_commands_of_the_same_verbs(sb):
    added = sb("members", "create", P, "ada", "--permissions", "read", "copy")
    assert (added.code, "omics: 1 member of sandbox-user/p changed\n" in added.err) == (0, True), added.err
    assert [row["username"] for row in sb("members", "ls", P).json] == ["sandbox-user", "ada"]
    assert sb("members", "get", P, "ada").json["permissions"]["copy"] is True
    assert sb("members", "update", P, "ada", "--permissions", "read").code == 0
    assert sb("members", "get", P, "ada").json["permissions"]["copy"] is False
    kept = sb("members", "rm", P, "ada", tty=True, typed="n\n")
    assert (kept.code, "nothing was changed" in kept.err) == (130, True)
    assert sb("members", "rm", P, "ada").code == 0
    assert sb("members", "get", P, "ada").code == 1


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
    below = [node.path for node in _group(service, "api").visible_commands()]
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
        for node in group.visible_commands():
            assert isinstance(node, CommandNode)
            taken = [argument["name"] for argument in node.command.get("parameters", [])]
            assert [
                *taken,
                *(argument["name"] for argument in global_arguments(own_arguments(node.command), GLOBALS)),
            ].count("profile") == 1
            if "run" in node.command:
                assert callable(loaded(node.command["run"]))
                assert node.command.get("summary", "").endswith(".")


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
        (node.path, argument["name"], argument.get("flag"))
        for group in service.below()
        if group.path[-1] != "api"
        for node in group.visible_commands()
        for argument in node.command.get("parameters", [])
        if argument.get("type") == "boolean" and argument.get("default") is False
    ]
    assert len(switches) > 30
    assert [switch for switch in switches if not switch[2]] == []
