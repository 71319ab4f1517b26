"""Stores that are open, one a scheme, closed together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from omicsdk.fs.schemes import open_store
from omicsdk.fs.store import Store
from omicsdk.fs.uri import Uri, parse_uri


class Stores:
    """The stores of whatever URIs name, opened when one is first named.

    Args:
        options: By scheme, what its store is opened with; see `open_store`.
    """

    def __init__(self, options: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._options = options or {}
        self._open: dict[str, Store] = {}

    def of(self, uri: Uri | str) -> Store:
        """The store that has what a URI names.

        Args:
            uri: The URI.

        Raises:
            WrongUri: There is no such scheme.
        """
        scheme = (parse_uri(uri) if isinstance(uri, str) else uri).scheme
        if scheme not in self._open:
            self._open[scheme] = open_store(scheme, **self._options.get(scheme, {}))
        return self._open[scheme]

    def close(self) -> None:
        """Closes all."""
        while self._open:
            self._open.popitem()[1].close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
