"""GA4GH's compliance suites, and clients of others, with the sandbox's refget, DRS, htsget and TRS."""

import json
import subprocess
from fnmatch import filter as filter_names
from pathlib import Path
from typing import Any

import httpx
from indexd_clients import indexd_client
from omicsdk import Gen3
from omicsdk.core import BearerToken
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.gen3 import ADMINISTRATOR
from real_servers import PEERS, peer


def ran(environment: str, code: str, *words: object) -> Any:
    """The JSON that a program with the packages of an environment prints last."""
    command = [peer(environment, "bin/python"), "-c", code, *map(str, words)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    return json.loads(done.stdout.splitlines()[-1])


REFGET = """
import json, sys
from compliance_suite.test_runner import TestRunner
runner = TestRunner(sys.argv[1] + "/")
runner.run_tests()
print(json.dumps({test["name"].removeprefix("test_"): test["result"] for test in runner.results}))
"""
FROM_VERSION_1 = "info_circular info_algorithms info_subsequence info_api_version"
"""What it wants of service-info in refget 1; the sandbox's is that of refget 2, with another field around."""


def test_refgets_suite() -> None:
    peer("refget_suite", "bin/python")
    (folder,) = (PEERS / "refget_suite").glob("lib/python3*/site-packages/compliance_suite/sequences")
    with Sandbox() as sandbox:
        for name in ("I", "VI", "NC"):
            sandbox.ga4gh.refget.add_fasta((folder / f"{name}.faa").read_text("ascii"), circular=name == "NC")
        results = ran("refget_suite", REFGET, sandbox.refget_url)
    assert [name for name, result in results.items() if result < 0] == FROM_VERSION_1.split()
    assert sum(result > 0 for result in results.values()) == 19


DRS = """
import json, sys, types
# The package lacks it.
sys.modules["supported_drs_versions"] = types.SimpleNamespace(SUPPORTED_DRS_VERSIONS=["1.2.0"])
from compliance_suite.report_runner import report_runner
report = json.loads(report_runner(sys.argv[1], "", "", "1.2.0", sys.argv[2]).to_json())
cases = [case for phase in report["phases"] for test in phase["tests"] for case in test["cases"]]
print(json.dumps([[case["case_name"], case["status"], case["message"]] for case in cases]))
"""
AS_GEN3 = (
    ("Service Info", "Additional properties are not allowed"),  # the counts and limits of Gen3's index
    ("DRS Object Info response", "None is not of type 'string'"),  # null where it has no value
    ("DRS Object Info response", "'drs://* is not of type 'array'"),  # the drs_uri of a member is a text
    ("DRS Access expand bundle", "'drs://* is not of type 'array'"),
)
"""Responses of Gen3's index, as they were recorded, that its schemas refuse."""


def test_drss_suite(tmp_path: Path) -> None:
    peer("drs_suite", "bin/python")
    (tmp_path / "a.txt").write_text("ACGT\n")
    with Sandbox() as sandbox:
        token = sandbox.gen3_token(3600)
        with Gen3(sandbox.gen3_url, credentials=BearerToken(token), environ={}) as gen3:
            gen3.upload(tmp_path / "a.txt", authz="/programs/DEV")
        with indexd_client(sandbox) as index:
            did = index.get("/index/index").json()["records"][0]["did"]
            bundle = index.post("/index/bundle", json={"name": "b", "bundles": [did]}).json()["bundle_id"]
        bearer = {"auth_type": "bearer", "auth_token": token}
        objects = [{"drs_id": id, "is_bundle": id == bundle, **bearer} for id in (did, bundle)]
        config = {"service_info": bearer, "drs_object_info": objects, "drs_object_access": objects[:1]}
        (tmp_path / "config.json").write_text(json.dumps(config))
        cases = ran("drs_suite", DRS, f"{sandbox.gen3_url}/ga4gh/drs/v1", tmp_path / "config.json")
    failed = [f"{name} {message}" for name, status, message in cases if status == "FAIL"]
    argued = [filter_names(failed, f"{name} *{message}*") for name, message in AS_GEN3]
    assert all(argued)
    assert set(failed) == set().union(*argued)
    assert sum(status == "PASS" for _, status, _ in cases) == 12


TRS = """
import json, sys
from trs_cli.client import TRSClient
client = TRSClient("http://127.0.0.1", port=int(sys.argv[1]), base_path="trs/ga4gh/trs/v2", use_http=True)
one = {"id": "count", "version_id": "v1.0"}
print(json.dumps([
    [tool.id for tool in client.get_tools()], client.get_versions("count")[0].name, client.get_tool("none").code,
    client.get_descriptor("CWL", **one).content, client.get_descriptor_by_path("CWL", "tools/count.cwl", **one).content,
    client.get_containerfiles(**one)[0].content, client.get_tests("CWL", **one)[0].content,
]))
"""


def test_trs_cli_reads_tools() -> None:
    files = {"main.cwl": "main", "tools/count.cwl": "count", "tests/reads.json": "{}", "Dockerfile": "FROM scratch"}
    with Sandbox() as sandbox:
        sandbox.ga4gh.trs.add("count", "v1.0", "CWL", files)
        tools, version, code, *texts = ran("ga4gh_clients", TRS, sandbox.url.rpartition(":")[2])
    assert (sorted(tools)[-1], version, code) == ("count", "v1.0", 404)
    assert texts == ["main", "count", "FROM scratch", "{}"]


CLIENTS = """
import json, sys
import htslurp
from refget.clients import SequenceClient
refget, htsget = sys.argv[1:]
client = SequenceClient([refget], raise_errors=True)
digest = client.get_metadata("chr1")["metadata"]["md5"]
records = list(htslurp.stream_records(f"{htsget}/reads", "sample-1", "BAM", "chr1:1-1000"))
print(json.dumps([client.service_info()["type"]["version"], client.get_sequence(digest, 0, 10), len(records)]))
"""


def test_refgets_client_and_htslurp_read_parts() -> None:
    with Sandbox() as sandbox:
        sandbox.settings.turn({"htsget.block_bytes": 300})
        version, part, count = ran("ga4gh_clients", CLIENTS, sandbox.refget_url, sandbox.htsget_url)
    assert (version, len(part), count) == ("2.0.0", 10, 25)


DRS_CLIENT = """
import asyncio, json, sys
from drsclient.client import DrsClient
url, token, administrator, did = sys.argv[1:]
client, admin = DrsClient(url, token=token), DrsClient(f"{url}/index", token=administrator)
created = admin.create([did], name="b", description="d").json()
bundle = client.get(created["bundle_id"]).json()
listed = [len(client.get_all(form=form).json()["drs_objects"]) for form in ("object", "bundle", "all")]
access = asyncio.run(client.async_download(did, "s3")).json()["url"]
deleted = admin.delete(created["bundle_id"]).status_code, client.get(created["bundle_id"]).status_code
print(json.dumps([[entry["id"] for entry in bundle["contents"]], bundle["size"], listed, access, deleted]))
"""


def test_gen3s_drsclient_makes_bundles(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("ACGT\n")
    with Sandbox() as sandbox:
        token = sandbox.gen3_token(3600)
        with Gen3(sandbox.gen3_url, credentials=BearerToken(token), environ={}) as gen3:
            gen3.upload(tmp_path / "a.txt", authz="/programs/DEV")
        with indexd_client(sandbox) as index:
            did = index.get("/index/index").json()["records"][0]["did"]
        administrator = sandbox.gen3.access.issue(ADMINISTRATOR, sandbox.gen3_url)
        words = (sandbox.gen3_url, token, administrator, did)
        contents, size, listed, access, deleted = ran("ga4gh_clients", DRS_CLIENT, *words)
        assert httpx.get(access).text == "ACGT\n"
    assert (contents, size, listed, deleted) == ([did], 5, [1, 1, 2], [200, 404])
