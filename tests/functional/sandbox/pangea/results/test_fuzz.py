"""Whatever is written to results, fields, uploads, buckets, pipelines, tags and orders: what is taken can be read afterwards."""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from conformity import NO_TLS
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.pangea import SANDBOX_PANGEA_USER
from pangea_responses import NOWHERE, created

LISTS = (
    "sample_ars",
    "sample_group_ars",
    "sample_ar_fields",
    "sample_group_ar_fields",
    "pipelines",
    "pipeline_modules",
    "contrib/tags/",
    "contrib/tags/{tag}/samples",
    "contrib/tags/{tag}/sample_groups",
    "contrib/tags/{tag}/sample_module_counts",
    "s3_buckets",
    "s3_api_keys",
    "samples/{sample}/work_orders",
    "samples/{sample}/manifest",
    "sample_groups/{group}/manifest",
    "work_order_prototypes/{prototype}/work_orders",
)
RESULT = {
    "module_name": "m",
    "replicate": "r",
    "metadata": {},
    "description": "",
    "is_private": False,
    "is_hidden": False,
}
FIELD = {"name": "f", "stored_data": {}, "description": ""}
WRITES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("POST", "sample_ars"): {**RESULT, "sample": "{sample}", "pipeline_module": "{module}"},
    ("PUT", "sample_ars/{result}"): {**RESULT, "sample": "{sample}", "pipeline_module": None},
    ("PATCH", "sample_ars/{result}"): {**RESULT, "sample": "{sample}"},
    ("POST", "sample_group_ars"): {**RESULT, "sample_group": "{group}"},
    ("POST", "sample_ar_fields"): {**FIELD, "analysis_result": "{result}"},
    ("PATCH", "sample_ar_fields/{field}"): {**FIELD, "analysis_result": "{result}"},
    ("POST", "sample_ar_fields/{field}/upload_s3"): {"filename": "x", "stance": "upload-multipart", "n_parts": 1},
    ("POST", "sample_ar_fields/{field}/complete_upload_s3"): {
        "upload_id": "x",
        "parts": [{"ETag": "x", "PartNumber": 1}],
    },
    ("POST", "pipelines"): {"name": "p", "description": "", "long_description": ""},
    ("PATCH", "pipelines/{pipeline}"): {"name": "p2", "description": "d"},
    ("POST", "pipeline_modules"): {
        "pipeline": "{pipeline}",
        "name": "n",
        "version": "1",
        "dependencies": ["{module}"],
        "metadata": {},
    },
    ("PATCH", "pipeline_modules/{module}"): {
        "name": "n2",
        "version": "2",
        "dependencies": ["{module}"],
        "description": "d",
    },
    ("POST", "contrib/tags/"): {"name": "t2", "payload": "", "created_at": None},
    ("PATCH", "contrib/tags/{tag}"): {"name": "t3", "payload": "p"},
    ("POST", "contrib/tags/{tag}/samples"): {"sample_uuid": "{sample}", "payload": ""},
    ("POST", "contrib/tags/{tag}/sample_groups"): {"sample_group_uuid": "{group}", "payload": ""},
    ("POST", "s3_buckets"): {"name": "b", "endpoint_url": "http://127.0.0.1:1", "organization": "{organization}"},
    ("PATCH", "s3_api_keys/{bucket}"): {"name": "b2", "endpoint_url": "nope"},
    ("POST", "s3_api_keys"): {"bucket": "{bucket}", "public_key": "A", "private_key": "S", "description": "d"},
    ("PATCH", "job_orders/{job}"): {
        "name": "j",
        "status": "working",
        "work_order": "{order}",
        "analysis_result": "{result}",
        "pipeline_module": "{module}",
        "resources_used": {},
        "resources_needed": {},
        "description": "",
    },
    ("POST", "samples/{sample}/work_orders/{prototype}"): {},
}
words = st.sampled_from(
    ["{sample}", "{result}", "{order}", NOWHERE, "", " ", "null", "-1", "1e400", "s3", "\0", "\ud800"]
)
words |= st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
s3_data = st.fixed_dictionaries({"__type__": st.sampled_from(["s3", "S3", "sra"]), "uri": words, "endpoint_url": words})


@dataclass(frozen=True, slots=True)
class Place:
    """A client, and what there is by name."""

    client: httpx.Client
    uuids: Mapping[str, str]

    def filled(self, value: Any) -> Any:
        """A value with UUIDs in place of names."""
        match value:
            case str():
                return self.uuids.get(value, value)
            case list():
                return [self.filled(each) for each in value]
            case dict():
                return {self.filled(key): self.filled(each) for key, each in value.items()}
            case _:
                return value

    def path(self, path: str) -> str:
        return "/" + "/".join(self.uuids.get(part, part) for part in path.split("/"))


@pytest.fixture
def place(sandbox: Sandbox) -> Generator[Place]:
    people = sandbox.pangea.people
    account = people.by_email(SANDBOX_PANGEA_USER)
    assert account is not None
    headers = {"Authorization": f"Token {people.token(account)}"}
    with httpx.Client(base_url=f"{sandbox.pangea_url}/api", headers=headers, trust_env=False, verify=NO_TLS) as client:

        def new(path: str, **fields: Any) -> str:
            return created(client.post(path, json=fields))["uuid"]

        group = client.get("/sample_groups").json()["results"][0]
        found = {"group": group["uuid"], "organization": group["organization"], "bucket": group["bucket"]}
        found["sample"] = new("/samples", name="s", library=found["group"])
        found["pipeline"] = new("/pipelines", name="first")
        found["module"] = new("/pipeline_modules", name="m", version="0", pipeline=found["pipeline"])
        found["result"] = new("/sample_ars", module_name="first", sample=found["sample"])
        found["field"] = new("/sample_ar_fields", name="first", analysis_result=found["result"], stored_data={})
        found["tag"] = new("/contrib/tags/", name="first")
        jobs = {"J": found["module"]}
        found["prototype"] = sandbox.pangea.add_work_order_prototype("W", jobs=jobs, privileged=[SANDBOX_PANGEA_USER])
        found["order"] = new(f"/samples/{found['sample']}/work_orders/{found['prototype']}")
        found["job"] = client.get(f"/work_orders/{found['order']}").json()["job_order_objs"][0]["uuid"]
        yield Place(client, {f"{{{name}}}": uuid for name, uuid in found.items()})


@settings(
    max_examples=settings().max_examples // 16 * settings().max_examples // 2,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_is_taken_can_be_read(place: Place, data: st.DataObject) -> None:
    method, path = data.draw(st.sampled_from(list(WRITES)))
    good = WRITES[method, path]
    changed = data.draw(st.dictionaries(st.sampled_from([*good, "other"]), values | s3_data, max_size=2))
    body = place.filled({**good, **changed})
    if data.draw(st.integers(0, 5)) == 0:
        texts = {name: each if isinstance(each, str) else json.dumps(each) for name, each in body.items()}
        content = urlencode(texts, errors="replace").encode()
        kind = "application/x-www-form-urlencoded"
    else:
        # Without words for infinite numbers, JSON still has numbers that are read as such.
        content, kind = json.dumps(body).replace("Infinity", "1e999").encode(), "application/json"
    response = place.client.request(method, place.path(path), content=content, headers={"Content-Type": kind})
    assert response.status_code < 500, (method, path, body, response.text)
    for each in LISTS:
        assert place.client.get(place.path(each)).status_code == 200, (method, path, body, each)
