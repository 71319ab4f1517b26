"""Operations of the platform itself, of users, divisions, teams and billing, and of datasets and marked places in genome files;
and what the platform has of these at first, which seed.json states."""

import json
from importlib.resources import files

from omicsdk.sandbox.sb import SANDBOX_SB_USER
from omicsdk.sandbox.sb.responses import bad, list_of, member_view, no_such, page_of, view, when
from omicsdk.sandbox.sb.state import Sb, body_fields, check_new_name, keep, new_id, new_uuid, token_of
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each, named

_PARTS = "rate_limit user users billing projects files tasks apps action upload storage"
_INSTANCES = 100
_EDITABLE = {"team": "name", "dataset": "name description", "marker": "name chromosome position"}


# -- the platform


def get_endpoints(sb: Sb, call: Call) -> Reply:  # noqa: ARG001 - the signature of handlers
    """GET /."""
    return Reply({f"{name}_url": call.service_url(f"/{name}", {}) for name in _PARTS.split()})


def get_rate_limit(sb: Sb, call: Call) -> Reply:
    """GET /rate_limit."""
    rate = sb.meter.rate(token_of(call.headers))
    instances = {"limit": _INSTANCES, "remaining": _INSTANCES, "reset": rate["reset"]}
    return Reply({"rate": rate, "instance_limit": instances, "instance": instances})


# -- what several kinds have alike


def _get(sb: Sb, call: Call, kind: str) -> Reply:
    return Reply(view(call, kind, sb.requested(call, kind)))


def _update(sb: Sb, call: Call, kind: str) -> Reply:
    record = sb.requested(call, kind, "write")
    check_new_name(call, kind)
    changes = body_fields(call, _EDITABLE[kind])
    if "position" in changes:
        changes["position"] = {**record["position"], **changes["position"]}
    return keep(sb, call, kind, {**record, **changes})


def _delete(sb: Sb, call: Call, kind: str) -> Reply:
    sb.drop(kind, sb.requested(call, kind, "admin")["id"])
    return Reply(status=204)


def _breakdown(sb: Sb, call: Call, kind: str) -> Reply:
    lines = sb.documents.listed(f"{kind}-line", sb.requested(call, "billing-group")["id"])
    invoice: str | None = call.arguments.get("invoice_id")
    return page_of(call, [line for line in lines if invoice in (None, line["id"])], lambda line: line["line"])


HANDLERS = {
    **for_each(
        named("user", "division", "team", "billing-group", "invoice", "dataset", "marker", "volume", "automation"),
        {"get_{}": _get},
    ),
    **for_each(named(*_EDITABLE), {"update_{}": _update}),
    **for_each(named("dataset", "marker"), {"delete_{}": _delete}),
    **for_each(named("analysis", "storage", "egress"), {"list_{}_breakdown": _breakdown}),
}


# -- users, divisions and teams


def get_current_user(sb: Sb, call: Call) -> Reply:
    """GET /user."""
    return Reply(view(call, "user", sb.documents.existing("user", sb.user(call))))


def list_users(sb: Sb, call: Call) -> Reply:
    """GET /users."""
    division = sb.documents.existing("division", call.arguments["division"])["id"]
    role: str = call.arguments.get("role", "").upper()
    roles = {member["username"]: member["role"] for member in sb.membership.of("division", division)}
    users = ({**user, "role": roles[user["username"]]} for user in sb.documents.among("user", roles))
    return list_of(call, "user", (user for user in users if role in ("", user["role"]) and not user["disabled"]))


def disable_user(sb: Sb, call: Call) -> Reply:
    """DELETE /users/{username}."""
    user = sb.requested(call, "user")
    sb.documents.put("user", user["username"], {**user, "disabled": True})
    return Reply(status=204)


def list_divisions(sb: Sb, call: Call) -> Reply:
    """GET /divisions."""
    return list_of(call, "division", sb.joined(call, "division"))


def list_teams(sb: Sb, call: Call) -> Reply:
    """GET /teams."""
    teams = sb.documents.listed("team", sb.documents.existing("division", call.arguments["division"])["id"])
    mine = sb.membership.rights("team", sb.user(call))
    return list_of(call, "team", (team for team in teams if call.arguments.get("_all") or team["id"] in mine))


def create_team(sb: Sb, call: Call) -> Reply:
    """POST /teams."""
    check_new_name(call, "team")
    division = sb.documents.existing("division", call.body["division"])["id"]
    team: JsonObject = {"id": new_uuid(), "name": call.body["name"], "division": division}
    add_to_team(sb, team["id"], sb.user(call), "ADMIN")
    return keep(sb, call, "team", team, division)


def list_team_members(sb: Sb, call: Call) -> Reply:
    """GET /teams/{team_id}/members."""
    team = sb.requested(call, "team")["id"]
    return page_of(call, sb.membership.of("team", team), lambda member: member_view(call, "team", team, member))


def add_team_member(sb: Sb, call: Call) -> Reply:
    """POST /teams/{team_id}/members."""
    team, username = sb.requested(call, "team")["id"], sb.documents.existing("user", call.body["id"])["username"]
    return Reply(member_view(call, "team", team, add_to_team(sb, team, username, "MEMBER")))


def remove_team_member(sb: Sb, call: Call) -> Reply:
    """DELETE /teams/{team_id}/members/{username}."""
    team, username = sb.requested(call, "team")["id"], call.arguments["username"]
    if not sb.membership.remove("team", team, username):
        raise no_such("user", f"{username} of the team {team}")
    return Reply(status=204)


def add_to_team(sb: Sb, team: str, username: str, role: str) -> JsonObject:
    """Make a user a member of a team."""
    member: JsonObject = {"id": username, "username": username, "role": role}
    sb.membership.add("team", team, member)
    return member


# -- billing


def list_billing_groups(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups."""
    return list_of(call, "billing-group", sb.documents.listed("billing-group"))


def list_invoices(sb: Sb, call: Call) -> Reply:
    """GET /billing/invoices."""
    return list_of(call, "invoice", sb.documents.listed("invoice", call.arguments.get("billing_group")))


# -- datasets and markers


def list_datasets(sb: Sb, call: Call) -> Reply:
    """GET /datasets, GET /datasets/{username}."""
    visibility: str | None = call.arguments.get("visibility")
    start = f"{call.arguments['username']}/" if "username" in call.arguments else ""
    mine = sb.membership.rights("dataset", sb.user(call))

    def fits(dataset: JsonObject) -> bool:
        may_see = dataset["visibility"] == "public" or dataset["id"] in mine
        return may_see and visibility in (None, dataset["visibility"]) and dataset["id"].startswith(start)

    return list_of(call, "dataset", filter(fits, sb.documents.listed("dataset")))


list_owner_datasets = list_datasets


def list_markers(sb: Sb, call: Call) -> Reply:
    """GET /genome/markers."""
    return list_of(call, "marker", sb.documents.listed("marker", sb.file(call, call.arguments["file"]).id))


def create_marker(sb: Sb, call: Call) -> Reply:
    """POST /genome/markers."""
    position = call.body["position"]
    if not {"start", "end"} <= position.keys():
        raise bad("The position has no start or no end")
    marker: JsonObject = {
        "id": new_id(),
        "file": sb.file(call, call.body["file"]).id,
        **body_fields(call, "name chromosome"),
        "position": position,
        "created_time": when(sb.now()),
        "created_by": sb.user(call),
    }
    return keep(sb, call, "marker", marker, marker["file"])


# -- initial contents

DIVISION = "sandbox-division"
TEAM = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b01"
# The billing group that has the invoices.
BILLING_GROUP = "5f8f1d6c-7c2e-4b39-9a51-0d3c1e6a7b02"
DATASET = "sandbox-user/reference-set"


def seed(sb: Sb) -> None:
    """Make the initial contents of an empty platform: users, a division with a team, billing groups and a public dataset.

    Args:
        sb: The platform.
    """
    if sb.documents.count("user"):
        return
    contents = json.loads(files("omicsdk.sandbox.sb").joinpath("seed.json").read_text("utf-8"))
    with sb.transaction():
        for kind, group, document in contents["documents"]:
            sb.documents.put(kind, document["id"], document, group)
        for username, user in contents["users"].items():
            names = {name: user[name] for name in ("first_name", "last_name")}
            sb.add_user(username, **names, affiliation="Sandbox", country="Nowhere")
            sb.membership.add("division", DIVISION, {"username": username, "role": user["role"]})
            if "team" in user:
                add_to_team(sb, TEAM, username, user["team"])
        sb.add_owner("dataset", DATASET, SANDBOX_SB_USER)
        project = f"dataset:{DATASET}"
        root = sb.files.root(project)
        sb.add_file(b">chr1\nACGTACGTACGT\n", project=project, parent=root, name="reference.fasta")
