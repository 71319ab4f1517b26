"""The user's own folders, as platformdirs finds them, and users without a home."""

from pathlib import Path

import platformdirs
import pytest
from nobodys_home import leave_home
from omicsdk.core import ConfigError
from omicsdk.core.files import expanded, home_folder, state_folder
from omicsdk.core.settings.profiles import settings_file
from omicsdk.core.token_file import token_file
from omicsdk.core.user_folders import user_folder


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    leave_home(monkeypatch)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("find", "variable"),
    [(home_folder, "HOME=/path/to/it."), (token_file, "OMICS_TOKEN_FILE."), (state_folder, "OMICS_STATE_DIR.")],
)
def test_it_is_reported_what_to_set(homeless, find, variable):
    with pytest.raises(ConfigError, match="HOME is not set") as raised:
        find()
    assert raised.value.remedy.startswith("Set HOME")
    assert raised.value.remedy.endswith(variable)


def test_a_home_that_is_a_file_holds_no_tokens(tmp_path):
    home = tmp_path / "home"
    home.write_text("")
    assert token_file({"OMICS_TOKEN_FILE": str(home / "tokens.json")}).get("https://example.org") is None


def test_what_is_named_needs_no_home(homeless, monkeypatch):
    monkeypatch.setenv("OMICS_TOKEN_FILE", str(homeless / "tokens.json"))
    monkeypatch.setenv("OMICS_STATE_DIR", str(homeless / "state"))
    assert token_file().path == homeless / "tokens.json"
    assert state_folder() == homeless / "state"
    assert list(homeless.iterdir()) == []


def test_the_home_of_an_unknown_user_is_named():
    with pytest.raises(ConfigError, match="'no-such-user' in ~no-such-user/x is not a user") as raised:
        expanded("~no-such-user/x")
    assert "./~no-such-user" in raised.value.remedy


# -- folders are found without platformdirs, where it finds them


VARIABLES = {"XDG_CONFIG_HOME": "a", "XDG_CACHE_HOME": "b", "XDG_STATE_HOME": "c"}


@pytest.mark.parametrize("above", ["/folders", "relative", None])  # relative ones are ignored: appdirs issue 61
def test_folders_are_those_of_platformdirs(monkeypatch, above):
    for name, folder in VARIABLES.items():
        monkeypatch.setenv(name, f"{above}/{folder}") if above else monkeypatch.delenv(name, raising=False)
    assert Path(user_folder("config")) == platformdirs.user_config_path("omicsdk", appauthor=False)
    assert Path(user_folder("cache")) == platformdirs.user_cache_path("omicsdk", appauthor=False)
    assert Path(user_folder("state")) == platformdirs.user_state_path("omicsdk")


@pytest.mark.parametrize("home", ["~", "relative"])
def test_a_user_without_a_home_is_told_what_to_set(monkeypatch, home):
    for name in (*VARIABLES, "OMICS_STATE_DIR", "OMICS_SETTINGS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.path.expanduser", lambda path: path.replace("~", home))
    with pytest.raises(ConfigError) as found:
        state_folder()
    assert "OMICS_STATE_DIR" in found.value.remedy
    with pytest.raises(ConfigError) as found:
        settings_file("settings.toml", "OMICS_SETTINGS_FILE")
    assert "OMICS_SETTINGS_FILE" in found.value.remedy
