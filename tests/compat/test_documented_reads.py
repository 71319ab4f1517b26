"""The documented client, published or ours, lists, finds and reads the sandbox's data."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from omicsdk.sandbox.server import Sandbox
from omicsdk.sandbox.traffic.faults import Rule

if TYPE_CHECKING:
    from conftest import Documented

pytestmark = pytest.mark.compat

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def test_lists_every_bundle_over_pages(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]
) -> None:
    folder = make_folder(reads=10)
    seeded = sorted((bundle["bundle_uuid"], bundle["version"]) for bundle in (sandbox.seed(folder) for _ in range(23)))
    pages, listed, first = client.run(
        ("paginate", "get_bundles_all", {"replica": "aws", "per_page": 10}),
        ("iterate", "get_bundles_all", {"replica": "aws", "per_page": 10}),
        ("call", "get_bundles_all", {"replica": "aws", "per_page": 10}),
    )
    assert [len(page["bundles"]) for page in pages] == [10, 10, 3]
    assert [page["has_more"] for page in pages] == [True, True, False]
    assert [(entry["uuid"], entry["version"]) for entry in listed] == seeded
    assert first["bundles"] == pages[0]["bundles"]


@pytest.mark.compat("hca")
def test_accepts_the_parameters_that_the_published_client_sends_twice(
    sandbox: Sandbox, new_client: Callable[..., "Documented"], make_folder: Callable[..., Path]
) -> None:
    folder = make_folder(reads=10)
    for _ in range(23):
        sandbox.seed(folder)
    assert len(new_client("hca").iterate("get_bundles_all", replica="aws", per_page=10)) == 23
    queries = [request["query"] for request in sandbox.requests("/dss/v1/bundles/all")]
    assert [str(query).count("per_page") for query in queries] == [1, 2, 2]


def test_lists_bundles_of_a_prefix(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    folder = make_folder(reads=10)
    uuids = [sandbox.seed(folder)["bundle_uuid"] for _ in range(5)]
    listed = client.iterate("get_bundles_all", replica="gcp", prefix=uuids[0][:8])
    assert [entry["uuid"] for entry in listed] == [uuids[0]]


def test_reads_a_bundle_over_pages(sandbox: Sandbox, client: "Documented", tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(25):
        (folder / f"f{number:02}.txt").write_text(str(number))
    seeded = sandbox.seed(folder)
    arguments: dict[str, Any] = {"uuid": seeded["bundle_uuid"], "replica": "aws"}
    files, pages, whole = client.run(
        ("iterate", "get_bundle", {**arguments, "per_page": 10}),
        ("paginate", "get_bundle", {**arguments, "per_page": 10}),
        ("call", "get_bundle", {**arguments, "version": seeded["version"], "presignedurls": "true"}),
    )
    assert sorted(file["name"] for file in files) == [f"f{number:02}.txt" for number in range(25)]
    assert [len(page["bundle"]["files"]) for page in pages] == [10, 10, 5]
    assert whole["bundle"]["version"] == seeded["version"]
    assert all(file["url"].startswith("http") for file in whole["bundle"]["files"])


def test_reads_files(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    folder = make_folder()
    seeded = {file["name"]: file for file in sandbox.seed(folder)["files"]}
    reads, donor = seeded["reads.fastq.gz"], seeded["donor_organism_0.json"]
    streamed, head, parsed = client.run(
        ("stream", "get_file", {"uuid": reads["uuid"], "replica": "aws", "block": 65536}),
        ("call", "head_file", {"uuid": reads["uuid"], "replica": "aws", "version": reads["version"]}),
        ("call", "get_file", {"uuid": donor["uuid"], "replica": "aws"}),
    )
    data = (folder / "reads.fastq.gz").read_bytes()
    assert streamed == {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "status_code": 200}
    assert head["headers"]["x-dss-sha256"] == streamed["sha256"]
    assert int(head["headers"]["x-dss-size"]) == len(data)
    assert parsed["biomaterial_core"]["ncbi_taxon_id"] == [9606]


def test_waits_while_redirected_to_the_same_url(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]
) -> None:
    seeded = sandbox.seed(make_folder())
    sandbox.settings.turn({"dss.checkout_redirects": 2, "dss.retry_after": 0})
    file = next(entry for entry in seeded["files"] if entry["name"] == "reads.fastq.gz")
    streamed = client.stream("get_file", uuid=file["uuid"], replica="aws")
    assert streamed["sha256"] == file["sha256"]
    assert [request["status"] for request in sandbox.requests(f"/dss/v1/files/{file['uuid']}")] == [301, 301, 302]


def test_finds_bundles_by_their_metadata(
    sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]
) -> None:
    human = [sandbox.seed(make_folder(f"human{number}", reads=10)) for number in range(12)]
    mouse = sandbox.seed(make_folder("mouse", 10090, reads=10))
    taxon = "files.donor_organism_json.biomaterial_core.ncbi_taxon_id"
    query = {"query": {"bool": {"must": [{"match": {taxon: 9606}}, {"exists": {"field": "files.project_json"}}]}}}
    everything, people, pages, raw = client.run(
        ("iterate", "post_search", {"replica": "aws", "es_query": {}}),
        ("iterate", "post_search", {"replica": "aws", "es_query": query, "per_page": 10}),
        ("paginate", "post_search", {"replica": "aws", "es_query": query, "per_page": 10}),
        ("call", "post_search", {
            "replica": "aws", "es_query": {"query": {"term": {taxon: 10090}}}, "output_format": "raw", "per_page": 10,
        }),
    )  # fmt: skip
    assert len(everything) == 13
    assert {hit["bundle_fqid"] for hit in people} == {
        f"{bundle['bundle_uuid']}.{bundle['version']}" for bundle in human
    }
    assert [hit["bundle_fqid"] for hit in people] == sorted(hit["bundle_fqid"] for hit in people)
    assert [(len(page["results"]), page["total_hits"]) for page in pages] == [(10, 12), (2, 12)]
    assert [hit["bundle_fqid"].partition(".")[0] for hit in raw["results"]] == [mouse["bundle_uuid"]]
    assert raw["results"][0]["search_score"] is None
    assert raw["results"][0]["bundle_url"].startswith(f"{sandbox.url}/dss/v1/bundles/{mouse['bundle_uuid']}?")
    assert raw["results"][0]["metadata"]["files"]["donor_organism_json"][0]["biomaterial_core"]["ncbi_taxon_id"] == [
        10090
    ]


@pytest.mark.parametrize(
    ("name", "arguments", "status", "code", "says"),
    [
        ("get_bundle", {"uuid": UNKNOWN, "replica": "aws"}, 404, "not_found", UNKNOWN),
        ("head_file", {"uuid": UNKNOWN, "replica": "aws"}, 404, None, "404"),
        ("get_bundle", {"uuid": UNKNOWN, "replica": "azure"}, 400, "illegal_arguments", "replica"),
        ("get_bundles_all", {"replica": "aws", "per_page": 5}, 400, "illegal_arguments", "per_page"),
        ("post_search", {"replica": "aws", "es_query": {"query": {"fuzzy": {"a": "b"}}}}, 400, "elasticsearch_bad_request", "fuzzy"),
    ],
)  # fmt: skip
def test_raises_documented_errors_for_refusals(
    client: "Documented", name: str, arguments: dict[str, Any], status: int, code: str | None, says: str
) -> None:
    with pytest.raises(Exception, match=says) as caught:
        client.call(name, **arguments)
    assert "SwaggerAPIException" in caught.value.kinds
    assert caught.value.status == status
    assert code is None or caught.value.code == code


def test_retries_server_errors(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder(reads=10))
    sandbox.add_faults(Rule("status", path="/dss/v1/bundles/*", method="GET", times=2, status=503, retry_after=0))
    bundle = client.call("get_bundle", uuid=seeded["bundle_uuid"], replica="aws")
    assert bundle["bundle"]["version"] == seeded["version"]
    assert [request["status"] for request in sandbox.requests("/dss/v1/bundles/")] == [503, 503, 200]


def test_reads_events(sandbox: Sandbox, client: "Documented", make_folder: Callable[..., Path]) -> None:
    seeded = sandbox.seed(make_folder(reads=10))
    streams, event = client.run(
        ("iterate", "get_events", {"replica": "aws"}),
        ("call", "get_event", {"uuid": seeded["bundle_uuid"], "version": seeded["version"], "replica": "aws"}),
    )
    assert streams
    assert event["event_type"] == "CREATE"
    assert event["manifest"]["version"] == seeded["version"]
