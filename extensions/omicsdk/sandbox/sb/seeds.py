"""The platform's initial contents, of which seed.json states all but the dates."""

import json
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any

from omicsdk.sandbox.sb import SANDBOX_SB_USER
from omicsdk.sandbox.sb.accounts import add_to_team
from omicsdk.sandbox.sb.responses import when
from omicsdk.sandbox.sb.state import Sb
from omicsdk.sandbox.service import JsonObject

DIVISION = "sandbox-division"
BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
"""The billing group that has the invoices."""


def seed(sb: Sb) -> None:
    """Make the initial contents of an empty platform: users, a division with a team, billing groups and a public dataset.

    Args:
        sb: The platform.
    """
    if sb.documents.count("user"):
        return
    stated: dict[str, Any] = json.loads(files("omicsdk.sandbox.sb").joinpath("seed.json").read_text("utf-8"))
    with sb.transaction():
        division, team = stated["division"], stated["team"]
        sb.documents.put("division", division["id"], division)
        sb.documents.put("team", team["id"], team, division["id"])
        for username, user in stated["users"].items():
            _add_user(sb, username, user, division["id"], team["id"])
        for group in stated["billing_groups"]:
            sb.documents.put("billing-group", group["id"], group)
        _invoices_and_lines(sb, stated, datetime.fromtimestamp(sb.now(), UTC))
        _dataset(sb, stated["dataset"])


def _add_user(sb: Sb, username: str, user: JsonObject, division: str, team: str) -> None:
    names = {name: user[name] for name in ("first_name", "last_name")}
    sb.add_user(username, **names, affiliation="Sandbox", country="Nowhere")
    sb.membership.add("division", division, {"username": username, "role": user["role"]})
    if "team" in user:
        add_to_team(sb, team, username, user["team"])


def _invoices_and_lines(sb: Sb, stated: JsonObject, now: datetime) -> None:
    """Two invoices of the months before, each with a line of every breakdown."""
    start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    for number in (2, 1):
        end = start - timedelta(seconds=1)
        start = end.replace(day=1, hour=0, minute=0, second=0)
        invoice = f"SBX-{start:%Y%m}"
        period = {"from": when(start.timestamp()), "to": when(end.timestamp())}
        dates = {"pending": number == 2, "invoice_period": period, "approval_date": period["to"]}
        whole = {"id": invoice, **stated["invoice"], **dates}
        sb.documents.put("invoice", invoice, whole, BILLING_GROUP, rank=-start.timestamp())
        day = start + timedelta(days=9)
        times = {"time_started": when(day.timestamp()), "time_finished": when((day + timedelta(hours=2)).timestamp())}
        for kind, line in stated["lines"].items():
            dated = {**line, **times} if kind == "analysis" else line
            sb.documents.put(
                f"{kind}-line", invoice, {"invoice": invoice, "line": dated}, BILLING_GROUP, day.timestamp()
            )


def _dataset(sb: Sb, dataset: JsonObject) -> None:
    sb.documents.put("dataset", dataset["id"], dataset)
    sb.add_owner("dataset", dataset["id"], SANDBOX_SB_USER)
    project = f"dataset:{dataset['id']}"
    root = sb.work.files.root(project)
    sb.work.add_file(b">chr1\nACGTACGTACGT\n", project=project, parent=root, name="reference.fasta")
