"""The tags of a sample."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from omicsdk.compat.pangea_api.contrib.tagging.tag import Tag

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, Sample


def get_tags_for_sample(knex: Knex, sample: Sample) -> Iterator[Tag]:
    """Yield all tags of a sample."""
    children = sample._children  # pyright: ignore[reportPrivateUsage] - it is ours
    yield from children("contrib/tags", lambda blob: Tag(knex, blob["name"]), sample="{}")
