"""Pipelines and their modules: the programs that produce results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject, text_at
from omicsdk.compat.pangea_api.routes import named
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api.knex import Knex


class Pipeline(RemoteObject):
    """A pipeline; its name is unique on a server."""

    remote_fields = (*FACTS, "name", "description", "long_description")
    parent_field = None
    route = "pipelines"
    nested_route = "pipelines/name"
    hash_prefix = "PIPELINE"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = str(name)
        self.description = self.long_description = ""

    def module(self, name: str, version: str, metadata: Mapping[str, Any] | None = None) -> PipelineModule:
        """Create a local module of the pipeline, without a request; arguments as for `PipelineModule`."""
        return PipelineModule(self.knex, self, name, version, metadata=metadata)

    def get_modules(self) -> Iterator[PipelineModule]:
        """Yield all of its modules."""
        return self._children(
            "pipeline_modules", lambda blob: self.module(text_at(blob, "name"), text_at(blob, "version")), pipeline="{}"
        )


class PipelineModule(RemoteObject):
    """A module of a pipeline `pip`, unique by its name and version; `dependencies` are the uuids of the modules that it needs."""

    remote_fields = (*FACTS, "name", "version", "metadata", "description", "long_description", "dependencies")
    parent_field = "pip"
    route = "pipeline_modules"
    owner = "pipeline"
    hash_prefix = "PIPELINE_MODULE"
    unblank = frozenset({"description"})

    def __init__(
        self, knex: Knex, pipeline: Pipeline, name: str, version: str, metadata: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(knex)
        self.pip = pipeline
        self.name, self.version = str(name), str(version)
        self.metadata: Any = {} if metadata is None else metadata
        self.description = self.long_description = ""
        self.dependencies: list[str] = []

    def nested_url(self) -> str:
        """Return its path by names, quoted."""
        return f"pipelines/{self.pip.uuid}/modules/{self._segment()}"

    def pre_hash(self) -> str:
        """Return its cache key among the objects of the same server and user."""
        return f"PIPELINE_MODULE{self.name}\x1f{self.version}\x1f{self.pip.pre_hash()}"

    def add_dependency(self, upstream: PipelineModule) -> None:
        """Add a required module, which is on the server; sent with the next create or save."""
        self.dependencies = [*self.dependencies, upstream._id()]

    def _segment(self) -> str | None:
        name, version = named(self.name), named(self.version)
        return f"{name}/{version}" if name and version else None

    def _filter(self) -> dict[str, object]:
        return {"name": self.name, "pipeline": self.pip._id()}

    def _is_it(self, blob: Blob) -> bool:
        return super()._is_it(blob) and blob.get("version") == self.version
