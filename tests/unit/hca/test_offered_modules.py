"""Modules of the published client that programs import besides its clients; and its exceptions: an error of core by another name, in this
process and in others."""

import copy
import os
import pickle
from pathlib import Path

import omicsdk.compat.hca.util.compat
import pytest
from omicsdk.compat.hca.dss.util import hardlink, iter_paths, object_name_builder, separator_to_camel_case
from omicsdk.compat.hca.util import fs
from omicsdk.compat.hca.util.exceptions import SwaggerAPIException, documented_error
from omicsdk.compat.hca.util.pool import ThreadPool
from omicsdk.core import APIError, NotFound, ServerError, UsageError


def test_files_are_replaced_and_have_an_age(tmp_path: Path) -> None:
    file = tmp_path / "a"
    fs.atomic_write(file, b"one")
    fs.atomic_write(str(file), b"two")
    assert file.read_bytes() == b"two"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert fs.get_days_since_last_modified(file) == 0
    os.utime(file, (0, 0))
    assert fs.get_days_since_last_modified(file) > 10_000


def test_functions_of_os() -> None:
    assert (omicsdk.compat.hca.util.compat.walk, omicsdk.compat.hca.util.compat.scandir) == (os.walk, os.scandir)


def test_a_pool_waits_for_all_tasks_and_keeps_a_failure() -> None:
    pool, done = ThreadPool(2), list[int]()

    def task(number: int, *, more: int) -> None:
        done.append(number)
        if more:
            pool.add_task(task, number + 1, more=more - 1)

    pool.add_task(task, 1, more=2)
    pool.wait_for_completion()
    assert done == [1, 2, 3]
    assert pool.thread_failure is None
    pool.add_task(int, "x")
    pool.wait_for_completion()
    assert isinstance(pool.thread_failure, ValueError)


def test_the_files_of_a_folder_and_their_names(tmp_path: Path) -> None:
    (tmp_path / "b" / "c").mkdir(parents=True)
    for name in ("a", "b/c/d"):
        (tmp_path / name).touch()
    names = sorted(object_name_builder(entry.path, str(tmp_path)) for entry in iter_paths(str(tmp_path)))
    assert names == [f"{os.sep}a", f"{os.sep}b{os.sep}c{os.sep}d"]
    assert separator_to_camel_case("put-file", "-") == "PutFile"


def test_a_link_is_the_same_file_and_takes_no_other_name(tmp_path: Path) -> None:
    source, link = tmp_path / "a", tmp_path / "b"
    source.write_bytes(b"x")
    for _ in range(2):
        hardlink(str(source), str(link))
    assert source.stat().st_ino == link.stat().st_ino
    (tmp_path / "c").write_bytes(b"other")
    with pytest.raises(FileExistsError):
        hardlink(str(source), str(tmp_path / "c"))


def error_of(kind: type[APIError], status: int) -> Exception:
    body = {"code": "said", "title": "Said so", "stacktrace": "here"}
    return documented_error(kind("Said so", status=status, code="said", body=body))


@pytest.mark.parametrize(("kind", "status"), [(NotFound, 404), (ServerError, 500), (APIError, 418)])
@pytest.mark.parametrize("again", [lambda error: error, lambda error: pickle.loads(pickle.dumps(error)), copy.copy])
def test_both_names_catch_it_and_nothing_is_lost(kind, status, again):
    error = again(error_of(kind, status))
    assert isinstance(error, SwaggerAPIException)
    assert isinstance(error, kind)
    assert (error.code, error.reason, error.title, error.details) == (status, "said", "Said so", "here")
    assert str(error).startswith(f"Said so ({status} said)")


def test_a_bare_one_survives_too():
    again = pickle.loads(pickle.dumps(SwaggerAPIException("x", status=404)))
    assert type(again) is SwaggerAPIException
    assert again.status == 404


def test_other_errors_stay_what_they_are():
    error = UsageError("No such layout")
    assert documented_error(error) is error
    documented = error_of(NotFound, 404)
    assert documented_error(documented) is documented
