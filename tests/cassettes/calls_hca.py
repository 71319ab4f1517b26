"""The calls of the Human Cell Atlas's services that are recorded: each operation once, with pages where there are some."""

import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx
from azul_project import write_project
from omicsdk.core.checksums import Digests
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.azul.search import Addresses
from omicsdk.sandbox.fusillade.tokens import client_secret
from omicsdk.sandbox.service import Call
from recording import HOST, Recorder

# -- the Data Store

VERSION = "2026-01-01T080000.000000Z"
BUNDLES = 12


def _uuid(kind: int, number: int = 0) -> str:
    return str(UUID(int=kind << 96 | 4 << 76 | 8 << 60 | number))


FILE, BUNDLE, OTHER, COLLECTION = _uuid(0xF11E), _uuid(0xB0D1E), _uuid(0x07E), _uuid(0xC011)


def dss(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the Data Store."""
    _stage(sandbox)
    _files(recorder, sandbox)
    _bundles(recorder, sandbox)
    _collections(recorder)
    _subscriptions(recorder)


def _stage(sandbox: Sandbox) -> None:
    """Puts the file that is stored into the staging bucket, with its checksums."""
    content = b'{"biomaterial_core": {"biomaterial_id": "lambda_late"}, "minutes_after_induction": 60}\n'
    digests = Digests(("s3_etag", "sha1", "sha256", "crc32c"), size=len(content))
    digests.update(content)
    labels = {f"hca-dss-{name}": value for name, value in digests.values().items()}
    where = {"Bucket": sandbox.staging_bucket, "Key": "cell_suspension_0.json", "ContentType": "application/json"}
    sandbox.context.staging.client().put_object(**where, Body=content, Metadata=labels)


def _files(recorder: Recorder, sandbox: Sandbox) -> None:
    source = f"s3://{sandbox.staging_bucket}/cell_suspension_0.json"
    recorder.call("put_file", uuid=FILE, version=VERSION, creator_uid=8008, source_url=source)
    recorder.call("head_file", uuid=FILE, replica="aws")
    recorder.stream("get_file", uuid=FILE, replica="aws")


def _bundles(recorder: Recorder, sandbox: Sandbox) -> None:
    def entry(name: str) -> Any:
        return {"uuid": FILE, "version": VERSION, "name": name, "indexed": name.endswith(".json")}

    entries = [entry("cell_suspension_0.json"), *(entry(f"lane_{number}.txt") for number in range(BUNDLES))]
    recorder.call("put_bundle", uuid=BUNDLE, version=VERSION, replica="aws", creator_uid=8008, files=entries)
    for number in range(BUNDLES):
        recorder.client.put_bundle(
            uuid=_uuid(0xE0, number), version=VERSION, replica="aws", creator_uid=8008, files=[entry("cell_0.json")]
        )
    recorder.iterate("get_bundle", uuid=BUNDLE, replica="aws", per_page=10)
    recorder.iterate("get_bundles_all", replica="aws", per_page=10)
    query = {"query": {"match": {"files.cell_suspension_json.biomaterial_core.biomaterial_id": "lambda_late"}}}
    recorder.call("post_search", replica="aws", es_query=query)
    recorder.call("patch_bundle", uuid=BUNDLE, version=VERSION, replica="aws", remove_files=[entry("lane_0.txt")])
    job = recorder.call("post_bundles_checkout", uuid=BUNDLE, replica="aws")
    sandbox.finish()
    recorder.call("get_bundles_checkout", replica="aws", checkout_job_id=job.checkout_job_id)
    recorder.iterate("get_events", replica="aws")
    recorder.call("get_event", uuid=BUNDLE, version=VERSION, replica="aws")
    recorder.call("delete_bundle", uuid=_uuid(0xE0, 0), replica="aws", version=VERSION, reason="a test")


def _collections(recorder: Recorder) -> None:
    link: Any = {"type": "bundle", "uuid": BUNDLE, "version": VERSION}
    fields: Any = {"replica": "aws", "description": "of a test", "details": {"kind": "recorded"}, "contents": [link]}
    recorder.call("put_collection", uuid=COLLECTION, version=VERSION, name="lambda", **fields)
    for number in range(10):
        recorder.client.put_collection(uuid=_uuid(0xC0, number), version=VERSION, name=f"further {number}", **fields)
    recorder.call("get_collection", uuid=COLLECTION, replica="aws")
    recorder.iterate("get_collections", per_page=10)
    recorder.call("patch_collection", uuid=COLLECTION, version=VERSION, replica="aws", description="changed")
    recorder.call("delete_collection", uuid=COLLECTION, replica="aws")


def _subscriptions(recorder: Recorder) -> None:
    made = recorder.call(
        "put_subscription",
        replica="aws",
        callback_url="https://notify.example.org/bundles",
        jmespath_query="files[?name=='cell_suspension_0.json']",
        hmac_key_id="first",
        hmac_secret_key="never to be seen in a recording",
    )
    recorder.call("get_subscription", uuid=made.uuid, replica="aws")
    recorder.call("get_subscriptions", replica="aws")
    recorder.call("delete_subscription", uuid=made.uuid, replica="aws")


# -- Fusillade

OWNER, ADA = "user@example.org", "ada@example.org"
FILES = "arn:hca:dss:*:*:files/*"
PROJECTS = "arn:hca:fus:*:*:project/*"
MORE_THAN_A_PAGE = 7


def fusillade(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of Fusillade."""
    _roles_and_groups(recorder)
    _users(recorder)
    _resources(recorder)
    _lists(recorder)
    _removals(recorder)
    _logins(recorder, sandbox)


def _policy(*actions: str, resource: str = FILES) -> Any:
    statement = {"Sid": "first", "Effect": "Allow", "Action": list(actions), "Resource": [resource]}
    return {"Version": "2012-10-17", "Statement": [statement]}


def _roles_and_groups(recorder: Recorder) -> None:
    recorder.call("post_v1_role", role_id="keeper", policy=_policy("dss:PutFile"))
    recorder.call("get_v1_role", role_id="keeper")
    recorder.call("put_v1_role_policy", role_id="keeper", policy=_policy("dss:PutFile", "dss:DeleteFile"))
    recorder.call("post_v1_group", group_id="lab", roles=["keeper"])
    recorder.call("get_v1_group", group_id="lab")
    recorder.call("put_v1_group_policy", group_id="lab", policy=_policy("dss:GetFile"))
    for number in range(MORE_THAN_A_PAGE):
        recorder.client.post_v1_role(role_id=f"role-{number}", policy=_policy("dss:GetFile"))
        recorder.client.post_v1_group(group_id=f"group-{number}")
    roles = [f"role-{number}" for number in range(MORE_THAN_A_PAGE)]
    recorder.call("put_v1_group_role", group_id="lab", action="add", roles=roles)


def _users(recorder: Recorder) -> None:
    recorder.call("post_v1_user", user_id=ADA, groups=["lab"], policy=_policy("dss:GetBundle"))
    recorder.call("get_v1_user", user_id=ADA)
    recorder.call("put_v1_user", user_id=ADA, status="enabled")
    recorder.call("put_v1_user_policy", user_id=ADA, policy=_policy("dss:PutBundle"))
    recorder.call("put_v1_user_group", user_id=ADA, action="add", groups=[f"group-{number}" for number in range(5)])
    recorder.call("put_v1_user_role", user_id=ADA, action="add", roles=[f"role-{number}" for number in range(6)])
    for number in range(MORE_THAN_A_PAGE):
        recorder.client.post_v1_user(user_id=f"user-{number}@example.org", groups=["lab"])
    # Already done: 304.
    recorder.call("put_v1_group_user", group_id="lab", action="add", users=[ADA])
    decision: dict[str, Any] = {"principal": ADA, "action": ["dss:PutFile"], "resource": ["arn:hca:dss:x:prod:files/1"]}
    recorder.call("post_v1_policies_evaluate", **decision)


def _resources(recorder: Recorder) -> None:
    project: dict[str, Any] = {"resource_type_name": "project"}
    recorder.call("post_v1_resource", **project, actions=["proj:Read"])
    recorder.call("put_v1_resource_action", **project, actions=["proj:Write", "proj:Share"])
    recorder.call("delete_v1_resource_actions", **project, actions=["proj:Share"])
    recorder.call("get_v1_resource_actions", **project)
    level = _policy("proj:Read", resource=PROJECTS)
    recorder.call("post_v1_resource_policy", **project, policy_name="Reader", policy=level)
    level = _policy("proj:Read", "proj:Write", resource=PROJECTS)
    recorder.call("put_v1_resource_policy", **project, policy_name="Reader", policy=level)
    recorder.call("get_v1_resource_policy", **project, policy_name="Reader")
    recorder.call("post_v1_resource_id", **project, resource_id="one")
    recorder.call("get_v1_resource_id", **project, resource_id="one")
    for number in range(MORE_THAN_A_PAGE):
        recorder.client.post_v1_resource(resource_type_name=f"type-{number}")
        recorder.client.post_v1_resource_id(**project, resource_id=f"id-{number}")
        recorder.client.post_v1_resource_policy(**project, policy_name=f"Level-{number}", policy=level)
        member: Any = {"member": f"user-{number}@example.org", "member_type": "user", "access_level": "Reader"}
        recorder.client.put_v1_resource_id_member(**project, resource_id="one", body=[member])
    group = {"member": "lab", "member_type": "group", "access_level": "Reader"}
    recorder.call("put_v1_resource_id_member", **project, resource_id="one", body=[group])


def _lists(recorder: Recorder) -> None:
    page: dict[str, Any] = {"per_page": 5}
    recorder.iterate("get_v1_users", **page)
    recorder.iterate("get_v1_user_groups", user_id=ADA, **page)
    recorder.iterate("get_v1_user_roles", user_id=ADA, **page)
    recorder.iterate("get_v1_user_owns", user_id=OWNER, resource_type="role", **page)
    recorder.iterate("get_v1_groups", **page)
    recorder.iterate("get_v1_group_roles", group_id="lab", **page)
    recorder.iterate("get_v1_group_users", group_id="lab", **page)
    recorder.iterate("get_v1_roles", **page)
    recorder.iterate("get_v1_resources", **page)
    recorder.iterate("get_v1_resource", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_ids", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_policies", resource_type_name="project", **page)
    recorder.iterate("get_v1_resource_id_members", resource_type_name="project", resource_id="one", **page)


def _removals(recorder: Recorder) -> None:
    recorder.call("delete_v1_resource_id", resource_type_name="project", resource_id="id-0")
    recorder.call("delete_v1_resource_policy", resource_type_name="project", policy_name="Level-0")
    recorder.call("delete_v1_resource", resource_type_name="type-0")
    recorder.call("delete_v1_group", group_id="group-6")
    recorder.call("delete_v1_role", role_id="role-6")


def _logins(recorder: Recorder, sandbox: Sandbox) -> None:
    recorder.call("get_oauth_userinfo")
    recorder.call("post_oauth_userinfo")
    recorder.call("get_jwks_json")
    recorder.call("get_openid_configuration", host="auth.data.humancellatlas.org")
    recorder.call("get_echo")
    recorder.call("get_logout")
    echo = f"{sandbox.url}/auth/echo"
    recorder.call("get_login", redirect_uri=echo, state="of-a-test")
    application: dict[str, str] = {"client_id": "omics-sandbox", "scope": "openid email offline_access"}
    recorder.stream("get_oauth_authorize", response_type="code", state="of-a-test", **application)
    sandbox.settings.turn({"auth.login_as": ADA})
    code = httpx.get(f"{sandbox.url}/auth/oauth/authorize", params=application, trust_env=False).json()["code"]
    client = {"client_id": "omics-sandbox", "client_secret": client_secret(sandbox.secrets)}
    tokens = recorder.call("post_oauth_token", grant_type="authorization_code", code=code, redirect_uri="", **client)
    recorder.call("post_oauth_revoke", client_id="omics-sandbox", token=tokens.refresh_token)


# -- the Upload service

AREA = "0d4b8a3e-6f2d-4a41-8f0c-1d2e3f405162"
NAME = "metadata/cell suspension 0.json"
QUOTED = "metadata/cell%20suspension%200.json"
CONTENT = '{"biomaterial_core": {"biomaterial_id": "lambda_late"}}\n'
TYPE = 'application/json; dcp-type="metadata/biomaterial"'
IMAGE = "quay.io/humancellatlas/fastq_utils:v0.2.6"


def upload(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of the Upload service."""
    _areas_and_files(recorder)
    _jobs(recorder, sandbox)
    for operation in ("get_version", "get_health", "get_v1_health"):
        recorder.call(operation)
    recorder.call("delete_area", upload_area_uuid=AREA)


def _areas_and_files(recorder: Recorder) -> None:
    recorder.call("create_area", upload_area_uuid=AREA)
    recorder.call("area_exists", upload_area_uuid=AREA)
    recorder.call("get_credentials", upload_area_uuid=AREA)
    api = recorder.client
    recorder.client = api.with_options(headers={"Content-Type": TYPE})
    recorder.call("store_file", upload_area_uuid=AREA, filename=NAME, body=CONTENT)
    recorder.client = api
    recorder.call("file_info", upload_area_uuid=AREA, filename=NAME)
    recorder.call("files_info", upload_area_uuid=AREA, body=[NAME])
    recorder.call("file_upload_notification", upload_area_uuid=AREA, filename=NAME)
    recorder.call("checksum_statuses", upload_area_uuid=AREA)


def _jobs(recorder: Recorder, sandbox: Sandbox) -> None:
    job = sandbox.upload.job("checksum", AREA, NAME)
    assert job is not None
    report = {"job_id": "batch-1", "payload": {"name": NAME}}
    recorder.call("update_checksum", upload_area_uuid=AREA, checksum_id=job.id, status="CHECKSUMMED", **report)
    recorder.call("checksum_status", upload_area_uuid=AREA, filename=NAME)
    settings = {"upload_area_uuid": AREA, "validator_image": IMAGE, "environment": {"LEVEL": "1"}}
    recorder.call("validate_files", files=[QUOTED], **settings)
    scheduled = recorder.call("validate_file", filename=NAME, **settings)
    recorder.call("validation_statuses", upload_area_uuid=AREA)
    recorder.call(
        "update_validation",
        upload_area_uuid=AREA,
        validation_id=scheduled.validation_id,
        status="VALIDATED",
        **report,
    )
    recorder.call("validation_status", upload_area_uuid=AREA, filename=NAME)


# -- Azul

PROJECT = "74b6d569-3b11-42ef-b6b1-a0454522b4a0"
EYE = {"organ": {"is": ["eye"]}}


def azul(recorder: Recorder, sandbox: Sandbox) -> None:
    """Makes the calls of Azul, over a project of four files."""
    addresses = sandbox.azul.addresses

    def with_fixed_host(call: Call, catalog: str) -> Addresses:
        original = addresses(call, catalog)
        return replace(original, url=lambda file: original.url(file).replace(sandbox.url, HOST))

    # A manifest's key is the checksum of its text: the port of the server would make it another at each recording.
    sandbox.azul.addresses = with_fixed_host
    with TemporaryDirectory() as folder:
        sandbox.seed(write_project(Path(folder, "bundle")))
    for operation in ("get_openapi", "get_health", "get_basic_health", "get_cached_health", "get_fast_health"):
        recorder.call(operation)
    recorder.call("get_health_of", keys=["queues", "progress"])
    for operation in ("get_version", "get_catalogs", "list_sources"):
        recorder.call(operation)
    recorder.call("get_entity", entity_type="projects", entity_id=PROJECT)
    recorder.refused(404, "get_entity", entity_type="projects", entity_id=FILE)
    recorder.call("check_entities", entity_type="samples", filters=EYE)
    hits = recorder.iterate("list_entities", entity_type="files", catalog="dcp43", filters=EYE, size=3, order="desc")
    recorder.refused(400, "list_entities", entity_type="files", filters={"colour": {"is": ["red"]}})
    recorder.call("search_entities", entity_type="donors", catalog="anvil8", filters="{}", size=2)
    recorder.call("check_summary", filters=EYE)
    recorder.call("get_summary", filters=EYE)
    state = recorder.call("request_manifest", filters=json.dumps(EYE), format="compact")
    token = state.location.rpartition("/")[2]
    recorder.call("get_manifest_state", token=token)
    recorder.stream("get_manifest", token=token)
    recorder.call("get_file_state", file_uuid=hits[0].entry_id)
    recorder.stream("get_file", file_uuid=hits[0].entry_id, catalog="dcp43")
    sandbox.settings.turn({"azul.requests": 1})
    recorder.refused(429, "get_catalogs")
