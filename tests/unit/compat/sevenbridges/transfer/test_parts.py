"""Parts and progress, as the published client counts them."""

import pickle

import pytest
from omicsdk.compat.sevenbridges.errors import SbgError, as_ours, as_sbg
from omicsdk.compat.sevenbridges.transfer.utils import Part, Progress, simple_progress_bar, total_parts
from omicsdk.core import ChecksumMismatch, TransferError


@pytest.mark.parametrize(
    ("size", "part", "count"), [(0, 10, 1), (1, 10, 1), (10, 10, 1), (11, 10, 2), (20, 10, 2), (21, 10, 3)]
)
def test_how_many_parts(size: int, part: int, count: int):
    assert total_parts(size, part) == count


def test_progress():
    report = Progress(4, 1, 25, 100, 500)
    assert report.progress == 25
    assert report.bandwidth == pytest.approx(25 / 1_000_000 / 500)  # as published: megabytes a millisecond
    assert (report.num_of_parts, report.parts_done, report.bytes_done, report.file_size, report.duration) == (
        4,
        1,
        25,
        100,
        500,
    )
    assert (Progress(1, 1, 0, 0, 0).progress, Progress(1, 1, 0, 0, 0).bandwidth) == (100, 0)
    assert Part().start is None


def test_the_bar(capsys: pytest.CaptureFixture[str]):
    simple_progress_bar(Progress(4, 1, 25, 100, 500))
    simple_progress_bar(Progress(4, 4, 100, 100, 500))
    drawn = capsys.readouterr().out
    assert "25.0 %" in drawn
    assert "0.00 MB/s" in drawn
    assert drawn.endswith("\n")


def test_errors_of_the_engine_are_of_both_kinds():
    error = as_sbg(ChecksumMismatch("f", algorithm="md5", expected="a", actual="b"))
    assert isinstance(error, SbgError)
    assert isinstance(error, ChecksumMismatch)
    assert (error.code, error.status, error.more_info, error.request_id) == (-1, -1, None, None)
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(again, SbgError)
    assert str(again) == str(error)
    assert isinstance(as_sbg(ValueError("odd")), SbgError)


def test_causes_of_errors_form_no_cycle():
    refused = SbgError("refused")
    with pytest.raises(SbgError) as raised, as_ours():
        raise TransferError("stopped") from refused
    assert raised.value is refused
    assert refused.__cause__ is None
