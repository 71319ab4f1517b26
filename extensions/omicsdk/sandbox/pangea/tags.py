"""Tags, and the samples, groups and tags that have them. Everybody reads them, whoever is logged in writes them."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omicsdk.sandbox.pangea.requests.flat import (
    also_by_name,
    asked,
    asked_uuid,
    check_name,
    found,
    found_either,
    listed,
    paged,
)
from omicsdk.sandbox.pangea.requests.views import Views, shown
from omicsdk.sandbox.pangea.results.kinds import OF_GROUP, OF_SAMPLE
from omicsdk.sandbox.pangea.samples.manifests import module_counts
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.people import Person
from omicsdk.sandbox.pangea.stores.things import Thing, Where
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, canonical_uuid, moment, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

TAG = "tag"
# A sample may have the same tag several times, each with a payload of its own: taggings are things, named as what has the tag.
_TAGGED_SAMPLE, _TAGGED_GROUP, _TAGGED_TAG = "tag_sample", "tag_group", "tag_tag"
_SHOWN = ("uuid", "name", "created_at", "updated_at", "payload")
_FIELDS: Mapping[str, Field] = {
    "name": Field(text(), required=True),
    "created_at": Field(moment, null=True),
    "updated_at": Field(moment, null=True),
    "payload": Field(text(blank=True)),
}
_RANDOM = 100


def _view(tag: Thing) -> dict[str, Any]:
    return shown(tag, _SHOWN)


def list_tags(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/: those of `?sample=` as often as the sample has them."""
    where = [*asked_uuid(call), *asked(call, "name")]
    sample = dict(call.query).get("sample", "").strip()
    if not sample:
        return listed(call, pangea.store, TAG, where, _view)
    try:
        taggings = pangea.store.all(_TAGGED_SAMPLE, name=canonical_uuid(sample))
    except Wrong as error:
        raise invalid("sample", error.text) from error
    chosen = {tag["uuid"]: tag for tag in pangea.store.all(TAG, *where)}
    return paged(call, [chosen[each["tag"]] for each in taggings if each["tag"] in chosen], _view)


def create_tag(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/tags/."""
    pangea.access.need(call)
    fields = validated(_FIELDS, fields_of(call))
    check_name(pangea.store, TAG, fields)
    made = pangea.store.add(TAG, fields["name"], {"payload": fields.get("payload", "")})
    return Reply(_view(made), 201)


def get_tag(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{uuid}."""
    return Reply(_view(found_either(pangea.store, TAG, call)))


def put_tag(pangea: Pangea, call: Call) -> Reply:
    """PUT /api/contrib/tags/{uuid}."""
    return _write(pangea, call, partial=False)


def patch_tag(pangea: Pangea, call: Call) -> Reply:
    """PATCH /api/contrib/tags/{uuid}."""
    return _write(pangea, call, partial=True)


def delete_tag(pangea: Pangea, call: Call) -> Reply:
    """DELETE /api/contrib/tags/{uuid}: whose tag it is doesn't matter."""
    pangea.access.need(call)
    tag = found_either(pangea.store, TAG, call)
    for tagging in pangea.store.all(_TAGGED_TAG, name=tag["uuid"]):
        pangea.store.remove(tagging["uuid"])
    pangea.store.remove_tree(tag["uuid"])
    return Reply(status=204)


def _write(pangea: Pangea, call: Call, *, partial: bool) -> Reply:
    pangea.access.need(call)
    tag = found_either(pangea.store, TAG, call)
    fields = validated(_FIELDS, fields_of(call), partial=partial)
    check_name(pangea.store, TAG, fields, but=tag["uuid"])
    kept = {name: value for name, value in fields.items() if name in ("name", "payload")}
    return Reply(_view(pangea.store.change(TAG, tag["uuid"], kept)))


# -- what has a tag


def _tagged(pangea: Pangea, call: Call, kind: str, tagging: str, where: Sequence[Where] = ()) -> list[Thing]:
    """What has the tag of a path and may be seen, as often as it has it."""
    tag = found(pangea.store, TAG, call.arguments.get("tag_pk") or call.arguments["id"])
    there = {each["uuid"]: each for each in pangea.store.all(kind, _having(tag, tagging), *where)}
    return [there[each["name"]] for each in pangea.store.all(tagging, parent=tag["uuid"]) if each["name"] in there]


def _having(tag: Thing, tagging: str) -> Where:
    """Things that have a tag."""
    having = "SELECT name FROM pangea_things WHERE kind = ? AND parent = ?"
    return Where(f"uuid IN ({having})", (tagging, tag["uuid"]))


def list_tag_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/samples."""
    visible = pangea.access.visible_samples(pangea.access.asker(call))
    return paged(call, _tagged(pangea, call, "sample", _TAGGED_SAMPLE, [visible]), Views(pangea.store).sample)


def list_tag_sample_groups(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/sample_groups."""
    visible = pangea.access.visible_groups(pangea.access.asker(call))
    return paged(call, _tagged(pangea, call, "sample_group", _TAGGED_GROUP, [visible]), Views(pangea.store).group)


def list_tag_tags(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/tags: all tags there are, as deployed servers answer."""
    return listed(call, pangea.store, TAG, [], _view)


def tag_sample(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/tags/{tag_pk}/samples: members of the sample's organization may."""
    return _add(pangea, call, "sample", _TAGGED_SAMPLE, pangea.access.owns, "Insufficient permissions to tag sample.")


def tag_sample_group(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/tags/{tag_pk}/sample_groups: members of the group's organization may."""
    refusal = "Insufficient permissions to tag sample group."
    return _add(pangea, call, "sample_group", _TAGGED_GROUP, pangea.access.owns, refusal)


def tag_tag(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/tags/{tag_pk}/tags."""
    return _add(pangea, call, TAG, _TAGGED_TAG, lambda _person, _tag: True, "")


def _add(
    pangea: Pangea,
    call: Call,
    kind: str,
    tagging: str,
    may: Callable[[Person, Thing], bool],
    refusal: str,
) -> Reply:
    person = pangea.access.need(call)
    tag = found(pangea.store, TAG, call.arguments["tag_pk"])
    name = f"{kind}_uuid"
    sent = validated({name: Field(canonical_uuid, required=True), "payload": Field(text(blank=True))}, fields_of(call))
    thing = pangea.store.find(kind, sent[name])
    if thing is None:
        raise invalid(name, f'Invalid pk "{sent[name]}" - object does not exist.')
    if not may(person, thing):
        raise forbidden(refusal)
    fields = {"tag": tag["uuid"], "payload": sent.get("payload", "")}
    pangea.store.add(tagging, thing["uuid"], fields, parent=tag["uuid"])
    return Reply({"status": "success"})


def get_tag_random_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/random_samples: `?n=` of those that may be seen, each once."""
    visible = pangea.access.visible_samples(pangea.access.asker(call))
    samples = {each["uuid"]: each for each in _tagged(pangea, call, "sample", _TAGGED_SAMPLE, [visible])}
    wanted = dict(call.query).get("n", str(_RANDOM))
    if not wanted.isdecimal() or len(wanted) > len(str(2**31)):
        raise invalid("n", "A valid integer is required.")
    chosen = random.sample(list(samples.values()), min(int(wanted), len(samples)))
    view = Views(pangea.store).sample
    return Reply({"results": [view(each) for each in chosen]})


def get_tag_sample_module_counts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{id}/sample_module_counts: of samples that may be seen, results that may not count too."""
    visible = pangea.access.visible_samples(pangea.access.asker(call, in_query=True))
    samples = _tagged(pangea, call, "sample", _TAGGED_SAMPLE, [visible])
    return Reply(module_counts(pangea, "n_samples", OF_SAMPLE, samples))


def get_tag_sample_group_module_counts(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{id}/sample_group_module_counts: of groups that may be seen, results that may not count too."""
    visible = pangea.access.visible_groups(pangea.access.asker(call, in_query=True))
    groups = _tagged(pangea, call, "sample_group", _TAGGED_GROUP, [visible])
    return Reply(module_counts(pangea, "n_groups", OF_GROUP, groups))


HANDLERS = also_by_name(get_tag, put_tag, patch_tag, delete_tag)
