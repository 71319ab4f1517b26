"""Orders of work for a sample: the jobs of a prototype. Members of the sample's organization order and look."""

import random
from collections.abc import Sequence
from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import ORDER, works_off
from omicsdk.sandbox.pangea.orders.jobs import JOB, job_view
from omicsdk.sandbox.pangea.orders.status import PENDING, progress, status_of
from omicsdk.sandbox.pangea.requests.flat import found, paged
from omicsdk.sandbox.pangea.requests.views import shown
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.order_prototypes import JOB_PROTOTYPE, PROTOTYPE
from omicsdk.sandbox.pangea.stores.things import Thing, with_field
from omicsdk.sandbox.rest_framework.fields import Wrong, integer
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

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
    if not works_off(pangea, person, prototype["uuid"]):
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
