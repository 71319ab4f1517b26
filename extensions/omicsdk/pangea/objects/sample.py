"""Samples: each is in one library, and may be in other groups besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.values import Blob, object_of
from omicsdk.pangea.errors import not_there
from omicsdk.pangea.objects.remembered import Remembered
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.analysis_result import SampleAnalysisResult
    from omicsdk.pangea.objects.sample_group import SampleGroup


class Sample(RemoteObject):
    """A sample.

    Args:
        knex: The server, and who asks it.
        lib: The library that it is in. A group that isn't its library will do to fetch it by; `lib` is its library then.
        name: Its name; a library has one sample of a name.
        metadata: What is known of it; nothing by default.

    Attributes:
        library: The library's uuid.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "name", "metadata", "library", "description")
    parent_field = "lib"
    route = "samples"

    def __init__(self, knex: Knex, lib: SampleGroup, name: str, metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__(knex)
        self.lib = lib
        self.new_lib: SampleGroup | str | None = None
        self.name = str(name)
        self.metadata: Any = {} if metadata is None else metadata
        self.library: str | None = None
        self.description: str | None = None
        self._results: Remembered[SampleAnalysisResult] = Remembered(knex)

    def nested_url(self) -> str:
        """Its place by names, quoted."""
        return f"{self.lib.nested_url()}/samples/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"SAMPLE{self.name}\x1f{self.lib.pre_hash()}"

    def change_library(self, new_lib: SampleGroup | str) -> None:
        """Moves it to another library when it is saved next; the server isn't asked before.

        Args:
            new_lib: The library, or its uuid. Whoever isn't a member of its organization can't move the sample back.
        """
        self.new_lib = new_lib
        self._modified = True

    # -- its results

    def analysis_result(
        self, module_name: str, replicate: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> SampleAnalysisResult:
        """A result of the sample, not fetched yet.

        Args:
            module_name: The module that it is of.
            replicate: Which of several of that module; None is the newest.
            metadata: What is known of it.
        """
        from omicsdk.pangea.objects.analysis_result import SampleAnalysisResult

        return SampleAnalysisResult(self.knex, self, module_name, replicate=replicate, metadata=metadata)

    def get_analysis_results(self, cache: bool = True) -> Iterator[SampleAnalysisResult]:
        """Yields its results, of all pages.

        Args:
            cache: Whether they are remembered: the next call gives the same objects without asking, until something is
                written by this Knex.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        return self._results.iterate(self._fetch_results, cache=cache)

    def _fetch_results(self) -> Iterator[SampleAnalysisResult]:
        self.get()
        for blob in paginated_iterator(self.knex, f"sample_ars?sample_id={self.uuid}"):
            yield self.analysis_result(blob["module_name"], replicate=blob["replicate"])._fetched(blob)

    def get_manifest(self) -> Any:
        """The sample with all its results and fields, by one request.

        Returns:
            What the server says: the sample's fields and `analysis_results`.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        return self.knex.get(f"samples/{self.uuid}/manifest")

    # -- what comes, and what is sent

    def _take(self, blob: Blob) -> None:
        super()._take(blob)
        if self.lib.uuid != self.library:  # it was fetched by another group, or moved
            self.lib = self._library(blob)

    def _library(self, blob: Blob) -> SampleGroup:
        """The library that the server says it is in."""
        told: Blob | None = blob.get("library_obj")
        if told is None:
            told = object_of(self.knex.get(url := f"sample_groups/{blob['library']}"), url)
        return self.lib._another(told)  # pyright: ignore[reportPrivateUsage] - it is ours

    def _creation(self) -> dict[str, object]:
        return {**super()._creation(), "library": self.lib._id()}

    def _filter(self) -> dict[str, object]:
        return {"name": self.name, "library_id": self.lib._id()}

    def _listed(self) -> Blob:
        if self.lib.is_library:
            return super()._listed()
        url = f"sample_groups/{self.lib._id()}/samples"
        for blob in paginated_iterator(self.knex, url):
            if blob["name"] == self.name:
                return blob
        raise not_there(f"sample {self.name!r} in {self.lib}", f"{self.knex.endpoint_url}/{url}")

    def _create(self) -> None:
        self.lib.as_library()
        super()._create()

    def _save(self) -> None:
        wanted = self.new_lib
        if wanted is not None:
            self.library = wanted if isinstance(wanted, str) else wanted.get()._id()
        elif self.lib.uuid != self._on_server.get("library"):
            self.library = self.lib.get()._id()
        super()._save()
        if wanted is not None and not isinstance(wanted, str):
            self.lib = wanted
        self.new_lib = None
