"""Search over the index documents of bundles."""

from omicsdk.sandbox.dss.state import Dss
from omicsdk.sandbox.dss.store import JsonObject
from omicsdk.sandbox.paging import page
from omicsdk.sandbox.problems import Problem
from omicsdk.sandbox.search import InvalidQuery, UnsupportedClause, compile_query
from omicsdk.sandbox.service import Call, Reply

# Raw results carry whole metadata documents, so the platform bounds their number.
RAW_PER_PAGE = 10


def post_search(dss: Dss, call: Call) -> Reply:
    """POST /search."""
    arguments = call.arguments
    raw = arguments["output_format"] == "raw"
    per_page = min(arguments["per_page"], RAW_PER_PAGE) if raw else arguments["per_page"]
    query = call.body["es_query"]
    try:
        matches = compile_query(query)
    except RecursionError as error:
        raise Problem(400, "elasticsearch_bad_request", "Invalid Elasticsearch query: it is nested too deep") from error
    except (InvalidQuery, UnsupportedClause) as error:
        raise Problem(400, "elasticsearch_bad_request", f"Invalid Elasticsearch query: {error}") from error
    after: str = arguments.get("search_after", "")
    total = 0
    results: list[JsonObject] = []
    more = False
    for uuid, version in dss.store.documents():
        document = dss.document(uuid, version)
        if not matches(document):
            continue
        total += 1
        if (uuid, version) <= tuple(after.partition(".")[::2]):
            continue
        if len(results) == per_page:
            more = True
            continue
        hit: JsonObject = {
            "bundle_fqid": f"{uuid}.{version}",
            "bundle_url": call.service_url(f"/bundles/{uuid}", {"version": version, "replica": arguments["replica"]}),
            "search_score": None,
        }
        if raw:
            hit["metadata"] = document
        results.append(hit)
    body = {"es_query": query, "results": results, "total_hits": total}
    return page(call, body, "results", {"search_after": results[-1]["bundle_fqid"]} if more else None)
