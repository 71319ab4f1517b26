"""Sources that send wrong bytes."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from omicsdk.transfer import Item, Location, TransferOptions, download
from small_cells import UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

SIZE = 16 * UNIT + 5
RANGES = ["bytes 7-99/{size}", "bytes 0-{last}/{size}", "nonsense", "", "bytes 5-4/{size}"]
ONE_EACH = [["sha256"], ["sha1"], ["md5"], ["crc32c"], ["md5", "crc32c", "sha256"]]


@pytest.mark.fault("wrong Content-Range, once", ends="right file")
@pytest.mark.parametrize("content_range", RANGES)
def test_wrong_range_once(trial: Any, server: Any, noise: Any, clock: Any, content_range: str) -> None:
    server.fault("one", _other_range(content_range))
    trial.download([server.item("one", noise(SIZE), "sha256")], clock=clock)


@pytest.mark.fault("wrong Content-Range, always, no checksum", ends="right file")
@pytest.mark.parametrize("content_range", RANGES)
def test_wrong_range_always(trial: Any, server: Any, noise: Any, clock: Any, content_range: str) -> None:
    server.always["one"] = _other_range(content_range)
    trial.download([server.item("one", noise(SIZE))], clock=clock)


@pytest.mark.fault("Content-Range with another total, once", ends="right file")
@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("more", [1, -1, 10**15])
def test_wrong_total_once(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, sized: bool, more: int) -> None:
    item = server.item("one", noise(SIZE), "sha256")
    server.fault("one", fault.cut(9 * UNIT), _other_total(more))
    trial.download([item if sized else replace(item, size=None)], clock=clock)


@pytest.mark.fault("Content-Range with another total, always", ends=("SourceChanged", "right file"))
@pytest.mark.parametrize("sized", [True, False])
@pytest.mark.parametrize("more", [1, -1])
def test_wrong_total_always(
    trial: Any, server: Any, fault: Any, noise: Any, clock: Any, sized: bool, more: int
) -> None:
    item = server.item("one", noise(SIZE))
    server.fault("one", fault.cut(9 * UNIT))
    server.always["one"] = _other_total(more)
    trial.download([item if sized else replace(item, size=None)], clock=clock)


def _other_range(content_range: str) -> Any:
    def wrong(_server: Any, _request: Any, response: Any) -> Any:
        if response.status == 206:
            response.headers["Content-Range"] = content_range.format(size=SIZE, last=len(response.body))
        return response

    return wrong


def _other_total(more: int) -> Any:
    def wrong(_server: Any, _request: Any, response: Any) -> Any:
        if response.status == 206:
            response.headers["Content-Range"] = response.headers["Content-Range"].replace(f"/{SIZE}", f"/{SIZE + more}")
        return response

    return wrong


@pytest.mark.fault("200 with the whole file in response to a range request", ends="right file")
@pytest.mark.parametrize("when", ["always", "half-way", "once"])
@pytest.mark.parametrize("checksums", [[], ["sha256"]])
def test_whole_to_a_range(trial: Any, server: Any, fault: Any, noise: Any, when: str, checksums: list[str]) -> None:
    if when == "half-way":
        server.fault("one", fault.fine, fault.fine)
    if when == "once":
        server.fault("one", fault.fine, fault.whole)
    else:
        server.always["one"] = fault.whole
    report = trial.download([server.item("one", noise(SIZE), *checksums)])
    assert when != "always" or report.bytes_fetched == SIZE


@pytest.mark.fault("server without ranges that cuts its bodies", ends="right file")
def test_whole_and_cut(trial: Any, server: Any, fault: Any, noise: Any, clock: Any) -> None:
    server.ranges = False
    server.fault("one", fault.cut(8 * UNIT), fault.cut(16 * UNIT))
    trial.download([server.item("one", noise(SIZE), "sha256", retries=2)], clock=clock)


@pytest.mark.fault("server without ranges that always cuts its bodies at the same place", ends="TruncatedTransfer")
@pytest.mark.parametrize("is_size_stated", [True, False])
def test_whole_and_always_cut(
    trial: Any, server: Any, fault: Any, noise: Any, clock: Any, is_size_stated: bool
) -> None:
    server.ranges = False
    server.always["one"] = fault.cut(9 * UNIT)
    item = server.item("one", noise(12 * UNIT), "sha256", retries=3)
    report = trial.download([item if is_size_stated else replace(item, size=None)], clock=clock)
    assert len(server.of("one")) <= 8
    assert f"of {12 * UNIT} bytes" in str(report.outcomes[0].error)


@pytest.mark.fault("source changes while it is fetched, its ETag too", ends="right file")
@pytest.mark.parametrize("tags", [('"old"', '"new"'), ('W/"old"', 'W/"new"')])
@pytest.mark.parametrize("responses", [1, 3])
def test_changed_tag(trial: Any, server: Any, noise: Any, caplog: Any, tags: tuple[str, str], responses: int) -> None:
    old, new = noise(SIZE, 1), noise(SIZE, 2)
    server.put("one", old, tags[0])
    server.fault("one", *[_kept] * (responses - 1), _changes(new, tags[1]))
    one_response = tags[0].startswith("W/")  # brings the whole file: the second one
    trial.right["one"] = old if one_response and responses > 1 else new
    trial.download([Item("one", Location(server.url("one")), SIZE, min_delay=0.01)], connections=2)
    assert one_response or "the file changed on the server: its ETag or date differs; restarting" in caplog.text


@pytest.mark.fault("source changes while it is fetched, only its date differs", ends="right file")
def test_changed_date(trial: Any, server: Any, noise: Any) -> None:
    old, new = noise(SIZE, 1), noise(SIZE, 2)
    server.put("one", old, None, "Mon, 02 Nov 2026 08:00:00 GMT")

    def change(server: Any, _request: Any, response: Any) -> Any:
        server.put("one", new, None, "Tue, 03 Nov 2026 08:00:00 GMT")
        return response  # still the old one's bytes

    server.fault("one", _kept, change)
    trial.right["one"] = new
    trial.download([Item("one", Location(server.url("one")), SIZE, min_delay=0.01)])


@pytest.mark.fault(
    "source changes while it is fetched, neither ETag nor date, checksum of the old one", ends="ChecksumMismatch"
)
@pytest.mark.parametrize("checksums", ONE_EACH)
def test_changed_without_a_word(trial: Any, server: Any, noise: Any, clock: Any, checksums: list[str]) -> None:
    item = server.item("one", noise(SIZE, 1), *checksums)
    server.etags.clear()
    server.fault("one", _kept, _changes(noise(SIZE, 2), None))
    trial.download([item], clock=clock)


VALIDATORS = {
    "nothing": (None, None),
    "a weak ETag": ('W/"same"', None),
    "a date of this minute": (None, "Fri, 01 Jan 2027 07:59:30 GMT"),
}
"""What a server tells of both versions; its clock says 08:00:00."""


@pytest.mark.fault("source changes after a broken connection, neither checksum nor strong validator", ends="right file")
@pytest.mark.parametrize(("tag", "date"), VALIDATORS.values(), ids=VALIDATORS)
@pytest.mark.parametrize(("size", "at"), [(5000, 3000), (9 * UNIT, 5 * UNIT), (SIZE, 16 * UNIT)])
@pytest.mark.parametrize("sized", [True, False])
def test_halves_of_two_versions(
    trial: Any, server: Any, noise: Any, clock: Any, tag: Any, date: Any, size: int, at: int, sized: bool
) -> None:
    old, new = noise(size, 1), noise(size, 2)
    server.put("one", old, tag, date or "")

    def cut(server: Any, request: Any, response: Any) -> Any:
        if response.status == 200:
            server.put("one", new, tag, date or "")
            server.always.clear()
            return replace(response, cut=at, length=len(response.body))
        return response

    server.always["one"] = cut
    trial.right["one"] = new
    item = Item("one", Location(server.url("one")), size if sized else None, min_delay=0.01)
    report = trial.download([item], clock=clock)
    if tag or date:
        assert "weak" in report.outcomes[0].verified
    else:
        assert "neither ETag nor date" in report.outcomes[0].verified
    assert sum("range" in request.headers for request in server.of("one")) <= 1  # the first response stated


@pytest.mark.fault(
    "neither checksum nor strong validator, connection broken, resumed because allowed", ends="right file"
)
@pytest.mark.parametrize(("tag", "date"), VALIDATORS.values(), ids=VALIDATORS)
@pytest.mark.parametrize("how", ["keyword", "options"])
def test_joined_when_allowed(
    trial: Any, server: Any, fault: Any, noise: Any, clock: Any, tag: Any, date: Any, how: str
):
    body = noise(SIZE)
    trial.right["one"] = body
    server.put("one", body, tag, date or "")
    server.fault("one", fault.cut(9 * UNIT))
    item = Item("one", Location(server.url("one")), SIZE, min_delay=0.01)
    keywords = {"resume_unvalidated": True}
    options = keywords if how == "keyword" else {"options": TransferOptions.of(keywords)}
    report = trial.download([item], clock=clock, **options)
    assert report.bytes_fetched == SIZE
    assert any("range" in request.headers for request in server.of("one"))


@pytest.mark.fault("source changes between two runs, neither checksum nor strong validator", ends="right file")
@pytest.mark.parametrize(("tag", "date"), VALIDATORS.values(), ids=VALIDATORS)
@pytest.mark.parametrize("sized", [True, False])
def test_halves_of_two_versions_between_runs(
    trial: Any, server: Any, fault: Any, noise: Any, tag: Any, date: Any, sized: bool
) -> None:
    report = _two_runs(trial, server, fault, noise(SIZE), noise(SIZE, 7), (tag, tag), sized, date=date or "")
    assert report.outcomes[0].bytes_kept == 0


def test_an_earlier_run_is_resumed_when_allowed(server: Any, fault: Any, noise: Any, target: Any) -> None:
    body = noise(SIZE)
    _stopped(server, fault, target, body, None, sized=True)
    item = Item("one", Location(server.url("one")), SIZE, min_delay=0.01)
    (planned,) = download([item], target, dry_run=True).outcomes
    assert planned.bytes_kept == 0
    (planned,) = download([item], target, dry_run=True, resume_unvalidated=True).outcomes
    assert planned.bytes_kept >= 4 * UNIT
    (outcome,) = download([item], target, resume_unvalidated=True).outcomes
    assert outcome.bytes_kept == planned.bytes_kept
    assert (target / "one").read_bytes() == body


@pytest.mark.fault("source with a different ETag in each response", ends=("SourceChanged", "right file"))
def test_restless(trial: Any, server: Any, noise: Any, clock: Any) -> None:
    tags = iter(range(1000))

    def restless(_server: Any, _request: Any, response: Any) -> Any:
        response.headers["ETag"] = f'"{next(tags)}"'
        return response

    item = server.item("one", noise(SIZE))
    server.always["one"] = restless
    trial.download([item], clock=clock)


def _kept(_server: Any, _request: Any, response: Any) -> Any:
    return response


def _changes(body: bytes, tag: str | None) -> Any:
    def change(server: Any, _request: Any, response: Any) -> Any:
        server.put("one", body, tag)
        return response  # still the old one's bytes

    return change


@pytest.mark.fault("wrong bytes of the right length, once", ends="right file")
@pytest.mark.parametrize("size", [1000, 3 * UNIT, 6 * UNIT, SIZE])
@pytest.mark.parametrize("checksums", ONE_EACH)
def test_wrong_once(trial: Any, server: Any, fault: Any, noise: Any, size: int, checksums: list[str]) -> None:
    server.fault("one", *[fault.flip(size // 2)] * (3 if size == SIZE else 1))
    report = trial.download([server.item("one", noise(size), *checksums)])
    assert report.bytes_fetched <= 2 * size


@pytest.mark.fault("wrong bytes of the right length, once, server without ranges", ends="right file")
@pytest.mark.parametrize("size", [1000, SIZE])
@pytest.mark.parametrize("checksums", [["sha256"], ["crc32c"]])
def test_wrong_once_whole(trial: Any, server: Any, fault: Any, noise: Any, size: int, checksums: list[str]) -> None:
    server.ranges = False
    server.fault("one", fault.flip(size // 2))
    trial.download([server.item("one", noise(size), *checksums)])


@pytest.mark.fault("wrong bytes of the right length, always", ends="ChecksumMismatch")
@pytest.mark.parametrize("size", [1000, 6 * UNIT, SIZE])
@pytest.mark.parametrize("checksums", ONE_EACH)
@pytest.mark.parametrize("ranges", [True, False])
def test_wrong_always(
    trial: Any, server: Any, fault: Any, noise: Any, leftovers: Any, size: int, checksums: list[str], ranges: bool
) -> None:
    server.ranges = ranges
    server.always["one"] = fault.flip(size // 2)
    items = [server.item("one", noise(size), *checksums), server.item("two", noise(9), "sha256")]
    report = trial.download(items, counted=["one"])
    assert report.outcomes[0].bytes_fetched <= 2 * size + 4 * UNIT
    assert report.outcomes[1].state == "done"
    assert leftovers() == []


@pytest.mark.fault("different bytes in each response", ends="ChecksumMismatch")
def test_wrong_each_time(trial: Any, server: Any, noise: Any) -> None:
    item = server.item("one", noise(SIZE), "sha256")

    def odd(server: Any, request: Any, response: Any) -> Any:
        return replace(response, body=noise(len(response.body), len(server.requests)))

    server.always["one"] = odd
    report = trial.download([item])
    assert report.bytes_fetched <= 3 * SIZE


@pytest.mark.fault("one checksum right, another wrong", ends="ChecksumMismatch")
def test_one_of_two(trial: Any, server: Any, noise: Any) -> None:
    item = server.item("one", noise(6 * UNIT), "sha256", "md5")
    trial.download([replace(item, checksums={**item.checksums, "md5": "0" * 32})])


@pytest.mark.fault("source grows between two runs", ends="right file")
@pytest.mark.parametrize("tags", [('"old"', '"new"'), (None, None), ('"same"', '"same"')])
@pytest.mark.parametrize("sized", [True, False])
def test_grows_between_runs(
    trial: Any, server: Any, fault: Any, noise: Any, tags: tuple[str | None, str | None], sized: bool
) -> None:
    new = noise(SIZE + 4 * UNIT)
    _two_runs(trial, server, fault, new[:SIZE], new, tags, sized)


@pytest.mark.fault("source changes between two runs, same size", ends="right file")
@pytest.mark.parametrize("tags", [('"old"', '"new"'), (None, None), ('W/"old"', 'W/"new"')])
@pytest.mark.parametrize("sized", [True, False])
def test_changes_between_runs(
    trial: Any, server: Any, fault: Any, noise: Any, tags: tuple[str | None, str | None], sized: bool
) -> None:
    _two_runs(trial, server, fault, noise(SIZE), noise(SIZE, 7), tags, sized)


@pytest.mark.fault("source shrinks to nothing between two runs", ends="right file")
def test_shrinks_between_runs(trial: Any, server: Any, fault: Any, noise: Any) -> None:
    _two_runs(trial, server, fault, noise(SIZE), b"", ('"old"', '"new"'), sized=False)


def _two_runs(
    trial: Any, server: Any, fault: Any, old: bytes, new: bytes, tags: Sequence[str | None], sized: bool, date: str = ""
) -> Any:
    """The report of a run after a stopped one, between which the source changed."""
    _stopped(server, fault, trial.folder, old, tags[0], sized, date=date)
    server.put("one", new, tags[1], date)
    trial.right["one"] = new
    return trial.download([Item("one", Location(server.url("one")), len(new) if sized else None, min_delay=0.01)])


def _stopped(
    server: Any, fault: Any, folder: Any, body: bytes, tag: str | None, sized: bool, *, date: str = ""
) -> None:
    """A first run that is stopped when it has some cells."""
    stop = threading.Event()
    server.put("one", body, tag, date)
    server.always["one"] = fault.cut(7 * UNIT, stall=True)

    def seen(progress: Any) -> None:
        if progress.bytes_fetched >= 5 * UNIT:
            stop.set()

    item = Item("one", Location(server.url("one")), len(body) if sized else None)
    assert download([item], folder, stop=stop, progress=seen, connections=2).outcomes[0].state == "stopped"
    server.always.clear()
