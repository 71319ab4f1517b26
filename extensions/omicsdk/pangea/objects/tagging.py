"""Tags: names that are given to samples, groups and other tags."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Never

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.objects.of_blobs import sample_from_blob, sample_group_from_blob
from omicsdk.pangea.objects.remote_object import RemoteObject
from omicsdk.pangea.objects.sample import Sample
from omicsdk.pangea.objects.sample_group import SampleGroup

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex


class Tag(RemoteObject):
    """A tag. Every user may give, change and delete it, whoever made it.

    Args:
        knex: The server, and who asks it.
        name: Its name; there is one of a name on a server.
        payload: Any words that go with it.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "name", "payload")
    parent_field = None
    route = "contrib/tags"

    def __init__(self, knex: Knex, name: str, payload: str = "") -> None:
        super().__init__(knex)
        self.name = str(name)
        self.payload = payload

    def nested_url(self) -> str:
        """Its place by name, quoted."""
        return f"contrib/tags/name/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"TAG{self.name}"

    def __call__(self, other: Tag | Sample | SampleGroup, payload: str = "") -> None:
        """Gives the tag; arguments and errors are those of `tag`."""
        self.tag(other, payload=payload)

    def tag(self, other: Tag | Sample | SampleGroup, payload: str = "") -> None:
        """Gives the tag to something; it is created first where it isn't there.

        Args:
            other: A sample, a group or another tag.
            payload: Any words that go with it there.

        Raises:
            TypeError: It is something else.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        route, name = _PLACES.get(type(other)) or _refused(other)
        self.idem()
        sent = {name: other.uuid or other.get().uuid, "payload": payload}
        self.knex.post(f"contrib/tags/{self.uuid}/{route}", json=sent)

    def get_samples(self) -> Iterator[Sample]:
        """Yields the samples that have it, of all pages.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        for blob in paginated_iterator(self.knex, f"contrib/tags/{self.uuid}/samples"):
            yield sample_from_blob(self.knex, blob)

    def get_sample_groups(self) -> Iterator[SampleGroup]:
        """Yields the groups that have it, of all pages.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        for blob in paginated_iterator(self.knex, f"contrib/tags/{self.uuid}/sample_groups"):
            yield sample_group_from_blob(self.knex, blob)

    def get_random_samples(self, n: int = 100) -> Iterator[Sample]:
        """Yields samples that have it, drawn by the server.

        Args:
            n: How many, at most.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        answer = self.knex.get(f"contrib/tags/{self.uuid}/random_samples", url_options={"n": n})
        for blob in answer["results"]:
            yield sample_from_blob(self.knex, blob)

    def __str__(self) -> str:
        return f"<Pangea::Contrib::Tag {self.name} {self.uuid} />"


#: Where a tag is given to things of a kind, and what their uuid is called there.
_PLACES: dict[type, tuple[str, str]] = {
    Tag: ("tags", "tag_uuid"),
    Sample: ("samples", "sample_uuid"),
    SampleGroup: ("sample_groups", "sample_group_uuid"),
}


def _refused(other: object) -> Never:
    raise TypeError(f"A tag is given to a sample, a group or a tag, not to {other!r}")


def get_tags_for_sample(knex: Knex, sample: Sample) -> Iterator[Tag]:
    """Yields the tags that a sample has, of all pages.

    Args:
        knex: The server, and who asks it.
        sample: The sample.

    Raises:
        PangeaGeneralError: The server refused, or didn't answer.
    """
    sample.get()
    for blob in paginated_iterator(knex, f"contrib/tags?sample={sample.uuid}"):
        yield Tag(knex, blob["name"])._fetched(blob)  # pyright: ignore[reportPrivateUsage] - it is ours
