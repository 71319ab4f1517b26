"""Whatever is sent to a service of the sandbox, it answers or refuses in the service's own form, and never fails.

Each parameter and each field of every operation is also tried with numbers that no database takes.
"""

import http.client
import json
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import jwt
import pytest
from conformity import NO_TLS
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from fuzzed_requests import TEXTS, fuzzed_requests, json_of, near, values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexd_clients import new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.crunch.items import AMOUNTS
from omicsdk.sandbox.crunch.items import TEXTS as TEXT_FIELDS
from omicsdk.sandbox.document import FORM, Operation, operations, read_document
from omicsdk.sandbox.fusillade.state import Resource, ResourceType
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from omicsdk.sandbox.problems import Problem

UUID = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
GUID = "dg.TEST/00000001-0000-4000-8000-000000000001"
ODD = ("", "/", "%00", "\x00", "*", "é", "a b", "0", "-1", "null", "true", "nan", "1e400", "9" * 25, "x" * 300)
DESCRIBED = "name description details workflow parent base_file_path attributes items locked slug item key value"
NOTED = "latitude longitude dataset stage state note site_user"
PLACES = {
    "dss": "/dss/v1",
    "fusillade": "/auth",
    "upload": "/upload",
    "sb": "/sb/v2",
    "crunch": "/crunch",
    "pangea": "/pangea",
    **{
        f"gen3/{name}": f"/gen3/{name}"
        for name in ("arborist", "fence", "indexd", "manifest", "metadata", "peregrine", "sheepdog", "wts")
    },
}


def credentials(sandbox: Sandbox, service: str) -> dict[str, str]:
    match service:
        case "dss" | "fusillade":  # another administrator each time: the one before may have been disabled or stripped
            return {"Authorization": f"Bearer {sandbox.token()}"}
        case "upload":
            return {"Api-Key": sandbox.upload_key}
        case "sb":
            return {"X-SBG-Auth-Token": sandbox.sb_token}
        case "crunch":
            return {"Authorization": f"Token {sandbox.crunch_token}"}
        case "pangea":
            person = sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER)
            assert person is not None
            return {"Authorization": f"Token {sandbox.pangea.people.token(person)}"}
        case _:
            return {"Authorization": f"bearer {sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)}"}


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service, what means something to it, and what its refusals look like.

    Attributes:
        document: The name of its document.
        words: Values that mean something to it; the first is that of an object that exists.
        refuses: Whether a refusal has the service's form.
        prepare: Makes the object that exists, once in a fresh sandbox.
        right: A body that is right.
        fields: The fields of bodies.
        takes_forms: Whether it takes forms, too.
    """

    document: str
    words: tuple[str, ...]
    refuses: Callable[[httpx.Response], bool]
    prepare: Callable[[Sandbox], object] = lambda _: None
    right: dict[str, Any] = field(default_factory=dict[str, Any])
    fields: tuple[str, ...] = ("name",)
    takes_forms: bool = False


def is_json(response: httpx.Response, kind: str = "application/json") -> bool:
    return bool(response.content) and response.headers.get("content-type") == kind


def is_problem(response: httpx.Response) -> bool:
    return not is_json(response, "application/problem+json") or response.json()["status"] == response.status_code


def is_refusal_of_sb(response: httpx.Response) -> bool:
    error = response.json()
    is_complete = isinstance(error["code"], int) and error["message"] and error["more_info"]
    return bool(is_complete) and error["status"] == response.status_code


def is_refusal_of_indexd(response: httpx.Response) -> bool:
    error = response.json() if is_json(response) else {"error": "a page"}
    return bool(error.get("error") or (error["msg"] and error["status_code"] == response.status_code))


def is_refusal_of_crunch(response: httpx.Response) -> bool:
    error = response.json() if is_json(response) else {"detail": "a page"}
    return bool(error) and all(isinstance(message, str | list) for message in error.values())


def share_a_box(sandbox: Sandbox) -> None:
    sandbox.fusillade.types.add(ResourceType("box", ["box:Open"], "user@example.org", {}))
    sandbox.fusillade.resources.add(Resource("box", "b1", "user@example.org", {}))


SERVICES = [
    Service(
        document="dss",
        words=(UUID, "2026-01-02T030405.060708Z", "aws", "gcp", "10", "1e9"),
        refuses=is_problem,
    ),
    Service(
        document="fusillade",
        words=("user@example.org", "hca", "box", "Owner", "b1", "add", "enabled", "omics-sandbox", "Statement"),
        refuses=is_problem,
        prepare=share_a_box,
    ),
    Service(
        document="upload",
        words=(UUID, "a.json", "a/b", "../a", "x" * 1100, "checksum", "?", "#", "text/plain; dcp-type=data"),
        refuses=is_problem,
        prepare=lambda sandbox: sandbox.area(UUID),
    ),
    Service(
        document="sb",
        words=("sandbox-user", "pilot", "ada", "sandbox-division", "reference-set", "5", "True", "COMPLETED"),
        refuses=is_refusal_of_sb,
    ),
    Service(
        document="gen3/indexd",
        words=(GUID, GUID[8:], "s3://bucket/1", "md5:" + "0" * 32, '{"a": {"b": 1}}', "a:b"),
        refuses=is_refusal_of_indexd,
        prepare=lambda sandbox: sandbox.gen3.index.create(
            new_record(did=GUID, urls_metadata={"s3://bucket/1": {"state": "up"}})
        ),
        right=new_record(),
        fields=(
            *new_record(),
            *("did", "authz", "urls_metadata", "metadata", "file_name", "aliases", "bundles", "checksums"),
        ),
    ),
    Service(
        document="crunch",
        words=("sandbox", "sandbox:example-reads", "1", "2", "2020-01-02T03:04"),
        refuses=is_refusal_of_crunch,
        right={"name": "another", "parent": "sandbox", "item": "sandbox", "key": "k", "latitude": 1, "longitude": "2"}
        | {"dataset": 2, "stage": 1, "state": 2},
        fields=(*DESCRIBED.split(), *NOTED.split(), *TEXT_FIELDS, *AMOUNTS),
        takes_forms=True,
    ),
]


@pytest.fixture(params=SERVICES, ids=lambda service: service.document)
def service(request: pytest.FixtureRequest, sandbox: Sandbox) -> Service:
    """A service of a fresh sandbox."""
    request.param.prepare(sandbox)
    return request.param


@pytest.fixture(scope="module")
def browser(_server: Sandbox) -> Generator[httpx.Client]:
    """A client whose responses are held to nothing."""
    with httpx.Client(base_url=_server.url, trust_env=False, verify=NO_TLS) as client:
        yield client


@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_request_makes_a_service_fail(
    sandbox: Sandbox, browser: httpx.Client, service: Service, data: st.DataObject
) -> None:
    words = st.sampled_from([*service.words, *ODD]) | TEXTS
    request = data.draw(
        fuzzed_requests(
            operations(read_document(service.document)),
            words,
            lambda _, parameter: parameter.schema.get("enum") or service.words[:1],
            near(service.right, service.fields, words),
            {name: str(value) for name, value in service.right.items()} if service.takes_forms else None,
        )
    )
    method = request.operation.method
    content = urlencode(request.body).encode() if request.media_type == FORM else json_of(request.body)
    headers = {**credentials(sandbox, service.document), "Content-Type": request.media_type}
    url = f"{PLACES[service.document]}{request.path}"
    response = browser.request(method, url, params=request.query, content=content, headers=headers)
    assert response.status_code < 500, (request, response.text)
    assert response.status_code < 400 or service.refuses(response), (request, response.text)
    if method == "DELETE" and response.is_success:  # a dataset without its project makes a site's `next` fail
        sandbox.reset()
        service.prepare(sandbox)


def test_usual_requests_reach_the_service(sandbox: Sandbox, browser: httpx.Client, service: Service) -> None:
    reading = [operation for operation in operations(read_document(service.document)) if operation.method == "GET"]
    paths = [re.sub(r"\{[^}]+\}", quote(service.words[0], safe=""), operation.path) for operation in reading]
    headers = credentials(sandbox, service.document)
    responses = [browser.get(f"{PLACES[service.document]}{path}", headers=headers) for path in paths]
    assert any(response.status_code == 200 for response in responses)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        *((name, "text/plain; dcp-type=data") for name in ("x" * 1100, "%00", "..", "../../x")),
        *(("a", content_type) for content_type in ('text/plain; dcp-type="é"', "x" * 3000 + "; dcp-type=data")),
    ],
)
def test_no_name_and_type_of_a_file_makes_upload_fail(
    sandbox: Sandbox, browser: httpx.Client, name: str, content_type: str
) -> None:
    sandbox.area(UUID)
    headers = {"Api-Key": sandbox.upload_key, "Content-Type": content_type.encode()}
    response = browser.put(f"/upload/v1/area/{UUID}/{name}", content=b"{}", headers=headers)
    assert response.status_code < 500, response.text


loaded = cache(lambda pem: load_pem_private_key(pem, None))
"""A key, by its text; reading one checks it, which takes longer than signing."""
claim_words = st.sampled_from(["user@example.org", "", "-1", "9" * 25, "\x00", "http://localhost/"]) | TEXTS
claim_values = values_of(claim_words)
claims = st.dictionaries(
    st.sampled_from(["iss", "sub", "aud", "exp", "nbf", "iat", "email", "jti", "crit", "scope"]),
    claim_values,
    max_size=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(claims | claim_values)
def test_no_claims_of_a_token_make_fusillade_fail(sandbox: Sandbox, payload: object) -> None:
    fusillade = sandbox.fusillade
    fusillade.key.public()  # writes its file
    key = loaded((sandbox.folder / "oauth.key").read_bytes())
    token = jwt.api_jws.encode(json.dumps(payload).encode(), key, "RS256", headers={"kid": fusillade.key.id})
    with pytest.raises(Problem) as caught:
        fusillade.caller(token)
    assert caught.value.status == 401


# -- numbers that no database takes

LARGEST = 2**63 - 1
EDGE = (LARGEST + 1,)
FURTHER = (LARGEST, -LARGEST - 2, 10**25)
SAMPLES: Mapping[str, Any] = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}, "null": None}


def sample(schema: Mapping[str, Any], document: Mapping[str, Any], depth: int = 0) -> Any:
    """A value that a schema may take, with what it requires."""
    schema = resolved(schema, document)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = kind[0]
    if kind == "object" and depth < 3:
        properties = schema.get("properties", {})
        return {name: sample(properties.get(name, {}), document, depth + 1) for name in schema.get("required", ())}
    return SAMPLES.get(kind, "dss://a" if schema.get("format") == "uri" else "a")


def resolved(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    target_schema = schema
    while "$ref" in target_schema:
        target: Any = document
        for step in target_schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        target_schema = target
    merged: dict[str, Any] = dict(target_schema)
    for part in target_schema.get("allOf", ()):
        inner = resolved(part, document)
        merged["properties"] = {**merged.get("properties", {}), **inner.get("properties", {})}
        merged["required"] = [*merged.get("required", ()), *inner.get("required", ())]
    for part in (*target_schema.get("oneOf", ()), *target_schema.get("anyOf", ())):
        return {**resolved(part, document), **{k: v for k, v in merged.items() if k not in ("oneOf", "anyOf")}}
    return merged


def bodies(operation: Operation, document: Mapping[str, Any], number: int, *, further: bool) -> Iterator[Any]:
    """Bodies with the number in one field each, one level below the top too."""
    if operation.body is None:
        yield None
        return
    schema, right = resolved(operation.body, document), sample(operation.body, document)
    yield right
    yield number
    # A database takes the largest: it is tried as each field itself, and below only what none takes.
    fits = number == LARGEST and not further
    for name, inner in schema.get("properties", {}).items():
        base = right if isinstance(right, dict) else {}
        yield {**base, name: number}
        if fits:
            continue
        yield {**base, name: [number]}
        below = resolved(inner, document)
        below = resolved(below.get("items", {}), document) if below.get("type") == "array" else below
        for member in below.get("properties", {}):
            value = {**(sample(below, document, 1) or {}), member: number}
            yield {**base, name: [value] if resolved(inner, document).get("type") == "array" else value}


def numbered_requests(operation: Operation, document: Mapping[str, Any], *, further: bool) -> Iterator[tuple[str, Any]]:
    """Path with query, and body of requests with a number in one place each.

    Each has the least number that a database does not take, and `further` ones if asked.
    """
    numbers = (*EDGE, *(FURTHER if further else ()))

    def request(where: str, number: int, body: Any) -> tuple[str, Any]:
        path, query = operation.path, list[tuple[str, str]]()
        for parameter in operation.parameters:
            value = str(number) if parameter.name == where else str(sample(parameter.schema, document))
            if parameter.place == "path":
                path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
            elif parameter.place == "query" and (parameter.required or parameter.name == where):
                query.append((parameter.name, value))
        return (f"{path}?{urlencode(query)}" if query else path), body

    right = None if operation.body is None else sample(operation.body, document)
    for parameter in operation.parameters:
        if parameter.place in ("path", "query"):
            for number in numbers:
                yield request(parameter.name, number, right)
    for number in numbers:
        for body in bodies(operation, document, number, further=further):
            yield request("", number, body)


@pytest.mark.parametrize("further", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.parametrize("service", PLACES)
def test_no_number_makes_an_operation_fail(sandbox: Sandbox, service: str, further: bool):
    document = read_document(service)
    headers = credentials(sandbox, service)
    typed = {**headers, "Content-Type": "application/json"}
    failed: list[str] = []
    count = 0
    # A client of Python's own: those of the platforms take longer for a request than the sandbox.
    with closing(http.client.HTTPConnection(urlsplit(sandbox.url).netloc)) as connection:
        for operation in operations(document):
            for path, body in numbered_requests(operation, document, further=further):
                content = None if body is None else json.dumps(body).encode()
                connection.request(
                    operation.method, f"{PLACES[service]}{path}", content, headers if content is None else typed
                )
                response = connection.getresponse().read()
                count += 1
                if b"failed in the sandbox" in response or b"sandbox failed" in response:
                    failed.append(f"{operation.name} {path} {body}: {response[:100]}")
    assert failed == []
    assert count > len(operations(document))
