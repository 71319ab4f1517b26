"""Checksums that a store needs before anything is sent: large files take turns."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from omicsdk.core.checksums import digest
from omicsdk.core.errors import OmicsError
from omicsdk.transfer.uploads.checksums import Summing
from omicsdk.transfer.uploads.source import LINK, SourceFile


class Tasks:
    """A pool whose tasks are done when the test says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[[], Any], Callable[[Any], None], Callable[[Exception], None]]] = []

    def submit(self, task: Any, done: Any, failed: Any) -> None:
        self.waiting.append((task, done, failed))

    def do(self) -> None:
        task, done, failed = self.waiting.pop(0)
        try:
            result = task()
        except Exception as error:
            failed(error)
        else:
            done(result)


@pytest.fixture
def tasks() -> Tasks:
    return Tasks()


@pytest.fixture
def failures() -> list[str]:
    return []


@pytest.fixture
def summing(tasks: Tasks) -> Summing:
    return Summing(tasks, lambda: False)  # type: ignore[arg-type]


def unexpected(error: OmicsError) -> None:
    raise error


def job(folder: Path, name: str, size: int) -> Any:
    path = folder / name
    with path.open("wb") as file:
        file.truncate(size)
    return SimpleNamespace(
        title=name,
        path=str(path),
        file=SourceFile(str(path), name),
        store=SimpleNamespace(needs=("crc32c",), whole_needs=()),
        cuts=SimpleNamespace(single=False),
        needed=None,
        over=False,
        error=None,
    )


def test_large_files_take_turns_and_small_ones_dont_wait(summing: Summing, tasks: Tasks, tmp_path: Path):
    sizes = {"first": 2 * LINK + 1, "second": LINK + 1, "small": 3, "third": LINK + 1}
    jobs = [job(tmp_path, name, size) for name, size in sizes.items()]
    known: dict[str, Any] = {}
    for each in jobs:
        summing.need(each, lambda checksums, each=each: known.update({each.title: checksums["crc32c"]}), unexpected)
    assert len(tasks.waiting) == 2  # the first large one and the small one
    while tasks.waiting:
        tasks.do()
        assert len(tasks.waiting) <= 2
    assert list(known) == ["small", "first", "second", "third"]
    assert known["second"] == digest(bytes(LINK + 1), "crc32c")
    for each in jobs:
        each.file.close()


def test_one_that_fails_or_is_over_holds_up_nobody(summing: Summing, tasks: Tasks, failures: Any, tmp_path: Path):
    jobs = [job(tmp_path, name, LINK + 1) for name in ("shorter", "over", "good")]
    known: list[str] = []

    def failed(job: Any, error: OmicsError) -> None:
        job.error = error
        failures.append(job.title)

    for each in jobs:
        summing.need(each, lambda _, each=each: known.append(each.title), partial(failed, each))
    with (tmp_path / "shorter").open("wb"):
        pass
    jobs[1].over = True
    while tasks.waiting:
        tasks.do()
    assert failures == ["shorter"]
    assert known == ["good"]
    for each in jobs:
        each.file.close()
