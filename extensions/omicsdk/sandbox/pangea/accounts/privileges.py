"""Who may change samples and results: who is in the organization, and who works off an order of the sample."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.order_prototypes import PRIVILEGED
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.service import Call

ORDER = "work_order"


def may_write(pangea: Pangea, call: Call, person: Person | None, thing: Mapping[str, Any]) -> bool:
    """Whether somebody may change a sample, a result or a field: its organization's members, and who has an order.

    Args:
        pangea: The platform.
        call: The request, whose `work_order_uuid` may name an order.
        person: Who asks.
        thing: The sample, the result or the field.
    """
    return pangea.access.owns(person, thing) or has_order(pangea, call, person, _sample_of(pangea, thing))


def has_order(pangea: Pangea, call: Call, person: Person | None, sample: str) -> bool:
    """Whether the order that a request names is one of a sample, and somebody works off orders of its prototype."""
    named = dict(call.query).get("work_order_uuid", "")
    if not named:
        return False
    try:
        order = pangea.store.find(ORDER, canonical_uuid(named))
    except Wrong:
        return False
    return order is not None and order["sample"] == sample and works_off(pangea, person, order["prototype"])


def works_off(pangea: Pangea, person: Person | None, prototype: str) -> bool:
    """Whether somebody is privileged to work off the orders of the prototype of a UUID."""
    return person is not None and pangea.store.is_linked(PRIVILEGED, prototype, person.uuid)


def _sample_of(pangea: Pangea, thing: Mapping[str, Any]) -> str:
    match thing:
        case {"library": str()}:
            return thing.get("uuid", "")
        case {"sample": str(uuid)}:
            return uuid
        case {"analysis_result": str(uuid)}:
            return pangea.store.parent(uuid)
        case _:
            return ""
