"""Cookies that servers set while they redirect a request (RFC 6265): login walls redirect until they see theirs.

They are sent to the origin that set them only and forgotten with the request.
"""

import re
from collections.abc import Iterable
from time import time
from urllib.parse import urlsplit

from omicsdk.core.credentials import is_confidential
from omicsdk.core.retry import seconds_of_date

#: Paths and names, and the pairs that are sent. Applications of one host often have sessions of the same name.
Cookies = tuple[tuple[tuple[str, str], str], ...]


def cookies_after(
    headers: Iterable[tuple[str, str]], cookies: Cookies, received: Iterable[str], url: str, target: str
) -> tuple[tuple[tuple[str, str], ...], Cookies]:
    """Return the headers of the request that follows a redirect within an origin.

    Args:
        headers: Those of the redirected request.
        cookies: Those of its origin so far; empty before the first response that sets one.
        received: The Set-Cookie headers of the response.
        url: The redirecting URL.
        target: Where it redirects to.

    Returns:
        The headers, and the cookies of the origin, also those that this request does not send.
    """
    others = tuple(pair for pair in headers if pair[0].lower() != "cookie")
    request_pairs = [pair.strip() for name, value in headers if name.lower() == "cookie" for pair in value.split(";")]
    # The request's cookies are valid for every path, until the server replaces them.
    jar = dict(cookies or ((("", pair.partition("=")[0]), pair) for pair in request_pairs if pair))
    for pair, *texts in (line.split(";") for line in received):
        name, value = (part.strip(" \t") for part in pair.partition("=")[::2])
        attributes = {key.strip().lower(): text.strip() for key, _, text in (one.partition("=") for one in texts)}
        domain = attributes.get("domain", "").removeprefix(".").lower()
        is_ours = not domain or f".{urlsplit(url).hostname}".endswith(f".{domain}")
        is_sendable = "=" in pair and (name + value).isascii() and (name + value).replace("\t", " ").isprintable()
        if not (name and is_ours and is_sendable) or ("secure" in attributes and not is_confidential(url)):
            continue
        path = attributes.get("path", "")
        key = path if path.startswith("/") else urlsplit(url).path.rpartition("/")[0] or "/", name
        jar = {other: sent for other, sent in jar.items() if other not in (key, ("", name))}
        age, end = attributes.get("max-age", ""), seconds_of_date(attributes.get("expires", ""))
        if (int(age) > 0) if re.fullmatch(r"(?a)-?\d{1,20}", age) else end is None or end > time():
            jar[key] = f"{name}={value}"
    path = urlsplit(target).path or "/"
    # The most specific first (5.4): of several with one name, servers take the first.
    folders = sorted(jar, key=lambda key: -len(key[0]))
    pairs = [jar[key] for key in folders if path == key[0] or path.startswith(key[0].removesuffix("/") + "/")]
    return (*others, *([("cookie", "; ".join(pairs))] if pairs else ())), tuple(jar.items())
