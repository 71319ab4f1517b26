"""Organizations, and who is in them."""

from collections.abc import Mapping

from omicsdk.sandbox.pangea.accounts.users import person_view
from omicsdk.sandbox.pangea.requests.flat import PAGE, asked, asked_uuid, check_name, found, listed
from omicsdk.sandbox.pangea.requests.views import Views
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.access import MEMBER
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, number_reference, text, validated
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.service import Call, Reply

_FIELDS: Mapping[str, Field] = {"name": Field(text(), required=True)}


def list_organizations(pangea: Pangea, call: Call) -> Reply:
    """GET /api/organizations: all of them, whoever asks."""
    pangea.access.asker(call)
    where = [*asked_uuid(call), *asked(call, "name")]
    return listed(call, pangea.store, "organization", where, Views(pangea.store).organization)


def create_organization(pangea: Pangea, call: Call) -> Reply:
    """POST /api/organizations: whoever makes one is in it."""
    person = pangea.access.need(call)
    fields = validated(_FIELDS, fields_of(call))
    check_name(pangea.store, "organization", fields)
    made = pangea.store.add("organization", fields["name"], {})
    pangea.access.join(made["uuid"], person)
    return Reply(Views(pangea.store).organization(made), 201)


def get_organization(pangea: Pangea, call: Call) -> Reply:
    """GET /api/organizations/{uuid}."""
    pangea.access.asker(call)
    return Reply(Views(pangea.store).organization(found(pangea.store, "organization", call.arguments["uuid"])))


def put_organization(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/organizations/{uuid}."""
    return _changed(pangea, call, partial=False)


def patch_organization(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/organizations/{uuid}."""
    return _changed(pangea, call, partial=True)


def delete_organization(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/organizations/{uuid}: all that it owns goes with it."""
    organization = _writable(pangea, call)
    pangea.store.remove_tree(organization["uuid"])
    return Reply(status=204)


def list_organization_users(pangea: Pangea, call: Call) -> Reply:
    """GET /api/organizations/{organization_pk}/users."""
    pangea.access.asker(call)
    members = members_of(pangea, call.arguments["organization_pk"])

    def some(start: int, size: int) -> list[object]:
        return [person_view(pangea, each) for each in members[start : start + size]]

    return page(call, len(members), some, PAGE)


def add_organization_user(pangea: Pangea, call: Call) -> Reply:
    """POST /api/organizations/{organization_pk}/users: a member takes somebody in."""
    person = pangea.access.need(call)
    organization = found(pangea.store, "organization", call.arguments["organization_pk"])
    if not pangea.access.is_member(person, organization["uuid"]):
        raise pangea.access.refusal(person, "Insufficient permissions to add user to organization.")
    by_number = Field(number_reference(pangea.people.by_id), required=True)
    new: Person = validated({"user": by_number}, fields_of(call))["user"]
    pangea.access.join(organization["uuid"], new)
    return Reply({"status": "success"})


def members_of(pangea: Pangea, organization_uuid: str) -> list[Person]:
    """Who is in an organization, in the order in which they got their accounts."""
    people = [pangea.people.by_uuid(each) for each in pangea.store.linked(MEMBER, organization_uuid)]
    return sorted((each for each in people if each is not None), key=lambda each: each.id)


def _changed(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    organization = _writable(pangea, call)
    fields = validated(_FIELDS, fields_of(call), partial=partial)
    check_name(pangea.store, "organization", fields, but=organization["uuid"])
    changed = pangea.store.change("organization", organization["uuid"], fields)
    return Reply(Views(pangea.store).organization(changed))


def _writable(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.asker(call)
    organization = found(pangea.store, "organization", call.arguments["uuid"])
    # Deployed servers ask only whether somebody is in any organization at all.
    if person is None or not pangea.access.is_member_anywhere(person):
        raise pangea.access.refusal(person)
    return organization
