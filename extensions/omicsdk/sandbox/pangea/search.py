"""Search over names of samples, groups and organizations. It finds private ones, too, whoever asks."""

import re

from omicsdk.sandbox.pangea.requests.views import Views
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.things import Where, folded
from omicsdk.sandbox.service import Call, Reply

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
            "samples": [views.sample(each) for each in pangea.store.some("sample", 0, _MOST, *where)],
            "sample_groups": [views.group(each) for each in pangea.store.some("sample_group", 0, _MOST, *where)],
            "organizations": [views.organization(each) for each in pangea.store.some("organization", 0, _MOST, *where)],
        }
    )
