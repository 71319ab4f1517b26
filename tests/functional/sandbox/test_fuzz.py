"""Whatever is sent to a service of the sandbox, it answers or refuses in the service's own form, and never fails."""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

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
from omicsdk.sandbox.document import FORM, operations, read_document
from omicsdk.sandbox.fusillade.state import Resource, ResourceType
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from omicsdk.sandbox.problems import Problem

UUID = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
GUID = "dg.TEST/00000001-0000-4000-8000-000000000001"
ODD = ("", "/", "%00", "\x00", "*", "é", "a b", "0", "-1", "null", "true", "nan", "1e400", "9" * 25, "x" * 300)
DESCRIBED = "name description details workflow parent base_file_path attributes items locked slug item key value"
NOTED = "latitude longitude dataset stage state note site_user"


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service, what means something to it, and what its refusals look like.

    Attributes:
        document: The name of its document.
        path: Where it is mounted.
        words: Values that mean something to it; the first is that of an object that exists.
        headers: Credentials for all that it does.
        refuses: Whether a refusal has the service's form.
        prepare: Makes the object that exists, once in a fresh sandbox.
        right: A body that is right.
        fields: The fields of bodies.
        takes_forms: Whether it takes forms, too.
    """

    document: str
    path: str
    words: tuple[str, ...]
    headers: Callable[[Sandbox], Mapping[str, str]]
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
    return bool(error) and all(isinstance(each, str | list) for each in error.values())


def credentials_of_hca(sandbox: Sandbox) -> Mapping[str, str]:
    """Another administrator each time: the request before may have disabled or stripped the last one."""
    return {"Authorization": f"Bearer {sandbox.token()}", "Api-Key": sandbox.upload_key}


def share_a_box(sandbox: Sandbox) -> None:
    sandbox.fusillade.types.add(ResourceType("box", ["box:Open"], "user@example.org", {}))
    sandbox.fusillade.resources.add(Resource("box", "b1", "user@example.org", {}))


SERVICES = [
    Service(
        document="dss",
        path="/dss/v1",
        words=(UUID, "2026-01-02T030405.060708Z", "aws", "gcp", "10", "1e9"),
        headers=credentials_of_hca,
        refuses=is_problem,
    ),
    Service(
        document="fusillade",
        path="/auth",
        words=("user@example.org", "hca", "box", "Owner", "b1", "add", "enabled", "omics-sandbox", "Statement"),
        headers=credentials_of_hca,
        refuses=is_problem,
        prepare=share_a_box,
    ),
    Service(
        document="upload",
        path="/upload",
        words=(UUID, "a.json", "a/b", "../a", "x" * 1100, "checksum", "?", "#", "text/plain; dcp-type=data"),
        headers=credentials_of_hca,
        refuses=is_problem,
        prepare=lambda sandbox: sandbox.area(UUID),
    ),
    Service(
        document="sb",
        path="/sb/v2",
        words=("sandbox-user", "pilot", "ada", "sandbox-division", "reference-set", "5", "True", "COMPLETED"),
        headers=lambda sandbox: {"X-SBG-Auth-Token": sandbox.sb_token},
        refuses=is_refusal_of_sb,
    ),
    Service(
        document="gen3/indexd",
        path="/gen3/index",
        words=(GUID, GUID[8:], "s3://bucket/1", "md5:" + "0" * 32, '{"a": {"b": 1}}', "a:b"),
        headers=lambda sandbox: {
            "Authorization": f"bearer {sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)}"
        },
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
        path="/crunch",
        words=("sandbox", "sandbox:example-reads", "1", "2", "2020-01-02T03:04"),
        headers=lambda sandbox: {"Authorization": f"Token {sandbox.crunch_token}"},
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
    headers = {**service.headers(sandbox), "Content-Type": request.media_type}
    url = f"{service.path}{request.path}"
    response = browser.request(method, url, params=request.query, content=content, headers=headers)
    assert response.status_code < 500, (request, response.text)
    assert response.status_code < 400 or service.refuses(response), (request, response.text)
    if method == "DELETE" and response.is_success:  # a dataset without its project makes a site's `next` fail
        sandbox.reset()
        service.prepare(sandbox)


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
def test_no_claims_of_a_token_make_fusillade_fail(sandbox: Sandbox, stated: object) -> None:
    fusillade = sandbox.fusillade
    fusillade.key.public()  # writes its file
    key = loaded((sandbox.folder / "oauth.key").read_bytes())
    token = jwt.api_jws.encode(json.dumps(stated).encode(), key, "RS256", headers={"kid": fusillade.key.id})
    with pytest.raises(Problem) as caught:
        fusillade.caller(token)
    assert caught.value.status == 401
