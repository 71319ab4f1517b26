"""Fusillade's state: accounts, roles and groups, their policies, and decisions by the rules of AWS; and its listings."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from glob import escape
from pathlib import Path
from typing import Any, NoReturn, cast

from omicsdk.sandbox.fusillade.tokens import Logins, ServiceAccount, email_of, new_account, read_token
from omicsdk.sandbox.problems import Problem, not_found
from omicsdk.sandbox.service import Caller, JsonObject, SandboxContext
from omicsdk.sandbox.state.credentials import SigningKey
from omicsdk.sandbox.state.database import Table

Policy = Mapping[str, Any]

# The version of the grammar.
VERSION = "2012-10-17"

# Longest policy, as JSON without blanks: IAM's limit for the policies of a role.
MAX_BYTES = 10_240

_STATEMENT = {"Sid", "Effect", "Action", "Resource"}
_ACTION = re.compile(r"\*|[\w\-]+:[\w*?]+")


def check_policy(policy: object, *, resources: bool = True) -> JsonObject:
    """Check a policy, whose types the document states, before it is kept.

    Args:
        policy: Decoded JSON.
        resources: Whether statements have to name resources; those of an access level may leave them out.

    Returns:
        The policy.

    Raises:
        Problem: 400; it is not one, has what is not evaluated here, or it is too large.
    """
    if not isinstance(policy, Mapping):
        raise _invalid("a policy is a JSON object with Version and Statement")
    checked = cast("JsonObject", policy)
    size = len(json.dumps(checked, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass"))
    if size > MAX_BYTES:
        raise _invalid(f"it has {size} bytes, and {MAX_BYTES} are the limit: split it over roles")
    if unknown := checked.keys() - {"Version", "Id", "Statement"}:
        raise _invalid(f"there is no {min(unknown)!r} in a policy; there are Version, Id and Statement")
    statements = checked.get("Statement")
    if not isinstance(statements, list) or not statements:
        raise _invalid("Statement is a list with at least one statement")
    required = {"Effect", "Action", *(["Resource"] if resources else [])}
    for number, statement in enumerate(cast("list[Mapping[str, Any]]", statements), 1):
        if unknown := statement.keys() - _STATEMENT:
            raise _invalid(f"statement {number} has {min(unknown)!r}: only {sorted(_STATEMENT)} are evaluated here")
        if missing := required - {name for name, value in statement.items() if value}:
            raise _invalid(f"statement {number} has no {min(missing)}")
        for action in as_list(statement["Action"]):
            if not _ACTION.fullmatch(action):
                raise _invalid(f"{action[:80]!r} isn't an action; actions look like 'dss:PutFile'")
    return checked


def _invalid(reason: str) -> Problem:
    return Problem(400, "Bad Request", f"The policy isn't valid: {reason}")


def as_list(value: str | list[str]) -> list[str]:
    """The texts of a policy's place where one may be without a list."""
    return [value] if isinstance(value, str) else value


def actions_of(policy: Policy, effect: str = "") -> list[str]:
    """The actions that a policy names, as they are in it, of statements with an effect or of all."""
    statements = [statement for statement in policy["Statement"] if effect in ("", statement["Effect"])]
    return [action for statement in statements for action in as_list(statement["Action"])]


# The group of all users.
EVERYBODY = "user_default"
USER_ROLE, ADMIN_ROLE = "default_user", "fusillade_admin"
# The access level that every resource type has from the start.
OWNER = "Owner"


def _allow(actions: list[str], resources: list[str]) -> JsonObject:
    return {"Version": VERSION, "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resources}]}


# The policy of every user: read about themselves.
USER_POLICY = _allow(["fus:GetUser", "fus:GetGroup", "fus:GetRole"], ["arn:hca:fus:*:*:user/${fus:user_email}/*"])
# The policy of administrators: everything that the service has.
ADMIN_POLICY = _allow(["fus:*"], ["arn:hca:fus:*:*:*"])


def group_policy(group: str) -> JsonObject:
    """The policy of a group that was created without one: its users may read about it."""
    return _allow(["fus:GetGroup", "fus:GetUser", "fus:GetRole"], [f"arn:hca:fus:*:*:group/{group}/*"])


_OBJECT = "arn:hca:fus:*:*:resource/${fus:resource_type}/id/${fus:resource_id}"
# The policy of a resource ID's owner when its type was created without one.
OWNER_POLICY = _allow(["fus:GetResources", "fus:PutResources", "fus:DeleteResources"], [_OBJECT, f"{_OBJECT}/*"])


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a request is allowed.

    Attributes:
        result: Whether all of what was requested is allowed.
        reason: Why, as text.
    """

    result: bool
    reason: str


def decide(policies: Iterable[Policy], actions: Sequence[str], resource: str, context: Mapping[str, str]) -> Decision:
    """Decide about actions on a resource.

    Args:
        policies: All policies that count, checked before.
        actions: The actions; all of them have to be allowed.
        resource: The resource's name.
        context: The values of variables such as `fus:user_email`.

    Returns:
        Yes when each action is allowed by a statement and denied by none.
    """
    statements = [statement for policy in policies for statement in policy["Statement"]]
    unsaid: list[str] = []
    for action in actions:
        effects = {
            statement["Effect"]
            for statement in statements
            if any(_fits(pattern.lower(), action.lower(), {}) for pattern in as_list(statement["Action"]))
            and any(_fits(pattern, resource, context) for pattern in as_list(statement.get("Resource", "*")))
        }
        if "Deny" in effects:
            return Decision(False, f"A policy denies {action} on {resource}.")
        if not effects:
            unsaid.append(action)
    if unsaid or not actions:
        return Decision(False, f"No policy allows {', '.join(unsaid) or 'nothing'} on {resource}.")
    return Decision(True, "All requested actions are allowed, and none is denied.")


_VARIABLE = re.compile(r"\$\{([^}]*)\}")


def _fits(pattern: str, text: str, context: Mapping[str, str]) -> bool:
    """Whether a text fits a pattern with `*`, `?` and variables; one whose variable has no value fits nothing."""
    if any(name not in context for name in _VARIABLE.findall(pattern)):
        return False
    # A shell's pattern has ranges in brackets, which a policy's has not.
    shell = _VARIABLE.sub(lambda variable: escape(context[variable[1]]), pattern.replace("[", "[[]"))
    return fnmatchcase(text, shell)


USER, GROUP, ROLE = "user", "group", "role"

# The administrator of a new sandbox.
ADMINISTRATOR = "user@example.org"


_NAME = re.compile(r"[0-9a-zA-Z.@_\-$,=]{1,128}")


def is_name(text: str) -> bool:
    """Whether a text can be the name of a user, as the document has it."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class Principal:
    """A user, a group or a role.

    Attributes:
        kind: `user`, `group` or `role`.
        name: Its name, which is unique within its kind.
        policy: The policy that is attached to it directly, or None.
        creator: Its creator.
        enabled: Whether decisions about it may be a yes; of users only.
    """

    kind: str
    name: str
    policy: JsonObject | None
    creator: str
    enabled: bool = True

    def shown(self) -> JsonObject:
        """The principal as the service returns it."""
        policies = {"IAMPolicy": self.policy} if self.policy else {}
        status = {"status": "enabled" if self.enabled else "disabled"} if self.kind == USER else {}
        return {f"{self.kind}_id": self.name, "policies": policies, **status}


@dataclass(frozen=True, slots=True)
class Link:
    """A user's being in a group, or a role that a user or group has."""

    kind: str
    name: str
    to_kind: str
    to_name: str


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resources that are shared one by one.

    Attributes:
        name: Its name.
        actions: The actions on its resources.
        creator: Its creator.
        levels: The policies of its access levels, by their names.
    """

    name: str
    actions: list[str]
    creator: str
    levels: dict[str, JsonObject]


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource ID.

    Attributes:
        type: Its type.
        id: The ID.
        creator: Its creator.
        members: The access levels of its members, which are `user/NAME` or `group/NAME`.
    """

    type: str
    id: str
    creator: str
    members: dict[str, str]


def refuse_missing(what: str) -> NoReturn:
    """Raise a 404 for what does not exist."""
    raise not_found(f"There is no {what}")


class Fusillade:
    """The service's state.

    Args:
        context: State and settings that all services share.
        folder: Where the key is kept that signs tokens.
    """

    def __init__(self, context: SandboxContext, folder: Path) -> None:
        self.context = context
        database = context.database
        self.transaction = database.transaction
        self.principals = Table(database, "auth_principals", Principal, key="kind name")
        self.links = Table(database, "auth_links", Link, key="kind name to_kind to_name")
        self.types = Table(database, "auth_resource_types", ResourceType)
        self.resources = Table(database, "auth_resources", Resource, key="type id")
        self.logins = Logins(database, context.clock.now)
        self.key = SigningKey(folder / "oauth.key", database, "auth_keys")
        self.service_accounts = Table(database, "auth_accounts", ServiceAccount)
        context.tokens.accept(self.caller)
        self.clear()

    def now(self) -> float:
        """The sandbox's time in seconds since 1970."""
        return self.context.clock.now()

    def clear(self) -> None:
        """Restore the initial roles and users, unless there are any: what a user deleted stays deleted."""
        with self.transaction():
            if self.principals.count("kind != ?", GROUP):
                return
            self.add(ROLE, USER_ROLE, USER_POLICY)
            self.add(ROLE, ADMIN_ROLE, ADMIN_POLICY)
            for group, roles in ((EVERYBODY, [USER_ROLE]), ("hca", []), ("admin", [ADMIN_ROLE])):
                self.add(GROUP, group, group_policy(group), roles=roles)
            self.add(USER, ADMINISTRATOR, groups=["hca", "admin"])

    # -- accounts

    def principal(self, kind: str, name: str) -> Principal:
        """A user, group or role; a 404 when there is none of that name."""
        return self.principals.get(kind, name) or refuse_missing(f"{kind} {name}")

    def missing(self, kind: str, names: Iterable[str]) -> list[str]:
        """The names that are not users, groups or roles."""
        return [name for name in names if self.principals.get(kind, name) is None]

    def add(
        self,
        kind: str,
        name: str,
        policy: JsonObject | None = None,
        *,
        groups: Sequence[str] = (),
        roles: Sequence[str] = (),
        creator: str = "fusillade",
    ) -> bool:
        """Create a user, a group or a role; False if the name is taken.

        A user also joins the group of all users.
        """
        with self.transaction():
            if not self.principals.add_new(Principal(kind, name, policy, creator)):
                return False
            if kind == USER:
                # An administrator may have deleted the group.
                everybody = [EVERYBODY] if self.principals.get(GROUP, EVERYBODY) else []
                groups = list(dict.fromkeys([*everybody, *groups]))
            self.link(kind, name, GROUP, groups)
            self.link(kind, name, ROLE, roles)
        return True

    def link(self, kind: str, name: str, to_kind: str, to_names: Iterable[str]) -> None:
        """Add a user to groups, or give a user or group roles."""
        self.links.put_all(Link(kind, name, to_kind, to_name) for to_name in to_names)

    def delete(self, kind: str, name: str) -> None:
        """Delete a group or role, and all that points to it or from it."""
        with self.transaction():
            self.links.remove(kind=kind, name=name)
            self.links.remove(to_kind=kind, to_name=name)
            self.remove_members(lambda member, _: member == f"{kind}/{name}")
            self.principals.remove(kind=kind, name=name)

    def remove_members(self, is_removed: Callable[[str, str], bool], type: str | None = None) -> None:
        """End the access of members for which a condition on member and access level holds, to resources of a type or of all."""
        for resource in self.resources.all(type=type):
            members = {member: level for member, level in resource.members.items() if not is_removed(member, level)}
            self.resources.change(resource.type, resource.id, members=members)

    def account(self, name: str) -> Principal:
        """A user's account, made when the service does not know them yet."""
        account = self.principals.get(USER, name)
        if account is None:
            self.add(USER, name)
        return account or self.principal(USER, name)

    def caller(self, token: str) -> Caller | None:
        """The bearer of a JSON Web Token, for all services; None for a token of another kind.

        Raises:
            Problem: 401; it is not valid.
        """
        if token.count(".") != 2:
            return None
        account = self.account(email_of(self.claims(token)))
        return Caller(account.name, self.groups_of(account.name) if account.enabled else frozenset())

    def claims(self, token: str) -> Mapping[str, Any]:
        """The claims of a JSON Web Token; a 401 when it is not valid."""
        return read_token(token, self.key, self.service_accounts, self.now())

    def add_service_account(self, folder: Path, email: str, groups: Sequence[str], token_uri: str) -> Path:
        """Make a service account with its key file.

        Raises:
            ValueError: The address cannot be a name, or a group does not exist.
        """
        if not is_name(email):
            raise ValueError(f"{email!r} can't be the name of an account: letters, digits and .@_-$,= are allowed")
        if missing := self.missing(GROUP, groups):
            raise ValueError(f"there is no group {missing[0]!r}")
        self.add(USER, email)
        self.link(USER, email, GROUP, groups)
        account, path = new_account(folder, email, token_uri)
        self.service_accounts.add(account)
        return path

    # -- decisions

    def _linked(self, kind: str, name: str, to_kind: str) -> frozenset[str]:
        return frozenset(link.to_name for link in self.links.all(kind=kind, name=name, to_kind=to_kind))

    def groups_of(self, user: str) -> frozenset[str]:
        """The groups that a user is in."""
        return self._linked(USER, user, GROUP)

    def roles_of(self, user: str, groups: Iterable[str]) -> list[str]:
        """The roles that a user has, directly and by groups."""
        return sorted(self._linked(USER, user, ROLE).union(*(self._linked(GROUP, group, ROLE) for group in groups)))

    def policies_of(self, user: str, groups: Iterable[str]) -> list[Policy]:
        """All policies that count for a user: their own, those of groups, those of roles."""
        reached = [(USER, user), *((GROUP, group) for group in groups)]
        reached += [(ROLE, role) for role in self.roles_of(user, groups)]
        principals = (self.principals.get(*pair) for pair in reached)
        return [principal.policy for principal in principals if principal is not None and principal.policy]

    def allowed_actions(self, user: str, groups: Iterable[str]) -> list[str]:
        """The actions that a user's policies allow, on whatever resource and whether denied elsewhere or not."""
        return sorted({action for policy in self.policies_of(user, groups) for action in actions_of(policy, "Allow")})

    def decide(self, user: str, actions: Sequence[str], resource: str, *, token_groups: Iterable[str] = ()) -> Decision:
        """Decide whether a user may do something.

        Args:
            user: Their name; an account is made when there is none.
            actions: The actions; all of them have to be allowed.
            resource: The resource that they act on.
            token_groups: Groups besides those of the account, from a token of the sandbox.

        Returns:
            The decision; no for a disabled user.
        """
        # At each decision, not in the token: disabling a user ends their access at once, in all services.
        if not self.account(user).enabled:
            return Decision(False, f"The user {user} is disabled.")
        # Tokens of the control API state groups, so that a test administers without a login; tokens of users cannot.
        groups = sorted(self.groups_of(user).union(token_groups))
        type_name, id = _resource_of(resource)
        context = {"fus:user_email": user}
        policies = self.policies_of(user, groups)
        type = self.types.get(type_name) if id else None
        if type is not None:
            context |= {"fus:resource_type": type_name, "fus:resource_id": id}
            policies += [type.levels[name] for name in self._levels(user, groups, type_name, id) if name in type.levels]
        return decide(policies, actions, resource, context)

    def _levels(self, user: str, groups: Iterable[str], type_name: str, id: str) -> set[str]:
        """The access levels that a user has on a resource, directly, by groups, and as its owner."""
        resource = self.resources.get(type_name, id)
        if resource is None:
            return set()
        names = {f"{USER}/{user}", *(f"{GROUP}/{group}" for group in groups)}
        owned = {OWNER} if resource.creator == user else set[str]()
        return owned | {level for member, level in resource.members.items() if member in names}


def _resource_of(resource: str) -> tuple[str, str]:
    """The type and the ID in a resource's name, as in `arn:hca:SERVICE:*:*:TYPE/ID`; empty where there are none."""
    parts = resource.rpartition(":")[2].split("/")
    if parts[0] == "resource" and parts[2:3] == ["id"]:
        parts = [parts[1], *parts[3:]]  # the service's own name for a resource ID
    return (parts[0], parts[1]) if len(parts) > 1 else ("", "")
