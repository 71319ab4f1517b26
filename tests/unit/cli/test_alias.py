"""`omics alias hca`: documented lines run through omics, from the shell that read the function and from its scripts."""

import json

import pytest
from alias_file import AS_BEFORE
from alias_file import aliases as aliases
from omicsdk.cli.commands.alias import function


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
    (asked,) = widgets.asked
    assert asked.url.path.endswith("/widgets/a b; $1")
    assert dict(asked.url.params) == {"replica": "aws", "version": "7"}


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
