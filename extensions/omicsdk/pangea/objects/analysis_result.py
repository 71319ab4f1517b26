"""Analysis results of samples and of groups: a module's, in one or more replicates, with fields that hold what was found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import list_url
from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.errors import PangeaInternalError, PangeaNotFoundError, RemoteObjectError, not_there
from omicsdk.pangea.objects.remembered import Remembered
from omicsdk.pangea.objects.remote_object import RemoteObject

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.field import (
        AnalysisResultField,
        SampleAnalysisResultField,
        SampleGroupAnalysisResultField,
    )
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup

F = TypeVar("F", bound="AnalysisResultField")


class AnalysisResult(RemoteObject, ABC, Generic[F]):
    """What a module found; the base of results of samples and of groups.

    Several results of one module are told apart by their replicates. Without one, the newest is meant, as the server does
    it, and a new one gets a random name.

    Args:
        knex: The server, and who asks it.
        parent: The sample or the group.
        module_name: The module.
        replicate: Tells results of one module apart; None for the newest.
        metadata: Further facts.
        is_private: Whether only members of the organization may see it. The server's lists of contents (manifests) name
            private results to whoever may see the group.
    """

    remote_fields: ClassVar[Sequence[str]] = (
        "uuid",
        "created_at",
        "updated_at",
        "module_name",
        "replicate",
        "metadata",
        "description",
        "is_private",
        "pipeline_module",
    )
    name_field: ClassVar[str] = "module_name"
    field_route: ClassVar[str] = ""
    """The flat list of its fields, below /api."""

    def __init__(
        self,
        knex: Knex,
        parent: Sample | SampleGroup,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        super().__init__(knex)
        self.parent = parent
        self.module_name = module_name
        self.replicate = replicate
        self.metadata: Any = dict(metadata or {})
        self.description: str | None = None
        self.is_private = is_private
        self.pipeline_module: str | None = None
        self._fields: Remembered[F] = Remembered(knex)

    def nested_url(self) -> str:
        """Its place by names: that of the newest result of its module."""
        return f"{self.parent.nested_url()}/analysis_results/{self._place()}"

    def pre_hash(self) -> str:
        """What tells it from others, for the cache."""
        return f"{type(self).__name__}\x1f{self.module_name}\x1f{self.replicate or ''}\x1f{self.parent.pre_hash()}"

    @abstractmethod
    def field(self, field_name: str, data: object = None) -> F:
        """Makes a field of it, which isn't on the server yet.

        Args:
            field_name: Its name.
            data: What it holds; nothing by default.
        """

    def get_fields(self, cache: bool = True) -> Iterator[F]:
        """Yields all fields of it that are on the server.

        Args:
            cache: Whether they are remembered: the next call gives the same objects without asking, until something is
                written by this Knex.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        return self._fields.iterate(self._fetch_fields, cache=cache)

    def _fetch_fields(self) -> Iterator[F]:
        for blob in self.list_field_blobs({}):
            yield self.field(blob["name"])._fetched(blob)

    @abstractmethod
    def _owner(self) -> Mapping[str, str]:
        """The uuid of what it belongs to, by the name that the server has for it."""

    def _creation(self) -> dict[str, object]:
        sent = super()._creation()
        return {**sent, **self._owner()}

    def _create(self) -> None:
        wanted = self.is_private
        super()._create()
        if self.is_private != wanted:
            words = "private" if wanted else "public"
            raise RemoteObjectError(
                f"{self} was created and isn't {words}: the server didn't do as it was asked",
                remedy="Delete it, and ask the platform's operators.",
            )

    def _filter(self) -> dict[str, object]:
        (owner, uuid), *_ = self._owner().items()
        return {f"{owner}_id": uuid, "module_name": self.module_name, "replicate": self.replicate}

    def _fetch(self) -> Blob:
        if self._segment() is None:
            return self._listed()
        options = {**self.inherited_url_options, "replicate": self.replicate}
        try:
            blob: Blob = self.knex.get(self.nested_url(), url_options=options)
        except (PangeaNotFoundError, PangeaInternalError) as error:
            # The server looks names up without regard to case: it may have looked in "A", or not known which of two is meant.
            try:
                return self._listed()
            except PangeaNotFoundError:
                raise error from None
        return blob if self._is_meant(blob) else self._listed()

    def _listed(self) -> Blob:
        """The newest in the flat list that is meant."""
        url = list_url(self.route, {**self._filter(), **self.inherited_url_options})
        found = [blob for blob in paginated_iterator(self.knex, url) if self._is_meant(blob)]
        if not found:
            which = f" with the replicate {self.replicate!r}" if self.replicate else ""
            what = f"result of {self.module_name!r}{which} in {self.parent}"
            raise not_there(what, f"{self.knex.endpoint_url}/{self.route}")
        return max(found, key=lambda blob: str(blob.get("updated_at")))

    def _is_meant(self, blob: Blob) -> bool:
        facts = {"module_name": self.module_name, **self._owner()}
        same = all(blob.get(name) == value for name, value in facts.items())
        return same and self.replicate in (None, blob.get("replicate"))

    def list_field_blobs(self, query: Mapping[str, object]) -> Iterator[Blob]:
        """Yields what the server's flat list has of its fields.

        Args:
            query: Narrows the list.
        """
        asked = {"analysis_result_id": self._id(), **query, **self.inherited_url_options}
        for blob in paginated_iterator(self.knex, list_url(self.field_route, asked)):
            if blob.get("analysis_result") == self.uuid:
                yield blob

    def __str__(self) -> str:
        return f"<Pangea::{type(self).__name__} {self.module_name} {self.replicate} {self.uuid} />"


class SampleAnalysisResult(AnalysisResult["SampleAnalysisResultField"]):
    """What a module found in a sample.

    Args:
        knex: The server, and who asks it.
        sample: The sample.
        module_name: The module.
        replicate: Tells results of one module apart; None for the newest.
        metadata: Further facts.
        is_private: Whether only members of the organization may see it.
    """

    parent_field: ClassVar[str | None] = "sample"
    route: ClassVar[str] = "sample_ars"
    field_route: ClassVar[str] = "sample_ar_fields"

    def __init__(
        self,
        knex: Knex,
        sample: Sample,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        self.sample = sample
        super().__init__(knex, sample, module_name, replicate, metadata, is_private)

    def field(self, field_name: str, data: object = None) -> SampleAnalysisResultField:
        """Makes a field of it, which isn't on the server yet.

        Args:
            field_name: Its name.
            data: What it holds; nothing by default.
        """
        from omicsdk.pangea.objects.field import SampleAnalysisResultField

        return SampleAnalysisResultField(self.knex, self, field_name, data)

    def _owner(self) -> Mapping[str, str]:
        return {"sample": self.sample._id()}


class SampleGroupAnalysisResult(AnalysisResult["SampleGroupAnalysisResultField"]):
    """What a module found in a group of samples.

    Args:
        knex: The server, and who asks it.
        grp: The group.
        module_name: The module.
        replicate: Tells results of one module apart; None for the newest.
        metadata: Further facts.
        is_private: Whether only members of the organization may see it.
    """

    parent_field: ClassVar[str | None] = "grp"
    route: ClassVar[str] = "sample_group_ars"
    field_route: ClassVar[str] = "sample_group_ar_fields"

    def __init__(
        self,
        knex: Knex,
        grp: SampleGroup,
        module_name: str,
        replicate: str | None = None,
        metadata: Mapping[str, Any] | None = None,
        is_private: bool = False,
    ) -> None:
        self.grp = grp
        super().__init__(knex, grp, module_name, replicate, metadata, is_private)

    def field(self, field_name: str, data: object = None) -> SampleGroupAnalysisResultField:
        """Makes a field of it, which isn't on the server yet.

        Args:
            field_name: Its name.
            data: What it holds; nothing by default.
        """
        from omicsdk.pangea.objects.field import SampleGroupAnalysisResultField

        return SampleGroupAnalysisResultField(self.knex, self, field_name, data)

    def _owner(self) -> Mapping[str, str]:
        return {"sample_group": self.grp._id()}
