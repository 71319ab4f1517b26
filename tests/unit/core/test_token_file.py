"""Stored tokens: private, by origin, and clear about what is wrong with their file."""

import json
import os
import stat
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from omicsdk.core import ConfigError, Token, TokenFile
from omicsdk.core.settings import keyrings
from omicsdk.core.token_file import StoredLogin, token_file

HERE = "https://dss.example.org/v1/swagger.json"
ORIGIN = "https://dss.example.org:443"
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes say nothing on Windows")


@pytest.fixture
def tokens(tmp_path):
    return TokenFile(tmp_path / "omics" / "tokens.json")


def test_a_token_belongs_to_its_origin(tokens):
    assert tokens.get(HERE) is None
    tokens.put(HERE, Token("one", 5.0))
    tokens.put("https://auth.example.org", Token("two"))
    assert tokens.get("https://dss.example.org:443/other") == Token("one", 5.0)
    assert tokens.get("https://auth.example.org/") == Token("two", None)
    assert tokens.get("http://dss.example.org") is None
    assert tokens.get("https://dss.example.org:8443") is None
    tokens.put(HERE, Token("three"))
    assert tokens.get(HERE) == Token("three")
    assert tokens.delete(HERE)
    assert not tokens.delete(HERE)
    assert tokens.get(HERE) is None
    assert tokens.get("https://auth.example.org") == Token("two")


@posix
def test_the_file_is_private(tokens):
    tokens.put(HERE, Token("canary"))
    assert stat.S_IMODE(tokens.path.stat().st_mode) == 0o600
    assert "canary" not in repr(tokens)


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_file_that_others_can_read_is_refused(tokens, mode):
    tokens.put(HERE, Token("canary"))
    tokens.path.chmod(mode)
    for use in (lambda: tokens.get(HERE), lambda: tokens.put(HERE, Token("x")), lambda: tokens.delete(HERE)):
        with pytest.raises(ConfigError, match=f"mode {mode:04o}.*chmod 600") as caught:
            use()
        assert "canary" not in str(caught.value)


@posix
def test_a_file_of_another_user_is_refused(tokens, monkeypatch):
    tokens.put(HERE, Token("one"))
    uid = tokens.path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    if uid == 0:
        assert tokens.get(HERE) == Token("one")  # what root wrote is private from all but root
        os.chown(tokens.path, uid := 12345, -1)
    with pytest.raises(ConfigError, match="belongs to another user"):
        tokens.get(HERE)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"{", "is not JSON"),
        (b"[]", "is not a JSON object"),
        (b'{"https://dss.example.org:443": 1}', "is not a JSON object"),
        (b'{"https://dss.example.org:443": {}}', "without a token"),
        (b'{"https://dss.example.org:443": {"access_token": "t", "expires_at": "soon"}}', "without a token"),
        (b"\xff", "is not text"),
    ],
)
def test_a_file_that_is_wrong_is_named(tokens, content, what):
    tokens.put(HERE, Token("one"))
    tokens.path.write_bytes(content)
    with pytest.raises(ConfigError, match=what) as caught:
        tokens.get(HERE)
    assert str(tokens.path) in str(caught.value)
    assert "log in again" in str(caught.value)


def test_an_invalid_address_is_refused(tokens):
    with pytest.raises(ConfigError, match="is not a service's URL"):
        tokens.put("dss", Token("one"))


def test_a_login_is_stored_whole_and_shows_no_secret(tokens):
    login = StoredLogin(Token("canary-1", 5.0), "canary-2", "canary-3", ("https://auth.example.org/x", HERE))
    tokens.keep(HERE, login)
    stored = tokens.login("https://auth.example.org")
    assert stored == tokens.login(HERE)
    assert (stored.token, stored.refresh_token, stored.id_token) == (Token("canary-1", 5.0), "canary-2", "canary-3")
    assert stored.origins == ("https://dss.example.org:443", "https://auth.example.org:443")
    assert "canary" not in repr(stored)
    assert tokens.delete("https://auth.example.org")
    assert tokens.login(HERE) is None


def test_a_services_own_login_wins_over_one_that_is_for_it_too(tokens):
    tokens.keep(HERE, StoredLogin(Token("shared"), origins=("https://auth.example.org",)))
    tokens.keep("https://auth.example.org", StoredLogin(Token("own")))
    assert tokens.get("https://auth.example.org") == Token("own")
    assert tokens.get(HERE) == Token("shared")


def test_a_change_sees_what_is_stored_and_writes_only_what_is_new(tokens):
    def first(stored):
        assert stored is None
        return StoredLogin(Token("one"), "r")

    assert tokens.change(HERE, first).token == Token("one")
    before = tokens.path.stat().st_mtime_ns, tokens.path.stat().st_ino
    assert tokens.change(HERE, lambda stored: stored).refresh_token == "r"
    assert (tokens.path.stat().st_mtime_ns, tokens.path.stat().st_ino) == before
    with pytest.raises(ZeroDivisionError):
        tokens.change(HERE, lambda stored: 1 / 0)
    assert tokens.get(HERE) == Token("one")


def test_concurrent_writers_lose_nothing(tokens):
    services = [f"https://s{number}.example.org" for number in range(16)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda url: TokenFile(tokens.path).put(url, Token(url)), services))
    assert [tokens.get(url) for url in services] == [Token(url) for url in services]


def test_a_variable_names_the_file(tmp_path):
    assert token_file({"OMICS_TOKEN_FILE": str(tmp_path / "t.json")}).path == tmp_path / "t.json"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere settings stand in other folders")
def test_the_file_is_in_the_users_folder_of_settings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert token_file({}).path == tmp_path / "omicsdk" / "tokens.json"


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The secrets of a keyring in memory."""
    secrets: dict[str, str] = {}
    monkeypatch.setattr(keyrings, "read_secret", secrets.get)
    monkeypatch.setattr(keyrings, "write_secret", secrets.__setitem__)
    monkeypatch.setattr(keyrings, "delete_secret", secrets.pop)
    return secrets


def test_the_keyring_has_the_secrets_and_the_file_the_rest(tokens, keyring):
    login = StoredLogin(Token("a", 9.0), "r", "i", user="me")
    tokens.put(HERE, Token("old"))
    entry = json.loads(tokens.path.read_text())[ORIGIN]
    tokens.path.write_text(json.dumps({ORIGIN: {**entry, "later": 1}}))
    assert tokens.keep(HERE, login, "keyring") == "keyring"
    secret = f"{ORIGIN} {tokens.path}"
    entry = {"expires_at": 9.0, "later": 1, "secret": secret, "store": "keyring", "user": "me"}
    assert tokens.path.read_text() == json.dumps({ORIGIN: entry}, indent=2) + "\n"
    assert json.loads(keyring[secret]) == {"access_token": "a", "id_token": "i", "refresh_token": "r"}
    stored = tokens.login(HERE)
    assert (stored.token, stored.refresh_token, stored.id_token, stored.store) == (login.token, "r", "i", "keyring")
    [(_, place)] = tokens.places()
    assert (place.token.value, place.store) == ("", "keyring")
    assert tokens.keep(HERE, StoredLogin(Token("b"))) == "file"
    assert keyring == {}
    tokens.keep(HERE, login, "keyring")
    assert tokens.delete(HERE)
    assert keyring == {}


@pytest.mark.parametrize("secret", [None, "[]"])
def test_a_login_that_the_keyring_lost_is_none(tokens, keyring, secret):
    tokens.keep(HERE, StoredLogin(Token("a")), "keyring")
    keyring.clear()
    keyring.update({} if secret is None else {f"{ORIGIN} {tokens.path}": secret})
    assert tokens.login(HERE) is None


def test_logins_of_profiles_are_apart(tokens):
    work, other = (TokenFile(tokens.path, "hca", profile) for profile in ("work", "other"))
    work.keep(HERE, StoredLogin(Token("w"), origins=("https://shared.example",)))
    assert list(json.loads(tokens.path.read_text())) == [f"hca work {ORIGIN}"]
    assert work.get("https://shared.example") == Token("w")
    assert tokens.get("https://shared.example") is other.get("https://shared.example") is None
    assert tokens.serving(HERE, None).profile == "work"
    other.keep(HERE, StoredLogin(Token("o")))
    with pytest.raises(ConfigError, match=r"Several profiles have a login for .*: other and work"):
        tokens.serving(HERE, None)
    assert tokens.serving(HERE, "other").profile == "other"
