"""Fence: logins by keys and by programs, who a user is, and files: presigned URLs to read and write, and deletion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from omicsdk.sandbox.gen3.access import Person, Policy
from omicsdk.sandbox.gen3.indexd.index import PASSPORTS
from omicsdk.sandbox.gen3.service import HTML
from omicsdk.sandbox.gen3.storage import BUCKET, Grant
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found, or_raise
from omicsdk.sandbox.service import Call, Reply, basic_login, bearer_token

if TYPE_CHECKING:
    from omicsdk.sandbox.gen3.commons import Gen3

# Longest validity of access tokens, in seconds; Fence's default.
LONGEST_TOKEN = 3600
# The scopes that tokens of a program may have.
_SCOPES = ("openid", "fence", "user", "data", "admin")


def principal(gen3: Gen3, call: Call, scope: str) -> Person:
    """The sender of a request that needs a login.

    Args:
        gen3: The commons.
        call: The request.
        scope: The scope that the token must have.

    Raises:
        Problem: 401; there is no token, it is not valid, or lacks the scope.
    """
    token = bearer_token(call.headers)
    if not token:
        if scope == "user":
            raise Problem(401, "unauthorized", "Please login")
        raise _unknown("no authorization header provided")
    claims = gen3.access.claims(token)
    if scope not in claims["scope"]:
        raise _unknown(f"the token has no scope {scope}")
    person = gen3.access.person_of(claims)
    if person.client and scope != "data":
        raise _unknown("the token is of a client that acts for itself")
    return person


def _unknown(reason: str) -> Problem:
    return Problem(401, "unauthorized", f"Authentication Error: {reason}")


def get_access_token(gen3: Gen3, call: Call) -> Reply:
    """POST /credentials/api/access_token."""
    requested = call.arguments.get("expires_in", gen3.context.settings.number("gen3.token_seconds"))
    claims = gen3.access.claims(call.body["api_key"], "api_key")
    person = gen3.access.person_of(claims)
    token = gen3.access.issue(person.name, call.origin, seconds=min(requested, LONGEST_TOKEN), audience=claims["scope"])
    return Reply({"access_token": token})


def get_oauth2_token(gen3: Gen3, call: Call) -> Reply:
    """POST /oauth2/token, of which the sandbox has the grant client_credentials."""
    # Clients send the fields in the query or in the body.
    fields = {**dict(call.query), **dict(parse_qsl(call.content.decode(errors="replace")))}
    id, secret = basic_login(call.headers) or (fields.get("client_id", ""), fields.get("client_secret", ""))
    if not gen3.access.is_client(id, secret):
        challenge = {"WWW-Authenticate": 'Basic error="invalid_client"'}
        description = "The client cannot authenticate with methods: ['client_secret_basic']"
        return Reply({"error": "invalid_client", "error_description": description}, 401, challenge)
    if fields.get("grant_type") != "client_credentials":
        return Reply({"error": "unsupported_grant_type"}, 400)
    scopes = fields.get("scope", "").split()
    if any(scope not in _SCOPES for scope in scopes):
        response = "The requested scope is invalid, unknown, or malformed."
        return Reply({"error": "invalid_scope", "error_description": response}, 400)
    seconds = gen3.context.settings.number("gen3.token_seconds")
    token = gen3.access.issue_to_client(id, call.origin, seconds, scopes)
    response = {"token_type": "Bearer", "access_token": token, "expires_in": int(seconds), "scope": " ".join(scopes)}
    return Reply(response, headers={"Cache-Control": "no-store"})


def get_jwks(gen3: Gen3, _call: Call) -> Reply:
    """GET /.well-known/jwks."""
    return Reply({"keys": [{**gen3.access.key.as_jwk(), "key_ops": ["verify"]}]})


def get_user_info(gen3: Gen3, call: Call) -> Reply:
    """GET /user."""
    person = principal(gen3, call, "user")
    administers = person.may("*", "/")
    mapping = gen3.access.mapping(person)
    return Reply(
        {
            "user_id": person.number,
            "sub": str(person.number),
            "idp": "google",
            **dict.fromkeys(("username", "name", "display_name", "preferred_username", "email"), person.name),
            "phone_number": "",
            "is_admin": administers,
            "active": True,
            "role": "admin" if administers else "user",
            "project_access": gen3.access.projects(person),
            "certificates_uploaded": [],
            "resources_granted": [],
            "groups": [],
            "message": "",
            "resources": sorted(mapping),
            "authz": mapping,
            "azp": None,
            "primary_google_service_account": None,
        }
    )


# -- files


# Number of URLs that one request for access to DRS objects may request; Fence's default.
MOST_OBJECTS = 100
# The purpose of the sandbox's own passports.
PASSPORT = "passport"
_READ, _WRITE = "read-storage", "write-storage"
_PROTOCOLS = ("s3", "http", "ftp", "https", "gs", "az")
_SIGNED = ("s3", "gs", "az")
_TWO_LOGINS = "You cannot supply both GA4GH passports and a token in the Authorization header of a request."
_NO_PASSPORTS = (
    "Using GA4GH Passports as a means of authentication and authorization is not supported by this instance of Gen3."
)


# -- may a user read or write the file of a record


def _record_of(gen3: Gen3, guid: str) -> Mapping[str, Any]:
    return or_raise(gen3.index.get(guid), not_found(f"No indexed document found with id {guid}"))


def _lifetime(gen3: Gen3, requested: int | None) -> float:
    """How long a presigned URL is valid, in seconds; the longest time if the request states none.

    Raises:
        Problem: 400; the requested time is not a positive integer.
    """
    longest = gen3.context.settings.number("gen3.url_seconds")
    if requested is not None and requested <= 0:
        raise bad_arguments(f"Requested expiry must be a positive integer; instead got {requested}")
    return longest if requested is None else min(requested, longest)


def _check(gen3: Gen3, record: Mapping[str, Any], person: Person, method: str) -> None:
    """Refuse unless a user may do something, read-storage or write-storage, with a record's file.

    Raises:
        Problem: 401, or what the setting `gen3.forbidden_status` states for a user with a valid token.
    """
    resources: list[str] = record.get("authz") or []
    acl: list[str] = record.get("acl") or []
    if resources:
        allowed = all(person.may(method, resource, "fence") for resource in resources)
        message = (
            "Either you weren't authenticated successfully or you don't have"
            f" {method} permission on authorization resource: {resources}."
        )
    elif "*" in acl:
        allowed, message = method != _WRITE, "Cannot upload on public files while using acl field"
    else:
        allowed = _listed(gen3, record, person, method, acl)
        message = f"You don't have access permission on this file: {record['did']}"
    if not allowed:
        is_logged_in = person.name or person.client
        status = int(gen3.context.settings.number("gen3.forbidden_status")) if is_logged_in else 401
        raise Problem(status, "unauthorized" if status == 401 else "forbidden", message)


def _listed(gen3: Gen3, record: Mapping[str, Any], person: Person, method: str, acl: list[str]) -> bool:
    """Whether a file is a user's own, or of a project that they may do this in: how records without authz are kept."""
    if record.get("uploader"):
        return bool(person.name) and record["uploader"] == person.name
    allowed = gen3.access.projects(person)
    return any(method in allowed.get(project, ()) or "*" in allowed.get(project, ()) for project in acl)


# -- downloads: by GUID, many at once, and as access of DRS objects


def get_presigned_url(gen3: Gen3, call: Call) -> Reply:
    """GET /data/download/{file_id}."""
    protocol = dict(call.query).get("protocol")
    url = _url(gen3, call, gen3.access.anyone(call.headers), call.arguments["file_id"], protocol)
    if "redirect" in dict(call.query):
        text = "<!doctype html>\n<title>Redirecting...</title>\n"
        return Reply(text=text, status=302, headers={**HTML, "Location": url})
    return Reply({"url": url})


def get_access_url(gen3: Gen3, call: Call) -> Reply:
    """GET /ga4gh/drs/v1/objects/{object_id}/access/{access_id}."""
    person = gen3.access.anyone(call.headers)
    return Reply({"url": _url(gen3, call, person, call.arguments["object_id"], call.arguments["access_id"])})


def post_access_url(gen3: Gen3, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/{object_id}/access/{access_id}."""
    person = _holder(gen3, call)
    return Reply({"url": _url(gen3, call, person, call.arguments["object_id"], call.arguments["access_id"])})


def get_access_urls(gen3: Gen3, call: Call) -> Reply:
    """POST /ga4gh/drs/v1/objects/access."""
    person = _holder(gen3, call)
    accesses = [(item["bulk_object_id"], item["bulk_access_ids"]) for item in call.body["bulk_object_access_ids"]]
    requested = [(guid, access) for guid, kinds in accesses for access in kinds]
    if len(requested) > MOST_OBJECTS:
        message = f"Request too large: {len(requested)} objects requested, maximum is {MOST_OBJECTS}"
        return Reply({"error_code": 413, "error_description": message}, 413)
    urls, unresolved = _urls(gen3, call, person, requested)
    resolved: list[dict[str, Any]] = [
        {"drs_object_id": guid, "drs_access_id": access, "url": url, "headers": []} for guid, access, url in urls
    ]
    counts = {"requested": len(requested), "resolved": len(resolved), "unresolved": len(requested) - len(resolved)}
    # Where no object has a URL, Fence responds with the status that most of them have.
    statuses = {len(failed["object_ids"]): failed["error_code"] for failed in reversed(unresolved)}
    status = statuses[max(statuses)] if statuses and not resolved else 200
    body = {"summary": counts, "unresolved_drs_objects": unresolved, "resolved_drs_object_access_urls": resolved}
    return Reply(body, status)


def get_presigned_urls(gen3: Gen3, call: Call) -> Reply:
    """POST /data/download/bulk."""
    protocol = dict(call.query).get("protocol")
    person = gen3.access.anyone(call.headers)
    urls, failed = _urls(gen3, call, person, [(guid, protocol) for guid in call.body["guids"]])
    return Reply({"urls": [{"drs_object_id": guid, "url": url} for guid, _, url in urls], "failed_guids": failed})


def _urls(
    gen3: Gen3, call: Call, person: Person, requested: Sequence[tuple[str, str | None]]
) -> tuple[list[tuple[str, str | None, str]], list[dict[str, Any]]]:
    """URLs by GUID and protocol, and what Fence states of those without one: the GUIDs by status."""
    urls: list[tuple[str, str | None, str]] = []
    failed: dict[int, list[str]] = {}
    for guid, protocol in requested:
        try:
            urls.append((guid, protocol, _url(gen3, call, person, guid, protocol)))
        except Problem as problem:
            failed.setdefault(problem.status, []).append(guid)
    return urls, [{"error_code": status, "object_ids": guids} for status, guids in failed.items()]


def _url(gen3: Gen3, call: Call, person: Person, guid: str, protocol: str | None) -> str:
    """A URL that the file of a record can be read from."""
    record = _record_of(gen3, guid)
    seconds = _lifetime(gen3, call.arguments.get("expires_in"))
    _check(gen3, record, person, _READ)
    location = _location(record, protocol or None)
    if location.partition("://")[0] not in _SIGNED:
        return location
    if not gen3.files.has_bucket(location):
        raise Problem(500, "internal", "permission denied for bucket")
    return gen3.presigned(call.origin, Grant("GET", location), seconds)


def _location(record: Mapping[str, Any], protocol: str | None) -> str:
    """The location of a record's file: the first with the requested scheme, or the first of all.

    Raises:
        Problem: 400, the protocol is not one of Fence's; 404, the record has no such location.
    """
    urls: list[str] = record.get("urls") or []
    schemes = [url.partition("://")[0] for url in urls]
    for scheme in (*(() if protocol is None else (protocol,)), *schemes):
        if scheme not in _PROTOCOLS:
            raise bad_arguments(f"The specified protocol {scheme} is not supported")
    accepted = schemes if protocol is None else [protocol, "https"] if protocol == "http" else [protocol]
    fitting = [url for url, scheme in zip(urls, schemes, strict=True) if scheme in accepted]
    if fitting:
        return fitting[0]
    if protocol is None:
        raise not_found("Can't find any file locations.")
    raise not_found(f"File {record['did']} does not have a location with specified protocol {protocol}.")


def _holder(gen3: Gen3, call: Call) -> Person:
    """Who sent a request: the holder of passports, who may read what their issuers open, or the owner of a token.

    Passports are the sandbox's own (`Access.issue` with the purpose `passport`), and are taken where the setting of their issuers names
    some; by default they are refused, as the recorded releases do.

    Raises:
        Problem: 400; passports are not taken, or not beside a token. 401; one of them is not good.
    """
    passports: list[str] = call.body.get("passports")
    if not passports:
        return gen3.access.anyone(call.headers)
    opened: Mapping[str, Sequence[str]] = gen3.index.json_setting(PASSPORTS)
    if "authorization" in call.headers or not opened:
        raise bad_arguments(_TWO_LOGINS if "authorization" in call.headers else _NO_PASSPORTS)
    issuers = {gen3.access.claims(passport, PASSPORT)["iss"] for passport in passports}
    readable = [resource for resource, named in opened.items() if issuers.intersection(named)]
    return Person("passport", 0, tuple(Policy(resource, "fence", _READ) for resource in readable))


# -- uploads: blank records with URLs that accept their bytes, whole or in parts


def upload_file(gen3: Gen3, call: Call) -> Reply:
    """POST /data/upload."""
    person = principal(gen3, call, "data")
    body = call.body
    authz: list[str] = body.get("authz") or []
    if not _may_upload(person, authz):
        raise Problem(
            403,
            "forbidden",
            "You do not have access to upload data. You either need general file uploader permissions or create and"
            " write-storage permissions on the authz resources you specified (if you specified any).",
        )
    seconds = _lifetime(gen3, body.get("expires_in"))
    guid, url = _location_of_upload(gen3, person, body, authz)
    return Reply({"guid": guid, "url": gen3.presigned(call.origin, Grant("PUT", url), seconds)}, 201)


def upload_file_to_guid(gen3: Gen3, call: Call) -> Reply:
    """GET /data/upload/{file_id}."""
    query = dict(call.query)
    guid = call.arguments["file_id"]
    _check_bucket(query.get("bucket"))
    record = _record_of(gen3, guid)
    seconds = _lifetime(gen3, call.arguments.get("expires_in"))
    _check(gen3, record, gen3.access.anyone(call.headers), _WRITE)
    url = _key_url(f"{record['did']}/{query.get('file_name') or guid.replace('/', '_')}")
    return Reply({"url": gen3.presigned(call.origin, Grant("PUT", url), seconds)})


def init_multipart_upload(gen3: Gen3, call: Call) -> Reply:
    """POST /data/multipart/init."""
    guid, url = _location_of_upload(gen3, _uploader(gen3, call), call.body, ())
    return Reply({"guid": guid, "uploadId": gen3.files.begin(url)}, 201)


def get_multipart_upload_url(gen3: Gen3, call: Call) -> Reply:
    """POST /data/multipart/upload."""
    _uploader(gen3, call)
    body = call.body
    grant = Grant("PUT", _url_of_key(body), body["uploadId"], body["partNumber"])
    return Reply({"presigned_url": gen3.presigned(call.origin, grant, _lifetime(gen3, body.get("expires_in")))})


def complete_multipart_upload(gen3: Gen3, call: Call) -> Reply:
    """POST /data/multipart/complete."""
    _uploader(gen3, call)
    body = call.body
    url = _url_of_key(body)
    try:
        gen3.files.complete(body["uploadId"], url, [(part["PartNumber"], part["ETag"]) for part in body["parts"]])
    except Problem as refusal:
        detail = (
            f"An error occurred ({refusal.code}) when calling the CompleteMultipartUpload operation: {refusal.title}"
        )
        return Reply({"message": f"Can not complete multipart upload for {body['key']}. Detail {detail}"}, 500)
    gen3.indexing.stored(url)
    return Reply({"message": "OK"})


def _uploader(gen3: Gen3, call: Call) -> Person:
    """The sender of a request that only general uploaders may send."""
    person = principal(gen3, call, "data")
    if not _may_upload(person, ()):
        raise Problem(403, "forbidden", "user does not have privileges to access this endpoint")
    return person


def _may_upload(person: Person, authz: Sequence[str]) -> bool:
    if authz:
        return all(person.may(method, resource, "fence") for resource in authz for method in ("create", _WRITE))
    return person.may("file_upload", "/data_file", "fence")


def _location_of_upload(gen3: Gen3, person: Person, body: Mapping[str, Any], authz: Sequence[str]) -> tuple[str, str]:
    """The GUID of an upload, that of a new record where none is stated, and where its file goes."""
    _check_bucket(body.get("bucket"))
    name, guid = body["file_name"], body.get("guid")
    if guid:
        _record_of(gen3, guid)
    else:
        # A record under resources does not name who uploads it.
        guid = str(gen3.index.create_blank(None if authz else person.name or None, name, authz=list(authz))["did"])
    return guid, _key_url(f"{guid}/{name}")


def _url_of_key(body: Mapping[str, Any]) -> str:
    _check_bucket(body.get("bucket"))
    return _key_url(body["key"])


def _key_url(key: str) -> str:
    # Fence reads keys as URLs: what follows a # or ? in the name of a file is not part of its key.
    return f"s3://{BUCKET}/{urlsplit(f's3://{BUCKET}/{key}').path.strip('/')}"


def _check_bucket(bucket: str | None) -> None:
    if bucket not in (None, "", BUCKET):
        raise Problem(403, "forbidden", f"Uploading to bucket '{bucket}' is not allowed")


# -- deletion


def delete_file_locations(gen3: Gen3, call: Call) -> Reply:
    """DELETE /data/{file_id}."""
    person = principal(gen3, call, "data")
    record = _record_of(gen3, call.arguments["file_id"])
    authz: Sequence[str] = record.get("authz") or []
    if authz and not all(person.may("delete", resource, "fence") for resource in authz):
        return Reply({"message": "You do not have arborist permissions to delete this file."}, 403)
    if not authz and (not record.get("uploader") or record["uploader"] != person.name):
        message = "You cannot delete this file because the uploader field indicates it does not belong to you."
        return Reply({"message": message}, 403)
    urls: Sequence[str] = record.get("urls") or ()
    if any(gen3.files.has_bucket(url) and gen3.files.find(url) is None for url in urls):
        return Reply({"message": "Unable to delete the data file associated with this record. Backing off."}, 404)
    for url in urls:
        gen3.files.remove(url)
    gen3.index.delete(record["did"])
    return Reply(status=204)
