"""Logins that `omics login` stored: by platform, profile and base URL, found by clients, in the file or in the keyring."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk import Pangea
from omicsdk.core import BearerToken, ConfigError, Token, TokenFile
from omicsdk.core.platform import Discovery, resolution, resolve
from omicsdk.core.settings.profiles import change_settings
from omicsdk.core.token_file import Place, StoredLogin, token_file

URL = "https://api.example.org/v2"
BACKENDS = Path(__file__).parents[2] / "support"
TOY = Discovery(platform="toy", token=BearerToken, requires_credentials=True, remedy="Run: omics login toy")


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {
        "OMICS_SETTINGS_FILE": str(tmp_path / "settings.toml"),
        "OMICS_TOKEN_FILE": str(tmp_path / "tokens.json"),
    }


def _log_in(
    environ: dict[str, str], token: str, profile: str = "default", url: str = URL, store: str | None = "file"
) -> str:
    change_settings(("profiles", profile, "toy", "base_url"), url, environ)
    return token_file(environ, "toy", profile).keep(url, StoredLogin(Token(token)), store)


def _sent(environ: dict[str, str], base_url: str | None = None, profile: str | None = None) -> tuple[str, str]:
    url, credentials = resolve(TOY, base_url=base_url, profile=profile, environ=environ)
    assert credentials is not None
    return url, credentials.headers("GET", url)["authorization"].removeprefix("Bearer ")


def test_a_login_is_found_by_its_profile_and_by_its_base_url(environ: dict[str, str]) -> None:
    _log_in(environ, "one")
    _log_in(environ, "two", "work", "https://work.example.org")
    assert _sent(environ) == (URL, "one")
    assert _sent(environ, profile="work") == ("https://work.example.org", "two")
    assert _sent({**environ, "OMICS_PROFILE": "work"}) == ("https://work.example.org", "two")
    assert _sent(environ, "https://work.example.org/") == ("https://work.example.org/", "two")
    assert _sent({**environ, "OMICS_TOY_URL": URL}) == (URL, "one")
    connection = resolution(TOY, environ=environ)
    assert connection.origin == f"profile default of {environ['OMICS_SETTINGS_FILE']}"
    assert connection.credentials_origin == f"login of the profile default in {environ['OMICS_TOKEN_FILE']}"


def test_a_login_to_pangea_is_found_for_the_address_of_its_api(environ: dict[str, str]) -> None:
    token_file(environ, "pangea", "default").keep("https://pangea.example", StoredLogin(Token("one")), "file")
    with Pangea("https://pangea.example/api/", environ=environ) as pangea:
        assert pangea.base_url == "https://pangea.example"
        assert pangea.credentials is not None


def test_a_variable_wins_over_a_stored_login(environ: dict[str, str]) -> None:
    _log_in(environ, "one")
    assert _sent({**environ, "OMICS_TOY_TOKEN": "variable"}) == (URL, "variable")


def test_logins_of_two_servers_at_one_host_are_kept_apart(environ: dict[str, str]) -> None:
    _log_in(environ, "one")
    with pytest.raises(ConfigError, match=r"No credentials found for https://api\.example\.org/other"):
        _sent(environ, "https://api.example.org/other")


def test_two_profiles_of_one_base_url_have_to_be_distinguished(environ: dict[str, str]) -> None:
    _log_in(environ, "one")
    _log_in(environ, "two", "admin")
    with pytest.raises(
        ConfigError, match=r"Several profiles have a login .*admin and default\. Choose one with --profile"
    ):
        _sent(environ, URL)
    assert _sent(environ, URL, "admin") == (URL, "two")
    assert _sent(environ) == (URL, "one"), "nothing but the default profile states this base URL"


def test_no_other_users_login_takes_the_place_of_the_named_profiles(environ: dict[str, str]) -> None:
    _log_in(environ, "one")
    change_settings(("profiles", "work", "toy", "base_url"), URL, environ)
    with pytest.raises(ConfigError, match="No credentials found"):
        _sent(environ, profile="work")


def test_the_file_of_versions_before_profiles_is_read_and_kept(environ: dict[str, str]) -> None:
    path = Path(environ["OMICS_TOKEN_FILE"])
    old = {"https://dss.example.org:443": {"access_token": "old", "expires_at": 5.0, "also": [], "newer": 1}}
    path.write_text(json.dumps(old))
    path.chmod(0o600)
    _log_in(environ, "one")
    assert token_file(environ).get("https://dss.example.org/v1") == Token("old", 5.0)
    stored = json.loads(path.read_text())
    assert stored["https://dss.example.org:443"] == old["https://dss.example.org:443"]
    assert list(stored) == sorted([f"toy default {URL}", "https://dss.example.org:443"])
    places = [place for place, _ in token_file(environ).places()]
    assert Place("hca", "default", "https://dss.example.org:443") in places
    assert Place("toy", "default", URL) in places
    # What a newer version wrote into an entry outlives a renewal.
    token_file(environ).put("https://dss.example.org", Token("new"))
    assert json.loads(path.read_text())["https://dss.example.org:443"]["newer"] == 1


def test_profiles_of_the_atlas_are_kept_apart_too(environ: dict[str, str]) -> None:
    work = token_file(environ, profile="work")
    work.keep("https://dss.example.org/v1", StoredLogin(Token("w"), origins=("https://auth.example.org",)))
    assert token_file(environ).get("https://dss.example.org") is None
    assert work.get("https://auth.example.org/") == Token("w")
    login = token_file(environ).serving("https://auth.example.org", None)
    assert (login and login.profile) == "work"
    assert work.change("https://auth.example.org", lambda _: StoredLogin(Token("x"))).token == Token("x")
    assert work.get("https://dss.example.org") == Token("x")


# -- the keyring


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An unlocked keyring, as a file."""
    _choose(monkeypatch, "Working")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    return tmp_path / "keyring.json"


def _choose(monkeypatch: pytest.MonkeyPatch, backend: str) -> None:
    monkeypatch.setenv("PYTHONPATH", str(BACKENDS))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", f"keyring_backends.{backend}")


def test_secrets_are_in_the_keyring_and_not_in_the_file(environ: dict[str, str], keyring: Path) -> None:
    assert _log_in(environ, "canary", store=None) == "keyring"
    file = Path(environ["OMICS_TOKEN_FILE"])
    assert "canary" not in file.read_text()
    assert "canary" in keyring.read_text()
    assert _sent(environ) == (URL, "canary")
    tokens = token_file(environ, "toy")
    # A renewal stays where the login is.
    tokens.change(URL, lambda before: StoredLogin(Token("renewed"), store=before.store if before else ""))
    assert "renewed" not in file.read_text()
    assert _sent(environ) == (URL, "renewed")
    assert tokens.delete(URL)
    assert "renewed" not in keyring.read_text()
    _log_in(environ, "canary", store="keyring")
    _log_in(environ, "in the file", store="file")
    assert "canary" not in keyring.read_text(), "no copy stays behind"


def test_two_token_files_share_no_secret_of_the_keyring(environ: dict[str, str], keyring: Path, tmp_path: Path) -> None:
    other = {**environ, "OMICS_TOKEN_FILE": str(tmp_path / "other.json")}
    _log_in(environ, "mine", store="keyring")
    _log_in(other, "yours", store="keyring")
    assert (_sent(environ), _sent(other)) == ((URL, "mine"), (URL, "yours"))
    assert token_file(other, "toy").delete(URL)
    assert _sent(environ) == (URL, "mine")


def test_a_secret_of_versions_before_the_name_of_its_file_stays_where_it_is(
    environ: dict[str, str], keyring: Path
) -> None:
    _log_in(environ, "old", store="keyring")
    file, key = Path(environ["OMICS_TOKEN_FILE"]), f"toy default {URL}"
    entries = json.loads(file.read_text())
    name = entries[key].pop("secret")
    file.write_text(json.dumps(entries))
    keyring.write_text(keyring.read_text().replace(name, key))
    assert _sent(environ) == (URL, "old")
    _log_in(environ, "new", store="keyring")
    assert _sent(environ) == (URL, "new")
    assert token_file(environ, "toy").delete(URL)
    assert "new" not in keyring.read_text()


def test_a_locked_keyring_is_skipped(
    environ: dict[str, str], keyring: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    _log_in(environ, "canary", store="keyring")
    _choose(monkeypatch, "Locked")
    caplog.set_level(logging.DEBUG, "omicsdk")
    with pytest.raises(ConfigError, match="No credentials found"):
        _sent(environ)
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("DEBUG", "the login in the keyring is skipped: it is locked")
    ]
    caplog.clear()
    assert _log_in(environ, "other", store=None) == "file"
    assert "the keyring is skipped: it is locked" in caplog.text
    assert _sent(environ) == (URL, "other")
    with pytest.raises(ConfigError, match=r"Cannot store the login in the keyring: it is locked.*--store file"):
        _log_in(environ, "third", store="keyring")
    assert _sent(environ) == (URL, "other"), "what was stored before is still used"


def test_clients_load_neither_the_parser_nor_the_keyring_without_a_file(environ: dict[str, str]) -> None:
    program = (
        "import sys, os\n"
        "from omicsdk import SevenBridges\n"
        "SevenBridges('https://sb.example.org/v2', credentials='t')\n"
        "print([name for name in ('tomllib', 'keyring', 'omicsdk.core.token_file') if name in sys.modules])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env={**environ, "HOME": "/dev/null/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == "[]\n"


def test_a_keyring_entry_without_its_secret_is_no_login(environ: dict[str, str], keyring: Path) -> None:
    _log_in(environ, "canary", store="keyring")
    keyring.write_text("{}")
    assert TokenFile(Path(environ["OMICS_TOKEN_FILE"]), "toy").login(URL) is None
