"""Masks secrets in logs, errors, `--debug` output, journals and reports.

Pure functions over text. They err on the side of caution: a harmless value that looks like a secret is masked too. A
presigned URL is a secret as a whole, so its query is removed; of other queries only the values of secret names are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from omicsdk.core.errors import shortened
from omicsdk.core.type_guards import cast, is_list

TYPE_CHECKING = False
if TYPE_CHECKING:
    from urllib.parse import SplitResult

#: The text that replaces a secret.
MASK = "***"

#: Parts of a header's, query's or JSON field's name that mark a secret, compared without case, "-" and "_".
_SECRET_PIECES = (
    "token",
    "secret",
    "password",
    "passwd",
    "apikey",
    "accesskey",
    "privatekey",
    "customerkey",
    "authorization",
    "credential",
    "signature",
    "cookie",
    "session",
    "assertion",
)
#: Whole names that mark a secret without one of the parts; "code" and "state" are OAuth's.
_SECRET_NAMES = frozenset(
    {"sig", "key", "auth", "code", "codeverifier", "state", "jwt", "pwd", "pass", "passports", "sseckey"}
)
#: Names that are secret in a query only.
_SECRET_NAMES_OF_QUERIES = frozenset({"key", "code", "state", "auth", "pass"})
#: Whole names that contain such a part but are not secret.
_HARMLESS_NAMES = frozenset({"tokentype", "secretname", "xamzsignedheaders", "keyid", "signaturemethod", "tokenuri"})
#: The names that mark a presigned query: S3 (both signature versions), Google, CloudFront, Azure, Swift.
_PRESIGNED_NAME = r"x(?:amz|goog)(?:signature|credential)|xamzsecuritytoken|signature|(?:tempurl)?sig"

# Every pattern is anchored so that hostile text is processed in linear time: no two repetitions match the same characters. `re`
# compiles each at its first use and caches it: most programs never need them.
_URL_AFTER_SCHEME = r"://[^\s\"'<>`\\]+"
# A password with a #, / or ? ends the host's part of a URL, which then has a port that is no number. Up to the last @.
_CUT_LOGIN = r"(?s)^([^:/?#]*://)[^@/?#]*:(?!\d*[/?#])[^@:/?#\]]*[/?#].*@"
_AUTHORIZATION = r"""(?i)((?:^|[^\w\-])(?:proxy-)?authorization\\?["']?\s*[=:]\s*\\?["']?)[^\r\n"'\\]+"""
# Prose contains "basic authentication" and "bearer token"; a real one has a digit or is long.
_SCHEME = r"(?i)\b(bearer|basic)(?:\s+|%20|\+)(?=[^\s\"']{16}|[^\s\d\"']{0,15}\d)[^\s,;\"'<>&]+"
# The scheme of Django's tokens; any other word after "token" may be prose.
_HEX_AFTER_SCHEME = r"(?i)\b(token)(?:\s+|%20|\+)[0-9a-f]{40}\b"
_JWT = r"(?a)(?<![\w\-])eyJ[\w\-]{4,}+\.[\w\-]{4,}+(?:\.[\w\-]*+)?"
_AWS_KEY = r"\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b"
# The start of name=value, name: value, "name": "value", also with escaped quotes (a repr of JSON) ...
_NAME = r"""(?<![\w.\-])([\w.\-]++)\\?["']?\s*+[=:]\s*+"""
# ... and the value; a truncated text may lack the last quote.
_VALUE = r"""\\"[^"\\]*+\\?"?|"(?:[^"\\]|\\.)*+"?|'(?:[^'\\]|\\.)*+'?|[^\s,;&"'}\])]++"""
# A header in the repr of a list of them.
_BYTES_HEADER = r"\(b'([^'\\]++)', b'((?:[^'\\]|\\.)*+)'\)"

# Beginnings of services' messages about a field: "password: This password is too short." A secret never is one of these
# words followed by another; the text after them is masked like any other.
_BEGINNING = (
    r"(?i)(?:this|the|your|it|please|enter|ensure|must|may|cannot|should|is|has|was|does|not|no|invalid|incorrect|wrong|missing|"
    r"required|expired|unknown|unable|too|field|value)(?= [a-z])"
)
# A whole value is such a message only if it consists of short words and small numbers, one of them typical for
# messages.
_SENTENCE = r"[A-Z][a-z']{0,19}(?: (?:[A-Za-z'\-]{1,20}|[0-9]{1,4})[.,;:]?){2,60}"
_COMPLAINING = (
    r"(?i)\b(?:required|blank|null|empty|short|long|common|numeric|similar|invalid|valid|expired|match|incorrect|wrong|missing|"
    r"characters?|contain|provided|allowed|unknown|revoked|denied)\b"
)

#: Levels of a JSON value that are searched; deeper values are masked whole.
_DEPTH_LIMIT = 60
#: Equals signs, also encoded ones, in a query's parameter that is searched, likewise: URLs in URLs need one each.
_NESTED_LIMIT = 40


def is_secret_name(name: str) -> bool:
    """Return whether a name belongs to a secret.

    Args:
        name: The name of a header, a query parameter, a form or JSON field, or an environment variable.

    Returns:
        True if its value must not be shown.
    """
    plain = _plain(name)
    if plain in _HARMLESS_NAMES:
        return False
    return plain in _SECRET_NAMES or any(piece in plain for piece in _SECRET_PIECES)


def mask_url(url: str) -> str:
    """Mask the secrets in a URL.

    Args:
        url: Any URL or path with a query; it need not be well-formed.

    Returns:
        The URL without user information, a presigned one without its query (`?***`), another one with the values of
        secret query parameters replaced. Text without secrets is returned unchanged.
    """
    if "@" in url:  # few have a login, and this is called for each line of logs
        url = re.sub(_CUT_LOGIN, rf"\1{MASK}@", url)
    rest, hash_mark, fragment = url.partition("#")
    address, question_mark, query = rest.partition("?")
    scheme, separator, remainder = address.partition("://")
    if separator:
        authority, slash, path = remainder.partition("/")
        if "@" in authority:
            address = f"{scheme}://{MASK}@{authority.rpartition('@')[2]}{slash}{path}"
    masked = address
    if question_mark:
        masked += f"?{mask_query(query)}"
    if hash_mark:
        masked += f"#{mask_query(fragment) if '=' in fragment else fragment}"
    return masked


def url_parts(url: str) -> SplitResult:
    """Split a URL that others wrote; a malformed one, such as `https://[`, is a path alone.

    Args:
        url: Any text.
    """
    from urllib.parse import SplitResult, urlsplit

    try:
        return urlsplit(url)
    except ValueError:
        return SplitResult("", "", url, "", "")


def without_query(url: str) -> str:
    """Return a URL without user information, query and fragment, for storing or showing a presigned URL.

    Args:
        url: Any URL.

    Returns:
        Scheme, host and path.
    """
    return mask_url(url.partition("#")[0].partition("?")[0]).replace(f"://{MASK}@", "://", 1)


def mask_query(query: str) -> str:
    """Mask a query, or a form's body.

    Args:
        query: `name=value` pairs joined by `&` or `;`, without the question mark.

    Returns:
        The pairs in order with secret values replaced, or MASK alone for a presigned query.
    """
    from urllib.parse import unquote_plus

    pairs = re.split(r"([&;])", query)
    # Of a presigned URL all parameters go: which of them a service signs or needs differs.
    names = (_plain(unquote_plus(pair.partition("=")[0])) for pair in pairs[::2])
    if any(re.fullmatch(_PRESIGNED_NAME, name) for name in names):
        return MASK
    return "".join(_masked_pair(part) if index % 2 == 0 else part for index, part in enumerate(pairs))


def _masked_pair(pair: str) -> str:
    name, equals, value = pair.partition("=")
    if not equals or not value:
        return pair
    from urllib.parse import unquote_plus

    if is_secret_name(unquote_plus(name)) or len(re.findall("(?i)=|%(?:25)*3d", value)) > _NESTED_LIMIT:
        return f"{name}={MASK}"
    plain = unquote_plus(value)
    # A URL in a parameter (a redirect target, a source) may be presigned itself.
    return pair if mask_text(plain) == plain else f"{name}={MASK}"


def mask_headers(headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Mask the headers of a request or a response.

    Args:
        headers: Names and values.

    Returns:
        The same names in the same order, with secret values replaced and URLs in the others masked.
    """
    pairs = cast("Mapping[str, str]", headers).items() if isinstance(headers, Mapping) else headers
    return [(name, MASK if is_secret_name(name) else mask_text(value)) for name, value in pairs]


def mask_text(text: str) -> str:
    """Mask what looks like a secret in free text: a service's message, a body, a command line.

    Args:
        text: Any text.

    Returns:
        The text with URLs masked, and with tokens and values of secret names replaced.
    """
    text = re.sub(_URL_AFTER_SCHEME, lambda match: mask_url(match.group()), text)
    text = re.sub(_AUTHORIZATION, lambda match: f"{match[1]}{MASK}", text)
    text = re.sub(_SCHEME, lambda match: f"{match[1]} {MASK}", text)
    text = re.sub(_HEX_AFTER_SCHEME, lambda match: f"{match[1]} {MASK}", text)
    text = re.sub(_JWT, MASK, text)
    text = re.sub(_AWS_KEY, MASK, text)
    text = re.sub(_BYTES_HEADER, _masked_header, text)
    return _masked_assignments(text)


def masked_excerpt(text: str, limit: int) -> str:
    """Mask what looks like a secret in the beginning of a text, and append how many characters were removed.

    Args:
        text: Any text.
        limit: Maximum number of characters.
    """
    # Also behind the cut: the beginning of a secret does not look like one. Not all of it, since a megabyte takes seconds.
    return shortened(mask_text(text[: 2 * limit]), limit, len(text))


def _masked_header(match: re.Match[str]) -> str:
    return f"(b'{match[1]}', b'{MASK}')" if is_secret_name(match[1]) else match.group()


def _masked_assignments(text: str) -> str:
    next_name, value_at, beginning_at = re.compile(_NAME).search, re.compile(_VALUE).match, re.compile(_BEGINNING).match
    pieces: list[str] = []
    position = 0
    while (name := next_name(text, position)) is not None:
        start = name.end()
        pieces.append(text[position:start])
        position = start
        if not _is_secret_field(name[1]) or text.startswith("//", start):
            continue  # the value is searched too: "0: token=..."
        value = value_at(text, start)
        if beginning_at(text, start) or (value is not None and is_complaint(value.group().strip("\\\"'"))):
            continue
        if value is not None:
            escape = "\\" if value.group().startswith("\\") else ""
            quote = value.group()[len(escape) :][:1]
            mark = escape + quote if quote in ('"', "'") else ""
            pieces.append(f"{mark}{MASK}{mark}")
            position = value.end()
    pieces.append(text[position:])
    return "".join(pieces)


def is_complaint(value: object) -> bool:
    """Return whether the value under a secret's name is a service's message about it, in one sentence or several.

    Args:
        value: A text or a list of texts; anything else is not.
    """
    if is_list(value):
        return bool(value) and all(isinstance(item, str) and is_complaint(item) for item in value)
    if not isinstance(value, str) or re.match(_BEGINNING, value) is None:
        return False
    return bool(re.fullmatch(_SENTENCE, value) and re.search(_COMPLAINING, value))


def mask_json(value: object) -> object:
    """Mask a JSON value.

    Args:
        value: The result of json.loads.

    Returns:
        A new value of the same shape; values under a secret name are replaced whole, texts are masked.
    """
    return _masked_json(value, 0)


def _masked_json(value: object, depth: int) -> object:
    if isinstance(value, str):
        return mask_text(value)
    if depth > _DEPTH_LIMIT:
        return MASK
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, object]", value).items()
        return {
            name: MASK if _is_secret_field(name) and item and not is_complaint(item) else _masked_json(item, depth + 1)
            for name, item in fields
        }
    if is_list(value):
        return [_masked_json(item, depth + 1) for item in value]
    return value


def _is_secret_field(name: str) -> bool:
    # "code: not_found" and "auth: no such user" are texts of errors; such secrets are masked in queries.
    return _plain(name) not in _SECRET_NAMES_OF_QUERIES and is_secret_name(name)


def _plain(name: str) -> str:
    return name.replace("-", "").replace("_", "").strip().lower()
