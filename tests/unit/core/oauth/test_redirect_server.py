"""Opening the user's browser: at once, and without a failure where there is none."""

import logging
import queue
import threading
import webbrowser

import pytest
from omicsdk.core.oauth.redirect_server import open_browser

URL = "https://auth.example.org/authorize"


@pytest.mark.parametrize(
    ("outcome", "messages"),
    [
        (True, []),
        (False, ["no browser could be opened"]),
        (webbrowser.Error("none runs"), ["no browser: none runs", "no browser could be opened"]),
        (OSError("not permitted"), ["no browser: not permitted", "no browser could be opened"]),
    ],
)
def test_a_browser_is_opened_in_a_thread_that_ends_with_the_process(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, outcome: bool | Exception, messages: list[str]
):
    calls, returned = queue.Queue[tuple[str, threading.Thread]](), threading.Event()

    def open_url(url: str) -> bool:
        calls.put((url, threading.current_thread()))
        assert returned.wait(20)  # as a browser in the terminal
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(webbrowser, "open", open_url)
    with caplog.at_level(logging.DEBUG, "omicsdk"):
        open_browser(URL)
        returned.set()
        url, thread = calls.get(timeout=20)
        thread.join(20)
    assert (url, thread.daemon) == (URL, True)
    assert [(record.name, record.getMessage()) for record in caplog.records] == [
        ("omicsdk.oauth", message) for message in messages
    ]
