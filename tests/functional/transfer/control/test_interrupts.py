"""Ctrl-C in a real process: it ends within moments whatever hangs, states how to continue, and the next run does."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fork_server import forked
from omicsdk.transfer import Item, Location, download

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a single process")

MIB = 1024 * 1024
#: What a process may take to end; without care each of these would take longer than the test's patience.
SOON = 30.0
#: The stacks of all threads are in the output of a process that does not end.
BEGINNING = """
import faulthandler, sys, threading
faulthandler.dump_traceback_later(60, exit=True)
from omicsdk.transfer import Control, Item, Location, PutTo, Transfer, Upload, download, upload

def ready(progress=None):
    global ready
    ready = lambda progress=None: None
    print("ready", flush=True)

def hang(*anything):
    ready()
    threading.Event().wait()
"""


@pytest.fixture
def interrupted() -> Iterator[Callable[..., str]]:
    """Runs a program, presses Ctrl-C when it states that it is ready, and gives what it wrote to stderr."""
    started = []

    def run(code: str, times: int = 1, **environ: str) -> str:
        # A library that the dynamic linker loads first needs an interpreter that starts anew.
        process = (subprocess.Popen if environ else forked.start)(
            [sys.executable, "-c", BEGINNING + code],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environ},
        )
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        for _ in range(times - 1):
            assert process.stdout.readline() == "again\n"
            process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=100)
        assert time.monotonic() - began < SOON, errors
        assert process.returncode == -signal.SIGINT, errors
        return errors

    yield run
    for process in started:
        process.kill()
        process.communicate()


def resumes(errors: str) -> bool:
    return errors.rstrip().endswith("repeat the call to resume")


def test_while_a_locator_hangs(interrupted: Any, target: Path) -> None:
    assert resumes(interrupted(f"download([Item('one', hang), Item('two', hang)], {str(target)!r})"))


def test_while_a_large_file_is_hashed(interrupted: Any, target: Path) -> None:
    target.mkdir()
    with (target / "one").open("wb") as file:
        file.truncate(32 << 30)  # a hole that takes half a minute to read
    item = f"Item('one', Location('http://127.0.0.1:1/'), {32 << 30}, {{'md5': '{0:032}'}})"
    roomy = "import os\nos.statvfs = lambda _: os.statvfs_result((4096, 4096, *[1 << 40] * 3, 0, 0, 0, 0, 255))\n"
    assert resumes(interrupted(f"{roomy}download([{item}], {str(target)!r}, progress=ready)"))
    assert (target / "one").stat().st_size == 32 << 30


def test_while_the_disk_is_syncing(interrupted: Any, server: Any, target: Path, noise: Any) -> None:
    server.put("one", noise(1000))
    errors = interrupted(f"""
from omicsdk.transfer.disk import Disk
class Slow(Disk):
    sync = sync_files = sync_file_system = sync_folders = hang
download([Item('one', Location({server.url("one")!r}), 1000)], {str(target)!r}, disk=Slow())
""")
    assert resumes(errors)
    assert "0 of 1 files are complete" in errors
    outcome = download([Item("one", Location(server.url("one")), 1000)], target).outcomes[0]
    assert outcome.state in ("done", "skipped")
    assert (target / "one").read_bytes() == noise(1000)


def test_while_a_server_is_silent(interrupted: Any, server: Any, fault: Any, target: Path, noise: Any) -> None:
    body = noise(20 * MIB)
    item = server.item("one", body, "md5")
    server.fault("one", fault.cut(6 * MIB, stall=True))
    code = f"""
download([Item('one', Location({item.locate.url!r}), {len(body)}, {dict(item.checksums)!r})], {str(target)!r},
         connections=1, progress=lambda progress: progress.bytes_fetched >= {6 * MIB} and ready())
"""
    assert resumes(interrupted(code))
    outcome = download([item], target).outcomes[0]
    assert (outcome.state, outcome.bytes_kept) == ("done", 6 * MIB)


def test_while_a_name_is_looked_up(interrupted: Any, tmp_path: Path, target: Path) -> None:
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("needs a C compiler on Linux, to make a resolver that hangs")
    source, library = tmp_path / "slow.c", tmp_path / "slow.so"
    source.write_text("""
#include <unistd.h>
int getaddrinfo(const char *node, const char *service, const void *hints, void **result)
{ write(1, "ready\\n", 6); sleep(60); return -3; }
""")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True, capture_output=True)
    code = f"download([Item('one', Location('http://slow.test/'), 5)], {str(target)!r})"
    assert resumes(interrupted(code, LD_PRELOAD=str(library)))


def test_while_another_process_holds_the_folder(interrupted: Any, target: Path) -> None:
    from contextlib import closing

    from omicsdk.transfer.journal import Journal

    with closing(Journal(target / ".omics-transfer/transfer.journal", lambda: False)):
        interrupted(f"""
import logging
class Told(logging.Handler):
    def emit(self, record):
        ready()
logging.getLogger("omicsdk.transfer").addHandler(Told())
download([Item('one', hang)], {str(target)!r})
""")


def test_while_the_main_thread_waits_for_a_handle(interrupted: Any, target: Path) -> None:
    assert resumes(interrupted(f"Transfer.download([Item('one', hang)], {str(target)!r}).start().wait()"))


def test_in_a_with_block(interrupted: Any, target: Path) -> None:
    errors = interrupted(f"""
with Transfer.download([Item('one', hang)], {str(target)!r}):
    threading.Event().wait()
""")
    assert "KeyboardInterrupt" in errors


def test_while_the_programs_own_source_of_items_hangs(interrupted: Any, server: Any, target: Path, noise: Any) -> None:
    body = noise(1000)
    server.put("one", body)
    interrupted(f"""
def source():
    yield Item('one', Location({server.url("one")!r}), 1000)
    hang()
download(source(), {str(target)!r})
""")
    assert download([Item("one", Location(server.url("one")), 1000)], target).ok


def test_a_second_one_is_raised_at_once(interrupted: Any, server: Any, target: Path, noise: Any) -> None:
    """Here the program's own function keeps the engine from coming round."""
    server.put("one", noise(100))
    interrupted(
        f"""
import time
def stubborn(progress):
    ready()
    while not control.stopped:
        time.sleep(0.01)
    print("again", flush=True)
    while True:  # a signal just before a wait without end would be handled only after it
        time.sleep(0.01)
control = Control()
download([Item('one', Location({server.url("one")!r}), 100)], {str(target)!r}, control=control, progress=stubborn)
""",
        times=2,
    )


def test_while_an_upload_waits_for_a_silent_server(interrupted: Any, server: Any, fault: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(bytes(1000))
    server.always["one"] = fault.cut(0, stall=True)
    code = f"""
def located(source):
    ready()
    return Location({server.url("one")!r})
upload([Upload({str(tmp_path / "file")!r}, PutTo(located))])
"""
    errors = interrupted(code)
    assert (
        "KeyboardInterrupt: it was interrupted; 0 of 1 files are complete; unfinished files restart next time" in errors
    )


def test_the_programs_own_handler_is_left_alone(server: Any, target: Path) -> None:
    seen = []

    def mine(*_: Any) -> None:
        seen.append(1)

    before = signal.signal(signal.SIGINT, mine)
    try:
        item = server.item("one", b"1", "md5")
        report = download([item], target, progress=lambda _: signal.raise_signal(signal.SIGINT))
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)
    assert report.ok
    assert seen
