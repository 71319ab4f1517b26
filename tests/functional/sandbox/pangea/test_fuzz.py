"""Whatever is sent to the sandbox's Pangea, it answers or refuses in the platform's words, and never fails."""

from collections.abc import Mapping, Sequence
from urllib.parse import quote, urlencode

import httpx
from conformity import NO_TLS
from fuzzed_requests import FuzzedRequest, fuzzed_requests, json_of, near
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.document import FORM, Operation, Parameter, operations, read_document
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import created

DOCUMENT = read_document("pangea")
# The site's own wiki fails on every server.
OPERATIONS = [operation for operation in operations(DOCUMENT) if "site_wiki" not in operation.name]
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
    "name": "another",
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


def named(value: object, uuids: Mapping[str, str]) -> object:
    """A value with UUIDs in place of kinds."""
    match value:
        case str():
            return uuids.get(value, value)
        case list():
            return [named(item, uuids) for item in value]
        case dict():
            return {key: named(item, uuids) for key, item in value.items()}
        case _:
            return value


def send(sandbox: Sandbox, request: FuzzedRequest, email: str) -> httpx.Response:
    uuids = there(sandbox)
    headers = {"Content-Type": request.media_type}
    if email:
        people = sandbox.pangea.people
        person = people.by_email(email) or people.add(email, "a password of 2026")
        headers["Authorization"] = f"Token {people.token(person)}"
    sent = named(request.body, uuids)
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        return client.request(
            request.operation.method,
            sandbox.pangea_url + "/".join(uuids.get(part, part) for part in request.path.split("/")),
            params=[(name, uuids.get(value, value)) for name, value in request.query],
            content=urlencode(sent).encode() if request.media_type == FORM else json_of(sent),
            headers=headers,
        )


def usually(operation: Operation, parameter: Parameter) -> Sequence[str]:
    return [usual(operation, parameter.name)] if parameter.place == "path" else ["1"]


@given(
    fuzzed_requests(
        OPERATIONS,
        words,
        usually,
        near(GOOD, FIELDS, words),
        {name: value for name, value in GOOD.items() if isinstance(value, str)},
    ),
    st.sampled_from([SANDBOX_PANGEA_USER, SANDBOX_PANGEA_USER, "other@example.org", ""]),
)
@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_platform_never_fails(sandbox: Sandbox, request: FuzzedRequest, email: str) -> None:
    response = send(sandbox, request, email)
    assert response.status_code < 500, (request, response.text)
    if response.status_code >= 400 and response.headers.get("content-type") == "application/json":
        error = response.json()
        assert error
        assert isinstance(error, list) or all(isinstance(message, str | list) for message in error.values())


def test_most_of_what_is_usual_is_answered(sandbox: Sandbox) -> None:
    refused: set[str] = set()
    for operation in OPERATIONS:
        if operation.method == "GET" and "/contrib/tree" not in operation.path:
            path = operation.path
            for parameter in operation.parameters:
                if parameter.place == "path":
                    path = path.replace(f"{{{parameter.name}}}", quote(usual(operation, parameter.name), safe=""))
            request = FuzzedRequest(operation, path, [], "application/json", None)
            if send(sandbox, request, SANDBOX_PANGEA_USER).status_code >= 300:
                refused.add(operation.name)
    assert refused <= {"get_account", "get_user", "get_user_by_id"}
