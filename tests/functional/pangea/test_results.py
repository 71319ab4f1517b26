"""Results of whole groups: every file and every field's data at its place, whatever their names; one failure is one failure."""

import hashlib
import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from breakable import Response, noise, server
from omicsdk.core import ChecksumMismatch, NotFound, TransferError
from omicsdk.transfer import TransferFailed
from pangea_fields import LIBRARY, FieldServer, field, manifest, result, signed
from pangea_fields import pangea as pangea
from sink import sink as sink

__all__ = ["noise", "server"]


def on_server(pangea: FieldServer, document: dict[str, Any]) -> None:
    pangea.manifest = document
    for owner in (*document["samples"], document):
        for stored_result in owner["analysis_results"]:
            for one in stored_result["fields"]:
                pangea.stored[one["uuid"]] = one["stored_data"]


@pytest.fixture
def two(pangea: FieldServer, server: Any, noise: Any) -> dict[str, Any]:
    """Two samples with a file each, one with separate data, and a result of the group."""
    for number in (1, 2):
        server.put(f"q{number}.fastq.gz", noise(2000, number))
    document = manifest(
        {
            name: [
                result(
                    f"ar-{name}",
                    "raw::short",
                    field(f"f-{name}", "read_1", signed(server, f"{name}.fastq.gz")),
                    field(f"b-{name}", "stats", {"n": number}),
                )
            ]
            for number, name in enumerate(("q1", "q2"), 1)
        },
        [result("ar-g", "gmod", field("f-g", "table", {"g": 1}))],
    )
    on_server(pangea, document)
    return document


def files(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if not name.startswith(".omics-transfer"))


def test_files_and_data_have_their_documented_places(
    pangea: FieldServer, server: Any, two: Any, tmp_path: Path, noise: Any
):
    report = pangea.client.download(*LIBRARY, tmp_path / "dl")
    assert files(tmp_path / "dl") == [
        "q1/q1.raw__short.read_1.fastq.gz",
        "q1/q1.raw__short.read_1.json",
        "q1/q1.raw__short.stats.json",
        "q2/q2.raw__short.read_1.fastq.gz",
        "q2/q2.raw__short.read_1.json",
        "q2/q2.raw__short.stats.json",
    ]
    assert (tmp_path / "dl/q2/q2.raw__short.read_1.fastq.gz").read_bytes() == noise(2000, 2)
    assert json.loads((tmp_path / "dl/q2/q2.raw__short.stats.json").read_text()) == {"n": 2}
    assert [(outcome.name, outcome.state) for outcome in report.outcomes] == [
        ("q1/q1.raw__short.read_1.fastq.gz", "done"),
        ("q1/q1.raw__short.stats.json", "done"),
        ("q2/q2.raw__short.read_1.fastq.gz", "done"),
        ("q2/q2.raw__short.stats.json", "done"),
    ]


def test_data_are_written_without_signatures(pangea: FieldServer, server: Any, two: Any, tmp_path: Path):
    pangea.client.download(*LIBRARY, tmp_path)
    written = json.loads((tmp_path / "q1/q1.raw__short.read_1.json").read_text())
    assert written == {key: value for key, value in signed(server, "q1.fastq.gz").items() if key != "presigned_url"}


def test_what_is_wanted_can_be_stated(pangea: FieldServer, server: Any, two: Any, tmp_path: Path):
    pangea.client.download(*LIBRARY, tmp_path / "a", samples=["q2"], field_name="stats")
    assert files(tmp_path / "a") == ["q2/q2.raw__short.stats.json"]
    pangea.client.download(*LIBRARY, tmp_path / "b", module_name="other", of_group=True)
    assert files(tmp_path / "b") == []
    pangea.client.download(*LIBRARY, tmp_path / "c", samples=[], of_group=True)
    assert files(tmp_path / "c") == ["Gut/Gut.gmod.table.json"]
    assert pangea.client.result_urls(*LIBRARY, samples={"q1"}) == [
        (signed(server, "q1.fastq.gz")["presigned_url"], "q1/q1.raw__short.read_1.fastq.gz")
    ]


def test_a_second_run_fetches_nothing_and_a_dry_one_writes_nothing(
    pangea: FieldServer, server: Any, two: Any, tmp_path: Path
):
    dry = pangea.client.download(*LIBRARY, tmp_path / "dl", dry_run=True)
    assert dry.counts.get("planned") == 4
    assert not (tmp_path / "dl").exists()
    pangea.client.download(*LIBRARY, tmp_path / "dl")
    before = len(server.requests)
    assert pangea.client.download(*LIBRARY, tmp_path / "dl").counts["skipped"] == 4
    assert len(server.requests) == before


def test_a_field_with_other_data_is_fetched_again(
    pangea: FieldServer, server: Any, two: Any, tmp_path: Path, noise: Any
):
    pangea.client.download(*LIBRARY, tmp_path)
    server.put("new.fastq.gz", noise(1000, 9))
    two["samples"][0]["analysis_results"][0]["fields"][0]["stored_data"] = signed(server, "new.fastq.gz")
    report = pangea.client.download(*LIBRARY, tmp_path)
    assert report.counts["done"] == 1
    assert (tmp_path / "q1/q1.raw__short.read_1.fastq.gz").read_bytes() == noise(1000, 9)


def test_one_that_fails_does_not_keep_the_others_back(pangea: FieldServer, server: Any, two: Any, tmp_path: Path):
    del server.files["q1.fastq.gz"]
    two["samples"][1]["analysis_results"][0]["fields"].append(field("f-bad", "broken", {"__type__": "s3"}))
    with pytest.raises(TransferFailed, match="2 of 5 files failed") as caught:
        pangea.client.download(*LIBRARY, tmp_path)
    report = caught.value.report
    assert report.counts["done"] == 3
    errors = {outcome.name: outcome.error for outcome in report.failed}
    assert isinstance(errors.pop("q1/q1.raw__short.read_1.fastq.gz"), NotFound)
    ((name, error),) = errors.items()
    assert name == "q2/q2.raw__short.broken.json"
    assert isinstance(error, TransferError)
    assert "uri" in str(error)


def test_data_that_cannot_be_written_are_a_separate_failure(pangea: FieldServer, server: Any, two: Any, tmp_path: Path):
    (tmp_path / "q1").write_text("a file stands where the folder should")
    with pytest.raises(TransferFailed, match=r"2 of 4 files failed.*q1"):
        pangea.client.download(*LIBRARY, tmp_path)
    assert files(tmp_path) == [
        "q1",
        "q2/q2.raw__short.read_1.fastq.gz",
        "q2/q2.raw__short.read_1.json",
        "q2/q2.raw__short.stats.json",
    ]


def test_a_url_that_ended_is_requested_again(pangea: FieldServer, server: Any, two: Any, tmp_path: Path, noise: Any):
    pangea.sign = lambda uuid, data: (
        {**data, **signed(server, f"{uuid[2:]}.fastq.gz", "new")} if uuid[0] == "f" else data
    )
    for name in ("q1", "q2"):
        server.always[f"{name}.fastq.gz"] = lambda _, request, response: (
            response if "new" in request.query else Response(403)
        )
    pangea.client.download(*LIBRARY, tmp_path)
    for number in (1, 2):
        assert (tmp_path / f"q{number}/q{number}.raw__short.read_1.fastq.gz").read_bytes() == noise(2000, number)


def test_a_stop_leaves_what_can_be_gone_on_with(pangea: FieldServer, server: Any, two: Any, tmp_path: Path, noise: Any):
    stop = threading.Event()
    stop.set()
    report = pangea.client.download(*LIBRARY, tmp_path, stop=stop, check=False)
    assert not report.ok
    assert not list(tmp_path.rglob("*.fastq.gz"))
    pangea.client.download(*LIBRARY, tmp_path)
    assert (tmp_path / "q1/q1.raw__short.read_1.fastq.gz").read_bytes() == noise(2000, 1)


MEASURED = """
import pathlib, sys, tracemalloc
import httpx
from omicsdk import ANONYMOUS, Pangea

organization, group, folder, *manifests = sys.argv[1:]
for manifest in manifests:  # imports are measured with the first one
    told = httpx.Response(200, content=pathlib.Path(manifest).read_bytes())
    transport = httpx.MockTransport(lambda request: told)
    tracemalloc.start()
    with Pangea("http://pangea.test", credentials=ANONYMOUS, transport=transport) as client:
        client.download(organization, group, folder)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
print(peak)
"""


def test_several_hundred_files_come_in_little_memory(server: Any, tmp_path: Path):
    # In its own process: tracemalloc counts the memory of all threads, those of the tests' servers included.
    count = 500
    server.put("one.txt", b"x" * 100)
    manifests = [tmp_path / "one.json", tmp_path / "all.json"]
    for path, length in zip(manifests, (1, count), strict=True):
        results = {
            f"s{number:05}": [result(f"a{number}", "m", field(f"f{number}", "f", signed(server, "one.txt")))]
            for number in range(length)
        }
        path.write_text(json.dumps(manifest(results)))
    folder = tmp_path / "data"
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, *LIBRARY, folder, *manifests],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OMICS_STATE_DIR": str(tmp_path / "state")},
    )
    assert len(files(folder)) == 2 * count
    # 7 to 9 KB a file: how many of them wait at once to become durable depends on the disk and the load; here all may.
    assert int(done.stdout) < 12_000 * count


# -- the same files, examined


def test_what_was_downloaded_is_verified(pangea: FieldServer, server: Any, two: Any, tmp_path: Path):
    first = two["samples"][0]["analysis_results"][0]["fields"][0]["stored_data"]
    first |= {"size": 2000, "md5": hashlib.md5(server.files["q1.fastq.gz"]).hexdigest()}
    pangea.client.download(*LIBRARY, tmp_path)
    report = pangea.client.verify(*LIBRARY, tmp_path)
    report.raise_if_failed()
    assert [outcome.verification for outcome in report.outcomes] == ["verified", "verified", "unverified", "verified"]

    (tmp_path / "q1/q1.raw__short.read_1.fastq.gz").write_bytes(b"x" * 2000)
    (tmp_path / "q1/q1.raw__short.stats.json").write_text("{}")
    (tmp_path / "q2/q2.raw__short.read_1.fastq.gz").unlink()
    errors = [type(failure.error) for failure in pangea.client.verify(*LIBRARY, tmp_path).failed]
    assert errors == [ChecksumMismatch, ChecksumMismatch, TransferError]
    (tmp_path / "q1/q1.raw__short.read_1.fastq.gz").write_bytes(b"x")
    assert "2000" in str(pangea.client.verify(*LIBRARY, tmp_path, samples=["q1"], field_name="read_1").failed[0].error)
    stop = threading.Event()
    stop.set()
    assert {outcome.state for outcome in pangea.client.verify(*LIBRARY, tmp_path, stop=stop).outcomes} == {"stopped"}
