"""Reports as JSON lines: what is written comes back, and nothing that is secret is in it."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core import ChecksumMismatch, DiskFull, NotFound, NotWritable, TransferError, UsageError
from omicsdk.transfer import Outcome, TransferFailed, TransferReport, read_jsonl
from omicsdk.transfer.reports.progress import Throughput
from omicsdk.transfer.reports.report import ReportedError

texts = st.text(st.characters(codec=None), max_size=30)
counts = st.integers(0, 10**15)
errors = st.one_of(
    st.builds(TransferError, texts, name=texts, remedy=texts),
    st.just(NotFound("no such file", status=404, method="GET", url="https://h/a")),
    st.just(ChecksumMismatch("a", algorithm="md5", expected="1", actual="2")),
)
outcomes = st.builds(
    Outcome,
    name=texts,
    state=st.sampled_from(["done", "skipped", "failed", "stopped", "planned"]),
    size=st.none() | counts,
    bytes_fetched=counts,
    bytes_kept=counts,
    checksums=st.dictionaries(texts, texts, max_size=3),
    verified=texts,
    attempts=counts,
    seconds=st.floats(0, 10**6),
    error=st.none() | errors,
    retries=counts,
    plan=texts,
    label=texts,
    verification=st.sampled_from(["verified", "size only", "unverified"]),
    warning=texts,
    source=texts,
)
reports = st.builds(
    TransferReport,
    st.lists(outcomes, max_size=6),
    st.floats(0, 10**6),
    began=st.none() | st.floats(0, 2e9),
    title=texts,
)


@given(reports)
def test_what_is_written_comes_back(tmp_path_factory, report):
    path = tmp_path_factory.getbasetemp() / "report.jsonl"
    report.throughput.record(3, 1000)
    report.write_jsonl(path)
    again = read_jsonl(path)
    assert again.to_dict() == report.to_dict()
    assert again.summary() == report.summary()
    first, *files = [json.loads(line) for line in path.read_text("ascii").splitlines()]
    assert (first["record"], first["files"], first["ok"]) == ("summary", len(files), report.ok)
    assert [file.pop("record") for file in files] == ["file"] * len(files)
    assert files == report.to_dict()["files"]


def test_no_query_of_a_url_gets_into_a_file(tmp_path):
    signed = "https://s3.example.org/b/k?X-Amz-Signature=canary&x=canary#canary"
    plain = "https://h.example.org/k?page=canary"
    found = [
        TransferError(f"a: requesting its URL failed: HTTPError('403 for {signed}')", remedy=f"See {plain}."),
        NotFound("no", status=404, url=plain),
        TransferError("token: Bearer canarycanary1234567890"),
    ]
    report = TransferReport([Outcome(f"f{n}", "failed", error=error) for n, error in enumerate(found)])
    report.write_jsonl(tmp_path / "r.jsonl")
    report.write_html(tmp_path / "r.html")
    for path in tmp_path.iterdir():
        text = path.read_text()
        assert "https://s3.example.org/b/k" in text
        assert "canary" not in text
    assert "canary" not in json.dumps(report.to_dict())


@pytest.mark.parametrize("write", ["write_jsonl", "write_html"])
def test_a_file_is_whole_or_as_it_was(tmp_path, write, monkeypatch):
    path = tmp_path / "report"
    path.write_text("before")
    report = TransferReport([Outcome("a", "done", 1), Outcome("b", "done", 1)])

    def broken(self):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("omicsdk.transfer.reports.report.Outcomes.__iter__", broken)
        with pytest.raises(KeyboardInterrupt):
            getattr(report, write)(path)
    assert [p.name for p in tmp_path.iterdir()] == ["report"]
    assert path.read_text() == "before"
    getattr(report, write)(path)
    assert path.read_text() != "before"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs POSIX's named pipes")
def test_an_invalid_file_is_never_replaced(tmp_path):
    pipe, link = tmp_path / "pipe", tmp_path / "r.jsonl"
    os.mkfifo(pipe)
    link.symlink_to(pipe)
    for path in (pipe, link):
        with pytest.raises(NotWritable, match="it is not a regular file"):
            TransferReport().write_jsonl(path)
    assert pipe.is_fifo()


def test_a_place_that_cannot_be_written(tmp_path):
    report = TransferReport([Outcome("a", "done", 1)])
    with pytest.raises(NotWritable, match=r"Cannot write .*r\.jsonl: No such file"):
        report.write_jsonl(tmp_path / "missing" / "r.jsonl")
    with pytest.raises(NotWritable):
        report.write_html(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_named(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DiskFull):
        TransferReport().write_jsonl(tmp_path / "r.jsonl")
    assert list(tmp_path.iterdir()) == []


def lines(tmp_path):
    report = TransferReport([Outcome("a", "failed", 1, error=TransferError("a: lost")), Outcome("b", "done", 2)], 1.5)
    report.throughput.record(1, 5)
    report.write_jsonl(tmp_path / "r.jsonl")
    return [json.loads(line) for line in (tmp_path / "r.jsonl").read_text().splitlines()]


def test_an_error_that_was_read_keeps_its_words(tmp_path):
    lines(tmp_path)
    report = read_jsonl(tmp_path / "r.jsonl")
    (failed,) = report.failed
    assert isinstance(failed.error, ReportedError)
    assert (failed.error.kind, str(failed.error), failed.error.name) == ("TransferError", "a: lost", "a")
    with pytest.raises(TransferFailed, match="a: lost"):
        report.raise_if_failed()


def cut_last(told):
    del told[-1]


def change(number, **values):
    return lambda told: told[number].update(values)


def remove(number, name):
    return lambda told: told[number].pop(name)


@pytest.mark.parametrize(
    ("spoil", "where"),
    [
        (cut_last, "line 1: .* states 2 files, but 1 follow"),
        (change(0, record="file"), "line 1: .* no summary record"),
        (change(1, record="summary"), "line 2: .* no file record"),
        (change(2, state="lost"), "line 3: .* unknown state 'lost'"),
        (change(2, size="big"), "line 3: .* 'big' is not a whole number"),
        (change(2, size=True), "line 3: .* True is not a whole number"),
        (change(2, checksums=3), "line 3"),
        (change(1, error={}), "line 2: .* KeyError"),
        (remove(1, "retries"), "line 2: .* KeyError: 'retries'"),
        (remove(0, "throughput"), "line 1: .* KeyError: 'throughput'"),
        (change(0, throughput={"step": 0, "bytes": [1], "seconds": 1}), "line 1"),
        (change(0, seconds="long"), "line 1: .* 'long' is not a number"),
        (change(1, seconds=False), "line 2: .* False is not a number"),
        (change(0, format=2), "of format 2, this version reads 1"),
    ],
)
def test_a_file_that_is_no_report_is_refused_with_its_line(tmp_path, spoil, where):
    told = lines(tmp_path)
    spoil(told)
    path = tmp_path / "r.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in told))
    with pytest.raises(UsageError, match=where):
        read_jsonl(path)


@pytest.mark.parametrize("text", ["", "{", "[1]", "name,state\n", "[" * 100_000])
def test_any_other_file_is_refused(tmp_path, text):
    (tmp_path / "r.jsonl").write_text(text)
    with pytest.raises(UsageError, match="line 1: not a transfer's report"):
        read_jsonl(tmp_path / "r.jsonl")


def test_a_file_that_is_no_text_is_refused(tmp_path):
    (tmp_path / "r.jsonl").write_bytes(b"\x1f\x8b\xff\xfe")
    with pytest.raises(UsageError, match="line 1: not a transfer's report"):
        read_jsonl(tmp_path / "r.jsonl")


def test_the_curve_comes_back(tmp_path):
    curve = Throughput()
    for second in range(1000):
        curve.record(second + 1, second)
    TransferReport(throughput=curve).write_jsonl(tmp_path / "r.jsonl")
    again = read_jsonl(tmp_path / "r.jsonl").throughput
    assert again.to_dict() == curve.to_dict()
    assert len(again.points) == len(curve.points)
    for told, recorded in zip(again.points, curve.points, strict=True):
        assert told == pytest.approx(recorded, abs=1)
