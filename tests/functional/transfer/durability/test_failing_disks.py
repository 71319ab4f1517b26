"""Each thing that is asked of a disk may be refused: then there is a right file or none, and the cause is reported."""

import contextlib
import errno
import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from omicsdk.core import DiskFull, NotWritable
from omicsdk.transfer import download
from omicsdk.transfer.disk import Disk
from omicsdk.transfer.downloads import files
from small_cells import UNIT

pytestmark = pytest.mark.usefixtures("small_cells")

METHODS = (
    "append", "create", "make_folders", "rename", "reopen", "sync", "sync_file_system", "sync_files", "sync_folders",
    "truncate", "unlink", "write_at",
)  # fmt: skip


class Failing(Disk):
    """Refuses calls of one method, from a certain one on, so many of them."""

    def __init__(self, method: str, first: int, calls: int, number: int) -> None:
        super().__init__()
        self.method, self.first, self.calls, self.number = method, first, calls, number
        self.seen = 0

    def __getattribute__(self, name: str) -> Any:
        attribute = super().__getattribute__(name)
        if name not in METHODS or name != self.method:
            return attribute

        def call(*arguments: Any) -> Any:
            self.seen += 1
            if self.first < self.seen <= self.first + self.calls:
                if name == "append":  # what fits is written, and then it is full
                    os.write(arguments[0], arguments[1][: len(arguments[1]) // 2])
                raise OSError(self.number, os.strerror(self.number))
            return attribute(*arguments)

        return call


class Small(Disk):
    """Has room for the first cell of a file: however the bytes come, that one is left behind."""

    def __init__(self) -> None:
        super().__init__()
        write = self.write_at

        def write_at(descriptor: int, buffers: Sequence[bytes], offset: int) -> int:
            if offset >= 4 * UNIT:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return write(descriptor, buffers, offset)

        self.write_at = write_at


@pytest.mark.parametrize("method", METHODS)
@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=settings().max_examples // 8,
    deadline=None,
)
@given(
    first=st.integers(0, 6),
    calls=st.sampled_from([1, 1000]),
    number=st.sampled_from([errno.ENOSPC, errno.EIO, errno.EDQUOT]),
    again=st.booleans(),
)
def test_there_is_a_right_file_or_none_and_the_cause_is_reported(
    method: str,
    first: int,
    calls: int,
    number: int,
    again: bool,
    server: Any,
    noise: Any,
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    monkeypatch.setattr(files, "_FEW", 2)
    monkeypatch.setattr(files, "BATCH", 4)
    bodies = {"large": noise(4 * UNIT + 200_007)} | {f"d{n % 3}/f{n}": noise(3000 * n, n) for n in range(9)}
    items = [server.item(name, body, "sha256", retries=1) for name, body in bodies.items()]
    target = Path(mkdtemp(dir=tmp_path))  # one example may run several times
    expected = DiskFull if number != errno.EIO else NotWritable
    if again:  # an earlier run left something of the large one
        download(items[:1], target, disk=Small())
        assert list(target.glob("*.part"))
    disk = Failing(method, first, calls, number)
    with contextlib.suppress(expected):  # raised where not even the journal could be begun
        check(target, bodies, download(items, target, disk=disk).outcomes, expected)
    download(items, target).raise_if_failed()
    assert {name: (target / name).read_bytes() for name in bodies} == bodies
    assert not list(target.rglob("*.part"))


def check(target: Path, bodies: dict[str, bytes], outcomes: Any, expected: type[Exception]) -> None:
    for outcome in outcomes:
        if outcome.state == "failed":
            assert isinstance(outcome.error, expected)
            assert str(target) in str(outcome.error)
            assert not (target / outcome.name).exists()
        else:
            assert outcome.state in ("done", "skipped")
            assert (target / outcome.name).read_bytes() == bodies[outcome.name]
