"""Orders of work: for samples, for groups, their jobs and prototypes."""

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.access import ORDER
from omicsdk.sandbox.pangea.groups import GROUP_SAMPLE
from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.pipelines import MODULE
from omicsdk.sandbox.pangea.resource import Resource, View, found, operations_of, paged, reference, shown
from omicsdk.sandbox.pangea.state import GROUP_PROTOTYPE, JOB_PROTOTYPE, PARTS, PROTOTYPE, Pangea
from omicsdk.sandbox.pangea.store import Thing, linked_from, with_field
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, choice, integer, json_value, text
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

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
    """How many jobs have which status, and how many there are in all."""
    counts = Counter(statuses)
    return {**counts, "n_jobs": counts.total()}


_DATED = ("created_at", "updated_at", "description")


class _Prototypes(Resource):
    """Prototypes of orders: anybody may read them, and no request makes one."""

    def view(self) -> View:
        """As of orders of a sample."""
        return lambda prototype: shown(prototype, ("uuid", "name", *_DATED))


class OrderPrototypes(_Prototypes):
    """Prototypes of orders of samples."""

    kind, one, many = PROTOTYPE, "work_order_prototype", "work_order_prototypes"


class JobPrototypes(_Prototypes):
    """Prototypes of jobs."""

    kind, one, many = JOB_PROTOTYPE, "job_order_prototype", "job_order_prototypes"

    def view(self) -> View:
        """With the module that does it, while there is one."""
        return lambda prototype: {
            **shown(prototype, ("uuid", "name")),
            "pipeline_module": _there(self.pangea, MODULE, prototype["pipeline_module"]),
            **shown(prototype, ("resources_needed", "work_order_proto", *_DATED)),
        }


class GroupOrderPrototypes(_Prototypes):
    """Prototypes of orders of groups."""

    kind, one, many = GROUP_PROTOTYPE, "group_work_order_prototype", "group_work_order_prototypes"

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
        **shown(job, ("uuid", "name", "status", "work_order")),
        "pipeline_module": _there(pangea, MODULE, job["pipeline_module"]),
        "analysis_result": _there(pangea, "sample_ar", job["analysis_result"]),
        **shown(job, ("resources_used", "resources_needed", "created_at", "updated_at", "description")),
    }


class Jobs(Resource):
    """Jobs of orders: members look, who is privileged for the order's prototype works them off."""

    kind, one, many = JOB, "job_order", "job_orders"
    parent = "work_order"

    def fields(self, *, partial: bool) -> Mapping[str, Field]:
        """What may be written of a job."""
        del partial
        return {
            "name": Field(text(), required=True),
            "status": Field(choice({each: each for each in STATUSES})),
            "work_order": reference(self.store, ORDER, required=True),
            "pipeline_module": reference(self.store, MODULE, null=True),
            "analysis_result": reference(self.store, "sample_ar", null=True),
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
        """Who works off orders of its order's prototype may."""
        return self.access.works_off(person, found(self.store, ORDER, thing["work_order"])["prototype"])


HANDLERS = operations_of(OrderPrototypes, JobPrototypes, GroupOrderPrototypes, Jobs)

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


def create_work_order_for_sample(pangea: Pangea, call: Call) -> Reply:
    """POST /api/samples/{sample_pk}/work_orders/{wop_pk}."""
    person = pangea.access.need(call)
    sample = found(pangea.store, "sample", call.arguments["sample_pk"])
    prototype = found(pangea.store, PROTOTYPE, call.arguments["wop_pk"])
    if not pangea.access.owns(person, sample):
        raise forbidden("Insufficient permissions to generate work order for sample.")
    return Reply({"uuid": new_order(pangea, prototype, sample["uuid"])["uuid"]}, 201)


def new_order(pangea: Pangea, prototype: Thing, sample: str) -> Thing:
    """Makes an order, with the jobs of its prototype.

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


def get_work_order(pangea: Pangea, call: Call) -> Reply:
    """GET /api/work_orders/{uuid}: for members only, whoever is privileged for its prototype."""
    return Reply(_order_view(pangea, members_order(pangea, call, ORDER)))


def members_order(pangea: Pangea, call: Call, kind: str) -> Thing:
    """The order of a path, for members of the organization that it is of.

    Raises:
        Refused: It isn't there, or the asker is no member.
    """
    person = pangea.access.asker(call)
    order = found(pangea.store, kind, call.arguments["uuid"])
    if not pangea.access.owns(person, order):
        raise pangea.access.refusal(person)
    return order


def list_sample_work_orders(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{sample_pk}/work_orders: for whoever may see the sample."""
    person = pangea.access.asker(call)
    sample = found(pangea.store, "sample", call.arguments["sample_pk"])
    seen = pangea.access.may_see_sample(person, sample)
    orders = pangea.store.all(ORDER, parent=sample["uuid"]) if seen else []
    return paged(call, orders, lambda each: _order_view(pangea, each))


def list_prototype_work_orders(pangea: Pangea, call: Call) -> Reply:
    """GET /api/work_order_prototypes/{uuid}/work_orders: for who is privileged; others find none."""
    orders = orders_of(pangea, call, PROTOTYPE, ORDER)
    return chosen(call, [_order_view(pangea, each) for each in orders])


def orders_of(pangea: Pangea, call: Call, prototypes: str, orders: str) -> list[Thing]:
    """The orders of the prototype of a path; none for who isn't privileged.

    Args:
        pangea: The platform.
        call: The request.
        prototypes: The prototype's kind.
        orders: The orders' kind.
    """
    person = pangea.access.asker(call)
    prototype = found(pangea.store, prototypes, call.arguments["uuid"])
    if not pangea.access.works_off(person, prototype["uuid"]):
        return []
    return pangea.store.all(orders, with_field("prototype", prototype["uuid"]))


def chosen(call: Call, views: Sequence[dict[str, Any]]) -> Reply:
    """A page of orders: without those of `not_status`, `max_num` of them at most, and in any order for `random`."""
    query = dict(call.query)
    unwanted = query.get("not_status", "")
    kept = [each for each in views if each["status"] != unwanted]
    if query.get("random", "").lower() in ("1", "true"):
        random.shuffle(kept)
    try:
        most = integer(query.get("max_num") or 0)
    except Wrong as error:
        raise invalid("max_num", error.text) from error
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
        told = {"sample_name": sample["name"], "sample_uuid": sample["uuid"]}
        links.append({**shown(part, ("name", "uuid")), **told, "status": status_of(statuses[part["uuid"]])})
    return {
        **shown(order, ("uuid", "name", "priority", "sample_group", "created_at", "updated_at", "description")),
        "work_order_links": links,
        "status": status_of([link["status"] for link in links]),
        "progress_summary": progress(status for each in statuses.values() for status in each),
        "work_orders": [part["uuid"] for part in parts],
    }


def create_work_order_for_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups/{sample_group_pk}/work_orders/{wop_pk}."""
    person = pangea.access.need(call)
    group = found(pangea.store, "sample_group", call.arguments["sample_group_pk"])
    prototype = found(pangea.store, GROUP_PROTOTYPE, call.arguments["wop_pk"])
    if not pangea.access.owns(person, group):
        raise forbidden("Insufficient permissions to generate work order for sample group.")
    fields = {"prototype": prototype["uuid"], "sample_group": group["uuid"], "priority": PRIORITY, "description": ""}
    order = pangea.store.add(GROUP_ORDER, prototype["name"], fields, parent=group["uuid"])
    parts = [found(pangea.store, PROTOTYPE, each) for each in pangea.store.linked(PARTS, prototype["uuid"])]
    for sample in pangea.store.linked(GROUP_SAMPLE, group["uuid"]):
        for part in parts:
            pangea.store.link(GROUP_PARTS, order["uuid"], new_order(pangea, part, sample)["uuid"])
    return Reply({"uuid": order["uuid"]}, 201)


def get_group_work_order(pangea: Pangea, call: Call) -> Reply:
    """GET /api/group_work_orders/{uuid}: for members."""
    return Reply(_group_order_view(pangea, members_order(pangea, call, GROUP_ORDER)))


def list_sample_group_work_orders(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{sample_group_pk}/work_orders: for whoever may see the group."""
    person = pangea.access.asker(call)
    group = found(pangea.store, "sample_group", call.arguments["sample_group_pk"])
    seen = pangea.access.may_see_group(person, group)
    orders = pangea.store.all(GROUP_ORDER, parent=group["uuid"]) if seen else []
    return paged(call, orders, lambda each: _group_order_view(pangea, each))


def list_prototype_group_work_orders(pangea: Pangea, call: Call) -> Reply:
    """GET /api/group_work_order_prototypes/{uuid}/work_orders: for who is privileged; others find none."""
    orders = orders_of(pangea, call, GROUP_PROTOTYPE, GROUP_ORDER)
    return chosen(call, [_group_order_view(pangea, each) for each in orders])
