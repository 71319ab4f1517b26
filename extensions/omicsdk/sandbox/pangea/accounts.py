"""Accounts, users as others see them, and organizations."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.people import MEMBER, PROFILE, Person, Taken, faults
from omicsdk.sandbox.pangea.resource import PAGE, Resource, View, Views, found, operations_of
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import NO_FIELD, Invalid, invalid, not_found, page
from omicsdk.sandbox.service import Call, Reply
from omicsdk.sandbox.state.credentials import is_password

_LINE = drf.Field(drf.text(blank=True), null=True)
_FIELDS: Mapping[str, drf.Field] = {
    **dict.fromkeys(("is_staff", "is_active"), drf.Field(drf.boolean, absent_in_form=False)),
    "avatar": drf.Field(drf.url(blank=True), null=True),
    **dict.fromkeys(("name", "biography", "twitter_username", "github_username", "company", "location"), _LINE),
    "url": drf.Field(drf.url(200, blank=True), null=True),
}


def person_view(pangea: Pangea, person: Person) -> dict[str, Any]:
    """A user, with the organizations that they are in."""
    organizations = [pangea.store.find("organization", each) for each in pangea.store.linking(MEMBER, person.uuid)]
    return {
        "id": person.id,
        "uuid": person.uuid,
        "email": person.email,
        "is_staff": person.profile["is_staff"],
        "is_active": person.profile["is_active"],
        "personal_org_uuid": None,
        "organization_objs": [{"uuid": each["uuid"], "name": each["name"]} for each in organizations if each],
        "saved_sample_group_objs": [],
        **{name: person.profile[name] for name in PROFILE if not name.startswith("is_")},
    }


def list_users(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users: every user, the caller."""
    pangea.access.principal(call)
    return _people(pangea, call, pangea.people.count(), pangea.people.some)


def _people(pangea: Pangea, call: Call, count: int, some: Callable[[int, int], Sequence[Person]]) -> Reply:
    return page(call, count, lambda start, size: [person_view(pangea, each) for each in some(start, size)], PAGE)


def get_me(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/me."""
    return Reply(person_view(pangea, pangea.access.need(call)))


def get_user_by_id(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/id/{user_id}."""
    pangea.access.principal(call)
    number = drf.row_number(call.arguments["user_id"])
    return Reply(person_view(pangea, _there(None if number is None else pangea.people.by_id(number))))


def get_user(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/{uuid}."""
    pangea.access.principal(call)
    return Reply(person_view(pangea, _there(pangea.people.by_uuid(call.arguments["uuid"]))))


def patch_user(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/users/{uuid}: users change their own profiles."""
    person = _oneself(pangea, call)
    changes = drf.validated(_FIELDS, drf.fields_of(call), partial=True)
    return Reply(person_view(pangea, pangea.people.change(person, changes)))


put_user = patch_user
"""Missing fields are unchanged."""


def delete_user(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/users/{uuid}: every user may close their own account."""
    close(pangea, _oneself(pangea, call))
    return Reply(status=204)


def close(pangea: Pangea, person: Person) -> None:
    """Close an account, and takes its person out of all organizations; what they made stays."""
    for organization in pangea.store.linking(MEMBER, person.uuid):
        pangea.store.unlink(MEMBER, organization, person.uuid)
    pangea.people.remove(person)


def _oneself(pangea: Pangea, call: Call) -> Person:
    principal = pangea.access.principal(call)
    person = _there(pangea.people.by_uuid(call.arguments["uuid"]))
    pangea.access.check(principal, principal is not None and principal.id == person.id)
    return person


def _there(person: Person | None) -> Person:
    if person is None:
        raise not_found()
    return person


class Organizations(Resource):
    """Organizations: every user sees all of them, and the creator of one is a member."""

    kind, one = "organization", "organization"
    unique = ("name",)
    login_first = False

    def fields(self) -> Mapping[str, drf.Field]:
        """A name."""
        return {"name": drf.Field(drf.text(), required=True)}

    def view(self) -> View:
        """As others have it in them."""
        return Views(self.store).organization

    def may_create(self, person: Person, fields: Mapping[str, Any]) -> bool:
        """Every user with an account may."""
        del person, fields
        return True

    def may_write(self, person: Person | None, thing: Mapping[str, Any]) -> bool:
        """Deployed servers only check whether a user is in any organization at all."""
        del thing
        return person is not None and self.access.is_member_anywhere(person)

    def add(self, person: Person, fields: dict[str, Any]) -> Thing:
        """Its creator is its first member."""
        made = super().add(person, fields)
        self.access.join(made["uuid"], person)
        return made


HANDLERS = operations_of(Organizations)


def list_organization_users(pangea: Pangea, call: Call) -> Reply:
    """GET /api/organizations/{organization_pk}/users."""
    pangea.access.principal(call)
    members = members_of(pangea, call.arguments["organization_pk"])
    return _people(pangea, call, len(members), lambda start, size: members[start : start + size])


def add_organization_user(pangea: Pangea, call: Call) -> Reply:
    """POST /api/organizations/{organization_pk}/users: a member takes a user in."""
    person = pangea.access.need(call)
    organization = found(pangea.store, "organization", call.arguments["organization_pk"])
    is_member = pangea.access.is_member(person, organization["uuid"])
    pangea.access.check(person, is_member, "Insufficient permissions to add user to organization.")
    by_number = drf.Field(drf.number_reference(pangea.people.by_id), required=True)
    new: Person = drf.validated({"user": by_number}, drf.fields_of(call))["user"]
    pangea.access.join(organization["uuid"], new)
    return Reply({"status": "success"})


def members_of(pangea: Pangea, organization_uuid: str) -> list[Person]:
    """The users of an organization, in the order in which their accounts were made."""
    people = [pangea.people.by_uuid(each) for each in pangea.store.linked(MEMBER, organization_uuid)]
    return sorted((each for each in people if each is not None), key=lambda each: each.id)


_LONGEST_EMAIL = 254
_EMAIL = drf.Field(drf.email(_LONGEST_EMAIL), required=True)
_WORD = drf.Field(drf.text(), required=True)
_NO_USER = "Invalid user id or user doesn't exist."
_TAKEN = "user with this email address already exists."


def register(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/."""
    pangea.access.principal(call)
    fields = drf.validated({"email": _EMAIL, "password": _WORD}, drf.fields_of(call))
    address: str = fields["email"]
    if pangea.people.by_email(address) is not None:
        raise invalid("email", _TAKEN)
    _strong("password", fields["password"], address)
    try:
        made = pangea.people.add(normal(address), fields["password"])
    except Taken:
        return Reply(["Unable to create account."], 400)
    return Reply({"email": made.email, "id": made.id}, 201)


def normal(address: str) -> str:
    """An address as it is kept: the domain in small letters."""
    name, _, domain = address.rpartition("@")
    return f"{name}@{domain.lower()}"


def login(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/token/login/: always the same token until a user logs out."""
    pangea.access.principal(call)
    sent = drf.validated({"email": drf.Field(drf.text()), "password": drf.Field(drf.text())}, drf.fields_of(call))
    person = pangea.people.by_password(sent["email"], sent["password"]) if len(sent) > 1 else None
    if person is None:
        raise Invalid({NO_FIELD: ["Unable to log in with provided credentials."]})
    return Reply({"auth_token": pangea.people.token(person)})


def logout(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/token/logout/: the token ends."""
    pangea.people.forget_token(pangea.access.need(call))
    return Reply(status=204)


def list_accounts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/auth/users/: one's own."""
    person = pangea.access.need(call)
    return page(call, 1, lambda start, size: [_account(person)][start : start + size], PAGE)


def get_account(pangea: Pangea, call: Call) -> Reply:
    """GET /api/auth/users/{id}/ and me/: one's own only."""
    return Reply(_account(_own(pangea, call)))


get_my_account = put_my_account = patch_my_account = put_account = patch_account = get_account
"""The address is not changed in this way, and there is nothing else."""


def delete_account(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/auth/users/{id}/ and me/: one's own only, with the password."""
    person = _own(pangea, call)
    _knows(person, drf.validated({"current_password": _WORD}, drf.fields_of(call)))
    close(pangea, person)
    return Reply(status=204)


delete_my_account = delete_account


def set_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_password/: the token stays valid."""
    person = pangea.access.need(call)
    fields = drf.validated({"new_password": _WORD, "current_password": _WORD}, drf.fields_of(call))
    _strong("new_password", fields["new_password"], person.email)
    _knows(person, fields)
    pangea.people.set_password(person, fields["new_password"])
    return Reply(status=204)


def set_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_email/."""
    person = pangea.access.need(call)
    fields = drf.validated({"current_password": _WORD, "new_email": _EMAIL}, drf.fields_of(call))
    wrong: dict[str, list[str]] = {}
    if not is_password(fields["current_password"], person.password):
        wrong["current_password"] = ["Invalid password."]
    if pangea.people.by_email(fields["new_email"]) not in (None, person):
        wrong["new_email"] = [_TAKEN]
    if wrong:
        raise Invalid(wrong)
    pangea.people.set_email(person, fields["new_email"])
    return Reply(status=204)


def activate_account(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/activation/: accounts are active from the start, so there is nothing to confirm."""
    return _unconfirmed(pangea, call, {})


def resend_activation(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/resend_activation/: refused, since accounts are active from the start."""
    pangea.access.principal(call)
    drf.validated({"email": _EMAIL}, drf.fields_of(call))
    return Reply(status=400)


def reset_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_password/: states yes to every address, and sends no mail."""
    pangea.access.principal(call)
    drf.validated({"email": _EMAIL}, drf.fields_of(call))
    return Reply(status=204)


reset_email = reset_password


def confirm_reset_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_password_confirm/: no mail was sent, so no request has a valid confirmation."""
    return _unconfirmed(pangea, call, {"new_password": _WORD})


def confirm_reset_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_email_confirm/: as confirm_reset_password."""
    return _unconfirmed(pangea, call, {"new_email": _EMAIL})


def _unconfirmed(pangea: Pangea, call: Call, more: Mapping[str, drf.Field]) -> Reply:
    pangea.access.principal(call)
    drf.validated({"uid": _WORD, "token": _WORD, **more}, drf.fields_of(call))
    raise invalid("uid", _NO_USER)


def _account(person: Person) -> dict[str, Any]:
    return {"id": person.id, "email": person.email}


def _own(pangea: Pangea, call: Call) -> Person:
    person = pangea.access.need(call)
    if call.arguments.get("id", str(person.id)) != str(person.id):
        raise not_found()
    return person


def _knows(person: Person, fields: Mapping[str, Any]) -> None:
    if not is_password(fields["current_password"], person.password):
        raise invalid("current_password", "Invalid password.")


def _strong(field: str, password: str, address: str) -> None:
    wrong = faults(password, address)
    if wrong:
        raise invalid(field, *wrong)
