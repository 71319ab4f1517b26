"""Exports of locks and reports, read by the published programs of these formats: bdbag, RO-Crate's library and validator, Snakemake."""

import subprocess
from collections.abc import Callable
from contextlib import closing
from hashlib import md5
from pathlib import Path
from urllib.parse import quote

import pytest
from breakable import Server
from command_line import Ran
from manual import CHECKOUT

PYTHON = CHECKOUT / ".peers" / "lock_formats" / "bin" / "python"
SNAKEMAKE = CHECKOUT / ".peers" / "snakemake8" / "bin" / "snakemake"
SNAKEFILE = """
configfile: "files.json"
rule all:
    input: expand("{sample}.size", sample=config["samples"])
rule size:
    input: lambda wildcards: [path for reads in config["samples"][wildcards.sample].values() for path in reads]
    output: "{sample}.size"
    shell: "cat {input:q} | wc -c > {output:q}"
"""

CONTENT = {"a b.bin": b"one", "n%a.bin": b"two", "reads/x_1.fastq.gz": b"three"}

FETCH = """
import sys
from bdbag import bdbag_api
bdbag_api.validate_bag_structure(sys.argv[1])
assert bdbag_api.resolve_fetch(sys.argv[1], force=True)
bdbag_api.validate_bag(sys.argv[1])
"""
# The validator requests the context of RO-Crate, which RO-Crate's library contains.
VALIDATE = """
import sys
from pathlib import Path
import requests
import rocrate
from rocrate.rocrate import ROCrate
from rocrate_validator import models, services
from rocrate_validator.utils.http import HttpRequester

def packaged(_, url, **options):
    response = requests.Response()
    response.status_code, response.url, response.headers["Content-Type"] = 200, url, "application/ld+json"
    response._content = (Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld").read_bytes()
    return response

HttpRequester.get = packaged
settings = dict(rocrate_uri=sys.argv[1], profile_identifier=sys.argv[2], requirement_severity=models.Severity.REQUIRED)
result = services.validate(models.ValidationSettings(**settings))
print([issue.message for issue in result.get_issues()], sorted(each.id for each in ROCrate(sys.argv[1]).data_entities))
assert result.passed()
"""


def accepted(program: str, *words: str, home: Path) -> str:
    """What a program of the environment prints, which ends without an error."""
    command = (str(PYTHON), "-c", program, *words)
    done = subprocess.run(command, capture_output=True, text=True, env={"HOME": str(home)}, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not SNAKEMAKE.exists(), reason="Snakemake could not be installed")
def test_a_configfile_runs_a_workflow(run: Callable[..., Ran], tmp_path: Path):
    Path("list.tsv").write_text("url\tname\nhttps://h/x_1.fq.gz\tx_1.fq.gz\nhttps://h/x_2.fq.gz\tx_2.fq.gz\n")
    for words in (["add", "list.tsv"], ["lock"], ["lock", "--export", "snakemake", "--to", "files.json"]):
        assert run(*words).code == 0
    Path("data").mkdir()
    for number in (1, 2):
        Path(f"data/x_{number}.fq.gz").write_bytes(b"abc")
    Path("Snakefile").write_text(SNAKEFILE)
    environment = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(SNAKEMAKE), "--cores", "1"], env=environment, capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, Path("x.size").read_text().strip()) == (0, "6"), done.stderr


@pytest.mark.skipif(not PYTHON.exists(), reason="bdbag and roc-validator could not be installed")
def test_bags_and_crates_are_accepted(run: Callable[..., Ran], tmp_path: Path):
    with closing(Server()) as server:
        rows = [
            f"{server.put(quote(name), body)}\t{name}\t{len(body)}\t{md5(body, usedforsecurity=False).hexdigest()}\n"
            for name, body in CONTENT.items()
        ]
        Path("list.tsv").write_text("url\tname\tsize\tmd5\n" + "".join(rows))
        for words in (
            ["add", "list.tsv"],
            ["lock"],
            ["lock", "--export", "bdbag", "--to", "bag"],
            ["pull", "--report", "../run.jsonl"],
        ):
            ran = run(*words)
            assert ran.code == 0, ran.err
        accepted(FETCH, "bag", home=tmp_path)
    for name, body in CONTENT.items():
        assert Path("bag/data/data", name).read_bytes() == body
    files = sorted(quote(f"data/{name}") for name in CONTENT)
    for source, profile in ((".", "ro-crate-1.1"), ("../run.jsonl", "process-run-crate-0.5")):
        assert run("report", source, "ro-crate-metadata.json").code == 0
        assert accepted(VALIDATE, ".", profile, home=tmp_path) == f"[] {files}\n"
