"""htsget, refget and TRS against what servers that others wrote answered: see tests/data/recordings."""

import gzip
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from failed_transfers import failed
from loopback import Head
from omicsdk import NO_RETRY, BadRequest, Htsget, NotFound, Refget, TransferError, Trs, UsageError
from omicsdk.drs import Drs
from omicsdk.fs.stores.drs import DrsStore
from omicsdk.ga4gh import InvalidFormat
from omicsdk.sandbox.ga4gh.htsget import BGZF_END
from recorded_server import RecordedServer, exchanges

Serve = Callable[[RecordedServer], RecordedServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Close a server after the test, which also states whether all it was asked for was recorded."""
    with ExitStack() as stack:

        def start(server: RecordedServer) -> RecordedServer:
            stack.callback(server.close)
            return server

        yield start


# -- GA4GH's reference server of htsget


@pytest.fixture
def refserver(serve: Serve) -> RecordedServer:
    return serve(RecordedServer(exchanges("htsget-refserver"), defaults=("format=BAM", "format=VCF")))


@pytest.fixture
def htsget(refserver: RecordedServer) -> Iterator[Htsget]:
    with Htsget(f"http://127.0.0.1:{refserver.port}", retry=NO_RETRY, environ={}) as client:
        yield client
    assert refserver.unknown == []


def reads(bam: Path) -> int:
    """Count the reads of a BAM file."""
    plain = gzip.decompress(bam.read_bytes())
    (text,) = struct.unpack_from("<i", plain, 4)
    (references,) = struct.unpack_from("<i", plain, 8 + text)
    at, count = 12 + text, 0
    for _ in range(references):
        at += 8 + struct.unpack_from("<i", plain, at)[0]
    while at < len(plain):
        at += 4 + struct.unpack_from("<i", plain, at)[0]
        count += 1
    return count


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ({"fields": ["QNAME", "POS"]}, 2000),
        ({"fields": ["QNAME", "FLAG", "POS"], "regions": ["chr1:101-400"]}, 38),
        ({"tags": ["NM"], "regions": ["chr1:101-400"]}, 38),
        ({"regions": ["chr1:101-400"]}, 38),
        ({"format": "BAM", "regions": ["chr1:101-200", "chr2:101-200"]}, 27),
    ],
)
def test_blocks_of_one_url_are_told_apart_by_their_headers(
    htsget: Htsget, tmp_path: Path, options: dict[str, Any], count: int
) -> None:
    saved = htsget.download("a", tmp_path / "a.file", **options)
    assert reads(tmp_path / "a.file") == count
    assert (tmp_path / "a.file").read_bytes().endswith(BGZF_END)
    assert saved.files[0].verified == "format"


def test_plain_variants_are_unverified_and_their_name_must_fit(
    htsget: Htsget, refserver: RecordedServer, tmp_path: Path
) -> None:
    saved = htsget.download("v", tmp_path / "a.vcf", regions=["chr2:101-400"])
    lines = (tmp_path / "a.vcf").read_text().splitlines()
    assert [line.split("\t")[1] for line in lines if line.startswith("chr2")][:2] == ["130", "170"]
    assert saved.files[0].verified == ""
    with failed(InvalidFormat, match=r"plain text, which the name contradicts. Use a name that ends in \.vcf"):
        htsget.download("v", tmp_path / "b.vcf.gz", regions=["chr2:101-400"])
    with failed(InvalidFormat, match=r"compressed file, which the name contradicts"):
        htsget.download("v", tmp_path / "c.vcf", format="VCF")
    assert [path.name for path in tmp_path.iterdir()] == ["a.vcf"]
    assert refserver.requests[-1][1] == "/file-bytes"


def test_zeros_after_a_small_file_are_not_of_it(htsget: Htsget, tmp_path: Path) -> None:
    saved = htsget.download("v", tmp_path / "a.vcf.gz")
    assert (saved.files[0].size, saved.files[0].verified) == (1596, "format")  # of 8192 bytes that were sent
    assert gzip.decompress((tmp_path / "a.vcf.gz").read_bytes()).count(b"\nchr") == 500


def test_headers_alone_and_errors_of_a_real_server(htsget: Htsget, tmp_path: Path) -> None:
    assert htsget.download("a", tmp_path / "a.file", header_only=True).files[0].size == 156
    assert htsget.download("v", tmp_path / "b.file", format="VCF", header_only=True).files[0].verified == ""
    with pytest.raises(NotFound, match="The requested resource was not found"):
        htsget.download("nothere", tmp_path / "c.file")
    with pytest.raises(BadRequest, match="InvalidRange"):
        htsget.download("a", tmp_path / "c.file", regions=["chrX"])


# -- seqrepo-rest-service, a server of refget 1


MD5, SQ = "509bdb356475a21077713babc47a4a35", "SQ.QH-piZ0sjR_bUkD-g0WJ3dcUCvtN_iSl"
LISTS = ("text/plain, */*;q=0.5", "application/json;q=1")
"""Accept headers that the server refused, from the recording."""


class SeqrepoRestService(RecordedServer):
    """What was recorded with an Accept header of one type; lists are refused, as each that was recorded was."""

    def response(self, head: Head, path: str, body: Any) -> dict[str, Any] | None:
        accept = head.headers.get("accept", "*/*")
        if "service-info" not in path and ("," in accept or ";" in accept):
            refused = [entry for entry in self._recorded if entry["request"]["headers"].get("accept") in LISTS]
            assert {entry["response"]["status"] for entry in refused} == {406}
            return refused[0]["response"]
        return super().response(head, path, body)


@pytest.fixture
def seqrepo(serve: Serve) -> RecordedServer:
    return serve(SeqrepoRestService(exchanges("seqrepo-rest-service")))


@pytest.fixture
def refget(seqrepo: RecordedServer) -> Iterator[Refget]:
    with Refget(f"http://127.0.0.1:{seqrepo.port}/refget/1", environ={}) as client:
        yield client
    assert seqrepo.unknown == []


@pytest.mark.parametrize("id", [MD5, f"ga4gh:{SQ}", SQ, "NC_001416.1", "refseq:NC_001416.1"])
def test_sequences_are_read_by_every_identifier(refget: Refget, id: str) -> None:
    assert refget.describe(id)["length"] == 48_502
    assert refget.read(id, start=10, end=20) == "CTCGCGGGTT"


def test_a_whole_sequence_is_verified(refget: Refget, tmp_path: Path) -> None:
    saved = refget.download(MD5, tmp_path / "a.fa")
    assert (saved.length, saved.files[0].verified) == (48_502, "md5")


def test_a_server_that_compares_accept_as_a_whole_is_asked_narrowly_from_then_on(
    refget: Refget, seqrepo: RecordedServer
) -> None:
    for _ in range(2):
        refget.describe(MD5)
        refget.read(MD5, start=10, end=20)
    lists = [accept for _, _, accept in seqrepo.requests if "," in accept]
    assert len(lists) == 1
    assert [accept for _, _, accept in seqrepo.requests][1:] == ["application/json", "text/plain"] * 2


def test_a_description_that_fails_is_requested_once(refget: Refget, seqrepo: RecordedServer) -> None:
    with pytest.raises(TransferError, match="whether circular sequences can be cut is unknown"):
        refget.read(MD5, start=48_000, end=100)
    assert [path for _, path, _ in seqrepo.requests] == ["/refget/1/sequence/service-info"]


def test_unknown_sequences_and_positions_are_errors(refget: Refget) -> None:
    with pytest.raises(NotFound):
        refget.describe("0" * 32)
    with pytest.raises(TransferError, match="no letters were received: the sequence is shorter"):
        refget.read(MD5, start=48_502)


# -- trs-filer, a registry of tools


def trs_of(server: RecordedServer) -> Trs:
    return Trs(f"http://127.0.0.1:{server.port}/ga4gh/trs/v2", retry=NO_RETRY, environ={})


def test_an_empty_registry_is_listed_with_one_request(serve: Serve) -> None:
    server = serve(RecordedServer(exchanges("trs-filer", last="tools, empty registry: next page 3")))
    with trs_of(server) as trs:
        assert list(trs.ls()) == []
    assert len(server.requests) == 1


@pytest.fixture
def filer(serve: Serve) -> RecordedServer:
    """The registry with nine tools."""
    return serve(RecordedServer(exchanges("trs-filer", "tools", "version without files: descriptor")))


def test_tools_are_listed_to_their_last_page(filer: RecordedServer) -> None:
    with trs_of(filer) as trs:
        names = [entry["name"] for entry in trs.ls()]
        assert (len(names), names[0], len(filer.requests)) == (9, "count", 1)
        filer.requests.clear()
        assert len(list(trs.list_tools.iterate(limit=4))) == 9
        assert len(filer.requests) == 3
    assert filer.unknown == []


def test_a_type_that_a_version_does_not_have_is_not_found(filer: RecordedServer, tmp_path: Path) -> None:
    with trs_of(filer) as trs, pytest.raises(NotFound, match="count v1 has no files of the type WDL"):
        trs.download("count", tmp_path, version="v1", type="WDL")


def test_the_only_version_is_read_by_its_identifier(filer: RecordedServer, tmp_path: Path) -> None:
    with trs_of(filer) as trs:
        with pytest.raises(UsageError, match=r"3 versions: v1 \(one\), v2 \(two\), two \(three\)"):
            trs.files("count")
        assert next(entry["path"] for entry in trs.files("count", version="v1")) == "main.cwl"
        report = trs.download("count", tmp_path, version="v1", check=False)
    states = {entry.name: entry.state for entry in report.outcomes}
    nested = {name for name in states if "/" in name}
    assert nested == {
        name for name, state in states.items() if state == "failed"
    }  # 404 there, however they are encoded
    assert (tmp_path / "main.cwl").read_text().startswith("cwlVersion: v1.2")
    assert [path.rpartition("/")[2] for _, path, _ in filer.unknown] == ["tests%2Ft2.json"]


# -- drs-filer, a server of DRS 1.0


@pytest.fixture
def drs_filer(serve: Serve) -> Iterator[RecordedServer]:
    """The server before the replacement of an object."""
    server = serve(RecordedServer(exchanges("drs-filer", last="put object, body is no JSON")))
    yield server
    assert {method for method, _, _ in server.unknown} <= {"POST"}  # several objects at once, of DRS 1.5


def test_objects_of_a_drs_server_are_located(drs_filer: RecordedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    uri = f"drs://127.0.0.1:{drs_filer.port}"
    with Drs(environ={}, retry=NO_RETRY) as drs:
        direct, stored = (entry["url"] for entry in drs.locate(f"{uri}/one")["access"])
        assert direct == "https://data.example.org/hello.txt"
        assert stored.startswith("http://127.0.0.1:9/example-bucket/hello.txt?")  # the server responds with s3://
        assert drs.locate(f"{uri}/noaccess")["access"] == []
        with pytest.raises(NotFound):
            drs.describe(f"{uri}/nothere")


def test_a_folder_without_an_identifier_is_opened(drs_filer: RecordedServer) -> None:
    bundle = f"127.0.0.1:{drs_filer.port}/bundle"
    with Drs(environ={}, retry=NO_RETRY) as drs:
        listed = [(entry.name, entry.size) for entry in drs.ls(f"drs://{bundle}")]
        assert listed == [("bundle/hello.txt", 6), ("bundle/sub/deep.txt", 6)]
        with DrsStore(servers=drs.servers(None)) as store:
            assert [entry.name for entry in store.entries(bundle)] == ["hello.txt", "sub"]
            assert [(entry.name, entry.size) for entry in store.entries(f"{bundle}/sub")] == [("deep.txt", 6)]
            assert [entry.details["id"] for entry in store.walk(bundle)] == ["one", "aKCI4V"]
