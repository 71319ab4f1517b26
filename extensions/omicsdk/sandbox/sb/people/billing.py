"""Operations of billing groups, what was spent from them, and invoices."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from omicsdk.sandbox.sb.problems import bad, no_such
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, href, shown
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_DAY = "%m-%d-%Y"


def get_billing_endpoints(sb: Sb, call: Call) -> Reply:  # noqa: ARG001 - as every handler
    """GET /billing."""
    groups, invoices = href(call, "billing", "groups"), href(call, "billing", "invoices")
    return Reply({"billing_groups_url": groups, "invoices_url": invoices})


def list_billing_groups(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups."""
    return page_of(call, sb.documents.listed("billing-group"), lambda each: _show_group(call, each))


def get_billing_group(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups/{billing_group}."""
    return Reply(_show_group(call, _group(sb, call)))


def list_analysis_breakdown(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups/{billing_group}/breakdown/analysis."""
    return _breakdown(sb, call, "analysis")


def list_storage_breakdown(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups/{billing_group}/breakdown/storage."""
    return _breakdown(sb, call, "storage")


def list_egress_breakdown(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups/{billing_group}/breakdown/egress."""
    return _breakdown(sb, call, "egress")


def list_invoices(sb: Sb, call: Call) -> Reply:
    """GET /billing/invoices."""
    group: str | None = call.arguments.get("billing_group")
    return page_of(call, sb.documents.listed("invoice", group), lambda each: _show_invoice(call, each))


def get_invoice(sb: Sb, call: Call) -> Reply:
    """GET /billing/invoices/{invoice_id}."""
    id: str = call.arguments["invoice_id"]
    found = sb.documents.get("invoice", id)
    if found is None:
        raise no_such("invoice", id)
    return Reply(_show_invoice(call, found))


def _show_group(call: Call, group: JsonObject) -> JsonObject:
    return shown(call, group, "billing", "groups", group["id"])


def _show_invoice(call: Call, invoice: JsonObject) -> JsonObject:
    return shown(call, invoice, "billing", "invoices", invoice["id"])


def _group(sb: Sb, call: Call) -> JsonObject:
    id: str = call.arguments["billing_group"]
    try:
        uuid.UUID(id)
    except ValueError as error:
        raise bad(f"{id!r} is no billing group: its identity is a UUID", 4005) from error
    found = sb.documents.get("billing-group", id)
    if found is None:
        raise no_such("billing group", id)
    return found


def _breakdown(sb: Sb, call: Call, kind: str) -> Reply:
    group = _group(sb, call)["id"]
    lines = sb.documents.listed(f"{kind}-line", group)
    first, last = (_day(call, name) for name in ("date_from", "date_to"))
    if (first is None) != (last is None):
        raise bad("date_from and date_to go together: give both, or neither")
    invoice: str | None = call.arguments.get("invoice_id")
    if invoice is not None and sb.documents.get("invoice", invoice) is None:
        raise no_such("invoice", invoice)
    fits: Callable[[JsonObject], bool] = lambda each: (  # noqa: E731 - it needs what stands above
        (first is None or each["day"] >= first)
        and (last is None or each["day"] <= last)
        and (invoice is None or each["invoice"] == invoice)
    )
    return page_of(call, [each["line"] for each in lines if fits(each)], lambda each: each)


def _day(call: Call, name: str) -> str | None:
    told: str | None = call.arguments.get(name)
    if told is None:
        return None
    try:
        return datetime.strptime(told, _DAY).replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise bad(f"{name} is a day as MM-DD-YYYY, such as 01-31-2020, not {told!r}") from error
