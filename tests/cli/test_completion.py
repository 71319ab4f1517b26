"""Completion scripts: what they offer, tried in bash, zsh and fish; PowerShell's by what stands in it. Putting them in place."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.cli.commands.completion import own_shell, place_of
from omicsdk.cli.completion import places, script
from omicsdk.core.errors import UsageError

SHELLS = ["bash", "zsh", "fish", "powershell"]


@pytest.mark.parametrize("shell", SHELLS)
def test_every_command_and_option_is_in_the_script(catalog, shell):
    text = script(shell, catalog)
    for place in places(catalog.root()):
        assert place.path in text
        for argument in place.options:
            assert argument["name"].replace("_", "-") in text


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_it(omics, shell):
    ran = omics("completion", shell, installed=True)
    assert ran.code == 0
    assert f"omics completion {shell}" in ran.out
    assert "download-manifest" in ran.out


def test_an_unknown_shell_is_usage(omics):
    ran = omics("completion", "cmd")
    assert ran.code == 2
    assert "bash, zsh, fish, powershell" in ran.err


def test_powershell_is_offered_topics_after_help(catalog):
    text = script("powershell", catalog)
    (words,) = [line for line in text.splitlines() if line.startswith("    'help' = @('topics'")]
    assert "'exit-codes'" in words
    assert "'widgets'" in words
    assert "-replace '^help ', ''" in text


needs_bash = pytest.mark.skipif(shutil.which("bash") is None, reason="bash isn't installed")


def completed(text: str, *words: str) -> list[str]:
    """What bash would offer after words, the last of which is being typed."""
    quoted = " ".join(f"'{word}'" for word in words)
    line = f"COMP_WORDS=(omics {quoted}); COMP_CWORD={len(words)}; _omics; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    ran = subprocess.run(["bash", "--norc", "-c", f"{text}\n{line}"], capture_output=True, text=True, check=True)
    assert ran.stderr == ""
    return ran.stdout.split()


CASES = pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("wid",), {"widgets"}),
        (("widgets", "get-w"), {"get-widget", "get-widgets"}),
        (("--output", "jsonl", "widgets", "put"), {"put-widget"}),
        (("--output", ""), {"json", "jsonl", "table", "tsv"}),
        (("widgets", "get-widget", "--re"), {"--replica"}),
        (("widgets", "get-widget", "--replica", ""), {"aws", "gcp"}),
        (("widgets", "get-widget", "--presignedurls", "t"), {"true"}),
        (("widgets", "get-widget", "--uuid", "x"), set()),
        (("store", "api", "sh"), {"shelves"}),
        (("store", "api", "shelves", "head"), {"head-widget"}),
        (("completion", "z"), {"zsh"}),
        (("help", "exi"), {"exit-codes"}),
        (("help", "top"), {"topics"}),
        (("help", "wid"), {"widgets"}),
        (("help", "hel"), set()),
        (("help", "widgets", "get-w"), {"get-widget", "get-widgets"}),
        (("--quiet", "help", "store", "api", "sh"), {"shelves"}),
        (("he",), {"help"}),
    ],
)


@needs_bash
@CASES
def test_bash_offers_what_fits(catalog, words, offered):
    assert set(completed(script("bash", catalog), *words)) == offered


@needs_bash
def test_no_text_of_a_document_becomes_code(generated, catalog):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[0]["parameters"][0]["choices"] = ["$(touch${IFS}owned)", "`touch${IFS}owned`", "';touch owned;'", "fine"]
    commands[0]["parameters"][0]["help"] = "' ; touch owned ; '"
    file.write_text(json.dumps(commands))
    text = script("bash", catalog) + f"\ncd {generated}"
    assert completed(text, "widgets", "get-widgets", "--per-page", "") == ["fine"]
    assert not (generated / "owned").exists()


needs_zsh = pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh isn't installed")
needs_fish = pytest.mark.skipif(shutil.which("fish") is None, reason="fish isn't installed")


@needs_fish
@CASES
def test_fish_offers_what_fits(catalog, tmp_path, words, offered):
    (tmp_path / "omics.fish").write_text(script("fish", catalog))
    line = " ".join(["omics", *words])
    ran = subprocess.run(
        ["fish", "--no-config", "-c", f"source omics.fish; complete -C '{line}'"],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
    )
    assert ran.stderr == ""
    # fish looks anywhere in a word, and behind the beginning offers the files of the folder.
    found = {row.partition("\t")[0] for row in ran.stdout.splitlines()} - {"omics.fish"}
    assert {word for word in found if word.startswith(words[-1])} == offered


# What zsh would offer: compadd and _describe note what they are given instead of showing it.
ZSH = """
compdef() { :; }
noted=()
compadd() { [[ $1 == -a ]] && noted+=("${(@P)2}"); }
_describe() { noted+=("${(@)${(P)2}%%%%:*}"); }
_files() { :; }
source ./omics.zsh
words=(omics %s); CURRENT=%d
_omics
for word in $noted; do [[ $word == ${words[CURRENT]}* ]] && print -r -- $word; done
true
"""


@needs_zsh
@CASES
def test_zsh_offers_what_fits(catalog, tmp_path, words, offered):
    (tmp_path / "omics.zsh").write_text(script("zsh", catalog))
    quoted = " ".join(f"'{word}'" for word in words)
    ran = subprocess.run(
        ["zsh", "-f", "-c", ZSH % (quoted, len(words) + 1)], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert ran.stderr == ""
    assert set(ran.stdout.split()) == offered


@pytest.fixture
def home(monkeypatch, tmp_path):
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def test_fish_finds_what_is_installed_by_itself(omics, home, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    ran = omics("completion", "--install", installed=True)
    file = home / ".config" / "fish" / "completions" / "omics.fish"
    assert (ran.code, ran.out) == (0, "")
    assert f"wrote {file}" in ran.err
    assert "open a new shell" in ran.err
    if shutil.which("fish") is None:
        return
    # fish reads scripts of commands that there are.
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    words = subprocess.run(
        ["fish", "-c", "complete -C 'omics sb files upl'"], capture_output=True, text=True, check=True
    )
    assert words.stdout.startswith("upload\t")


def test_zsh_is_told_in_its_settings_when_the_user_agrees(omics, home):
    settings = home / ".zshrc"
    settings.write_text("alias l=ls")
    told = omics("completion", "zsh", "--install", installed=True)
    assert f"add this line to {settings}: fpath=('{home}/.zfunc' $fpath)" in told.err
    assert settings.read_text() == "alias l=ls", "nobody was asked"
    omics("completion", "zsh", "--install", installed=True, tty=True, typed="y\n")
    once = settings.read_text()
    assert once.startswith("alias l=ls\nfpath=(")
    again = omics("completion", "zsh", "--install", installed=True, tty=True)
    assert (settings.read_text(), "[y/N]" in again.err) == (once, False)
    if shutil.which("zsh") is None:
        return
    line = f"source {settings}; print -r -- $_comps[omics]"
    assert subprocess.run(["zsh", "-f", "-c", line], capture_output=True, text=True, check=True).stdout == "_omics\n"


@needs_bash
def test_bash_reads_what_is_installed(omics, home):
    omics("--yes", "completion", "bash", "--install", installed=True)
    file = home / ".local" / "share" / "bash-completion" / "completions" / "omics"
    assert completed(f"source '{file}'", "sb", "files", "upl") == ["upload"]


def test_where_scripts_go_depends_on_the_shell_and_its_variables():
    home = Path("/home/me")
    assert place_of("bash", {"XDG_DATA_HOME": "/d"}, home, has_loader=True).file == Path(
        "/d/bash-completion/completions/omics"
    )
    without = place_of("bash", {}, home, has_loader=False)
    assert (without.settings, without.line) == (home / ".bashrc", f"source '{without.file}'")
    assert place_of("zsh", {"ZDOTDIR": "/z"}, home, has_loader=True).settings == Path("/z/.zshrc")
    assert place_of("fish", {"XDG_CONFIG_HOME": "/c"}, home, has_loader=True).file == Path(
        "/c/fish/completions/omics.fish"
    )


def test_a_shell_that_is_not_known_has_to_be_named(omics):
    assert own_shell({"SHELL": "/opt/bin/zsh"}) == "zsh"
    for environ in ({}, {"SHELL": "/bin/dash"}):
        with pytest.raises(UsageError, match="can't tell which shell"):
            own_shell(environ)
    assert omics("completion").code == 2
    assert "$PROFILE" in omics("completion", "powershell", "--install").err
