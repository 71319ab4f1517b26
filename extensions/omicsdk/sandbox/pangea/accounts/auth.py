"""Accounts: making and closing them, logging in and out, passwords."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.accounts.users import close
from omicsdk.sandbox.pangea.requests.flat import PAGE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.passwords import faults
from omicsdk.sandbox.pangea.stores.people import People, Person, Taken
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, email, text, validated
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import NO_FIELD, Invalid, invalid, not_found
from omicsdk.sandbox.service import Call, Reply

_LONGEST_EMAIL = 254
_EMAIL = Field(email(_LONGEST_EMAIL), required=True)
_WORD = Field(text(), required=True)
_NO_USER = "Invalid user id or user doesn't exist."
_TAKEN = "user with this email address already exists."


def register(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/."""
    pangea.access.asker(call)
    fields = validated({"email": _EMAIL, "password": _WORD}, fields_of(call))
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
    """POST /api/auth/token/login/: always the same token until somebody logs out."""
    pangea.access.asker(call)
    sent = validated({"email": Field(text()), "password": Field(text())}, fields_of(call))
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


def get_my_account(pangea: Pangea, call: Call) -> Reply:
    """GET /api/auth/users/me/."""
    return Reply(_account(pangea.access.need(call)))


def put_my_account(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/auth/users/me/: the address isn't changed in this way, and there is nothing else."""
    return get_my_account(pangea, call)


def patch_my_account(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/auth/users/me/: as PUT."""
    return get_my_account(pangea, call)


def delete_my_account(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/auth/users/me/: with the password, the account is closed."""
    return _closed(pangea, call, pangea.access.need(call))


def get_account(pangea: Pangea, call: Call) -> Reply:
    """GET /api/auth/users/{id}/: one's own only."""
    return Reply(_account(_own(pangea, call)))


def put_account(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/auth/users/{id}/: changes nothing."""
    return get_account(pangea, call)


def patch_account(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/auth/users/{id}/: changes nothing."""
    return get_account(pangea, call)


def delete_account(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/auth/users/{id}/: one's own only, with the password."""
    return _closed(pangea, call, _own(pangea, call))


def set_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_password/: the token stays good."""
    person = pangea.access.need(call)
    fields = validated({"new_password": _WORD, "current_password": _WORD}, fields_of(call))
    _strong("new_password", fields["new_password"], person.email)
    _knows(pangea.people, person, fields)
    pangea.people.set_password(person, fields["new_password"])
    return Reply(status=204)


def set_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/set_email/."""
    person = pangea.access.need(call)
    fields = validated({"current_password": _WORD, "new_email": _EMAIL}, fields_of(call))
    wrong: dict[str, list[str]] = {}
    if not pangea.people.knows_password(person, fields["current_password"]):
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
    pangea.access.asker(call)
    validated({"email": _EMAIL}, fields_of(call))
    return Reply(status=400)


def reset_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_password/: says yes to every address, and sends no mail."""
    pangea.access.asker(call)
    validated({"email": _EMAIL}, fields_of(call))
    return Reply(status=204)


def reset_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_email/: as reset_password."""
    return reset_password(pangea, call)


def confirm_reset_password(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_password_confirm/: no mail was sent, so nobody has what confirms it."""
    return _unconfirmed(pangea, call, {"new_password": _WORD})


def confirm_reset_email(pangea: Pangea, call: Call) -> Reply:
    """POST /api/auth/users/reset_email_confirm/: as confirm_reset_password."""
    return _unconfirmed(pangea, call, {"new_email": _EMAIL})


def _unconfirmed(pangea: Pangea, call: Call, more: Mapping[str, Field]) -> Reply:
    pangea.access.asker(call)
    validated({"uid": _WORD, "token": _WORD, **more}, fields_of(call))
    raise invalid("uid", _NO_USER)


def _account(person: Person) -> dict[str, Any]:
    return {"id": person.id, "email": person.email}


def _own(pangea: Pangea, call: Call) -> Person:
    person = pangea.access.need(call)
    if call.arguments["id"] != str(person.id):
        raise not_found()
    return person


def _closed(pangea: Pangea, call: Call, person: Person) -> Reply:
    fields = validated({"current_password": _WORD}, fields_of(call))
    _knows(pangea.people, person, fields)
    close(pangea, person)
    return Reply(status=204)


def _knows(people: People, person: Person, fields: Mapping[str, Any]) -> None:
    if not people.knows_password(person, fields["current_password"]):
        raise invalid("current_password", "Invalid password.")


def _strong(field: str, password: str, address: str) -> None:
    wrong = faults(password, address)
    if wrong:
        raise invalid(field, *wrong)
