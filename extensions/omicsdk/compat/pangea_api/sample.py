"""Samples: each belongs to one library, and optionally to further groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, SampleAnalysisResult, SampleGroup


class Sample(RemoteObject):
    """A sample, whose name is unique in a library.

    Args:
        lib: The library that it is in. It can be fetched by another group, too; `lib` is its library then.

    Attributes:
        library: The library's uuid.
    """

    remote_fields = (*FACTS, "name", "metadata", "library", "description")
    parent_field = "lib"
    route = "samples"
    nested_route = "samples"
    owner = "library"
    hash_prefix = "SAMPLE"

    def __init__(self, knex: Knex, lib: SampleGroup, name: str, metadata: Mapping[str, Any] | None = None) -> None:
        super().__init__(knex)
        self.lib = lib
        self.new_lib: SampleGroup | str | None = None
        self.name = str(name)
        self.metadata: Any = {} if metadata is None else metadata
        self.library: str | None = None
        self.description: str | None = None

    def change_library(self, new_lib: SampleGroup | str) -> None:
        """Move it to another library with the next save; only members of its organization can move the sample back."""
        self.new_lib = new_lib
        self._modified = True

    # -- its results

    def analysis_result(
        self, module_name: str, replicate: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> SampleAnalysisResult:
        """Create a local result of the sample, without a request; without `replicate`, the newest one of the module."""
        from omicsdk.compat.pangea_api.analysis_result import SampleAnalysisResult

        return SampleAnalysisResult(self.knex, self, module_name, replicate=replicate, metadata=metadata)

    def get_analysis_results(self, cache: bool = True) -> Iterator[SampleAnalysisResult]:
        """Yield all of its results; `cache` as of `SampleGroup.get_samples`."""
        return self._results("sample", self.analysis_result, cache=cache)

    def get_manifest(self) -> Any:
        """Return the sample's fields and `analysis_results` with their fields, in one request."""
        self.get()
        return self.knex.get(f"samples/{self.uuid}/manifest")

    # -- loading and saving

    def _take(self, blob: Blob) -> None:
        super()._take(blob)
        if self.lib.uuid != self.library:  # it was fetched by another group, or moved
            self.lib = self._library(blob)

    def _library(self, blob: Blob) -> SampleGroup:
        """Return its library on the server."""
        library: Blob = blob.get("library_obj") or self._answered(f"sample_groups/{blob['library']}")
        return self.lib._another(library)  # pyright: ignore[reportPrivateUsage] - it is ours

    def _list_url(self) -> str:
        return super()._list_url() if self.lib.is_library else f"sample_groups/{self.lib._id()}/samples"

    def _create(self) -> None:
        self.lib.as_library()
        super()._create()

    def _save(self) -> None:
        new_library = self.new_lib
        if new_library is not None:
            self.library = new_library if isinstance(new_library, str) else new_library.get()._id()
        elif self.lib.uuid != self._on_server.get("library"):
            self.library = self.lib.get()._id()
        super()._save()
        if new_library is not None and not isinstance(new_library, str):
            self.lib = new_library
        self.new_lib = None
