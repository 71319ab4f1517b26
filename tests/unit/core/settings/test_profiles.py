"""The settings file: read with the place of what is wrong, and changed one key at a time."""

import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from nobodys_home import leave_home
from omicsdk.core import ConfigError
from omicsdk.core.settings.profiles import (
    change_settings,
    check_profile_name,
    profile_settings,
    profiles,
    settings_path,
    stated_store,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and links are others on Windows")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"OMICS_SETTINGS_FILE": str(tmp_path / "new" / "settings.toml")}


def _file(environ: dict[str, str], text: str = "") -> Path:
    path = Path(environ["OMICS_SETTINGS_FILE"])
    if text:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return path


def _set(environ: dict[str, str], profile: str, platform: str, url: str | None) -> bool:
    return change_settings(("profiles", profile, platform, "base_url"), url, environ)


def test_what_was_set_is_read(environ: dict[str, str]) -> None:
    assert profile_settings("default", "sb", environ) is None
    assert _set(environ, "default", "sb", "https://a.example.org")
    assert not _set(environ, "default", "sb", "https://a.example.org"), "nothing has changed"
    assert _set(environ, "work", "gen3", "https://b.example.org")
    assert profile_settings("default", "sb", environ) == {"base_url": "https://a.example.org"}
    assert profile_settings("work", "sb", environ) == {}
    assert profiles(environ) == {
        "default": {"sb": {"base_url": "https://a.example.org"}},
        "work": {"gen3": {"base_url": "https://b.example.org"}},
    }
    assert _set(environ, "work", "gen3", None)
    assert profile_settings("work", "gen3", environ) is None


def test_keys_of_a_newer_version_are_neither_refused_nor_lost(environ: dict[str, str]) -> None:
    path = _file(environ, 'colour = "red"\n\n[profiles.default.sb]\nregion = "east" # theirs\n\n[new.table]\nx = 1\n')
    before = path.read_text()
    assert profile_settings("default", "sb", environ) == {}
    _set(environ, "default", "sb", "https://a.example.org")
    assert path.read_text() == before.replace("# theirs\n", '# theirs\nbase_url = "https://a.example.org"\n')


def test_a_text_that_is_not_utf_8_changes_nothing(environ: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"settings.toml cannot be written: '\\udce9' cannot be encoded in UTF-8"):
        _set(environ, "default", "sb", "https://a.example.org/\udce9")
    assert not _file(environ).exists()


@posix
def test_the_file_is_private_and_a_link_stays_one(environ: dict[str, str], tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("# mine\n")
    link = _file(environ)
    link.parent.mkdir()
    link.symlink_to(real)
    _set(environ, "default", "sb", "https://a.example.org")
    assert link.is_symlink()
    assert real.read_text().startswith("# mine\n")
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert sorted(file.name for file in link.parent.iterdir()) == ["settings.toml"], "no lock and no part is left"


def test_changes_at_once_lose_nothing(environ: dict[str, str]) -> None:
    names = [f"p{number}" for number in range(12)]
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda name: _set(environ, name, "sb", f"https://{name}.example.org"), names))
    assert sorted(profiles(environ)) == sorted(names)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\n[profiles.default.sb\n", r"settings\.toml:2:21: "),
        ("[profiles.default]\n\nsb = 3\n", r"settings\.toml:3: \[profiles\.default\.sb\] is not a table"),
        ("profiles = 3\n", r"settings\.toml:1: \[profiles\] is not a table"),
        ("[profiles.default.sb]\nbase_url = 3\n", r"settings\.toml:2: .*base_url is not text"),
        ("[profiles.default.sb]\nbase-url = 'x'\n", r"settings\.toml:2: .*unknown key 'base-url'"),
    ],
)
def test_a_malformed_file_is_an_error_with_its_line(environ: dict[str, str], text: str, message: str) -> None:
    path = _file(environ, text)
    for read in (lambda: profile_settings("default", "sb", environ), lambda: profiles(environ)):
        with pytest.raises(ConfigError, match=message):
            read()
    assert path.read_text() == text


def test_a_file_that_is_not_utf_8_is_an_error_with_its_line(environ: dict[str, str]) -> None:
    _file(environ, "#\n").write_bytes(b"a = 1\nb = '\xe9'\n")
    with pytest.raises(ConfigError, match=r"settings\.toml:2:6: not UTF-8 text"):
        profile_settings("default", "sb", environ)


def test_line_ends_of_windows_are_kept(environ: dict[str, str]) -> None:
    _set(environ, "work", "sb", "https://a.example.org")
    path = Path(str(settings_path(environ)))
    path.write_bytes(b"# mine\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    _set(environ, "work", "gen3", "https://b.example.org")
    data = path.read_bytes()
    assert data.startswith(b"# mine\r\n")
    assert data.count(b"\n") == data.count(b"\r\n") > 4


def test_where_logins_are_stored(environ: dict[str, str]) -> None:
    assert stated_store(environ) is None
    change_settings(("store",), "keyring", environ)
    assert stated_store(environ) == "keyring"
    _file(environ, '\nstore = "drawer"\n')
    with pytest.raises(ConfigError, match=r"settings\.toml:2: store is 'drawer'\. Choose one of: file, keyring"):
        stated_store(environ)


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "a" * 65, "a\n"])
def test_names_that_no_profile_can_have(name: str) -> None:
    with pytest.raises(ConfigError, match="Invalid name of a profile"):
        check_profile_name(name)


def test_a_user_without_a_home_has_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_home(monkeypatch)
    assert settings_path({}) is None
    assert profile_settings("default", "sb", {}) is None
