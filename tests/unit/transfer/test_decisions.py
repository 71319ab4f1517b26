"""The pure decisions: parts, retries, answers."""

import hashlib
import math
from array import array
from itertools import pairwise
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from omicsdk.core.retry import seconds_of_date
from omicsdk.transfer import Item, Location, Patience, TransferOptions
from omicsdk.transfer.downloads import messages
from omicsdk.transfer.downloads.job import Job, Piece
from omicsdk.transfer.downloads.receiving import ResponseWriter
from omicsdk.transfer.downloads.transitions import TRANSITIONS
from omicsdk.transfer.engine.engine import step
from omicsdk.transfer.engine.machine import HoldServer, Relieve, State, Transition, relief_of
from omicsdk.transfer.journal import MISSING, PartState
from omicsdk.transfer.network import plan
from omicsdk.transfer.network.plan import CELL
from omicsdk.transfer.network.requests import (
    HEAD_HEADERS,
    LONGEST_DELAY,
    Kind,
    Quota,
    RequestedRange,
    Verdict,
    is_strong,
    judge,
    parse_head,
    validator_in,
    validator_words,
)

sizes = st.integers(0, 3 * 1024**3) | st.integers(0, 5).map(lambda cells: cells * CELL)


HERE = Location("http://127.0.0.1/one")
MIB = 1_048_576  # written out, as the sizes below: they are reported in the documentation and stand in journals


def test_a_cell_has_four_mebibytes_and_the_last_one_what_is_left() -> None:
    assert [plan.cell_count(size) for size in (0, 1, 4 * MIB, 4 * MIB + 1, 12 * MIB)] == [0, 1, 1, 2, 3]
    assert [plan.cell_span(index, 9 * MIB) for index in range(3)] == [
        (0, 4 * MIB),
        (4 * MIB, 8 * MIB),
        (8 * MIB, 9 * MIB),
    ]


@pytest.mark.parametrize(
    ("position", "size", "end"),
    [(0, None, 4), (1, None, 4), (4, None, 8), (7, None, 8), (7, 9, 8), (8, 9, 9), (9, 9, 9), (0, 3, 3)],
)
def test_a_cell_ends_on_the_grid_or_with_the_file(position: int, size: int | None, end: int) -> None:
    assert plan.next_boundary(position * MIB, None if size is None else size * MIB) == end * MIB


@pytest.mark.parametrize(
    ("have", "size", "missing", "spans"),
    [
        ([], 0, [], []),
        ([], 9, [0, 1, 2], [(0, 9)]),
        ([0, 1, 2], 9, [], []),
        ([1], 9, [0, 2], [(0, 4), (8, 9)]),
        ([0, 3], 23, [1, 2, 4, 5], [(4, 12), (16, 23)]),
    ],
)
def test_cells_that_are_missing_are_requested_in_as_few_spans_as_there_are_gaps(
    have: list[int], size: int, missing: list[int], spans: list[plan.Span]
) -> None:
    assert plan.missing_cells(have, size * MIB) == missing
    assert plan.spans_of_cells(missing, size * MIB) == [(start * MIB, end * MIB) for start, end in spans]


@pytest.mark.parametrize(
    ("remaining", "connections", "length"),
    [
        (0, 1, 4),
        (9, 1, 4),
        (16, 1, 8),
        (31, 1, 12),
        (32, 1, 16),
        (1000, 1, 16),
        (64, 4, 8),
        (63, 4, 4),
        (1000, 1000, 4),
    ],
)
def test_parts_are_large_at_first_and_small_at_the_end(remaining: int, connections: int, length: int) -> None:
    assert plan.part_length(remaining * MIB, connections) == length * MIB


@pytest.mark.parametrize(
    ("missing", "length", "part", "left"),
    [
        ([(0, 9)], 4, (0, 4), [(4, 9)]),
        ([(0, 9)], 16, (0, 9), []),
        ([(4, 8), (12, 16)], 4, (4, 8), [(12, 16)]),
        ([(0, 8), (12, 16), (20, 22)], 4, (0, 4), [(4, 8), (12, 16), (20, 22)]),
        ([(5, 16)], 8, (5, 12), [(12, 16)]),
    ],
)
def test_a_part_is_taken_off_the_front(
    missing: list[plan.Span], length: int, part: plan.Span, left: list[plan.Span]
) -> None:
    def bytes_of(span: plan.Span) -> plan.Span:
        return span[0] * MIB, span[1] * MIB

    taken, rest = plan.take([bytes_of(span) for span in missing], length * MIB)
    assert taken == bytes_of(part)
    assert rest == [bytes_of(span) for span in left]
    assert plan.total([taken, *rest]) == sum(end - start for start, end in missing) * MIB


@pytest.mark.parametrize(
    ("rate", "most", "count"),
    [
        (None, 1, 1),
        (None, 16, 16),
        (1.0, 16, 2),
        (1.0, 1, 1),
        (5.9 * MIB, 16, 2),
        (6.0 * MIB, 16, 3),
        (32.0 * MIB, 16, 16),
        (1e300, 16, 16),
        (math.inf, 16, 16),
    ],
)
def test_a_bandwidth_limit_gives_each_part_two_mebibytes_a_second(rate: float | None, most: int, count: int) -> None:
    assert plan.requests_within(rate, most) == count


@pytest.mark.parametrize(
    ("size", "parts"),
    [(None, [(0, None)]), (16, [(0, 16)]), (17, [(0, 8), (8, 12), (12, 16), (16, 17)]), (40, [(0, 16), (16, 28)])],
)
def test_a_file_of_sixteen_mebibytes_is_one_request_and_a_larger_one_comes_in_parts(
    size: int | None, parts: list[tuple[int, int | None]]
) -> None:
    where = Location("http://127.0.0.1/one")
    job = Job(0, Item("one", where, None if size is None else size * MIB), "one", "one.part", TransferOptions())
    job.begin()
    pieces = [job.claim(1) for _ in parts]
    assert [(piece.start, piece.end) for piece in pieces] == [
        (start * MIB, None if end is None else end * MIB) for start, end in parts
    ]


@given(sizes, st.integers(1, 64), st.data())
def test_parts_cover_what_is_missing_once(size: int, connections: int, data: st.DataObject) -> None:
    cells = plan.cell_count(size)
    have = data.draw(st.sets(st.integers(0, cells - 1), max_size=20)) if cells else set()
    spans = plan.spans_of_cells(plan.missing_cells(sorted(have), size), size)
    assert plan.total(spans) == size - sum(end - start for start, end in (plan.cell_span(i, size) for i in have))
    taken = []
    while spans:
        part, spans = plan.take(spans, plan.part_length(plan.total(spans), connections))
        taken.append(part)
    assert all(start % CELL == 0 and start < end <= size for start, end in taken)
    assert all(end % CELL == 0 or end == size for _, end in taken)
    assert taken == sorted(taken)
    assert all(before[1] <= after[0] for before, after in pairwise(taken))
    assert all(end - start <= plan.LARGEST_PART for start, end in taken)


@given(st.integers(0, 10**13), st.integers(0, 10**4))
def test_boundaries_are_ahead_and_on_the_grid(position: int, more: int) -> None:
    size = position + more
    boundary = plan.next_boundary(position, size)
    assert position <= boundary <= size
    assert boundary == size or (boundary % CELL == 0 and 0 < boundary - position <= CELL)
    assert plan.next_boundary(position, None) >= boundary


@given(st.integers(0, 12), st.floats(0, 5), st.lists(st.booleans(), max_size=60), st.floats(0, 1))
def test_a_quota_falls_with_failures_and_rises_with_cells(
    retries: int, delay: float, events: list[bool], jitter: float
) -> None:
    quota = Quota.of(retries, delay)
    for gained in events:
        if gained:
            quota = quota.gained()
            assert quota.streak == 0
        elif (decision := quota.failed(jitter)) is not None:
            quota, wait = decision
            assert 0 <= wait <= LONGEST_DELAY
        else:
            assert quota.left == 0
            break
        assert 0 <= quota.left <= retries


def test_waits_double_without_progress_and_begin_again_after_it() -> None:
    quota, waits = Quota.of(5, 0.25), []
    for _ in range(4):
        decision = quota.failed(1.0)
        assert decision is not None
        quota, wait = decision
        waits.append(wait)
    assert waits == [0.25, 0.5, 1.0, 2.0]
    decision = quota.gained().failed(1.0)
    assert decision is not None
    assert decision[1] == 0.25


def test_a_servers_wish_counts_until_it_is_absurd() -> None:
    quota = Quota.of(5, 0.25)
    decision = quota.failed(0.0, 90.0)
    assert decision is not None
    assert decision[1] == 90
    assert quota.failed(1.0, 0.1) == (Quota.of(5, 0.25)._replace(left=4, streak=1), 0.25)
    assert quota.failed(0.0, 3600.0) is not None
    assert quota.failed(0.0, 86_400.0) is None
    assert Quota.of(0, 1.0).failed(0.0) is None


REQUESTED = RequestedRange(start=CELL, end=2 * CELL, ranged=True, size=10 * CELL, size_is_stated=True, validator='"a"')
PART = {"content-range": f"bytes {CELL}-{2 * CELL - 1}/{10 * CELL}", "etag": '"a"', "content-length": str(CELL)}
LONG_AGO = "Sat, 01 Nov 2025 08:00:00 GMT"
# Google states the length of the stored bytes of every object.
STORED = {"x-goog-stored-content-length": str(10 * CELL)}


@pytest.mark.parametrize(
    ("status", "change", "kind"),
    [
        (206, {}, Kind.ACCEPT),
        (206, {"content-range": f"bytes {CELL}-{2 * CELL - 1}/*"}, Kind.ACCEPT),
        (206, {"content-range": f"bytes {CELL}-{CELL + 9}/{10 * CELL}", "content-length": "10"}, Kind.ACCEPT),
        (206, {"content-range": f"Bytes {CELL}-{2 * CELL - 1}/{10 * CELL}"}, Kind.ACCEPT),
        (206, {"etag": ""}, Kind.UNVALIDATED),
        (206, {"etag": 'W/"a"'}, Kind.UNVALIDATED),
        (206, {"etag": 'W/"b"', "last-modified": "yesterday"}, Kind.UNVALIDATED),
        (206, {"etag": "", "last-modified": LONG_AGO, "date": LONG_AGO.replace("2025", "2026")}, Kind.UNVALIDATED),
        (206, {"etag": '"b"'}, Kind.CHANGED),
        (206, {"content-range": f"bytes {CELL}-{2 * CELL - 1}/{11 * CELL}"}, Kind.WRONG_SIZE),
        (206, {"content-range": f"bytes 0-{CELL - 1}/{10 * CELL}"}, Kind.WRONG_RANGE),
        (206, {"content-range": f"bytes {CELL}-{2 * CELL}/{10 * CELL}"}, Kind.WRONG_RANGE),
        (206, {"content-range": f"bytes 0-{10 * CELL - 1}/{10 * CELL}"}, Kind.WHOLE),  # of a proxy that always does
        (206, {"content-range": "bytes 0-4/5"}, Kind.WRONG_SIZE),
        (206, {"content-range": f"bytes {CELL}-{CELL - 1}/{10 * CELL}", "content-length": "0"}, Kind.WRONG_RANGE),
        (206, {"content-length": "7"}, Kind.WRONG_RANGE),
        (206, {"content-range": "items 1-2/3"}, Kind.WRONG_RANGE),
        (206, {"content-range": "bytes */3"}, Kind.WRONG_RANGE),
        (206, {"content-type": "multipart/byteranges", "content-range": ""}, Kind.WRONG_RANGE),
        (200, {}, Kind.ACCEPT),  # of `rclone serve s3`
        (206, STORED | {"x-goog-stored-content-encoding": "identity"}, Kind.ACCEPT),
        (206, STORED | {"x-goog-stored-content-encoding": "gzip", "content-encoding": "gzip"}, Kind.ACCEPT),
        (206, STORED | {"x-goog-stored-content-encoding": "gzip"}, Kind.MOVED),
        (200, {"etag": ""}, Kind.UNVALIDATED),
        (200, {"etag": '"b"'}, Kind.CHANGED),
        (200, {"content-range": f"bytes 0-{CELL - 1}/{10 * CELL}"}, Kind.WRONG_SIZE),
        (200, {"content-range": f"bytes {CELL}-{2 * CELL - 1}/*"}, Kind.WRONG_SIZE),
        (200, {"content-length": str(10 * CELL)}, Kind.WHOLE),
        (200, {"content-length": str(10 * CELL), "etag": '"b"'}, Kind.CHANGED),
        (200, {"content-length": "5"}, Kind.WRONG_SIZE),
        (200, {"content-length": "5", "transfer-encoding": "chunked"}, Kind.WHOLE),
        (416, {"content-range": "bytes */5"}, Kind.WRONG_SIZE),
        (416, {"content-range": f"bytes */{10 * CELL}"}, Kind.WRONG_RANGE),
        (302, {"location": "/x"}, Kind.MOVED),
        (302, {}, Kind.REFUSED),
        (304, {"location": "/x"}, Kind.WRONG_RANGE),
        (401, {}, Kind.ENDED),
        (403, {}, Kind.ENDED),
        (404, {}, Kind.REFUSED),
        (503, {"retry-after": "7"}, Kind.LATER),
        (429, {}, Kind.LATER),
        (204, {}, Kind.REFUSED),
        (0, {}, Kind.REFUSED),
    ],
)
def test_responses(status: int, change: dict[str, str], kind: Kind) -> None:
    assert judge(REQUESTED, status, PART | change, 0.0).kind is kind
    joins = Kind.ACCEPT if kind is Kind.UNVALIDATED else kind
    assert judge(REQUESTED._replace(joins=True), status, PART | change, 0.0).kind is joins


CHANGED = "Fri, 20 Nov 2026 10:00:00 GMT"


@pytest.mark.parametrize(
    ("headers", "strong", "label"),
    [
        ({}, False, "neither ETag nor date"),
        ({"etag": '"a"', "last-modified": CHANGED}, True, "an ETag"),
        ({"etag": 'W/"a"'}, False, "a weak ETag"),
        ({"etag": 'W/"a"', "last-modified": CHANGED}, False, "a weak date of change"),
        ({"last-modified": CHANGED}, False, "a weak date of change"),
        ({"last-modified": CHANGED, "date": "Fri, 20 Nov 2026 10:00:59 GMT"}, False, "a weak date of change"),
        ({"last-modified": CHANGED, "date": "Fri, 20 Nov 2026 10:01:00 GMT"}, True, "a date of change"),
        ({"last-modified": CHANGED, "date": "Fri, 20 Nov 2026 09:00:00 GMT"}, False, "a weak date of change"),
        ({"last-modified": "yesterday", "date": CHANGED}, False, "a weak date of change"),
        ({"etag": "a", "last-modified": CHANGED, "date": "Sat, 21 Nov 2026 10:00:00 GMT"}, True, "a date of change"),
    ],
)
def test_what_is_a_strong_validator(headers: dict[str, str], strong: bool, label: str) -> None:
    validator = validator_in(headers)
    assert is_strong(validator) is strong
    assert validator_words(validator) == label
    part = PART | {"etag": ""} | headers
    first = REQUESTED._replace(validator="")
    assert judge(first, 206, part, 0.0).kind is (Kind.ACCEPT if strong else Kind.UNVALIDATED)
    assert judge(first._replace(validator=validator), 206, part, 0.0).kind is (
        Kind.ACCEPT if strong else Kind.UNVALIDATED
    )


def test_a_date_that_has_become_strong_reports_a_change() -> None:
    before = validator_in({"last-modified": CHANGED})
    later = {"date": "Sat, 21 Nov 2026 10:00:00 GMT"}
    requested = REQUESTED._replace(validator=before, joins=True)
    same = PART | {"etag": "", "last-modified": CHANGED} | later
    other = same | {"last-modified": "Fri, 20 Nov 2026 10:00:01 GMT"}
    assert judge(requested, 206, same, 0.0).kind is Kind.ACCEPT
    assert judge(requested, 206, other, 0.0).kind is Kind.CHANGED


@pytest.mark.parametrize(("seconds", "kind"), [(86_399, Kind.UNVALIDATED), (86_400, Kind.ACCEPT)])
def test_our_clock_dates_a_response_without_a_date(seconds: int, kind: Kind) -> None:
    now = (seconds_of_date(CHANGED) or 0) + seconds
    part = PART | {"etag": "", "last-modified": CHANGED}
    for request in (REQUESTED._replace(validator=""), REQUESTED._replace(validator=CHANGED)):
        assert judge(request, 206, part, now).kind is kind
    assert (
        judge(
            REQUESTED._replace(validator=CHANGED), 206, part | {"last-modified": "Fri, 20 Nov 2026 10:00:01 GMT"}, now
        ).kind
        is Kind.CHANGED
    )
    # The server's own date counts.
    assert judge(REQUESTED._replace(validator=""), 206, part | {"date": CHANGED}, now).kind is Kind.UNVALIDATED
    whole = RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator="")
    verdict = judge(whole, 200, {"content-length": "7", "last-modified": CHANGED}, now)
    assert is_strong(verdict.validator) is (kind is Kind.ACCEPT)


def test_responses_to_a_request_for_the_whole() -> None:
    whole = RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator="")
    assert judge(whole, 200, {"content-length": "7", "etag": '"e"'}, 0.0) == Verdict(Kind.ACCEPT, 200, 0, 7, 7, '"e"')
    assert judge(whole, 200, {}, 0.0) == Verdict(Kind.ACCEPT, 200, 0, None, None, "")
    assert judge(whole, 206, PART, 0.0).kind is Kind.WRONG_RANGE
    always_206 = {"content-range": "bytes 0-6/7"}
    assert judge(whole, 206, always_206, 0.0) == Verdict(Kind.ACCEPT, 200, 0, 7, 7, "")
    assert (
        judge(REQUESTED._replace(start=0, end=7, size=7, validator=""), 206, always_206 | {"etag": '"a"'}, 0.0).status
        == 206
    )
    assert judge(whole, 304, {}, 0.0).kind is Kind.REFUSED
    # RFC 9110, 14.4: a range that ends behind the file is invalid.
    part = PART | {"content-range": f"bytes {CELL}-{2 * CELL - 1}/{2 * CELL - 1}"}
    assert judge(REQUESTED._replace(size=None), 206, part, 0.0).kind is Kind.WRONG_RANGE
    assert judge(whole, 204, {"etag": '"e"'}, 0.0) == Verdict(Kind.ACCEPT, 200, 0, 0, 0, '"e"')
    assert judge(whole._replace(size=7), 204, {"etag": '"e"'}, 0.0).kind is Kind.REFUSED
    assert judge(whole, 204, {}, 0.0).kind is Kind.REFUSED


def test_responses_to_requests_that_went_out_together_are_held_against_each_other() -> None:
    """When they went out only a date was known."""
    item = Item("one", Location("http://127.0.0.1/one"), 4 * CELL, {"crc32c": "00000000"})
    job = Job(0, item, "one", "one.part", TransferOptions())
    job.location = Location("http://127.0.0.1/one")
    job.begin()
    job.validator = "yesterday"

    def accepted(response: ResponseWriter, verdict: Verdict) -> bool:
        job.learn(verdict)
        return verdict.kind is Kind.ACCEPT

    def response(index: int) -> ResponseWriter:
        piece = Piece.of(index * CELL, (index + 1) * CELL)
        return ResponseWriter(job, piece, Mock(accepts=accepted, now=Mock(return_value=0.0)), Mock())

    kinds = []
    for index, one in enumerate([response(0), response(1)]):
        content_range = f"bytes {index * CELL}-{(index + 1) * CELL - 1}/{4 * CELL}"
        one.lines = [b"HTTP/1.1 206 X\r\n", f"Content-Range: {content_range}\r\n".encode(), b'ETag: "%d"\r\n' % index]
        one.open()
        kinds.append(one.verdict.kind if one.verdict else None)
    assert kinds == [Kind.ACCEPT, Kind.CHANGED]


def test_a_date_does_not_replace_a_strong_etag() -> None:
    job = Job(0, Item("one", Location("http://127.0.0.1/one"), 4 * CELL), "one", "one.part", TransferOptions())
    for reported, expected in [("yesterday", "yesterday"), ('"a"', '"a"'), ("today", '"a"'), ("", '"a"')]:
        job.learn(Verdict(Kind.ACCEPT, 206, 0, CELL, 4 * CELL, reported))
        assert job.validator == expected


@pytest.mark.parametrize(("ranged", "again"), [(False, (0, 4 * CELL)), (True, (CELL, 2 * CELL))])
def test_a_server_without_ranges_is_asked_for_the_whole_again(ranged: bool, again: tuple[int, int]) -> None:
    item = Item("one", Location("http://127.0.0.1/one"), 4 * CELL, {"crc32c": "00000000"})
    job = Job(0, item, "one", "one.part", TransferOptions())
    job.begin()
    job.claim(1)
    job.ranged = ranged
    job.want([1])
    piece = job.claim(1)
    assert (piece.start, piece.end) == again


@pytest.mark.parametrize(("received", "ranged", "size"), [(0, True, 9 * CELL), (1, False, None)])
def test_bytes_that_nothing_identifies_are_requested_again_as_a_whole(
    received: int, ranged: bool, size: int | None
) -> None:
    job = Job(0, Item("one", HERE, None), "one", "one.part", TransferOptions())
    job.begin()
    job.learn(Verdict(Kind.ACCEPT, 206, 0, CELL, 9 * CELL))
    piece = job.claim(1)
    piece.position += received
    job.give_back(piece)
    assert (job.ranged, job.size, [piece.position for piece in job.returned]) == (ranged, size, [0])


def test_damaged_cells_of_an_earlier_run_are_missing() -> None:
    job = Job(0, Item("one", HERE, 3 * CELL - 1, {"md5": "0" * 32}), "one", "one.part", TransferOptions())
    job.digests.update(b"of the earlier run")
    job.resume(PartState(3 * CELL - 1, "", {}, array("q", [1, 2, 3])), [1], {})
    assert (list(job.cells), job.have, job.unclaimed) == ([1, MISSING, 3], 2, [(CELL, 2 * CELL)])
    assert job.digests.values() == {"md5": hashlib.md5(b"").hexdigest()}
    job.cell_written(1, 2)
    job.move_frontier()
    assert job.reach == 3 * CELL - 1


def test_bytes_that_arrived_before_the_checksums_are_hashed_from_the_disk() -> None:
    job = Job(0, Item("one", HERE, 2 * CELL), "one", "one.part", TransferOptions())
    job.begin()
    job.cell_written(0, 1)
    job.adopt({"md5": "0" * 32})
    assert (job.inline, job.reach) == (False, CELL)


def test_a_size_that_only_a_server_reported_may_change() -> None:
    requested = RequestedRange(CELL, 2 * CELL, ranged=True, size=10 * CELL, size_is_stated=False, validator="")
    assert judge(requested, 200, {"content-length": "5"}, 0.0).kind is Kind.CHANGED


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120.0), ("Fri, 20 Nov 2026 10:00:30 GMT", 30.0), ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0), ("soon", None)],
)
def test_retry_after(header: str, seconds: float | None) -> None:
    now = 1795168800.0  # 2026-11-20 10:00:00 UTC
    assert judge(REQUESTED, 503, {"retry-after": header}, now).retry_after == seconds


def test_heads() -> None:
    lines = [
        b"HTTP/1.1 100 Continue\r\n",
        b"\r\n",
        b"HTTP/1.1 206 Partial\r\n",
        b'ETag:  "x" \r\n',
        b"a: 1\r\n",
        b"A: 2\r\n",
    ]
    assert parse_head(lines, HEAD_HEADERS) == (206, {"etag": '"x"'})
    assert parse_head(lines) == (206, {"etag": '"x"', "a": "2"})
    assert parse_head([]) == (0, {})
    assert parse_head([b"HTTP/1.1 abc\r\n"]) == (0, {})
    location = "/voilà".encode()  # whose last byte is a space in Latin-1
    assert parse_head([b"Location: " + location + b" \r\n"])[1]["location"].encode("latin-1") == location
    way = [b"HTTP/1.1 200 Connection established\r\n", b"\r\n"]
    assert parse_head([*way, b"HTTP/1.1 404 Not found: one\r\n", b"A: 1\r\n"]) == (404, {"a": "1"})


@given(st.binary(max_size=60).map(lambda body: [b"HTTP/1.1 206 x\r\n", b"Content-Range: " + body + b"\r\n"]))
def test_no_head_raises(lines: list[bytes]) -> None:
    status, headers = parse_head(lines, HEAD_HEADERS)
    assert judge(REQUESTED, status, headers, 0.0).kind in Kind


def test_a_size_that_no_file_has_is_none() -> None:
    whole = RequestedRange(0, None, ranged=False, size=None, size_is_stated=False, validator="")
    assert judge(whole, 200, {"content-length": str(10**18)}, 0.0).kind is Kind.WRONG_SIZE
    headers = {"content-range": f"bytes 0-3/{10**18}", "content-length": "4"}
    assert (
        judge(RequestedRange(0, 4, ranged=True, size=None, size_is_stated=False, validator=""), 206, headers, 0.0).kind
        is Kind.WRONG_SIZE
    )
    assert judge(whole, 200, {"content-length": str(1 << 47)}, 0.0).kind is Kind.ACCEPT


@pytest.mark.parametrize("state", [State.VERIFYING, State.COMMITTING])
@pytest.mark.parametrize("event", [messages.Located(Location("http://127.0.0.1/other"), 1.0), messages.Due()])
def test_responses_to_earlier_requests_are_ignored_after_completion(state: State, event: object) -> None:
    job = Job(0, Item("one", Location("http://127.0.0.1/one"), 5), "one", "one.part", TransferOptions())
    job.locating = job.paused = True
    job.state = state
    assert step(TRANSITIONS, job, event, Patience()) == []
    assert job.state is state


def test_a_hash_of_bytes_that_were_begun_again_does_not_count() -> None:
    job = Job(
        0, Item("one", Location("http://127.0.0.1/one"), 5, {"md5": "0" * 32}), "one", "one.part", TransferOptions()
    )
    job.state, stale = State.COMMITTING, job.digests
    job.forget_digests()
    assert step(TRANSITIONS, job, messages.Hashed(stale, 5, 5), Patience()) == []
    assert job.hashed == 0


def test_an_event_that_no_state_expects_is_a_fault() -> None:
    job = Job(0, Item("one", Location("http://127.0.0.1/one"), 5), "one", "one.part", TransferOptions())
    with pytest.raises(KeyError):
        step(TRANSITIONS, job, messages.Due(), Patience())


def test_a_handler_that_ends_where_its_table_does_not_say_is_a_fault() -> None:
    job = Job(0, Item("one", Location("http://127.0.0.1/one"), 5), "one", "one.part", TransferOptions())
    wrong = {(State.PLANNED, messages.Stopped): Transition(lambda job, event, rules: [], frozenset({State.STOPPED}))}
    with pytest.raises(RuntimeError, match="led from planned to planned"):
        step(wrong, job, messages.Stopped(), Patience())


@pytest.mark.parametrize(
    ("status", "retry_after", "delay", "commands"),
    [
        (429, None, 0.25, [Relieve(HERE, 0.25)]),  # one request after the other may exceed the rate, too
        (429, None, 60.0, [Relieve(HERE, 2.0)]),  # it may be the limit of one file
        (429, 5.0, 0.25, [Relieve(HERE, 5.0)]),
        (503, None, 0.25, [Relieve(HERE, 0.0)]),
        (500, None, 0.25, []),
        (500, 5.0, 0.25, [HoldServer(HERE, 5.0)]),
        (503, 5000.0, 0.25, [Relieve(HERE, 0.0)]),
    ],
)
def test_a_limit_of_the_rate_is_for_all_requests(status, retry_after, delay, commands):
    assert relief_of(HERE, status, retry_after, 3600.0, delay) == commands
