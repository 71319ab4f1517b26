"""Secrets of a sandbox, stored passwords, and the key that signs tokens."""

import hashlib
import re
import sys
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import jwt
import pytest
from omicsdk.sandbox.state.credentials import LASTING, Secrets, SigningKey, digest, hashed, is_password, key_of
from omicsdk.sandbox.state.database import Database


def test_each_purpose_has_a_separate_secret():
    secrets = Secrets(b"key")
    purpose_secrets = [
        secrets.derived(*purpose) for purpose in (("a",), ("b",), ("a", "b"), ("ab",), ("a", "", "b"), ("1:a",))
    ]
    assert len(set(purpose_secrets)) == len(purpose_secrets)
    assert secrets.derived("a", length=32) == Secrets(b"key").derived("a")[:32] != Secrets(b"other").derived("a")[:32]
    assert purpose_secrets[0] not in repr(secrets)


def test_passwords_are_kept_as_salted_hashes():
    one, other = hashed("a password"), hashed("a password")
    assert one != other
    assert "a password" not in one
    assert [is_password(word, one) for word in ("a password", "another", "", "\ud800")] == [True, False, False, False]
    assert [is_password(word, one) for word in ("a password", "another")] == [
        True,
        False,
    ]  # one that was right before too
    assert [is_password(word, other) for word in ("another", "a password")] == [False, True]
    assert not is_password("a password", "")


def test_the_sandboxes_own_password_is_kept_as_a_digest_of_its_random_bits():
    secrets = Secrets(b"key")
    assert secrets.password not in secrets.password_hash
    assert [is_password(word, secrets.password_hash) for word in (secrets.password, "another", "")] == [
        True,
        False,
        False,
    ]


def test_secrets_are_the_same_for_the_same_key():
    one, other = Secrets(b"key"), Secrets(b"key")
    assert one.token == other.token != one.password == other.password
    assert one.password_hash == f"sha256${hashlib.sha256(one.password.encode()).hexdigest()}"
    assert re.fullmatch("[0-9a-f]{40}", one.token)
    assert len(one.derived("a", length=64)) == 64
    assert repr(one) == "<Secrets of a sandbox>"


def test_secrets_of_other_services_are_in_memory_until_they_are_released():
    secrets = Secrets(b"key")
    for id in ("a", "b", "c"):
        secrets.hold("kind", id, f"secret {id}")
    secrets.release("kind", "b")
    secrets.release("kind", "b")
    assert [secrets.held("kind", id) for id in ("a", "b", "c")] == ["secret a", None, "secret c"]
    assert secrets.held("other", "a") is None
    secrets.release_all()
    assert [secrets.held("kind", id) for id in ("a", "c")] == [None, None]


def test_a_password_that_an_earlier_release_stored_is_right():
    stored = "00ff$b94b36f55a9714c4f6d1ccd55e88a83ad89d9e6dfc39e57845ebcae8899dd2e8f2c10191792ac575a6204879837aa0884b9679f01ee8276a2ac47cd5f28cc95a"
    assert is_password("ä password", stored)
    assert not is_password("a password", stored)


def test_any_text_may_be_a_secret():
    assert digest("\ud800") == hashlib.sha256(b"\xed\xa0\x80").hexdigest()
    assert is_password("\ud800", hashed("\ud800"))


def test_the_key_of_a_folder_is_drawn_once(tmp_path: Path):
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
    keys = [key_of(folder) for folder in folders]
    assert [len(key) for key in keys] == [32, 32]
    assert keys[0] != keys[1]
    assert (
        [key_of(folder) for folder in folders] == keys == [(folder / "signing.key").read_bytes() for folder in folders]
    )
    if sys.platform != "win32":
        assert (folders[0] / "signing.key").stat().st_mode & 0o777 == 0o600


# -- the key that signs tokens


@pytest.fixture
def database(tmp_path: Path) -> Generator[Database]:
    with closing(Database(tmp_path / "state.sqlite")) as database:
        yield database


def test_tokens_are_signed_with_a_key_that_stays(database: Database, tmp_path: Path):
    path = tmp_path / "gen3.key"
    key, again = (SigningKey(path, database, "keys") for _ in range(2))
    claims = {"sub": "a"}
    token, lasting = key.sign(claims), key.sign(claims, lasting=True)
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT", "kid": key.id}
    assert jwt.get_unverified_header(lasting)["kid"] == LASTING == "sandbox"
    assert re.fullmatch("[0-9a-f]{16}", key.id)
    assert again.id == key.id
    described = again.as_jwk()
    assert described.keys() == {"kid", "kty", "alg", "use", "n", "e"}
    assert (described["kid"], described["use"], described["alg"]) == (key.id, "sig", "RS256")
    for public in (jwt.PyJWK(described).key, again.public()):
        assert public.key_size == 2048
        assert jwt.decode(token, public, ["RS256"]) == jwt.decode(lasting, public, ["RS256"]) == claims
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    if sys.platform != "win32":
        assert path.stat().st_mode & 0o777 == 0o600
    before = key.id
    database.execute("DELETE FROM keys")  # as a reset
    assert key.id == again.id != before
    assert SigningKey(path, database, "others").id != key.id
    assert jwt.decode(key.sign(claims), again.public(), ["RS256"]) == claims
