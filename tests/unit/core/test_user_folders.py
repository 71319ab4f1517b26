"""The user's own folders are found without platformdirs, where it finds them."""

from pathlib import Path

import platformdirs
import pytest
from omicsdk.core.errors import ConfigError
from omicsdk.core.files import state_folder
from omicsdk.core.settings.profiles import settings_file
from omicsdk.core.user_folders import user_folder

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
