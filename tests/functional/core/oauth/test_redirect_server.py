"""The address that a browser comes back to: what it takes for the response, and what it states the browser."""

import socket
import threading
from urllib.error import HTTPError
from urllib.request import ProxyHandler, build_opener

import pytest
from omicsdk.core import AuthError, ManualClock
from omicsdk.core.oauth.redirect_server import RedirectServer
from waiting import remaining


def fetch(url):
    """Status, text and headers of a response, whatever proxy the environment names."""
    try:
        with build_opener(ProxyHandler({})).open(url, timeout=20) as response:
            return response.status, response.read().decode(), response.headers
    except HTTPError as error:
        with error:
            return error.code, error.read().decode(), error.headers


def port_of(server):
    return int(server.uri.split(":")[2].partition("/")[0])


def test_the_response_is_what_the_browser_brings():
    server = RedirectServer()
    assert server.uri.startswith("http://127.0.0.1:")
    with server.listening("s"):
        status, page, headers = fetch(f"{server.uri}?code=canary&state=s")
        assert server.wait(20) == "code=canary&state=s"
    assert status == 200
    assert "You may close this tab" in page
    assert "canary" not in page
    assert dict(headers) == {
        "Server": "omics",
        "Date": headers["Date"],
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'",
        "Referrer-Policy": "no-referrer",
        "Connection": "close",
        "Content-Length": str(len(page.encode())),
    }


def test_a_refusal_is_a_response_and_its_words_are_no_markup():
    server = RedirectServer()
    with server.listening("s"):
        status, page, _ = fetch(f"{server.uri}?error=access_denied&error_description=%3Cscript%3E&state=s")
        assert "error=access_denied" in server.wait(20)
    assert status == 200
    assert "&lt;script&gt;" in page
    assert "<script>" not in page


@pytest.mark.parametrize(
    ("target", "status", "title"),
    [
        ("?code=c&state=forged", 400, "Another login"),
        ("?code=c", 400, "Another login"),
        ("?code=c&state=s&state=forged", 400, "Another login"),
        ("favicon.ico", 404, "Not found"),
        ("other?code=c&state=s", 404, "Not found"),
        ("", 404, "Not found"),
    ],
)
def test_an_invalid_response_is_passed_over(target, status, title):
    server = RedirectServer()
    with server.listening("s"):
        shown = fetch(server.uri + target)
        assert shown[0] == status
        assert f"<h1>{title}</h1>" in shown[1]
        fetch(f"{server.uri}?code=right&state=s")
        assert server.wait(20) == "code=right&state=s"


def test_a_browser_that_never_comes_back_is_a_timeout():
    server = RedirectServer()
    with server.listening("s"), pytest.raises(AuthError, match=r"within 0\.01 s") as caught:
        server.wait(0.01)
    assert "--device" in caught.value.remedy


def test_a_redirect_within_the_last_second_is_in_time():
    server = RedirectServer()
    with server.listening("s"):
        fetch(f"{server.uri}?code=c&state=s")
        assert server.wait(1, clock=ManualClock()) == "code=c&state=s"


def test_a_wait_can_be_abandoned():
    stop = threading.Event()
    stop.set()
    server = RedirectServer()
    with server.listening("s"), pytest.raises(AuthError, match="cancelled"):
        server.wait(100, stop)


def test_a_connection_on_which_nothing_comes_blocks_nothing():
    before = set(threading.enumerate())
    server = RedirectServer()
    with server.listening("s"), socket.create_connection(("127.0.0.1", port_of(server))):
        fetch(f"{server.uri}?code=c&state=s")
        assert server.wait(20) == "code=c&state=s"
        threads = set(threading.enumerate()) - before
        assert len(threads) >= 2
        assert all(thread.daemon for thread in threads)  # none keeps the process


def test_a_port_is_free_by_default():
    first, second = RedirectServer(), RedirectServer()
    with first.listening("s"), second.listening("s"):
        assert port_of(first) != port_of(second)
        assert min(port_of(first), port_of(second)) > 1023


def test_a_port_that_is_taken_gives_way_to_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = RedirectServer("localhost", port, "/back")
        with server.listening("s"):
            assert server.uri.startswith("http://localhost:")
            assert server.uri.endswith("/back")
            assert port_of(server) not in range(1024)
        assert port_of(server) != port


def test_nothing_is_left_behind():
    before = set(threading.enumerate())
    server = RedirectServer()
    with server.listening("s"):
        assert set(threading.enumerate()) - before
    assert not remaining(lambda: set(threading.enumerate()) - before, 20)
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(("127.0.0.1", port_of(server)), timeout=5)


def test_the_code_is_not_logged(capfd):
    server = RedirectServer()
    with server.listening("s"):
        fetch(f"{server.uri}?code=canary&state=s")
        server.wait(20)
    output = capfd.readouterr()
    assert "canary" not in output.out + output.err
