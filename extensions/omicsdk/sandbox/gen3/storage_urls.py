"""Presigned URLs of the commons' buckets: for which method they are, of which object or part, until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from omicsdk.sandbox.state.presigned import Signer

PREFIX = "/gen3/_storage"
_METHOD = "method"
_UPLOAD = "uploadId"
_PART = "partNumber"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a presigned URL allows.

    Attributes:
        method: The HTTP method that it is for, GET or PUT.
        url: The storage URL, such as s3://sandbox-gen3/KEY.
        upload: The upload in parts that bytes are for; empty for a whole object.
        part: The part's number; 0 for a whole object.
    """

    method: str
    url: str
    upload: str = ""
    part: int = 0


def presigned(signer: Signer, origin: str, grant: Grant, seconds: float) -> str:
    """A URL to read or write an object with.

    Args:
        signer: Signs it.
        origin: Scheme, host and port as the client reaches them.
        grant: What it allows.
        seconds: For how long it is good.
    """
    fields = {_METHOD: grant.method}
    if grant.upload:
        fields |= {_UPLOAD: grant.upload, _PART: str(grant.part)}
    return signer.signed(origin, f"{PREFIX}/{grant.url.replace('://', '/', 1)}", seconds, fields)


def granted(path: str, fields: Mapping[str, str]) -> Grant:
    """What a URL whose signature is right allows.

    Args:
        path: Its path, decoded.
        fields: The fields of its query.
    """
    url = path.removeprefix(f"{PREFIX}/").replace("/", "://", 1)
    return Grant(fields.get(_METHOD, "GET"), url, fields.get(_UPLOAD, ""), int(fields.get(_PART, "0")))
