"""A crunch site as a typed client: every operation, found and signed in as CRUNCH_URL and CRUNCH_TOKEN say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from omicsdk_api.crunch import AsyncCrunchApi, CrunchApi

from omicsdk.core.clock import SYSTEM_CLOCK, Clock
from omicsdk.core.omit import OMIT, Omit
from omicsdk.crunch.site import site_token, site_url, token_credentials

if TYPE_CHECKING:
    import httpx

    from omicsdk.core.credentials import Credentials
    from omicsdk.core.retry import Retry
    from omicsdk.core.sending.transport import Timeout


class Crunch(CrunchApi):
    """A crunch site. Thread-safe; close it, or use it in a `with` block.

    Args:
        base_url: Where the site is, such as https://crunch.example.org; by default what CRUNCH_URL says.
        token: The token of a user of the site; by default that of CRUNCH_TOKEN.
        credentials: In place of a token: ours, or an httpx.Auth; None asks without a login, which a site refuses.
        timeout: Seconds for each step of a request, or a Timeout; by default 10 to connect, 60 to read.
        retry: When and how often to try again; by default up to five times more. What adds something is sent once.
        headers: Sent with every request.
        transport: Takes the place of the network, for tests.
        http2: Speak HTTP/2 where the site does.
        strict: Raise DecodeError where an answer isn't what the document says.
        environ: The environment's variables; by default the process's own.
        clock: What tells the time and waits.

    Raises:
        CrunchAPIException: There is no URL or no token, or one that can't be one (a ConfigError).
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Omit | None = OMIT,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.BaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            site_url(base_url, environ),
            credentials=token_credentials(site_token(token, environ)) if credentials is OMIT else credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            transport=transport,
            http2=http2,
            strict=strict,
            environ=environ,
            clock=clock,
        )


class AsyncCrunch(AsyncCrunchApi):
    """A crunch site for asyncio; close it with `aclose`, or use it in an `async with` block.

    Args: as Crunch's, but that `transport` is an httpx.AsyncBaseTransport.
    """

    def __init__(
        self,
        base_url: str | None = None,
        token: str | None = None,
        *,
        credentials: Credentials | httpx.Auth | Omit | None = OMIT,
        timeout: Timeout | float | None = None,
        retry: Retry | None = None,
        headers: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        http2: bool = False,
        strict: bool = False,
        environ: Mapping[str, str] | None = None,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        super().__init__(
            site_url(base_url, environ),
            credentials=token_credentials(site_token(token, environ)) if credentials is OMIT else credentials,
            timeout=timeout,
            retry=retry,
            headers=headers,
            transport=transport,
            http2=http2,
            strict=strict,
            environ=environ,
            clock=clock,
        )
