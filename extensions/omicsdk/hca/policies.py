"""How patient the documented clients are, in the words of the library that the published ones used."""

from collections.abc import Collection
from typing import Any

from omicsdk.core.retry import RETRIED_STATUSES, Retry

USUAL = Retry()


class RetryPolicy:
    """When the documented clients try again: `DSSClient.retry_policy = RetryPolicy(read=3, status=3)`.

    The published argument names are all taken. Those that aren't described here have no counterpart: waits are drawn at
    random, Retry-After is always obeyed, and secrets never follow a redirect to another host.

    Args:
        total: Tries after the first, where neither connect, read nor status says otherwise; by default 5.
        connect: Tries after a connection that failed.
        read: Tries after an answer that broke off.
        status: Tries after an answer of `status_forcelist`. The highest of these three counts for all.
        status_forcelist: Statuses that are tried again; by default 408, 429, 500, 502, 503 and 504.
        backoff_factor: Seconds that the first wait takes at most; it doubles with each failure. By default 1.
        backoff_max: Seconds that no wait exceeds; by default 60.
        ignored: The other published arguments.

    Raises:
        ValueError: A number is negative.
    """

    def __init__(
        self,
        total: int | bool | None = USUAL.attempts - 1,
        connect: int | None = None,
        read: int | bool | None = None,
        redirect: int | bool | None = None,
        status: int | None = None,
        other: int | None = None,
        allowed_methods: Collection[str] | None = None,
        status_forcelist: Collection[int] | None = None,
        backoff_factor: float = USUAL.base,
        backoff_max: float = USUAL.cap,
        raise_on_redirect: bool = True,
        raise_on_status: bool = True,
        history: Any = None,
        respect_retry_after_header: bool = True,
        remove_headers_on_redirect: Collection[str] = ("authorization",),
        backoff_jitter: float = 0.0,
        retry_after_max: float | None = None,
        **ignored: Any,
    ) -> None:
        del redirect, other, allowed_methods, raise_on_redirect, raise_on_status, history, ignored
        del respect_retry_after_header, remove_headers_on_redirect, backoff_jitter, retry_after_max
        named = [int(count) for count in (connect, read, status) if count is not None]
        tries = max(named) if named else int(total or 0)
        if tries < 0:
            raise ValueError(f"RetryPolicy: {tries} tries after the first can't be; 0 means none")
        statuses = RETRIED_STATUSES if status_forcelist is None else frozenset(status_forcelist)
        self._retry = Retry(attempts=1 + tries, base=backoff_factor, cap=backoff_max, statuses=statuses)

    def as_retry(self) -> Retry:
        """The same in our own terms."""
        return self._retry

    def __repr__(self) -> str:
        return f"<RetryPolicy {self._retry}>"
