"""Which samples are in which groups."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import PAGE, found, items
from omicsdk.sandbox.pangea.requests.views import Views
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Wrong, canonical_uuid
from omicsdk.sandbox.rest_framework.pages import page
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

GROUP_SAMPLE = "group_sample"
"""The link between a group and the samples that are in it."""


def list_sample_group_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{group_pk}/samples: all of them, or none where one may not see them."""
    person = pangea.access.asker(call)
    group = found(pangea.store, "sample_group", call.arguments["group_pk"])
    count = pangea.store.count_linked(GROUP_SAMPLE, group["uuid"]) if _may_list(pangea, person, group) else 0
    view = Views(pangea.store).sample

    def some(start: int, size: int) -> list[object]:
        return [view(each) for each in pangea.store.some_linked(GROUP_SAMPLE, group["uuid"], start, size)]

    return page(call, count, some if count else lambda _start, _size: [], PAGE)


def add_sample_group_samples(pangea: Pangea, call: Call) -> Reply:
    """POST /api/sample_groups/{group_pk}/samples."""
    group, samples = _sent(pangea, call)
    for each in samples:
        pangea.store.link(GROUP_SAMPLE, group["uuid"], each["uuid"])
    return Reply({"status": "success"})


def remove_sample_group_samples(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/sample_groups/{group_pk}/samples: they leave the group, and stay in their library."""
    group, samples = _sent(pangea, call)
    for each in samples:
        pangea.store.unlink(GROUP_SAMPLE, group["uuid"], each["uuid"])
    return Reply({"status": "success"})


def samples_in(pangea: Pangea, group: Thing) -> list[Thing]:
    """The samples of a group, in the order in which they were made."""
    return pangea.store.some_linked(GROUP_SAMPLE, group["uuid"])


def _may_list(pangea: Pangea, person: Person | None, group: Thing) -> bool:
    """A library is seen by whoever may see it; another group by those with an account who may see all its samples."""
    if group["is_library"]:
        return pangea.access.may_see_group(person, group)
    if person is None:
        return False
    libraries = [
        pangea.store.find("sample_group", each) for each in pangea.store.above_linked(GROUP_SAMPLE, group["uuid"])
    ]
    return all(each is not None and pangea.access.may_see_group(person, each) for each in libraries)


def _sent(pangea: Pangea, call: Call) -> tuple[Thing, list[Thing]]:
    person = pangea.access.need(call)
    group = found(pangea.store, "sample_group", call.arguments["group_pk"])
    samples = [_sample(pangea, each) for each in _uuids(fields_of(call))]
    for each in samples:
        if not pangea.access.owns(person, group) or not pangea.access.owns(person, each):
            raise forbidden("Insufficient permissions to add sample to sample group.")
    return group, samples


def _uuids(sent: Mapping[str, Any]) -> list[Any]:
    try:
        several = items(sent.get("sample_uuids") or [])
    except Wrong as error:
        raise invalid("sample_uuids", error.text) from error
    one = sent.get("sample_uuid")
    return [*several, *([one] if one else [])]


def _sample(pangea: Pangea, uuid: object) -> Thing:
    try:
        sample = pangea.store.find("sample", canonical_uuid(uuid))
    except Wrong as error:
        raise invalid("sample_uuid", error.text) from error
    if sample is None:
        raise invalid("sample_uuid", f'Invalid pk "{uuid}" - object does not exist.')
    return sample
