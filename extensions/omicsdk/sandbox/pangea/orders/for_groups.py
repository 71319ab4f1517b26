"""Orders of work for a group: one of each of a prototype's parts for each of its samples."""

from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import ORDER
from omicsdk.sandbox.pangea.orders.for_samples import PRIORITY, chosen, jobs_of, members_order, new_order, orders_of
from omicsdk.sandbox.pangea.orders.status import progress, status_of
from omicsdk.sandbox.pangea.requests.flat import found, paged
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.samples.membership import GROUP_SAMPLE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.order_prototypes import GROUP_PROTOTYPE, PARTS, PROTOTYPE
from omicsdk.sandbox.pangea.stores.things import Thing, linked_from
from omicsdk.sandbox.rest_framework.refusals import forbidden
from omicsdk.sandbox.service import Call, Reply

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
