"""Pangea and a django-crunch site that answer at once and keep nothing: they are never what a client waits for.

    python -m pangea_and_crunch.api SINK SAMPLES

Pangea has one organization with one library of SAMPLES samples, and in each sample any result and field that is requested by
name; a field holds what was PUT to /_stored/NAME. Parts of uploads go to SINK. Objects have the fields that a real server's
have, and the site has one dataset.
"""

import asyncio
import json
import sys
import uuid
from collections import Counter
from collections.abc import Mapping
from functools import cache
from typing import Any
from urllib.parse import parse_qs, unquote

from answering import Request, Response, reply, serve

PAGE = 100
ORGANIZATION = "bench"
LIBRARY = "library"
DATASET = "bench:run"
_MADE = {"created_at": "2024-01-31T12:00:00.000000Z", "updated_at": "2024-01-31T12:00:00.000000Z"}
_QUERY = "AWSAccessKeyId=AKIAEXAMPLE&Signature=c2lnbmF0dXJl&Expires=4000000000"


def identifier(*names: object) -> str:
    """The UUID of an object, always the same."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, names))))


def platform(here: str, sink: str, samples: int) -> Response:
    """Responses as both do.

    Args:
        here: Where they answer.
        sink: Where parts of uploads go.
        samples: How many samples the library has.
    """
    counts = Counter[str]()
    stored: dict[str, Any] = {}  # what fields hold
    statuses: list[dict[str, Any]] = []

    organization = {"uuid": identifier(ORGANIZATION), "name": ORGANIZATION, **_MADE, "core_sample_group_uuid": None}
    library = {
        "uuid": identifier(LIBRARY),
        "name": LIBRARY,
        **_MADE,
        "organization": organization["uuid"],
        "description": "",
        "is_library": True,
        "is_public": True,
        "theme": "",
        "organization_obj": organization,
        "long_description": "",
        "metadata": {},
        "bucket": identifier("bucket"),
        "storage_provider_name": "custom",
        "sample_metadata_schema": {},
    }

    def sample(name: str) -> dict[str, Any]:
        own = {"library": library["uuid"], "metadata": {"city": "Oslo", "n": len(name)}, "library_obj": library}
        return {"uuid": identifier(name), "name": name, **_MADE, **own, "description": ""}

    def result(name: str, module: str) -> dict[str, Any]:
        own: dict[str, Any] = {"module_name": module, "replicate": "r", "metadata": {}, "description": ""}
        flags = {"is_private": False, "is_hidden": False, "pipeline_module": None, "pipeline_module_obj": None}
        of = {"sample": identifier(name), "sample_obj": sample(name)}
        return {"uuid": identifier(name, module), **_MADE, **own, **flags, **of}

    def field(name: str, module: str, word: str) -> dict[str, Any]:
        own = {"name": word, "stored_data": stored.get(word, {}), "analysis_result": identifier(name, module)}
        return {"uuid": identifier(word), **_MADE, **own, "analysis_result_obj": result(name, module)}

    @cache
    def page(number: int) -> bytes:
        begin = (number - 1) * PAGE
        items = [sample(f"sample {at:06}") for at in range(begin, min(begin + PAGE, samples))]
        address = f"{here}/api/sample_groups/{library['uuid']}/samples"
        following = f"{address}?page={number + 1}" if begin + PAGE < samples else None
        before = f"{address}?page={number - 1}" if number > 1 else None
        return _told({"count": samples, "next": following, "previous": before, "results": items})

    def nested(words: list[str]) -> Mapping[str, Any] | None:
        match words:
            case [_]:
                return organization
            case [_, "sample_groups", _]:
                return library
            case [_, "sample_groups", _, "samples", name]:
                return sample(name)
            case [_, "sample_groups", _, "samples", name, "analysis_results", module]:
                return result(name, module)
            case [_, "sample_groups", _, "samples", name, "analysis_results", module, "fields", word]:
                return field(name, module, word)
            case _:
                return None

    def upload(request: Request) -> bytes:
        wanted = json.loads(request.body)
        counts["uploads"] += 1
        urls = [f"{sink}/part-{number}?{_QUERY}" for number in range(1, int(wanted["n_parts"]) + 1)]
        return _told({"urls": urls, "upload_id": "upload"})

    def complete(request: Request) -> bytes:
        parts = json.loads(request.body)["parts"]
        counts["parts"] += len(parts)
        counts["completed"] += 1
        return _told({"status": "success", "upload_id": "upload"})

    def crunch(request: Request, path: str) -> bytes | None:
        project = {"id": 1, "name": "bench", "slug": "bench", "description": "", "details": "", "workflow": "#!/bin/sh"}
        dataset = {
            "id": 2,
            "name": "run",
            "slug": DATASET,
            "parent": "bench",
            "description": "",
            "details": "",
            "attributes": [],
            "items": [],
            "base_file_path": "crunch/bench",
        }
        match path.split("/"):
            case ["", "api", "datasets"]:
                return _told({"count": 1, "next": None, "previous": None, "results": [dataset]})
            case ["", "api", "datasets", _]:
                return _told(dataset)
            case ["", "api", "projects", _]:
                return _told(project)
            case ["", "api", "statuses"] if request.method == "POST":
                statuses.append({**_status(request), "id": len(statuses) + 1, "dataset": 2, "site_user": 1})
                return _told(statuses[-1], 201)
            case ["", "api", "statuses"]:
                return _told({"count": len(statuses), "next": None, "previous": None, "results": statuses})
            case _:
                return None

    def response(request: Request) -> bytes:
        path = unquote(request.path).rstrip("/")
        if path == "/_counts":
            return _told(counts)
        if path.startswith("/_stored/"):
            stored[path.removeprefix("/_stored/")] = json.loads(request.body)
            return reply(204)
        if path.endswith("/complete_upload_s3"):
            return complete(request)
        if path.endswith("/upload_s3"):
            return upload(request)
        if path.startswith("/api/nested/"):
            found = nested(path.removeprefix("/api/nested/").split("/"))
        elif path == f"/api/sample_groups/{library['uuid']}/samples":
            return page(int(parse_qs(request.query).get("page", ["1"])[0]))
        elif path.startswith("/api/sample_ar_fields/"):
            word = next((each for each in stored if identifier(each) == path.rpartition("/")[2]), "")
            found = field("sample", "module", word)
        else:
            return crunch(request, path) or _told({"detail": "Not found."}, 404)
        return _told({"detail": "Not found."}, 404) if found is None else _told(found)

    return response


def _status(request: Request) -> dict[str, Any]:
    if b"content-type: application/json" in request.head:
        return json.loads(request.body)
    sent = parse_qs(request.body.decode(), keep_blank_values=True)
    return {name: int(values[0]) if name in ("stage", "state") else values[0] for name, values in sent.items()}


def _told(value: object, status: int = 200) -> bytes:
    return reply(status, body=json.dumps(value, separators=(",", ":")).encode())


if __name__ == "__main__":
    asyncio.run(serve(lambda here: platform(here, sys.argv[1], int(sys.argv[2]))))
