"""Completion: what is offered, by real shells where they are installed; scripts, and where they go."""

import json
from pathlib import Path

import pytest
from completion_cases import CASES
from omicsdk.cli.commands.completion import own_shell, place_of
from omicsdk.cli.commands.login import KINDS
from omicsdk.cli.completion import offered, split
from omicsdk.cli.main import Omics
from omicsdk.core import UsageError


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "powershell"])
def test_the_command_prints_a_script_of_at_most_2_kb(omics, shell):
    ran = omics("completion", shell, installed=True)
    assert ran.code == 0
    assert f"omics __complete {shell}" in ran.out
    assert len(ran.stdout) <= 2000


def test_an_unknown_shell_is_usage(omics):
    ran = omics("completion", "cmd", installed=True)
    assert ran.code == 2
    assert "bash, zsh, fish, powershell" in ran.err


@CASES
def test_what_fits_is_offered(catalog, words, expected):
    found, _ = offered(catalog, list(words[:-1]), words[-1])
    assert {word for word, _ in found if word.startswith(words[-1])} == expected


@pytest.mark.parametrize(
    ("words", "files"),
    [
        (("widgets", "get-widget", "--uuid", ""), True),
        (("widgets", "get-widget", "--replica", ""), False),
        (("widgets", "put-widget", "--size", ""), False),
        (("widgets", "put-widget", "--details=@"), True),
        (("widgets", ""), False),
        (("widgets", "get-widget", ""), False),
        (("cp", ""), True),
    ],
)
def test_files_are_offered_where_a_value_may_be_one(catalog, words, files):
    assert offered(catalog, list(words[:-1]), words[-1])[1] is files


def test_platforms_are_offered_to_log_in_to():
    found, files = offered(Omics(), ["login"], "")
    assert ([word for word, _ in found], files) == (list(KINDS), False)


def test_words_that_make_a_longer_command_are_offered_beside_values():
    found, files = offered(Omics(), ["codegen"], "")
    assert ({"diff", "explain"} <= {word for word, _ in found}, files) == (True, True)
    assert offered(Omics(), ["codegen", "explain"], "") == ([], True)
    assert "--name" not in [word for word, _ in offered(Omics(), ["codegen", "diff"], "--")[0]]


def test_an_option_is_offered_once_and_a_hidden_one_never(generated, catalog):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[1]["parameters"][3]["synonym_of"] = "profile"
    file.write_text(json.dumps(commands))
    found = dict(offered(catalog, ["widgets", "get-widget", "--uuid", "x"], "--")[0])
    assert found["--quiet"] == "Only print results and errors: no progress, no notes"
    assert not {"--uuid", "--version"} & found.keys()
    assert "--replica" in found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("omics cp sb://me/p", (["omics", "cp"], "sb://me/p", "", 3)),
        ("omics cp sb://me/My\\ P", (["omics", "cp"], "sb://me/My P", "", 3)),
        ("omics cp 'sb://me/My P", (["omics", "cp"], "sb://me/My P", "'", 0)),
        ('omics cp "a\\b\\"c"\\:d', (["omics", "cp"], 'a\\b"c:d', "", 0)),
        ("omics cp ", (["omics", "cp"], "", "", 0)),
        ("omics --output=js", (["omics"], "--output=js", "", 9)),
    ],
)
def test_a_line_is_split_as_bash_splits_it(line, expected):
    assert split(line, ":=") == expected


def test_an_error_is_written_to_a_file_alone(omics, tmp_path, monkeypatch):
    monkeypatch.setenv("OMICS_COMPLETE_DEBUG", str(tmp_path / "debug"))
    ran = omics("__complete", "zsh", "=", "nonsense")
    assert (ran.code, ran.out, ran.err) == (1, "", "")
    assert "nonsense" in (tmp_path / "debug").read_text()
    monkeypatch.setenv("OMICS_COMPLETE_DEBUG", str(tmp_path / "missing" / "debug"))
    ran = omics("__complete")
    assert (ran.code, ran.out, ran.err) == (1, "", "")


def test_where_scripts_go_depends_on_the_shell_and_its_variables():
    home = Path("/home/me")
    assert place_of("bash", {"XDG_DATA_HOME": "/d"}, home, has_loader=True).file == Path(
        "/d/bash-completion/completions/omics"
    )
    without = place_of("bash", {}, home, has_loader=False)
    relative = {"XDG_DATA_HOME": "d", "BASH_COMPLETION_USER_DIR": "b:/c"}  # appdirs issue 61
    assert place_of("bash", relative, home, has_loader=False) == without
    assert (without.settings, without.line) == (home / ".bashrc", f"source '{without.file}'")
    assert place_of("zsh", {"ZDOTDIR": "/z"}, home, has_loader=True).settings == Path("/z/.zshrc")
    assert place_of("fish", {"XDG_CONFIG_HOME": "/c"}, home, has_loader=True).file == Path(
        "/c/fish/completions/omics.fish"
    )


def test_a_shell_that_is_not_known_has_to_be_named(omics):
    assert own_shell({"SHELL": "/opt/bin/zsh"}) == "zsh"
    for environ in ({}, {"SHELL": "/bin/dash"}):
        with pytest.raises(UsageError, match="cannot detect your shell"):
            own_shell(environ)
    assert omics("completion", installed=True).code == 2
    with pytest.raises(UsageError, match=r"omics completion powershell >> \$PROFILE"):
        own_shell({"SHELL": "/usr/bin/pwsh"})
