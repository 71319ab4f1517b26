"""The command line of a generated package, with a client over no network."""

import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from command_line import COMMANDS, Widgets
from omicsdk.cli.arguments import switch, value
from omicsdk.cli.package import PackageProgram
from omicsdk.core.errors import ConfigError
from omicsdk.core.request import OneServer
from omicsdk.core.security import Scheme, Security

CLIENT = "omicsdk_api.widgets:WidgetsApi"
SECURITY = Security(
    {
        "token": Scheme("http", "bearer"),
        "key": Scheme("apiKey", "x-key"),
        "login": Scheme("http", "basic"),
        "odd": Scheme("http", "negotiate"),
        "swagger": Scheme("apiKey", "Authorization"),
    },
    (("token",), ("key",), ("login",), ("odd",), ("swagger",)),
)
OPTIONS: Any = [{**value(name, f"The {name}."), "python": name} for name in SECURITY.schemes]


@pytest.fixture
def client(widgets: Widgets, monkeypatch: pytest.MonkeyPatch) -> type[Any]:
    kind = sys.modules["omicsdk_api.widgets"].WidgetsApi
    monkeypatch.setattr(kind, "_security", SECURITY)
    for name in ("TOKEN", "KEY", "LOGIN", "ODD", "SWAGGER", "BASE_URL"):
        monkeypatch.delenv(f"MY_WIDGETS_{name}", raising=False)
    return kind


@pytest.fixture
def run(client: type[Any], generated: Path, capfd: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, servers: Any = ()) -> SimpleNamespace:
        program = PackageProgram(
            "my_widgets",
            "Widgets of the world.",
            "2.1",
            str(generated / "widgets"),
            CLIENT,
            servers=list(servers),
            credentials=OPTIONS,
        )
        code = program.run([*words])
        out, err = capfd.readouterr()
        return SimpleNamespace(code=code, out=out, err=err)

    return run


GET = ("get-widget", "--uuid", "u1", "--replica", "aws")


def test_help_lists_the_operations_and_the_options(run: Any) -> None:
    shown = run("--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: my_widgets [options] <command> [options]\n\nWidgets of the world.\n")
    for command in COMMANDS:
        assert f"\n  {command['command']} " in shown.out
    text = " ".join(shown.out.split())
    assert "--token TOKEN The token; also MY_WIDGETS_TOKEN." in text
    assert "--base-url URL Address of the service; also MY_WIDGETS_BASE_URL." in text
    assert "omics" not in shown.out.lower()


def test_help_of_a_command(run: Any) -> None:
    shown = run("get-widget", "--help")
    assert shown.out.startswith("Usage: my_widgets get-widget --uuid UUID --replica {aws,gcp} [options]\n")
    assert shown.out == run("help", "get-widget").out
    assert "omics" not in shown.out


def test_the_version_is_the_packages(run: Any) -> None:
    assert run("--version").out.startswith("my_widgets 2.1 (")


@pytest.mark.parametrize(
    ("option", "text", "header", "sent"),
    [
        ("token", "abc", "authorization", "Bearer abc"),
        ("key", "k1", "x-key", "k1"),
        ("login", "me:se:cret", "authorization", "Basic bWU6c2U6Y3JldA=="),
        ("odd", "o1", "authorization", "Negotiate o1"),
        ("swagger", "Bearer s1", "authorization", "Bearer s1"),
        ("swagger", "s1", "authorization", "s1"),
    ],
)
@pytest.mark.parametrize("by_variable", [False, True])
def test_credentials_of_each_scheme(
    run: Any,
    widgets: Widgets,
    monkeypatch: pytest.MonkeyPatch,
    option: str,
    text: str,
    header: str,
    sent: str,
    by_variable: bool,
) -> None:
    words: tuple[str, ...] = (f"--{option}", text)
    if by_variable:
        monkeypatch.setenv(f"MY_WIDGETS_{option.upper()}", text)
        words = ()
    assert run(*words, "get-widgets", "--no-paginate").code in (0, 1)
    assert widgets.requests[0].headers[header] == sent


def test_a_secret_of_a_variable_goes_to_its_own_service_only(
    run: Any, widgets: Widgets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_WIDGETS_KEY", "canary")
    ran = run("--base-url", "https://other.example", *GET)
    assert "x-key" not in widgets.requests[0].headers
    assert "MY_WIDGETS_KEY is for https://widgets.example/v1, and not sent to https://other.example" in ran.err
    assert "canary" not in ran.err
    monkeypatch.setenv("MY_WIDGETS_BASE_URL", "https://other.example/v2")
    run(*GET)
    assert str(widgets.requests[1].url).startswith("https://other.example/v2/widgets/u1")
    assert widgets.requests[1].headers["x-key"] == "canary"


@pytest.mark.parametrize("status", [401, 403])
def test_missing_credentials_name_the_options(run: Any, widgets: Widgets, status: int) -> None:
    widgets.response = lambda _: httpx.Response(status, json={"message": "log in"})
    ran = run(*GET)
    assert (ran.code, ran.out) == (4, "")
    assert "--token or MY_WIDGETS_TOKEN; --key or MY_WIDGETS_KEY" in ran.err
    assert len(ran.err.splitlines()) == 1


def test_credentials_that_a_redirect_keeps_back_are_not_blamed(run: Any, widgets: Widgets) -> None:
    redirect = httpx.Response(307, headers={"location": "http://widgets.example/v1/widgets/"})
    widgets.response = lambda request: httpx.Response(401) if request.url.scheme == "http" else redirect
    ran = run("--token", "abc", *GET)
    assert ran.err.endswith("to http://widgets.example:80: credentials are sent to https://widgets.example:443 only.\n")


def test_missing_credentials_are_those_that_the_operation_accepts(
    run: Any, widgets: Widgets, client: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client, "_security", Security(SECURITY.schemes, (("key",),)))
    widgets.response = lambda _: httpx.Response(401)
    ran = run("--login", "me:secret", *GET)
    assert ran.err.endswith("that this service issued: --key or MY_WIDGETS_KEY.\n")


def test_a_document_without_a_server_needs_a_base_url(
    run: Any, client: type[Any], monkeypatch: pytest.MonkeyPatch, widgets: Widgets
) -> None:
    monkeypatch.setattr(client, "_default_base_url", "")
    ran = run(*GET)
    assert (ran.code, widgets.requests) == (2, [])
    assert "no base URL. Use --base-url, or set MY_WIDGETS_BASE_URL." in ran.err
    assert run("--base-url", "https://a.example", *GET).code == 0


def test_servers_are_chosen_by_options_and_variables(
    run: Any, client: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    usual = client.__init__

    def chosen(self: Any, base_url: str | None = None, *, region: str | None = None, **options: Any) -> None:
        seen.append({"base_url": base_url, "region": region})
        usual(self, base_url, **options)

    monkeypatch.setattr(client, "__init__", chosen)
    region: Any = [{**value("region", "Where."), "choices": ["eu", "us"]}]
    monkeypatch.setenv("MY_WIDGETS_BASE_URL", "https://a.example")
    run(*GET, servers=region)
    run("--region", "us", *GET, servers=region)
    monkeypatch.delenv("MY_WIDGETS_BASE_URL")
    monkeypatch.setenv("MY_WIDGETS_REGION", "eu")
    run(*GET, servers=region)
    assert seen == [
        {"base_url": "https://a.example", "region": None},
        {"base_url": None, "region": "us"},
        {"base_url": None, "region": "eu"},
    ]
    monkeypatch.setenv("MY_WIDGETS_REGION", "mars")
    ran = run(*GET, servers=region)
    assert ran.code == 2
    assert "MY_WIDGETS_REGION: --region: expected one of eu, us, got 'mars'" in ran.err


def test_all_pages_are_printed(run: Any, widgets: Widgets) -> None:
    def page(request: httpx.Request) -> httpx.Response:
        at = int(request.url.params.get("start", "0"))
        link = {"link": f'<https://widgets.example/v1/widgets?start={at + 1}>; rel="next"'} if at < 2 else {}
        return httpx.Response(200, json={"data": {"widgets": [{"n": at, "name": "a"}]}}, headers=link)

    widgets.response = page
    assert run("get-widgets", "--output", "jsonl", "--columns", "n").out == '{"n": 0}\n{"n": 1}\n{"n": 2}\n'
    assert run("get-widgets", "--output", "tsv").out == "n\tname\n0\ta\n1\ta\n2\ta\n"
    assert json.loads(run("get-widgets", "--no-paginate").out) == {"data": {"widgets": [{"n": 0, "name": "a"}]}}
    assert run("get-widgets", "--output", "table", "--columns", "name").out == " name\n──────\n a\n a\n a\n"


def test_a_file_is_written_when_the_result_is_complete(run: Any, widgets: Widgets, tmp_path: Path) -> None:
    widgets.response = lambda _: httpx.Response(200, content=b"\0\xff bytes")
    file = tmp_path / "blob"
    ran = run("get-blob", "--uuid", "u", "--output-file", str(file))
    assert (ran.code, ran.out, file.read_bytes()) == (0, "", b"\0\xff bytes")
    widgets.response = lambda _: httpx.Response(404, json={"message": "gone"})
    assert run("get-blob", "--uuid", "u", "--output-file", str(file)).code == 1
    assert file.read_bytes() == b"\0\xff bytes"
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["blob"]
    ran = run(*GET, "--output-file", str(tmp_path / "missing" / "x"))
    assert ran.code == 2
    assert "--output-file: cannot write" in ran.err


def test_a_file_that_is_called_like_a_part_of_the_result_is_kept(run: Any, tmp_path: Path) -> None:
    file, other = tmp_path / "data", tmp_path / "data.part"
    other.write_text("another download")
    assert run(*GET, "--output-file", str(file)).code == 0
    assert json.loads(file.read_text())
    assert other.read_text() == "another download"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no /dev/null")
def test_a_device_is_written_in_place(run: Any) -> None:
    assert run(*GET, "--output-file", "/dev/null").code == 0
    assert Path("/dev/null").is_char_device()


def test_errors_have_no_traceback_unless_asked(run: Any, widgets: Widgets) -> None:
    def broken(_: httpx.Request) -> httpx.Response:
        raise RuntimeError("odd")

    widgets.response = broken
    ran = run(*GET)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "my_widgets: unexpected RuntimeError: odd. This is a bug in my_widgets; --debug shows where\n"
    ran = run("--debug", *GET)
    assert "Traceback (most recent call last)" in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("get-wdiget",), "my_widgets: unknown command 'get-wdiget'. Did you mean get-widget? See: my_widgets --help"),
        (
            ("get-widget",),
            "my_widgets: get-widget: --uuid and --replica are required. See: my_widgets get-widget --help",
        ),
        (("--nothing",), "my_widgets: unknown option --nothing."),
        (("completion", "tcsh"), "my_widgets: completion: SHELL: expected one of bash, zsh, fish, powershell"),
    ],
)
def test_usage_errors(run: Any, words: tuple[str, ...], message: str) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(message)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_completion_scripts_call_the_program(run: Any, shell: str) -> None:
    script = run("completion", shell).out
    assert f"my_widgets __complete {shell}" in script
    assert "omics" not in script


def test_completion_offers_commands_and_options(run: Any) -> None:
    words = run("__complete", "zsh", "=").out.splitlines()
    assert "get-widget:Give one widget" in words
    assert "completion:Print the completion script for your shell" in words
    assert "aws" in run("__complete", "fish", "=", "get-widget", "--replica").out


def test_the_word_of_an_operation_is_not_taken(run: Any, generated: Path) -> None:
    taken = [{**COMMANDS[0], "command": "completion"}, {**COMMANDS[1], "command": "shell-completion"}]
    (generated / "widgets" / "commands.json").write_text(json.dumps(taken))
    assert "List widgets" in run("completion", "--help").out
    assert "my_widgets" in run("completion-script", "bash").out


def test_an_option_of_a_command_takes_precedence(run: Any, widgets: Widgets) -> None:
    run("get-widget", "--uuid", "u", "--replica", "aws", "--token", "own")
    assert widgets.requests[0].url.params["token"] == "own"
    assert "authorization" not in widgets.requests[0].headers


def test_hidden_operations_are_run_and_not_listed(run: Any, generated: Path) -> None:
    (generated / "widgets" / "commands.json").write_text(json.dumps([{**COMMANDS[1], "hidden": True}]))
    assert "get-widget" not in run("--help").out
    assert run(*GET).code == 0


def test_remedies_name_options(run: Any, client: type[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_servers", OneServer(""))
    ran = run("--base-url", "nowhere", *GET)
    assert ran.code == 2
    assert "Pass --base-url , beginning" not in ran.err
    assert "Pass --base-url, beginning with https:// and a host." in ran.err


def test_long_lists_of_choices_are_explained(run: Any, generated: Path) -> None:
    choices = [f"value_{number}" for number in range(40)]
    option = {**value("kind", "Which."), "choices": choices}
    command = {**COMMANDS[0], "parameters": [option, switch("fast", "Soon.")]}
    (generated / "widgets" / "commands.json").write_text(json.dumps([command]))
    shown = run("get-widgets", "--help").out
    assert "--kind TEXT" in shown
    assert "One of value_0, value_1," in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 100


GROUPED: list[Any] = [
    {**COMMANDS[0], "group": "widgets", "member": "list"},
    {**COMMANDS[1], "group": "widgets", "member": "get"},
    {**COMMANDS[2], "group": "widgets.old_ones", "member": "import_", "hidden": True},
    {**COMMANDS[3], "group": "widgets.old_ones", "member": "put_all"},
    {**COMMANDS[4], "command": "ping"},
]


@pytest.fixture
def grouped(run: Any, generated: Path) -> Any:
    (generated / "widgets" / "commands.json").write_text(json.dumps(GROUPED))
    return run


def test_help_lists_groups_in_place_of_their_commands(grouped: Any) -> None:
    shown = grouped("--help").out
    assert "\nGroups:\n  widgets                 list, get, old-ones\n\nCommands:\n  ping " in shown
    assert "get-widget" not in shown
    inside = grouped("widgets", "--help").out
    assert inside.startswith("Usage: my_widgets widgets <command> [options]\n\nOperations of widgets.\n")
    assert "\nGroups:\n  old-ones                put-all\n\nCommands:\n  list " in inside
    assert inside == grouped("widgets").out == grouped("help", "widgets").out
    assert "import" not in grouped("widgets", "old-ones").out


def test_a_command_is_run_by_its_group_and_by_its_whole_name(grouped: Any, widgets: Widgets) -> None:
    for words in (("widgets", "get"), ("get-widget",)):
        assert grouped(*words, "--uuid", "u1", "--replica", "aws").code == 0
    assert [request.url.path for request in widgets.requests] == ["/v1/widgets/u1"] * 2
    assert grouped("widgets", "get", "--help").out.startswith("Usage: my_widgets widgets get --uuid UUID")
    assert "Make a widget." in grouped("widgets", "old-ones", "import", "--help").out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("widgets", "gett"), "my_widgets: widgets: unknown command 'gett'. Did you mean get? See: my_widgets widgets --help"),
        (("get-wigdet",), "my_widgets: unknown command 'get-wigdet'. Did you mean get-widget? See: my_widgets --help"),
        (("widgets", "get"), "my_widgets: widgets get: --uuid and --replica are required. See: my_widgets widgets get --help"),
    ],
)  # fmt: skip
def test_usage_errors_within_groups(grouped: Any, words: tuple[str, ...], message: str) -> None:
    ran = grouped(*words)
    assert (ran.code, ran.out, ran.err) == (2, "", f"{message}\n")


def test_completion_offers_groups_and_what_is_in_them(grouped: Any) -> None:
    def offered(*before: str) -> list[str]:
        lines = grouped("__complete", "fish", "=", *before).out.splitlines()[1:]
        return [line.partition("\t")[0] for line in lines]

    assert offered() == ["widgets", "ping", "completion"]
    assert offered("widgets") == ["old-ones", "list", "get"]
    assert "aws" in offered("widgets", "get", "--replica")
    assert "aws" in offered("get-widget", "--replica")


def test_a_large_group_is_cut_short_in_lists(run: Any, generated: Path) -> None:
    many = [{**COMMANDS[0], "command": f"c{n}", "group": "many", "member": f"m{n}"} for n in range(10)]
    (generated / "widgets" / "commands.json").write_text(json.dumps(many))
    assert "  many                    m0, m1, m2, m3, m4, m5, m6, m7 and 2 more\n" in run("--help").out


def test_the_word_of_a_group_is_not_taken(run: Any, generated: Path) -> None:
    taken = [{**COMMANDS[0], "group": "completion", "member": "list"}]
    (generated / "widgets" / "commands.json").write_text(json.dumps(taken))
    assert "List widgets" in run("completion", "list", "--help").out
    assert "my_widgets" in run("shell-completion", "bash").out


@pytest.mark.parametrize(
    ("remedy", "typed"),
    [
        ("Pass base_url, or server, version.", "Pass --base-url, or --server, --server-version."),
        ("Pass base_url=URL, or version.", "Pass --base-url URL, or --server-version."),
        ('Pass servers={"a": "https://..."} with its URL.', 'Pass --servers {"a": "https://..."} with its URL.'),
    ],
)
def test_remedies_name_options_as_they_are_typed(
    client: type[Any], generated: Path, capfd: pytest.CaptureFixture[str], remedy: str, typed: str
) -> None:
    options = {"version": "server-version", "server": "server", "servers": "servers"}
    servers: Any = [{**value(name, "A choice."), "python": python} for python, name in options.items()]
    folder = str(generated / "widgets")
    program = PackageProgram("my_widgets", "Widgets.", "2.1", folder, CLIENT, servers=servers, credentials=OPTIONS)
    program.report(ConfigError("no server", remedy=remedy), "my_widgets", [])
    assert capfd.readouterr().err == f"my_widgets: no server. {typed}\n"
