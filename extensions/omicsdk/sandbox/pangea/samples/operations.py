"""Samples, one by one and many at once."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.pangea.accounts.privileges import may_write
from omicsdk.sandbox.pangea.requests.flat import asked, asked_reference, asked_uuid, found, items, listed
from omicsdk.sandbox.pangea.requests.views import Views
from omicsdk.sandbox.pangea.samples.membership import GROUP_SAMPLE
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Store, Thing, below, named
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import (
    REQUIRED,
    Field,
    Wrong,
    canonical_uuid,
    json_value,
    text,
    unique_together,
    uuid_reference,
    validated,
)
from omicsdk.sandbox.rest_framework.refusals import Invalid, forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

METADATA_VERSION = "sample_metadata"
"""The kind of what keeps a sample's earlier metadata."""


def list_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples: those that one may see."""
    person = pangea.access.asker(call)
    where = [
        *asked_uuid(call),
        *asked_reference(call, pangea.store, "library_id", "sample_group"),
        *asked(call, "name"),
        pangea.access.visible_samples(person),
    ]
    return listed(call, pangea.store, "sample", where, Views(pangea.store).sample)


def create_sample(pangea: Pangea, call: Call) -> Reply:
    """POST /api/samples: members of the library's organization may."""
    person = pangea.access.need(call)
    fields = _written(pangea, call, partial=False)
    _free(pangea, fields["name"], fields["library"])
    if not pangea.access.owns(person, fields):
        raise pangea.access.refusal(person, "Organization membership is required to create a sample.")
    return Reply(Views(pangea.store).sample(new_sample(pangea.store, **fields)), 201)


def new_sample(store: Store, *, name: str, library: str, metadata: Any = None, description: str = "") -> Thing:
    """Keeps a new sample, which is in its library's group.

    Args:
        store: Where things are kept.
        name: Its name.
        library: The UUID of its library.
        metadata: Its metadata; null stands for none.
        description: Its description.
    """
    kept: Any = {} if metadata is None else metadata
    made = store.add("sample", name, {"library": library, "metadata": kept, "description": description}, parent=library)
    store.link(GROUP_SAMPLE, library, made["uuid"])
    if kept != {}:
        store.add(METADATA_VERSION, "", {"metadata": kept}, parent=made["uuid"])
    return made


def get_sample(pangea: Pangea, call: Call) -> Reply:
    """GET /api/samples/{uuid}."""
    person = pangea.access.asker(call)
    sample = found(pangea.store, "sample", call.arguments["uuid"])
    if not pangea.access.may_see_sample(person, sample) and not may_write(pangea, call, person, sample):
        raise pangea.access.refusal(person)
    return Reply(Views(pangea.store).sample(sample))


def put_sample(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/samples/{uuid}."""
    return _changed(pangea, call, partial=False)


def patch_sample(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/samples/{uuid}."""
    return _changed(pangea, call, partial=True)


def delete_sample(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/samples/{uuid}: its results go with it."""
    pangea.store.remove_tree(_writable(pangea, call)["uuid"])
    return Reply(status=204)


def create_samples(pangea: Pangea, call: Call) -> Reply:
    """POST /api/bulk_samples: all of them, or none."""
    person = pangea.access.need(call)
    sent = fields_of(call)
    names, library = _names(sent), _library(pangea, person, sent)
    if len(set(names)) < len(names):
        raise invalid("names", "The names must be unique.")
    for name in names:
        if pangea.store.count("sample", below(library), named(name)):
            raise invalid("names", f"The library has a sample {name} already.")
    return Reply({"uuids": [new_sample(pangea.store, name=each, library=library)["uuid"] for each in names]}, 201)


def _names(sent: Mapping[str, Any]) -> list[str]:
    if "names" not in sent:
        raise invalid("names", REQUIRED)
    # A text is taken as its letters, as deployed servers do.
    names: Any = list(sent["names"]) if isinstance(sent["names"], str) else sent["names"]
    read = text()
    try:
        return [read(each) for each in items(names)]
    except Wrong as error:
        raise invalid("names", error.text) from error


def _library(pangea: Pangea, person: Person, sent: Mapping[str, Any]) -> str:
    if "library" not in sent:
        raise invalid("library", REQUIRED)
    try:
        group = found(pangea.store, "sample_group", canonical_uuid(sent["library"]))
    except Wrong as error:
        raise invalid("library", error.text) from error
    if not pangea.access.is_member(person, group["organization"]):
        raise forbidden("Insufficient permissions to get group manifest.")
    if not group["is_library"]:
        raise invalid("library", "Only libraries can create samples")
    return group["uuid"]


def _changed(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    sample = _writable(pangea, call)
    fields = _written(pangea, call, partial=partial)
    after = {**sample, **fields}
    if (after["name"], after["library"]) != (sample["name"], sample["library"]):
        _free(pangea, after["name"], after["library"])
    if after["library"] != sample["library"]:
        pangea.store.unlink(GROUP_SAMPLE, sample["library"], sample["uuid"])
        pangea.store.link(GROUP_SAMPLE, after["library"], sample["uuid"])
    if after["metadata"] != sample["metadata"]:
        pangea.store.add(METADATA_VERSION, "", {"metadata": after["metadata"]}, parent=sample["uuid"])
    changed = pangea.store.change("sample", sample["uuid"], fields, parent=fields.get("library"))
    return Reply(Views(pangea.store).sample(changed))


def _written(pangea: Pangea, call: Call, *, partial: bool) -> dict[str, Any]:
    def library(uuid: str) -> Thing | None:
        group = pangea.store.find("sample_group", uuid)
        return group if group is not None and group["has_library"] else None

    taken = {
        "name": Field(text(), required=True),
        "library": Field(uuid_reference(library), required=True),
        "metadata": Field(json_value, null=True),
        "description": Field(text(blank=True)),
    }
    written = validated(taken, fields_of(call), partial=partial)
    if "library" in written:
        written["library"] = written["library"]["uuid"]
    if "metadata" in written and written["metadata"] is None:
        written["metadata"] = {}
    return written


def _writable(pangea: Pangea, call: Call) -> Thing:
    person = pangea.access.asker(call)
    sample = found(pangea.store, "sample", call.arguments["uuid"])
    if not may_write(pangea, call, person, sample):
        raise pangea.access.refusal(person)
    return sample


def _free(pangea: Pangea, name: str, library: str) -> None:
    if pangea.store.count("sample", below(library), named(name)):
        raise Invalid(unique_together(("name", "library")))
