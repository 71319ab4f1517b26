"""Completion, aliases and plugins."""

import json
import os
import sys
from pathlib import Path

import pytest
from alias_file import AS_BEFORE
from alias_file import aliases as aliases
from completion_cases import CASES
from omicsdk.cli import plugins
from omicsdk.cli.commands.alias import function
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
    offers, _ = offered(catalog, list(words[:-1]), words[-1])
    assert {word for word, _ in offers if word.startswith(words[-1])} == expected


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
    offers, files = offered(Omics(), ["login"], "")
    assert ([word for word, _ in offers], files) == (list(KINDS), False)


def test_words_that_make_a_longer_command_are_offered_beside_values():
    offers, files = offered(Omics(), ["codegen"], "")
    assert ({"diff", "explain"} <= {word for word, _ in offers}, files) == (True, True)
    assert offered(Omics(), ["codegen", "explain"], "") == ([], True)
    assert "--name" not in [word for word, _ in offered(Omics(), ["codegen", "diff"], "--")[0]]


def test_an_option_is_offered_once_and_a_hidden_one_never(generated, catalog):
    file = generated / "widgets" / "commands.json"
    commands = json.loads(file.read_text())
    commands[1]["parameters"][3]["synonym_of"] = "profile"
    file.write_text(json.dumps(commands))
    options = dict(offered(catalog, ["widgets", "get-widget", "--uuid", "x"], "--")[0])
    assert options["--quiet"] == "Only print results and errors: no progress, no notes"
    assert not {"--uuid", "--version"} & options.keys()
    assert "--replica" in options


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
    assert without.file == home / ".local/share/bash-completion/completions/omics"
    assert (without.settings, without.line) == (home / ".bashrc", f"source '{without.file}'")
    folders = {"XDG_DATA_HOME": "/d", "BASH_COMPLETION_USER_DIR": "/b:/c"}
    assert place_of("bash", folders, home, has_loader=True).file == Path("/b/completions/omics")
    quoted = place_of("zsh", {}, Path("/home/o'neil"), has_loader=True)
    assert quoted.line.startswith("fpath=('/home/o'\\''neil/.zfunc' $fpath);")
    assert place_of("zsh", {"ZDOTDIR": "/z"}, home, has_loader=True).settings == Path("/z/.zshrc")
    assert place_of("fish", {"XDG_CONFIG_HOME": "/c"}, home, has_loader=True).file == Path(
        "/c/fish/completions/omics.fish"
    )


@pytest.mark.parametrize("before", [b"", b"alias l=ls", b"alias l=ls\n", b"\xff\r\n"])
def test_a_line_is_added_to_the_settings_and_removed_again(omics, monkeypatch, tmp_path, before):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("ZDOTDIR", raising=False)
    settings = tmp_path / ".zshrc"
    settings.write_bytes(before)
    omics("--yes", "completion", "install", "zsh", installed=True)
    ended = before + b"\n" if before == b"alias l=ls" else before
    assert settings.read_bytes() == ended + place_of("zsh", {}, tmp_path, has_loader=True).line.encode() + b"\n"
    removed, again = (omics("completion", "uninstall", "zsh", installed=True).err.split() for _ in range(2))
    assert f"removed a line from {settings}" in " ".join(removed)
    assert settings.read_bytes() == ended
    assert " ".join(again).endswith(f"{tmp_path / '.zfunc/_omics'} does not exist")


@pytest.mark.parametrize(
    "loader",
    [None, "/usr/share/bash-completion/bash_completion", "/etc/bash_completion", "/etc/profile.d/bash_completion.sh"],
)
def test_bash_needs_no_line_where_the_system_loads_scripts(omics, monkeypatch, tmp_path, loader):
    exists = os.path.exists
    loaders = {"bash_completion", "bash_completion.sh"}
    monkeypatch.setattr("os.path.exists", lambda path: path == loader if Path(path).name in loaders else exists(path))
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "BASH_COMPLETION_USER_DIR"):
        monkeypatch.delenv(name, raising=False)
    omics("--yes", "completion", "install", "bash", installed=True)
    assert (tmp_path / ".bashrc").is_file() == (loader is None)


def test_a_shell_that_is_not_known_has_to_be_named(omics):
    assert own_shell({"SHELL": "/opt/bin/zsh"}) == "zsh"
    assert own_shell({"SHELL": "C:\\msys64\\usr\\bin\\bash.exe"}) == "bash"
    for environ in ({}, {"SHELL": "/bin/dash"}):
        with pytest.raises(UsageError, match="cannot detect your shell"):
            own_shell(environ)
    assert omics("completion", installed=True).code == 2
    with pytest.raises(UsageError, match=r"omics completion powershell >> \$PROFILE"):
        own_shell({"SHELL": "/usr/bin/pwsh"})


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
def test_what_has_nothing_to_do_reports_it_in_one_line(omics, words):
    ran = omics(*words, installed=True)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "omics: Nothing is cached: the definitions of the services come with omicsdk.\n"


def test_other_programs_are_no_command(omics):
    ran = omics("alias", "aws", installed=True)
    assert ran.code == 2
    assert "unknown command 'aws'" in ran.err


def test_an_alias_represents_a_command(omics, aliases):
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
    (request,) = widgets.requests
    assert request.url.path.endswith("/widgets/a b; $1")
    assert dict(request.url.params) == {"replica": "aws", "version": "7"}


@pytest.mark.parametrize(
    ("expansions", "message"),
    [
        ({"a": "b x", "b": "a"}, "the alias 'a' refers to itself"),
        (
            {"a": "dss 'x"},
            "the alias 'a' cannot be split into words: No closing quotation. Remove it: omics alias rm a",
        ),
    ],
)
def test_an_alias_that_was_edited_wrongly_is_an_error(omics, aliases, expansions, message):
    aliases.parent.mkdir(parents=True)
    aliases.write_text(json.dumps(expansions))
    ran = omics("a")
    assert ran.code == 2
    assert message in ran.err


@pytest.mark.parametrize(
    ("words", "message"),
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
def test_a_name_or_expansion_that_cannot_be_is_refused(omics, aliases, words, message, catalog, monkeypatch):
    monkeypatch.setattr("omicsdk.cli.commands.alias.Catalog", lambda: catalog)
    assert omics("alias", "set", "there", "widgets get-widget").code == 0
    ran = omics("alias", "set", *words)
    assert ran.code == 2
    assert message in ran.err
    assert [row["name"] for row in omics("alias", "list").json] == ["there"]


def test_an_alias_is_replaced_and_removed(omics, aliases):
    omics("alias", "set", "x", "dss login")
    assert omics("alias", "set", "x", "-", "--clobber", typed="dss logout\n").err == "omics: replaced the alias x\n"
    assert omics("alias", "list").json == [{"name": "x", "expansion": "dss logout"}]
    assert "Run `omics alias list`. See: omics alias rm --help" in omics("alias", "rm", "other").err
    near = omics("alias", "rm", "X")
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


MODULE = """
from omicsdk.core.errors import UsageError

class Unauthorized(Exception):
    remedy = "Log in again."
    status = 401

def main(words):
    if words == ["fail"]:
        raise UsageError("not so")
    if words == ["bug"]:
        raise KeyError("RUNS_TOKEN")
    if words == ["denied"]:
        raise Unauthorized("get_run: no such token. Log in again.")
    print("hello", *words)
    return 5 if words else None
"""


def install(folder: Path, name: str, command: str, target: str) -> None:
    """Put a distribution with one command into a folder."""
    facts = folder / f"{name}-1.0.dist-info"
    facts.mkdir(parents=True)
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\nSummary: Says \x1b[2Jhello\n\nName: x\n"
    )
    (facts / "entry_points.txt").write_text(f"[console_scripts]\nx = y:z\n\n[omicsdk.commands]\n{command} = {target}\n")


@pytest.fixture
def site(monkeypatch, tmp_path) -> Path:
    """A folder that is imported from, with one command, and a cache folder of its own."""
    for name in ("config", "cache"):
        monkeypatch.setenv(f"XDG_{name.upper()}_HOME", str(tmp_path / name))
    folder = tmp_path / "site"
    install(folder, "omicsdk-hello", "hello", "hello_plugin:main")
    (folder / "hello_plugin.py").write_text(MODULE)
    monkeypatch.setattr(sys, "path", [*sys.path, str(folder)])
    yield folder
    sys.modules.pop("hello_plugin", None)


def test_a_command_of_another_package_gets_the_words_after_its_name(omics, site):
    ran = omics("hello", "a b", "--help", "-q", installed=True)
    assert (ran.code, ran.out, ran.err) == (5, "hello a b --help -q\n", "")
    assert omics("--debug", "hello", installed=True).code == 0
    assert omics("help", "hello", installed=True).out == "hello --help\n"
    refused = omics("--output", "json", "hello", installed=True)
    assert (refused.code, "--output is not allowed before 'hello'" in refused.err) == (2, True)
    failed = omics("hello", "fail", installed=True)
    assert (failed.code, failed.err.startswith("omics: not so")) == (2, True)


def test_an_error_of_its_package_is_not_a_bug_in_omics(omics, site):
    ran = omics("hello", "bug", installed=True)
    line = "omics: unexpected KeyError in omicsdk-hello 1.0: 'RUNS_TOKEN'. See where: omics --debug hello"
    assert (ran.code, ran.err) == (1, f"{line}\n")
    assert 'hello_plugin.py", line' in omics("--debug", "hello", "bug", installed=True).err


def test_an_error_of_a_generated_client_is_its_line(omics, site):
    ran = omics("hello", "denied", installed=True)
    assert (ran.code, ran.err) == (4, "omics: get_run: no such token. Log in again.\n")


def test_help_and_completion_list_it_without_importing_it(omics, site):
    shown = omics("--help").out
    assert "Commands of other packages:\n  hello                   Says [2Jhello\n" in shown
    assert "hello\tSays [2Jhello" in omics("__complete", "fish", "=").out
    assert "hello_plugin" not in sys.modules


def test_ours_come_first(omics, site):
    install(site, "omicsdk-widgets", "widgets", "hello_plugin:main")
    assert "get-widget" in omics("widgets", "--help").out
    assert "Commands of other packages:\n  hello " in omics("--help").out


def test_the_near_word_may_be_one(omics, site):
    assert "Did you mean hello?" in omics("helo").err


@pytest.mark.parametrize("target", ["missing_module:main", "hello_plugin:missing", "broken_plugin:main"])
def test_a_failing_import_names_the_distribution(omics, site, target):
    install(site, "omicsdk-broken", "broken", target)
    (site / "broken_plugin.py").write_text("1 / 0")
    ran = omics("broken", installed=True)
    assert ran.code == 1
    assert "cannot load the command 'broken' of omicsdk-broken 1.0: " in ran.err
    assert "pip uninstall omicsdk-broken" in ran.err


def test_what_is_found_is_kept_until_a_package_is_installed(site, tmp_path):
    assert list(plugins.plugins()) == ["hello"]
    file = tmp_path / "cache" / "omicsdk" / "plugins.json"
    assert file.stat().st_mode & 0o777 == 0o600
    kept = json.loads(file.read_text())
    kept[sys.prefix]["plugins"]["cached"] = kept[sys.prefix]["plugins"]["hello"]
    file.write_text(json.dumps(kept))
    assert list(plugins.plugins()) == ["hello", "cached"], "the cache was not read"
    install(site, "omicsdk-other", "other", "hello_plugin:main")
    assert set(plugins.plugins()) == {"hello", "other"}
    file.write_text("nonsense")
    assert set(plugins.plugins()) == {"hello", "other"}


def test_a_user_without_a_folder_for_it_does_without_a_cache(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert list(plugins.plugins()) == ["hello"]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "missing"))
    assert list(plugins.plugins()) == ["hello"]
    assert not (tmp_path / "missing").exists()
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert plugins.user_folder("cache") == ""
    monkeypatch.chdir(tmp_path)
    assert list(plugins.plugins()) == ["hello"]
    assert not list(tmp_path.glob("~*"))
