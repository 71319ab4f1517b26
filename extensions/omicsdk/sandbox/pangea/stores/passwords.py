"""Which passwords the platform refuses."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

SHORTEST = 8
_TOO_SIMILAR = 0.7
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
