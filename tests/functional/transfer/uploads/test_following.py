"""Small requests that follow files which are there."""

import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Control, FollowUp, Location, Outcome, PutTo, Upload, upload

Responses = list[tuple[int | None, Mapping[str, str]]]


def uploads(sink: Any, folder: Path, count: int) -> list[Upload]:
    items: list[Upload] = []
    for number in range(count):
        path = folder / f"{number}.bin"
        path.write_bytes(bytes([number]) * 100)
        items.append(Upload(path, PutTo(Location(sink.url(str(number)))), str(number)))
    return items


def follow_up(sink: Any, number: int, responses: Responses, path: str = "done") -> FollowUp:
    def answered(status: int | None, headers: Mapping[str, str]) -> None:
        responses.append((status, headers))

    return FollowUp(sink.url(f"{path}/{number}"), {"x-number": str(number)}, b"abc", answered)


def test_each_file_is_followed_and_the_run_waits(sink: Any, tmp_path: Path):
    responses: Responses = []
    report = upload(uploads(sink, tmp_path, 40), follow=lambda number, _: follow_up(sink, number, responses))
    assert report.counts["done"] == 40
    assert [status for status, _ in responses] == [200] * 40
    assert all(headers["etag"] for _, headers in responses)
    assert sink.stored["done/7"] == b"abc"
    assert sink.of("done/7")[0].headers["x-number"] == "7"
    files = [request.path for request in sink.requests]
    assert all(files.index(str(number)) < files.index(f"done/{number}") for number in range(40))


def test_files_that_fail_are_not_followed(sink: Any, tmp_path: Path, reply: Any, clock: Any):
    sink.fault("1", *[lambda _: reply(403)] * 5)
    followed: list[tuple[int, str]] = []

    def follow(number: int, outcome: Outcome) -> None:
        followed.append((number, outcome.state))

    report = upload(uploads(sink, tmp_path, 3), follow=follow, clock=clock)
    assert report.counts["failed"] == 1
    assert sorted(followed) == [(0, "done"), (2, "done")]


def test_what_comes_of_them_is_reported_and_tried_once(sink: Any, tmp_path: Path, reply: Any):
    responses: Responses = []
    sink.fault("done/0", lambda _: reply(503, {"X-Why": "busy"}))
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}/"

    def follow(number: int, _: Outcome) -> FollowUp:
        there = follow_up(sink, number, responses)
        return there if number == 0 else FollowUp(nobody, {}, b"", lambda *response: responses.append(response))

    upload(uploads(sink, tmp_path, 2), follow=follow)
    assert sorted((status or 0, headers.get("x-why")) for status, headers in responses) == [(0, None), (503, "busy")]
    assert len(sink.of("done/0")) == 1


def test_an_address_that_makes_no_sense(sink: Any, tmp_path: Path):
    responses: Responses = []

    def follow(number: int, _: Outcome) -> FollowUp:
        del number
        return FollowUp("ftp://nowhere", {}, b"", lambda status, headers: responses.append((status, headers)))

    assert upload(uploads(sink, tmp_path, 1), follow=follow).ok
    assert responses == [(None, {})]


@pytest.mark.parametrize("how", ["stop", "control"])
def test_a_stop_waits_for_none(sink: Any, tmp_path: Path, reply: Any, how: str):
    responses: Responses = []
    stop, control = threading.Event(), Control()

    def stall(_: object) -> Any:
        stop.set() if how == "stop" else control.stop()
        return reply(stall=True)

    sink.fault("done/0", stall)
    report = upload(
        uploads(sink, tmp_path, 1),
        follow=lambda number, _: follow_up(sink, number, responses),
        stop=stop,
        control=control,
    )
    assert (report.counts["done"], responses) == (1, [])


def test_they_do_not_take_the_places_of_files(sink: Any, tmp_path: Path, reply: Any):
    """All that follows waits for the last file, which is sent over the one connection for files all the same."""
    there = threading.Event()

    def wait(_: object) -> Any:
        there.wait(30)
        return reply()

    sink.always = lambda request: wait(request) if request.path.startswith("done") else None
    sink.fault("5", lambda _: there.set() or reply())
    responses: Responses = []
    upload(uploads(sink, tmp_path, 6), connections=1, follow=lambda number, _: follow_up(sink, number, responses))
    assert len(responses) == 6


def test_a_web_page_is_no_response(sink: Any, tmp_path: Path, reply: Any):
    responses: Responses = []
    page = b"<html><body>Log in to the network.</body></html>"
    sink.fault("done/0", lambda _: reply(200, {"Content-Type": "text/html"}, page))
    upload(uploads(sink, tmp_path, 1), follow=lambda number, _: follow_up(sink, number, responses))
    assert responses == [(None, {})]
