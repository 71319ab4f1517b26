"""Operations of divisions and their teams."""

from omicsdk.sandbox.sb.problems import bad, no_such, refuse
from omicsdk.sandbox.sb.requests.paging import page_of
from omicsdk.sandbox.sb.state import Sb, new_uuid, shown
from omicsdk.sandbox.sb.stores.documents import JsonObject
from omicsdk.sandbox.service import Call, Reply

_HIDDEN = ("division",)


def list_divisions(sb: Sb, call: Call) -> Reply:
    """GET /divisions."""
    mine = set(sb.documents.groups("division-member", sb.user(call)))
    found = [each for each in sb.documents.listed("division") if each["id"] in mine]
    return page_of(call, found, lambda each: shown(call, each, "divisions", each["id"]))


def get_division(sb: Sb, call: Call) -> Reply:
    """GET /divisions/{division_id}."""
    division = _division(sb, call, call.arguments["division_id"])
    return Reply(shown(call, division, "divisions", division["id"]))


def list_teams(sb: Sb, call: Call) -> Reply:
    """GET /teams."""
    division = _division(sb, call, call.arguments["division"])["id"]
    mine = set(sb.documents.groups("team-member", sb.user(call)))
    teams = sb.documents.listed("team", division)
    found = [each for each in teams if call.arguments.get("_all") or each["id"] in mine]
    return page_of(call, found, lambda each: _show(call, each))


def create_team(sb: Sb, call: Call) -> Reply:
    """POST /teams."""
    division = _division(sb, call, call.body["division"])["id"]
    team: JsonObject = {"id": new_uuid(), "name": _free_name(sb, call, division), "division": division}
    sb.documents.put("team", team["id"], team, division)
    add_to_team(sb, team["id"], sb.user(call), "ADMIN")
    return Reply(_show(call, team))


def get_team(sb: Sb, call: Call) -> Reply:
    """GET /teams/{team_id}."""
    return Reply(_show(call, _team(sb, call)))


def update_team(sb: Sb, call: Call) -> Reply:
    """PATCH /teams/{team_id}."""
    team = _managed(sb, call)
    if "name" in call.body:
        team = {**team, "name": _free_name(sb, call, team["division"], but=team["id"])}
        sb.documents.put("team", team["id"], team)
    return Reply(_show(call, team))


def list_team_members(sb: Sb, call: Call) -> Reply:
    """GET /teams/{team_id}/members."""
    team = _team(sb, call)["id"]
    return page_of(call, sb.documents.listed("team-member", team), lambda each: _show_member(call, team, each))


def add_team_member(sb: Sb, call: Call) -> Reply:
    """POST /teams/{team_id}/members."""
    team, username = _managed(sb, call), call.body["id"]
    if division_member(sb, team["division"], username) is None:
        raise no_such("user", f"{username} of the division {team['division']}")
    if sb.documents.get("team-member", f"{team['id']} {username}") is not None:
        raise refuse(409, 2003, f"{username} is in the team {team['name']} already")
    member = add_to_team(sb, team["id"], username, "MEMBER")
    return Reply(_show_member(call, team["id"], member))


def remove_team_member(sb: Sb, call: Call) -> Reply:
    """DELETE /teams/{team_id}/members/{username}."""
    username: str = call.arguments["username"]
    # Whoever wants to leave may.
    team = (_team if username == sb.user(call) else _managed)(sb, call)["id"]
    if not sb.documents.remove("team-member", f"{team} {username}"):
        raise no_such("user", f"{username} of the team {team}")
    return Reply(status=204)


def add_to_team(sb: Sb, team: str, username: str, role: str) -> JsonObject:
    """Makes a user a member of a team."""
    member: JsonObject = {"id": username, "username": username, "role": role}
    sb.documents.put("team-member", f"{team} {username}", member, team)
    return member


def _free_name(sb: Sb, call: Call, division: str, but: str = "") -> str:
    """The name that a request gives a team, which no other team of the division has."""
    name: str = call.body["name"]
    if not name.strip():
        raise bad("The name of the team is empty")
    if any(each["name"] == name and each["id"] != but for each in sb.documents.listed("team", division)):
        raise refuse(409, 90007, f"The division {division} has a team {name} already")
    return name


def division_member(sb: Sb, division: str, username: str) -> JsonObject | None:
    """A member of a division, with their role; None for others."""
    return sb.documents.get("division-member", f"{division} {username}")


def _division(sb: Sb, call: Call, id: str) -> JsonObject:
    found = sb.documents.get("division", id)
    if found is None or division_member(sb, id, sb.user(call)) is None:
        raise no_such("division", id)
    return found


def _team(sb: Sb, call: Call) -> JsonObject:
    id: str = call.arguments["team_id"]
    found = sb.documents.get("team", id)
    if found is None or division_member(sb, found["division"], sb.user(call)) is None:
        raise no_such("team", id)
    return found


def _managed(sb: Sb, call: Call) -> JsonObject:
    """The team of a request that changes it, which administrators of the team or of its division may."""
    team, user = _team(sb, call), sb.user(call)
    member = sb.documents.get("team-member", f"{team['id']} {user}")
    if not any(each and each["role"] == "ADMIN" for each in (member, division_member(sb, team["division"], user))):
        raise refuse(403, 2001, f"{user} administers neither the team {team['name']} nor its division")
    return team


def _show(call: Call, team: JsonObject) -> JsonObject:
    told = {name: value for name, value in team.items() if name not in _HIDDEN}
    return shown(call, told, "teams", team["id"])


def _show_member(call: Call, team: str, member: JsonObject) -> JsonObject:
    return shown(call, member, "teams", team, "members", member["username"])
