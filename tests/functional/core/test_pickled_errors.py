"""Errors cross processes: whole, and without what hangs on them unseen."""

import concurrent.futures
import multiprocessing

import pytest
from omicsdk.core import NotFound


def raise_one():
    raise NotFound("no such bundle", status=404, body={"code": "not_found"}, request_id="abc-1")


def test_an_error_of_a_worker_process_is_caught_as_what_it_is():
    with (
        concurrent.futures.ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("forkserver")) as pool,
        pytest.raises(NotFound, match="request id abc-1") as caught,
    ):
        pool.submit(raise_one).result()
    assert caught.value.body == {"code": "not_found"}
