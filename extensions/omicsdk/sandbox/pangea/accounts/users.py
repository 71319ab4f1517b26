"""People as others see them."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import PAGE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.access import MEMBER
from omicsdk.sandbox.pangea.stores.people import PROFILE, Person
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, boolean, row_number, text, url, validated
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import not_found
from omicsdk.sandbox.service import Call, Reply

_LINE = Field(text(blank=True), null=True)
_FIELDS: Mapping[str, Field] = {
    "is_staff": Field(boolean, absent_in_form=False),
    "is_active": Field(boolean, absent_in_form=False),
    "avatar": Field(url(blank=True), null=True),
    "name": _LINE,
    "biography": _LINE,
    "url": Field(url(200, blank=True), null=True),
    "twitter_username": _LINE,
    "github_username": _LINE,
    "company": _LINE,
    "location": _LINE,
}


def person_view(pangea: Pangea, person: Person) -> dict[str, Any]:
    """Somebody, with the organizations that they are in."""
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
    """GET /api/users: everybody, whoever asks."""
    pangea.access.asker(call)

    def some(start: int, size: int) -> list[object]:
        return [person_view(pangea, each) for each in pangea.people.some(start, size)]

    return page(call, pangea.people.count(), some, PAGE)


def get_me(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/me."""
    return Reply(person_view(pangea, pangea.access.need(call)))


def get_user_by_id(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/id/{user_id}."""
    pangea.access.asker(call)
    number = row_number(call.arguments["user_id"])
    return Reply(person_view(pangea, _there(None if number is None else pangea.people.by_id(number))))


def get_user(pangea: Pangea, call: Call) -> Reply:
    """GET /api/users/{uuid}."""
    pangea.access.asker(call)
    return Reply(person_view(pangea, _there(pangea.people.by_uuid(call.arguments["uuid"]))))


def put_user(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/users/{uuid}: what isn't sent stays."""
    return patch_user(pangea, call)


def patch_user(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/users/{uuid}: everybody may change what they tell of themselves."""
    person = _oneself(pangea, call)
    told = validated(_FIELDS, fields_of(call), partial=True)
    return Reply(person_view(pangea, pangea.people.change(person, told)))


def delete_user(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/users/{uuid}: everybody may close their own account."""
    close(pangea, _oneself(pangea, call))
    return Reply(status=204)


def close(pangea: Pangea, person: Person) -> None:
    """Closes an account, and takes its person out of all organizations; what they made stays."""
    for organization in pangea.store.linking(MEMBER, person.uuid):
        pangea.store.unlink(MEMBER, organization, person.uuid)
    pangea.people.remove(person)


def _oneself(pangea: Pangea, call: Call) -> Person:
    asker = pangea.access.asker(call)
    person = _there(pangea.people.by_uuid(call.arguments["uuid"]))
    if asker is None or asker.id != person.id:
        raise pangea.access.refusal(asker)
    return person


def _there(person: Person | None) -> Person:
    if person is None:
        raise not_found()
    return person
