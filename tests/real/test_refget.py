"""`omics refget` with seqrepo-rest-service, on a repository of one sequence."""

import hashlib
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from command_line import Ran
from real_results import differences
from real_servers import Server, free_port, peer, running, version_of_package

SEQUENCE = "".join(random.Random(11).choices("ACGT", k=5_003)) + "NNN"
MD5 = hashlib.md5(SEQUENCE.encode()).hexdigest()
SHA512 = hashlib.sha512(SEQUENCE.encode()).digest()
SQ = "SQ." + urlsafe_b64encode(SHA512[:24]).decode()

Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Generator[Server]:
    folder, port = tmp_path_factory.mktemp("seqrepo"), free_port()
    python, script = peer("seqrepo", "bin/python"), Path(__file__).with_name("sequences.py")
    compressor = folder / "bgzip"
    compressor.write_text(f"#!/bin/sh\nexec '{python}' '{script}' \"$@\"\n")
    compressor.chmod(0o755)
    url = f"http://127.0.0.1:{port}/refget/1"
    command = [python, script, folder / "data", str(port), "NC_TEST.1", SEQUENCE]
    with running(command, f"{url}/ping", folder, {"SEQREPO_BGZIP_PATH": str(compressor)}):
        yield Server("seqrepo-rest-service", version_of_package("seqrepo", "seqrepo-rest-service"), url, folder)


@pytest.fixture
def refget(run: Run, server: Server, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("OMICS_REFGET_URL", server.url)
    return lambda *words: run("refget", *words)


@pytest.mark.tried("metadata and parts by MD5, TRUNC512, ga4gh:SQ., SQ., SHA1 and accession")
@pytest.mark.parametrize(
    "id",
    [
        MD5,
        MD5.upper(),
        SHA512[:24].hex(),
        f"ga4gh:{SQ}",
        SQ,
        f"SHA1:{hashlib.sha1(SEQUENCE.encode()).hexdigest()}",
        "NCBI:NC_TEST.1",
        "refseq:NC_TEST.1",
        "NC_TEST.1",
    ],
)
def test_every_identifier_finds_the_sequence(refget: Run, id: str) -> None:
    described = refget("metadata", id, "--output", "json")
    assert (described.code, described.json["length"]) == (0, len(SEQUENCE)), described.err
    part = refget("get", id, "--start", "10", "--end", "20", "--format", "plain")
    assert (part.code, part.out.strip()) == (0, SEQUENCE[10:20]), part.err


@pytest.mark.tried("a whole sequence, verified by its digest, and ranges at both ends")
def test_a_whole_sequence_and_its_ends(refget: Run) -> None:
    saved = refget("get", MD5, "--to", "a.fa")
    assert saved.code == 0, saved.err
    head, *lines = Path("a.fa").read_text().splitlines()
    assert (head[0], "".join(lines)) == (">", SEQUENCE)
    for words, expected in {
        ("--end", "7"): SEQUENCE[:7],
        ("--start", "5000"): SEQUENCE[5_000:],
        ("--start", "5005", "--end", "5006"): "N",
    }.items():
        part = refget("get", MD5, *words, "--format", "plain")
        assert (part.code, part.out.strip()) == (0, expected), part.err


@pytest.mark.tried("positions beyond the end, unknown identifiers")
def test_what_is_not_there_fails(refget: Run) -> None:
    for words in (["get", MD5, "--start", "6000"], ["get", MD5, "--start", "0", "--end", "6000"], ["get", "0" * 32]):
        ran = refget(*words, "--to", "b.fa")
        assert (ran.code, ran.err != "", Path("b.fa").exists()) == (1, True, False), words
    assert refget("metadata", "0" * 32).code == 1


@pytest.mark.tried("a list of types in Accept, which it answers with 406")
def test_a_refused_list_of_types_is_asked_again_narrowly(refget: Run, server: Server) -> None:
    differs = differences(server.name)
    listed = httpx.get(f"{server.url}/sequence/{MD5}", headers={"Accept": "text/plain, */*;q=0.5"}, trust_env=False)
    assert listed.status_code == (406 if "accept-list" in differs else 200)
    beyond = httpx.get(f"{server.url}/sequence/{MD5}?start=6000", trust_env=False)
    assert (beyond.status_code, beyond.text) == ((200, "") if "beyond-the-end" in differs else (416, beyond.text))
    info = httpx.get(f"{server.url}/sequence/service-info", trust_env=False)
    assert info.status_code == (500 if "service-info" in differs else 200)
    part = refget("get", MD5, "--end", "4", "--format", "plain")
    assert (part.code, part.out.strip()) == (0, SEQUENCE[:4])
