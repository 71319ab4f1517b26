"""What sites add to the platform (taxonomy, reads of SARS-CoV-2), and search."""

import re

from omicsdk.sandbox.pangea.resource import Views
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.store import Where, folded
from omicsdk.sandbox.rest_framework.bodies import fields_of
from omicsdk.sandbox.rest_framework.fields import Field, number_reference, url, validated
from omicsdk.sandbox.service import Call, Reply

_OUTSIDE = "it asks hosts outside of this machine"
ABSENT = {
    "omnisearch": _OUTSIDE,
    "get_metasub_kobo_map": _OUTSIDE,
    "refresh_metasub_kobo": _OUTSIDE,
    **dict.fromkeys(
        (
            "list_metasub_taxa",
            "get_metasub_sample_sunburst",
            "search_metasub_cities",
            "search_metasub_materials",
            "search_metasub_samples",
        ),
        "it reads tables of the MetaSUB consortium, which only its own site has",
    ),
    "get_site_wiki": "it ends in an error on every deployed server",
    "write_site_wiki_page": "it ends in an error on every deployed server",
}
"""Operations that the sandbox doesn't play, and why."""


def search_taxa(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/taxasearch/search."""
    pangea.access.asker(call)
    return Reply({"results": {}})


def correct_taxon_names(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/treeoflife/correct_names: no name is known."""
    pangea.access.asker(call)
    query = dict(call.query)
    name = query.get("query", "")
    canon = query.get("canon", "true").lower() in ("true", "1")
    return Reply({"canon": canon, "rank": query.get("rank"), name: {"query": name, "names": []}})


def get_taxon_ancestors(pangea: Pangea, call: Call) -> Reply:
    """GET /api/contrib/treeoflife/ancestors, annotate and get_descendants: no taxon is known."""
    pangea.access.asker(call)
    return Reply([f"Provided parameter {dict(call.query).get('query', '')} does not match any taxa."], 400)


annotate_taxa = get_taxon_descendants = get_taxon_ancestors


def queue_covid19_reads(pangea: Pangea, call: Call) -> Reply:
    """POST /api/contrib/covid19/: takes the reads, which nobody works off."""
    pangea.access.need(call)

    def user(number: int) -> int | None:
        person = pangea.people.by_id(number)
        return None if person is None else person.id

    fields = {"user": Field(number_reference(user), required=True), "raw_reads_path": Field(url(), required=True)}
    return Reply(validated(fields, fields_of(call)))


_MOST = 100


def search(pangea: Pangea, call: Call) -> Reply:
    """GET /api/search: things whose names have all words of the query."""
    pangea.access.asker(call)
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
