"""Whatever is sent to the sandbox's index, it answers or refuses in the service's words, and never fails."""

import httpx
from conformity import NO_TLS
from fuzzed_requests import Request, fuzzed_requests, values_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from indexd_clients import new_record
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR

GUID = "dg.TEST/00000001-0000-4000-8000-000000000001"
BODY_FIELDS = (
    *new_record(),
    *("did", "authz", "urls_metadata", "metadata", "file_name", "aliases", "bundles", "checksums"),
)
words = st.sampled_from(
    [GUID, GUID[8:], "s3://bucket/1", "md5:" + "0" * 32, "null", "true", "0", "-1", "9" * 25, '{"a": {"b": 1}}', "a:b"]
) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
near_records = st.builds(
    lambda changed: {**new_record(), **changed},
    st.fixed_dictionaries({}, optional=dict.fromkeys(BODY_FIELDS, values_of(words))),
)


@given(request=fuzzed_requests("gen3/indexd", words, near_records))
@settings(
    max_examples=settings().max_examples // 20 * settings().max_examples,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_index_never_fails(sandbox: Sandbox, request: Request) -> None:
    operation, path, query, content = request
    if sandbox.gen3.index.get(GUID) is None:
        sandbox.gen3.index.create(new_record(did=GUID, urls_metadata={"s3://bucket/1": {"state": "up"}}))
    token = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
    headers = {"Authorization": f"bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(trust_env=False, verify=NO_TLS) as client:
        url = f"{sandbox.gen3_url}/index{path}"
        response = client.request(operation.method, url, params=query, content=content, headers=headers)
    assert response.status_code < 500, (operation.name, path, query, content, response.text)
    if response.status_code >= 400 and response.headers["content-type"] == "application/json":
        told = response.json()
        assert told.get("error") or (told["msg"] and told["status_code"] == response.status_code)
