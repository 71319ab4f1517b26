"""What is on the platform from the start: users, a division with a team, who pays, and a public dataset."""

from datetime import UTC, datetime, timedelta

from omicsdk.sandbox.sb import SANDBOX_SB_USER
from omicsdk.sandbox.sb.accounts import add_to_team
from omicsdk.sandbox.sb.answers import when
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import JsonObject

DIVISION = "sandbox-division"
BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
_TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"
_OTHER_BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b03"
_ANALYSIS = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b04"
_DATASET = f"{SANDBOX_SB_USER}/reference-set"
_PEOPLE = {
    SANDBOX_SB_USER: ("Sandbox", "User", "ADMIN"),
    "ada": ("Ada", "Lovelace", "MEMBER"),
    "grace": ("Grace", "Hopper", "EXTERNAL_COLLABORATOR"),
}
_PROJECT: JsonObject = {"project_name": "Pilot study", "project_locked": False}


def seed(sb: Sb) -> None:
    """Makes what is there from the start, unless there is anything.

    Args:
        sb: The platform.
    """
    if sb.documents.count("user"):
        return
    with sb.transaction():
        _people(sb)
        for id, name in ((BILLING_GROUP, "Sandbox"), (_OTHER_BILLING_GROUP, "Pilot")):
            group = {"id": id, "owner": SANDBOX_SB_USER, "name": name, **_GROUP}
            sb.documents.put("billing-group", id, group)
        _invoices_and_lines(sb, datetime.fromtimestamp(sb.now(), UTC))
        _dataset(sb)


def _people(sb: Sb) -> None:
    sb.documents.put("division", DIVISION, {"id": DIVISION, "name": "Sandbox division"})
    sb.documents.put("team", _TEAM, {"id": _TEAM, "name": "sandbox-team", "division": DIVISION}, DIVISION)
    for username, (first, last, role) in _PEOPLE.items():
        sb.add_user(username, first_name=first, last_name=last, affiliation="Sandbox", country="Nowhere")
        sb.membership.add("division", DIVISION, {"username": username, "role": role})
    add_to_team(sb, _TEAM, SANDBOX_SB_USER, "ADMIN")
    add_to_team(sb, _TEAM, "ada", "MEMBER")


def _invoices_and_lines(sb: Sb, now: datetime) -> None:
    """Two invoices of the months before, each with a line of every breakdown."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for number in (2, 1):
        end = start - timedelta(seconds=1)
        start = end.replace(day=1, hour=0, minute=0, second=0)
        invoice = f"SBX-{start:%Y%m}"
        told: JsonObject = {
            "id": invoice,
            "pending": number == 2,
            "analysis_costs": _price(3.5),
            "storage_costs": _price(1.25),
            "total": _price(4.75),
            "invoice_period": {"from": when(start.timestamp()), "to": when(end.timestamp())},
            "approval_date": when(end.timestamp()),
        }
        sb.documents.put("invoice", invoice, told, BILLING_GROUP, rank=-start.timestamp())
        day = start + timedelta(days=9)
        for kind, line in (("analysis", _analysis(day)), ("storage", _storage()), ("egress", _egress())):
            whole: JsonObject = {"day": day.date().isoformat(), "invoice": invoice, "line": {**_PROJECT, **line}}
            sb.documents.put(f"{kind}-line", invoice, whole, BILLING_GROUP, rank=day.timestamp())


def _analysis(day: datetime) -> JsonObject:
    breakdown = {"storage": 0.5, "computation": 2.75, "data_transfer_in": 0.25}
    return {
        "analysis_app_name": "Alignment",
        "analysis_name": "Alignment of sample 1",
        "analysis_type": "TASK",
        "analysis_id": _ANALYSIS,
        "ran_by": SANDBOX_SB_USER,
        "analysis_status": "COMPLETED",
        "analysis_cost": {"currency": "USD", "amount": "3.50", "breakdown": breakdown},
        "refunded_amount": 0.0,
        "time_started": when(day.timestamp()),
        "time_finished": when((day + timedelta(hours=2)).timestamp()),
    }


def _storage() -> JsonObject:
    kept = {"active": _used(50.0, 1.15), "archived": _used(10.0, 0.1)}
    return {"project_created_by": SANDBOX_SB_USER, "location": "aws:us-east-1", **kept}


def _egress() -> JsonObject:
    cost = {"currency": "USD", "amount": "0.18"}
    return {"downloaded_by": "ada", "downloaded": _used(2.0, 0.18), "egress_cost": cost}


def _used(size: float, cost: float) -> JsonObject:
    return {"size": size, "unit": "GB", "cost": {"amount": cost, "currency": "USD"}}


def _dataset(sb: Sb) -> None:
    described = "Reference files that everybody may read"
    dataset = {"id": _DATASET, "name": "Reference set", "description": described, "visibility": "public"}
    sb.documents.put("dataset", _DATASET, dataset)
    sb.add_owner("dataset", _DATASET, SANDBOX_SB_USER)
    project = f"dataset:{_DATASET}"
    root = sb.work.files.root(project)
    sb.work.add_file(b">chr1\nACGTACGTACGT\n", project=project, parent=root, name="reference.fasta")


def _price(amount: float) -> JsonObject:
    return {"currency": "USD", "amount": amount, "breakdown": None}


_GROUP: JsonObject = {"type": "regular", "pending": False, "disabled": False, "balance": _price(1000.0)}
"""What billing groups have alike."""
