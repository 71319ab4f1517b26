"""Files from FTP servers are complete, verified and resumed, as those from others."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from breakable import Faults, Response
from ftp_stand_in import FtpServer
from omicsdk.core import ChecksumMismatch, Forbidden, NotFound
from omicsdk.core.checksums import digest
from omicsdk.transfer import Item, Location, PutTo, Upload, download, upload
from omicsdk.transfer.network.requests import FtpReplies, Patience, is_ftp, requested_range

MIB = 1024 * 1024


@pytest.fixture
def ftp() -> Iterator[FtpServer]:
    with FtpServer() as server:
        yield server


def item(ftp: FtpServer, name: str, **more: Any) -> Item:
    return Item("out", Location(ftp.url(name)), **{"min_delay": 0.01} | more)


@pytest.mark.parametrize("size", [0, 1, 70_000, 9 * MIB])
@pytest.mark.parametrize("has_facts", [True, False])
def test_a_file_comes_whole(ftp: FtpServer, target: Path, noise: Any, size: int, has_facts: bool):
    ftp.files["pub/a b.fastq.gz"] = noise(size)
    facts = {"size": size, "checksums": {"md5": digest(noise(size), "md5")}} if has_facts else {}
    download([item(ftp, "pub/a%20b.fastq.gz", **facts)], target).raise_if_failed()
    assert (target / "out").read_bytes() == noise(size)
    assert "TYPE I" in ftp.log


def test_many_files_come(ftp: FtpServer, target: Path, noise: Any):
    items = []
    for number in range(30):
        ftp.files[f"pub/{number}"] = noise(1000 + number, number)
        items.append(Item(f"{number}", Location(ftp.url(f"pub/{number}")), 1000 + number))
    assert download(items, target).counts["done"] == 30
    assert all((target / f"{number}").read_bytes() == ftp.files[f"pub/{number}"] for number in range(30))


def test_a_body_that_is_cut_resumes_where_it_was(ftp: FtpServer, target: Path, noise: Any):
    ftp.files["f"] = noise(9 * MIB)
    ftp.cuts.append(5 * MIB)
    what = item(ftp, "f", size=9 * MIB, checksums={"md5": digest(noise(9 * MIB), "md5")})
    report = download([what], target, connections=1)
    report.raise_if_failed()
    assert (target / "out").read_bytes() == noise(9 * MIB)
    assert report.outcomes[0].bytes_fetched < 11 * MIB
    assert any(line.startswith("REST ") for line in ftp.log)


@pytest.mark.parametrize("lacks", ["sizes", "rests", "both"])
def test_servers_that_know_less_are_asked_for_the_whole(ftp: FtpServer, target: Path, noise: Any, lacks: str):
    ftp.files["f"] = noise(9 * MIB)
    ftp.sizes, ftp.rests = lacks == "rests", lacks == "sizes"
    ftp.cuts.append(5 * MIB)
    what = item(ftp, "f", size=9 * MIB, checksums={"md5": digest(noise(9 * MIB), "md5")})
    download([what], target).raise_if_failed()
    assert (target / "out").read_bytes() == noise(9 * MIB)


@pytest.mark.parametrize("date", ["20010909014640", "20010909014640.123"])
def test_a_file_without_a_checksum_is_resumed_if_the_server_states_its_date(
    ftp: FtpServer, target: Path, noise: Any, date: str
):
    ftp.files["f"], ftp.date = noise(9 * MIB), date
    ftp.cuts.append(5 * MIB)
    report = download([item(ftp, "f")], target, connections=1)
    report.raise_if_failed()
    assert (target / "out").read_bytes() == noise(9 * MIB)
    assert report.outcomes[0].bytes_fetched < 11 * MIB


def test_a_file_that_changed_today_is_requested_anew(ftp: FtpServer, target: Path, noise: Any):
    ftp.files["f"], ftp.date = noise(9 * MIB), f"{datetime.now(UTC):%Y%m%d%H%M%S}"  # perhaps while it was sent
    ftp.cuts.append(5 * MIB)
    download([item(ftp, "f")], target, connections=1).raise_if_failed()
    assert (target / "out").read_bytes() == noise(9 * MIB)
    assert not any(line.startswith("REST ") for line in ftp.log)


def test_a_login_may_take_longer_than_connecting(ftp: FtpServer, target: Path, noise: Any):
    ftp.files["f"] = noise(5000)
    ftp.ready.clear()
    threading.Timer(0.5, ftp.ready.set).start()
    report = download([item(ftp, "f")], target, patience=Patience(connect=0.1))
    assert (report.outcomes[0].state, report.outcomes[0].retries) == ("done", 0)


@pytest.mark.parametrize("path", ["folder/", "", "f;type=d", "f;type=A"])
def test_neither_folders_nor_texts_are_requested(ftp: FtpServer, target: Path, path: str):
    (outcome,) = download([item(ftp, path)], target).outcomes
    assert (outcome.state, outcome.retries, ftp.log) == ("failed", 0, [])


def test_a_proxy_for_http_answers_in_its_own_protocol(
    server: Any, target: Path, noise: Any, monkeypatch: pytest.MonkeyPatch
):
    server.put("ftp://ftp.example.org/pub/f", noise(9 * MIB))
    server.fault("ftp://ftp.example.org/pub/f", Faults.cut(5 * MIB))
    monkeypatch.setenv("ftp_proxy", server.url(""))
    report = download([Item("out", Location("ftp://ftp.example.org/pub/f"), min_delay=0.01)], target, connections=1)
    report.raise_if_failed()
    assert (target / "out").read_bytes() == noise(9 * MIB)
    assert report.outcomes[0].bytes_fetched < 11 * MIB


def test_a_wrong_checksum_is_reported(ftp: FtpServer, target: Path, noise: Any):
    ftp.files["f"] = noise(5000)
    (outcome,) = download([item(ftp, "f", checksums={"md5": "0" * 32})], target).outcomes
    assert isinstance(outcome.error, ChecksumMismatch)
    assert not (target / "out").exists()


def test_a_missing_object_and_what_may_not_be_had_are_reported_at_once(ftp: FtpServer, target: Path):
    (outcome,) = download([item(ftp, "nope")], target).outcomes
    assert isinstance(outcome.error, NotFound)
    ftp.refusals.append("530 not you")
    ftp.files["f"] = b"x"
    (outcome,) = download([item(ftp, "f")], target).outcomes
    assert isinstance(outcome.error, Forbidden)
    assert "530 not you" in str(outcome.error)
    assert "ftp://USER:PASSWORD@HOST/PATH" in str(outcome.error)


@pytest.mark.parametrize("command", ["USER", "RETR"])
@pytest.mark.parametrize("reply", ["500 unknown command", "504 not for that parameter", "552 over quota"])
def test_a_permanent_refusal_is_not_retried(ftp: FtpServer, target: Path, command: str, reply: str):
    ftp.files["f"] = b"x"
    {"USER": ftp.refusals, "RETR": ftp.refused_files}[command].append(reply)
    (outcome,) = download([item(ftp, "f")], target).outcomes
    assert (outcome.state, outcome.retries) == ("failed", 0)
    assert reply in str(outcome.error)


@pytest.mark.parametrize(
    "reply",
    ["421 too many users", "530 Sorry, the maximum number of clients (3) from your host are already connected."],
)
def test_a_busy_server_is_queried_again(ftp: FtpServer, target: Path, reply: str):
    ftp.files["f"] = b"x" * 100
    ftp.refusals.append(reply)
    report = download([item(ftp, "f")], target)
    report.raise_if_failed()
    assert report.outcomes[0].retries == 1


def test_no_redirect_refers_to_ftp(server: Any, ftp: FtpServer, target: Path):
    server.always["a"] = lambda *_: Response(302, {"Location": ftp.url("f")})
    ftp.files["f"] = b"x"
    (outcome,) = download([Item("out", Location(server.url("a")), retries=0)], target).outcomes
    assert outcome.state == "failed"
    assert ftp.log == []


def test_nothing_is_sent_to_ftp(ftp: FtpServer, target: Path):
    target.mkdir(exist_ok=True)
    path = target / "x"
    path.write_bytes(b"x")
    (outcome,) = upload([Upload(path, PutTo(Location(ftp.url("f"))))]).outcomes
    assert outcome.state == "failed"
    assert ftp.log == []


def test_replies_as_heads():
    lines: list[bytes] = []
    replies = FtpReplies(lines, "5-")
    for line in (
        b"220 hello\r\n",
        b"213 10\r\n",
        b"213 x\r\n",
        b"150 coming\r\n",
        b"226 done\r\n",
    ):
        replies.take(line)
    assert b"".join(lines) == b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-9/10\r\n\r\n"
    lines.clear()
    replies = FtpReplies(lines, "", 1e9 + 2 * 86_400)
    for line in (
        b"220-hello\r\n",
        b"150-users are here\r\n",
        b"550-files were added\r\n",
        b"213 20010909014640\r\n",
        b"213 10\r\n",
        b"150 coming\r\n",
        b"451 no more\r\n",
    ):
        replies.take(line)
    dates = b"Last-Modified: Sun, 09 Sep 2001 01:46:40 GMT\r\nDate: Mon, 10 Sep 2001 01:46:40 GMT\r\n"
    assert b"".join(lines) == b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n" + dates + b"\r\n"
    assert replies.refusal == b"451 no more"
    lines.clear()
    FtpReplies(lines, "0-99").take(b"150 coming\r\n")  # without a size there is no telling which part it is
    assert b"".join(lines) == b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-99/*\r\n\r\n"
    lines.clear()
    FtpReplies(lines, "5-").take(b"150 coming\r\n")
    assert b"".join(lines) == b"HTTP/1.1 206 Partial Content\r\n\r\n"
    assert requested_range([("range", "bytes=0-99")]) == "0-99"
    assert requested_range([("accept", "*/*")]) == ""
    assert is_ftp("FTP://h/x")
    assert not is_ftp("http://ftp://")
