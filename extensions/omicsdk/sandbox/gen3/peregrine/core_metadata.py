"""What is told of a file for citations: as JSON, BibTeX and schema.org."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from omicsdk.sandbox.gen3.peregrine.queries import reader_of
from omicsdk.sandbox.gen3.peregrine.reading import Reader
from omicsdk.sandbox.gen3.peregrine.state import Commons
from omicsdk.sandbox.gen3.records.store import Record
from omicsdk.sandbox.gen3.sheepdog.gate import refuse
from omicsdk.sandbox.service import Call, Reply

_COLLECTION = "core_metadata_collections"
_DESCRIBED = (
    "description",
    "creator",
    "contributor",
    "coverage",
    "language",
    "publisher",
    "rights",
    "source",
    "subject",
)
_BIBTEX, _SCHEMA_ORG = "x-bibtex", "application/vnd.schemaorg.ld+json"


def get_core_metadata(commons: Commons, call: Call) -> Reply:
    """GET /coremetadata/{object_id}."""
    reader = reader_of(commons, call)
    if isinstance(reader, Reply):
        return reader
    guid = call.arguments["object_id"]
    record = _file(reader, guid)
    if record is None:
        raise refuse(404, f'object_id "{guid}" not found')
    told = _told(reader, record, guid)
    accepted = call.headers.get("accept", "")
    if _BIBTEX in accepted:
        fields = (f'{key} = "{value}"' for key, value in told.items())
        text = f"@misc {{{', '.join((guid, *fields))}}}"
    elif _SCHEMA_ORG in accepted:
        text = json.dumps(_schema_org(told))
    else:
        text = json.dumps(told)
    return Reply(text=text, headers={"Content-Type": "text/html; charset=utf-8"})


def _file(reader: Reader, guid: str) -> Record | None:
    files = (node.name for node in reader.records.dictionary.nodes.values() if node.is_file)
    found = (record for name in files for record in reader.of_type(name))
    return next((record for record in found if record.properties.get("object_id") == guid), None)


def _told(reader: Reader, record: Record, guid: str) -> dict[str, Any]:
    described = next(iter(reader.targets(record, _COLLECTION)), None)
    about: Mapping[str, Any] = described.properties if described is not None else {}
    size = record.properties.get("file_size")
    year = datetime.fromtimestamp(record.updated, UTC).year
    return {
        **{name: about.get(name) for name in _DESCRIBED},
        "type": record.type,
        "file_name": record.properties.get("file_name"),
        "data_format": record.properties.get("data_format"),
        "file_size": None if size is None else float(size),
        "project_id": record.project_id,
        "object_id": guid,
        "md5sum": record.properties.get("md5sum"),
        "citation": f"{about.get('creator')}, {year}: {about.get('title')}. {guid}.",
    }


def _schema_org(told: dict[str, Any]) -> dict[str, Any]:
    def identifier(kind: str, value: object) -> dict[str, object]:
        return {"@type": "PropertyValue", "propertyID": kind, "value": value}

    return {
        "@context": "http://schema.org",
        "@type": "Dataset",
        "@id": f"https://dataguids.org/index/{told['object_id']}",
        "identifier": [identifier("dataguid", told["object_id"]), identifier("md5", told["md5sum"])],
        "publisher": {"@type": "Organization", "name": told["publisher"]},
        "author": {"name": told["creator"]},
        "description": told["description"],
        "additionalType": told["type"],
        "name": told["file_name"],
    }
