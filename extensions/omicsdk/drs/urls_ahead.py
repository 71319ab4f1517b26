"""URLs that one request brings for many objects, before each of them is asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from omicsdk.core.errors import OmicsError

AT_ONCE = 100
"""Objects in one request; a server states its own bound as maxBulkRequestLength, and Gen3's is 100."""

Key = tuple[str, str]
Found = Mapping[Key, Mapping[str, Any]]


class _Batch:
    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = keys
        self.lock = threading.Lock()
        self.found: dict[Key, Mapping[str, Any]] | None = None


class UrlsAhead:
    """URLs by object and way. Each is given once: a URL that is asked for a second time has ended. Thread-safe.

    Args:
        ask: Gives the URLs of several; None where the server takes no requests for several.
    """

    def __init__(self, ask: Callable[[Sequence[Key]], Found | None]) -> None:
        self._ask = ask
        self._batches: dict[Key, _Batch] = {}
        self._works = True

    def expect(self, keys: Iterable[Key]) -> None:
        """Says what will be asked for, in the likely order.

        Args:
            keys: Identifiers of objects, each with the access id of a way.
        """
        wanted = list(dict.fromkeys(keys))
        for start in range(0, len(wanted) if len(wanted) > 1 else 0, AT_ONCE):
            batch = _Batch(wanted[start : start + AT_ONCE])
            self._batches.update((key, batch) for key in batch.keys)

    def take(self, object_id: str, access_id: str) -> Mapping[str, Any] | None:
        """A URL that came with others; the first who asks for one of a batch fetches it, others wait for that.

        Args:
            object_id: The object.
            access_id: The way.

        Returns:
            What the server says of it; None where it has to be asked for by itself.
        """
        key = (object_id, access_id)
        batch = self._batches.pop(key, None)
        if batch is None or not self._works:
            return None
        with batch.lock:
            if batch.found is None:
                batch.found = self._fetched(batch.keys)
            return batch.found.pop(key, None)

    def _fetched(self, keys: Sequence[Key]) -> dict[Key, Mapping[str, Any]]:
        try:
            found = self._ask(keys)
        except OmicsError:  # whoever asks for one by itself is told why
            return {}
        if found is None:
            self._works = False
        return dict(found or {})
