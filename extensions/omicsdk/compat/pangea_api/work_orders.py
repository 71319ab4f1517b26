"""Work orders: jobs for a sample or group, whose states are reported by the programs that run them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from omicsdk.compat.pangea_api.knex import not_there
from omicsdk.compat.pangea_api.remote_object import FACTS, RemoteObject, RemoteObjectError, text_at
from omicsdk.compat.pangea_api.routes import list_url
from omicsdk.compat.pangea_api.utils import paginated_iterator
from omicsdk.pangea.responses import Blob

if TYPE_CHECKING:
    from omicsdk.compat.pangea_api import Knex, Sample, SampleGroup

__all__ = ["GroupWorkOrder", "GroupWorkOrderProto", "JobOrder", "WorkOrder", "WorkOrderProto"]

R = TypeVar("R", bound=RemoteObject)


class _ByUuid(RemoteObject):
    """Object that is identified by UUID only, and cannot be created or deleted by name."""

    name: str | None
    is_cached: ClassVar[bool] = False  # states change while others work

    def pre_hash(self) -> str:
        """Return its cache key."""
        return f"{type(self).__name__}\x1f{self.uuid}"

    def _fetch(self) -> Blob:
        return self._answered(self._own_route())

    def _create(self) -> None:
        remedy = "Create it with the methods of its prototype."
        raise RemoteObjectError(f"{self} cannot be created directly", remedy=remedy)

    def refresh(self) -> Self:
        """Reload it from the server, discarding local changes."""
        self._check_alive("fetched")
        return self._fetched(self._fetch())


class _Prototype(_ByUuid):
    """A kind of work order."""

    remote_fields: ClassVar[Sequence[str]] = (*FACTS, "name")

    def __init__(self, knex: Knex, uuid: str) -> None:
        super().__init__(knex)
        self.name = None
        self.uuid = uuid

    @classmethod
    def from_uuid(cls, knex: Knex, uuid: str) -> Self:
        """Fetch an object by its UUID."""
        return cls(knex, uuid).get()

    @classmethod
    def from_name(cls, knex: Knex, name: str) -> Self:
        """Fetch an object by its name, by searching the server's list; a PangeaNotFoundError without one."""
        # The published client requests the name in the place of the UUID.
        for blob in paginated_iterator(knex, list_url(cls.route, {"name": name})):
            if text_at(blob, "name") == name:
                return cls(knex, text_at(blob, "uuid"))._fetched(blob)
        raise not_there(f"{cls.__name__} {name!r}", f"{knex.endpoint_url}/{cls.route}")

    def _order_for(self, target: RemoteObject) -> str:
        """Create an order of this kind, and return its UUID."""
        url = f"{target.get().route}/{target.uuid}/work_orders/{self.uuid}"
        order = self.knex.post(url, url_options=target.inherited_url_options)
        return text_at(order, "uuid")


class _Order(_ByUuid):
    """A work order; its name is that of its kind."""

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex)
        self.name = name
        self.priority: int | None = None
        self.status: str | None = None

    @classmethod
    def from_blob(cls, knex: Knex, blob: Blob) -> Self:
        """Create an object from a response of the server."""
        return cls(knex, text_at(blob, "name"))._fetched(blob)

    @classmethod
    def from_uuid(cls, knex: Knex, uuid: str) -> Self:
        """Fetch an object by its UUID."""
        return cls.from_blob(knex, knex.get(f"{cls.route}/{uuid}"))

    def _opened(self, route: str, made_of: Callable[[Knex, Blob], R]) -> R:
        """Fetch its subject, as an object whose requests name this order and so have its privilege for everything below."""
        options = {"work_order_uuid": self.uuid}
        # In this request, too: the published client sends the order's UUID only in later ones.
        resource = made_of(self.knex, self.knex.get(route, url_options=options))
        resource.url_options.update(options)
        return resource


class WorkOrderProto(_Prototype):
    """A kind of work order for samples."""

    route: ClassVar[str] = "work_order_prototypes"

    def get_active_work_orders(self, max_num: int = 0, random: bool = False, not_status: str = "") -> list[WorkOrder]:
        """Return its current work orders; empty for users without the privilege for it.

        Args:
            max_num: Maximum number of results; 0 for all.
            random: Whether they are in random order.
            not_status: The status that is left out: pending, error, working or success; empty for none.
        """
        chosen = {"random": "random" if random else None, "not_status": not_status or None}
        query = {"max_num": max_num if max_num > 0 else None, **chosen}
        url = list_url(f"{self.route}/{self.uuid}/work_orders", query)
        # All pages; the published client returns the first one.
        return [WorkOrder.from_blob(self.knex, blob) for blob in paginated_iterator(self.knex, url)]

    def get_active_work_order_for_sample(self, sample: Sample) -> WorkOrder:
        """Return the sample's work order of this kind, matched by name, as the server does not state the kind; or a KeyError."""
        self.get()
        # A prototype that was made of its UUID has its name only now.
        url = list_url(f"samples/{sample.get().uuid}/work_orders", sample.inherited_url_options)
        for blob in paginated_iterator(self.knex, url):
            if blob.get("name") == self.name:
                return WorkOrder.from_blob(self.knex, blob)
        raise KeyError(f"WorkOrder from Proto {self} not found for sample {sample}")

    def create_work_order_for_sample(self, sample: Sample) -> WorkOrder:
        """Create a work order of this kind."""
        return WorkOrder.from_uuid(self.knex, self._order_for(sample))


class WorkOrder(_Order):
    """Work order of a sample: a list of jobs.

    Attributes:
        status: `error` if a job has it, `pending` or `success` if all have it, else `working`.
        sample: The sample's UUID.
    """

    remote_fields: ClassVar[Sequence[str]] = (*FACTS, "name", "job_order_objs", "priority", "sample", "status")
    route: ClassVar[str] = "work_orders"

    job_order_objs: list[Blob] | None = None
    sample: str | None = None

    def get_sample(self) -> Sample:
        """Fetch the sample; the privilege for the work order gives this object access to it and its contents."""
        from omicsdk.compat.pangea_api.blob_constructors import sample_from_blob

        return self._opened(f"samples/{self.sample}", sample_from_blob)

    def get_job_orders(self) -> Iterator[JobOrder]:
        """Yield its jobs at the time of the fetch."""
        for blob in self.job_order_objs or ():
            yield JobOrder.from_blob(self, blob)

    def get_job_order_by_name(self, name: str) -> JobOrder:
        """Return a job by its name; a KeyError without one."""
        return {job.name: job for job in self.get_job_orders()}[name]


class JobOrder(_ByUuid):
    """A job of a work order.

    Attributes:
        status: pending, error, working or success; may be set and saved.
        analysis_result: The UUID of its result; may be set and saved.
    """

    remote_fields: ClassVar[Sequence[str]] = (*FACTS, "name", "analysis_result", "status")
    route: ClassVar[str] = "job_orders"

    def __init__(self, knex: Knex, work_order: WorkOrder) -> None:
        super().__init__(knex)
        self.work_order = work_order
        self.name = None
        self.analysis_result: str | None = None
        self.status: str | None = None

    def pre_hash(self) -> str:
        """Return its cache key."""
        return f"{type(self).__name__}\x1f{self.work_order.uuid}\x1f{self.name}"

    @classmethod
    def from_blob(cls, work_order: WorkOrder, blob: Blob) -> Self:
        """Create an object from a response of the server."""
        return cls(work_order.knex, work_order)._fetched(blob)

    @classmethod
    def from_uuid(cls, work_order: WorkOrder, uuid: str) -> Self:
        """Fetch an object by its UUID."""
        return cls.from_blob(work_order, work_order.knex.get(f"{cls.route}/{uuid}"))


class GroupWorkOrderProto(_Prototype):
    """A kind of work order for groups of samples."""

    route: ClassVar[str] = "group_work_order_prototypes"

    def get_active_work_orders(self) -> Iterator[GroupWorkOrder]:
        """Yield its work orders; none for users without the privilege for it."""
        for blob in paginated_iterator(self.knex, f"{self.route}/{self.uuid}/work_orders"):
            yield GroupWorkOrder.from_blob(self.knex, blob)

    def get_active_work_order_for_sample_group(self, group: SampleGroup) -> GroupWorkOrder:
        """Return the group's work order of this kind; a KeyError without one."""
        uuid = group.get().uuid
        for order in self.get_active_work_orders():
            if order.sample_group == uuid:
                return order
        raise KeyError(f"WorkOrder from Proto {self} not found for group {group}")

    def create_work_order_for_sample_group(self, group: SampleGroup) -> GroupWorkOrder:
        """Create a work order of this kind, and one for each sample of the group."""
        return GroupWorkOrder.from_uuid(self.knex, self._order_for(group))


class GroupWorkOrder(_Order):
    """Work order of a group: work orders of its samples.

    Attributes:
        sample_group: The group's UUID.
        work_order_links: Of each sample's work order `name`, `uuid`, `sample_name`, `sample_uuid` and `status`.
    """

    remote_fields: ClassVar[Sequence[str]] = (*FACTS, "name", "work_order_links", "priority", "sample_group", "status")
    route: ClassVar[str] = "group_work_orders"

    work_order_links: list[dict[str, Any]] | None = None
    sample_group: str | None = None

    def get_sample_group(self) -> SampleGroup:
        """Fetch the group; the privilege for the work order gives this object access to it and its contents."""
        from omicsdk.compat.pangea_api.blob_constructors import sample_group_from_blob

        return self._opened(f"sample_groups/{self.sample_group}", sample_group_from_blob)

    def get_work_orders(self) -> Iterator[WorkOrder]:
        """Yield the current work orders of its samples."""
        for link in self.work_order_links or ():
            yield WorkOrder.from_uuid(self.knex, text_at(link, "uuid"))
