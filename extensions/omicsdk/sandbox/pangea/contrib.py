"""Wikis and tags, and what sites add to the platform: taxonomy, reads of SARS-CoV-2, and search."""

import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from omicsdk.sandbox.pangea.groups import module_counts
from omicsdk.sandbox.pangea.resource import KINDS, Resource, existing, operations_of, paged, shown
from omicsdk.sandbox.pangea.results import NOUNS, OF_SAMPLE, ResultKind
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Record, Where, folded
from omicsdk.sandbox.rest_framework import fields as drf
from omicsdk.sandbox.rest_framework.service import Refused, forbidden, invalid
from omicsdk.sandbox.service import Call, Reply, for_each, named

# -- wikis

_WIKI = "wiki"
_WORDS = {"organization": "Organization", "sample_group": "Sample Group", "pipeline": "Pipeline"}


class Pages(Resource):
    """Pages of wikis."""

    kind = "wiki_page"
    schema = "WikiPage"
    parent = "wiki"
    new: ClassVar[Mapping[str, Any]] = {"text": ""}
    renamed: ClassVar[Mapping[str, str]] = {"title": "name"}


def _read_wiki(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Those of groups are open to users who may see the group, others to every user."""
    person = pangea.access.principal(call)
    record = existing(pangea.store, kind, call.arguments["id"])
    if kind == "sample_group" and not pangea.access.may_see(person, kind, record["uuid"]):
        raise forbidden("Insufficient permissions to get wiki.")
    new = not pangea.store.all(_WIKI, parent=record["uuid"])
    return Reply(_wiki_view(pangea, call, _wiki(pangea, kind, record)), 201 if new else 200)


def _add_page(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization may, and of pipelines any logged-in user."""
    person = pangea.access.need(call)
    record = existing(pangea.store, kind, call.arguments["id"])
    if kind != "pipeline" and not pangea.access.owns(person, record["uuid"]):
        raise forbidden("Insufficient permissions to edit wiki.")
    wiki = _wiki(pangea, kind, record)
    fields = drf.stated_fields(pangea.schemas["WikiPageBody"]["properties"], optional=("uuid",), blank=("text",))
    page = drf.validated(fields, drf.fields_of(call))
    pangea.store.add(Pages.kind, page["title"], {"text": page["text"], "wiki": wiki["uuid"]}, parent=wiki["uuid"])
    return Reply({"uuid": wiki["uuid"], **_wiki_view(pangea, call, wiki)}, 201)


def _wiki(pangea: Pangea, kind: str, record: Record) -> Record:
    wikis = pangea.store.all(_WIKI, parent=record["uuid"])
    if wikis:
        return wikis[0]
    wiki = pangea.store.add(_WIKI, "", {}, parent=record["uuid"])
    home = {"text": f"Wiki for {_WORDS[kind]} {record['name']}", "wiki": wiki["uuid"]}
    pangea.store.add(Pages.kind, "Home Page", home, parent=wiki["uuid"])
    return wiki


def _wiki_view(pangea: Pangea, call: Call, wiki: Record) -> dict[str, Any]:
    pages = [Pages(pangea, call).view(page) for page in pangea.store.all(Pages.kind, parent=wiki["uuid"])]
    fields = {**shown(wiki, ("created_at", "updated_at")), "home_page_obj": pages[0], "sidebar_obj": None}
    return {"pages": [page["uuid"] for page in pages], "page_objs": pages, **fields}


def get_site_wiki(_pangea: Pangea, _call: Call) -> Reply:
    """GET and POST /api/wiki/site: as on every deployed server, which calls a function without its argument."""
    raise Refused(500, "The site's own wiki fails on every server.")


write_site_wiki_page = get_site_wiki


# -- tags

TAG = "tag"
# A sample may have the same tag several times, each with its own payload: taggings are objects, named as their tags.
_TAGGINGS = {"sample": "tag_sample", "sample_group": "tag_group", TAG: "tag_tag"}
_RANDOM = 100


class Tags(Resource):
    """Tags: whose tag it is does not matter."""

    kind = one = TAG
    schema = "Tag"
    unique = ("name",)
    new: ClassVar[Mapping[str, Any]] = {"payload": ""}
    by_name = True
    asks = "nobody"

    def cleaned(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Times are checked, and not kept."""
        return {name: value for name, value in fields.items() if not name.endswith("_at")}

    def pages(self) -> Reply:
        """Those of `?sample=` as often as the sample has them."""
        sample = dict(self.call.query).get("sample", "").strip()
        if not sample:
            return super().pages()
        taggings = self.store.all(_TAGGINGS["sample"], name=drf.read_as("sample", drf.canonical_uuid, sample))
        chosen = {tag["uuid"]: tag for tag in self.store.all(TAG, *self.requested())}
        return paged(self.call, [chosen[tagging["tag"]] for tagging in taggings if tagging["tag"] in chosen], self.view)

    def remove(self, record: Record) -> None:
        """Other tags do not have it any more."""
        for tagging in self.store.all(_TAGGINGS[TAG], name=record["uuid"]):
            self.store.remove_tree(tagging["uuid"])
        super().remove(record)


def _tagged(pangea: Pangea, call: Call, kind: str, *, in_query: bool = False) -> list[Record]:
    """The objects with the tag of a path that the caller may see, as often as they have it."""
    person = pangea.access.principal(call, in_query=in_query)
    tag = existing(pangea.store, TAG, call.arguments.get("tag_pk") or call.arguments["id"])
    having = "uuid IN (SELECT name FROM pangea_things WHERE kind = ? AND parent = ?)"
    where = Where(having, (_TAGGINGS[kind], tag["uuid"]))
    records = {record["uuid"]: record for record in pangea.store.all(kind, where, pangea.access.visible(person, kind))}
    taggings = pangea.store.all(_TAGGINGS[kind], parent=tag["uuid"])
    return [records[tagging["name"]] for tagging in taggings if tagging["name"] in records]


def _list_tagged(pangea: Pangea, call: Call, kind: str) -> Reply:
    return paged(call, _tagged(pangea, call, kind), KINDS[kind](pangea, call).view)


def list_tag_tags(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/tags: all tags there are, as deployed servers answer."""
    return Tags(pangea, call).listed()


def _tag(pangea: Pangea, call: Call, kind: str) -> Reply:
    """Members of the organization of a sample or group may tag it, and any logged-in user a tag."""
    person = pangea.access.need(call)
    tag = existing(pangea.store, TAG, call.arguments["tag_pk"])
    name = f"{kind}_uuid"
    reference = drf.Field(Tags(pangea, call).reference(kind), required=True)
    sent = drf.validated({name: reference, "payload": drf.Field(drf.text(blank=True))}, drf.fields_of(call))
    if kind != TAG and not pangea.access.owns(person, sent[name]):
        raise forbidden(f"Insufficient permissions to tag {kind.replace('_', ' ')}.")
    fields = {"tag": tag["uuid"], "payload": sent.get("payload", "")}
    pangea.store.add(_TAGGINGS[kind], sent[name], fields, parent=tag["uuid"])
    return Reply({"status": "success"})


def _count_modules(pangea: Pangea, call: Call, kind: ResultKind) -> Reply:
    """Of what may be seen, results that may not count too."""
    total = "n_samples" if kind is OF_SAMPLE else "n_groups"
    return Reply(module_counts(pangea, total, kind, _tagged(pangea, call, kind.owner, in_query=True)))


def get_tag_random_samples(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/tags/{tag_pk}/random_samples: `?n=` of those that may be seen, each once."""
    samples = {sample["uuid"]: sample for sample in _tagged(pangea, call, "sample")}
    number = drf.row_number(dict(call.query).get("n", str(_RANDOM)))
    if number is None:
        raise invalid("n", "A valid integer is required.")
    chosen = random.sample(list(samples.values()), min(number, len(samples)))
    return Reply({"results": [KINDS["sample"](pangea, call).view(sample) for sample in chosen]})


# -- what sites add


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
    # Nothing is known of the user but the number, which is not looked up.
    fields = {"user": drf.Field(drf.integer, required=True), "raw_reads_path": drf.Field(drf.url(), required=True)}
    return Reply(drf.validated(fields, drf.fields_of(call)))


_MOST = 100
_INDEX = "search_index"
# Seconds, in the sandbox's time, after which the index is made anew: until then searches find nothing that is new.
INDEXED_EVERY = 300.0


def search(pangea: Pangea, call: Call) -> Reply:
    """GET /api/search: records whose names have all words of the query, of those that there were when the index was made."""
    pangea.access.principal(call)
    query = dict(call.query).get("query", "")
    conditions = [Where("instr(folded, ?) > 0", (folded(word),)) for word in re.findall(r"\w+", query)] or [Where("0")]
    where = [*conditions, Where("seq <= ?", (_indexed(pangea),))]

    def matches(kind: str) -> Sequence[Mapping[str, Any]]:
        resource = KINDS[kind](pangea, call)
        return [resource.view(record) for record in pangea.store.all(kind, *where, size=_MOST)]

    return Reply({"query": query, **{f"{kind}s": matches(kind) for kind in ("sample", "sample_group", "organization")}})


def _indexed(pangea: Pangea) -> int:
    """The number of the newest object in the index, which is made at the first search and then every few minutes."""
    indexes = pangea.store.all(_INDEX)
    if indexes and pangea.context.clock.now() - indexes[0]["made"] < INDEXED_EVERY:
        return pangea.store.number(indexes[0]["uuid"])
    for search_index in indexes:
        pangea.store.remove_tree(search_index["uuid"])
    index = pangea.store.add(_INDEX, "", {"made": pangea.context.clock.now()})
    return pangea.store.number(index["uuid"])


HANDLERS = {
    **for_each(named(*_WORDS), {"get_{}_wiki": _read_wiki, "write_{}_wiki_page": _add_page}),
    **operations_of(Tags),
    **for_each(named("sample", "sample_group"), {"list_tag_{}s": _list_tagged}),
    **for_each(named(*_TAGGINGS), {"tag_{}": _tag}),
    **for_each({kind.owner: kind for kind in NOUNS.values()}, {"get_tag_{}_module_counts": _count_modules}),
}
