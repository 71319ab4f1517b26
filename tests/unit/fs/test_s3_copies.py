"""Copies of many objects within a store: one thread sends their requests concurrently."""

import signal
from collections import Counter
from hashlib import md5
from pathlib import Path

import pytest
from omicsdk.core import ConnectionLost
from omicsdk.core.manual_clock import ManualClock
from omicsdk.core.sending.connections import WireFailure
from omicsdk.fs import CopyOptions, parse_uri
from omicsdk.fs.copying.copies import copy_files
from omicsdk.fs.copying.planning import Source, plan_copy, select
from omicsdk.fs.registry import Stores
from omicsdk.fs.stores import s3 as s3_store
from omicsdk.transfer import TransferReport
from omicsdk.transfer.engine.control import report_of
from omicsdk.transfer.s3 import client as s3_client
from s3_service import Answer, Request, Service, refusal, store_of

COUNT = 60


class CopyingBucket(Service):
    """A bucket whose objects are copied from `p/` to `q/`; some requests end otherwise at first, by their key."""

    def __init__(self) -> None:
        super().__init__(self.respond)
        self.etags = {f"p/{number:02}": md5(b"%d" % number).hexdigest() for number in range(COUNT)}
        self.endings = dict[str, list[Answer | WireFailure]]()
        self.sizes = dict[str, int]()
        self.puts = Counter[str]()
        self.interrupt_at = 0

    def respond(self, request: Request) -> Answer:
        key = request.path.removeprefix("/b/")
        if request.method == "PUT":
            self.puts[key] += 1
            if self.interrupt_at and self.puts.total() == self.interrupt_at:
                signal.raise_signal(signal.SIGINT)
            if endings := self.endings.get(key):
                if isinstance(ending := endings.pop(0), WireFailure):
                    raise ending
                return ending
            self.etags[key] = self.etags[request.headers["x-amz-copy-source"].removeprefix("b/")]
            kind = "CopyPartResult" if "partNumber" in request.query else "CopyObjectResult"
            return Answer(body=f'<{kind}><ETag>"{self.etags[key]}"</ETag></{kind}>'.encode())
        if request.method == "POST":
            kind = "InitiateMultipartUploadResult" if "uploads" in request.query else "CompleteMultipartUploadResult"
            return Answer(body=f"<{kind}><UploadId>u</UploadId><ETag>{'0' * 32}-2</ETag></{kind}>".encode())
        if request.method == "HEAD":
            facts = {"content-length": str(self.sizes.get(key, 1)), "etag": f'"{self.etags.get(key)}"'}
            return Answer(headers={**facts, "x-amz-checksum-crc32": "NjYuLg=="}) if key in self.etags else Answer(404)
        listed = "".join(
            f'<Contents><Key>{key}</Key><ETag>"{etag}"</ETag><Size>{self.sizes.get(key, 1)}</Size></Contents>'
            for key, etag in self.etags.items()
            if key.startswith(request.query.get("prefix", ""))
        )
        state = "<IsTruncated>false</IsTruncated>"
        return Answer(body=f"<ListBucketResult>{state}{listed}</ListBucketResult>".encode())

    def copy(self, clock: ManualClock, **options: object) -> TransferReport:
        """Copy `p/` to `q/`."""
        store, uri = store_of(self, clock=clock, endpoint_url="http://store", anonymous=True), parse_uri("s3://b/p/")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Stores, "of", lambda *_: store)
            plan = plan_copy([Source(uri, True, list(select(store, uri)))], parse_uri("s3://b/q/"), "")
            return copy_files(plan, Stores(), CopyOptions(**options))


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CopyingBucket:
    monkeypatch.chdir(tmp_path)
    return CopyingBucket()


def test_requests_that_fail_are_repeated_and_others_go_on(bucket: CopyingBucket):
    clock = ManualClock()
    lost = WireFailure(ConnectionLost("lost", method="PUT"), is_sent=True)
    slow = refusal("SlowDown", 503)._replace(headers={"retry-after": "7"})
    bucket.endings = {
        "q/03": [refusal("InternalError", 200)],
        "q/10": [slow],
        "q/11": [slow],
        "q/20": [refusal("AccessDenied", 403)],
        "q/30": [lost],
    }
    began = clock.monotonic()
    report = bucket.copy(clock, connections=8)
    assert [outcome.name for outcome in report.outcomes] == [f"{number:02}" for number in range(COUNT)]
    assert [outcome.name for outcome in report.outcomes if outcome.state != "done"] == ["20"]
    assert {outcome.verification for outcome in report.outcomes if outcome.state == "done"} == {"verified"}
    assert {key: count for key, count in bucket.puts.items() if count > 1} == {
        "q/03": 2,
        "q/10": 2,
        "q/11": 2,
        "q/30": 2,
    }
    assert clock.monotonic() - began >= 7
    assert bucket.connections == 8


def test_a_copy_whose_response_states_another_etag_is_examined(bucket: CopyingBucket):
    """An object of parts gets another ETag: what the store states of both is compared."""
    bucket.endings = {"q/05": [Answer(body=f'<CopyObjectResult><ETag>"{"0" * 32}"</ETag></CopyObjectResult>'.encode())]}
    bucket.etags["p/05"] = f"{'1' * 32}-2"
    bucket.etags["q/05"] = "0" * 32
    asked = len(bucket.asked)
    report = bucket.copy(ManualClock())
    assert report.ok
    assert {request.path for request in bucket.asked[asked:] if request.method == "HEAD"} >= {"/b/q/05"}


def test_a_copy_that_the_store_does_not_have_failed(bucket: CopyingBucket):
    bucket.endings = {"q/05": [Answer(body=f'<CopyObjectResult><ETag>"{"0" * 32}"</ETag></CopyObjectResult>'.encode())]}
    report = bucket.copy(ManualClock())
    (lost,) = (outcome for outcome in report.outcomes if outcome.state != "done")
    assert (lost.name, lost.state) == ("05", "failed")
    assert "the platform's copy is missing" in str(lost.error)


def test_large_objects_among_them_are_copied_in_parts(bucket: CopyingBucket, monkeypatch: pytest.MonkeyPatch):
    for module in (s3_client, s3_store):
        monkeypatch.setattr(module, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 6)
    bucket.sizes = {"p/07": 10, "q/07": 10}
    report = bucket.copy(ManualClock())
    assert [outcome.state for outcome in report.outcomes] == ["done"] * COUNT
    assert {key: count for key, count in bucket.puts.items() if count > 1} == {"q/07": 2}


def test_ctrl_c_leaves_a_report_and_the_same_copy_resumes(bucket: CopyingBucket):
    bucket.interrupt_at = 20
    with pytest.raises(KeyboardInterrupt) as interrupted:
        bucket.copy(ManualClock(), connections=4)
    report = report_of(interrupted.value)
    assert report is not None
    states = Counter(outcome.state for outcome in report.outcomes)
    assert states == {"done": 20, "stopped": COUNT - 20}
    first = dict(bucket.puts)
    assert bucket.copy(ManualClock()).ok
    assert {key for key in first if bucket.puts[key] > 1} == set()


@pytest.mark.parametrize("overwrite", [True, False])
def test_ctrl_c_leaves_no_upload_of_copies_in_parts(
    bucket: CopyingBucket, monkeypatch: pytest.MonkeyPatch, overwrite: bool
):
    for module in (s3_client, s3_store):
        monkeypatch.setattr(module, "COPY_IN_PARTS", 10)
    monkeypatch.setattr(s3_client, "COPY_PART", 6)
    bucket.sizes = {f"{folder}/{number:02}": 10 for folder in "pq" for number in range(COUNT)}
    bucket.interrupt_at = 20
    with pytest.raises(KeyboardInterrupt) as interrupted:
        bucket.copy(ManualClock(), overwrite=overwrite)
    report = report_of(interrupted.value)
    assert report is not None
    assert set(Counter(outcome.state for outcome in report.outcomes)) <= {"done", "stopped"}
    begun = [request for request in bucket.asked if "uploads" in request.query]
    ended = [request for request in bucket.asked if "uploadId" in request.query and request.method != "PUT"]
    assert 0 < len(begun) == len(ended) < COUNT
