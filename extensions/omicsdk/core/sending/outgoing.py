"""Requests as they would be sent, for another sender."""

from collections.abc import Mapping
from typing import NamedTuple

from omicsdk.core.credentials import HttpxAuth
from omicsdk.core.errors import AuthError
from omicsdk.core.request import Request
from omicsdk.core.sending.transport import Transport, credentials_for, first_hop, with_cookies


class Outgoing(NamedTuple):
    """A request as it would be sent, for another sender.

    Attributes:
        url: Its URL.
        headers: Its headers, including those of the credentials, with lower-case names.
    """

    url: str
    headers: Mapping[str, str]


def outgoing(transport: Transport, request: Request) -> Outgoing | None:
    """Return a request as it would be sent, for another sender.

    Args:
        transport: Sends requests of the client.
        request: A request without a body, or with one of bytes.

    Returns:
        None if this transport has to send it: the network is replaced, it has hooks, or the credentials are an httpx.Auth
        or a client certificate, need renewal (which takes time), cannot be renewed, or are sent in the URL, which messages
        show.

    Raises:
        AuthError: The credentials may not be sent there, and the operation requires them.
    """
    manners = transport._manners  # pyright: ignore[reportPrivateUsage] - of core as well
    if transport.has_hooks or not transport._connections.real:  # pyright: ignore[reportPrivateUsage]
        return None
    hop = first_hop(request, manners)
    headers = {name.lower(): value for name, value in hop.headers}
    if manners.accepted.refused:
        headers["accept"] = manners.accepted.header_for(hop.url, headers["accept"])
    credentials = credentials_for(request, hop, manners)
    if credentials is None:
        return Outgoing(hop.url, headers)
    is_ours = isinstance(credentials, HttpxAuth) or getattr(credentials, "certificate", None) is not None
    if is_ours or not credentials.ready() or credentials.query(hop.method, hop.url):
        return None
    try:
        login_headers = credentials.headers(hop.method, hop.url)
    except AuthError:
        return None
    return Outgoing(
        hop.url, headers | {name.lower(): value for name, value in with_cookies(hop.headers, login_headers).items()}
    )
