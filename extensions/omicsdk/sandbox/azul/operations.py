"""The handlers of Azul's operations, and manifests in each of its formats."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from omicsdk.sandbox.azul.atlas import TABLES, IndexedFile
from omicsdk.sandbox.azul.search import (
    HCA,
    Addresses,
    Entity,
    EntityType,
    Kind,
    anvil_hit,
    anvil_summary,
    bad_request,
    distinct,
    entities,
    facets,
    hca_hit,
    hca_summary,
    page_of,
    read_filters,
    select,
    values_of,
)
from omicsdk.sandbox.azul.state import CATALOGS, DEFAULT_CATALOG, PREFIX, Azul, SandboxCatalog, parameters
from omicsdk.sandbox.problems import Problem, whole_number
from omicsdk.sandbox.service import Call, Reply

CURSORS = ("search_after", "search_before")
# The identifiers of cursors are accepted and ignored.
SEARCH = ("catalog", "filters", "size", "sort", "order", *CURSORS, *(f"{name}_uid" for name in CURSORS))
FILE = ("catalog", "version", "fileName", "wait", "replica", "requestIndex", "drsUri", "token")
DEFAULT_SIZE = 10


# -- the index


def get_catalogs(_azul: Azul, _call: Call) -> Reply:
    """GET /index/catalogs."""
    catalogs = {name: _catalog(catalog) for name, catalog in CATALOGS.items()}
    return Reply({"default_catalog": DEFAULT_CATALOG, "catalogs": catalogs})


def _catalog(catalog: SandboxCatalog) -> dict[str, Any]:
    indices = {
        name: {"default_sort": type_.sort, "default_order": type_.order} for name, type_ in catalog.kind.types.items()
    }
    plugins: dict[str, Any] = {
        "metadata": {"name": catalog.kind.name, "indices": indices},
        "repository": {"name": f"tdr_{catalog.kind.name}", "sources": []},
    }
    return {"atlas": catalog.atlas, "internal": catalog.internal, "plugins": plugins}


def _type(catalog: SandboxCatalog, name: str) -> EntityType:
    if name not in catalog.kind.types:
        raise bad_request(f"Entity type {name!r} is invalid, must be one of {sorted(catalog.kind.types)}")
    return catalog.kind.types[name]


def get_entity(azul: Azul, call: Call) -> Reply:
    """GET /index/{entity_type}/{entity_id}."""
    name, catalog = azul.catalog(parameters(call, "catalog"))
    entity_type, id_ = call.arguments["entity_type"], call.arguments["entity_id"]
    kind = _type(catalog, entity_type)
    try:
        UUID(id_)
    except ValueError:
        raise bad_request(f"{id_!r} is not a valid UUID") from None
    selected = entities(catalog.kind, entity_type, azul.atlas.files(), kind.sort, kind.order)
    entity = next((candidate for candidate in selected if candidate.id == id_.lower()), None)
    if entity is None:
        raise Problem(404, "NotFoundError", f"Can't find an entity in {entity_type} with a UUID of {id_!r}")
    return Reply(_hit(catalog)(entity_type, entity, azul.addresses(call, name)))


def _hit(catalog: SandboxCatalog) -> Any:
    return hca_hit if catalog.kind is HCA else anvil_hit


def _selected(azul: Azul, call: Call, sent: Mapping[str, str]) -> tuple[str, SandboxCatalog, list[IndexedFile]]:
    name, catalog = azul.catalog(sent)
    can_read = azul.can_read(call)
    filters = read_filters(catalog.kind, sent.get("filters"))
    return name, catalog, select(catalog.kind, azul.atlas.files(), filters, can_read=can_read)


def list_entities(azul: Azul, call: Call) -> Reply:
    """GET and POST /index/{entity_type}."""
    sent, entity_type = parameters(call, *SEARCH), call.arguments["entity_type"]
    name, catalog, files = _selected(azul, call, sent)
    kind = _type(catalog, entity_type)
    sort, order, size = sent.get("sort", kind.sort), sent.get("order", kind.order), _size(sent, kind)
    if sort not in catalog.kind.fields:
        raise bad_request(f"Unknown field `{sort}`")
    selected = entities(catalog.kind, entity_type, files, sort, order)
    page_hits, precedes, follows = page_of(selected, size, order, *(sent.get(name, "") for name in CURSORS))
    same = {"catalog": name, "filters": sent.get("filters", "{}"), "sort": sort, "order": order, "size": str(size)}
    at = azul.addresses(call, name)

    def page_url(cursor: str, entity: Entity) -> str:
        return call.service_url(call.path, {**same, cursor: json.dumps([entity.sort, entity.id])})

    pagination = {
        "count": len(page_hits),
        "total": len(selected),
        "size": size,
        "pages": -(-len(selected) // size),
        "sort": sort,
        "order": order,
        "next": page_url("search_after", page_hits[-1]) if follows and page_hits else None,
        "previous": page_url("search_before", page_hits[0]) if precedes and page_hits else None,
    }
    hits = [_hit(catalog)(entity_type, entity, at) for entity in page_hits]
    return Reply({"hits": hits, "pagination": pagination, "termFacets": facets(catalog.kind, selected)})


search_entities = list_entities


def _size(sent: Mapping[str, str], kind: EntityType) -> int:
    text = sent.get("size", str(DEFAULT_SIZE))
    if not (text.isascii() and text.isdigit() and text.strip("0")):
        raise bad_request("Invalid value for parameter `size`, must be greater than 0")
    if len(text) > 4000 or int(text) > kind.largest:  # Python reads no number of more than 4,300 digits
        raise bad_request(f"Invalid value for parameter `size`, must not be greater than {kind.largest}")
    return int(text)


def get_summary(azul: Azul, call: Call) -> Reply:
    """GET /index/summary."""
    _, catalog, files = _selected(azul, call, parameters(call, "catalog", "filters"))
    return Reply(hca_summary(files) if catalog.kind is HCA else anvil_summary(files))


# -- manifests


def request_manifest(azul: Azul, call: Call) -> Reply:
    """PUT /fetch/manifest/files: write a manifest, and return the state of a client that has not polled yet."""
    sent = parameters(call, "catalog", "filters", "format")
    name, catalog, files = _selected(azul, call, sent)
    format_ = sent.get("format", "compact")
    formats = [name for name in FORMATS if catalog.kind is HCA or name not in ("terra.bdbag", "curl")]
    if format_ not in formats:
        raise bad_request(f"The sandbox writes manifests of {name} as {', '.join(formats)}, not as `{format_}`")
    content = FORMATS[format_].write(catalog.kind, files, azul.addresses(call, name))
    stored = azul.context.objects.put_bytes(content).sha256
    now = azul.context.clock.now()
    time = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H.%M")
    end = now + azul.context.settings.number("azul.manifest_seconds")
    azul.manifests[stored] = (name_of(format_, files, time, stored[:12]), format_, end)
    return Reply(_state(azul, call, f"{stored}-0"))


def _state(azul: Azul, call: Call, token: str) -> dict[str, Any]:
    """The state of a manifest by the token of a client: its key, and how often the client has polled for it."""
    key, _, polls = token.partition("-")
    if not re.fullmatch("[0-9a-f]{64}", key):
        raise bad_request("Invalid token")
    manifest, settings = azul.manifests.get(key), azul.context.settings
    if manifest is None or manifest[2] <= azul.context.clock.now():
        raise Problem(410, "GoneError", "The requested manifest has expired, please request a new one")
    address, polled = f"{call.origin}{PREFIX}/fetch/manifest/files/{key}", whole_number(polls or "0")
    if polls and polled is not None and polled < settings.number("azul.manifest_redirects"):
        wait = round(settings.number("azul.retry_after"))
        return {"Status": 301, "Location": f"{address}-{polled + 1}", "Retry-After": wait}
    name, format_, _ = manifest
    if polls and format_ == "curl":  # its address stays the same, as configurations of curl are kept
        return {"Status": 302, "Location": address.replace("/fetch/", "/")}
    return {"Status": 302, "Location": _signed(azul, call, key, name, FORMATS[format_].media_type)}


def _signed(azul: Azul, call: Call, sha256: str, name: str, content_type: str) -> str:
    return azul.context.signer.url(
        call.origin,
        sha256,
        seconds=azul.context.settings.number("azul.url_seconds"),
        content_type=content_type,
        disposition=f'attachment;filename="{name.encode("ascii", "replace").decode()}"',
    )


def _redirect(state: Mapping[str, Any]) -> Reply:
    headers = {"Location": state["Location"].replace("/fetch/manifest/", "/manifest/")}
    if "Retry-After" in state:
        headers["Retry-After"] = str(state["Retry-After"])
    return Reply(status=state["Status"], headers=headers)


def get_manifest(azul: Azul, call: Call) -> Reply:
    """GET /manifest/files/{token}."""
    return _redirect(_state(azul, call, call.arguments["token"]))


def get_manifest_state(azul: Azul, call: Call) -> Reply:
    """GET /fetch/manifest/files/{token}."""
    return Reply(_state(azul, call, call.arguments["token"]))


# -- files


def _file_state(azul: Azul, call: Call) -> dict[str, Any]:
    sent = parameters(call, *FILE)
    azul.catalog(sent)
    uuid, version = call.arguments["file_uuid"], sent.get("version", "")
    file = next((file for file in azul.atlas.files() if file.record.uuid == uuid.lower()), None)
    if file is None or version not in ("", file.version) or not azul.can_read(call):
        raise Problem(404, "NotFoundError", f"Unable to find file {uuid!r}, version {version or None!r} in catalog")
    polled = whole_number(sent.get("requestIndex", "0")) or 0
    settings = azul.context.settings
    if polled < settings.number("azul.file_redirects"):
        again = {**sent, "requestIndex": str(polled + 1)}
        wait = round(settings.number("azul.retry_after"))
        return {"Status": 301, "Location": call.service_url(call.path, again), "Retry-After": wait}
    name = sent.get("fileName") or file.name.rpartition("/")[2]
    return {"Status": 302, "Location": _signed(azul, call, file.record.sha256, name, file.record.content_type)}


def get_file(azul: Azul, call: Call) -> Reply:
    """GET /repository/files/{file_uuid}."""
    return _redirect(_file_state(azul, call))


def get_file_state(azul: Azul, call: Call) -> Reply:
    """GET /fetch/repository/files/{file_uuid}."""
    return Reply(_file_state(azul, call))


def list_sources(azul: Azul, call: Call) -> Reply:
    """GET /repository/sources."""
    _, catalog = azul.catalog(parameters(call, "catalog"))
    readable = azul.atlas.files() if azul.can_read(call) else []
    names = ("sourceId", "sourceSpec")
    fields = names if catalog.kind is HCA else ("source_id", "source_spec")
    sources = distinct(readable, catalog.kind.fields, fields)
    return Reply({"sources": [dict(zip(names, source.values(), strict=True)) for source in sources]})


# -- formats of manifests


JOINED = " || "
# Values of a cell, at most.
MOST_VALUES = 100
CURL_OPTIONS = (
    "--create-dirs",
    "--compressed",
    "--location",
    "--globoff",
    "--fail",
    r'--write-out "Downloading to: %{filename_effective}\n\n"',
)
# Names of Windows cannot have these.
_UNSAFE = str.maketrans('<>:"|?*', "_______")

Column = Callable[[IndexedFile, Addresses], list[Any]]


# Columns that are no fields.
_OF_FILES: Mapping[str, Column] = {
    "CRC-32C": lambda file, _: [file.record.crc32c],
    "SHA-256": lambda file, _: [file.record.sha256],
    "MD5": lambda file, at: [at.md5(file)],
    "content type": lambda file, _: [file.record.content_type],
    "DRS URI": lambda file, _: [file.drs_uri],
    "URL": lambda file, at: [at.url(file)],
    "URI in the mirror": lambda file, at: [at.mirror_uri(file)],
    "nothing": lambda _file, _: [None],
}


def _columns(kind: Kind) -> dict[str, Column]:
    def column(name: str) -> Column:
        return _OF_FILES.get(name) or (lambda file, _: kind.fields[name](file))

    return {heading: column(name) for heading, name in TABLES[kind.name]["columns"].items()}


def _rows(columns: Mapping[str, Column], files: Sequence[IndexedFile], at: Addresses) -> list[dict[str, str]]:
    """The rows of a compact manifest: several values of a cell are sorted and joined."""
    return [{name: _cell(read(file, at)) for name, read in columns.items()} for file in files]


def _cell(values: Sequence[Any]) -> str:
    return JOINED.join(sorted({str(value) for value in values if value is not None})[:MOST_VALUES])


def _compact(kind: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    columns = _columns(kind)
    return _table(_rows(columns, files, at), columns)


def _table(rows: Iterable[Mapping[str, str]], columns: Iterable[str]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [*columns], dialect="excel-tab", restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def _curl(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    lines = [line for option in CURL_OPTIONS for line in (option, "")]
    for file in files:
        output = f"{file.bundle.uuid}/{file.name}".translate(_UNSAFE)
        lines += [f'url="{_quoted(at.url(file))}"', f'output="{_quoted(output)}"', ""]
    return "\n".join(lines).encode()


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"")


def _bdbag(_: Kind, files: Sequence[IndexedFile], at: Addresses) -> bytes:
    """A bag whose table has a row for each bundle and columns for each file format."""
    table: dict[str, dict[str, str]] = {}
    for file, row in zip(files, _rows(_columns(HCA), files, at), strict=True):
        participant = f"{file.bundle.uuid}.{file.bundle_version.replace(':', '')}"
        cells = table.setdefault(participant, {"entity:participant_id": participant})
        kind = f"__{file.format.replace('.', '_')}_"
        number = sum(name.startswith(kind) and name.endswith("__file_url") for name in cells)
        start = f"{kind}{number}__"
        cells |= {f"{start}{name}": row[f"file_{name}"] for name in ("name", "size", "uuid", "version", "sha256")}
        cells[f"{start}file_url"] = row["file_azul_url"]
    columns = dict.fromkeys(name for cells in table.values() for name in cells)
    bag = io.BytesIO()
    with zipfile.ZipFile(bag, "w") as archive:
        archive.writestr("manifest/bagit.txt", "BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n")
        archive.writestr("manifest/data/participants.tsv", _table(table.values(), columns))
    return bag.getvalue()


def _jsonl(_: Kind, files: Sequence[IndexedFile], _at: Addresses) -> bytes:
    """The metadata of the files' bundles, with the names of their tables."""
    lines = dict.fromkeys(
        json.dumps({"value": document, "type": schema.removesuffix("_json")})
        for file in files
        for schema, documents in file.metadata.items()
        for document in documents
    )
    return "".join(f"{line}\n" for line in lines).encode()


class Format(NamedTuple):
    """A format of manifests.

    Attributes:
        suffix: The suffix of its files.
        media_type: Their media type.
        write: Makes a manifest of files in a kind of catalog.
    """

    suffix: str
    media_type: str
    write: Callable[[Kind, Sequence[IndexedFile], Addresses], bytes]


FORMATS: Mapping[str, Format] = {
    "compact": Format("tsv", "text/tab-separated-values", _compact),
    "curl": Format("curlrc", "text/plain", _curl),
    "terra.bdbag": Format("zip", "application/octet-stream", _bdbag),
    "verbatim.jsonl": Format("jsonl", "application/jsonl", _jsonl),
}


def name_of(format_: str, files: Sequence[IndexedFile], time: str, key: str) -> str:
    """The name that a manifest is offered under: that of the project, where all files are of one.

    Args:
        format_: Its format.
        files: Its files.
        time: The time, as `2026-01-31 12.00`.
        key: Identifies it.
    """
    projects = values_of(files, "project")
    start = f"{projects[0]} {time}" if len(projects) == 1 and format_ == "compact" else f"hca-manifest-{key}"
    return f"{start}.{FORMATS[format_].suffix}".replace("/", "_")
