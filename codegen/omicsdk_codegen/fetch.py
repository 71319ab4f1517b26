"""Fetching what a document refers to on the network, where the user allowed it."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urljoin

from .addresses import Refused, is_allowed, spoken
from .limits import MAX_BYTES

# As many hops as a published schema's short address takes, with room.
_MAX_REDIRECTS = 5


def fetch(url: str, prefixes: Sequence[str], timeout: float = 30.0) -> bytes:
    """Get one address.

    Args:
        url: an allowed address.
        prefixes: what is allowed; a redirect is followed only to there.
        timeout: seconds for connecting, and for each read.

    Raises:
        Refused: it can't be reached, answers otherwise than with a body, leads elsewhere, or is larger than
            `limits.MAX_BYTES`.
    """
    import httpx

    remedy = "Keep a copy of it, and name the folder of copies with --refs."
    try:
        with httpx.Client(timeout=timeout, follow_redirects=False) as client:
            for _ in range(_MAX_REDIRECTS + 1):
                if not is_allowed(url, prefixes):
                    raise Refused(
                        f"which leads to {spoken(url)}, where nothing is allowed to be fetched",
                        "Allow it with --allow-url.",
                    )
                with client.stream("GET", url) as answer:
                    if answer.is_redirect:
                        url = urljoin(url, answer.headers["location"])
                        continue
                    if answer.status_code != 200:
                        raise Refused(f"which answers with status {answer.status_code}", remedy)
                    body = bytearray()
                    for block in answer.iter_bytes():
                        body += block
                        if len(body) > MAX_BYTES:
                            raise Refused(f"which has more than {MAX_BYTES >> 20} MiB", remedy)
                    return bytes(body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Refused(f"which can't be fetched ({type(error).__name__})", remedy) from error
    raise Refused(f"which leads on more than {_MAX_REDIRECTS} times", remedy)
