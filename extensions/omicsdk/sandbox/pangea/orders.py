"""Orders of work: for samples, for groups, their jobs and prototypes."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.people import ORDER, Person
from omicsdk.sandbox.pangea.resource import Resource, View, found, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import MODULE
from omicsdk.sandbox.pangea.state import GROUP_PROTOTYPE, JOB_PROTOTYPE, PARTS, PROTOTYPE, Pangea
from omicsdk.sandbox.pangea.store import Thing, linked_from, with_field
from omicsdk.sandbox.rest_framework.fields import Field, choice, integer, json_value, read_as, text
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply, for_each

PENDING, ERROR, WORKING, SUCCESS = "pending", "error", "working", "success"
STATUSES = (PENDING, ERROR, WORKING, SUCCESS)


def status_of(statuses: Sequence[str]) -> str:
    """The status of what consists of others: an error of one is one of all; pending and success are those of all.

    Args:
        statuses: The statuses of the others; of none at all, it is pending.
    """
    there = set(statuses)
    if ERROR in there:
        return ERROR
    for status in (PENDING, SUCCESS):
        if there <= {status}:
            return status
    return WORKING


def progress(statuses: Iterable[str]) -> dict[str, int]:
    """Count jobs by status, and all of them."""
    counts = Counter(statuses)
    return {**counts, "n_jobs": counts.total()}


_DATED = ("created_at", "updated_at", "description")


class _Prototypes(Resource):
    """Prototypes of orders: any user may read them, and no request makes one."""

    def view(self) -> View:
        """As of orders of a sample."""
        return lambda prototype: shown(prototype, ("uuid", "name", *_DATED))


class OrderPrototypes(_Prototypes):
    """Prototypes of orders of samples."""

    kind, one = PROTOTYPE, "work_order_prototype"


class JobPrototypes(_Prototypes):
    """Prototypes of jobs."""

    kind, one = JOB_PROTOTYPE, "job_order_prototype"

    def view(self) -> View:
        """With the module that does it, while there is one."""
        return lambda prototype: {
            **shown(prototype, ("uuid", "name", "resources_needed", "work_order_proto", *_DATED)),
            "pipeline_module": _there(self.pangea, MODULE, prototype["pipeline_module"]),
        }


class GroupOrderPrototypes(_Prototypes):
    """Prototypes of orders of groups."""

    kind, one = GROUP_PROTOTYPE, "group_work_order_prototype"

    def view(self) -> View:
        """With its parts."""
        plain = super().view()
        return lambda each: {**plain(each), "work_order_protos": [*self.store.linked(PARTS, each["uuid"])]}


def _there(pangea: Pangea, kind: str, uuid: str | None) -> str | None:
    """A UUID while something has it."""
    return uuid if uuid and pangea.store.find(kind, uuid) else None


JOB = "job_order"


def job_view(pangea: Pangea, job: Thing) -> dict[str, Any]:
    """The JSON of a job."""
    return {
        **shown(job, ("uuid", "name", "status", "work_order", "resources_used", "resources_needed", *_DATED)),
        "pipeline_module": _there(pangea, MODULE, job["pipeline_module"]),
        "analysis_result": _there(pangea, "sample_ar", job["analysis_result"]),
    }


class Jobs(Resource):
    """Jobs of orders: members look, who is privileged for the order's prototype works them off."""

    kind, one = JOB, "job_order"
    parent = "work_order"

    def fields(self) -> Mapping[str, Field]:
        """The writable fields of a job."""
        return {
            "name": Field(text(), required=True),
            "status": Field(choice({each: each for each in STATUSES})),
            "work_order": self.reference(ORDER, required=True),
            "pipeline_module": self.reference(MODULE, null=True),
            "analysis_result": self.reference("sample_ar", null=True),
            "resources_used": Field(json_value, json_in_form=True),
            "resources_needed": Field(json_value, json_in_form=True),
            "description": Field(text(blank=True)),
        }

    def view(self) -> View:
        """As an order has it in it."""
        return lambda job: job_view(self.pangea, job)

    def may_see(self, person: Person | None, thing: Thing) -> bool:
        """Also members of the organization that the order is of."""
        order = found(self.store, ORDER, thing["work_order"])
        return self.access.owns(person, order) or self.may_write(person, thing)

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Users who are privileged for its order's prototype may."""
        return self.access.works_off(person, found(self.store, ORDER, thing["work_order"])["prototype"])


PRIORITY = 100
"""The priority of every order: no request changes it."""


def jobs_of(pangea: Pangea, order: str) -> list[Thing]:
    """The jobs of the order of a UUID."""
    return pangea.store.all(JOB, parent=order)


def _order_view(pangea: Pangea, order: Thing) -> dict[str, Any]:
    jobs = jobs_of(pangea, order["uuid"])
    statuses = [each["status"] for each in jobs]
    return {
        **shown(order, ("uuid", "name", "priority", "sample", "created_at", "updated_at", "description")),
        "job_order_objs": [job_view(pangea, each) for each in jobs],
        "status": status_of(statuses),
        "progress_summary": progress(statuses),
    }


def new_order(pangea: Pangea, prototype: Thing, sample: str) -> Thing:
    """Make an order, with the jobs of its prototype.

    Args:
        pangea: The platform.
        prototype: The prototype.
        sample: The UUID of the sample.
    """
    fields = {"prototype": prototype["uuid"], "sample": sample, "priority": PRIORITY, "description": ""}
    order = pangea.store.add(ORDER, prototype["name"], fields, parent=sample)
    for each in pangea.store.all(JOB_PROTOTYPE, parent=prototype["uuid"]):
        job: dict[str, Any] = {
            "status": PENDING,
            "work_order": order["uuid"],
            "pipeline_module": each["pipeline_module"],
            "analysis_result": None,
            "resources_used": {},
            "resources_needed": each["resources_needed"],
            "description": "",
        }
        pangea.store.add(JOB, each["name"], job, parent=order["uuid"])
    return order


def chosen(call: Call, views: Sequence[dict[str, Any]]) -> Reply:
    """A page of orders: without those of `not_status`, `max_num` of them at most, and in any order for `random`."""
    query = dict(call.query)
    unwanted = query.get("not_status", "")
    kept = [each for each in views if each["status"] != unwanted]
    if query.get("random", "").lower() in ("1", "true"):
        random.shuffle(kept)
    most = read_as("max_num", integer, query.get("max_num") or 0)
    return paged(call, kept[:most] if most > 0 else kept, dict)


GROUP_ORDER = "group_work_order"
GROUP_PARTS = "group_work_order_part"
"""The link between an order of a group and those of its samples."""


def _group_order_view(pangea: Pangea, order: Thing) -> dict[str, Any]:
    parts = pangea.store.all(ORDER, linked_from(GROUP_PARTS, order["uuid"]))
    statuses = {part["uuid"]: [each["status"] for each in jobs_of(pangea, part["uuid"])] for part in parts}
    links: list[dict[str, Any]] = []
    for part in parts:
        sample = found(pangea.store, "sample", part["sample"])
        names = {"sample_name": sample["name"], "sample_uuid": sample["uuid"]}
        links.append({**shown(part, ("name", "uuid")), **names, "status": status_of(statuses[part["uuid"]])})
    return {
        **shown(order, ("uuid", "name", "priority", "sample_group", "created_at", "updated_at", "description")),
        "work_order_links": links,
        "status": status_of([link["status"] for link in links]),
        "progress_summary": progress(status for each in statuses.values() for status in each),
        "work_orders": [part["uuid"] for part in parts],
    }


def _new_group_order(pangea: Pangea, prototype: Thing, group: str) -> Thing:
    fields = {"prototype": prototype["uuid"], "sample_group": group, "priority": PRIORITY, "description": ""}
    order = pangea.store.add(GROUP_ORDER, prototype["name"], fields, parent=group)
    parts = [found(pangea.store, PROTOTYPE, each) for each in pangea.store.linked(PARTS, prototype["uuid"])]
    for sample in pangea.store.linked(GROUP_SAMPLE, group):
        for part in parts:
            pangea.store.link(GROUP_PARTS, order["uuid"], new_order(pangea, part, sample)["uuid"])
    return order


# -- operations of orders of both kinds


@dataclass(frozen=True, slots=True)
class _Orders:
    """Orders of samples, or of groups.

    Attributes:
        owner: The kind of the objects that own them.
        kind: Their kind.
        prototype: That of their prototypes.
        new: Creates one from a prototype and the UUID of its owner.
        view: Makes the JSON of one.
    """

    owner: str
    kind: str
    prototype: str
    new: Callable[[Pangea, Thing, str], Thing]
    view: Callable[[Pangea, Thing], dict[str, Any]]


def _create(pangea: Pangea, call: Call, orders: _Orders) -> Reply:
    person = pangea.access.need(call)
    owner = found(pangea.store, orders.owner, call.arguments[f"{orders.owner}_pk"])
    prototype = found(pangea.store, orders.prototype, call.arguments["wop_pk"])
    if not pangea.access.owns(person, owner):
        words = orders.owner.replace("_", " ")
        raise forbidden(f"Insufficient permissions to generate work order for {words}.")
    return Reply({"uuid": orders.new(pangea, prototype, owner["uuid"])["uuid"]}, 201)


def _get(pangea: Pangea, call: Call, orders: _Orders) -> Reply:
    """Only for members of the prototype's organization, and its privileged users."""
    person = pangea.access.principal(call)
    order = found(pangea.store, orders.kind, call.arguments["uuid"])
    pangea.access.check(person, pangea.access.owns(person, order))
    return Reply(orders.view(pangea, order))


def _list_of_owner(pangea: Pangea, call: Call, orders: _Orders) -> Reply:
    """Return the orders if the user may see the sample or group, else none."""
    person = pangea.access.principal(call)
    owner = found(pangea.store, orders.owner, call.arguments[f"{orders.owner}_pk"])
    may_see = pangea.access.may_see_sample if orders.owner == "sample" else pangea.access.may_see_group
    there = pangea.store.all(orders.kind, parent=owner["uuid"]) if may_see(person, owner) else []
    return paged(call, there, lambda each: orders.view(pangea, each))


def _list_of_prototype(pangea: Pangea, call: Call, orders: _Orders) -> Reply:
    """Return the orders if the user is privileged, else none."""
    person = pangea.access.principal(call)
    prototype = found(pangea.store, orders.prototype, call.arguments["uuid"])["uuid"]
    privileged = pangea.access.works_off(person, prototype)
    there = pangea.store.all(orders.kind, with_field("prototype", prototype)) if privileged else []
    return chosen(call, [orders.view(pangea, each) for each in there])


_OF_SAMPLES = _Orders("sample", ORDER, PROTOTYPE, new_order, _order_view)
_OF_GROUPS = _Orders("sample_group", GROUP_ORDER, GROUP_PROTOTYPE, _new_group_order, _group_order_view)
HANDLERS = {
    **operations_of(OrderPrototypes, JobPrototypes, GroupOrderPrototypes, Jobs),
    **for_each(
        {each.owner: each for each in (_OF_SAMPLES, _OF_GROUPS)},
        {"create_work_order_for_{}": _create, "list_{}_work_orders": _list_of_owner},
    ),
    **for_each(
        {each.kind: each for each in (_OF_SAMPLES, _OF_GROUPS)},
        {"get_{}": _get, "list_prototype_{}s": _list_of_prototype},
    ),
}
