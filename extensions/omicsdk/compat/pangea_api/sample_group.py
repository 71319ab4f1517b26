"""Groups of samples; libraries are groups that own samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Never, Self

from omicsdk.compat.pangea_api import remote_object
from omicsdk.compat.pangea_api.knex import PangeaNotFoundError
from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject, RemoteObjectError, object_at, text_at
from omicsdk.core.batches import batches
from omicsdk.pangea.listings import BATCH
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, Organization, Sample, SampleGroupAnalysisResult


class SampleGroup(RemoteObject):
    """A group of samples.

    Its name is unique on the whole server, across organizations. Arguments after the name are keywords: their places differ
    between releases of the published client.

    Args:
        metadata: Facts on it; none by default.
        is_library: Whether samples are created in it.
        is_public: Whether everybody may see it and its samples: False keeps it to the organization's members; an
            existing group with another value is not loaded. None leaves the choice to the server, which makes new ones public.
    """

    remote_fields = (*FACTS, "name", "is_library", "is_public", "metadata", "long_description", "description", "bucket")
    optional_remote_fields = ("bucket",)
    parent_field = "org"
    route = "sample_groups"
    nested_route = "sample_groups"
    owner = "organization"
    hash_prefix = "SG"
    unblank = frozenset({"description"})

    def __init__(
        self,
        knex: Knex,
        org: Organization,
        name: str,
        *moved: Never,
        metadata: Mapping[str, Any] | None = None,
        is_library: bool = False,
        is_public: bool | None = None,
    ) -> None:
        _check(moved, metadata, is_library, is_public)
        super().__init__(knex)
        self.org = org
        self.name = str(name)
        self.metadata: Any = {} if metadata is None else metadata
        self.is_library = is_library
        self.is_public = self._requested_public = is_public
        self.description: str | None = None
        self.long_description: str | None = None
        self.bucket: str | None = None
        self._added: list[Sample] = []
        self._removed: list[Sample] = []

    # -- its samples

    def sample(self, sample_name: str, metadata: Mapping[str, Any] | None = None) -> Sample:
        """Create a local sample of this group, without a request."""
        from omicsdk.compat.pangea_api.sample import Sample

        return Sample(self.knex, self, sample_name, metadata=metadata)

    def add_sample(self, sample: Sample) -> Self:
        """Add a sample, created or saved first, with the next save of the group."""
        return self.add_samples([sample])

    def add_samples(self, samples: Iterable[Sample]) -> Self:
        """Add samples with the next save of the group, many per request."""
        self._added += samples
        return self

    def remove_sample(self, sample: Sample) -> Self:
        """Remove a sample with the next save of the group; the sample itself is kept."""
        return self.remove_samples([sample])

    def remove_samples(self, samples: Iterable[Sample]) -> Self:
        """Remove samples with the next save of the group, many per request."""
        self._removed += samples
        return self

    def get_samples(
        self, cache: bool = True, error_handler: Callable[[Exception], object] | None = None
    ) -> Iterator[Sample]:
        """Yield all of its samples that the user may see, as pages arrive.

        Args:
            cache: Whether they are remembered: the next call yields the same objects without a request, until something is
                written by this Knex. False keeps none, for groups that are too large for the memory.
            error_handler: Receives the error when a page cannot be read; the list ends there. Without it the error is raised.
        """
        ended: list[Exception] = []

        def handled(error: Exception) -> None:
            ended.append(error)
            assert error_handler is not None
            error_handler(error)

        def fetch() -> Iterator[Sample]:
            # Its samples may be in other libraries; the published client gives all of them a path below this group.
            self.get()  # before its UUID is read
            libraries: dict[str, SampleGroup] = {str(self.uuid): self}
            return self._children(
                "sample_groups/{}/samples",
                lambda blob: self._library_of(blob, libraries).sample(text_at(blob, "name")),
                handled if error_handler is not None else None,
            )

        return self._remembered("samples", fetch, cache=cache, whole=lambda: not ended)

    def _library_of(self, blob: Blob, libraries: dict[str, SampleGroup]) -> SampleGroup:
        """Return the library of one of its samples, which may be another group."""
        library = libraries.get(text_at(blob, "library"))
        if library is None:
            library = libraries[text_at(blob, "library")] = self._another(object_at(blob, "library_obj"))
        return library

    def _another(self, blob: Blob) -> SampleGroup:
        """Create another group of the same server with its organization, without importing its class."""
        org = self.org._another(object_at(blob, "organization_obj"))  # pyright: ignore[reportPrivateUsage] - it is ours
        return SampleGroup(self.knex, org, text_at(blob, "name"))._fetched(blob)

    # -- its results

    def analysis_result(self, module_name: str, replicate: str | None = None) -> SampleGroupAnalysisResult:
        """Create a local result of the group, without a request; without `replicate`, the newest one of the module."""
        from omicsdk.compat.pangea_api.analysis_result import SampleGroupAnalysisResult

        return SampleGroupAnalysisResult(self.knex, self, module_name, replicate=replicate)

    def get_analysis_results(self, cache: bool = True) -> Iterator[SampleGroupAnalysisResult]:
        """Yield all results of the group, without those of its samples; `cache` as of `get_samples`."""
        return self._results("sample_group", self.analysis_result, cache=cache)

    def get_manifest(self) -> Any:
        """Return the group's fields, `samples` and `analysis_results` with all below them, in one request."""
        self.get()
        return self.knex.get(f"sample_groups/{self.uuid}/manifest")

    def get_module_counts(self) -> dict[str, int]:
        """Count the samples that have results of each module, and all as `n_samples`."""
        self.get()
        return self.knex.get(f"sample_groups/{self.uuid}/module_counts")

    # -- loading and saving

    def load_blob(self, blob: Blob) -> None:
        """Load a response of the server; also raises if the visibility differs from the requested one."""
        if (
            self._requested_public is not None
            and not self._already_fetched
            and blob.get("is_public") is not self._requested_public
        ):
            requested, actual = ("public", "private") if self._requested_public else ("private", "public")
            remedy = f"Fetch it without is_public=, then set is_public = {self._requested_public} and save it."
            raise remote_object.RemoteObjectOverwriteError(f"{self} is {actual}, not {requested}", remedy=remedy)
        super().load_blob(blob)

    def _create(self) -> None:
        is_public = self.is_public
        # The published client doesn't send is_public when it creates a group.
        super()._create()
        self._check_visibility(is_public)

    def _is_unsaved(self) -> bool:
        return bool(self._added or self._removed) or super()._is_unsaved()

    def _save(self) -> None:
        is_public = self.is_public
        super()._save()
        self._check_visibility(is_public)
        url = f"sample_groups/{self._id()}/samples"
        for batch in batches(self._added, BATCH):
            uuids = [sample.idem().uuid for sample in batch]
            self.knex.post(url, json={"sample_uuids": uuids})
            self._added = self._added[len(batch) :]
        for batch in batches(self._removed, BATCH):
            # Not idem() as in the published client, which creates a missing sample to remove it.
            uuids = [sample.get().uuid for sample in batch]
            # The published client sends no body, so that nothing is removed.
            self.knex.delete(url, json={"sample_uuids": uuids})
            self._removed = self._removed[len(batch) :]

    def _check_visibility(self, is_public: bool | None) -> None:
        if is_public is not None and self.is_public is not is_public:
            self._already_fetched = True  # it exists, and may be deleted or saved
            requested, actual = ("public", "private") if is_public else ("private", "public")
            problem = f"was set to {requested}, but is still {actual} on the server"
            raise RemoteObjectError(
                f"{self} {problem}", remedy=f"Delete it, or set is_public = {is_public} and save it."
            )

    def as_library(self) -> Self:
        """Fetch it, or create it if it is declared a library, and return it; a RemoteObjectError if it is none."""
        declared = self.is_library
        try:
            self._read(fresh=True)
        except PangeaNotFoundError as error:
            if not declared:
                remedy = "Create it first, or pass is_library=True to create it with its first sample."
                raise RemoteObjectError(f"Library {self.name!r} not found", remedy=remedy) from error
            self._create_or_find()
        if not self.is_library:
            remedy = "Create the sample in a library, then add it to this group with add_sample()."
            raise RemoteObjectError(f"{self} is not a library; samples are created in libraries only", remedy=remedy)
        return self


def _check(moved: Sequence[object], metadata: object, is_library: object, is_public: object) -> None:
    if moved:
        raise TypeError(
            f"{moved[0]!r} has no name: metadata=, is_library= and is_public= are given by name, "
            "since their places differ between releases of the published client"
        )
    if metadata is not None and not isinstance(metadata, Mapping):
        raise TypeError(f"metadata is an object of names and values, not {metadata!r}")
    if not isinstance(is_library, bool):
        raise TypeError(f"is_library is True or False, not {is_library!r}")
    if is_public is not None and not isinstance(is_public, bool):
        raise TypeError(f"is_public is True, False or None, not {is_public!r}")
