"""The driver of CRUD cycles: a service that keeps what it is sent is complete, any other has the step that failed."""

import json
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
from crud_cycles import Driver, Incomplete
from crud_resources import Resource, resources
from raw_document import RawDocument
from small_documents import document as document_of
from small_documents import object_of, operation

SAMPLE = {
    "type": "object",
    "required": ["id", "title", "kind"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "title": {"type": "string", "maxLength": 20},
        "kind": {"type": "string", "enum": ["dna", "rna"]},
        "note": {"type": "string"},
    },
}


def _operation(name: str, response: Any, body: Any = None, **more: Any) -> dict[str, Any]:
    return operation(response, body, operationId=name, **more)


def _parameter(name: str, place: str, kind: str) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": {"type": kind}}


DOCUMENT = document_of(
    {
        "/projects": {"post": _operation("createProject", object_of(data={"type": "object"}), SAMPLE)},
        "/projects/{project_id}/samples/": {
            "parameters": [_parameter("project_id", "path", "string")],
            "post": _operation("createSample", SAMPLE, SAMPLE),
            "get": _operation(
                "listSamples",
                object_of("next", required=("samples",), samples={"type": "array", "items": SAMPLE}),
                parameters=[_parameter("limit", "query", "integer"), _parameter("token", "query", "string")],
                **{"x-omics-pagination": {"style": "token", "items": "samples", "token": "token", "next": "next"}},
            ),
        },
        "/projects/{project_id}/samples/{sample_id}/": {
            "parameters": [_parameter("project_id", "path", "string"), _parameter("sample_id", "path", "integer")],
            "get": _operation("getSample", SAMPLE),
            "patch": _operation("changeSample", SAMPLE, {**SAMPLE, "required": []}),
            "delete": _operation("deleteSample", None),
        },
        "/reports": {"get": _operation("listReports", {"type": "array"}), "post": _operation("report", None, SAMPLE)},
    },
)


class Service:
    """Keeps the samples of projects; `fault` is what it does wrong."""

    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.projects: dict[str, dict[int, dict[str, Any]]] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.strip("/").split("/")
        body = json.loads(request.content) if request.content else None
        if path == ["projects"]:
            name = f"p{len(self.projects)}"
            self.projects[name] = {}
            return httpx.Response(200, json={"data": {"projectId": name}})
        samples = self.projects.get(path[1])
        if samples is None:
            return httpx.Response(404)
        if len(path) == 3:
            return self._create(samples, body) if request.method == "POST" else self._list(samples, request)
        sample = samples.get(int(path[3]))
        if sample is None:
            return httpx.Response(404)
        if request.method == "DELETE" and self.fault != "delete":
            del samples[sample["id"]]
        if request.method == "PATCH" and self.fault != "update":
            sample |= body
        return httpx.Response(200, json=None if request.method == "DELETE" else sample)

    def _create(self, samples: dict[int, dict[str, Any]], body: dict[str, Any]) -> httpx.Response:
        is_valid = (
            (self.fault == "missing" or {"title", "kind"} <= body.keys())
            and (self.fault == "type" or isinstance(body.get("title", ""), str))
            and (
                self.fault == "value"
                or (body.get("kind", "dna") in ("dna", "rna") and len(body.get("title", "")) <= 20)
            )
        )
        if not is_valid:
            return httpx.Response(422, json={})
        number = max(samples, default=0) + (0 if self.fault == "identity" and samples else 1)
        samples[number] = {**body, "id": number, **({"title": "other"} if self.fault == "get" else {})}
        return httpx.Response(200, json=samples[number])

    def _list(self, samples: dict[int, dict[str, Any]], request: httpx.Request) -> httpx.Response:
        first = int(request.url.params.get("token", "0"))
        size = 100 if self.fault == "pages" else int(request.url.params.get("limit", "100"))
        every = list(samples.values())[1 if self.fault == "list" else 0 :]
        following = first + size - (1 if self.fault == "twice" else 0)
        rest = {"next": str(following)} if following < len(every) else {}
        return httpx.Response(200, json={"samples": every[first : first + size], **rest})


@pytest.fixture
def document(tmp_path: Path) -> RawDocument:
    (tmp_path / "samples.json").write_text(json.dumps(DOCUMENT))
    return RawDocument(tmp_path / "samples.json")


def driver(document: RawDocument, package: ModuleType, fault: str) -> tuple[Driver, Resource]:
    (resource,) = resources(document)
    transport = httpx.MockTransport(Service(fault))
    return Driver(document, package, "http://127.0.0.1", "secret", transport), resource


def test_a_resource_has_a_collection_and_items(document: RawDocument) -> None:
    (resource,) = resources(document)
    assert (resource.collection, resource.parameter) == ("/projects/{project_id}/samples", "sample_id")
    assert resource.update is not None
    assert resource.update.method == "PATCH"


def test_a_service_that_keeps_what_it_is_sent_is_complete(document: RawDocument, package: ModuleType) -> None:
    user, resource = driver(document, package, "")
    assert user.cycle(resource) == {"pages": 3, "updated": True}
    assert user.wrong_bodies(resource) == dict.fromkeys(("missing", "type", "value"), "refused")


@pytest.mark.parametrize(
    ("fault", "step"),
    [
        ("identity", "create"),
        ("get", "get"),
        ("list", "list"),
        ("pages", "list"),
        ("twice", "list"),
        ("update", "update"),
        ("delete", "get after delete"),
    ],
)
def test_a_service_that_does_not_is_incomplete(
    document: RawDocument, package: ModuleType, fault: str, step: str
) -> None:
    user, resource = driver(document, package, fault)
    with pytest.raises(Incomplete) as caught:
        user.cycle(resource)
    assert caught.value.step == step, caught.value


@pytest.mark.parametrize("fault", ["missing", "type", "value"])
def test_a_wrong_body_that_is_accepted_is_reported(document: RawDocument, package: ModuleType, fault: str) -> None:
    user, resource = driver(document, package, fault)
    sent = user.wrong_bodies(resource)
    assert [kind for kind, became in sent.items() if became != "refused"] == [fault]
    assert sent[fault].startswith("200 for ")
