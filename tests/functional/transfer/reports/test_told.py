"""Reports of real downloads: the curve, and progress while sizes are unknown."""

import pytest
from omicsdk.core import TransferError
from omicsdk.transfer import Item, Location, download, read_jsonl

MIB = 1024 * 1024


def test_a_download_has_all_that_a_report_states(server, target, tmp_path, noise):
    body = noise(3 * MIB)
    server.put("one", body)
    report = download([server.item("one", body, "sha256"), Item("none", Location(server.url("none")))], target)
    assert report.throughput.total == pytest.approx(3 * MIB)
    assert report.title == f"Download to {target}"
    assert report.target == str(target)
    assert report.began > 1_600_000_000
    report.write_jsonl(tmp_path / "report.jsonl")
    report.write_html(tmp_path / "report.html")
    again = read_jsonl(tmp_path / "report.jsonl")
    assert again.to_dict() == report.to_dict()
    assert again.summary() == report.summary()
    assert "1 of 2 files failed" in (tmp_path / "report.html").read_text()


def test_files_are_called_as_messages_call_them(server, target):
    server.put("one", b"x")
    items = [
        Item(name, Location(server.url(name)), size, label=f"{name} of five")
        for name, size in (("one", 1), ("none", None))
    ]
    assert [outcome.label for outcome in download(items, target).outcomes] == ["one of five", "none of five"]
    assert [outcome.label for outcome in download(items, target).outcomes] == ["one of five", "none of five"]


def test_progress_without_sizes_counts_files(server, target):
    for name in "abc":
        server.put(name, b"x" * 100)
    told = []
    download([Item(name, Location(server.url(name))) for name in "abc"], target, progress=told.append)
    assert {progress.files for progress in told} == {3}
    assert all(progress.unsized or progress.files_done == 3 for progress in told)
    assert told[-1].phase == "over"
    assert (told[-1].bytes, told[-1].bytes_done, told[-1].unsized, told[-1].remaining) == (300, 300, 0, 0.0)


def test_an_error_of_a_users_own_function_contains_no_signature(target):
    def locate():
        raise RuntimeError("403 for https://s3.example.org/b/k?X-Amz-Signature=canary")

    report = download([Item("one", locate, retries=0)], target)
    with pytest.raises(TransferError, match="requesting its URL failed: RuntimeError") as caught:
        report.raise_if_failed()
    assert "canary" not in str(caught.value) + repr(caught.value)
