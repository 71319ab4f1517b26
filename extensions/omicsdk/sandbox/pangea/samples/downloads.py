"""The results of one module in a group's samples, as one archive."""

import io
import json
import tarfile
from collections.abc import Iterable, Mapping
from typing import Any, cast

from omicsdk.sandbox.pangea.requests.flat import newest
from omicsdk.sandbox.pangea.samples.groups import readable_group
from omicsdk.sandbox.pangea.samples.membership import samples_in
from omicsdk.sandbox.pangea.samples.metadata import attachment
from omicsdk.sandbox.pangea.state import Pangea
from omicsdk.sandbox.pangea.stores.buckets import file_of, split_uri
from omicsdk.sandbox.rest_framework.refusals import invalid
from omicsdk.sandbox.service import Call, Reply

_NAMING = ("filename", "uri", "url")
"""Which of the data says what a file is called; the first that is there."""


def download_sample_group_module(pangea: Pangea, call: Call) -> Reply:
    """GET /api/sample_groups/{id}/downloads/{module_name}: a tar.gz with a file for each field of the newest results."""
    person = pangea.access.asker(call, in_query=True)
    kind = dict(call.query).get("kind", "tar")
    module: str = call.arguments["module_name"]
    with pangea.store.database.transaction():
        group = readable_group(pangea, person, call.arguments["id"])
        if kind != "tar":
            raise invalid("kind", f'"{kind}" is not a valid choice.')
        fields = _fields(pangea, group, module)
    organization: str = group["organization"]
    # The storage may take its time, and nobody waits for it.
    files = ((name, _content(pangea, organization, data)) for name, data in fields.items())
    day = pangea.store.moment().partition("T")[0]
    name = f"{_word(group['name'])}__{_word(module)}__{day}.tar.gz".replace("::", "__")
    return Reply(content=_archive(files), headers={"Content-Type": "binary", "Content-Disposition": attachment(name)})


def _fields(pangea: Pangea, group: Mapping[str, Any], module: str) -> dict[str, Any]:
    """The data of all fields, by the name of their file."""
    found: dict[str, Any] = {}
    for sample in samples_in(pangea, dict(group)):
        results = pangea.store.all("sample_ar", parent=sample["uuid"], name=module)
        if results:
            for field in pangea.store.all("sample_ar_field", parent=newest(results)["uuid"]):
                parts = (_word(sample["name"]), _word(module), field["name"].replace(".", "-"))
                name = f"{'.'.join(parts)}.{_extension(field['stored_data'])}".replace("::", "__")
                found[name.replace("/", "_")] = field["stored_data"]
    return found


def _word(name: str) -> str:
    return name.replace(".", "-").replace(" ", "_")


def _extension(data: Any) -> str:
    stated = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
    named = next((stated[key] for key in _NAMING if isinstance(stated.get(key), str)), "")
    parts = named.rpartition("/")[2].split(".")
    if len(parts) < 2:
        return "json"
    return ".".join(parts[-2:]) if parts[-1] == "gz" and len(parts) > 2 else parts[-1]


def _content(pangea: Pangea, organization: str, data: Any) -> bytes:
    """The object that data stand for where it is on the sandbox's own storage, else the data themselves."""
    stated = file_of(data)
    if stated is not None and pangea.buckets.is_own(stated["endpoint_url"]):
        bucket, key = split_uri(stated["uri"])
        owned = pangea.buckets.readable(organization, bucket, stated["endpoint_url"]) is not None
        there = pangea.grounds.staging.find(bucket, key) if owned else None
        if there is not None:
            return b"".join(there.blocks())
    return json.dumps(data).encode()


def _archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()
