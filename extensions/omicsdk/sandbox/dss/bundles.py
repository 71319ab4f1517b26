"""Files, with the redirects that they are read by, and bundles of them, with checkouts: their operations."""

import json
import uuid as uuids
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from omicsdk.core.type_guards import is_array
from omicsdk.sandbox.dss.state import (
    LIVE_BUNDLE,
    LIVE_COLLECTION,
    BundleEntry,
    CheckoutJob,
    CollectionVersion,
    Dss,
    FileRecord,
    JsonObject,
    Tombstone,
    format_version,
    manifest,
    parse_version,
    refuse_missing,
    start_of,
)
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found, whole_number
from omicsdk.sandbox.s3.staging import MotoObject
from omicsdk.sandbox.service import Call, Caller, Reply, page
from omicsdk.sandbox.state.objects import CHECKSUMS, StoredObject


def redirect_while_copying(dss: Dss, call: Call) -> Reply | None:
    """The redirect, or None when the data is ready.

    Args:
        dss: The Data Store.
        call: The request, whose token counts the redirects before.

    Returns:
        A 301 to the request's own URL with Retry-After, or None.

    Raises:
        Problem: 400 illegal_token; the token is not one of the sandbox's.
    """
    redirects = whole_number(call.arguments.get("token", "0"))
    if redirects is None:
        raise Problem(400, "illegal_token", "Could not understand token")
    settings = dss.context.settings
    if redirects >= settings.number("dss.checkout_redirects"):
        return None
    wait = str(round(settings.number("dss.retry_after")))
    return Reply(status=301, headers={"Location": call.url(token=redirects + 1), "Retry-After": wait})


BLOB_BUCKET = "org-hca-dss-sandbox"
_SCHEMES = {"aws": "s3", "gcp": "gs"}


def head_file(dss: Dss, call: Call) -> Reply:
    """HEAD /files/{uuid}."""
    return Reply(headers=_facts(dss.file(call.arguments["uuid"], call.arguments.get("version"))))


def get_file(dss: Dss, call: Call) -> Reply:
    """GET /files/{uuid}."""
    file = dss.file(call.arguments["uuid"], call.arguments.get("version"))
    if wait := redirect_while_copying(dss, call):
        return wait
    if call.arguments.get("directurl"):
        key = f"blobs/{file.sha256}.{file.sha1}.{file.s3_etag}.{file.crc32c}"
        location = direct_url(dss, call.arguments["replica"], BLOB_BUCKET, key, file)
    else:
        disposition: str = call.arguments.get("content_disposition", "")
        if not (disposition.isprintable() and disposition.isascii()):
            raise bad_arguments("content_disposition has characters that a header can't have")
        location = presigned_url(dss, call, file, disposition)
    return Reply(status=302, headers={"Location": location, **_facts(file)})


def presigned_url(dss: Dss, call: Call, file: FileRecord, disposition: str = "", name: str = "") -> str:
    """Return a temporary URL of a file's bytes."""
    return dss.context.signer.url(
        call.origin,
        file.sha256,
        seconds=dss.context.settings.number("dss.url_seconds"),
        content_type=file.content_type,
        disposition=disposition,
        name=name,
    )


def direct_url(dss: Dss, replica: str, bucket: str, key: str, file: FileRecord) -> str:
    """The cloud's own URL of a file's bytes. One of the aws replica points to them on the staging server."""
    if replica == "aws":
        path = str(dss.context.objects.path(file.sha256))
        dss.context.staging.publish(bucket, key, path, file.content_type)
    return f"{_SCHEMES[replica]}://{bucket}/{key}"


_FACTS = {
    f"X-DSS-{name.upper().replace('_', '-')}": name
    for name in ("creator_uid", "version", "content_type", "size", "crc32c", "s3_etag", "sha1", "sha256")
}


def _facts(file: FileRecord) -> dict[str, str]:
    return {header: str(getattr(file, name)) for header, name in _FACTS.items()}


def put_file(dss: Dss, call: Call) -> Reply:
    """PUT /files/{uuid}."""
    call.sender.needs("hca")
    uuid, version = call.arguments["uuid"].lower(), parse_version(call.arguments["version"])
    creator_uid: int = call.body["creator_uid"]
    staged = _staged(dss, call.body["source_url"])
    checksums = _checksums(staged.labels)
    new_file = FileRecord(uuid, version, creator_uid, staged.content_type, **checksums, size=staged.size, ready=0.0)
    if answer := _already(dss, new_file):
        return answer

    def check(content: StoredObject) -> None:
        for name, value in checksums.items():
            if (actual := getattr(content, name)) != value:
                raise Problem(422, "invalid_checksum", f"hca-dss-{name} is {value}, the data has {actual}")

    with dss.context.objects.receive(staged.size, check=check) as incoming:
        for block in staged.blocks():
            incoming.write(block)
    settings = dss.context.settings
    late = staged.size >= settings.number("dss.async_bytes")
    ready = dss.now() + (settings.number("dss.async_seconds") if late else 0)
    with dss.transaction():
        # A user may have registered it while the bytes arrived.
        if answer := _already(dss, new_file):
            return answer
        dss.files.add(replace(new_file, ready=ready))
    return _accepted(version) if late else Reply({"version": version}, 201)


def _accepted(version: str) -> Reply:
    return Reply({"version": version, "task_id": str(uuids.uuid4())}, 202)


def _already(dss: Dss, new_file: FileRecord) -> Reply | None:
    """The response if that version exists or is being copied; None otherwise."""
    existing = dss.files.get(new_file.uuid, new_file.version)
    if existing is None:
        return None
    if replace(existing, size=new_file.size, ready=new_file.ready) != new_file:
        title = f"File {new_file.uuid} version {new_file.version} is already there, with other data"
        raise Problem(409, "file_already_exists", title)
    return Reply({"version": new_file.version}) if existing.ready <= dss.now() else _accepted(new_file.version)


def _staged(dss: Dss, source_url: str) -> MotoObject:
    # `?` and `#` may be parts of a key.
    parts = urlsplit(source_url, allow_fragments=False)
    key = parts.path.removeprefix("/") + (f"?{parts.query}" if parts.query else "")
    # Both replicas stage on the one S3 server that the sandbox has.
    if parts.scheme not in _SCHEMES.values():
        raise Problem(400, "unknown_source_schema", f"Sources are s3:// or gs:// URLs, not {source_url}")
    if not parts.netloc or not key:
        raise bad_arguments(f"The source {source_url} names no bucket and key")
    staged = dss.context.staging.find(parts.netloc, key)
    if staged is None:
        raise bad_arguments(f"There is no object {source_url} on the staging server")
    return staged


def _checksums(labels: Mapping[str, str]) -> dict[str, str]:
    checksums = {name: labels.get(f"hca-dss-{name}", "").lower() for name in CHECKSUMS}
    for name, value in checksums.items():
        if not value:
            raise Problem(422, "missing_checksum", f"The source has no checksum hca-dss-{name}")
    return checksums


def get_bundle(dss: Dss, call: Call) -> Reply:
    """GET /bundles/{uuid}."""
    arguments = call.arguments
    direct, presigned = bool(arguments.get("directurls")), bool(arguments.get("presignedurls"))
    if direct and presigned:
        raise Problem(400, "only_one_urltype", "Only one of directurls and presignedurls may be true")
    start = start_of(call)
    bundle = dss.bundle(arguments["uuid"], arguments.get("version"))
    # URLs are of copies that a checkout has to make first; a list without URLs needs none.
    if (direct or presigned) and (wait := redirect_while_copying(dss, call)):
        return wait
    per_page = arguments["per_page"]
    files: list[JsonObject] = []
    for entry in dss.entries(bundle, start, per_page):
        file_entry = entry.manifest()
        if presigned:
            file_entry["url"] = presigned_url(dss, call, entry.file, name=entry.name)
        elif direct:
            replica = arguments["replica"]
            key = f"{checkout_prefix(bundle.uuid, bundle.version)}/{entry.name}"
            file_entry["url"] = direct_url(dss, replica, checkout_bucket(replica), key, entry.file)
        files.append(file_entry)
    body = {
        "bundle": {"uuid": bundle.uuid, "version": bundle.version, "files": files, "creator_uid": bundle.creator_uid}
    }
    more = start + per_page < bundle.count
    # The version is pinned, so that a bundle that changes in between does not mix two versions.
    return page(call, body, "bundle.files", {"start_at": start + per_page, "version": bundle.version} if more else None)


def get_bundles_all(dss: Dss, call: Call) -> Reply:
    """GET /bundles/all."""
    prefix = call.arguments.get("prefix", "").lower()
    per_page: int = call.arguments["per_page"]
    uuid, _, version = call.arguments.get("search_after", "").partition(".")
    # A prefix is compared by its length, since LIKE has wildcards and no use for case.
    where = f"(uuid, version) > (?, ?) AND substr(uuid, 1, ?) = ? AND {LIVE_BUNDLE}"
    values = (uuid, version, len(prefix), prefix)
    # One more than a page, to state whether another one follows.
    bundles = dss.bundles.all(where, *values, order="uuid, version", limit=per_page + 1)
    page_bundles, more = bundles[:per_page], len(bundles) > per_page
    body: JsonObject = {
        "object": "list",
        "bundles": [{"uuid": bundle.uuid, "version": bundle.version} for bundle in page_bundles],
        "page_count": len(page_bundles),
        "per_page": per_page,
        "has_more": more,
        "event_timestamp": format_version(dss.now()),
    }
    if prefix:
        body["search_prefix"] = prefix
    if not more:
        return page(call, body, "bundles", None)
    after = page_bundles[-1].fqid
    body |= {"search_after": after, "link": call.url(search_after=after)}
    if "token" in call.arguments:
        body["token"] = call.arguments["token"]
    return page(call, body, "bundles", {"search_after": after})


def put_bundle(dss: Dss, call: Call) -> Reply:
    """PUT /bundles/{uuid}."""
    call.sender.needs("hca")
    uuid = call.arguments["uuid"].lower()
    version = parse_version(call.arguments["version"])
    creator_uid: int = call.body["creator_uid"]
    entries, missing = resolve_entries(dss, call.body["files"])
    if missing:
        raise Problem(400, "file_missing", f"Could not find file {missing}")
    unique_names(entries)
    body = {"version": version, "manifest": manifest(version, creator_uid, entries)}
    with dss.transaction():
        # A deleted version stays taken: the Data Store never gives a version other contents.
        existing = dss.find_bundle(uuid, version, tombstoned=True)
        if existing is None:
            dss.add_bundle(uuid, version, creator_uid, entries)
            return Reply(body, 201)
    if existing.creator_uid == creator_uid and dss.entries(existing) == entries:
        return Reply(body, 200)
    raise Problem(
        409, "bundle_already_exists", f"Bundle {uuid} version {version} is already there, with other contents"
    )


def resolve_entries(dss: Dss, references: Iterable[Mapping[str, Any]]) -> tuple[list[BundleEntry], str]:
    """Look up the files of a new bundle.

    Returns:
        The entries, and the first file that does not exist (uuid and version; else empty).
    """
    entries: list[BundleEntry] = []
    for reference in references:
        uuid, version = reference["uuid"].lower(), parse_version(reference["version"])
        file = dss.find_file(uuid, version)
        if file is None:
            return entries, f"{uuid}/{version}"
        entries.append(BundleEntry(reference["name"], reference["indexed"], file))
    return entries, ""


def unique_names(entries: Iterable[BundleEntry]) -> None:
    """Raise a 400 when two entries have the same name."""
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            raise Problem(400, "duplicate_filename", f"Two files of the bundle are named {name}")


def patch_bundle(dss: Dss, call: Call) -> Reply:
    """PATCH /bundles/{uuid}."""
    call.sender.needs("hca")
    version = parse_version(call.arguments["version"])
    added, missing = resolve_entries(dss, call.body.get("add_files", []))
    if missing:
        raise Problem(422, "invalid_link", f"Could not find file {missing}")
    removed = {
        (reference["name"], reference["uuid"].lower(), parse_version(reference["version"]))
        for reference in call.body.get("remove_files", [])
    }
    with dss.transaction():
        bundle = dss.bundle(call.arguments["uuid"], version)
        entries = [
            entry for entry in dss.entries(bundle) if (entry.name, entry.file.uuid, entry.file.version) not in removed
        ] + added
        unique_names(entries)
        # After deleted versions, too, so that the new one is the latest of all that were.
        latest = dss.find_bundle(bundle.uuid, None, tombstoned=True)
        new_version = dss.new_version(latest.version if latest else "")
        dss.add_bundle(bundle.uuid, new_version, bundle.creator_uid, entries)
    return Reply({"uuid": bundle.uuid, "version": new_version})


def delete_bundle(dss: Dss, call: Call) -> Reply:
    """DELETE /bundles/{uuid}."""
    caller = call.sender.needs("admin")
    uuid = call.arguments["uuid"].lower()
    version = call.arguments.get("version")
    tombstone = Tombstone(uuid, version or "", caller.email, call.body["reason"])
    with dss.transaction():
        if dss.find_bundle(uuid, version, tombstoned=True) is None:
            refuse_missing("bundle", uuid, version)
        existing = dss.tombstones.get(uuid, version or "")
        if existing is None:
            dss.delete_bundle(tombstone)
        elif existing != tombstone:
            what = f"version {version}" if version else "with all its versions"
            raise Problem(409, "bundle_tombstone_already_exists", f"Bundle {uuid} {what} is already deleted")
    return Reply({})


def checkout_bucket(replica: str) -> str:
    """The bucket that checkouts without a destination go to."""
    return f"org-hca-dss-checkout-sandbox{'-gcp' if replica == 'gcp' else ''}"


def checkout_prefix(uuid: str, version: str) -> str:
    """The prefix of a bundle's files in the bucket."""
    return f"bundles/{uuid}.{version}"


def post_bundles_checkout(dss: Dss, call: Call) -> Reply:
    """POST /bundles/{uuid}/checkout."""
    replica: str = call.arguments["replica"]
    bundle = dss.bundle(call.arguments["uuid"], call.arguments.get("version"))
    job = CheckoutJob(
        id=str(uuids.uuid4()),
        replica=replica,
        uuid=bundle.uuid,
        version=bundle.version,
        destination=call.body.get("destination") or checkout_bucket(replica),
        ends=dss.now() + dss.context.settings.number("dss.checkout_seconds"),
    )
    dss.checkouts.put(job)
    return Reply({"checkout_job_id": job.id})


def get_bundles_checkout(dss: Dss, call: Call) -> Reply:
    """GET /bundles/checkout/{checkout_job_id}."""
    job = dss.checkouts.get(call.arguments["checkout_job_id"].lower())
    if job is None or job.replica != call.arguments["replica"]:
        raise not_found(f"Cannot find checkout {call.arguments['checkout_job_id']}")
    if job.ends > dss.now():
        return Reply({"status": "RUNNING"})
    if not job.copied and not job.cause:
        job = _copy(dss, job)
        dss.checkouts.put(job)
    if job.cause:
        return Reply({"status": "FAILED", "cause": job.cause})
    scheme = "gs" if job.replica == "gcp" else "s3"
    location = f"{scheme}://{job.destination}/{checkout_prefix(job.uuid, job.version)}"
    return Reply({"status": "SUCCEEDED", "location": location})


def _copy(dss: Dss, job: CheckoutJob) -> CheckoutJob:
    """Copy the files when a user first requests the finished job, so that nothing runs in the background."""
    bundle = dss.find_bundle(job.uuid, job.version)
    if bundle is None:
        return replace(job, cause="The bundle was deleted")
    staging, objects = dss.context.staging, dss.context.objects
    if job.destination == checkout_bucket(job.replica):
        staging.make_bucket(job.destination)
    for entry in dss.entries(bundle):
        key = f"{checkout_prefix(job.uuid, job.version)}/{entry.name}"
        path = str(objects.path(entry.file.sha256))
        if not staging.put(job.destination, key, path, entry.file.content_type):
            return replace(job, cause=f"The bucket {job.destination} does not exist or cannot be written")
    return replace(job, copied=True)


MAX_LINKS = 1000
# The platform reads no larger file for a part of it.
MAX_METADATA = 1024 * 1024


def get_collections(dss: Dss, call: Call) -> Reply:
    """GET /collections."""
    start, per_page = start_of(call), call.arguments["per_page"]
    latest = "version = (SELECT max(version) FROM dss_collections others WHERE others.uuid = dss_collections.uuid)"
    where = f"{latest} AND {LIVE_COLLECTION}"
    collections = dss.collections.all(where, order="uuid", limit=per_page + 1, offset=start, owner=call.sender.email)
    page_items = [{"uuid": collection.uuid, "version": collection.version} for collection in collections[:per_page]]
    more = {"start_at": start + per_page} if len(collections) > per_page else None
    return page(call, {"collections": page_items}, "collections", more)


def put_collection(dss: Dss, call: Call) -> Reply:
    """PUT /collections."""
    caller = call.sender.needs("hca")
    uuid = call.arguments["uuid"].lower()
    version = parse_version(call.arguments["version"])
    contents: list[JsonObject] = call.body["contents"]
    if len(contents) > MAX_LINKS:
        raise bad_arguments(f"A new collection has at most {MAX_LINKS} links, not {len(contents)}: add more by PATCH")
    body: JsonObject = {**call.body, "contents": _distinct(contents), "owner": caller.email}
    _check_links(dss, body["contents"])
    with dss.transaction():
        existing = dss.find_collection(uuid, None)
        if existing is not None:
            _owned(existing, caller)
        dss.collections.put(CollectionVersion(uuid, version, caller.email, body))
    return Reply({"uuid": uuid, "version": version}, 201)


def get_collection(dss: Dss, call: Call) -> Reply:
    """GET /collections/{uuid}."""
    collection = dss.collection(call.arguments["uuid"], call.arguments.get("version"))
    return Reply(_owned(collection, call.sender).body)


def patch_collection(dss: Dss, call: Call) -> Reply:
    """PATCH /collections/{uuid}."""
    caller = call.sender.needs("hca")
    uuid = call.arguments["uuid"].lower()
    added: list[JsonObject] = call.body.get("add_contents", [])
    _check_links(dss, added)
    removed = {_identity(item) for item in call.body.get("remove_contents", [])}
    with dss.transaction():
        # The change is made to the version that the request names, and becomes newer than the latest one.
        latest = _owned(dss.collection(call.arguments["uuid"], None), caller).version
        body = dss.collection(call.arguments["uuid"], parse_version(call.arguments["version"])).body
        body |= {name: call.body[name] for name in ("name", "description", "details") if name in call.body}
        remaining = [item for item in body["contents"] if _identity(item) not in removed]
        body["contents"] = _distinct([*remaining, *added])
        version = dss.new_version(latest)
        dss.collections.put(CollectionVersion(uuid, version, caller.email, body))
    return Reply({"uuid": uuid, "version": version})


def delete_collection(dss: Dss, call: Call) -> Reply:
    """DELETE /collections/{uuid}."""
    caller = call.sender.needs("hca")
    with dss.transaction():
        collection = _owned(dss.collection(call.arguments["uuid"], None), caller)
        dss.collection_tombstones.add(Tombstone(collection.uuid, "", caller.email, ""))
    return Reply({})


def _owned(collection: CollectionVersion, sender: Caller) -> CollectionVersion:
    if collection.owner != sender.email:
        raise Problem(403, "Forbidden", "Collection access denied: it belongs to somebody else")
    return collection


def _identity(item: Mapping[str, Any]) -> str:
    """The key that makes two links equal: all their fields, uuids without regard to case, times in any form."""
    same = {**item, "uuid": item["uuid"].lower(), "version": parse_version(item["version"])}
    return json.dumps(same, sort_keys=True)


def _distinct(contents: Iterable[JsonObject]) -> list[JsonObject]:
    distinct: dict[str, JsonObject] = {}
    for item in contents:
        distinct.setdefault(_identity(item), item)
    return list(distinct.values())


def _check_links(dss: Dss, contents: Iterable[JsonObject]) -> None:
    for item in contents:
        if not _leads_somewhere(dss, item):
            raise Problem(
                422, "invalid_link", f"There is no {item['type']} {item['uuid']} version {item['version']} to link to"
            )


def _leads_somewhere(dss: Dss, item: JsonObject) -> bool:
    uuid, version = item["uuid"].lower(), parse_version(item["version"])
    find = {"file": dss.find_file, "bundle": dss.find_bundle, "collection": dss.find_collection}.get(item["type"])
    return _check_part(dss, item, uuid, version) if find is None else find(uuid, version) is not None


def _check_part(dss: Dss, item: JsonObject, uuid: str, version: str) -> bool:
    """A link to a part of a metadata file: the file exists, is JSON, and has something at the JSON Pointer (RFC 6901)."""
    pointer = item.get("fragment")
    if not isinstance(pointer, str) or pointer[:1] not in ("", "/"):
        raise Problem(
            422, "invalid_link", f"A link of type {item['type']} needs a fragment: a JSON Pointer into the file"
        )
    file = dss.find_file(uuid, version)
    if file is None or file.size > MAX_METADATA:
        return False
    try:
        value: Any = json.loads(dss.context.objects.read(file.sha256))
        for step in pointer.split("/")[1:]:
            value = value[int(step) if is_array(value) else step.replace("~1", "/").replace("~0", "~")]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise Problem(422, "invalid_link", f"The file {uuid} has nothing at {pointer!r}: {error}") from error
    return True
