"""Wikis and tags, and what sites add to the platform: taxonomy, reads of SARS-CoV-2, and search."""

import random
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.resource import Resource, View, Views, found, listed, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import NOUNS, OF_SAMPLE, ResultKind
from omicsdk.sandbox.pangea.samples import module_counts
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Thing, Where, folded
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.refusals import forbidden, invalid
from omicsdk.sandbox.service import Call, Reply, for_each

# -- wikis

_WIKI = "wiki"
_PAGE = "wiki_page"
_HOME = "Home Page"
_WORDS = {"organization": "Organization", "sample_group": "Sample Group", "pipeline": "Pipeline"}


def _read(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Those of groups are open to users who may see the group, others to every user."""
    person = pangea.access.principal(call)
    thing = found(pangea.store, kind, call.arguments["id"])
    if kind == "sample_group" and not pangea.access.may_see_group(person, thing):
        raise forbidden("Insufficient permissions to get wiki.")
    new = not pangea.store.all(_WIKI, parent=thing["uuid"])
    return Reply(_wiki_view(pangea, _wiki(pangea, kind, thing)), 201 if new else 200)


def _write(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization may, and of pipelines any logged-in user."""
    person = pangea.access.need(call)
    thing = found(pangea.store, kind, call.arguments["id"])
    owner = {"organization": thing["uuid"], "sample_group": thing.get("organization", "")}.get(kind)
    if owner is not None and not pangea.access.is_member(person, owner):
        raise forbidden("Insufficient permissions to edit wiki.")
    wiki = _wiki(pangea, kind, thing)
    sent = drf.fields_of(call)
    page = drf.validated(_FIELDS, sent)
    if sent.get("uuid"):
        _replace(pangea, wiki, sent["uuid"], page)
    else:
        pangea.store.add(_PAGE, page["title"], {"title": page["title"], "text": page["text"]}, parent=wiki["uuid"])
    return Reply({"uuid": wiki["uuid"], **_wiki_view(pangea, wiki)}, 201)


_FIELDS: Mapping[str, drf.Field] = {
    "title": drf.Field(drf.text(), required=True),
    "text": drf.Field(drf.text(blank=True, trim=False), required=True),
}


def _replace(pangea: Pangea, wiki: Thing, uuid: object, page: Mapping[str, Any]) -> None:
    if uuid not in [each["uuid"] for each in pangea.store.all(_PAGE, parent=wiki["uuid"])]:
        raise invalid("uuid", f'Invalid pk "{uuid}" - object does not exist.')
    pangea.store.change(_PAGE, str(uuid), {"name": page["title"], **page})


def _wiki(pangea: Pangea, kind: str, thing: Thing) -> Thing:
    there = pangea.store.all(_WIKI, parent=thing["uuid"])
    if there:
        return there[0]
    wiki = pangea.store.add(_WIKI, "", {}, parent=thing["uuid"])
    home = {"title": _HOME, "text": f"Wiki for {_WORDS[kind]} {thing['name']}"}
    pangea.store.add(_PAGE, _HOME, home, parent=wiki["uuid"])
    return wiki


def _wiki_view(pangea: Pangea, wiki: Thing) -> dict[str, Any]:
    names = ("uuid", "title", "created_at", "updated_at", "text")
    pages = [{**shown(each, names), "wiki": wiki["uuid"]} for each in pangea.store.all(_PAGE, parent=wiki["uuid"])]
    return {
        "pages": [each["uuid"] for each in pages],
        "created_at": wiki["created_at"],
        "updated_at": wiki["updated_at"],
        "page_objs": pages,
        "home_page_obj": pages[0],
        "sidebar_obj": None,
    }


# -- tags

TAG = "tag"
# A sample may have the same tag several times, each with its own payload: taggings are objects, named as their tags.
_TAGGINGS = {"sample": "tag_sample", "sample_group": "tag_group", TAG: "tag_tag"}
_SHOWN = ("uuid", "name", "created_at", "updated_at", "payload")
_RANDOM = 100


class Tags(Resource):
    """Tags: whose tag it is does not matter."""

    kind, one = TAG, "tag"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"payload": ""}
    by_name = True
    asks = "nobody"

    def fields(self) -> Mapping[str, drf.Field]:
        """The writable fields of a tag."""
        return {
            "name": drf.Field(drf.text(), required=True),
            "created_at": drf.Field(drf.datetime_, null=True),
            "updated_at": drf.Field(drf.datetime_, null=True),
            "payload": drf.Field(drf.text(blank=True)),
        }

    def sent(self, *, partial: bool = False) -> dict[str, Any]:
        """Times are checked, and not kept."""
        return {name: value for name, value in super().sent(partial=partial).items() if not name.endswith("_at")}

    def view(self) -> View:
        """Without what has it."""
        return _tag_view

    def pages(self) -> Reply:
        """Those of `?sample=` as often as the sample has them."""
        sample = dict(self.call.query).get("sample", "").strip()
        if not sample:
            return super().pages()
        taggings = self.store.all(_TAGGINGS["sample"], name=drf.read_as("sample", drf.canonical_uuid, sample))
        chosen = {tag["uuid"]: tag for tag in self.store.all(TAG, *self.asked())}
        return paged(self.call, [chosen[each["tag"]] for each in taggings if each["tag"] in chosen], _tag_view)

    def remove(self, thing: Thing) -> None:
        """Other tags do not have it any more."""
        for tagging in self.store.all(_TAGGINGS[TAG], name=thing["uuid"]):
            self.store.remove(tagging["uuid"])
        super().remove(thing)


def _tag_view(tag: Thing) -> dict[str, Any]:
    return shown(tag, _SHOWN)


# -- what has a tag


def _tagged(pangea: Pangea, call: Call, kind: str, *, in_query: bool = False) -> list[Thing]:
    """The objects with the tag of a path that the caller may see, as often as they have it."""
    person = pangea.access.principal(call, in_query=in_query)
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
    return listed(call, pangea.store, TAG, [], _tag_view)


def _tag(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization of a sample or group may tag it, and any logged-in user a tag."""
    person = pangea.access.need(call)
    tag = found(pangea.store, TAG, call.arguments["tag_pk"])
    name = f"{kind}_uuid"
    sent = drf.validated(
        {name: drf.Field(drf.canonical_uuid, required=True), "payload": drf.Field(drf.text(blank=True))},
        drf.fields_of(call),
    )
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
    **for_each({kind: kind for kind in _WORDS}, {"get_{}_wiki": _read, "write_{}_wiki_page": _write}),
    **operations_of(Tags),
    **for_each({kind: kind for kind in ("sample", "sample_group")}, {"list_tag_{}s": _list}),
    **for_each({kind: kind for kind in _TAGGINGS}, {"tag_{}": _tag}),
    **for_each({kind.owner: kind for kind in NOUNS.values()}, {"get_tag_{}_module_counts": _count_modules}),
}


# -- what sites add

_CONSORTIUM = """
list_metasub_taxa get_metasub_sample_sunburst search_metasub_cities search_metasub_materials search_metasub_samples
"""
ABSENT = {
    **dict.fromkeys(("omnisearch", "get_metasub_kobo_map", "refresh_metasub_kobo"), "it sends requests to other hosts"),
    **dict.fromkeys(_CONSORTIUM.split(), "it reads tables of the MetaSUB consortium, which only its own site has"),
    **dict.fromkeys(("get_site_wiki", "write_site_wiki_page"), "it ends in an error on every deployed server"),
}
"""Operations that the sandbox does not play, and why."""


def search_taxa(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/taxasearch/search."""
    pangea.access.principal(call)
    return Reply({"results": {}})


def correct_taxon_names(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/treeoflife/correct_names: no name is known."""
    pangea.access.principal(call)
    query = dict(call.query)
    name = query.get("query", "")
    canon = query.get("canon", "true").lower() in ("true", "1")
    return Reply({"canon": canon, "rank": query.get("rank"), name: {"query": name, "names": []}})


def get_taxon_ancestors(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/treeoflife/ancestors, annotate and get_descendants: no taxon is known."""
    pangea.access.principal(call)
    return Reply([f"Provided parameter {dict(call.query).get('query', '')} does not match any taxa."], 400)


annotate_taxa = get_taxon_descendants = get_taxon_ancestors


def queue_covid19_reads(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/covid19/: accepts the reads, which are not processed."""
    pangea.access.need(call)

    def user(number: int) -> int | None:
        person = pangea.people.by_id(number)
        return None if person is None else person.id

    fields = {
        "user": drf.Field(drf.number_reference(user), required=True),
        "raw_reads_path": drf.Field(drf.url(), required=True),
    }
    return Reply(drf.validated(fields, drf.fields_of(call)))


_MOST = 100


def search(pangea: Pangea, call: Call) -> Reply:
    """GET /api/search: things whose names have all words of the query."""
    pangea.access.principal(call)
    query = dict(call.query).get("query", "")
    words = [folded(each) for each in re.findall(r"\w+", query)]
    where = [Where("instr(folded, ?) > 0", (word,)) for word in words] or [Where("0")]
    views = Views(pangea.store)
    return Reply(
        {
            "query": query,
            "samples": [views.sample(each) for each in pangea.store.all("sample", *where, size=_MOST)],
            "sample_groups": [views.group(each) for each in pangea.store.all("sample_group", *where, size=_MOST)],
            "organizations": [
                views.organization(each) for each in pangea.store.all("organization", *where, size=_MOST)
            ],
        }
    )
