"""The fixtures that omicsdk gives to other people's tests: each platform empty, with a client that is ready."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from omicsdk.testing import Platform

pytestmark = pytest.mark.sandbox

EVERY = ["dss", "azul", "auth", "upload", "sb", "gen3", "crunch", "pangea", "htsget", "refget", "trs"]


@pytest.fixture
def platform(request: pytest.FixtureRequest) -> Platform:
    """The platform that a test names."""
    return request.getfixturevalue(f"{request.param}_sandbox")


@pytest.mark.parametrize("platform", EVERY, indirect=True)
def test_a_platform_has_a_client_its_time_and_its_requests(platform: Platform):
    asks = {
        "dss": lambda client: client.get_bundles_all(replica="aws"),
        "azul": lambda client: client.summary(),
        "auth": lambda client: client.get_v1_users(),
        "upload": lambda client: client.get_health(),
        "sb": lambda client: client.whoami(),
        "gen3": lambda client: client.indexd.list_records(),
        "crunch": lambda client: client.list_projects(),
        "pangea": lambda client: client.list_sample_groups(),
        "htsget": lambda client: client.get_reads_service_info(),
        "refget": lambda client: client.describe("chr1"),
        "trs": lambda client: client.list_tools(),
    }
    asks[platform.service](platform.client)
    assert [request["status"] for request in platform.requests()][-1] == 200
    before = platform.clock.now()
    platform.clock.advance(3600)
    assert platform.clock.now() - before >= 3600


@pytest.mark.parametrize("platform", [service for service in EVERY if service != "auth"], indirect=True)
@pytest.mark.parametrize("time", ["first", "second"])
def test_what_one_test_puts_in_the_next_one_does_not_see(platform: Platform, tmp_path: Path, time: str):
    before = platform.sandbox.contents()
    assert platform.sandbox.fault_book.rules() == []
    (tmp_path / "study" / "sample").mkdir(parents=True)
    (tmp_path / "study" / "sample" / "a.json").write_text("{}")
    (tmp_path / "study" / "sample" / "a.txt").write_text("")
    texts = {"a.vcf": "#CHROM\tPOS\tID\tREF\tALT\n", "a.fa": ">a\nACGTACGT\n", "v1/CWL/a.cwl": "cwlVersion: v1.2\n"}
    for name, text in texts.items():
        path = tmp_path / "study" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    platform.seed(tmp_path / "study")
    platform.fault("status", status=503)
    changed = {name for name, counts in platform.sandbox.contents().items() if counts != before[name]}
    assert changed == {"dss", "azul"} if platform.service in ("dss", "azul") else {platform.service}, time
    lists = {
        "dss": "bundles",
        "upload": "areas",
        "sb": "projects",
        "gen3": "index",
        "crunch": "datasets",
        "pangea": "samples",
        "azul": "projects",
        "htsget": "sets",
        "refget": "sequences",
        "trs": "tools",
    }
    examples = {"htsget": 2, "refget": 3, "trs": 1}
    assert before[platform.service][lists[platform.service]] == examples.get(platform.service, 0)


def test_a_fault_is_its_platforms_only(dss_sandbox: Platform, crunch_sandbox: Platform):
    number = dss_sandbox.fault("status", status=503)
    assert crunch_sandbox.client.list_projects().count == 0
    assert dss_sandbox.sandbox.fault_book.rules()[0]["number"] == number
    with pytest.raises(ValueError, match="no action"):
        dss_sandbox.fault("burn")


def test_programs_that_a_test_starts_are_led_to_the_sandbox(omics_environment: dict[str, str]):
    assert os.environ["SB_API_ENDPOINT"] == omics_environment["SB_API_ENDPOINT"]
    program = "from omicsdk.crunch import Crunch; print(Crunch().list_projects().count)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n"


def test_loading_the_plugin_imports_nothing_of_weight():
    program = (
        "import sys, omicsdk.sandbox.pytest_plugin, omicsdk.testing.fixtures;"
        "print([name for name in ('httpx', 'starlette', 'moto', 'boto3', 'omicsdk.core.sending.transport') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"
