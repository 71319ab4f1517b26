"""The sandbox met by Schemathesis, which makes requests from documents, and its documents by openapi-spec-validator."""

import json
import subprocess
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3.service import SERVICES
from real_servers import peer
from small_documents import document, object_of, operation, query

INTEGER = {"type": "integer", "format": "int32"}
PET = object_of("name", required=("id", "name"), id={"type": "string", "readOnly": True}, age=INTEGER)
PETS = document(
    {
        "/pets": {
            "get": operation({"type": "array", "items": PET}, parameters=query(age=INTEGER, weight={"type": "number"})),
            "post": operation(PET, object_of("name", required=("name",), age=INTEGER), status=201),
        },
        "/pets/{id}": {
            "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
            "get": operation(PET),
            "delete": operation(status=204),
        },
    }
)
# Of all services: what they return is what their documents state. The codes of refusals are those of the real ones.
CHECKS = "not_a_server_error,content_type_conformance,response_headers_conformance,response_schema_conformance"
STRICT = f"{CHECKS},negative_data_rejection,positive_data_acceptance,use_after_free,ensure_resource_availability"
VALIDATE = """
import json, sys
from openapi_spec_validator import validate
for name, document in json.load(sys.stdin).items():
    try:
        validate(document)
    except Exception as error:
        print(name, repr(error)[:500])
"""


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Generator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox"), specs={"pets": PETS}) as sandbox:
        yield sandbox


@pytest.mark.parametrize(
    ("service", "checks", "phases"),
    [("pets", STRICT, "coverage,fuzzing,stateful"), ("trs", CHECKS, "fuzzing")],
)
def test_requests_of_schemathesis(sandbox: Sandbox, tmp_path: Path, service: str, checks: str, phases: str) -> None:
    program, file = peer("schemathesis", "bin/schemathesis"), tmp_path / "openapi.json"
    url = sandbox.spec_url("pets") if service == "pets" else sandbox.trs_url
    described = PETS if service == "pets" else httpx.get(f"{url}/openapi.json", trust_env=False).json()
    file.write_text(json.dumps(described))
    options = ["--checks", checks, "--phases", phases, "--max-examples", "5", "--seed", "1", "--no-shrink"]
    options += ["--generation-database", "none", "--suppress-health-check", "all", "--warnings", "off"]
    command = [program, "run", file, "--url", url, *options]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=300, env={"NO_PROXY": "*"})
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_documents_of_all_services_are_valid(sandbox: Sandbox) -> None:
    python = peer("schemathesis", "bin/python")
    paths = ["dss/v1/swagger.json", "auth/swagger.json", "upload/swagger.json", "sb/v2/openapi.json"]
    paths += [f"{name}/openapi.json" for name in ("azul", "crunch", "pangea", "htsget", "refget", "trs/ga4gh/trs/v2")]
    paths += ["mds/openapi.json", *(f"gen3/{name}/openapi.json" for name in SERVICES if name != "metadata")]
    documents = {path: httpx.get(f"{sandbox.url}/{path}", trust_env=False).json() for path in paths}
    ran = subprocess.run(
        [python, "-c", VALIDATE], input=json.dumps(documents), capture_output=True, text=True, timeout=300
    )
    assert (ran.returncode, ran.stdout) == (0, ""), ran.stderr
