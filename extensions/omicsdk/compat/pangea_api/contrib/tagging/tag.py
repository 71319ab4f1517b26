"""Tags: labels of samples, groups and other tags."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Never

from omicsdk.compat.pangea_api.blob_constructors import sample_from_blob, sample_group_from_blob
from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject
from omicsdk.compat.pangea_api.sample import Sample
from omicsdk.compat.pangea_api.sample_group import SampleGroup
from omicsdk.pangea.responses import object_of, objects_in

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.knex import Knex


class Tag(RemoteObject):
    """A tag, with text that is stored with it. Every user may apply, change and delete it."""

    remote_fields = (*FACTS, "name", "payload")
    parent_field = None
    route = "contrib/tags"
    nested_route = "contrib/tags/name"
    hash_prefix = "TAG"

    def __init__(self, knex: Knex, name: str, payload: str = "") -> None:
        super().__init__(knex)
        self.name = str(name)
        self.payload = payload

    def __call__(self, other: Tag | Sample | SampleGroup, payload: str = "") -> None:
        """Apply the tag; see `tag`."""
        self.tag(other, payload=payload)

    def tag(self, other: Tag | Sample | SampleGroup, payload: str = "") -> None:
        """Apply the tag to a sample, a group or another tag, with text that is stored there; a missing tag is created first."""
        route, name = _PLACES.get(type(other)) or _refused(other)
        self.idem()
        sent = {name: other.uuid or other.get().uuid, "payload": payload}
        self.knex.post(f"contrib/tags/{self.uuid}/{route}", json=sent)

    def get_samples(self) -> Iterator[Sample]:
        """Yield all samples with the tag."""
        return self._children("contrib/tags/{}/samples", partial(sample_from_blob, self.knex))

    def get_sample_groups(self) -> Iterator[SampleGroup]:
        """Yield all groups with the tag."""
        return self._children("contrib/tags/{}/sample_groups", partial(sample_group_from_blob, self.knex))

    def get_random_samples(self, n: int = 100) -> Iterator[Sample]:
        """Yield at most `n` random samples with the tag, chosen by the server."""
        self.get()
        response = self.knex.get(f"contrib/tags/{self.uuid}/random_samples", url_options={"n": n})
        for blob in objects_in(object_of(response, "random_samples"), "results", "random_samples"):
            yield sample_from_blob(self.knex, blob)

    def __str__(self) -> str:
        return f"<Pangea::Contrib::Tag {self.name} {self.uuid} />"


#: The path for tagging objects of a kind, and the name of their uuid there.
_PLACES: dict[type, tuple[str, str]] = {
    Tag: ("tags", "tag_uuid"),
    Sample: ("samples", "sample_uuid"),
    SampleGroup: ("sample_groups", "sample_group_uuid"),
}


def _refused(other: object) -> Never:
    raise TypeError(f"A tag is given to a sample, a group or a tag, not to {other!r}")
