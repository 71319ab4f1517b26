"""Presigned URLs to read files from: by GUID, many at once, and as access of DRS objects."""

from collections.abc import Iterable
from typing import Any, cast

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.fence import signing
from omicsdk.sandbox.gen3.fence.askers import fields_of
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.gen3.files import BUCKET
from omicsdk.sandbox.problems import Problem, bad_arguments
from omicsdk.sandbox.service import Call, Reply

MOST_OBJECTS = 100
"""How many URLs one request for access to DRS objects may ask for, as Fence has it by default."""
_TWO_LOGINS = "You cannot supply both GA4GH passports and a token in the Authorization header of a request."
_NO_PASSPORTS = (
    "Using GA4GH Passports as a means of authentication and authorization is not supported by this instance of Gen3."
)


def get_presigned_url(gen3: Needs, call: Call) -> Reply:
    """GET /data/download/{file_id}."""
    query = dict(call.query)
    url = _url(gen3, call, gen3.access.anyone(call.headers), call.arguments["file_id"], query.get("protocol"))
    if "redirect" in query:
        return Reply(status=302, headers={"Location": url})
    return Reply({"url": url})


def get_presigned_urls(gen3: Needs, call: Call) -> Reply:
    """POST /data/download/bulk."""
    guids = fields_of(call).get("guids")
    if not isinstance(guids, list):
        raise bad_arguments("missing required argument `guids`")
    asked = [str(each) for each in cast("list[object]", guids)]
    person = gen3.access.anyone(call.headers)
    urls, failed = _urls(gen3, call, person, asked, dict(call.query).get("protocol"))
    return Reply({"urls": urls, "failed_file_ids": _grouped(failed)})


def get_access_url(gen3: Needs, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/objects/{object_id}/access/{access_id}."""
    person = gen3.access.anyone(call.headers)
    return Reply({"url": _url(gen3, call, person, call.arguments["object_id"], call.arguments["access_id"])})


def post_access_url(gen3: Needs, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/{object_id}/access/{access_id}."""
    _refuse_passports(call)
    return get_access_url(gen3, call)


def get_access_urls(gen3: Needs, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/access."""
    wanted = _wanted(call.body)
    _refuse_passports(call)
    asked = sum(len(objects) for objects in wanted.values())
    if asked > MOST_OBJECTS:
        told = f"Request too large: {asked} objects requested, maximum is {MOST_OBJECTS}"
        return Reply({"error_code": 413, "error_description": told}, 413)
    person = gen3.access.anyone(call.headers)
    resolved: list[dict[str, Any]] = []
    failed: list[tuple[int, str]] = []
    for access, objects in wanted.items():
        urls, refused = _urls(gen3, call, person, objects, access)
        resolved += [{**each, "drs_access_id": access, "headers": []} for each in urls]
        failed += refused
    summary = {"requested": asked, "resolved": len(resolved), "unresolved": len(failed)}
    return Reply(
        {
            "summary": summary,
            "unresolved_drs_objects": _grouped(failed),
            "resolved_drs_object_access_urls": resolved,
        }
    )


def get_buckets(gen3: Needs, call: Call) -> Reply:
    """GET /data/buckets."""
    del call
    s3 = {name: {"region": "us-east-1"} for name in gen3.files.buckets("s3")}
    assert BUCKET in s3
    return Reply({"S3_BUCKETS": s3, "GS_BUCKETS": {name: {} for name in gen3.files.buckets("gs")}})


def _url(gen3: Needs, call: Call, person: Person, guid: str, protocol: str | None) -> str:
    query = dict(call.query)
    record = signing.record_of(gen3, guid)
    seconds = signing.lifetime(gen3, query.get("expires_in"))
    signing.check(gen3, record, person, signing.READ)
    sign = query.get("no_force_sign", "").lower() != "true"
    return signing.download_url(gen3, record, call.origin, protocol=protocol or None, seconds=seconds, sign_public=sign)


def _urls(
    gen3: Needs, call: Call, person: Person, guids: Iterable[str], protocol: str | None
) -> tuple[list[dict[str, str]], list[tuple[int, str]]]:
    """The URLs of several files, and of those that have none the status."""
    signing.lifetime(gen3, dict(call.query).get("expires_in"))  # a bad one is refused once, not for each file
    urls: list[dict[str, str]] = []
    failed: list[tuple[int, str]] = []
    for guid in guids:
        try:
            urls.append({"drs_object_id": guid, "url": _url(gen3, call, person, guid, protocol)})
        except Problem as problem:
            failed.append((problem.status, guid))
    return urls, failed


def _grouped(failed: Iterable[tuple[int, str]]) -> list[dict[str, Any]]:
    groups: dict[int, list[str]] = {}
    for status, guid in failed:
        groups.setdefault(status, []).append(guid)
    return [{"error_code": status, "object_ids": guids} for status, guids in groups.items()]


def _refuse_passports(call: Call) -> None:
    if not fields_of(call).get("passports"):
        return
    raise bad_arguments(_TWO_LOGINS if "authorization" in call.headers else _NO_PASSPORTS)


def _wanted(body: Any) -> dict[str, list[str]]:
    """The objects that a request is about, by the kind of access."""
    wanted: dict[str, list[str]] = {}
    try:
        for each in body["bulk_object_access_ids"]:
            for access in each["bulk_access_ids"]:
                wanted.setdefault(str(access), []).append(str(each["bulk_object_id"]))
    except (KeyError, TypeError):
        raise bad_arguments("bulk_object_access_ids: a list of bulk_object_id and bulk_access_ids is wanted") from None
    return wanted
