"""Passwords: how they are kept, and which ones the platform refuses."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from difflib import SequenceMatcher

SHORTEST = 8
_TOO_SIMILAR = 0.7
_ROUNDS = 5_000  # of a sandbox: nothing here is worth more time at each login
_COMMON = frozenset(
    [
        "password",
        "password1",
        "password123",
        "passw0rd",
        "12345678",
        "123456789",
        "1234567890",
        "11111111",
        "00000000",
        "qwertyui",
        "qwertyuiop",
        "qwerty123",
        "iloveyou",
        "sunshine",
        "princess",
        "football",
        "baseball",
        "superman",
        "trustno1",
        "starwars",
        "computer",
        "whatever",
        "welcome1",
        "letmein1",
        "abcd1234",
        "abc12345",
        "1q2w3e4r",
        "1qaz2wsx",
        "asdfghjk",
        "zaq12wsx",
        "changeme",
        "internet",
        "michelle",
        "jennifer",
        "dragon123",
        "monkey123",
    ]
)


def hashed(password: str) -> str:
    """A password as it is kept: salt and digest."""
    salt = secrets.token_hex(8)
    return f"{salt}${_digest(password, salt)}"


def is_password(password: str, kept: str) -> bool:
    """Whether a password is the one that was kept."""
    salt, _, digest = kept.partition("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def faults(password: str, email: str) -> Sequence[str]:
    """What is wrong with a new password.

    Args:
        password: The password.
        email: The address of whom it is for.
    """
    found: list[str] = []
    if _resembles(password, email):
        found.append("The password is too similar to the email address.")
    if len(password) < SHORTEST:
        found.append(f"This password is too short. It must contain at least {SHORTEST} characters.")
    if password.lower().strip() in _COMMON or len(set(password)) == 1:
        found.append("This password is too common.")
    if password.isdigit():
        found.append("This password is entirely numeric.")
    return found


def _resembles(password: str, email: str) -> bool:
    word = password.lower()
    parts = [*re.split(r"\W+", email.lower()), email.lower()]
    return any(
        SequenceMatcher(a=word, b=part).quick_ratio() >= _TOO_SIMILAR
        # A text ten times as long has nothing to compare, and long ones take long.
        for part in parts
        if part and len(word) < 10 * len(part)
    )


def _digest(password: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode("utf-8", "surrogatepass"), salt.encode(), _ROUNDS).hex()
