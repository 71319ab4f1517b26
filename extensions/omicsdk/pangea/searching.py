"""Searching a server by words. The published client has no function for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from omicsdk.pangea.objects.of_blobs import org_from_blob, sample_from_blob, sample_group_from_blob

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.organization import Organization
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found.

    Attributes:
        samples: Samples.
        sample_groups: Groups; the server names private ones to everybody.
        organizations: Organizations.
    """

    samples: list[Sample]
    sample_groups: list[SampleGroup]
    organizations: list[Organization]


def search(knex: Knex, query: str) -> Found:
    """Searches samples, groups and organizations.

    Args:
        knex: The server, and who asks it.
        query: Words.

    Raises:
        PangeaGeneralError: The server refused, or didn't answer.
    """
    answer = knex.get("search", url_options={"query": query})
    return Found(
        [sample_from_blob(knex, blob) for blob in answer["samples"]],
        [sample_group_from_blob(knex, blob) for blob in answer["sample_groups"]],
        [org_from_blob(knex, blob) for blob in answer["organizations"]],
    )
