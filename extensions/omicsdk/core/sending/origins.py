"""What is remembered of an origin: the cookies that it sets while it redirects, and the Accept header that it reads.

Cookies (RFC 6265): login walls redirect until they see theirs. They are sent to the origin that set them only and forgotten
with the request.

Accept headers: RFC 9110 lets a client state several types. Servers that compare the header as one text refuse each list with
406: seqrepo-rest-service, for example, and clients that state one type never notice. They get narrower headers after a 406.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from time import time
from urllib.parse import urlsplit

from omicsdk.core.credentials import is_confidential, origin_of
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


ANY = "*/*"


@dataclass
class AcceptMemory:
    """What origins accepted after a 406. Thread-safe: each entry is set at once.

    Attributes:
        refused: Origins that refuse lists.
        accepted: The header that an origin accepted, by origin and the header that it refused.
    """

    refused: set[str] = field(default_factory=set[str])
    accepted: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])

    def header_for(self, url: str, accept: str) -> str:
        """Return the header to send first.

        Args:
            url: The URL of the request.
            accept: Its Accept header.
        """
        origin = origin_of(url)
        return self.accepted.get((origin, accept), first_type(accept) if origin in self.refused else accept)

    def keep(self, url: str, accept: str, accepted: str) -> None:
        """Remember that the server refused a header and accepted a narrower one."""
        origin = origin_of(url)
        self.accepted[origin, accept] = accepted
        self.refused.add(origin)


def first_type(accept: str) -> str:
    """Return the first media type of an Accept header alone, without parameters."""
    return accept.partition(",")[0].partition(";")[0].strip() or ANY


def narrower(accept: str, refused: str) -> str | None:
    """Return the header to send after a 406; None after the last.

    Args:
        accept: The request's header.
        refused: The header that was refused: this one, or a narrower one.
    """
    forms = list(dict.fromkeys((accept, first_type(accept), ANY)))
    return next(iter(forms[forms.index(refused) + 1 :]), None)


def is_accepted(accept: str, headers: Mapping[str, str]) -> bool:
    """Return whether a response is of a type that was requested; one without a type may be.

    Args:
        accept: The request's Accept header.
        headers: The response's headers, read as `content-type`.
    """
    content_type = first_type(headers.get("content-type") or ANY).lower()
    main, _, sub = content_type.partition("/")
    types = [first_type(part).lower() for part in accept.split(",")]
    # A suffix states the structure (RFC 6839): application/json may come as application/vnd.example+json.
    return content_type == ANY or any(
        type_ in (ANY, f"{main}/*", content_type, f"{main}/{sub.rpartition('+')[2]}") for type_ in types
    )
