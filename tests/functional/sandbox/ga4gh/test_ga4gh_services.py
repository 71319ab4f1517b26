"""htsget, refget and TRS of the sandbox: what they answer, refuse, keep and take from folders."""

import gzip
import json
import struct
from pathlib import Path

import httpx
import pytest
from bam_files import bam
from omicsdk.sandbox import Sandbox
from omicsdk.sandbox.ga4gh.htsget import BGZF_END, Region, bgzf, sliced
from omicsdk.sandbox.ga4gh.state import EXAMPLE_TOOL
from omicsdk.sandbox.problems import Problem

VCF = b"##fileformat=VCFv4.3\n##contig=<ID=chr9>\n#CHROM\tPOS\tID\tREF\tALT\nchr1\t10\t.\tACGT\tA\nchr1\t20\t.\tA\tC\n"


def joined(ticket: httpx.Response) -> bytes:
    """The file of a ticket, by the simplest client there is."""
    whole = b""
    for block in ticket.json()["htsget"]["urls"]:
        if block["url"].startswith("data:"):
            import base64

            whole += base64.b64decode(block["url"].partition(",")[2])
        else:
            response = httpx.get(block["url"], headers=block["headers"])
            assert response.status_code == (206 if "Range" in block["headers"] else 200)
            whole += response.content
    return whole


def test_tickets_have_inline_blocks_and_ranges(omics_sandbox: Sandbox) -> None:
    omics_sandbox.settings.turn({"htsget.block_bytes": 700})
    ticket = httpx.get(f"{omics_sandbox.htsget_url}/reads/sample-1")
    blocks = ticket.json()["htsget"]["urls"]
    assert {block["class"] for block in blocks} == {"header", "body"}
    assert len([block for block in blocks if "headers" in block]) > 2
    assert joined(ticket).endswith(BGZF_END)


def test_blocks_of_one_url_differ_in_their_headers_as_those_of_the_reference_server(omics_sandbox: Sandbox) -> None:
    url = f"{omics_sandbox.htsget_url}/reads/sample-1?referenceName=chr1&end=500"
    ordinary = joined(httpx.get(url))
    variants = joined(httpx.get(f"{omics_sandbox.htsget_url}/variants/sample-1"))
    omics_sandbox.settings.turn({"htsget.as_refserver": True})
    ticket = httpx.get(url)
    blocks = ticket.json()["htsget"]["urls"]
    assert [block["class"] for block in blocks] == ["header", "body"]
    assert len({block["url"] for block in blocks}) == 1
    assert joined(ticket) == ordinary
    assert joined(httpx.get(f"{omics_sandbox.htsget_url}/variants/sample-1?tags=NM")) == gzip.decompress(variants)
    header = httpx.get(f"{omics_sandbox.htsget_url}/variants/sample-1?class=header")
    assert joined(header).splitlines()[-1].startswith(b"#CHROM")
    [whole] = httpx.get(f"{omics_sandbox.htsget_url}/variants/sample-1").json()["htsget"]["urls"]
    response = httpx.get(whole["url"], headers=whole["headers"])
    assert (response.status_code, len(response.content)) == (200, 8_192)
    assert response.content.rstrip(b"\0") == variants.rstrip(b"\0")
    assert httpx.get(blocks[0]["url"].replace("sample-1", "none")).status_code == 404
    for region, status in (("x", 400), (f"chr1:0-{'9' * 20}", 400), ("chr77:0-1", 404)):
        assert httpx.get(f"{whole['url']}?region={region}").status_code == status


@pytest.mark.parametrize(
    ("path", "status", "word"),
    [
        ("/reads/none", 404, "NotFound"),
        ("/reads/sample-1?format=CRAM", 400, "UnsupportedFormat"),
        ("/reads/sample-1?format=SAM", 400, "UnsupportedFormat"),
        ("/reads/sample-1?class=body", 400, "InvalidInput"),
        ("/reads/sample-1?class=header&format=BAM", 200, ""),
        ("/reads/sample-1?class=header&referenceName=chr1", 400, "InvalidInput"),
        ("/variants/sample-1?class=header&tags=NM", 400, "InvalidInput"),
        ("/reads/sample-1?start=5", 400, "InvalidInput"),
        ("/reads/sample-1?referenceName=*&start=5", 400, "InvalidInput"),
        ("/reads/sample-1?referenceName=chr1&start=5&end=5", 400, "InvalidRange"),
        ("/reads/sample-1?referenceName=chr77", 404, "NotFound"),
        ("/variants/sample-1?referenceName=chr77", 404, "NotFound"),
        ("/reads/sample-1?tags=NM,MD&notags=MD", 400, "InvalidInput"),
    ],
)
def test_refusals_have_the_words_of_the_standard(omics_sandbox: Sandbox, path: str, status: int, word: str) -> None:
    response = httpx.get(f"{omics_sandbox.htsget_url}{path}")
    assert (response.status_code, response.json()["htsget"].get("error", "")) == (status, word)


def test_a_restricted_data_set_needs_a_token(omics_sandbox: Sandbox) -> None:
    omics_sandbox.ga4gh.htsget.add("own", "VCF", VCF, restricted=True)
    url = f"{omics_sandbox.htsget_url}/variants/own"
    assert httpx.get(url).json()["htsget"]["error"] == "InvalidAuthentication"
    assert httpx.get(url, headers={"Authorization": f"Bearer {omics_sandbox.token()}"}).status_code == 200


def test_slices_have_what_overlaps() -> None:
    reads = [("a", 0, 10, "ACGT"), ("b", 0, 20, "ACGT"), ("c", 1, 10, "AC")]
    whole = bam([("chr1", 100), ("chr2", 50)], reads)

    def names(*regions: Region) -> list[str]:
        _, records = sliced("BAM", whole, regions)
        plain = gzip.decompress(records)
        return [name for name in "abc" if name.encode() + b"\0" in plain]

    assert names() == ["a", "b", "c"]
    assert names(Region("chr1")) == ["a", "b"]
    assert names(Region("chr1", 14, 20)) == []
    assert names(Region("chr1", 13, 21)) == ["a", "b"]
    assert names(Region("chr1", 13, 14), Region("chr2")) == ["a", "c"]
    _, variants = sliced("VCF", VCF, [Region("chr1", 12, 13)])  # the deleted letters belong to the first one
    assert gzip.decompress(variants).count(b"\n") == 1
    assert gzip.decompress(sliced("VCF", VCF, [Region("chr9")])[1]) == b""
    between = VCF.replace(b"chr1\t20", b"#a remark\nchr1\t20")
    assert gzip.decompress(sliced("VCF", between, [Region("chr1")])[1]).count(b"chr1\t") == 2
    with pytest.raises(Problem, match=r"sequence chr$"):  # with which the other's name begins
        sliced("VCF", VCF, [Region("chr")])
    assert sliced("CRAM", b"as it is", [Region("chr1")]) == (b"", b"as it is")
    assert gzip.decompress(sliced("VCF", bgzf(VCF) + BGZF_END, [])[0]).startswith(b"##fileformat")


def test_sequences_are_found_by_each_name_and_served_by_ranges(omics_sandbox: Sandbox) -> None:
    made = omics_sandbox.ga4gh.refget.add("x", "acgtACGT")
    base = f"{omics_sandbox.refget_url}/sequence"
    for id in (made.md5, made.md5.upper(), made.trunc512, made.ga4gh, f"ga4gh:{made.ga4gh}", "x"):
        assert httpx.get(f"{base}/{id}").text == "ACGTACGT"
    response = httpx.get(f"{base}/x", headers={"Range": "bytes=0-3"})
    assert (response.status_code, response.text) == (206, "ACGT")
    assert httpx.get(f"{base}/x?start=0", headers={"Range": "bytes=0-3"}).status_code == 400
    assert httpx.get(f"{base}/x", headers={"Range": f"bytes=0-{'9' * 5000}"}).status_code == 400
    omics_sandbox.settings.turn({"refget.as_seqrepo": True})
    for outside in ("bytes=100000-100009", "bytes=3-1"):
        assert httpx.get(f"{base}/x", headers={"Range": outside}).status_code == 416
    omics_sandbox.settings.turn({"refget.as_seqrepo": False})
    assert httpx.get(f"{base}/x?start=8").status_code == 416
    assert httpx.get(f"{base}/x?start=3&end=1").status_code == 416  # it is not circular
    assert httpx.get(f"{base}/x?end=0").text == ""
    assert httpx.get(f"{base}/plasmid?start=10&end=0").text == httpx.get(f"{base}/plasmid?start=10").text != ""


@pytest.mark.parametrize(
    ("path", "accepted", "status"),
    [
        ("x", "embl/some_json", 406),
        ("x", "application/json", 406),
        ("x", "text/html;q=0.9, text/vnd.ga4gh.refget.v1.0.0+plain; charset=us-ascii", 200),
        ("x", "text/*", 200),
        ("x/metadata", "embl/some_json", 406),
        ("x/metadata", "application/vnd.ga4gh.refget.v2.0.0+json", 200),
        ("service-info", "text/plain, */*;q=0.5", 200),
    ],
)
def test_other_media_types_of_sequences_are_refused(
    omics_sandbox: Sandbox, path: str, accepted: str, status: int
) -> None:
    omics_sandbox.ga4gh.refget.add("x", "ACGT")
    response = httpx.get(f"{omics_sandbox.refget_url}/sequence/{path}", headers={"Accept": accepted})
    assert response.status_code == status


def test_a_tool_is_one_segment_of_a_path(omics_sandbox: Sandbox) -> None:
    tools = f"{omics_sandbox.trs_url}/tools"
    tool = httpx.get(f"{tools}/%23workflow%2Fsandbox%2Fexample%2Fcount").json()
    assert (tool["id"], tool["description"]) == (EXAMPLE_TOOL, "Counts reads")
    assert [tool_version["name"] for tool_version in tool["versions"]] == ["release 1.0", "release 1.1"]
    assert all(tool_version["is_production"] for tool_version in tool["versions"])
    assert tool["toolclass"]["id"] == "1"
    version = f"{tools}/%23workflow%2fsandbox%2fexample%2fcount/versions/v1.0"
    for path in ("tools%2Fcount.cwl", "tools/count.cwl"):  # the standard wants both
        assert "wc" in httpx.get(f"{version}/PLAIN_CWL/descriptor/{path}").text
    descriptor = httpx.get(f"{version}/CWL/descriptor").json()["content"]
    assert descriptor.startswith("cwlVersion")
    assert httpx.get(f"{version}/PLAIN_CWL/descriptor").text == descriptor
    assert httpx.get(f"{version}/CWL/files").json()[0]["file_type"] == "PRIMARY_DESCRIPTOR"
    assert httpx.get(f"{version}/CWL/descriptor/Dockerfile").status_code == 404
    assert [file["content"] for file in httpx.get(f"{version}/containerfile").json()] == ["FROM scratch\n"]
    assert httpx.get(f"{version}/CWL/files?format=zip").content.startswith(b"PK")
    lengths = [send(f"{version}/CWL/files").headers["content-length"] for send in (httpx.get, httpx.head)]
    assert httpx.head(f"{version}/CWL/files").status_code == 200  # sent by cwltool before it reads a registry
    assert lengths[0] == lengths[1]
    assert httpx.get(f"{version}/WDL/files").json() == []
    for missing in ("WDL/descriptor", "WDL/tests"):
        assert httpx.get(f"{version}/{missing}").json()["code"] == 404


def test_tools_are_filtered_by_all_that_the_standard_has(omics_sandbox: Sandbox) -> None:
    image = {"registry_host": "registry.example.org", "image_name": "align:1"}
    omics_sandbox.ga4gh.trs.add(
        "align",
        "v1",
        "WDL",
        {"main.wdl": "version 1.0", "README.md": "Aligns"},
        "Aligns reads",
        of_tool={"aliases": ["bwa"], "organization": "org", "toolclass": {"id": "2", "name": "CommandLineTool"}},
        of_version={"author": ["ada"], "images": [image]},
    )
    tools = f"{omics_sandbox.trs_url}/tools"
    for query in (
        *("alias=bwa", "registry=registry.example.org", "name=align:1", "author=ada", "toolClass=CommandLineTool"),
        *("organization=org", "toolname=align", "description=Aligns", "descriptorType=WDL", "id=align"),
    ):
        assert [tool["id"] for tool in httpx.get(f"{tools}?{query}").json()] == ["align"], query
    assert [tool_class["name"] for tool_class in httpx.get(tools.replace("/tools", "/toolClasses")).json()] == [
        "Workflow",
        "CommandLineTool",
    ]
    assert httpx.get(f"{tools}?checker=true").json() == []
    for wrong in ("offset=-1", "limit=-1", "offset=x"):
        assert httpx.get(f"{tools}?{wrong}").status_code == 400
    assert httpx.get(f"{tools}/align/versions/v1/WDL/files").json()[1]["file_type"] == "OTHER"


def test_pages_of_tools_name_those_beside_them(omics_sandbox: Sandbox) -> None:
    for name in ("a", "b", "c", "d"):
        omics_sandbox.ga4gh.trs.add(name, "v1", "WDL", {"main.wdl": "version 1.0"}, "of pages")
    tools = httpx.URL(f"{omics_sandbox.trs_url}/tools")

    def page(offset: int) -> httpx.URL:
        return tools.copy_with(params={"offset": offset, "limit": 3, "description": "of pages"})

    for offset, listed, following in ((0, ["a", "b", "c"], [3]), (3, ["d"], []), (9, [], [])):
        response = httpx.get(page(offset))
        assert [tool["id"] for tool in response.json()] == listed
        for link, offsets in (("self_link", [offset]), ("last_page", [3]), ("next_page", following)):
            links = [httpx.URL(url) for name, url in response.headers.items() if name == link]
            assert [(url.path, {*url.params.items()}) for url in links] == [
                (tools.path, {*page(offset_there).params.items()}) for offset_there in offsets
            ]
        assert (response.headers["current_offset"], response.headers["current_limit"]) == (str(offset), "3")


def test_folders_of_files_are_taken(omics_sandbox: Sandbox, tmp_path: Path) -> None:
    for name, content in {
        "h/a.vcf": VCF,
        "h/sub/b.vcf.gz": bgzf(VCF) + BGZF_END,
        "h/notes.txt": b"x",
        "r/x.fa": b">one first A>G\nACGT\nAC\n>two\nGG\n",
        "r/y.fasta": b">three\nTT\n",
        "align/v1/WDL/main.wdl": b"version 1.0",
        "align/v1/WDL/Dockerfile": b"FROM scratch",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    seeded = {
        name: omics_sandbox.seed(tmp_path / folder, service=name)
        for name, folder in (("htsget", "h"), ("refget", "r"), ("trs", "align"))
    }
    assert seeded["htsget"] == {"added": ["a.vcf", "sub/b.vcf.gz"], "left": ["notes.txt"]}
    assert seeded["refget"]["added"] == ["one", "two", "three"]
    assert seeded["trs"] == {"tool": "#workflow/sandbox/align", "versions": ["v1"]}
    align = f"{omics_sandbox.trs_url}/tools/%23workflow%2Fsandbox%2Falign/versions/v1"
    assert httpx.get(f"{align}/PLAIN_WDL/descriptor").text == "version 1.0"
    assert joined(httpx.get(f"{omics_sandbox.htsget_url}/variants/sub/b")).endswith(BGZF_END)
    assert httpx.get(f"{omics_sandbox.refget_url}/sequence/one").text == "ACGTAC"
    assert httpx.get(f"{omics_sandbox.htsget_url}/reads/sample-1").status_code == 200, "an example"
    for name, folder in (("htsget", "r"), ("refget", "h"), ("trs", "h")):
        with pytest.raises(ValueError, match="has no"):
            omics_sandbox.seed(tmp_path / folder, service=name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.bam", b"text"),
        ("x.bam", bgzf(b"text") + BGZF_END),
        ("x.bam", bam([("chr1", 100)], [("a", 0, 10, "ACGT")])[:-40]),
        ("x.bam", bgzf(b"BAM\1" + struct.pack("<3i", 0, 0, -4) + bytes(40)) + BGZF_END),
        ("x.bam", bgzf(b"BAM\1" + struct.pack("<3i", 0, 0, 99) + bytes(40)) + BGZF_END),
        ("x.vcf", b"text\n"),
        ("x.vcf", b"#CHROM\nchr1\tx\t.\tA\n"),
        ("x.vcf.gz", b"\x1f\x8btext"),
    ],
)
def test_files_of_another_format_than_their_suffix_are_refused(
    omics_sandbox: Sandbox, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / "a.vcf").write_bytes(VCF + b"\n")
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=rf"{name} is not a (BAM|VCF) file"):
        omics_sandbox.seed(tmp_path, service="htsget")
    assert httpx.get(f"{omics_sandbox.htsget_url}/variants/a").status_code == 404
    (tmp_path / name).unlink()
    omics_sandbox.seed(tmp_path, service="htsget")
    assert gzip.decompress(joined(httpx.get(f"{omics_sandbox.htsget_url}/variants/a"))) == VCF


def test_examples_come_back_after_a_reset_and_stay_after_a_restart(tmp_path: Path) -> None:
    with Sandbox(tmp_path / "s") as sandbox:
        sandbox.ga4gh.refget.add("own", "ACGT")
        sandbox.ga4gh.htsget.add("sample-1", "VCF", VCF)
    with Sandbox(tmp_path / "s") as sandbox:
        assert sandbox.ga4gh.refget.find("own").length == 4
        assert gzip.decompress(joined(httpx.get(f"{sandbox.htsget_url}/variants/sample-1"))) == VCF
        sandbox.reset()
        assert [reads.id for reads in sandbox.ga4gh.htsget.sets.all()] == ["sample-1", "sample-1"]
        assert sandbox.ga4gh.refget.sequences.count(name="own") == 0
        assert [sandbox.ga4gh.refget.find(name).circular for name in ("chr1", "plasmid")] == [False, True]
        assert json.loads(json.dumps(sandbox.info()))["services"]["trs"]["url"] == sandbox.trs_url


def test_only_the_atlas_names_requests(omics_sandbox: Sandbox) -> None:
    for url in (f"{omics_sandbox.htsget_url}/reads/sample-1", f"{omics_sandbox.trs_url}/tools"):
        assert "x-aws-request-id" not in httpx.get(url).headers
    for path in ("/dss/v1/bundles/x", "/auth/v1/users"):
        assert "x-aws-request-id" in httpx.get(f"{omics_sandbox.url}{path}").headers
