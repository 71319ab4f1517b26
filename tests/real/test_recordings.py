"""What a server of others was once asked for, sent to the sandbox: it answers the same, but for what is argued."""

import base64
from pathlib import Path
from typing import Any

import httpx
from omicsdk.sandbox import Sandbox
from real_results import sandbox_differences
from recorded_server import exchanges

HTSGET = "ga4gh/htsget-refserver"
VCF_SIZE = 1596
"""Of the file; the server sent zeros behind it."""


def outcome(status: int, body: Any) -> tuple[int, Any]:
    """What is compared of an answer: its status, and the format or the error of a ticket."""
    told = body.get("htsget", {}) if isinstance(body, dict) else {}
    return status, told.get("error", told.get("format"))


def test_htsget_tickets_are_as_those_of_the_reference_server(tmp_path: Path) -> None:
    recorded = {each["step"]: each for each in exchanges("htsget-refserver")}
    blocks = [recorded[f"reads fields: block {number} of 2"] for number in (1, 2)]
    bam, vcf = (
        b"".join(base64.b64decode(each["response"]["body"]["$base64"]) for each in part)
        for part in (blocks, [recorded["variants whole: block 1 of 1"]])
    )
    differ: dict[str, Any] = {}
    with Sandbox(tmp_path) as sandbox, httpx.Client(trust_env=False) as client:
        sandbox.ga4gh.htsget.add("a", "BAM", bam)
        sandbox.ga4gh.htsget.add("v", "VCF", vcf[:VCF_SIZE])
        for step, each in recorded.items():
            request, response = each["request"], each["response"]
            if ": block" in step:
                continue  # what tickets name differs between servers
            body = request["body"]
            given: dict[str, Any] = {"content": body} if isinstance(body, str) else {"json": body} if body else {}
            headers = {name: value for name, value in request["headers"].items() if name in ("accept", "content-type")}
            url = f"{sandbox.htsget_url}{request['path']}"
            told = client.request(request["method"], url, headers=headers, **given)
            text = told.json() if "json" in told.headers.get("content-type", "") and told.content else None
            theirs, ours = outcome(response["status"], response["body"]), outcome(told.status_code, text)
            if theirs != ours:
                differ[step] = theirs, ours
    argued = sandbox_differences(HTSGET)
    assert differ.keys() == argued, {step: both for step, both in differ.items() if step not in argued}
