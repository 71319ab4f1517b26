"""`omics refget` with seqrepo-rest-service, on a repository of one sequence."""

import hashlib
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable, Generator
from pathlib import Path

import httpx
import pytest
from claimed_ports import free_port
from command_line import Ran
from omicsdk.sandbox import Sandbox
from real_results import differences, sandbox_differences
from real_servers import Server, peer, running, version_of_package

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


IDS = [
    MD5,
    MD5.upper(),
    SHA512[:24].hex(),
    f"ga4gh:{SQ}",
    SQ,
    SQ[3:],
    f"MD5:{MD5}",
    f"md5:{MD5}",
    "NC_TEST.1",
    "0" * 32,
    "x",
]
REQUESTS: dict[str, tuple[str, dict[str, str]]] = {
    **{f"metadata by {id}": (f"{id}/metadata", {}) for id in IDS},
    **{f"part by {id}": (f"{id}?start=10&end=20", {}) for id in IDS},
    **{
        f"query {query}": (f"{MD5}?{query}", {})
        for query in (
            *("start=10", "end=10", "start=0&end=0", "start=10&end=10", "start=5005&end=5006", "start=5000&end=5100"),
            *("start=5006", "start=6000", "start=5000&end=10", "start=-1&end=10", "start=a", "start=&end=20", "nope=1"),
        )
    },
    **{
        f"range {value}": (MD5, {"Range": value})
        for value in (
            *("bytes=10-49", "bytes=0-0", "bytes=5000-5100", "bytes=6000-6010", "bytes=10-5", "bytes=10-", "bytes=-10"),
            *("bytes=0-9,20-29", "units=0-9", "bytes=x"),
        )
    },
    "range and query": (f"{MD5}?start=0&end=10", {"Range": "bytes=0-9"}),
    **{
        f"accept {value}": (f"{MD5}?start=0&end=10", {"Accept": value})
        for value in (
            *("text/plain", "application/json", "text/*", "text/html", "text/plain, */*;q=0.5", "text/plain;q=1"),
            *("text/vnd.ga4gh.refget.v1.0.0+plain", "text/vnd.ga4gh.refget.v2.0.0+plain"),
        )
    },
    "service info": ("service-info", {}),
}


@pytest.mark.tried("55 requests, compared with the sandbox's responses to them")
def test_the_sandbox_responds_as_the_server_does(server: Server, tmp_path: Path) -> None:
    def responses(url: str, client: httpx.Client) -> dict[str, tuple[int, str]]:
        results = {}
        for label, (path, headers) in REQUESTS.items():
            response = client.get(f"{url}/sequence/{path}", headers=headers)
            text = (
                str(response.json()["metadata"]["length"])
                if path.endswith("/metadata") and response.is_success
                else response.text
            )
            results[label] = response.status_code, text if response.is_success else ""
        return results

    with Sandbox(tmp_path) as sandbox, httpx.Client(trust_env=False) as client:
        sandbox.ga4gh.refget.add("NC_TEST.1", SEQUENCE)
        sandbox.settings.turn({"refget.as_seqrepo": True, "refget.circular_supported": False})
        theirs, ours = responses(server.url, client), responses(sandbox.refget_url, client)
    differ = {label: (theirs[label], ours[label]) for label in REQUESTS if theirs[label] != ours[label]}
    argued = {label.format(md5=MD5, digest=SQ[3:]) for label in sandbox_differences(server.name)}
    assert differ.keys() == argued, {label: both for label, both in differ.items() if label not in argued}
