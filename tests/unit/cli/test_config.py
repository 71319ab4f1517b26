"""`omics config`: values with their origins, secrets masked; changes that touch one setting."""

import json
import os
import re
import stat
import sys
from pathlib import Path

import pytest
from omicsdk.cli.arguments import key, own_arguments
from omicsdk.cli.catalog import GLOBALS, Catalog
from omicsdk.core.settings.profiles import DEFAULTS
from settings_files import own_file as own_file
from settings_files import user_file as user_file

CANARY = "canary-0123456789"


@pytest.fixture
def config_file(tmp_path, monkeypatch, user_file):
    """A file that HCA_CONFIG_FILE names."""
    file = tmp_path / "config.json"
    monkeypatch.setenv("HCA_CONFIG_FILE", str(file))
    return file


def rows(ran):
    assert ran.code == 0, ran.err
    return {row["name"]: row for row in ran.json}


def test_each_value_has_its_origin_and_secrets_are_masked(omics, config_file, monkeypatch):
    monkeypatch.setenv("OMICS_DSS_TOKEN", f"{CANARY}-1")
    config_file.write_text(
        json.dumps({"creator_uid": 7, "oauth2_token": {"access_token": f"{CANARY}-2", "expires_at": "-1"}})
    )
    ran = omics("config", "list", "--output", "json")
    assert (ran.code, ran.err) == (0, "")
    by_name = rows(ran)
    assert by_name["creator_uid"] == {"name": "creator_uid", "value": 7, "origin": str(config_file)}
    assert by_name["OMICS_DSS_TOKEN"]["origin"] == "the environment"
    assert by_name["oauth2_token.access_token"]["value"] == "***"
    assert by_name["DSSClient.swagger_url"]["origin"] == "built in"
    assert CANARY not in ran.out


def test_a_terminal_shows_the_values_however_long_they_are(omics, config_file):
    url = f"https://{'long.' * 30}example.org/v1/swagger.json"
    config_file.write_text(json.dumps({"DSSClient": {"swagger_url": url}, "oauth2_token": {"access_token": CANARY}}))
    out = omics("config", "list", tty=True).out
    assert f"DSSClient.swagger_url = {url}  ({config_file})\n" in out
    assert f"oauth2_token.access_token = ***  ({config_file})\n" in out
    assert CANARY not in out
    assert rows(omics("config", "list"))["DSSClient.swagger_url"]["value"] == url, "data in a pipe, as of all commands"


def test_show_origin_names_the_line(omics, config_file, user_file):
    user_file.parent.mkdir()
    user_file.write_text('{\n"areas": [1]}')
    config_file.write_text('{"creator_uid": 7,\n\n"areas": {"$append": 2}}')
    by_name = rows(omics("config", "list", "--show-origin"))
    assert by_name["creator_uid"]["origin"] == f"{config_file}:1"
    assert by_name["areas"] == {"name": "areas", "value": [1, 2], "origin": f"{user_file}:2, {config_file}:3"}


def test_variables_of_every_platform_are_listed_without_their_secrets(omics, user_file, monkeypatch):
    secrets = (
        "CRUNCH_TOKEN",
        "PANGEA_PASS",
        "SB_AUTH_TOKEN",
        "GEN3_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "OMICS_AUTH_TOKEN",
    )
    for name in secrets:
        monkeypatch.setenv(name, CANARY)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{CANARY}@proxy.example.org:3128")
    shown = {
        "CRUNCH_URL": "https://crunch.example.org",
        "SB_PROFILE": "cgc",
        "GOOGLE_APPLICATION_CREDENTIALS": "/home/me/key.json",
        "OMICS_TOKEN_FILE": "/home/me/tokens.json",
    }
    for name, value in shown.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PATH_OF_ANOTHER_PROGRAM", "x")
    ran = omics("config", "list", "--show-origin")
    by_name = rows(ran)
    assert {name: by_name[name]["value"] for name in shown} == shown
    assert {by_name[name]["value"] for name in secrets} == {"***"}
    assert by_name["HTTPS_PROXY"]["value"] == "http://***@proxy.example.org:3128"
    assert "PATH_OF_ANOTHER_PROGRAM" not in by_name
    assert CANARY not in ran.out


def test_a_malformed_file_is_named_with_its_line(omics, config_file):
    config_file.write_text('{"a": 1,\n "b": }')
    for words in (["list"], ["get", "a"]):
        ran = omics("config", *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"{config_file}:2:7" in ran.err
        assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "out"),
    [
        ("creator_uid", "7\n"),
        ("DSSClient.swagger_url", "https://dss.example.org/v1/swagger.json\n"),
        ("on", "true\n"),
        ("areas", "[\n  1\n]\n"),
        (r"dotted\.name.a", "x\n"),
        ("HCA_CONFIG_FILE", None),
    ],
)
def test_get_prints_one_value(omics, config_file, name, out):
    url = "https://dss.example.org/v1/swagger.json"
    values = {"creator_uid": 7, "DSSClient": {"swagger_url": url}, "on": True, "areas": [1], "dotted.name": {"a": "x"}}
    config_file.write_text(json.dumps(values))
    ran = omics("config", "get", name)
    assert (ran.code, ran.out, ran.err) == (0, f"{config_file}\n" if out is None else out, "")


def test_get_as_json(omics, config_file):
    config_file.write_text('{"a": "x", "b": {"access_token": "canary", "c": 1}}')
    assert omics("config", "get", "a", "--output", "json").json == "x"
    assert omics("config", "get", "b").json == {"access_token": "***", "c": 1}


def test_get_of_what_is_not_set_ends_with_1(omics, user_file):
    ran = omics("config", "get", "log_levle")
    assert (ran.code, ran.out, ran.err) == (1, "", "omics: log_levle is not set. Did you mean log_level?\n")


def test_a_secret_is_not_printed(omics, config_file, monkeypatch):
    config_file.write_text(json.dumps({"oauth2_token": {"access_token": CANARY}}))
    monkeypatch.setenv("OMICS_DSS_TOKEN", CANARY)
    for name in ("oauth2_token.access_token", "OMICS_DSS_TOKEN"):
        ran = omics("config", "get", name)
        assert ran.code == 1
        assert "is a secret, which is not shown" in ran.err
        assert CANARY not in ran.out + ran.err
    monkeypatch.setenv("HTTPS_PROXY", f"http://me:{CANARY}@proxy.example.org:1")
    assert omics("config", "get", "HTTPS_PROXY").out == "http://***@proxy.example.org:1\n"


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["7"], 7),
        (["-7"], -7),
        (["true"], True),
        (["some text"], "some text"),
        (["7", "--text"], "7"),
        (['{"$append": 1}'], {"$append": 1}),
        (["[1, 2]"], [1, 2]),
        (["NaN"], "NaN"),
    ],
)
def test_set_writes_one_setting(omics, user_file, words, value):
    ran = omics("config", "set", "upload.areas.some", *words)
    assert ran.code == 0
    assert ran.json == {"name": "upload.areas.some", "value": value, "file": str(user_file)}
    assert json.loads(user_file.read_text()) == {"upload": {"areas": {"some": value}}}
    if sys.platform != "win32":
        assert stat.S_IMODE(user_file.stat().st_mode) == 0o600


def test_set_leaves_the_rest_of_the_file(omics, user_file):
    user_file.parent.mkdir()
    user_file.write_text('{ "z": [1,2],\n  "a": {"$append": 3},\n  "creator_uid": 1 }\n')
    assert omics("config", "set", "creator_uid", "8008").code == 0
    left = json.loads(user_file.read_text())
    assert list(left.items()) == [("z", [1, 2]), ("a", {"$append": 3}), ("creator_uid", 8008)]
    assert omics("config", "unset", "z").code == 0
    assert json.loads(user_file.read_text()) == {"a": {"$append": 3}, "creator_uid": 8008}


def test_a_secret_comes_from_stdin(omics, user_file):
    ran = omics("config", "set", "oauth2_token.access_token", CANARY)
    assert (ran.code, ran.out) == (2, "")
    assert "omics config set oauth2_token.access_token - < FILE" in ran.err
    assert not user_file.exists()
    ran = omics("config", "set", "oauth2_token.access_token", "-", typed=f"\ufeff{CANARY}\n")
    assert (ran.code, ran.json["value"]) == (0, "***")
    assert json.loads(user_file.read_text())["oauth2_token"]["access_token"] == CANARY
    assert CANARY not in ran.out + ran.err


def test_a_token_of_digits_is_text_and_no_error_shows_it(omics, user_file):
    ran = omics("config", "set", "oauth2_token.access_token", "-", typed="12345")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(user_file.read_text()) == {"oauth2_token": {"access_token": "12345"}}
    ran = omics("config", "set", "oauth2_token", "-", typed='{"access_token": 12345}')
    assert ran.code == 2
    assert "oauth2_token.access_token: expected text, got" in ran.err
    assert "12345" not in ran.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("proxy", f"https://user:{CANARY}@proxy.example.org"),
        ("application_secrets", json.dumps({"installed": {"client_secret": CANARY}})),
        ("other", json.dumps({"access_token": CANARY})),
    ],
)
def test_a_secret_within_a_value_is_refused_too(omics, user_file, name, value):
    ran = omics("config", "set", name, value)
    assert ran.code == 2
    assert "shell's history" in ran.err
    assert CANARY not in ran.out + ran.err
    assert not user_file.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["log_level", "LOUD"], "log_level: expected one of DEBUG"),
        (["creator_uid", "me"], "creator_uid: expected a whole number"),
        (["upload.areas", "nonsense"], 'upload.areas: expected an object, got "nonsense"'),
        (["upload", '{"current_area": []}'], "upload.current_area: expected text, got []"),
        (["DSSClient.swagger_url", "dss.example.org"], "swagger_url: 'dss.example.org' is not"),
        (["DSSClient", '{"swagger_url": 5}'], "DSSClient.swagger_url: expected text, got 5"),
        (["DSSClient.swagger_url", "5"], "swagger_url: '5' is not"),
        (["DSSClient", "5"], "DSSClient: expected an object, got 5"),
        (["dss.download.num_retries", "three"], "expected a whole number"),
        (["dss.download.num_retry", "3"], "Did you mean num_retries?"),
        (["dss.downlaod.num_retries", "3"], "Did you mean download?"),
        (["dss", '{"downlaod": {}}'], "Did you mean download?"),
        (["dss.download.replica.a", "1"], "expected one value"),
        (["dss", '{"download": {"replica": "azure"}}'], "expected one of aws, gcp"),
        (["dss.foo", "1"], "omics dss has no command 'foo'"),
        (["dss.download", "1"], "expected an object of arguments"),
        (["dss", "1"], "expected an object of commands"),
        (["a..b", "1"], "not a valid name of a setting"),
        (["a", "[" * 100_000], "nested too deeply"),
        (["log_level.x", "1"], "log_level is not an object"),
        (["creator_uid", '{"$append": 1}'], "creator_uid: expected a whole number"),
    ],
)
def test_what_would_stop_every_program_is_not_written(omics, user_file, words, message):
    user_file.parent.mkdir()
    content = '{"log_level": "INFO"}'
    user_file.write_text(content)
    ran = omics("config", "set", *words, installed=True)
    assert ran.code == 2
    assert message in ran.err
    assert user_file.read_text() == content


def test_an_operator_without_an_array_is_not_written(omics, user_file, config_file):
    user_file.parent.mkdir()
    user_file.write_text('{"dss": {"found": 5}}')
    ran = omics("config", "set", "dss.found", '{"$append": 1}', "--file", str(config_file))
    assert (ran.code, ran.out) == (2, "")
    assert "dss.found has $append, but what it changes is not an array" in ran.err
    assert not config_file.exists()


def test_a_default_of_a_command_is_set(omics, user_file):
    assert omics("config", "set", "dss.download.num_retries", "3", installed=True).err == ""
    assert json.loads(user_file.read_text()) == {"dss": {"download": {"num_retries": 3}}}


def test_a_name_that_no_command_reads_is_refused_with_the_nearest(omics, user_file):
    ran = omics("config", "set", "log_levle", "INFO")
    assert ran.code == 2
    message = "omics: config set: unknown setting log_levle: no command reads it. Did you mean log_level?"
    assert ran.err.startswith(message)
    assert not user_file.exists()
    assert omics("config", "set", "upload.areas.x.uri", "s3://b-dev/x/").err == ""


def test_what_has_no_effect_is_reported(omics, config_file, user_file, tmp_path):
    config_file.write_text('{"creator_uid": 1}')
    ran = omics("config", "set", "creator_uid", "2")
    assert ran.err == f"omics: creator_uid has no effect: {config_file}:1 has precedence\n"
    other = tmp_path / "other.json"
    ran = omics("config", "set", "creator_uid", "2", "--file", str(other))
    assert ran.err == f"omics: {other} is not read unless HCA_CONFIG_FILE names it\n"
    assert json.loads(other.read_text()) == {"creator_uid": 2}
    ran = omics("config", "set", "creator_uid", "3", "--file", str(config_file))
    assert (ran.code, ran.err) == (0, "")


def test_unset(omics, user_file, config_file):
    config_file.write_text('{"a": 1}')
    ran = omics("config", "unset", "a")
    assert (ran.code, ran.out) == (1, "")
    assert (
        ran.err
        == f"omics: a is not set in {user_file}. It is set elsewhere: {config_file}:1. Name that file with --file.\n"
    )
    omics("config", "set", "log_level", "ERROR", "--file", str(config_file))
    ran = omics("config", "unset", "log_level", "--file", str(config_file))
    assert (ran.code, ran.err) == (0, "omics: log_level is still set, now by built in\n")
    assert json.loads(config_file.read_text()) == {"a": 1}
    assert omics("config", "unset", "log_level").code == 1


def test_path_lists_the_files_in_order(omics, user_file, config_file):
    config_file.write_text("{}")
    files = omics("config", "path").json
    assert [row["origin"] for row in files][:2] == ["omicsdk", "this machine"]
    assert [row["path"] for row in files][2:] == [str(user_file), str(config_file)]
    assert [(row["exists"], row["origin"]) for row in files][2:] == [(False, "this user"), (True, "HCA_CONFIG_FILE")]


@pytest.mark.parametrize("form", ["json", "jsonl", "table", "tsv"])
@pytest.mark.parametrize("words", [["list"], ["path"], ["get", "creator_uid"], ["set", "creator_uid", "1"]])
def test_every_form_of_output(omics, user_file, form, words):
    ran = omics("config", *words, "--output", form)
    assert ran.code == 0
    assert ran.out


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_the_file_of_the_machine_stays_readable_and_holds_no_secret(omics, user_file, tmp_path, monkeypatch):
    site = tmp_path / "etc" / "config.json"
    monkeypatch.setattr("omicsdk.hca.config.SITE_FILE", str(site))
    omics("config", "set", "creator_uid", "2", "--file", str(site))
    assert stat.S_IMODE(site.stat().st_mode) == 0o644
    ran = omics("config", "set", "oauth2_token.access_token", "-", "--file", str(site), typed=CANARY)
    assert ran.code == 2
    assert f"all users can read {site}" in ran.err
    omics("config", "set", "a", "2", "--file", str(site))
    omics("config", "unset", "a", "--file", str(site))
    assert stat.S_IMODE(site.stat().st_mode) == 0o644


def test_settings_of_every_platform_are_set_for_a_profile(omics, own_file, user_file):
    url = "https://commons.example.org"
    ran = omics("config", "set", "gen3.base_url", url)
    assert ran.json == {"name": "gen3.base_url", "value": url, "file": str(own_file)}
    assert omics("config", "set", "gen3.base_url", "https://work.example.org", "--profile", "work").code == 0
    assert omics("config", "set", "profiles.work.sb.base_url", "https://sb.example.org/v2").code == 0
    assert not user_file.exists(), "the Atlas's file has nothing of it"
    assert omics("config", "get", "gen3.base_url").out == f"{url}\n"
    assert omics("--profile", "work", "config", "get", "gen3.base_url").out == "https://work.example.org\n"
    for option in ("--profile", "--base-url"):
        ran = omics(option, "", "config", "get", "gen3.base_url")
        assert (ran.code, f"{option}: the value is empty" in ran.err) == (2, True), ran.err
    by_name = rows(omics("config", "list", "--show-origin"))
    assert by_name["profiles.work.sb.base_url"]["origin"] == f"{own_file}:8"
    assert by_name["gen3.base_url"] == {
        "name": "gen3.base_url",
        "value": url,
        "origin": f"profile default of {own_file}",
    }
    assert omics("config", "unset", "gen3.base_url").code == 0
    assert omics("config", "unset", "gen3.base_url").code == 1
    assert omics("config", "get", "gen3.base_url").code == 1


def test_each_value_is_shown_with_the_source_that_wins(omics, own_file, monkeypatch):
    omics("config", "set", "sb.base_url", "https://own.example.org/v2")
    monkeypatch.setenv("SB_API_ENDPOINT", "https://variable.example.org/v2")
    monkeypatch.setenv("SB_AUTH_TOKEN", CANARY)
    ran = omics("config", "list")
    by_name = rows(ran)
    assert by_name["sb.base_url"]["value"] == "https://variable.example.org/v2"
    assert (
        by_name["sb.base_url"]["origin"] == by_name["sb.credentials"]["origin"] == "SB_API_ENDPOINT and SB_AUTH_TOKEN"
    )
    assert by_name["sb.credentials"]["value"] == "***"
    assert by_name["pangea.base_url"]["origin"] == "built in"
    assert CANARY not in ran.out
    own_file.write_text(f'[profiles.default.gen3]\nbase_url = "https://me:{CANARY}@x.example.org"\n')
    assert omics("config", "get", "gen3.base_url").out == "https://***@x.example.org\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["gen3.endpoint", "https://x.example.org"], "unknown setting gen3.endpoint. Did you mean gen3.base_url?"),
        (["sb.auth_token", "x"], "sb.auth_token is not a setting. Store a login with: omics login sb"),
        (["profiles.work.toy.base_url", "https://x"], "unknown setting profiles.work.toy.base_url"),
        (["profiles.a b.sb.base_url", "https://x"], "Invalid name of a profile"),
        (["sb.base_url", "api.example.org"], "sb.base_url"),
        (
            ["sb.base_url", "https://me:canary@x.example.org"],
            "sb.base_url 'https://***@x.example.org' contains a password",
        ),
        (["sb.base_url", "https://x.example.org?a=b"], "has a query"),
        (["store", "drawer"], "store: expected one of file, keyring"),
        (["sb.base_url", "https://x.example.org", "--file", "x.json"], "is not a setting of the HCA configuration"),
    ],
)
def test_what_no_platform_reads_is_refused(omics, own_file, user_file, words, message):
    ran = omics("config", "set", *words)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert not own_file.exists()
    assert not user_file.exists()


def test_known_settings_have_kinds_and_choices(omics, own_file):
    by_name = {row["name"]: row for row in omics("config", "list", "--known").json}
    assert by_name["store"]["choices"] == ["file", "keyring"]
    assert by_name["crunch.base_url"]["kind"] == "URL"
    assert "DEBUG" in by_name["log_level"]["choices"]


def test_a_malformed_file_of_omicsdk_is_named_with_its_line(omics, own_file):
    own_file.write_text("[profiles.default.sb]\nbase_url = \n")
    for words in (["list"], ["get", "sb.base_url"], ["set", "store", "file"], ["unset", "store"]):
        ran = omics("config", *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"{own_file}:2:12: " in ran.err


def test_a_place_that_can_not_be_written_is_one_line(omics, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "file"))
    monkeypatch.delenv("HCA_CONFIG_FILE", raising=False)
    ran = omics("config", "set", "log_level", "INFO")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"{tmp_path / 'file' / 'hca' / 'config.json'} cannot be written" in ran.err
    assert "unknown setting a:" in omics("config", "set", "a", "1").err  # no place makes it right


def test_a_secret_that_is_typed_is_requested_without_echo(omics, user_file, monkeypatch):
    prompts = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: prompts.append(prompt) or CANARY)
    assert omics("config", "set", "oauth2_token.access_token", "-", tty=True).code == 0
    assert prompts == ["oauth2_token.access_token: "]
    assert json.loads(user_file.read_text())["oauth2_token"]["access_token"] == CANARY


@pytest.fixture
def settings(monkeypatch, tmp_path, user_file):
    """omicsdk's own settings file."""
    path = tmp_path / "settings.toml"
    monkeypatch.setenv("OMICS_SETTINGS_FILE", str(path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tree" / "sub").mkdir(parents=True)
    for name in ("a.bam", "b.txt", "sub/c.bam"):
        (tmp_path / "tree" / name).write_bytes(b"x" * 10)
    return path


def file_names(omics, *words):
    ran = omics("find", "tree", "--output", "json", *words)
    assert ran.code == 0, ran.err
    return [row["name"] for row in ran.json]


def test_defaults_of_transfers_are_settings(omics, settings):
    ran = omics("config", "set", "transfer.limit_rate", "5M")
    assert ran.json == {"name": "transfer.limit_rate", "value": "5M", "file": str(settings)}
    assert omics("config", "set", "transfer.exclude", '["*.txt", "/sub/"]').code == 0
    assert omics("config", "get", "transfer.limit_rate").out == "5M\n"
    assert file_names(omics) == ["a.bam"]
    assert file_names(omics, "--exclude", "*.bam") == ["b.txt"]
    assert omics("config", "unset", "transfer.exclude").code == 0
    assert file_names(omics) == ["a.bam", "b.txt", "sub/c.bam"]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("older = 1970-01-01", []),
        ("older = 1970-01-01T12:00:00Z", []),
        ("newer = 1970-01-01 12:00:00", ["a.bam", "b.txt", "sub/c.bam"]),
        ("include = [1, 2]", []),
        ('include = ["[1]", "*.txt"]', ["b.txt"]),
        ('include = "[1]"', []),
    ],
)
def test_settings_may_be_values_of_toml(omics, settings, line, names):
    settings.write_text(f"[transfer]\n{line}\n")
    assert file_names(omics) == names


def test_a_pattern_that_is_a_list_of_numbers_in_json_is_a_pattern(omics, settings):
    Path("tree", "1").touch()
    assert file_names(omics, "--include", "[1]") == ["1"]


def test_variables_come_before_settings(omics, settings, monkeypatch):
    settings.write_text('[transfer]\ninclude = "*.bam"\nmin_size = 5\nconnections = 3\n')
    assert omics("config", "get", "transfer.connections").json == 3
    assert file_names(omics) == ["a.bam", "sub/c.bam"]
    monkeypatch.setenv("OMICS_TRANSFER_INCLUDE", "*.txt")
    assert file_names(omics) == ["b.txt"]
    monkeypatch.setenv("OMICS_TRANSFER_MIN_SIZE", "1K")
    assert file_names(omics) == []


def test_a_misspelled_variable_of_every_command_is_named(omics, settings, monkeypatch):
    names = re.findall(
        r"OMICS_[A-Z0-9_]+[A-Z0-9]\b",
        (Path(__file__).parents[3] / "docs/reference/environment.md").read_text(encoding="utf-8"),
    )
    assert len(names) > 50
    for name in (*names, "OMICS_OUTPUT_DIR"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    assert "has no effect" not in omics("find", "tree").err
    misspellings = {
        "OMICS_LOGLEVEL": "OMICS_LOG_LEVEL",
        "OMICS_CLI_OUTPUT": "OMICS_OUTPUT",
        "OMICS_REQUIRE_CHECKSUM": "OMICS_TRANSFER_REQUIRE_CHECKSUM",
        "OMICS_GEN3_TOKNE": "OMICS_GEN3_TOKEN",
        "OMICS_DSS_URI": "OMICS_DSS_URL",
        "SB_AUTH_TOKNE": "SB_AUTH_TOKEN",
    }
    for name in misspellings:
        monkeypatch.setenv(name, "canary")
    ran = omics("find", "tree")
    assert "canary" not in ran.err
    for name, meant in misspellings.items():
        assert f"{name} has no effect: no such variable. Did you mean {meant}?" in ran.err


def test_a_misspelled_variable_of_transfers_is_named_once(omics, settings, monkeypatch, tmp_path):
    (tmp_path / "a.txt").write_text("a")
    monkeypatch.setenv("OMICS_TRANSFER_RETRYS", "3")
    ran = omics("cp", str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert ran.code == 0
    assert (
        ran.err.count("OMICS_TRANSFER_RETRYS has no effect: no such variable. Did you mean OMICS_TRANSFER_RETRIES?")
        == 1
    )


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("transfer.limit_rate", "fast", "{}: fast: not a number of bytes per second"),
        ("transfer.limit_rate", "25:00,1M", "{}: 25:00,1M: not a timetable"),
        ("transfer.connections", "0", "{}: 0 is below 1"),
        ("transfer.connections", "many", "{}: expected a whole number, got 'many'"),
        ("transfer.require_checksum", "maybe", "{}: expected true or false, got 'maybe'"),
        ("transfer.exclude", "[a", "{}: pattern '[a' has an unbalanced bracket"),
        ("transfer.newer", "soon", "{}: 'soon' is not a time"),
        ("transfer.fail_empty", "maybe", "{}: expected true or false, got 'maybe'"),
        ("transfer.limit_rat", "5M", "unknown setting {}: no command reads it. Did you mean transfer.limit_rate?"),
        ("cli.output", "yaml", "{}: expected one of json, jsonl, table, tsv, got 'yaml'"),
        ("cli.call_timeout", "soon", "{}: --call-timeout soon: not a duration"),
        ("cli.outptu", "tsv", "unknown setting {}: no command reads it. Did you mean cli.output?"),
        ("limit-rate", "5M", "unknown setting {}: no command reads it. Did you mean transfer.limit_rate?"),
        ("outputs", "tsv", "unknown setting {}: no command reads it. Did you mean cli.output?"),
    ],
)
def test_a_wrong_default_of_commands_is_refused(omics, settings, name, value, message):
    ran = omics("config", "set", name, value)
    assert (ran.code, settings.exists()) == (2, False), ran.err
    assert message.format(name) in ran.err


ONE_RUN = {
    *("help", "version", "query", "sort", "columns"),  # of one result
    *("base_url", "profile", "access_token"),  # settings of profiles, and logins
    *("compare", "size_only", "unverified", "max_delete"),  # of one sync or verify
    *("yes", "quiet", "debug"),  # `log_level` is the default of the last two
    *("dry_run", "report", "layout", "name_template", "overwrite", "recursive", "no_clobber", "move", "delete", "update"),
    *("option", "no_sign_request", "request_payer", "sse", "sse_kms_key_id", "sse_c_key_file", "storage_class"),  # of a bucket
}  # fmt: skip
"""Options without a setting: they state what one run is about, or agree to something that costs or deletes."""


def test_each_general_option_and_each_of_transfers_has_a_setting_or_is_of_one_run():
    options = {key(argument).replace("-", "_") for argument in GLOBALS}
    for command in ("cp", "mv", "sync"):
        node = Catalog().start(command)
        options |= {key(argument) for argument in own_arguments(node.command) if not argument.get("positional")}
    settings = {name for names in DEFAULTS.values() for name in names}
    assert options - settings - ONE_RUN == set()
    assert settings & ONE_RUN == set()


def test_defaults_of_every_command_are_settings(omics, settings, monkeypatch):
    assert omics("config", "set", "cli.output", "tsv").code == 0
    assert omics("find", "tree", "--columns", "name").out == "name\na.bam\nb.txt\nsub/c.bam\n"
    assert omics("find", "tree", "--columns", "name", "--output", "jsonl").out.startswith('{"name"')
    monkeypatch.setenv("OMICS_OUTPUT", "jsonl")
    assert omics("find", "tree", "--columns", "name").out.startswith('{"name"')
    monkeypatch.setenv("OMICS_LOG_FORMAT", "json")
    assert json.loads(omics("find", "missing").err)["level"] == "ERROR"
    monkeypatch.setenv("OMICS_OUTPUT", "yaml")
    refused = omics("find", "tree")
    assert (refused.code, "OMICS_OUTPUT: expected one of" in refused.err) == (2, True), refused.err
    assert omics("config", "unset", "cli.output").code == 0  # a wrong value does not keep it from being corrected


def test_a_wrong_default_of_transfers_is_named_when_it_is_read(omics, settings, monkeypatch):
    settings.write_text('[transfer]\n# how fast\nlimit_rat = "5M"\n')
    ran = omics("find", "tree")
    assert ran.code == 2
    assert (
        f"unknown setting transfer.limit_rat ({settings}:3): no command reads it. Did you mean transfer.limit_rate?"
        in ran.err
    )
    settings.write_text('[transfer]\nmin_size = "big"\n')
    ran = omics("find", "tree")
    assert (ran.code, f"{settings}:2: transfer.min_size: 'big' is not a size" in ran.err) == (2, True), ran.err
    monkeypatch.setenv("OMICS_TRANSFER_MIN_SIZE", "large")
    assert "OMICS_TRANSFER_MIN_SIZE: 'large' is not a size" in omics("find", "tree").err
    assert omics("config", "list").code == 0  # which takes no options of transfers
