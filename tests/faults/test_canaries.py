"""Secrets in URLs and headers, in success, failure, retries, redirects and after a kill."""

import json
import logging
import pickle
import subprocess
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from omicsdk.transfer import Item, Location, download
from waiting import remaining

MIB = 1024 * 1024
CANARY = "CANARY7f3a"
SIGNED = f"X-Amz-Signature={CANARY}&X-Amz-Credential={CANARY}"
HEADERS = {"Authorization": f"Bearer {CANARY}", "X-SBG-Auth-Token": CANARY, "Cookie": f"session={CANARY}"}


def everything_below(folder: Path) -> str:
    """All bytes of all files, and their names, as text."""
    return "".join(f"{path}\n{path.read_bytes().decode('latin-1')}" for path in folder.rglob("*") if path.is_file())


def report_text(report: Any) -> str:
    """All that can be read from a report."""
    words = [repr(report), json.dumps(report.to_dict())]
    for outcome in report.outcomes:
        words += [repr(outcome), str(outcome.error), repr(outcome.error)]
        if outcome.error is not None:
            words += ["".join(traceback.format_exception(outcome.error)), repr(vars(outcome.error))]
            words.append(pickle.dumps(outcome.error).decode("latin-1"))
    return "\n".join(words)


@pytest.mark.fault(
    "secrets in URLs and headers, in every kind of failure",
    ends=(
        "right file",
        "Forbidden",
        "ServiceUnavailable",
        "ConnectFailed",
        "NameNotResolved",
        "TransportError",
        "TooManyRedirects",
    ),
)
def test_in_trouble(trial: Any, server: Any, fault: Any, noise: Any, clock: Any, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG)

    def signed(name: str) -> Any:
        return lambda: Location(server.url(name, SIGNED), HEADERS)

    for name in ("cut", "moved", "there", "fine"):
        server.put(name, noise(9 * MIB))
    for name in ("cut", "moved", "fine"):
        server.right[name] = noise(9 * MIB)
    server.fault("cut", fault.cut(5 * MIB), fault.status(403), fault.status(503), fault.cut(MIB, reset=True))
    server.always["moved"] = fault.status(302, {"Location": server.url("there", SIGNED)})
    server.always["away"] = fault.status(302, {"Location": f"http://127.0.0.1:1/x?{SIGNED}"})
    server.always["odd"] = fault.status(302, {"Location": f"http://[{CANARY}?{SIGNED}"})
    server.always["round"] = fault.status(302, {"Location": f"/round?{SIGNED}"})
    server.always["busy"] = fault.status(503, body=f"<Signature>{CANARY}</Signature>".encode())
    server.always["never"] = fault.status(403, body=f"<Signature>{CANARY}</Signature>".encode())
    names = ("fine", "cut", "moved", "away", "odd", "round", "busy", "never")
    items = [Item(name, signed(name), retries=4, min_delay=0.01) for name in names]
    items += [
        Item("refused", Location(f"http://127.0.0.1:1/x?{SIGNED}", HEADERS), retries=1),
        Item("nonsense", Location(f"ht tp://?{SIGNED}", HEADERS), retries=1),
        Item("user", Location(f"http://me:{CANARY}@127.0.0.1:1/x?{SIGNED}", HEADERS), retries=1),
        Item("nowhere", Location(f"http://nowhere.onion/x?{SIGNED}", HEADERS), retries=1),
    ]
    report = trial.download(items, clock=clock)
    assert report.counts["done"] == 3
    words = [report_text(report), repr(items), repr([item.locate for item in items]), caplog.text]
    words += [repr(record.__dict__) for record in caplog.records]
    words.append(everything_below(trial.folder))
    for text in words:
        assert CANARY not in text, text[max(0, text.find(CANARY) - 300) :][:400]


SCRIPT = """
import json, logging, sys
from omicsdk.transfer import Item, Location, download
logging.basicConfig(level="DEBUG", stream=sys.stderr)
url, folder, headers = json.loads(sys.argv[1])
download([Item("one", lambda: Location(url, headers), 30 << 20)], folder, connections=4)
"""


@pytest.mark.fault("secrets in URLs and headers, and kill -9", ends="right file")
def test_killed(trial: Any, server: Any, fault: Any, noise: Any, tmp_path: Path) -> None:
    item = server.item("one", noise(30 * MIB))
    server.always["one"] = fault.changed(pace=100 * MIB)
    log = tmp_path / "log"
    task = json.dumps([server.url("one", SIGNED), str(trial.folder), HEADERS])
    with log.open("w") as errors:
        process = subprocess.Popen([sys.executable, "-c", SCRIPT, task], stderr=errors)
        assert not remaining(lambda: process.poll() is None and server.total < 20 * MIB, 60)
        process.kill()
        process.wait()
    assert CANARY not in everything_below(tmp_path)
    server.always.clear()
    trial.download([item])
    assert CANARY not in everything_below(tmp_path)


@pytest.mark.fault("secrets in URLs, reports written as files", ends=("right file", "Forbidden"))
def test_written_reports(trial: Any, server: Any, fault: Any, clock: Any, tmp_path: Path) -> None:
    server.always["never"] = fault.status(403)
    server.put("fine", b"12345")
    server.right["fine"] = b"12345"
    items = [Item(name, Location(server.url(name, SIGNED), HEADERS), 5) for name in ("fine", "never")]
    report = trial.download(items, clock=clock)
    report.write_jsonl(tmp_path / "report.jsonl")
    report.write_html(tmp_path / "report.html")
    assert CANARY not in everything_below(tmp_path)


@pytest.mark.fault("header values with control characters", ends="refused before anything is sent")
@pytest.mark.parametrize("value", ["a\r\nX-Other: b", "a\nb", "a\0b", "ä\x85b"])
def test_split_headers(trial: Any, server: Any, value: str) -> None:
    with pytest.raises(ValueError, match="header"):
        download([Item("one", Location(server.url("one"), {"X-Own": value}))], trial.folder)
    trial.ended("refused before anything is sent")
    assert server.requests == []
