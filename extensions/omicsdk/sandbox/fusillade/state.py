"""What Fusillade's handlers work on: accounts, what they reach, and decisions about them."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from omicsdk.sandbox.fusillade.policies import (
    ADMIN_ROLE,
    EMAIL,
    EVERYBODY,
    OWNER,
    USER_ROLE,
    Decision,
    Policy,
    admin_role,
    decide,
    group_policy,
    texts,
    user_role,
)
from omicsdk.sandbox.fusillade.store import GROUP, ROLE, USER, AccessStore, Principal
from omicsdk.sandbox.fusillade.tokens import Grants, ServiceAccounts, email_of, read_token
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.service import Caller, Grounds
from omicsdk.sandbox.state.credentials import SigningKey
from omicsdk.sandbox.state.settings import Setting

ADMINISTRATOR = "user@example.org"
"""Who administers a fresh sandbox."""

SETTINGS = (
    Setting("auth.group_max", 10, "how many groups a user can be in"),
    Setting("auth.login_as", "", "the address that logs in without being asked; with none there is a page"),
    Setting("auth.first_groups", "hca", "groups that somebody joins with the first login, separated by blanks"),
    Setting("auth.token_seconds", 3600, "for how long access tokens are good, in seconds"),
    Setting("auth.rotate_refresh_tokens", False, "whether each refresh ends the refresh token and gives another one"),
)

_NAME = re.compile(r"[0-9a-zA-Z.@_\-$,=]{1,128}")


def is_name(text: str) -> bool:
    """Whether a text can be the name of a user, as the document has it."""
    return _NAME.fullmatch(text) is not None


class Fusillade:
    """The service's state.

    Args:
        grounds: What it stands on.
        folder: Where the key is kept that signs tokens.
    """

    def __init__(self, grounds: Grounds, folder: Path) -> None:
        self.grounds = grounds
        self.store = AccessStore(grounds.database)
        self.grants = Grants(grounds.database, grounds.clock.now)
        self.key = SigningKey(folder / "oauth.key", grounds.database, "auth_keys")
        self.service_accounts = ServiceAccounts(grounds.database)
        grounds.settings.declare(*SETTINGS)
        grounds.tokens.accept(self.caller)
        self._seed()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.grounds.clock.now()

    def clear(self) -> None:
        """Puts back what is there from the start, after the database was emptied."""
        self._seed()

    def _seed(self) -> None:
        """A folder that has roles was seeded before: what an administrator deleted there stays deleted."""
        with self.store.transaction():
            if self.store.names(ROLE, "", 1) or self.store.names(USER, "", 1):
                return
            self.store.add_principal(ROLE, USER_ROLE, user_role(), "fusillade")
            self.store.add_principal(ROLE, ADMIN_ROLE, admin_role(), "fusillade")
            for group, roles in ((EVERYBODY, [USER_ROLE]), ("hca", []), ("admin", [ADMIN_ROLE])):
                self.store.add_principal(GROUP, group, group_policy(group), "fusillade")
                self.store.link(GROUP, group, ROLE, roles)
            self.add_user(ADMINISTRATOR, groups=["hca", "admin"])

    # -- accounts

    def found(self, kind: str, name: str) -> Principal:
        """A user, group or role; a 404 when there is none of that name."""
        principal = self.store.principal(kind, name)
        if principal is None:
            raise not_found(f"There is no {kind} {name}")
        return principal

    def all_there(self, kind: str, names: Sequence[str], status: int = 404) -> None:
        """A refusal unless all names are users, groups or roles."""
        if missing := [name for name in names if self.store.principal(kind, name) is None]:
            detail = f"There is no {kind} {', '.join(missing)}; nothing has been changed"
            raise not_found(detail) if status == 404 else bad_arguments(detail)

    def add_user(
        self,
        name: str,
        *,
        policy: dict[str, object] | None = None,
        groups: Sequence[str] = (),
        roles: Sequence[str] = (),
        creator: str = "fusillade",
    ) -> bool:
        """Creates a user, in the group that everybody is in as well; False when there is one of that name."""
        with self.store.transaction():
            if not self.store.add_principal(USER, name, policy, creator):
                return False
            everybody = [EVERYBODY] if self.store.principal(GROUP, EVERYBODY) else []
            joined = list(dict.fromkeys([*everybody, *groups]))
            self.room_for(name, joined)
            self.store.link(USER, name, GROUP, joined)
            self.store.link(USER, name, ROLE, roles)
        return True

    def account(self, name: str) -> Principal:
        """A user's account, made when the service doesn't know them yet."""
        found = self.store.principal(USER, name)
        if found is None:
            self.add_user(name)
        return found or self.found(USER, name)

    def first_groups(self) -> list[str]:
        """The groups that somebody joins with the first login, as far as they exist."""
        stated = self.grounds.settings.text("auth.first_groups").split()
        return [group for group in stated if self.store.principal(GROUP, group)]

    def caller(self, token: str) -> Caller | None:
        """Who the bearer of a JSON Web Token is, for all services; None for a token of another kind.

        Raises:
            Problem: 401; it isn't good.
        """
        if token.count(".") != 2:
            return None
        account = self.account(email_of(self.claims(token)))
        return Caller(account.name, self.groups_of(account.name) if account.enabled else frozenset())

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a JSON Web Token; a 401 when it isn't good."""
        return read_token(token, self.key, self.service_accounts, self.now())

    def add_service_account(self, folder: Path, email: str, groups: Sequence[str], token_uri: str) -> Path:
        """Makes a service account with its key file.

        Raises:
            ValueError: The address can't be a name, or a group doesn't exist.
        """
        if not is_name(email):
            raise ValueError(f"{email!r} can't be the name of an account: letters, digits and .@_-$,= are allowed")
        if missing := [group for group in groups if self.store.principal(GROUP, group) is None]:
            raise ValueError(f"there is no group {missing[0]!r}")
        self.add_user(email)
        self.store.link(USER, email, GROUP, groups)
        return self.service_accounts.make(folder, email, token_uri)

    def room_for(self, user: str, groups: Sequence[str]) -> None:
        """A 409 when a user would be in too many groups."""
        limit = int(self.grounds.settings.number("auth.group_max"))
        present = len(self.store.linked(USER, user, GROUP))
        if present + len(groups) > limit:
            raise Problem(409, "Conflict", f"{user} is in {present} groups and can be in {limit}: leave some first")

    # -- decisions

    def groups_of(self, user: str) -> frozenset[str]:
        """The groups that a user is in."""
        return frozenset(self.store.linked(USER, user, GROUP))

    def roles_of(self, user: str, groups: Iterable[str]) -> list[str]:
        """The roles that a user has, directly and by groups."""
        found = set(self.store.linked(USER, user, ROLE))
        return sorted(found.union(*(self.store.linked(GROUP, group, ROLE) for group in groups)))

    def policies_of(self, user: str, groups: Iterable[str]) -> list[Policy]:
        """All policies that count for a user: their own, those of groups, those of roles."""
        reached = [(USER, user), *((GROUP, each) for each in groups)]
        reached += [(ROLE, each) for each in self.roles_of(user, groups)]
        principals = (self.store.principal(kind, name) for kind, name in reached)
        return [each.policy for each in principals if each is not None and each.policy]

    def allowed_actions(self, user: str, groups: Iterable[str]) -> list[str]:
        """The actions that a user's policies allow, on whatever resource and whether denied elsewhere or not."""
        return [
            action
            for policy in self.policies_of(user, groups)
            for statement in policy["Statement"]
            if statement["Effect"] == "Allow"
            for action in texts(statement.get("Action", []))
        ]

    def decide(self, user: str, actions: Sequence[str], resource: str, *, token_groups: Iterable[str] = ()) -> Decision:
        """Decides whether a user may do something.

        Args:
            user: Their name; an account is made when there is none.
            actions: What they want to do; all of it has to be allowed.
            resource: What they want to do it to.
            token_groups: Groups that count beside those of the account, because a token of the sandbox says so.

        Returns:
            The decision; no for a disabled user.
        """
        if not self.account(user).enabled:
            return Decision(False, f"The user {user} is disabled.")
        groups = sorted(self.groups_of(user).union(token_groups))
        type_name, thing = _thing_of(resource)
        context = {
            EMAIL: [user],
            "fus:groups": groups,
            "fus:roles": self.roles_of(user, groups),
            "aws:CurrentTime": [datetime.fromtimestamp(self.now(), UTC).isoformat()],
            "aws:EpochTime": [str(int(self.now()))],
        }
        policies = self.policies_of(user, groups)
        if thing and self.store.actions(type_name) is not None:
            context |= {"fus:resource_type": [type_name], "fus:resource_id": [thing]}
            policies += self._access(user, groups, type_name, thing)
        return decide(policies, actions, resource, context)

    def _access(self, user: str, groups: Iterable[str], type_name: str, thing: str) -> list[Policy]:
        """The access levels that a user has on a thing, by themselves and by groups, and as its owner."""
        names = {USER: {user}, GROUP: set(groups)}
        members = self.store.members(type_name, thing, "", -1)
        levels = {level for kind, name, level in members if name in names[kind]}
        if self.store.creator(type_name, thing) == user:
            levels.add(OWNER)
        found = (self.store.level(type_name, level) for level in sorted(levels))
        return [each[1] for each in found if each is not None]


def _thing_of(resource: str) -> tuple[str, str]:
    """The type and the ID in a resource's name, as in `arn:hca:SERVICE:*:*:TYPE/ID`; empty where there are none."""
    parts = resource.rpartition(":")[2].split("/")
    if parts[0] == "resource" and parts[2:3] == ["id"]:
        parts = [parts[1], *parts[3:]]  # the service's own name for a thing
    return (parts[0], parts[1]) if len(parts) > 1 else ("", "")
