"""Service accounts: tokens that are signed here, and key files that are not what they should be."""

import json
import sys
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from omicsdk.core import AuthError, MissingExtra
from omicsdk.core.oauth.credentials import ServiceAccount, read_key

GET = ("GET", "https://dss.example.org/v1/files")
EMAIL = "robot@project.iam.example.org"


@cache
def keys():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return pem(private), private.public_key()


def pem(private):
    return private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


@pytest.fixture
def key_file(tmp_path):
    def write(**changes):
        content = {
            "type": "service_account",
            "client_email": EMAIL,
            "private_key_id": "key-1",
            "private_key": keys()[0],
        } | changes
        path = tmp_path / "key.json"
        path.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
        return path

    return write


def account(path, clock, **options):
    return ServiceAccount(path, lambda email: {"iss": email, "aud": "https://who/"}, clock=clock, **options)


def bearer(held):
    return held.headers(*GET)["authorization"].removeprefix("Bearer ")


def read(token):
    return jwt.decode(
        token,
        keys()[1],
        algorithms=["RS256"],
        audience="https://who/",
        options={"verify_exp": False, "verify_iat": False},
    )


def test_a_token_is_signed_with_the_accounts_key(key_file, clock):
    held = account(key_file(), clock)
    assert not held.ready()
    token = bearer(held)
    assert held.ready()
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "kid": "key-1", "typ": "JWT"}
    made = int(clock.now())
    assert read(token) == {"iss": EMAIL, "aud": "https://who/", "iat": made, "exp": made + 3600}
    assert held.expires_at == made + 3600


def test_it_is_made_again_shortly_before_its_end(key_file, clock):
    held = account(key_file(), clock)
    first = bearer(held)
    clock.advance(3500)
    assert held.ready()
    assert bearer(held) == first
    clock.advance(45)
    assert not held.ready()
    assert read(bearer(held))["iat"] == int(clock.now())


def test_a_new_token_is_created_when_the_clock_was_set_back(key_file, clock):
    held = account(key_file(), clock)
    bearer(held)
    clock.advance(-1000)
    assert read(bearer(held))["iat"] == int(clock.now())


def test_a_refused_token_is_made_again_unless_it_is_new(key_file, clock):
    held = account(key_file(), clock)
    first = held.headers(*GET)
    assert not held.renew(first)
    clock.advance(600)
    assert held.renew(first)
    assert bearer(held) != first["authorization"].removeprefix("Bearer ")
    assert held.renew(first)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"type": "authorized_user"}, "of type 'authorized_user', not a service account's"),
        ({"private_key": None}, "has no private_key$"),
        ({"client_email": 5, "private_key_id": ""}, "has no client_email, private_key_id"),
        ({"private_key": "canary"}, "cannot be used to sign"),
        ({"private_key": "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n"}, "cannot be used to sign"),
        ({"private_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "cannot be used to sign"),
    ],
)
def test_a_broken_key_file_is_reported_with_a_remedy(key_file, clock, changes, said):
    with pytest.raises(AuthError) as caught:
        bearer(account(key_file(**changes), clock))
    import re

    assert re.search(said, caught.value.message)
    assert caught.value.remedy
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "is not JSON"), (b"\xff\xfe", "is not JSON"), (b"[]", "is not a JSON object")]
)
def test_an_invalid_key_file_is_reported(tmp_path, content, said):
    path = tmp_path / "key.json"
    path.write_bytes(content)
    with pytest.raises(AuthError, match=said):
        read_key(path)


def test_a_key_file_that_does_not_exist_is_reported_when_it_is_needed(tmp_path, clock):
    held = account(tmp_path / "none.json", clock)
    with pytest.raises(AuthError, match="does not exist") as caught:
        bearer(held)
    assert "GOOGLE_APPLICATION_CREDENTIALS" in caught.value.remedy
    with pytest.raises(AuthError, match="cannot be read"):
        read_key(tmp_path)


@pytest.mark.parametrize("missing", ["jwt", "cryptography"])
def test_a_missing_library_is_named_with_its_extra(key_file, clock, monkeypatch, missing):
    if missing == "jwt":
        monkeypatch.setitem(sys.modules, "jwt", None)
    else:

        def encode(*_, **__):
            raise NotImplementedError("Algorithm 'RS256' could not be found. Do you have cryptography installed?")

        monkeypatch.setattr(jwt, "encode", encode)
    with pytest.raises(MissingExtra, match=r"\[google\]"):
        bearer(account(key_file(), clock))


def test_the_key_is_not_shown(key_file):
    assert "PRIVATE" not in repr(read_key(key_file()))
