"""A stored login is renewed once, by the first caller, and never without a refresh token."""

import multiprocessing

from omicsdk.core import ManualClock, TokenFile
from omicsdk.core.oauth.credentials import RefreshingToken
from omicsdk.core.oauth.tokens import Grant
from stored_login import GET, HERE
from stored_login import stored as stored
from stored_login import tokens as tokens


def _renew_in_process(path, now, ready, go, responses):
    """One of several processes that meet an ended token; a refresh token is good for one use."""
    clock = ManualClock(now)
    tokens = TokenFile(path)
    used = path.with_name("used")

    def renewal(refresh_token):
        with used.open("x"):  # fails for the second one
            return Grant("renewed", now + 3600, "next")

    held = RefreshingToken(tokens, HERE, tokens.login(HERE), renewal, clock=clock)
    ready.release()
    go.wait(30)
    responses.put(held.headers(*GET)["authorization"])


def test_processes_share_one_renewal(stored, tokens, clock):
    stored(ends_in=0.0)
    context = multiprocessing.get_context("spawn")
    ready, go, responses = context.Semaphore(0), context.Event(), context.Queue()
    workers = [
        context.Process(target=_renew_in_process, args=(tokens.path, clock.now(), ready, go, responses))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    for _ in workers:
        assert ready.acquire(timeout=60)
    go.set()
    assert [responses.get(timeout=60) for _ in workers] == ["Bearer renewed"] * 3
    for worker in workers:
        worker.join(60)
    assert tokens.login(HERE).refresh_token == "next"
