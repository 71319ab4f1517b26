"""Records: lists, single ones, blank ones, versions, aliases; URLs of records; and statistics."""

import json
from collections.abc import Sequence
from heapq import merge
from typing import cast

from omicsdk.sandbox.gen3.indexd import requests
from omicsdk.sandbox.gen3.indexd.index import BY_CHANGE, BY_GUID, NEIGHBOURS, Index, Kept
from omicsdk.sandbox.gen3.indexd.record import identifiers, in_list, is_blank, new_guid, new_rev, single
from omicsdk.sandbox.gen3.service import HTML, crash_if_real
from omicsdk.sandbox.problems import LARGEST, or_raise, whole_number
from omicsdk.sandbox.service import Call, JsonObject, Reply, for_each

# Number of GUIDs that may be requested at once.
MOST_GUIDS = 10_000


# -- lists


def _list(index: Index, call: Call, usual: str) -> Reply:
    query = requests.Query(call)
    limit, page = query.length(), query.number("page")
    criteria = requests.read_criteria(query)
    entries = listed(index, query.text("form") or usual, criteria, limit, page)
    views = [_bundle_in_list(entry) if "bundle_data" in entry else in_list(entry) for entry in entries]
    return Reply({**criteria.to_dict(), "limit": limit, "page": page, "records": views})


HANDLERS = for_each({"records": "object", "bundles": "bundle"}, {"list_{}": _list})


def listed(index: Index, form: str, criteria: requests.Criteria, limit: int, page: int | None) -> list[JsonObject]:
    """Records and bundles of a list, as they are kept.

    Args:
        index: The index.
        form: `bundle` for bundles, `all` for both, anything else for records.
        criteria: What records must match.
        limit: Largest number of items; of both kinds together half of it, and one more of each.
        page: Which page, counted from 0; None for the first in the order of GUIDs.
    """
    if form in ("all", "bundle") and criteria.start is not None:
        raise requests.bad("Only lists of records continue after a GUID: use page", crashes=True)
    if form == "all":
        share = limit // 2 + 1
        bundles, records = (listed(index, kind, criteria, share, page) for kind in ("bundle", "object"))
        # The later one of the next two comes first; of the same moment, the record.
        return list(merge(records, bundles, key=_created, reverse=True))
    offset = min(limit * max(page or 0, 0), LARGEST)  # pages before the first one are the first one
    if form == "bundle":
        return [bundle.document for bundle in index.bundles.all(limit=limit, offset=offset)]
    where, values = criteria.condition(index.prefix)
    order = BY_GUID if page is None else BY_CHANGE
    return index.records.listed(where, values, order=order, limit=-1 if criteria.ids else limit, offset=offset)


def _bundle_in_list(bundle: JsonObject) -> JsonObject:
    """A bundle as lists return it: two of its fields are JSON within texts."""
    view = {name: value for name, value in bundle.items() if name not in ("bundle_data", "checksums")}
    texts = {"aliases": json.dumps(bundle["aliases"]), "checksum": json.dumps(bundle["checksums"])}
    return {**view, **texts, "form": "bundle"}


def _bundle_as_record(bundle: JsonObject, *, expand: bool) -> JsonObject:
    """A bundle in the form of a record, with its members' members where it expands."""
    contents: list[JsonObject] = bundle["bundle_data"]
    if not expand:
        contents = [{**content, "contents": []} for content in contents]
    return {**_bundle_in_list(bundle), "bundle_data": contents}


def _created(entry: JsonObject) -> str:
    return entry.get("created_date") or entry["created_time"]


# -- records


def get_record(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}."""
    record = index.either(call.arguments["GUID"])
    if "did" in record:
        return Reply(single(record))
    return Reply(_bundle_as_record(record, expand=requests.Query(call).text("expand") != "false"))


def get(index: Index, call: Call) -> Reply:
    """GET /{GUID}: a record or bundle by any of its names."""
    guid = call.arguments["GUID"]
    if record := index.find(guid):
        return Reply(record)
    if bundle := index.find_bundle(guid):
        return Reply(_bundle_as_record(bundle, expand=True))
    raise requests.no_record()


def get_records(index: Index, call: Call) -> Reply:
    """POST /bulk/documents."""
    guids: object = requests.sent_json(call)
    if not isinstance(guids, list):
        raise requests.bad("ids is not a list")
    if not guids:
        crash_if_real(index.context, "an empty list of GUIDs")
    return Reply([in_list(record) for record in index.records.several(map(str, cast("list[object]", guids)))])


def create_record(index: Index, call: Call) -> Reply:
    """POST /index."""
    body = requests.sent(call, "InputInfo")
    index.permit(call, "create", body.get("authz") or ())
    return Reply(index.create(body))


def update_record(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}."""
    changes = requests.sent(call, "UpdateInputInfo")
    record = _current(index, call)
    index.permit(call, "update", {*record["authz"], *changes.get("authz", ())})
    return Reply(index.update(record["did"], changes))


def delete_record(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}."""
    if requests.Query(call).text("rev") is None:
        raise requests.bad("no revision specified")
    record = _current(index, call)
    index.permit(call, "delete", record["authz"])
    index.delete(record["did"])
    return Reply(text="", headers=HTML)


def _current(index: Index, call: Call) -> JsonObject:
    """The record that a request means, of the revision that it names."""
    record = index.existing(call.arguments["GUID"])
    if requests.Query(call).text("rev") != record["rev"]:
        raise requests.mismatch()
    return record


# -- blank records: they announce a file that is being uploaded, and are filled once afterwards


def create_blank(index: Index, call: Call) -> Reply:
    """POST /index/blank."""
    body = requests.sent(call, "InputBlankInfo", nulls=False)
    authz: list[str] = body.get("authz") or []
    index.permit_upload(call, "create", authz)
    return Reply(index.create_blank(body.get("uploader"), body.get("file_name"), authz), 201)


def create_blank_version(index: Index, call: Call) -> Reply:
    """POST /index/blank/{GUID}: without own resources the new version inherits the old one's access rules."""
    body = requests.sent(call, "InputBlankVersionInfo", nulls=False)
    if body.get("authz"):
        index.permit(call, "create", body["authz"])
    older = index.existing(call.arguments["GUID"])
    index.permit(call, "update", older["authz"])
    if body.get("did") == older["did"]:
        raise requests.refuse(409, f"{older['did']} already exists")
    rules = {"authz": body["authz"]} if body.get("authz") else {"authz": older["authz"], "acl": older["acl"]}
    fields = {name: body.get(name) for name in ("did", "uploader", "file_name")}
    return Reply(index.create_version(older, {**fields, **rules}), 201)


def update_blank(index: Index, call: Call) -> Reply:
    """PUT /index/blank/{GUID}."""
    body = requests.sent(call, "UpdateBlankInputInfo", nulls=False)
    if not is_blank(index.existing(call.arguments["GUID"])):
        raise requests.bad("update api is not supported for non-empty record!")
    record = _current(index, call)
    authz = body.get("authz")
    index.permit_upload(call, "update", {*record["authz"], *authz} if authz else ())
    changes = {name: body.get(name) for name in ("size", "hashes", "urls", "authz")}
    return Reply(index.update(record["did"], changes))


# -- versions of a file: records of the same `baseid`


def create_new_version(index: Index, call: Call) -> Reply:
    """POST /index/{GUID}."""
    body = requests.sent(call, "InputInfo")
    older = index.existing(call.arguments["GUID"])
    index.permit(call, "update", {*older["authz"], *body.get("authz", ())})
    return Reply(index.create_version(older, body))


def get_versions(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/versions."""
    versions = index.versions(call.arguments["GUID"])
    return Reply({str(number): in_list(version) for number, version in enumerate(versions)})


def get_latest_version(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/latest."""
    versioned = requests.Query(call).is_on("has_version")
    all_versions = index.versions(call.arguments["GUID"])
    versions = [version for version in all_versions if version["version"] is not None or not versioned]
    if not versions:
        raise requests.no_record()
    return Reply(in_list(versions[-1]))


def update_versions(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}/versions: replace the access rules of all of them."""
    body = requests.sent(call, "UpdateAllVersionsInputInfo")
    rules = {name: sorted(set(values)) for name, values in body.items() if values}
    versions = index.versions(call.arguments["GUID"])
    index.permit(call, "update", {resource for version in versions for resource in version["authz"]})
    new = [{**version, **rules, "rev": new_rev()} for version in versions]
    for updated in new:
        index.records.put(updated)
    return Reply([identifiers(record) for record in new])


# -- records by their URLs, and URLs by their records


def get_urls(index: Index, call: Call) -> Reply:
    """GET /urls: `start` and `limit` count URLs."""
    query = requests.Query(call)
    query.number("size", crashes=True)
    size, hashes, limit = query.size(), query.hashes(), query.length()
    start = query.number("start", 0, least=0)
    ids = query.text("ids")
    # A size of 0 requests nothing, as in the service.
    criteria = requests.Criteria(ids=ids.split(",") if ids else None, size=size or None, hashes=hashes)
    rows = index.records.urls(*criteria.condition(""), limit, start)
    metadata = {record["did"]: record["urls_metadata"] for record in index.records.several(did for did, _ in rows)}
    urls = [{"url": url, "metadata": metadata[did].get(url, {})} for did, url in rows]
    return Reply({"urls": urls, "size": size, "hashes": hashes, "start": start, "limit": limit})


def query_urls(index: Index, call: Call) -> Reply:
    """GET /_query/urls/q."""
    query = requests.Query(call)
    include, exclude = (query.text(name) or "" for name in ("include", "exclude"))
    limit, offset = _window(query)
    rows: list[JsonObject] = [
        {"did": record["did"], "urls": record["urls"]}
        for record in index.records.listed(_versioned(query), ())
        if any(include in url for url in record["urls"])
        and not (exclude and any(exclude in url for url in record["urls"]))
    ]
    return Reply(_fields(query, rows[offset : offset + limit], "did,urls"))


def query_urls_metadata(index: Index, call: Call) -> Reply:
    """GET /_query/urls/metadata/q: one row for each URL."""
    query = requests.Query(call)
    key, value, part = (query.text(name) for name in ("key", "value", "url"))
    if key is None or value is None:
        raise requests.bad("key and value are needed")
    where, values = requests.Criteria(urls_metadata={part or "": {key: value}}).condition("")
    limit, offset = _window(query)
    rows = [
        {"did": record["did"], "urls": [url], "rev": record["rev"]}
        for record in index.records.listed(f"{where} AND {_versioned(query)}", values)
        for url, metadata in record["urls_metadata"].items()
        if (part or "") in url and metadata.get(key) == value
    ]
    return Reply(_fields(query, rows[offset : offset + limit], "did,urls,rev"))


def _window(query: requests.Query) -> tuple[int, int]:
    return query.number("limit", requests.DEFAULT_LENGTH, least=0), query.number("offset", 0, least=0)


def _versioned(query: requests.Query) -> str:
    if not query.text("versioned"):
        return "1"
    return "version IS NOT NULL" if query.is_on("versioned") else "version IS NULL"


def _fields(query: requests.Query, rows: list[JsonObject], default: str) -> list[JsonObject]:
    names = (query.text("fields") or default).split(",")
    return [{name: value for name, value in row.items() if name in names} for row in rows]


# -- the service itself


def get_stats(index: Index, call: Call) -> Reply:
    """GET /_stats: of all records, or of those of a month."""
    query = requests.Query(call)
    month, year = query.number("month"), query.number("year")
    both = month is not None and year is not None
    count, size = index.records.counted(f"{year:04}-{month:02}" if both else "")
    return Reply({"fileCount": count, "totalFileSize": size})


def get_valid_guids(index: Index, call: Call) -> Reply:
    """GET /guid/mint."""
    count = whole_number(requests.Query(call).text("count") or "1")
    if count is None or not 0 <= count <= MOST_GUIDS:
        return Reply(text=f"count has to be an integer from 0 to {MOST_GUIDS}", status=400, headers=HTML)
    return Reply({"guids": [new_guid(index.prefix) for _ in range(count)]})


def get_guids_prefix(index: Index, _call: Call) -> Reply:
    """GET /guid/prefix."""
    return Reply({"prefix": index.prefix})


def get_dist(index: Index, _call: Call) -> Reply:
    """GET /_dist: other commons."""
    return Reply(index.json_setting(NEIGHBOURS))


# -- aliases of records


_DELETED = "Aliases deleted successfully"


def get_aliases(index: Index, call: Call) -> Reply:
    """GET /index/{GUID}/aliases."""
    return _response(index.aliases.of(index.existing(call.arguments["GUID"])["did"]))


def create_aliases(index: Index, call: Call) -> Reply:
    """POST /index/{GUID}/aliases."""
    names = _sent(call)
    did = _writable(index, call, "update")
    index.add_aliases(did, names)
    return _response(index.aliases.of(did))


def update_aliases(index: Index, call: Call) -> Reply:
    """PUT /index/{GUID}/aliases: replace the aliases."""
    names = _sent(call)
    did = _writable(index, call, "update")
    index.aliases.remove(did=did)
    index.add_aliases(did, names)
    return _response(names)


def delete_aliases(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases."""
    index.aliases.remove(did=_writable(index, call, "delete"))
    return Reply(_DELETED)


def delete_alias(index: Index, call: Call) -> Reply:
    """DELETE /index/{GUID}/aliases/{ALIAS}."""
    alias = call.arguments["ALIAS"]
    if not index.aliases.remove(did=_writable(index, call, "delete"), alias=alias):
        raise requests.refuse(404, alias)
    return Reply(_DELETED)


def _sent(call: Call) -> list[str]:
    return [alias["value"] for alias in requests.sent(call, "AliasInfo")["aliases"]]


def _response(aliases: Sequence[str]) -> Reply:
    return Reply({"aliases": [{"value": alias} for alias in aliases]})


def _writable(index: Index, call: Call, method: str) -> str:
    record = index.existing(call.arguments["GUID"])
    index.permit(call, method, record["authz"])
    return record["did"]


# -- old alias records


_EMPTY: JsonObject = {"keeper_authority": None, "host_authorities": [], "metastring": None}


def list_alias_records(index: Index, call: Call) -> Reply:
    """GET /alias/."""
    query = requests.Query(call)
    size, limit, hashes, start = query.size(), query.length(least=1), query.hashes(), query.text("start")
    names = [
        alias["name"]
        for alias in index.alias_records.column("document", "key > ?", start or "", order="key")
        if size in (None, alias["size"]) and hashes.items() <= alias["hashes"].items()
    ]
    return Reply({"aliases": names[:limit], "limit": limit, "size": size, "start": start, "hashes": hashes or None})


def get_alias_record(index: Index, call: Call) -> Reply:
    """GET /alias/{ALIASSTRING}: with the URLs of records that have the same size and checksums."""
    query = requests.Query(call)
    record = _existing(index, call)
    limit, start = query.length(), query.number("start", 0)
    where, values = requests.Criteria(size=record["size"], hashes=record["hashes"]).condition(index.prefix)
    urls = [url for _, url in index.records.urls(where, values, limit, start)]
    metadata = record.pop("metastring")
    return Reply({**record, "metadata": metadata, "limit": limit, "start": start, "urls": urls})


def _permit(index: Index, call: Call, method: str) -> None:
    """Refuse a request without credentials as the service does, which takes a name and password alone here."""
    if "authorization" not in call.headers:
        raise requests.refuse(403, "Username / password required.")
    index.permit(call, method, ())


def put_alias_record(index: Index, call: Call) -> Reply:
    """PUT /alias/{ALIASSTRING}."""
    body = requests.sent(call, "AliasInputInfo")
    _permit(index, call, "update")
    name = call.arguments["ALIASSTRING"]
    if existing := index.alias_records.get(name):
        _check_rev(call, existing.document)
    record = {**_EMPTY, **body, "name": name, "rev": new_rev()}
    index.alias_records.put(Kept(name, record))
    return Reply({"name": name, "rev": record["rev"]})


def delete_alias_record(index: Index, call: Call) -> Reply:
    """DELETE /alias/{ALIASSTRING}."""
    _permit(index, call, "delete")
    record = _existing(index, call)
    _check_rev(call, record)
    index.alias_records.remove(key=record["name"])
    return Reply(text="", headers=HTML)


def _existing(index: Index, call: Call) -> JsonObject:
    return or_raise(index.alias_records.get(call.arguments["ALIASSTRING"]), requests.no_record()).document


def _check_rev(call: Call, record: JsonObject) -> None:
    if requests.Query(call).text("rev") not in (None, record["rev"]):
        raise requests.mismatch()
