"""Whatever is sent to the sandbox's Pangea, it answers or refuses in the platform's words, and never fails."""

import json
from collections.abc import Mapping
from urllib.parse import quote, urlencode

import httpx
from conformity import NO_TLS
from fuzzed_requests import values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import Operation, operations, read_document
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import created

DOCUMENT = read_document("pangea")
# The site's own wiki fails on every server.
OPERATIONS = [each for each in operations(DOCUMENT) if "site_wiki" not in each.name]
FIELDS = sorted(
    {
        name
        for schema in DOCUMENT["components"]["schemas"].values()
        for name, field in schema.get("properties", {}).items()
        if not field.get("readOnly")
    }
)
KIND_OF = {
    "organizations": "organization",
    "sample_groups": "sample_group",
    "samples": "sample",
    "sample_ars": "sample_ar",
    "sample_ar_fields": "sample_ar_field",
    "sample_group_ars": "sample_group_ar",
    "sample_group_ar_fields": "sample_group_ar_field",
    "projects": "project",
    "pipelines": "pipeline",
    "pipeline_modules": "pipeline_module",
    "tags": "tag",
    "s3_buckets": "s3_api_key",  # the routes are swapped
    "s3_api_keys": "s3_bucket",
    "work_order_prototypes": "work_order_proto",
    "group_work_order_prototypes": "group_work_order_proto",
    "job_order_prototypes": "job_order_proto",
    "work_orders": "work_order",
    "job_orders": "job_order",
    "group_work_orders": "group_work_order",
}
"""What UUIDs in paths are of, by the segment before them."""
KINDS = tuple(KIND_OF.values())
NAMES = {"org": "Sandbox", "grp": "sandbox library", "sample": "s", "module_name": "m", "field": "f", "version": "1"}
GOOD = {
    "organization": "organization",
    "library": "sample_group",
    "sample_group": "sample_group",
    "sample": "sample",
    "analysis_result": "sample_ar",
    "bucket": "s3_bucket",
    "pipeline": "pipeline",
    "module_name": "m",
    "version": "2",
    "stored_data": {},
    "names": ["x"],
    "filename": "f.txt",
    "endpoint_url": "http://127.0.0.1:9",
    "user": 1,
    "sample_uuid": "sample",
    "sample_group_uuid": "sample_group",
    "tag_uuid": "tag",
    "title": "t",
    "text": "t",
}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def there(sandbox: Sandbox) -> dict[str, str]:
    """UUIDs of what is there, by kind; when something was deleted, all is made again."""
    store = sandbox.pangea.store
    if any(not store.count(kind) for kind in KINDS) or not sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER):
        fill(sandbox)
    return {kind: store.all(kind)[0]["uuid"] for kind in KINDS}


def fill(sandbox: Sandbox) -> None:
    """Makes one of each kind."""
    sandbox.pangea.empty()
    sandbox.pangea.clear()
    person = sandbox.pangea.people.by_email(SANDBOX_PANGEA_USER)
    assert person is not None
    headers = {"Authorization": f"Token {sandbox.pangea.people.token(person)}"}
    with httpx.Client(base_url=f"{sandbox.pangea_url}/api", headers=headers, trust_env=False, verify=NO_TLS) as client:

        def make(path: str, **fields: object) -> str:
            return created(client.post(path, json=fields))["uuid"]

        library = client.get("/sample_groups").json()["results"][0]
        sample = make("/samples", name="s", library=library["uuid"], metadata={"a": 1, "b": "x"})
        for owner, route in ((sample, "sample"), (library["uuid"], "sample_group")):
            result = make(f"/{route}_ars", module_name="m", **{route: owner})
            make(f"/{route}_ar_fields", name="f", analysis_result=result, stored_data={"x": 1})
        make("/projects", name="p", organization=library["organization"])
        make("/pipeline_modules", pipeline=make("/pipelines", name="pipe"), name="m", version="1")
        make("/contrib/tags/", name="t")
        orders = sandbox.pangea.add_work_order_prototype("o", jobs={"j": ""}, privileged=[SANDBOX_PANGEA_USER])
        groups = sandbox.pangea.add_group_work_order_prototype("g", parts=[orders], privileged=[SANDBOX_PANGEA_USER])
        created(client.post(f"/samples/{sample}/work_orders/{orders}"))
        created(client.post(f"/sample_groups/{library['uuid']}/work_orders/{groups}"))


words = st.sampled_from(
    [*KINDS, UNKNOWN, "Sandbox", "null", "true", "-1", "9" * 25, "1e400", "nan", "csv", "upload-multipart"]
) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
values = values_of(words)
bodies = st.builds(
    lambda name, changed: {**GOOD, "name": name, **changed},
    words,
    st.dictionaries(st.sampled_from(FIELDS), values, max_size=2),
)
Request = tuple[Operation, str, list[tuple[str, str]], str, object]


def usual(operation: Operation, parameter: str) -> str:
    """What a parameter of a path usually is: a kind, which represents the UUID of something of it, or a name."""
    if parameter in NAMES:
        return NAMES[parameter]
    if parameter == "wop_pk":
        return "group_work_order_proto" if "sample_groups" in operation.path else "work_order_proto"
    segments = operation.path.split("/")
    if parameter == "name":
        return {"pipelines": "pipe", "tags": "t"}.get(segments[-3], "m")
    return KIND_OF.get(segments[segments.index(f"{{{parameter}}}") - 1], "sample")


@st.composite
def requests(draw: st.DrawFn) -> Request:
    operation = draw(st.sampled_from(OPERATIONS))
    path = operation.path
    query: list[tuple[str, str]] = []
    for parameter in operation.parameters:
        if parameter.place == "path":
            odd = draw(st.integers(0, 7)) == 0
            value = (
                draw(words.filter(lambda each: each not in (".", ".."))) if odd else usual(operation, parameter.name)
            )
            path = path.replace(f"{{{parameter.name}}}", quote(value, safe=""))
        elif draw(st.integers(0, 3)) == 0:
            query.append((parameter.name, draw(words)))
    if draw(st.integers(0, 4)) == 0:
        fields = draw(st.dictionaries(st.sampled_from(FIELDS), words, max_size=3))
        texts = {name: value for name, value in GOOD.items() if isinstance(value, str)}
        return operation, path, query, "application/x-www-form-urlencoded", {**texts, **fields}
    return operation, path, query, "application/json", draw(bodies | values)


def named(value: object, uuids: Mapping[str, str]) -> object:
    """A value with UUIDs in place of kinds."""
    match value:
        case str():
            return uuids.get(value, value)
        case list():
            return [named(each, uuids) for each in value]
        case dict():
            return {key: named(each, uuids) for key, each in value.items()}
        case _:
            return value


def send(sandbox: Sandbox, request: Request, email: str) -> httpx.Response:
    operation, path, query, kind, body = request
    uuids = there(sandbox)
    headers = {"Content-Type": kind}
    if email:
        people = sandbox.pangea.people
        person = people.by_email(email) or people.add(email, "a password of 2026")
        headers["Authorization"] = f"Token {people.token(person)}"
    sent = named(body, uuids)
    # Without words for infinite numbers, JSON still has numbers that are read as such.
    text = urlencode(sent) if kind.endswith("urlencoded") else json.dumps(sent).replace("Infinity", "1e999")
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        return client.request(
            operation.method,
            sandbox.pangea_url + "/".join(uuids.get(part, part) for part in path.split("/")),
            params=[(name, uuids.get(value, value)) for name, value in query],
            content=text.encode(),
            headers=headers,
        )


@given(requests(), st.sampled_from([SANDBOX_PANGEA_USER, SANDBOX_PANGEA_USER, "other@example.org", ""]))
@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_platform_never_fails(sandbox: Sandbox, request: Request, email: str) -> None:
    response = send(sandbox, request, email)
    assert response.status_code < 500, (request[0].name, request[1:], response.text)
    if response.status_code >= 400 and response.headers.get("content-type") == "application/json":
        told = response.json()
        assert told
        assert isinstance(told, list) or all(isinstance(each, str | list) for each in told.values())


def test_most_of_what_is_usual_is_answered(sandbox: Sandbox) -> None:
    reading = [each for each in OPERATIONS if each.method == "GET" and "/contrib/tree" not in each.path]
    refused = {
        operation.name: response.text
        for operation in reading
        if (response := send(sandbox, plain(operation), SANDBOX_PANGEA_USER)).status_code >= 300
    }
    assert refused.keys() <= {"get_account", "get_user", "get_user_by_id"}


def plain(operation: Operation) -> Request:
    path = operation.path
    for parameter in operation.parameters:
        if parameter.place == "path":
            path = path.replace(f"{{{parameter.name}}}", quote(usual(operation, parameter.name), safe=""))
    return operation, path, [], "application/json", None
