"""Texts that are to be sent as tokens."""

import re

from omicsdk.core.errors import ConfigError

# What no token has, and how paths begin and end. A token of base64 may begin with a slash, but hardly has two more.
_FOREIGN = re.compile(r"""[^!-~]|["'<>{}\\,;`]""")


_PATH = re.compile(
    r"(?:~|\.{1,2})/|[A-Za-z]:/|file:|/[^/]*/[^/]*/|/.*\.|.*\.(?:json|txt|pem|key|token|toml|ya?ml|ini|p12)\Z",
    re.IGNORECASE,
)


def checked_token(text: str, source: str, *, may_be_file: bool = False) -> str:
    """Check that a text can be a token before it is sent as one.

    Args:
        text: The text; errors do not quote it.
        source: Where it is from, such as a variable.
        may_be_file: Whether the source may name a file as well, so that a slash at the beginning is one of a path.

    Returns:
        The text.

    Raises:
        ConfigError: It is empty, looks like a path, or has characters that no token has.
    """
    if _PATH.match(text) or text.startswith("/" if may_be_file else "\0"):
        missing = " of a file that does not exist" if may_be_file else ""
        raise ConfigError(
            f"{source} looks like a path{missing}, not like a token", remedy=f"Set {source} to the token."
        )
    if not text or _FOREIGN.search(text):
        raise ConfigError(
            f"{source} is empty, or has characters that no token has: blanks, quotes, braces or others outside ASCII",
            remedy=f"Set {source} to the token alone, without quotes or surrounding text.",
        )
    return text
