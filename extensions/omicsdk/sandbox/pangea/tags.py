"""Tags, and the samples, groups and tags that have them. Everybody reads them, whoever is logged in writes them."""

import random
from collections.abc import Mapping
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, listed, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import NOUNS, OF_SAMPLE, ResultKind
from omicsdk.sandbox.pangea.samples import module_counts
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing, Where
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, canonical_uuid, moment, read_as, text, validated
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply, for_each

TAG = "tag"
# A sample may have the same tag several times, each with a payload of its own: taggings are things, named as what has the tag.
_TAGGINGS = {"sample": "tag_sample", "sample_group": "tag_group", TAG: "tag_tag"}
_SHOWN = ("uuid", "name", "created_at", "updated_at", "payload")
_RANDOM = 100


class Tags(Resource):
    """Tags: whose tag it is doesn't matter."""

    kind, one = TAG, "tag"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"payload": ""}
    by_name = True
    asks = "nobody"

    def fields(self) -> Mapping[str, Field]:
        """What may be written of a tag."""
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
        taggings = self.store.all(_TAGGINGS["sample"], name=read_as("sample", canonical_uuid, sample))
        chosen = {tag["uuid"]: tag for tag in self.store.all(TAG, *self.asked())}
        return paged(self.call, [chosen[each["tag"]] for each in taggings if each["tag"] in chosen], _view)

    def remove(self, thing: Thing) -> None:
        """Other tags don't have it any more."""
        for tagging in self.store.all(_TAGGINGS[TAG], name=thing["uuid"]):
            self.store.remove(tagging["uuid"])
        super().remove(thing)


def _view(tag: Thing) -> dict[str, Any]:
    return shown(tag, _SHOWN)


# -- what has a tag


def _tagged(pangea: Pangea, call: Call, kind: str, *, in_query: bool = False) -> list[Thing]:
    """What has the tag of a path and may be seen by whoever asks, as often as it has it."""
    person = pangea.access.asker(call, in_query=in_query)
    tag = found(pangea.store, TAG, call.arguments.get("tag_pk") or call.arguments["id"])
    visible = pangea.access.visible_samples if kind == "sample" else pangea.access.visible_groups
    having = Where(
        "uuid IN (SELECT name FROM pangea_things WHERE kind = ? AND parent = ?)", (_TAGGINGS[kind], tag["uuid"])
    )
    there = {each["uuid"]: each for each in pangea.store.all(kind, having, visible(person))}
    taggings = pangea.store.all(_TAGGINGS[kind], parent=tag["uuid"])
    return [there[each["name"]] for each in taggings if each["name"] in there]


def _list(pangea: Pangea, call: Call, kind: str) -> Reply:
    things, views = _tagged(pangea, call, kind), Views(pangea.store)
    return paged(call, things, views.sample if kind == "sample" else views.group)


def list_tag_tags(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/tags: all tags there are, as deployed servers answer."""
    return listed(call, pangea.store, TAG, [], _view)


def _tag(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization of a sample or group may tag it, and whoever is logged in a tag."""
    person = pangea.access.need(call)
    tag = found(pangea.store, TAG, call.arguments["tag_pk"])
    name = f"{kind}_uuid"
    sent = validated({name: Field(canonical_uuid, required=True), "payload": Field(text(blank=True))}, fields_of(call))
    thing = pangea.store.find(kind, sent[name])
    if thing is None:
        raise invalid(name, f'Invalid pk "{sent[name]}" - object does not exist.')
    if kind != TAG and not pangea.access.owns(person, thing):
        raise forbidden(f"Insufficient permissions to tag {kind.replace('_', ' ')}.")
    fields = {"tag": tag["uuid"], "payload": sent.get("payload", "")}
    pangea.store.add(_TAGGINGS[kind], thing["uuid"], fields, parent=tag["uuid"])
    return Reply({"status": "success"})


def _count_modules(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    """Of what may be seen, results that may not count too."""
    total = "n_samples" if kind is OF_SAMPLE else "n_groups"
    return Reply(module_counts(pangea, total, kind, _tagged(pangea, call, kind.owner, in_query=True)))


def get_tag_random_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/random_samples: `?n=` of those that may be seen, each once."""
    samples = {each["uuid"]: each for each in _tagged(pangea, call, "sample")}
    wanted = dict(call.query).get("n", str(_RANDOM))
    if not wanted.isdecimal() or len(wanted) > len(str(2**31)):
        raise invalid("n", "A valid integer is required.")
    chosen = random.sample(list(samples.values()), min(int(wanted), len(samples)))
    view = Views(pangea.store).sample
    return Reply({"results": [view(each) for each in chosen]})


HANDLERS = {
    **operations_of(Tags),
    **for_each({kind: kind for kind in ("sample", "sample_group")}, {"list_tag_{}s": _list}),
    **for_each({kind: kind for kind in _TAGGINGS}, {"tag_{}": _tag}),
    **for_each({kind.owner: kind for kind in NOUNS.values()}, {"get_tag_{}_module_counts": _count_modules}),
}
