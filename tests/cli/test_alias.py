"""`omics alias hca`: documented lines run through omics, from the shell that read the function and from its scripts."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from omicsdk.cli.commands.alias import function

SHELLS = [
    pytest.param(name, marks=pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} isn't installed"))
    for name in ("bash", "zsh", "sh", "fish")
]


@pytest.fixture
def line(tmp_path: Path):
    """Runs lines in a shell that knows the function; what omics was called with comes back, a word a line."""
    told = tmp_path / "omics"
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    told.chmod(0o755)

    def run(shell: str, text: str) -> list[str]:
        (tmp_path / "script").write_text(f"{function(shell)}\n{text}\n")
        ran = subprocess.run(
            [shutil.which(shell) or shell, str(tmp_path / "script")],
            capture_output=True,
            text=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path)},
            cwd=tmp_path,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return ran.stdout.splitlines()

    return run


AS_BEFORE = ["--yes", "--output", "json"]


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(
    ("words", "added"),
    [
        (["dss", "get-bundle", "--uuid", "a b"], AS_BEFORE),
        (["dss"], AS_BEFORE),
        (["auth", "delete-v1-role", "--role-id", "x"], AS_BEFORE),
        (["--log-level", "ERROR", "dss", "logout"], AS_BEFORE),
        (["--log-level=ERROR", "auth", "logout"], AS_BEFORE),
        (["upload", "files", "dss"], []),
        (["--log-level", "ERROR", "upload", "list"], []),
        (["clear-hca-cache"], []),
        (["--version"], []),
        (["help", "dss"], []),
    ],
)
def test_what_hca_was_called_with_goes_to_omics(line, shell, words, added):
    quoted = " ".join(f"'{word}'" for word in words)
    assert line(shell, f"hca {quoted}") == [*added, *words]


@pytest.mark.parametrize("shell", SHELLS)
def test_hca_alone_is_omics_alone(line, shell):
    assert [word for word in line(shell, "hca") if word] == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")
def test_scripts_of_bash_see_it_too(line, tmp_path):
    (tmp_path / "old.sh").write_text("#!/usr/bin/env bash\nset -eu\nhca upload areas\n")
    assert line("bash", "alias hca=false\nbash old.sh") == ["upload", "areas"]


@pytest.mark.skipif(shutil.which("sh") is None, reason="sh isn't installed")
def test_what_is_made_for_bash_serves_other_shells(line):
    assert line("sh", f"{function('bash')}\nhca upload areas") == ["upload", "areas"]


def test_a_service_alone_shows_its_help(omics):
    ran = omics(*AS_BEFORE, "dss", installed=True)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == omics("dss", "--help", installed=True).out
    assert omics("--output", "nonsense", "dss", installed=True).code == 2
    assert "missing command" in omics(*AS_BEFORE, installed=True).err


def test_the_command_prints_the_function(omics):
    ran = omics("alias", "hca", "--shell", "fish")
    assert ran.code == 0
    assert ran.out == function("fish")


def test_for_powershell_the_first_words_decide():
    assert "'^ (--log-level\\S* (\\S+ )?)?(dss|auth) '" in function("powershell")


@pytest.mark.parametrize("words", [("clear-hca-cache",), ("dss", "refresh-swagger")])
def test_what_has_nothing_to_do_says_so_in_one_line(omics, words):
    ran = omics(*words, installed=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "omics: Nothing is cached: the definitions of the services come with omicsdk.\n"


def test_other_programs_are_no_command(omics):
    ran = omics("alias", "aws", installed=True)
    assert ran.code == 2
    assert "unknown command 'aws'" in ran.err


@pytest.fixture
def aliases(monkeypatch, tmp_path) -> Path:
    """A settings folder without aliases; the file that they will be in."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("OMICS_ALIASES_FILE", raising=False)
    return tmp_path / "config" / "omicsdk" / "aliases.json"


def test_an_alias_stands_for_a_command(omics, aliases):
    made = omics("alias", "set", "gb", "dss get-bundle --replica aws --uuid $1")
    assert (made.code, made.err) == (0, "omics: added the alias gb\n")
    assert aliases.stat().st_mode & 0o777 == 0o600
    assert omics("alias", "list").json == [{"name": "gb", "expansion": "dss get-bundle --replica aws --uuid $1"}]
    shown = omics("gb", "x", "--help", installed=True)
    assert shown.out == omics("dss", "get-bundle", "--help", installed=True).out
    short = omics("gb", installed=True)
    assert (short.code, "a word for $1 is missing" in short.err) == (2, True)
    assert omics("help", "gb", installed=True).out == (
        "omics gb is an alias of: omics dss get-bundle --replica aws --uuid $1\n"
    )


def test_words_replace_placeholders_and_further_ones_are_appended(omics, aliases, widgets, catalog, monkeypatch):
    monkeypatch.setattr("omicsdk.cli.commands.alias.Catalog", lambda: catalog)
    omics("alias", "set", "gw", "widgets get-widget --uuid $2 --replica $1")
    ran = omics("--query", "ok", "gw", "aws", "a b; $1", "--version", "7", "--output", "json")
    assert (ran.code, ran.json) == (0, True)
    (asked,) = widgets.asked
    assert asked.url.path.endswith("/widgets/a b; $1")
    assert dict(asked.url.params) == {"replica": "aws", "version": "7"}


@pytest.mark.usefixtures("functional")
def test_an_alias_for_the_shell_is_run_by_sh(omics, aliases, capfd):
    omics("alias", "set", "--shell", "up", 'printf "%s" "$1" | tr a-z A-Z; exit 7')
    omics("alias", "set", "up2", "!echo $#")
    assert omics("up", "a b").code == 7
    assert omics("up2", "x", "y").code == 0
    assert capfd.readouterr().out == "A B2\n"
    refused = omics("--output", "json", "up", "x")
    assert refused.code == 2
    assert "--output is not allowed before 'up'" in refused.err


def test_aliases_of_aliases_end(omics, aliases):
    aliases.parent.mkdir(parents=True)
    aliases.write_text(json.dumps({"a": "b x", "b": "a"}))
    ran = omics("a")
    assert ran.code == 2
    assert "the alias 'a' refers to itself" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("widgets", "x"), "omics widgets is a command"),
        (("cp", "x"), "omics cp is a command"),
        (("config", "x"), "omics config is a command"),
        (("store", "x"), "omics store is a command"),
        (("there", "widgets get-widgets"), "the alias 'there' already exists. Replace it: --clobber."),
        (("new", "widgts get-widgets"), "does not begin with a command. Did you mean widgets?"),
        (("new", "widgets 'x"), "cannot split the expansion"),
        (("a b", "widgets"), "cannot be an alias"),
        (("--", "-x", "widgets"), "cannot be an alias"),
    ],
)
def test_a_name_or_expansion_that_cannot_be_is_refused(omics, aliases, words, said, catalog, monkeypatch):
    monkeypatch.setattr("omicsdk.cli.commands.alias.Catalog", lambda: catalog)
    assert omics("alias", "set", "there", "widgets get-widget").code == 0
    ran = omics("alias", "set", *words)
    assert ran.code == 2
    assert said in ran.err
    assert [each["name"] for each in omics("alias", "list").json] == ["there"]


def test_an_alias_is_replaced_and_removed(omics, aliases, monkeypatch):
    omics("alias", "set", "x", "dss login")
    assert omics("alias", "set", "x", "-", "--clobber", typed="dss logout\n").err == "omics: replaced the alias x\n"
    assert omics("alias", "list").json == [{"name": "x", "expansion": "dss logout"}]
    near = omics("alias", "rm", "xx")
    assert (near.code, "Did you mean x?" in near.err) == (2, True)
    assert omics("alias", "rm", "x").code == 0
    assert omics("alias", "list").json == []


def test_a_broken_file_stops_aliases_alone(omics, aliases, tmp_path, monkeypatch):
    file = tmp_path / "own.json"
    monkeypatch.setenv("OMICS_ALIASES_FILE", str(file))
    file.write_text('{\n"x": }')
    ran = omics("x")
    assert ran.code == 2
    assert f"{file}" in ran.err
    assert omics("--help").code == 0
    assert omics("widgets", "--help").code == 0
    file.write_text("[]")
    assert "not an object of texts" in omics("alias", "list").err


def test_aliases_are_completed(omics, aliases):
    omics("alias", "set", "gb", "dss get-bundle --uuid $1")
    assert "gb\tdss get-bundle --uuid $1" in omics("__complete", "fish", "=", installed=True).out.splitlines()
    assert "--replica" in omics("__complete", "bash", "=omics gb --re", "=:", installed=True).out.splitlines()
