"""DRS objects as views of records and bundles. Everything here is plain data."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from omicsdk.sandbox.gen3.indexd.record import CLOUDS, JsonObject, scheme

OPEN = "/open"
"""Whatever belongs to this resource, or to one below it, may be had by anyone."""


@dataclass(frozen=True, slots=True)
class Commons:
    """What DRS objects tell of the commons that they are in.

    Attributes:
        prefix: What its GUIDs begin with.
        origin: Its scheme, host and port.
        passports: Which issuers' passports open which resources.
    """

    prefix: str
    origin: str
    passports: Mapping[str, Iterable[str]]

    @property
    def issuer(self) -> str:
        """Who issues its access tokens."""
        return f"{self.origin}/user"


def drs_uri(id: str, prefix: str, origin: str) -> str:
    """The DRS URI of an object: a compact one by its prefix, or one with the commons' host.

    Args:
        id: Its GUID.
        prefix: What GUIDs of the commons begin with; empty for nothing.
        origin: Scheme, host and port of the commons.
    """
    own, slash, rest = id.rpartition("/")
    if slash:
        return f"drs://{own}:{rest}"
    if prefix:
        return f"drs://{prefix.rstrip('/')}:{id}"
    return f"drs://{urlsplit(origin).netloc}/{id}"


def drs_object(record: JsonObject, commons: Commons) -> JsonObject:
    """A record as a DRS object.

    Args:
        record: The record as it is kept; the service tells no aliases of records, only those of bundles.
        commons: What it is in.
    """
    allowed = authorizations(record["did"], record["authz"], commons)
    return {
        **_common(record, record["did"], record["file_name"], [], commons),
        "form": record["form"],
        "checksums": [{"type": kind, "checksum": value} for kind, value in record["hashes"].items()],
        "created_time": record["content_created_date"],
        "updated_time": record["content_updated_date"],
        "index_created_time": record["created_date"],
        "index_updated_time": record["updated_date"],
        "access_methods": [access_method(url, record["urls_metadata"].get(url, {}), allowed) for url in record["urls"]],
    }


def drs_bundle(bundle: JsonObject, commons: Commons) -> JsonObject:
    """A bundle as a DRS object, without its contents.

    Args:
        bundle: The bundle as it is kept.
        commons: What it is in.
    """
    return {
        **_common(bundle, bundle["id"], bundle["name"], bundle["aliases"], commons),
        "form": "bundle",
        "checksums": bundle["checksums"],
        "created_time": "",
        "updated_time": "",
        "index_created_time": bundle["created_time"],
        "index_updated_time": bundle["updated_time"],
    }


def _common(thing: JsonObject, id: str, name: str | None, aliases: list[str], commons: Commons) -> JsonObject:
    return {
        "id": id,
        "name": name,
        "self_uri": drs_uri(id, commons.prefix, commons.origin),
        "mime_type": "application/json",
        "size": thing["size"],
        "version": thing["version"],
        "description": thing["description"],
        "aliases": aliases,
    }


def access_method(url: str, metadata: Mapping[str, Any], allowed: JsonObject) -> JsonObject:
    """How the bytes are reached: by the URL, or by asking for `access_id`, which is the name of the protocol.

    Args:
        url: Where they are.
        metadata: What is known of the URL; it may tell whether it is available, and the region.
        allowed: How requests for the object are authorised.
    """
    kind = scheme(url)
    return {
        "type": kind,
        "access_id": kind,
        "access_url": {"url": url},
        "region": str(metadata.get("region", "")),
        "available": str(metadata.get("available", True)).lower() in ("true", "1"),
        "authorizations": allowed,
        "cloud": CLOUDS.get(kind),
    }


def authorizations(id: str, authz: list[str], commons: Commons) -> JsonObject:
    """How requests for an object are authorised: not at all, by tokens of the commons, or also by passports.

    Args:
        id: Its GUID.
        authz: The resources that it belongs to; bundles, and some records, belong to none.
        commons: What it is in.
    """
    passports = sorted({issuer for each in authz for issuer in commons.passports.get(each, ())})
    is_open = any(each == OPEN or each.startswith(f"{OPEN}/") for each in authz)
    closed = bool(authz) and not is_open
    kinds = [*(["PassportAuth"] if passports else []), "BearerAuth"] if closed else ["None"] if is_open else []
    return {
        "drs_object_id": id,
        "supported_types": kinds,
        "bearer_auth_issuers": [commons.issuer] if closed else [],
        "passport_auth_issuers": passports if closed else [],
    }
