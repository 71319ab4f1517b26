"""The sources of an Api's endpoint and token, and their order."""

import os
from pathlib import Path

import pytest
from nobodys_home import leave_home
from omicsdk.compat.sevenbridges import Api, Config, SbgError
from omicsdk.compat.sevenbridges.config import Profile, UserProfile, by_default, format_proxies, from_variables
from omicsdk.compat.sevenbridges.errors import SettingsError
from omicsdk.core import ConfigError

ENDPOINT = "https://api.example.org/v2"


@pytest.fixture
def write():
    """Writes the files of a user."""

    def writing(credentials: str | None = None, settings: str | None = None) -> Path:
        folder = Path.home() / ".sevenbridges"
        (folder / "sevenbridges-python").mkdir(parents=True, exist_ok=True)
        if credentials is not None:
            (folder / "credentials").write_text(credentials)
        if settings is not None:
            (folder / "sevenbridges-python" / "config").write_text(settings)
        return folder

    return writing


def credentials(*profiles: str) -> str:
    return "".join(
        f"[{name}]\napi_endpoint = https://{name}.example.org/v2\nauth_token = of-{name}\n" for name in profiles
    )


def token_of(api: Api) -> str:
    return api._credentials.headers("GET", api.url)["x-sbg-auth-token"]


@pytest.mark.parametrize("missing", ["SB_API_ENDPOINT", "SB_AUTH_TOKEN"])
def test_one_variable_alone_is_none(write, monkeypatch, missing):
    write(credentials("default"))
    monkeypatch.setenv("SB_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("SB_AUTH_TOKEN", "of-variables")
    monkeypatch.delenv(missing)
    assert from_variables() is None
    assert token_of(Api()) == "of-default"


def test_config_without_a_profile_is_what_an_api_takes_by_default(write, monkeypatch):
    write(credentials("default", "cgc"))
    assert Config().auth_token == "of-default"
    monkeypatch.setenv("SB_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("SB_AUTH_TOKEN", "of-variables")
    assert Config().auth_token == "of-variables"
    assert Config("cgc").auth_token == "of-cgc"


def test_config_goes_before_url_and_token(write):
    write(credentials("cgc"))
    api = Api("https://other.example.org/v2", "other", config=Config(profile="cgc"))
    assert (api.url, token_of(api)) == ("https://cgc.example.org/v2", "of-cgc")


@pytest.mark.parametrize(("text", "meant"), [("True", True), ("false", False), ("0", False), ("ON", True), ("", False)])
def test_advance_access_is_what_it_states(write, text, meant):
    write(credentials("default"), f"[mode]\nadvance_access = {text}\n")
    assert Config("default").advance_access is meant
    assert Api().aa is meant
    assert Config("default", advance_access=not meant).advance_access is not meant


def test_advance_access_that_is_neither(write):
    folder = write(credentials("default"), "[mode]\nadvance_access = perhaps\n")
    with pytest.raises(SettingsError, match="'perhaps', which is neither") as caught:
        Config("default")
    assert str(folder) in str(caught.value)


def test_proxies_of_all_places(write, monkeypatch):
    write(credentials("default"), "[proxies]\nhttps_proxy = file:3128\nhttp_proxy =\n")
    assert Api().proxies == {"https": "file:3128"}
    assert Config("default", proxies={"HTTP_PROXY": "given:1"}).proxies == {"http": "given:1"}
    assert Api(proxies={"https": "given:2"}).proxies == {"https": "given:2"}
    monkeypatch.setenv("SB_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("SB_AUTH_TOKEN", "t")
    monkeypatch.setenv("HTTPS_PROXY", "variable:1")
    monkeypatch.setenv("HTTP_PROXY", "variable:2")
    assert Api().proxies == {"https": "variable:1", "http": "variable:2"}
    monkeypatch.setenv("REQUEST_METHOD", "GET")
    assert Api().proxies == {"https": "variable:1"}


def test_names_of_proxies():
    assert format_proxies({"https_proxy": "a:1", "HTTP_PROXY": "b:2", "ftp_proxy": "c:3"}) == {
        "https": "a:1",
        "http": "b:2",
    }
    assert format_proxies(None) == {}


def test_nothing_anywhere():
    with pytest.raises(SbgError, match="URL is missing") as caught:
        Api()
    assert isinstance(caught.value, ConfigError)
    assert "set both variables" in str(caught.value)
    with pytest.raises(SettingsError, match="URL is missing"):
        by_default()


def test_a_profile_without_a_file():
    with pytest.raises(SettingsError, match=r"The file does not exist.*Write a section \[cgc\]"):
        Config("cgc")


@pytest.mark.parametrize(
    "text", ["auth_token = canary\n", "[default]\ncanary\n", "[default]\na = canary\na = canary\n"]
)
def test_a_broken_file_is_reported_by_line_and_without_its_secrets(write, text):
    folder = write(text)
    with pytest.raises(SettingsError, match="is not an INI file") as caught:
        Config("default")
    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert (caught.value.file, caught.value.line) == (str(folder / "credentials"), len(text.splitlines()))


def test_a_file_that_is_no_text(write):
    folder = write()
    (folder / "credentials").write_bytes(b"[default]\nauth_token = \xff\xfe\n")
    with pytest.raises(SettingsError, match="is not UTF-8"):
        Config("default")
    (folder / "credentials").unlink()
    (folder / "credentials").mkdir()
    with pytest.raises(SettingsError, match="cannot be read"):
        Config("default")


def test_the_names_of_older_versions(write):
    write(credentials("cgc"))
    assert Profile is UserProfile
    profile = Profile("cgc")
    assert (profile.api_endpoint, profile.auth_token) == ("https://cgc.example.org/v2", "of-cgc")
    assert (profile.proxies, profile.advance_access) == ({}, False)
    assert Profile.CREDENTIALS.endswith("credentials")
    assert Profile.CONFIG.endswith("config")


def test_a_program_may_name_other_files(write, monkeypatch, tmp_path):
    write(credentials("default"), "[mode]\nadvance_access = true\n")
    for name, text in (("CREDENTIALS", credentials("default").replace("of-", "project-")), ("CONFIG", "")):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(UserProfile, name, str(tmp_path / name))
    for access in (Config("default"), by_default()):
        assert (access.auth_token, access.advance_access) == ("project-default", False)


def test_a_token_is_in_no_repr(write):
    write(credentials("cgc", "default"))
    config = Config("cgc")
    shown = [config, Profile("cgc"), by_default(), Api(config=config), Api(config=config).client]
    assert "of-" not in "".join(map(repr, shown))


@pytest.fixture
def homeless(monkeypatch, tmp_path):
    """A user whom the system does not know, as in a container without a user entry."""
    leave_home(monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "~" / ".sevenbridges").mkdir(parents=True)
    (tmp_path / "~" / ".sevenbridges" / "credentials").write_text(credentials("default"))


def test_without_a_home_nothing_is_read_from_the_current_folder(homeless):
    for ask in (Api, Config, by_default, lambda: UserProfile("default"), lambda: UserProfile.CREDENTIALS):
        with pytest.raises(SettingsError, match="no home folder") as caught:
            ask()
        assert "SB_AUTH_TOKEN" in caught.value.remedy


def test_without_a_home_arguments_and_variables_will_do(homeless, monkeypatch):
    assert token_of(Api(ENDPOINT, "given")) == "given"
    monkeypatch.setenv("SB_API_ENDPOINT", ENDPOINT)
    monkeypatch.setenv("SB_AUTH_TOKEN", "of-variables")
    assert token_of(Api()) == "of-variables"


class Parser:
    """A parser of a test of a program, which has the two methods that the published client calls."""

    def __init__(self, *_: object, **__: object) -> None:
        self.data = {"default": {"api_endpoint": ENDPOINT, "auth_token": "t"}, "mode": {"advance_access": True}}

    def read(self, file: str) -> None:
        raise AssertionError(file)  # it does not exist

    def get(self, section: str, option: str) -> object:
        return self.data[section][option]


def test_a_program_may_replace_how_the_files_are_read(monkeypatch):
    monkeypatch.setattr(os.path, "isfile", lambda _: True)
    monkeypatch.setattr("configparser.ConfigParser", Parser)
    config = Config()
    assert (config.api_endpoint, config.auth_token, config.proxies, config.advance_access) == (ENDPOINT, "t", {}, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no modes")
def test_a_token_that_others_can_read_is_warned_of(write, caplog):
    folder = write(credentials("default"), "[mode]\nadvance_access = true\n")
    for name in ("credentials", "sevenbridges-python/config"):
        (folder / name).chmod(0o644)
    file = folder / "credentials"
    assert by_default().auth_token == "of-default"
    assert caplog.messages == [f"{file} contains a token and other users can read it; run: chmod 600 {file}"]
    caplog.clear()
    file.chmod(0o600)
    by_default()
    assert caplog.messages == []
