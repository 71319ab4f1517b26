"""Pipelines and their modules: what results are made by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import named
from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex


class Pipeline(RemoteObject):
    """A pipeline.

    Args:
        knex: The server, and who asks it.
        name: Its name; there is one of a name on a server.
    """

    remote_fields = ("uuid", "created_at", "updated_at", "name", "description", "long_description")
    parent_field = None
    route = "pipelines"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = str(name)
        self.description = ""
        self.long_description = ""

    def nested_url(self) -> str:
        """Its place by name, quoted."""
        return f"pipelines/name/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"PIPELINE{self.name}"

    def module(self, name: str, version: str, metadata: Mapping[str, Any] | None = None) -> PipelineModule:
        """A module of the pipeline, not fetched yet; arguments are those of `PipelineModule`."""
        return PipelineModule(self.knex, self, name, version, metadata=metadata)

    def get_modules(self) -> Iterator[PipelineModule]:
        """Yields its modules, of all pages.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        for blob in paginated_iterator(self.knex, f"pipeline_modules?pipeline={self.uuid}"):
            yield self.module(blob["name"], blob["version"])._fetched(blob)


class PipelineModule(RemoteObject):
    """A module of a pipeline, in one version.

    Args:
        knex: The server, and who asks it.
        pipeline: The pipeline.
        name: Its name.
        version: Its version; a pipeline has one module of a name and version.
        metadata: What is known of it; nothing by default.

    Attributes:
        pip: The pipeline.
        dependencies: The uuids of the modules that it needs.
    """

    remote_fields = (
        "uuid",
        "created_at",
        "updated_at",
        "name",
        "version",
        "metadata",
        "description",
        "long_description",
        "dependencies",
    )
    parent_field = "pip"
    route = "pipeline_modules"
    unblank = frozenset({"description"})

    def __init__(
        self, knex: Knex, pipeline: Pipeline, name: str, version: str, metadata: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(knex)
        self.pip = pipeline
        self.name = str(name)
        self.version = str(version)
        self.metadata: Any = {} if metadata is None else metadata
        self.description = ""
        self.long_description = ""
        self.dependencies: list[str] = []

    def nested_url(self) -> str:
        """Its place by names, quoted."""
        return f"pipelines/{self.pip.uuid}/modules/{self._segment()}"

    def pre_hash(self) -> str:
        """What tells it from others of the same server and user, for the cache."""
        return f"PIPELINE_MODULE{self.name}\x1f{self.version}\x1f{self.pip.pre_hash()}"

    def add_dependency(self, upstream: PipelineModule) -> None:
        """Makes it need another module, when it is created or saved next.

        Args:
            upstream: The other module, which is on the server.

        Raises:
            RemoteObjectError: The other module isn't known to the server yet.
        """
        self.dependencies = [*self.dependencies, upstream._id()]

    def _segment(self) -> str | None:
        name, version = named(self.name), named(self.version)
        return f"{name}/{version}" if name and version else None

    def _filter(self) -> dict[str, object]:
        return {"name": self.name, "pipeline": self.pip._id()}

    def _is_it(self, blob: Blob) -> bool:
        return super()._is_it(blob) and blob.get("version") == self.version

    def _creation(self) -> dict[str, object]:
        return {**super()._creation(), "pipeline": self.pip._id()}
