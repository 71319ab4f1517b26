"""May somebody read or write the file of a record, and which URL do they get: Fence's rules."""

from collections.abc import Mapping
from typing import Any

from omicsdk.sandbox.gen3.access import Person
from omicsdk.sandbox.gen3.fence.needs import Needs
from omicsdk.sandbox.gen3.files import BUCKET
from omicsdk.sandbox.gen3.storage_urls import PREFIX, Grant, presigned
from omicsdk.sandbox.problems import Problem, bad_arguments, not_found
from omicsdk.sandbox.state.settings import Setting

READ, WRITE = "read-storage", "write-storage"
PROTOCOLS = ("s3", "http", "ftp", "https", "gs", "az")
_SIGNED = ("s3", "gs", "az")
SETTINGS = (
    Setting("gen3.url_seconds", 3600.0, "How many seconds presigned URLs of the Gen3 commons are good for at most"),
    Setting(
        "gen3.forbidden_status",
        401,
        "How Fence refuses a file to somebody whom it knows: 401 as its releases do, 403 as its document says",
    ),
)


def lifetime(gen3: Needs, asked: object) -> float:
    """How long a presigned URL is good for, in seconds.

    Args:
        gen3: The commons.
        asked: What the request says; None for the longest.

    Raises:
        Problem: 400; it isn't a positive whole number.
    """
    longest = gen3.grounds.settings.number("gen3.url_seconds")
    if asked is None:
        return longest
    if isinstance(asked, int | str) and not isinstance(asked, bool) and str(asked).isdecimal() and int(asked) > 0:
        return min(float(asked), longest)
    raise bad_arguments(f"Requested expiry must be a positive integer; instead got {asked}")


def record_of(gen3: Needs, guid: str) -> Mapping[str, Any]:
    """The index record of a GUID.

    Raises:
        Problem: 404; there is none.
    """
    found = gen3.index.get(guid)
    if found is None:
        raise not_found(f"No indexed document found with id {guid}")
    return found


def check(gen3: Needs, record: Mapping[str, Any], person: Person, method: str) -> None:
    """Refuses unless somebody may do something with a record's file.

    Args:
        gen3: The commons.
        record: The index record.
        person: Who asks.
        method: read-storage or write-storage.

    Raises:
        Problem: 401, or what the setting `gen3.forbidden_status` says for somebody with a good token.
    """
    resources: list[str] = record.get("authz") or []
    if resources:
        if not all(person.may(method, resource, "fence") for resource in resources):
            raise _refused(
                gen3,
                person,
                "Either you weren't authenticated successfully or you don't have"
                f" {method} permission on authorization resource: {resources}.",
            )
        return
    acl: list[str] = record.get("acl") or []
    if "*" in acl:
        if method == WRITE:
            raise _refused(gen3, person, "Cannot upload on public files while using acl field")
        return
    if not _listed(gen3, record, person, method, acl):
        raise _refused(gen3, person, f"You don't have access permission on this file: {record['did']}")


def _listed(gen3: Needs, record: Mapping[str, Any], person: Person, method: str, acl: list[str]) -> bool:
    """Whether a file is somebody's own, or of a project that they may do this in: how records without authz are kept."""
    if record.get("uploader"):
        return bool(person.name) and record["uploader"] == person.name
    allowed = gen3.access.projects(person)
    return any(method in allowed.get(project, ()) or "*" in allowed.get(project, ()) for project in acl)


def _refused(gen3: Needs, person: Person, message: str) -> Problem:
    known = person.name or person.client
    status = int(gen3.grounds.settings.number("gen3.forbidden_status")) if known else 401
    return Problem(status, "unauthorized" if status == 401 else "forbidden", message)


def download_url(
    gen3: Needs,
    record: Mapping[str, Any],
    origin: str,
    *,
    protocol: str | None,
    seconds: float,
    sign_public: bool = True,
) -> str:
    """A URL that a record's file can be read from.

    Args:
        gen3: The commons.
        record: The index record.
        origin: Scheme, host and port as the client reaches them.
        protocol: Which of the record's locations is wanted, by its scheme; None for the first.
        seconds: How long the URL is good for.
        sign_public: Whether URLs of public files are signed too.

    Raises:
        Problem: 400, the protocol isn't one of Fence's; 404, the record has no such location; 401, the bucket isn't
            the commons'.
    """
    if protocol is not None and protocol not in PROTOCOLS:
        raise bad_arguments(f"The specified protocol {protocol} is not supported")
    locations: list[str] = record.get("urls") or []
    for location in locations:
        scheme = location.partition("://")[0]
        if scheme not in PROTOCOLS:
            raise bad_arguments(f"The specified protocol {scheme} is not supported")
    if protocol is None and not locations:
        raise not_found("Can't find any file locations.")
    fitting = [each for each in locations if protocol is None or _fits(each.partition("://")[0], protocol)]
    if not fitting:
        raise not_found(f"File {record['did']} does not have a location with specified protocol {protocol}.")
    location = fitting[0]
    if location.partition("://")[0] not in _SIGNED:
        return location
    if not gen3.files.has_bucket(location):
        raise Problem(401, "unauthorized", "permission denied for bucket")
    if not sign_public and _public(record):
        gen3.files.publish(location)
        return f"{origin}{PREFIX}/{location.replace('://', '/', 1)}"
    return presigned(gen3.grounds.signer, origin, Grant("GET", location), seconds)


def upload_location(guid: str, file_name: str, bucket: str | None = None) -> str:
    """Where the file of a record goes that is uploaded.

    Args:
        guid: The record.
        file_name: The file's name.
        bucket: The bucket; None for the usual one.

    Raises:
        Problem: 403; nothing may be uploaded to that bucket.
    """
    if bucket not in (None, "", BUCKET):
        raise Problem(403, "forbidden", f"Uploading to bucket '{bucket}' is not allowed")
    return f"s3://{BUCKET}/{guid}/{file_name}"


def _fits(scheme: str, protocol: str) -> bool:
    return scheme == protocol or (protocol == "http" and scheme == "https")


def _public(record: Mapping[str, Any]) -> bool:
    if record.get("authz"):
        return "/open" in record["authz"]
    return "*" in (record.get("acl") or ())
