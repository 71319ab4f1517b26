"""Work orders: what shall be done with a sample or a group, as jobs whose states those who do them report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Self

from omicsdk.pangea.asking.pages import paginated_iterator
from omicsdk.pangea.asking.routes import list_url
from omicsdk.pangea.asking.values import Blob
from omicsdk.pangea.objects.by_uuid import ByUuid, Order, Prototype

if TYPE_CHECKING:
    from omicsdk.pangea.knex import Knex
    from omicsdk.pangea.objects.sample import Sample
    from omicsdk.pangea.objects.sample_group import SampleGroup


class WorkOrderProto(Prototype):
    """A kind of work order for samples.

    Args:
        knex: The server, and who asks it.
        uuid: Its uuid.
    """

    route: ClassVar[str] = "work_order_prototypes"

    def get_active_work_orders(self, max_num: int = 0, random: bool = False, not_status: str = "") -> list[WorkOrder]:
        """Gives its work orders, as the server has them now; who has no privilege for it sees none.

        Args:
            max_num: How many at most; 0 for all.
            random: Whether they come in random order.
            not_status: The status that is left out: pending, error, working or success; empty for none.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        query = {
            "max_num": max_num if max_num > 0 else None,
            "random": "random" if random else None,
            "not_status": not_status or None,
        }
        url = list_url(f"{self.route}/{self.uuid}/work_orders", query)
        return [WorkOrder.from_blob(self.knex, blob) for blob in paginated_iterator(self.knex, url)]

    def get_active_work_order_for_sample(self, sample: Sample) -> WorkOrder:
        """Gives the work order of this kind that a sample has. The server doesn't tell its kind: the name does.

        Args:
            sample: The sample.

        Raises:
            KeyError: It has none.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        self.get()
        url = list_url(f"samples/{sample.get().uuid}/work_orders", sample.inherited_url_options)
        for blob in paginated_iterator(self.knex, url):
            if blob.get("name") == self.name:
                return WorkOrder.from_blob(self.knex, blob)
        raise KeyError(f"WorkOrder from Proto {self} not found for sample {sample}")

    def create_work_order_for_sample(self, sample: Sample) -> WorkOrder:
        """Creates a work order of this kind.

        Args:
            sample: What for.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        url = f"samples/{sample.get().uuid}/work_orders/{self.uuid}"
        told: Blob = self.knex.post(url, url_options=sample.inherited_url_options)
        return WorkOrder.from_uuid(self.knex, told["uuid"])


class WorkOrder(Order):
    """What shall be done with a sample: jobs, in some order.

    Args:
        knex: The server, and who asks it.
        name: Its name, which is that of its kind.

    Attributes:
        status: `error` if a job has it, `pending` or `success` if all have it, else `working`.
        sample: The sample's uuid.
    """

    remote_fields: ClassVar[Sequence[str]] = (
        "uuid",
        "created_at",
        "updated_at",
        "name",
        "job_order_objs",
        "priority",
        "sample",
        "status",
    )
    route: ClassVar[str] = "work_orders"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex, name)
        self.job_order_objs: list[Blob] | None = None
        self.sample: str | None = None

    def get_sample(self) -> Sample:
        """Fetches the sample; who has the privilege for the work order may see it and all in it by this object.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        from omicsdk.pangea.objects.of_blobs import sample_from_blob

        return self._opened(f"samples/{self.sample}", sample_from_blob)

    def get_job_orders(self) -> Iterator[JobOrder]:
        """Yields its jobs, as they were when it was fetched."""
        for blob in self.job_order_objs or ():
            yield JobOrder.from_blob(self, blob)

    def get_job_order_by_name(self, name: str) -> JobOrder:
        """Gives a job.

        Args:
            name: Its name.

        Raises:
            KeyError: There is none of that name.
        """
        return {job.name: job for job in self.get_job_orders()}[name]


class JobOrder(ByUuid):
    """One of the jobs of a work order.

    Args:
        knex: The server, and who asks it.
        work_order: What it belongs to.

    Attributes:
        status: pending, error, working or success; may be set and saved.
        analysis_result: The uuid of what it found; may be set and saved.
    """

    remote_fields: ClassVar[Sequence[str]] = ("uuid", "created_at", "updated_at", "name", "analysis_result", "status")
    parent_field: ClassVar[str | None] = None
    route: ClassVar[str] = "job_orders"

    def __init__(self, knex: Knex, work_order: WorkOrder) -> None:
        super().__init__(knex)
        self.work_order = work_order
        self.name: str | None = None
        self.analysis_result: str | None = None
        self.status: str | None = None

    def pre_hash(self) -> str:
        """What tells it from others."""
        return f"{type(self).__name__}\x1f{self.work_order.uuid}\x1f{self.name}"

    @classmethod
    def from_blob(cls, work_order: WorkOrder, blob: Blob) -> Self:
        """Makes one of what the server says.

        Args:
            work_order: What it belongs to.
            blob: What the server says.
        """
        return cls(work_order.knex, work_order)._fetched(blob)

    @classmethod
    def from_uuid(cls, work_order: WorkOrder, uuid: str) -> Self:
        """Fetches one.

        Args:
            work_order: What it belongs to.
            uuid: Its uuid.

        Raises:
            PangeaGeneralError: There is none, or it may not be seen, or the server didn't answer.
        """
        return cls.from_blob(work_order, work_order.knex.get(f"{cls.route}/{uuid}"))


class GroupWorkOrderProto(Prototype):
    """A kind of work order for groups of samples.

    Args:
        knex: The server, and who asks it.
        uuid: Its uuid.
    """

    route: ClassVar[str] = "group_work_order_prototypes"

    def get_active_work_orders(self) -> Iterator[GroupWorkOrder]:
        """Yields its work orders; who has no privilege for it sees none.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        for blob in paginated_iterator(self.knex, f"{self.route}/{self.uuid}/work_orders"):
            yield GroupWorkOrder.from_blob(self.knex, blob)

    def get_active_work_order_for_sample_group(self, group: SampleGroup) -> GroupWorkOrder:
        """Gives the work order of this kind that a group has.

        Args:
            group: The group.

        Raises:
            KeyError: It has none.
            PangeaGeneralError: The server refused, or didn't answer.
        """
        wanted = group.get().uuid
        for order in self.get_active_work_orders():
            if order.sample_group == wanted:
                return order
        raise KeyError(f"WorkOrder from Proto {self} not found for group {group}")

    def create_work_order_for_sample_group(self, group: SampleGroup) -> GroupWorkOrder:
        """Creates a work order of this kind, and one for each sample of the group.

        Args:
            group: What for.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        url = f"sample_groups/{group.get().uuid}/work_orders/{self.uuid}"
        told: Blob = self.knex.post(url, url_options=group.inherited_url_options)
        return GroupWorkOrder.from_uuid(self.knex, told["uuid"])


class GroupWorkOrder(Order):
    """What shall be done with a group: work orders for its samples.

    Args:
        knex: The server, and who asks it.
        name: Its name, which is that of its kind.

    Attributes:
        sample_group: The group's uuid.
        work_order_links: Of each sample's work order `name`, `uuid`, `sample_name`, `sample_uuid` and `status`.
    """

    remote_fields: ClassVar[Sequence[str]] = (
        "uuid",
        "created_at",
        "updated_at",
        "name",
        "work_order_links",
        "priority",
        "sample_group",
        "status",
    )
    route: ClassVar[str] = "group_work_orders"

    def __init__(self, knex: Knex, name: str) -> None:
        super().__init__(knex, name)
        self.work_order_links: list[dict[str, Any]] | None = None
        self.sample_group: str | None = None

    def get_sample_group(self) -> SampleGroup:
        """Fetches the group; who has the privilege for the work order may see it and all in it by this object.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        from omicsdk.pangea.objects.of_blobs import sample_group_from_blob

        return self._opened(f"sample_groups/{self.sample_group}", sample_group_from_blob)

    def get_work_orders(self) -> Iterator[WorkOrder]:
        """Yields the work orders of its samples, as the server has them now.

        Raises:
            PangeaGeneralError: The server refused, or didn't answer.
        """
        for link in self.work_order_links or ():
            yield WorkOrder.from_uuid(self.knex, link["uuid"])
