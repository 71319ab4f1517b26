"""Files: their operations, and the redirects that they are read by."""

import uuid as uuids
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from omicsdk.sandbox.dss.state import Dss, FileRecord, parse_version
from omicsdk.sandbox.problems import Problem, bad_arguments, whole_number
from omicsdk.sandbox.s3.staging import MotoObject
from omicsdk.sandbox.service import Call, Reply
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
