"""Output on stderr and terminals: --quiet, JSON logs, colours."""

import io
import json
import logging
from datetime import datetime

import httpx
import pytest
from omicsdk.cli.arguments import options_of, own_arguments
from omicsdk.cli.catalog import Catalog, ServiceGroup
from omicsdk.cli.failures import json_line, wants_json
from omicsdk.cli.output import Console, Output
from omicsdk.cli.program import CommandNode

CANARY = "canary-0123456789"


def objects(err):
    return [json.loads(line) for line in err.splitlines()]


@pytest.mark.parametrize("option", ["--quiet", "-q"])
def test_quiet_leaves_errors_only(omics, widgets, option):
    widgets.response = lambda _: httpx.Response(304)
    assert "nothing changed" in omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws").err
    assert omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws", option).err == ""
    assert omics(option, "widgets", "get-widget", "--uuid", "u", "--replica", "aws").err == ""
    widgets.response = lambda _: httpx.Response(403, json={"message": "not you"})
    refused = omics(option, "widgets", "get-widget", "--uuid", "u", "--replica", "aws")
    assert (refused.code, "not you" in refused.err) == (4, True)


def test_quiet_means_the_same_for_every_command():
    def commands(group: ServiceGroup) -> list[CommandNode]:
        return [*group.visible_commands(), *(found for below in group.below() for found in commands(below))]

    options = [
        words for found in commands(Catalog().root()) for _, words, _ in options_of(own_arguments(found.command))
    ]
    assert len(options) > 1000
    assert [words for words in options if not {"-q", "--quiet"}.isdisjoint(words)] == []


def test_json_logs_are_an_object_a_line(omics, widgets):
    widgets.response = lambda _: httpx.Response(304)
    ran = omics("--log-format", "json", "widgets", "get-widget", "--uuid", "u", "--replica", "aws")
    (told,) = objects(ran.err)
    assert list(told) == ["time", "level", "logger", "message"]
    assert (told["level"], told["logger"]) == ("INFO", "omics")
    assert told["message"].startswith("nothing changed")
    assert datetime.fromisoformat(told["time"]).tzinfo is not None


def test_json_logs_have_the_wire_without_secrets(omics, widgets):
    words = ["--access-token", CANARY, "widgets", "get-widget", "--uuid", "u", "--replica", "aws", "--debug"]
    ran = omics(*words, "--log-format=json")
    told = objects(ran.err)
    assert {each["level"] for each in told} == {"DEBUG"}
    assert all(each["logger"].startswith("omicsdk.") for each in told)
    assert "/widgets/u" in ran.err
    assert CANARY not in ran.err


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (["--log-format", "json", "widgets", "get-widgit"], 2, "UsageError"),
        (["widgets", "get-widget", "--log-format=json"], 2, "UsageError"),
        (["widgets", "get-widgets", "--log-format", "json"], 1, "NotFound"),
    ],
)
def test_the_error_that_ends_a_command_is_an_object_too(omics, widgets, words, code, error):
    widgets.response = lambda _: httpx.Response(404, json={"message": "gone"})
    ran = omics(*words)
    (told,) = objects(ran.err)
    assert ran.code == code
    assert told["level"] == "ERROR"
    assert told["fields"] == {"error": error, "exit_code": code}


def test_a_traceback_is_a_field(omics, widgets):
    widgets.response = lambda _: httpx.Response(404, json={"message": "gone"})
    told = objects(omics("widgets", "get-widgets", "--log-format", "json", "--debug").err)[-1]
    assert "Traceback" in told["fields"]["traceback"]


def test_fields_of_a_record_come_along_and_secrets_are_masked():
    with Console(stderr=(err := io.StringIO()), as_json=True).logs("INFO"):
        log = logging.getLogger("omicsdk.http")
        log.warning("GET https://h/x?token=%s", CANARY, extra={"attempt": 2, "access_token": CANARY})
        try:
            raise ValueError("broken")
        except ValueError:
            log.exception("odd")
    first, second = map(json.loads, err.getvalue().splitlines())
    assert (first["level"], first["logger"]) == ("WARNING", "omicsdk.http")
    assert first["fields"] == {"attempt": 2, "access_token": "***"}
    assert second["fields"] == {"error": "ValueError: broken"}
    assert CANARY not in err.getvalue()


def test_a_line_is_one_line_whatever_it_states():
    line = json_line("INFO", "omics", 'two\nlines and "quotes" \x1b[31m', 0.5, {"path": object})
    assert "\n" not in line
    assert "\x1b" not in line
    assert json.loads(line)["time"] == "1970-01-01T00:00:00.500Z"


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["--log-format", "json"], True),
        (["x", "--log-format=json"], True),
        (["--log-format", "json", "--log-format", "text"], False),
        (["--log-format"], False),
        (["x", "--", "--log-format", "json"], False),
        ([], False),
    ],
)
def test_json_is_reported_from_the_words(words, wanted):
    assert wants_json(words) is wanted


@pytest.mark.parametrize(
    ("environ", "tty", "styled"),
    [
        ({}, False, False),
        ({}, True, True),
        ({"TERM": "dumb"}, True, False),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"CLICOLOR_FORCE": "1"}, False, True),
        ({"CLICOLOR_FORCE": "0"}, False, False),
        ({"CLICOLOR_FORCE": "1", "TERM": "dumb"}, False, False),
        ({"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False, False),
    ],
)
def test_tables_are_styled_on_terminals(omics, widgets, monkeypatch, environ, tty, styled):
    for name in ("NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    widgets.response = lambda _: httpx.Response(200, json={"name": "a"})
    ran = omics("widgets", "get-widget", "--uuid", "u", "--replica", "aws", "--output", "table", tty=tty)
    assert ("\x1b[" in ran.out) is styled


@pytest.mark.parametrize(("encoding", "name"), [("ascii", "n\\xe4m\\xe9"), ("latin-1", "nämé"), ("utf-8", "nämé")])
def test_columns_stand_below_each_other_in_any_encoding(encoding, name):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="backslashreplace", newline="")
    Output("table", stdout=stream).result([{"name": "nämé", "size": 5}, {"name": "b", "size": 7}])
    stream.flush()
    lines = stream.buffer.getvalue().decode(encoding).splitlines()
    (first,) = [line for line in lines if name in line]
    (second,) = [line for line in lines if "7" in line]
    assert first.index("5") == second.index("7")
