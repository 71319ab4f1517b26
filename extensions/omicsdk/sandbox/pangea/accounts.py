"""Accounts, and users as others see them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.resource import Resource, operations_of, paged, shown
from omicsdk.sandbox.pangea.state import MEMBER, TEXTS, USER, Pangea, Taken, faults
from omicsdk.sandbox.pangea.store import Record
from omicsdk.sandbox.problems import or_raise
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import NO_FIELD, Invalid, invalid, not_found
from omicsdk.sandbox.service import Call, Reply, for_each
from omicsdk.sandbox.state.credentials import hashed, is_password


class Users(Resource):
    """Users: any user sees all of them, and each changes and closes their own account."""

    kind = one = USER
    schema = "PangeaUser"
    filters: ClassVar[Mapping[str, str]] = {}
    # Of a profile, the name is not that which identifies it.
    renamed: ClassVar[Mapping[str, str]] = {"email": "name", "name": "full_name"}
    new: ClassVar[Mapping[str, Any]] = dict.fromkeys(("name", *TEXTS))
    login_first = False

    def may_write(self, record: Mapping[str, Any]) -> bool:
        """Oneself."""
        return self.person is not None and self.person["uuid"] == record["uuid"]

    def computed(self, record: Record) -> Mapping[str, Any]:
        """With the organizations that they are in."""
        organizations = [self.store.find("organization", uuid) for uuid in self.store.linking(MEMBER, record["uuid"])]
        names = [shown(entry, ("uuid", "name")) for entry in organizations if entry]
        id = self.store.number(record["uuid"])
        return {"id": id, "organization_objs": names, "saved_sample_group_objs": []}

    def put(self, *, partial: bool = False) -> Reply:
        """Missing fields are unchanged."""
        del partial
        return super().put(partial=True)


def get_me(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/me."""
    return Reply(Users(pangea, call).view(pangea.access.need(call)))


def get_user_by_id(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/id/{user_id}."""
    pangea.access.principal(call)
    number = drf.row_number(call.arguments["user_id"])
    person = or_raise(None if number is None else pangea.people.by_id(number), not_found())
    return Reply(Users(pangea, call).view(person))


_EMAIL = drf.Field(drf.email(254), required=True)
_WORD = drf.Field(drf.text(), required=True)
_TAKEN = "user with this email address already exists."


def register(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/."""
    pangea.access.principal(call)
    fields = drf.validated({"email": _EMAIL, "password": _WORD}, drf.fields_of(call))
    address: str = fields["email"]
    if pangea.people.by_email(address) is not None:
        raise invalid("email", _TAKEN)
    _check_strength("password", fields["password"], address)
    name, _, domain = address.rpartition("@")
    try:
        account = pangea.people.add(f"{name}@{domain.lower()}", fields["password"])
    except Taken:
        return Reply(["Unable to create account."], 400)
    return Reply(_account(pangea, account), 201)


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
    return paged(call, [pangea.access.need(call)], lambda record: _account(pangea, record))


def get_account(pangea: Pangea, call: Call) -> Reply:
    """GET /api/auth/users/{id}/ and me/: one's own only."""
    return Reply(_account(pangea, _own(pangea, call)))


# The address is not changed in this way, and there is nothing else.
get_my_account = put_my_account = patch_my_account = put_account = patch_account = get_account


def delete_account(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/auth/users/{id}/ and me/: one's own only, with the password; what they made stays."""
    person = _own(pangea, call)
    _check_password(person, drf.validated({"current_password": _WORD}, drf.fields_of(call)))
    pangea.store.remove_tree(person["uuid"])
    return Reply(status=204)


delete_my_account = delete_account


def set_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_password/: the token stays valid."""
    person = pangea.access.need(call)
    fields = drf.validated({"new_password": _WORD, "current_password": _WORD}, drf.fields_of(call))
    _check_strength("new_password", fields["new_password"], person["name"])
    _check_password(person, fields)
    pangea.people.change(person, password=hashed(fields["new_password"]))
    return Reply(status=204)


def set_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_email/."""
    person = pangea.access.need(call)
    fields = drf.validated({"current_password": _WORD, "new_email": _EMAIL}, drf.fields_of(call))
    _check_password(person, fields)
    if pangea.people.by_email(fields["new_email"]) not in (None, person):
        raise invalid("new_email", _TAKEN)
    pangea.people.change(person, name=fields["new_email"])
    return Reply(status=204)


_CONFIRMATION = {"uid": _WORD, "token": _WORD}
# No mail is sent: accounts are active from the start, and no request has a valid confirmation.
_WITH_CONFIRMATION: Mapping[str, Mapping[str, drf.Field]] = {
    "activate_account": _CONFIRMATION,
    "confirm_reset_password": {**_CONFIRMATION, "new_password": _WORD},
    "confirm_reset_email": {**_CONFIRMATION, "new_email": _EMAIL},
}
# Operations that send mail on deployed servers, with their statuses.
_OF_MAIL = {"resend_activation": 400, "reset_password": 204, "reset_email": 204}


def _confirm(pangea: Pangea, call: Call, fields: Mapping[str, drf.Field]) -> Reply:
    pangea.access.principal(call)
    drf.validated(fields, drf.fields_of(call))
    raise invalid("uid", "Invalid user id or user doesn't exist.")


def _send_mail(pangea: Pangea, call: Call, status: int) -> Reply:
    pangea.access.principal(call)
    drf.validated({"email": _EMAIL}, drf.fields_of(call))
    return Reply(status=status)


HANDLERS = {
    **operations_of(Users),
    **for_each(_WITH_CONFIRMATION, {"{}": _confirm}),
    **for_each(_OF_MAIL, {"{}": _send_mail}),
}


def _account(pangea: Pangea, person: Record) -> dict[str, Any]:
    return {"id": pangea.store.number(person["uuid"]), "email": person["name"]}


def _own(pangea: Pangea, call: Call) -> Record:
    person = pangea.access.need(call)
    number = str(pangea.store.number(person["uuid"]))
    if call.arguments.get("id", number) != number:
        raise not_found()
    return person


def _check_password(person: Record, fields: Mapping[str, Any]) -> None:
    if not is_password(fields["current_password"], person["password"]):
        raise invalid("current_password", "Invalid password.")


def _check_strength(field: str, password: str, address: str) -> None:
    wrong = faults(password, address)
    if wrong:
        raise invalid(field, *wrong)
