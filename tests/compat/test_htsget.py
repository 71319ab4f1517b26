"""GA4GH's published client of htsget, and htslib, against the sandbox: the same files as ours, which htslib can read."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from omicsdk import Htsget, Refget
from omicsdk.sandbox.server import Sandbox

pytestmark = [pytest.mark.compat("htsget"), pytest.mark.timeout(300)]

REGION = "chr1:1-1000"


@pytest.fixture
def peer(interpreter_of: Callable[[str], Path]) -> Callable[..., Any]:
    """Run a program with the published packages; its output is JSON."""

    def run(code: str, *words: str) -> Any:
        command = [str(interpreter_of("htsget")), "-c", code, *words]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout)

    return run


@pytest.fixture
def ours(omics_sandbox: Sandbox, tmp_path: Path) -> Path:
    """A slice that our client joined from several blocks."""
    omics_sandbox.settings.turn({"htsget.block_bytes": 300})
    with Htsget(omics_sandbox.htsget_url, environ={}) as client:
        client.download("sample-1", tmp_path / "ours.bam", regions=[REGION])
        client.download("sample-1", tmp_path / "ours.vcf.gz", regions=[REGION])
        client.download("sample-1", tmp_path / "whole.bam")
    return tmp_path


def test_the_published_client_gets_the_same_bytes(ours: Path, omics_sandbox: Sandbox, peer: Callable[..., Any]) -> None:
    code = """
import sys, htsget
with open(sys.argv[2], "wb") as file:
    htsget.get(sys.argv[1], file, reference_name="chr1", start=0, end=1000, data_format="BAM")
print("null")
"""
    peer(code, f"{omics_sandbox.htsget_url}/reads/sample-1", str(ours / "theirs.bam"))
    assert (ours / "theirs.bam").read_bytes() == (ours / "ours.bam").read_bytes()


def test_htslib_reads_joined_files_and_tickets(ours: Path, omics_sandbox: Sandbox, peer: Callable[..., Any]) -> None:
    code = """
import json, pysam, sys
folder, url = sys.argv[1:]
def reads(path): return [read.query_name for read in pysam.AlignmentFile(path)]
pysam.index(f"{folder}/whole.bam")
print(json.dumps({
    "slice": reads(f"{folder}/ours.bam"),
    "by index": [read.query_name for read in pysam.AlignmentFile(f"{folder}/whole.bam").fetch("chr1", 0, 1000)],
    "by ticket": reads(f"{url}/reads/sample-1?referenceName=chr1&start=0&end=1000"),
    "variants": [[each.chrom, each.pos] for each in pysam.VariantFile(f"{folder}/ours.vcf.gz")],
}))
"""
    seen = peer(code, str(ours), omics_sandbox.htsget_url)
    assert seen["slice"] == seen["by index"] == seen["by ticket"] != []
    assert seen["variants"] == [["chr1", position] for position in range(100, 1001, 100)]


def test_files_written_by_htslib_pass_our_checks(ours: Path, omics_sandbox: Sandbox, peer: Callable[..., Any]) -> None:
    with Refget(omics_sandbox.refget_url, environ={}) as refget:
        text = "".join(f">{name}\n{refget.read(name)}\n" for name in ("chr1", "chr2"))
    (ours / "reference.fa").write_text(text)
    code = """
import pysam, sys
folder = sys.argv[1]
for version in ("2.1", "3.0", "3.1"):
    words = ["-C", "-T", f"{folder}/reference.fa", "--output-fmt-option", f"version={version}"]
    pysam.view(*words, "-o", f"{folder}/{version}.cram", f"{folder}/whole.bam", catch_stdout=False)
with pysam.VariantFile(f"{folder}/ours.vcf.gz") as variants:
    with pysam.VariantFile(f"{folder}/made.bcf", "wb", header=variants.header) as made:
        for each in variants:
            made.write(each)
print("null")
"""
    peer(code, str(ours))
    state = omics_sandbox.ga4gh.htsget
    with Htsget(omics_sandbox.htsget_url, environ={}) as client:
        for version in ("2.1", "3.0", "3.1"):
            state.add(version, "CRAM", (ours / f"{version}.cram").read_bytes())
            assert client.download(version, ours / f"{version}.copy.cram").format == "CRAM"
        state.add("made", "BCF", (ours / "made.bcf").read_bytes())
        assert client.download("made", ours / "copy.bcf").format == "BCF"
