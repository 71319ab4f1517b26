"""Entities of listings, which state their size where they are displayed."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk_api.azul import models

from omicsdk.hca.azul.files import size_of


class Hit(models.Hit):
    """An entity as its page has it; its representations begin with the bytes of its files."""

    def __shown__(self) -> Iterator[tuple[str, object]]:
        """The fields, and the size of all files."""
        yield from super().__shown__()
        yield "size", size_of(self.to_dict())
