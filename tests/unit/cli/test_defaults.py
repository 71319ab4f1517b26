"""Defaults, and commands that functions are called by."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.cli.arguments import key, kind_of, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.cli.defaults import check
from omicsdk.cli.invoke import called, configured_defaults, work
from omicsdk.cli.output import Console
from omicsdk.cli.parser import parse
from omicsdk.cli.program import CommandNode
from omicsdk.cli.services import SERVICES
from omicsdk.core import ConfigError, UsageError
from omicsdk.core.settings.config import Layer, merged

CATALOG = Catalog()
CONFIGURED = [name for name, service in SERVICES.items() if "settings" in service]


@pytest.fixture
def configured(tmp_path, monkeypatch):
    """Gives the defaults of a command of the installed program, with this configuration."""
    file = tmp_path / "config.json"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HCA_CONFIG_FILE", str(file))

    def reading(values, *words):
        file.write_text(values if isinstance(values, str) else json.dumps(values, indent=1))
        service, command = words
        return configured_defaults(CATALOG.start(service).child(command), CATALOG)

    reading.file = file
    return reading


def test_a_subtree_named_after_a_command_sets_its_defaults(configured):
    defaults = configured(
        {"dss": {"download": {"num_retries": 3, "replica": "aws", "version": None}}}, "dss", "download"
    )
    assert defaults[0] == {"retries": 3, "replica": "aws"}
    assert defaults[1] == {"log-level": "INFO"}


@pytest.mark.parametrize("command", ["download-manifest", "download_manifest"])
@pytest.mark.parametrize("argument", ["min-delay-seconds", "min_delay_seconds"])
def test_dashes_and_underscores_are_the_same(configured, command, argument):
    assert configured({"dss": {command: {argument: 1}}}, "dss", "download-manifest")[0] == {"min_delay": 1.0}


@pytest.mark.parametrize(
    ("command", "argument", "setting", "value"),
    [
        ("get-events", "per_page", "7", 7),
        ("download", "metadata_filter", "*.json", ["*.json"]),
        ("download", "metadata_filter", ["a*", "b*"], ["a*", "b*"]),
        ("download", "no_data", True, True),
        ("download", "no_data", "no", False),
        ("post-search", "es_query", {"query": {}}, {"query": {}}),
        ("post-search", "es_query", '{"query": {}}', {"query": {}}),
        ("get-bundle", "no_paginate", True, True),
        ("delete-bundle", "dry_run", True, True),
    ],
)
def test_values_are_json_or_what_one_would_type(configured, command, argument, setting, value):
    defaults = configured({"dss": {command: {argument: setting}}}, "dss", command)[0]
    assert {name.replace("-", "_"): one for name, one in defaults.items()} == {argument: value}


def test_words_win_and_what_is_required_may_be_configured(configured):
    command = CATALOG.start("dss").child("get-bundle").command
    defaults = configured({"dss": {"get-bundle": {"replica": "gcp", "version": "v"}}}, "dss", "get-bundle")[0]
    assert parse(command, ["--uuid", "u"], GLOBALS, defaults)[0] == {"uuid": "u", "replica": "gcp", "version": "v"}
    assert parse(command, ["--uuid", "u", "--replica", "aws"], GLOBALS, defaults)[0]["replica"] == "aws"
    with pytest.raises(UsageError, match="--uuid is required"):
        parse(command, [], GLOBALS, defaults)


def test_options_for_everything_may_be_configured_for_a_command(configured):
    defaults = configured({"log_level": "error", "dss": {"get-bundle": {"output": "table"}}}, "dss", "get-bundle")
    assert defaults[1] == {"log-level": "ERROR", "output": "table"}
    defaults = configured({"log_level": "ERROR", "dss": {"get-bundle": {"log-level": "DEBUG"}}}, "dss", "get-bundle")
    assert defaults[1] == {"log-level": "DEBUG"}


def test_other_commands_and_services_have_none(configured):
    values = {"dss": {"download": {"num_retries": 3}}}
    assert configured(values, "dss", "download-manifest")[0] == {}
    assert configured_defaults(CATALOG.root().child("completion"), CATALOG)[0] == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{"dss": {\n"downlaod": {}}}',
            r":2: dss\.downlaod: omics dss has no command 'downlaod'. Did you mean download?",
        ),
        (
            '{"dss": {"download": {\n\n"num_retry": 1}}}',
            r":3: dss\.download\.num_retry: the command has no argument 'num_retry'. Did you mean num_retries?",
        ),
        ('{"dss": {"download": {"num_retries": 1.5}}}', r"num_retries: expected a whole number, got '1.5'"),
        ('{"dss": {"download": {"num_retries": [1]}}}', r"num_retries: expected one value, got \[1\]"),
        ('{"dss": {"download": {"replica": "azure"}}}', r"replica: expected one of aws, gcp, got 'azure'"),
        ('{"dss": {"download": 3}}', r"dss\.download: expected an object of arguments, got 3"),
        ('{"dss": 3}', r":1: dss: expected an object of commands, got 3"),
        ('{"dss": {"download": {"access_token": "x"}}}', r"has no argument 'access_token'"),
        ('{"log_level":\n"LOUD"}', r':1: log_level: expected one of DEBUG, .*, got "LOUD"'),
    ],
)
def test_what_is_wrong_is_named_with_file_and_line(configured, text, message):
    with pytest.raises(ConfigError, match=message) as caught:
        configured(text, "dss", "download")
    assert str(caught.value).startswith(f"{configured.file}:")
    assert "?." not in str(caught.value)


SAMPLES = {"integer": 3, "number": 0.5, "boolean": True, "array": ["x"], "object": {"a": 1}, "string": "x", "any": 1}

REPORTED = {"progress_every": "5m", "metrics": "m.prom"}


def sample(argument):
    if argument["name"] in REPORTED:
        return REPORTED[argument["name"]]
    is_date = argument.get("convert") and kind_of(argument) == "string"
    return "2024-05-06" if is_date else SAMPLES.get(kind_of(argument), "x")


@pytest.mark.parametrize("service", CONFIGURED)
def test_every_argument_of_every_documented_command_takes_a_default(configured, service):
    group = CATALOG.start(service)
    taken = 0
    for node in group.visible_commands():
        name = node.path[-1]
        settings = {
            argument["name"]: (argument.get("choices") or [sample(argument)])[0]
            for argument in own_arguments(node.command)
        }
        if name in SERVICES[service].get("sections", ()):
            assert not settings
            continue
        defaults = configured({service: {name: settings}}, service, name)[0]
        assert defaults.keys() == {key(argument) for argument in own_arguments(node.command)}
        taken += len(defaults)
    assert taken >= 20


def test_the_program_uses_them(configured, omics):
    configured.file.write_text(json.dumps({"dss": {"get-bundle": {"replica": "aws", "dry_run": True}}}))
    ran = omics("dss", "get-bundle", "--uuid", "u", installed=True)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "config.json:1: dss.get-bundle.dry_run: the command has no argument 'dry_run'" in ran.err
    configured.file.write_text(json.dumps({"dss": {"delete-bundle": {"replica": "aws", "dry_run": True}}}))
    ran = omics("dss", "delete-bundle", "--uuid", "u", "--reason", "r", installed=True)
    assert ran.code == 0
    assert ran.json["url"].endswith("/bundles/u?replica=aws")


def test_only_what_shall_be_set_is_examined():
    values = {"dss": {"download": {"num_retries": 3}, "downlaod": {}}, "upload": {"areas": {"x": {"uri": "y"}}}}
    settings = merged([Layer("x", values)])
    check(settings, ("dss", "download", "num_retries"), CATALOG)
    check(settings, ("upload", "areas", "x", "uri"), CATALOG)
    check(settings, ("another",), CATALOG)
    check(settings, ("auth", "login"), CATALOG)


@pytest.mark.parametrize("verbose", [True, False])
def test_a_function_gets_its_arguments_and_what_it_is_supplied_with(monkeypatch: Any, verbose: bool):
    passed: dict[str, Any] = {}
    monkeypatch.setattr("omicsdk.cli.invoke.loaded", lambda _: passed.update)
    console = Console(stderr=(err := io.StringIO()))
    command: Any = {
        "command": "list",
        "run": "module:function",
        "given": {"kind": "a"},
        "own": ("verbose", "progress_every"),
        "parameters": [{"name": "files", "positional": True}, {"name": "limit"}],
        "supplied": ("console", "on_message", "on_more", "progress"),
    }
    called(command, {"files": ["x", "y"], "limit": 2, "verbose": verbose, "progress_every": 5.0}, console)
    assert sorted(passed) == ["console", "files", "kind", "limit", "on_message", "on_more", "progress"]
    assert (passed["kind"], passed["console"], passed["on_message"] == console.message) == ("a", console, verbose)
    assert (passed["progress"].args, passed["progress"].keywords["every"]) == (("list x y",), 5.0)
    passed["on_more"]()
    assert "--limit" in err.getvalue()


@pytest.mark.parametrize("kind", ["bare", "offline"])
def test_a_command_without_a_service_writes_its_file_to_stdout(
    monkeypatch: Any, capfdbinary: Any, tmp_path: Path, kind: str
):
    names: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("omicsdk.cli.defaults.misspelled", lambda variables, _: names.extend(variables) or ())
    monkeypatch.setattr("omicsdk.cli.invoke.loaded", lambda _: lambda report: Path(report).write_text("rows"))
    for name in ("GEN3_X", "DRS_X"):
        monkeypatch.setenv(name, "1")
    command: Any = {
        "command": "list",
        "run": "module:function",
        "given": {"report": "-"},
        "parameters": [{"name": "report", "stdout": ".csv"}],
        kind: True,
    }
    catalog: Any = SimpleNamespace(registered={}, services=list)
    work(CommandNode(Any, ["plain", "list"], None, command), {}, {}, catalog, Console(stderr=io.StringIO()))
    assert capfdbinary.readouterr().out == b"rows"
    assert {"GEN3_X", "DRS_X"} <= {*names}
