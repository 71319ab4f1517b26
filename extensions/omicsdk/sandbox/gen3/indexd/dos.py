"""DOS, the predecessor of DRS: records as data objects."""

from omicsdk.sandbox.gen3.indexd.index import Index
from omicsdk.sandbox.gen3.indexd.record import JsonObject
from omicsdk.sandbox.gen3.indexd.refusals import no_record
from omicsdk.sandbox.gen3.indexd.requests import arguments
from omicsdk.sandbox.gen3.indexd.requests.criteria import Criteria
from omicsdk.sandbox.service import Call, Reply


def list_dos_objects(index: Index, call: Call) -> Reply:
    """GET /ga4gh/dos/v1/dataobjects."""
    limit = arguments.length(call, "page_size", least=1)
    checksum = arguments.text(call, "checksum")
    hashes = {} if checksum is None else {arguments.text(call, "checksum_type") or "md5": checksum}
    arguments.check_hashes(hashes)
    criteria = Criteria(start=arguments.text(call, "page_token"), urls=arguments.all_of(call, "url"), hashes=hashes)
    found = index.records.listed(*criteria.condition(index.prefix), limit=limit)
    return Reply({"data_objects": [data_object(each, index.aliases.of(each["did"])) for each in found]})


def get_dos_object(index: Index, call: Call) -> Reply:
    """GET /ga4gh/dos/v1/dataobjects/{GUID}."""
    found = index.kept(call.arguments["GUID"])
    if found is None:
        raise no_record()
    return Reply({"data_object": data_object(found, index.aliases.of(found["did"]))})


def data_object(record: JsonObject, aliases: list[str]) -> JsonObject:
    """A record as a data object.

    Args:
        record: The record as it is kept.
        aliases: Its aliases.
    """
    return {
        "id": record["did"],
        "name": record["file_name"],
        "size": record["size"],
        "created": record["created_date"],
        "updated": record["updated_date"],
        "version": record["rev"],
        "mime_type": "",
        "description": "",
        "aliases": aliases,
        "checksums": [{"type": kind, "checksum": value} for kind, value in record["hashes"].items()],
        "urls": [_url(url, record) for url in record["urls"]],
    }


def _url(url: str, record: JsonObject) -> JsonObject:
    metadata = record["urls_metadata"].get(url)
    return {"url": url, **({"user_metadata": metadata, "system_metadata": record["metadata"]} if metadata else {})}
