"""Operations of the platform itself, its users, divisions and teams, and of who pays for what."""

from datetime import UTC, datetime

from omicsdk.sandbox.sb.problems import bad, check_uuid, no_such, refuse
from omicsdk.sandbox.sb.responses import list_of, member_view, page_of, view, when
from omicsdk.sandbox.sb.state import Sb, check_new_name, keep, new_uuid, token_of
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

_PARTS = "rate_limit user users billing projects files tasks apps action upload storage"
_INSTANCES = 100
_DAY = "%m-%d-%Y"


# -- the platform


def get_endpoints(sb: Sb, call: Call) -> Reply:  # noqa: ARG001 - the signature of handlers
    """GET /."""
    return Reply({f"{name}_url": call.service_url(f"/{name}", {}) for name in _PARTS.split()})


def get_rate_limit(sb: Sb, call: Call) -> Reply:
    """GET /rate_limit."""
    rate = sb.meter.rate(token_of(call.headers))
    instances = {"limit": _INSTANCES, "remaining": _INSTANCES, "reset": rate["reset"]}
    return Reply({"rate": rate, "instance_limit": instances, "instance": instances})


def send_feedback(sb: Sb, call: Call) -> Reply:
    """POST /action/notifications/feedback."""
    feedback = {"from": sb.user(call), "at": when(sb.now()), **call.body}
    sb.documents.put("feedback", new_uuid(), feedback)
    return Reply(status=204)


# -- users


def get_current_user(sb: Sb, call: Call) -> Reply:
    """GET /user."""
    return Reply(view(call, "user", sb.documents.found("user", sb.user(call))))


def get_user(sb: Sb, call: Call) -> Reply:
    """GET /users/{username}."""
    return Reply(view(call, "user", sb.documents.found("user", call.arguments["username"])))


def list_users(sb: Sb, call: Call) -> Reply:
    """GET /users."""
    division = _division(sb, call, call.arguments["division"])["id"]
    roles = {each["username"]: each["role"] for each in sb.membership.of("division", division)}
    users = {user["username"]: user for user in sb.documents.among("user", roles)}
    wanted: str = call.arguments.get("role", "").upper()
    found = ({**users[name], "role": role} for name, role in roles.items() if wanted in ("", role.upper()))
    return list_of(call, "user", (each for each in found if not each["disabled"]))


def disable_user(sb: Sb, call: Call) -> Reply:
    """DELETE /users/{username}."""
    username, caller = call.arguments["username"], sb.user(call)
    user = sb.documents.found("user", username)
    divisions = sb.membership.rights("division", username)
    if not any(_administers(sb, "division", each, caller) for each in divisions) or username == caller:
        raise refuse(403, 2001, f"{caller} isn't an administrator of a division of {username}, or is that user")
    sb.documents.put("user", username, {**user, "disabled": True})
    return Reply(status=204)


def _administers(sb: Sb, kind: str, id: str, username: str) -> bool:
    member = sb.membership.get(kind, id, username)
    return member is not None and member["role"] == "ADMIN"


# -- divisions and teams


def list_divisions(sb: Sb, call: Call) -> Reply:
    """GET /divisions."""
    return list_of(call, "division", sb.joined(call, "division"))


def get_division(sb: Sb, call: Call) -> Reply:
    """GET /divisions/{division_id}."""
    return Reply(view(call, "division", _division(sb, call, call.arguments["division_id"])))


def list_teams(sb: Sb, call: Call) -> Reply:
    """GET /teams."""
    teams = sb.documents.listed("team", _division(sb, call, call.arguments["division"])["id"])
    mine = sb.membership.rights("team", sb.user(call))
    return list_of(call, "team", (each for each in teams if call.arguments.get("_all") or each["id"] in mine))


def create_team(sb: Sb, call: Call) -> Reply:
    """POST /teams."""
    division = _division(sb, call, call.body["division"])["id"]
    team: JsonObject = {"id": new_uuid(), "name": _free_name(sb, call, division), "division": division}
    add_to_team(sb, team["id"], sb.user(call), "ADMIN")
    return keep(sb, call, "team", team, division)


def get_team(sb: Sb, call: Call) -> Reply:
    """GET /teams/{team_id}."""
    return Reply(view(call, "team", _team(sb, call)))


def update_team(sb: Sb, call: Call) -> Reply:
    """PATCH /teams/{team_id}."""
    team = _managed(sb, call)
    if "name" in call.body:
        team = {**team, "name": _free_name(sb, call, team["division"], but=team["id"])}
    return keep(sb, call, "team", team)


def list_team_members(sb: Sb, call: Call) -> Reply:
    """GET /teams/{team_id}/members."""
    team = _team(sb, call)["id"]
    return page_of(call, sb.membership.of("team", team), lambda each: member_view(call, "team", team, each))


def add_team_member(sb: Sb, call: Call) -> Reply:
    """POST /teams/{team_id}/members."""
    team, username = _managed(sb, call), call.body["id"]
    if sb.membership.get("division", team["division"], username) is None:
        raise no_such("user", f"{username} of the division {team['division']}")
    if sb.membership.get("team", team["id"], username) is not None:
        raise refuse(409, 2003, f"{username} is in the team {team['name']} already")
    return Reply(member_view(call, "team", team["id"], add_to_team(sb, team["id"], username, "MEMBER")))


def remove_team_member(sb: Sb, call: Call) -> Reply:
    """DELETE /teams/{team_id}/members/{username}."""
    username: str = call.arguments["username"]
    # Any member may leave.
    team = (_team if username == sb.user(call) else _managed)(sb, call)["id"]
    if not sb.membership.remove("team", team, username):
        raise no_such("user", f"{username} of the team {team}")
    return Reply(status=204)


def add_to_team(sb: Sb, team: str, username: str, role: str) -> JsonObject:
    """Make a user a member of a team."""
    member: JsonObject = {"id": username, "username": username, "role": role}
    sb.membership.add("team", team, member)
    return member


def _free_name(sb: Sb, call: Call, division: str, but: str = "") -> str:
    """The name that a request gives a team, which no other team of the division has."""
    name: str = call.body["name"]
    check_new_name(call, "team")
    if any(each["name"] == name and each["id"] != but for each in sb.documents.listed("team", division)):
        raise refuse(409, 90007, f"The division {division} has a team {name} already")
    return name


def _division(sb: Sb, call: Call, id: str) -> JsonObject:
    if sb.membership.get("division", id, sb.user(call)) is None:
        raise no_such("division", id)
    return sb.documents.found("division", id)


def _team(sb: Sb, call: Call) -> JsonObject:
    found = sb.documents.found("team", call.arguments["team_id"])
    if sb.membership.get("division", found["division"], sb.user(call)) is None:
        raise no_such("team", found["id"])
    return found


def _managed(sb: Sb, call: Call) -> JsonObject:
    """The team of a request that changes it, which administrators of the team or of its division may."""
    team, user = _team(sb, call), sb.user(call)
    if not _administers(sb, "team", team["id"], user) and not _administers(sb, "division", team["division"], user):
        raise refuse(403, 2001, f"{user} administers neither the team {team['name']} nor its division")
    return team


# -- billing


def get_billing_endpoints(sb: Sb, call: Call) -> Reply:  # noqa: ARG001 - the signature of handlers
    """GET /billing."""
    names = {"billing_groups_url": "groups", "invoices_url": "invoices"}
    return Reply({name: call.service_url(f"/billing/{path}", {}) for name, path in names.items()})


def list_billing_groups(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups."""
    return list_of(call, "billing-group", sb.documents.listed("billing-group"))


def get_billing_group(sb: Sb, call: Call) -> Reply:
    """GET /billing/groups/{billing_group}."""
    return Reply(view(call, "billing-group", _group(sb, call)))


def list_invoices(sb: Sb, call: Call) -> Reply:
    """GET /billing/invoices."""
    return list_of(call, "invoice", sb.documents.listed("invoice", call.arguments.get("billing_group")))


def get_invoice(sb: Sb, call: Call) -> Reply:
    """GET /billing/invoices/{invoice_id}."""
    return Reply(view(call, "invoice", sb.documents.found("invoice", call.arguments["invoice_id"])))


def _group(sb: Sb, call: Call) -> JsonObject:
    id: str = call.arguments["billing_group"]
    check_uuid("billing group", id, 4005)
    return sb.documents.found("billing-group", id)


def _breakdown(sb: Sb, call: Call, kind: str) -> Reply:
    lines = sb.documents.listed(f"{kind}-line", _group(sb, call)["id"])
    first, last = (_day(call, name) for name in ("date_from", "date_to"))
    if bool(first) != bool(last):
        raise bad("date_from and date_to go together: give both, or neither")
    invoice: str | None = call.arguments.get("invoice_id")
    if invoice is not None:
        sb.documents.found("invoice", invoice)
    found = [
        each["line"]
        for each in lines
        if invoice in (None, each["invoice"]) and (not first or not last or first <= each["day"] <= last)
    ]
    return page_of(call, found, lambda each: each)


def _day(call: Call, name: str) -> str | None:
    text: str | None = call.arguments.get(name)
    if text is None:
        return None
    try:
        return datetime.strptime(text, _DAY).replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise bad(f"{name} is a day as MM-DD-YYYY, such as 01-31-2020, not {text!r}") from error


HANDLERS = for_each({kind: kind for kind in ("analysis", "storage", "egress")}, {"list_{}_breakdown": _breakdown})
