"""Who belongs to projects, volumes and datasets, by themselves or by a team or division, and what they may do there."""

from collections.abc import Mapping

from omicsdk.sandbox.sb.stores.documents import Documents, JsonObject

ALL = ("read", "copy", "write", "execute", "admin")
EVERYTHING: Mapping[str, bool] = dict.fromkeys(ALL, True)
USER, TEAM, DIVISION = "USER", "TEAM", "DIVISION"


def permissions_of(given: Mapping[str, bool] | None, kind: str) -> dict[str, bool]:
    """All permissions of a member: every member reads, and who administers may do everything.

    Args:
        given: Those that were stated; without any a member reads.
        kind: project, volume, dataset or automation; on volumes nothing is executed.
    """
    given = given or {}
    everything = bool(given.get("admin"))
    names = [name for name in ALL if not (kind == "volume" and name == "execute")]
    return {name: everything or name == "read" or bool(given.get(name)) for name in names}


class Membership:
    """The members of everything.

    Args:
        documents: Where they are.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add(self, kind: str, id: str, member: JsonObject) -> None:
        """Makes somebody a member, or changes what a member may do."""
        group = f"{kind}:{id}"
        self._documents.put("member", f"{group} {member['username']}", member, group)

    def add_owner(self, kind: str, id: str, username: str) -> None:
        """Makes a user the owner of something, who may do everything there."""
        email = (self._documents.get("user", username) or {}).get("email")
        permissions = permissions_of(EVERYTHING, kind)
        self.add(kind, id, {"username": username, "email": email, "type": USER, "permissions": permissions})

    def get(self, kind: str, id: str, username: str) -> JsonObject | None:
        """A member by the name of a user, team or division."""
        return self._documents.get("member", f"{kind}:{id} {username}")

    def remove(self, kind: str, id: str, username: str) -> bool:
        """Ends a membership; False when there was none."""
        return self._documents.remove("member", f"{kind}:{id} {username}")

    def of(self, kind: str, id: str) -> list[JsonObject]:
        """All members of something."""
        return self._documents.listed("member", f"{kind}:{id}")

    def drop(self, kind: str, id: str) -> None:
        """Ends all memberships of something that was deleted."""
        self._documents.remove_group("member", f"{kind}:{id}")

    def permissions(self, kind: str, id: str, username: str) -> dict[str, bool] | None:
        """What a user may do; None when they are no member."""
        found: dict[str, bool] | None = None
        for name in self._names(username):
            member = self.get(kind, id, name)
            if member is not None:
                held: dict[str, bool] = member["permissions"]
                found = {each: held.get(each, False) or (found or {}).get(each, False) for each in ALL}
        return found

    def joined(self, kind: str, username: str) -> list[str]:
        """The identities of what a user is a member of, oldest first."""
        start = f"{kind}:"
        found = [
            group.removeprefix(start)
            for name in self._names(username)
            for group in self._documents.groups("member", name)
            if group.startswith(start)
        ]
        there = dict.fromkeys(found)
        return [id for id in self._documents.ids(kind) if id in there] if len(there) > 1 else list(there)

    def _names(self, username: str) -> list[str]:
        """A user and the teams and divisions that they are in."""
        teams = self._documents.groups("team-member", username)
        divisions = self._documents.groups("division-member", username)
        return [username, *teams, *divisions]
