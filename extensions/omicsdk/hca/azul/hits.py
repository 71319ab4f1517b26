"""Entities with the size of their files."""

from __future__ import annotations

from collections.abc import Iterator

from omicsdk_api.azul import models

from omicsdk.hca.azul.files import size_of


class Hit(models.Hit):
    """An entity as the service has it, with the bytes of its files, by which its representations begin."""

    @property
    def size(self) -> int | None:
        """The bytes of all files of the entity, or of the file that it is; None if the service does not state them."""
        return size_of(self.to_dict())

    def __fields__(self) -> Iterator[tuple[str, object]]:
        """The fields, and the size of all files."""
        yield from super().__fields__()
        yield "size", self.size
