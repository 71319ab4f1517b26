"""How organizations, groups and samples look in answers; those above them are read once an answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.stores.things import Store, Thing

_DATED = ("uuid", "name", "created_at", "updated_at")
_GROUP = (
    "description",
    "is_library",
    "is_public",
    "theme",
    "long_description",
    "metadata",
    "bucket",
    "storage_provider_name",
    "sample_metadata_schema",
)


class Views:
    """Views of things for one answer.

    Args:
        store: Where things are kept.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._organizations: dict[str, Mapping[str, Any]] = {}
        self._groups: dict[str, Mapping[str, Any]] = {}
        self._samples: dict[str, Mapping[str, Any]] = {}

    def organization(self, organization: Thing) -> dict[str, Any]:
        """An organization."""
        return {**shown(organization, _DATED), "core_sample_group_uuid": None}

    def group(self, group: Thing) -> dict[str, Any]:
        """A group, with its organization."""
        return {
            **shown(group, _DATED),
            "organization": group["organization"],
            "organization_obj": self.organization_of(group["organization"]),
            **shown(group, _GROUP),
        }

    def sample(self, sample: Thing) -> dict[str, Any]:
        """A sample, with its library."""
        return {**self.sample_alone(sample), "library_obj": self.group_of(sample["library"])}

    def sample_alone(self, sample: Thing) -> dict[str, Any]:
        """A sample without its library, as in manifests."""
        return shown(sample, (*_DATED, "library", "metadata", "description"))

    def organization_of(self, uuid: str) -> Mapping[str, Any]:
        """The organization of a UUID."""
        if uuid not in self._organizations:
            self._organizations[uuid] = self.organization(self._there("organization", uuid))
        return self._organizations[uuid]

    def group_of(self, uuid: str) -> Mapping[str, Any]:
        """The group of a UUID."""
        if uuid not in self._groups:
            self._groups[uuid] = self.group(self._there("sample_group", uuid))
        return self._groups[uuid]

    def sample_of(self, uuid: str) -> Mapping[str, Any]:
        """The sample of a UUID."""
        if uuid not in self._samples:
            self._samples[uuid] = self.sample(self._there("sample", uuid))
        return self._samples[uuid]

    def _there(self, kind: str, uuid: str) -> Thing:
        found = self._store.find(kind, uuid)
        assert found is not None, f"the {kind} went away while it was read"
        return found


def shown(thing: Thing, names: Sequence[str]) -> dict[str, Any]:
    """Some fields of a thing, in the order of their names."""
    return {name: thing[name] for name in names}
