"""Tags, and the samples, groups and tags that have them. Everybody reads them, whoever is logged in writes them."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.people import Person
from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, listed, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import OF_GROUP, OF_SAMPLE
from omicsdk.sandbox.pangea.samples import module_counts
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing, Where
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, Wrong, canonical_uuid, moment, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply

TAG = "tag"
# A sample may have the same tag several times, each with a payload of its own: taggings are things, named as what has the tag.
_TAGGED_SAMPLE, _TAGGED_GROUP, _TAGGED_TAG = "tag_sample", "tag_group", "tag_tag"
_SHOWN = ("uuid", "name", "created_at", "updated_at", "payload")
_RANDOM = 100


class Tags(Resource):
    """Tags: whose tag it is doesn't matter."""

    kind, one, many = TAG, "tag", "tags"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"payload": ""}
    by_name = True
    asks = "nobody"

    def fields(self, *, partial: bool) -> Mapping[str, Field]:
        """What may be written of a tag."""
        del partial
        return {
            "name": Field(text(), required=True),
            "created_at": Field(moment, null=True),
            "updated_at": Field(moment, null=True),
            "payload": Field(text(blank=True)),
        }

    def sent(self, *, partial: bool = False) -> dict[str, Any]:
        """Times are checked, and not kept."""
        return {name: value for name, value in super().sent(partial=partial).items() if not name.endswith("_at")}

    def view(self) -> View:
        """Without what has it."""
        return _view

    def pages(self) -> Reply:
        """Those of `?sample=` as often as the sample has them."""
        sample = dict(self.call.query).get("sample", "").strip()
        if not sample:
            return super().pages()
        try:
            taggings = self.store.all(_TAGGED_SAMPLE, name=canonical_uuid(sample))
        except Wrong as error:
            raise invalid("sample", error.text) from error
        chosen = {tag["uuid"]: tag for tag in self.store.all(TAG, *self.asked())}
        return paged(self.call, [chosen[each["tag"]] for each in taggings if each["tag"] in chosen], _view)

    def remove(self, thing: Thing) -> None:
        """Other tags don't have it any more."""
        for tagging in self.store.all(_TAGGED_TAG, name=thing["uuid"]):
            self.store.remove(tagging["uuid"])
        super().remove(thing)


def _view(tag: Thing) -> dict[str, Any]:
    return shown(tag, _SHOWN)


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


HANDLERS = operations_of(Tags)
