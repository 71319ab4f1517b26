"""Orders of work: for samples, for groups, their jobs and prototypes."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.resource import Resource, existing, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import MODULE
from omicsdk.sandbox.pangea.state import GROUP_PROTOTYPE, JOB_PROTOTYPE, ORDER, PARTS, PROTOTYPE, Pangea
from omicsdk.sandbox.pangea.store import Record, linked_from, with_field
from omicsdk.sandbox.rest_framework.fields import integer, read_as
from omicsdk.sandbox.rest_framework.service import forbidden
from omicsdk.sandbox.service import Call, Reply, for_each

PENDING, ERROR, WORKING, SUCCESS = "pending", "error", "working", "success"
STATUSES = (PENDING, ERROR, WORKING, SUCCESS)


def status_of(statuses: Sequence[str]) -> str:
    """The status of what consists of others: an error of one is one of all; pending and success are those of all.

    Args:
        statuses: The statuses of the others; of none at all, it is pending.
    """
    if ERROR in statuses:
        return ERROR
    return next((status for status in (PENDING, SUCCESS) if {status}.issuperset(statuses)), WORKING)


def progress(statuses: Iterable[str]) -> dict[str, int]:
    """Count jobs by status, and all of them."""
    counts = Counter(statuses)
    return {**counts, "n_jobs": counts.total()}


# -- prototypes, which no request makes


class OrderPrototypes(Resource):
    """Prototypes of orders of samples."""

    kind, one, schema = PROTOTYPE, "work_order_prototype", "WorkOrderProto"


class JobPrototypes(Resource):
    """Prototypes of jobs."""

    kind, one, schema = JOB_PROTOTYPE, "job_order_prototype", "JobOrderProto"
    references: ClassVar[Mapping[str, str]] = {"pipeline_module": MODULE}


class GroupOrderPrototypes(Resource):
    """Prototypes of orders of groups."""

    kind, one, schema = GROUP_PROTOTYPE, "group_work_order_prototype", "GroupWorkOrderProto"
    links: ClassVar[Mapping[str, tuple[str, str]]] = {"work_order_protos": (PARTS, PROTOTYPE)}


# -- jobs and orders

JOB = "job_order"


class Jobs(Resource):
    """Jobs of orders: members look, who is privileged for the order's prototype works them off."""

    kind = one = JOB
    schema = "JobOrder"
    parent = "work_order"
    new: ClassVar[Mapping[str, Any]] = {
        "status": PENDING,
        "resources_used": {},
        "resources_needed": {},
        "description": "",
    }
    references: ClassVar[Mapping[str, str]] = {
        "work_order": ORDER,
        "pipeline_module": MODULE,
        "analysis_result": "sample_ar",
    }

    def may_see(self, record: Record) -> bool:
        """Also members of the organization that the order is of."""
        return self.access.owns(self.person, record["uuid"]) or self.may_write(record)

    def may_write(self, record: Mapping[str, Any]) -> bool:
        """Users who are privileged for its order's prototype may."""
        order = existing(self.store, ORDER, record["work_order"])
        return self.access.works_off(self.person, order["prototype"])


class _OrderResource(Resource):
    """Orders: only for members of the organization of the sample or group."""

    def may_see(self, record: Record) -> bool:
        """Members may."""
        return self.access.owns(self.person, record["uuid"])

    def statuses(self, order: str) -> list[str]:
        """The statuses of the jobs of an order of a sample."""
        return [job["status"] for job in self.store.all(JOB, parent=order)]


class Orders(_OrderResource):
    """Orders of samples."""

    kind = one = ORDER
    schema = "WorkOrder"

    def computed(self, record: Record) -> Mapping[str, Any]:
        """With its jobs, and what they are at."""
        jobs, statuses = self.another(JOB), self.statuses(record["uuid"])
        views = [jobs.view(job) for job in self.store.all(JOB, parent=record["uuid"])]
        summary = progress(statuses)
        return {"job_order_objs": views, "status": status_of(statuses), "progress_summary": summary}


class GroupOrders(_OrderResource):
    """Orders of groups."""

    kind = one = "group_work_order"
    schema = "GroupWorkOrder"
    links: ClassVar[Mapping[str, tuple[str, str]]] = {"work_orders": ("group_work_order_part", ORDER)}

    def computed(self, record: Record) -> Mapping[str, Any]:
        """With its parts, and what they are at."""
        parts = self.store.all(ORDER, linked_from(self.links["work_orders"][0], record["uuid"]))
        statuses = {part["uuid"]: self.statuses(part["uuid"]) for part in parts}
        links: list[dict[str, Any]] = []
        for part in parts:
            sample = existing(self.store, "sample", part["sample"])
            names = {"sample_name": sample["name"], "sample_uuid": sample["uuid"]}
            links.append({**shown(part, ("name", "uuid")), **names, "status": status_of(statuses[part["uuid"]])})
        return {
            "work_order_links": links,
            "status": status_of([link["status"] for link in links]),
            "progress_summary": progress(status for job_statuses in statuses.values() for status in job_statuses),
        }


# -- operations of orders of both kinds


@dataclass(frozen=True, slots=True)
class _Kind:
    """Orders of samples, or of groups.

    Attributes:
        owner: The kind of the objects that own them.
        prototype: That of their prototypes.
        orders: Their resource.
        add: Adds the parts of one that was made from a prototype.
    """

    owner: str
    prototype: str
    orders: type[Resource]
    add: Callable[[Pangea, Record], None]


def _new(pangea: Pangea, kind: _Kind, prototype: Record, owner: str) -> str:
    fields = {"prototype": prototype["uuid"], kind.owner: owner, "priority": 100, "description": ""}
    order = pangea.store.add(kind.orders.kind, prototype["name"], fields, parent=owner)
    kind.add(pangea, order)
    return order["uuid"]


def _add_jobs(pangea: Pangea, order: Record) -> None:
    for prototype in pangea.store.all(JOB_PROTOTYPE, parent=order["prototype"]):
        fields = {"work_order": order["uuid"]} | shown(prototype, ("pipeline_module", "resources_needed"))
        pangea.store.add(JOB, prototype["name"], {**Jobs.new, **fields}, parent=order["uuid"])


def _add_parts(pangea: Pangea, order: Record) -> None:
    link, _ = GroupOrders.links["work_orders"]
    parts = [existing(pangea.store, PROTOTYPE, uuid) for uuid in pangea.store.linked(PARTS, order["prototype"])]
    for sample in pangea.store.linked(GROUP_SAMPLE, order["sample_group"]):
        for part in parts:
            pangea.store.link(link, order["uuid"], _new(pangea, _OF_SAMPLES, part, sample))


def _create(pangea: Pangea, call: Call, kind: _Kind) -> Reply:
    person = pangea.access.need(call)
    owner = existing(pangea.store, kind.owner, call.arguments[f"{kind.owner}_pk"])["uuid"]
    prototype = existing(pangea.store, kind.prototype, call.arguments["wop_pk"])
    if not pangea.access.owns(person, owner):
        raise forbidden(f"Insufficient permissions to generate work order for {kind.owner.replace('_', ' ')}.")
    return Reply({"uuid": _new(pangea, kind, prototype, owner)}, 201)


def _list_of_owner(pangea: Pangea, call: Call, kind: _Kind) -> Reply:
    """Return the orders if the user may see the sample or group, else none."""
    person = pangea.access.principal(call)
    owner = existing(pangea.store, kind.owner, call.arguments[f"{kind.owner}_pk"])["uuid"]
    may_see = pangea.access.may_see(person, kind.owner, owner)
    orders = pangea.store.all(kind.orders.kind, parent=owner) if may_see else []
    return paged(call, orders, kind.orders(pangea, call).view)


def _list_of_prototype(pangea: Pangea, call: Call, kind: _Kind) -> Reply:
    """A page of orders if the user is privileged: without `not_status`, `max_num` at most, in any order for `random`."""
    person = pangea.access.principal(call)
    prototype = existing(pangea.store, kind.prototype, call.arguments["uuid"])["uuid"]
    privileged = pangea.access.works_off(person, prototype)
    orders = pangea.store.all(kind.orders.kind, with_field("prototype", prototype)) if privileged else []
    query, resource = dict(call.query), kind.orders(pangea, call)
    views = [view for view in map(resource.view, orders) if view["status"] != query.get("not_status", "")]
    if query.get("random", "").lower() in ("1", "true"):
        random.shuffle(views)
    most = read_as("max_num", integer, query.get("max_num") or 0)
    return paged(call, views[:most] if most > 0 else views, dict)


_OF_SAMPLES = _Kind("sample", PROTOTYPE, Orders, _add_jobs)
_OF_GROUPS = _Kind("sample_group", GROUP_PROTOTYPE, GroupOrders, _add_parts)
HANDLERS = {
    **operations_of(OrderPrototypes, JobPrototypes, GroupOrderPrototypes, Jobs, Orders, GroupOrders),
    **for_each(
        {kind.owner: kind for kind in (_OF_SAMPLES, _OF_GROUPS)},
        {"create_work_order_for_{}": _create, "list_{}_work_orders": _list_of_owner},
    ),
    **for_each(
        {kind.orders.kind: kind for kind in (_OF_SAMPLES, _OF_GROUPS)}, {"list_prototype_{}s": _list_of_prototype}
    ),
}
