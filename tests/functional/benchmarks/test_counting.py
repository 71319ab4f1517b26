"""Counts of requests at benchmark servers are compared with the expected counts."""

import pytest


def test_what_came_is_counted_from_the_last_time(counts):
    from counting import Came

    server, payload = counts
    payload.update(files=7, urls=1)
    check = Came({"files": 2}, (server,))
    payload.update(files=9, urls=5)
    check()
    payload.update(files=11)
    check()


def test_what_lacks_or_is_too_much_is_reported(counts):
    from counting import Came

    server, payload = counts
    check = Came({"files": 2, "bundles": 1}, (server,))
    payload.update(files=3)
    with pytest.raises(RuntimeError, match=r"\{'files': 3, 'bundles': 0\} came, not \{'files': 2, 'bundles': 1\}"):
        check()
    payload.update(files=2, bundles=1)
    check()
