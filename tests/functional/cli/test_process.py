"""`omics` as a process: signals, pipes, terminals, encodings. What it talks to is a bare socket."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fork_server import forked

fcntl = pytest.importorskip("fcntl", reason="needs POSIX terminals")
pty = pytest.importorskip("pty", reason="needs POSIX terminals")
termios = pytest.importorskip("termios", reason="needs POSIX terminals")
OMICS = str(Path(sys.executable).with_name("omics"))
Handler = Callable[[bytes, socket.socket], None]


def environment(**changes: str) -> dict[str, str]:
    """This process' environment without what would steer the command."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("OMICS_", "HCA_", "COLUMNS", "LC_"))
    }
    return kept | {"NO_PROXY": "*", "TERM": "xterm", "HOME": "/dev/null/nowhere"} | changes


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], str]]:
    """Starts a server that hands each request's head to a function; gives its base URL."""
    listeners: list[socket.socket] = []

    def start(handle: Handler) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=converse, args=(connection,), daemon=True).start()

        def converse(connection: socket.socket) -> None:
            with connection:
                head = b""
                try:
                    while piece := connection.recv(65536):
                        head += piece
                        if b"\r\n\r\n" in head:
                            handle(head, connection)
                            head = b""
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/v1"

    yield start
    for listener in listeners:
        listener.close()


def response(body: bytes, status: str = "200 OK", headers: str = "") -> bytes:
    kind = "" if "content-type" in headers else "content-type: application/json\r\n"
    return f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{kind}{headers}\r\n".encode() + body


@contextmanager
def started(*words: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    """A running `omics`, killed when the test fails."""
    with forked.start(
        [OMICS, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(**changes)
    ) as process:
        try:
            yield process
        finally:
            process.kill()


BUNDLE = ("dss", "get-bundle", "--uuid", "u", "--replica", "aws")
FILE = ("dss", "get-file", "--uuid", "u", "--replica", "aws")


def test_an_interrupt_ends_with_130_and_one_line(serve):
    is_requested = threading.Event()
    forever = threading.Event()

    def hang(_head: bytes, _connection: socket.socket) -> None:
        is_requested.set()
        forever.wait()

    url = serve(hang)
    with started("--base-url", url, *BUNDLE) as process:
        is_requested.wait()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=50)  # less than the call's own timeout
    forever.set()
    assert (process.returncode, out, err) == (130, b"", b"omics: interrupted.\n")


ELSEWHERE = """
import os, signal, sys, threading
from omicsdk.cli.main import main

def interrupt():
    os.read(0, 1)
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)

threading.Thread(target=interrupt, daemon=True).start()
sys.exit(main())
"""


def test_an_interrupt_that_ends_no_call_of_the_system_is_noticed(serve):
    """Another thread takes the signal; so it is for one that arrives just before the main thread's call begins."""
    is_requested, forever = threading.Event(), threading.Event()

    def hang(_head: bytes, _connection: socket.socket) -> None:
        is_requested.set()
        forever.wait()

    command = [sys.executable, "-c", ELSEWHERE, "--base-url", serve(hang), *BUNDLE]
    pipes = {"stdin": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, env=environment(), **pipes) as process:
        is_requested.wait()
        try:
            _, err = process.communicate(b"x", timeout=50)  # less than the call's own timeout
        finally:
            process.kill()
            forever.set()
    assert (process.returncode, err) == (130, b"omics: interrupted.\n")


ENDS_ITSELF = """
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
print("started", flush=True)
signal.pause()
"""


def test_a_program_in_the_foreground_is_ended_with_omics(tmp_path):
    (tmp_path / "program.py").write_text(ENDS_ITSELF)
    aliases = tmp_path / "aliases.json"
    aliases.write_text(json.dumps({"slow": f"!exec '{sys.executable}' '{tmp_path}/program.py'"}))
    with started("slow", OMICS_ALIASES_FILE=str(aliases)) as process:
        assert process.stdout
        assert process.stdout.readline() == b"started\n"
        process.terminate()
        # Its end, too: until then it has the other end of the pipe.
        assert process.communicate(timeout=50) == (b"", b"")
    assert process.returncode == 7


def test_a_reader_that_wants_no_more_is_no_error(serve):
    def flood(_head: bytes, connection: socket.socket) -> None:
        connection.sendall(response(b"x" * 50_000_000, headers="content-type: application/octet-stream\r\n"))

    with started("--base-url", serve(flood), *FILE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(10) == b"x" * 10
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_json_into_a_closed_pipe_is_no_error():
    reading, writing = os.pipe()
    os.close(reading)
    ran = forked.run([OMICS, "--help"], stdout=writing, stderr=subprocess.PIPE, env=environment())
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_a_table_into_a_closed_pipe_is_no_error(serve):
    url = serve(lambda _head, connection: connection.sendall(response(b'{"bundle": {"uuid": "u", "files": []}}')))
    reading, writing = os.pipe()
    os.close(reading)
    command = [OMICS, "--base-url", url, "--output", "table", *BUNDLE]
    ran = forked.run(command, stdout=writing, stderr=subprocess.PIPE, env=environment())
    os.close(writing)
    assert (ran.returncode, ran.stderr) == (0, b"")


INTERRUPTED = """
import sys
class Finder:
    def find_spec(self, name, *_):
        if name == MODULE:
            sys.meta_path.remove(self)
            raise KeyboardInterrupt
sys.meta_path.insert(0, Finder())
from omicsdk.cli.main import main
sys.exit(main(["gen3", "no-such-command"]))
"""


@pytest.mark.parametrize("module", ["omicsdk.cli.dispatch", "omicsdk.cli.failures"])
def test_ctrl_c_during_an_import_is_one_line(module):
    code = INTERRUPTED.replace("MODULE", repr(module))
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (130, b"omics: interrupted." + os.linesep.encode())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_a_full_disk_is_one_line():
    with Path("/dev/full").open("wb") as full:
        ran = forked.run([OMICS, "--help"], stdout=full, stderr=subprocess.PIPE, env=environment())
    assert ran.returncode == 1
    assert (
        ran.stderr
        == b"omics: cannot write the output: No space left on device. Free disk space, or redirect the output to another file.\n"
    )


@pytest.mark.parametrize(("words", "code"), [(["cp", "a", "b"], 0), (["nothing"], 2)])
@pytest.mark.parametrize("log", ["/dev/full", "closed pipe"])
def test_messages_that_cannot_be_written_change_no_exit_code(tmp_path, words, code, log):
    (tmp_path / "a").write_text("a")
    if log == "closed pipe":
        reading, writing = os.pipe()
        os.close(reading)
    elif Path(log).exists():
        writing = os.open(log, os.O_WRONLY)
    else:
        pytest.skip(f"the system has no {log}")
    ran = forked.run([OMICS, *words], stderr=writing, stdout=subprocess.PIPE, cwd=tmp_path, env=environment())
    os.close(writing)
    assert ran.returncode == code
    assert (tmp_path / "b").exists() is (code == 0)


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (
            "--help >&-",
            1,
            b"omics: cannot write the output: Bad file descriptor. Redirect the output to another file.\n",
        ),
        ("--help >&- 2>&-", 1, b""),
        ("cat /dev/null >&-", 0, b""),  # as coreutils: only a command that writes to it fails
        ("nothing 2>&-", 2, b""),
    ],
)
def test_a_closed_stdout_fails_what_is_written_to_it(tmp_path, words, code, message):
    changes = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    shell = ["sh", "-c", f"{OMICS} {words}"]
    ran = subprocess.run(shell, capture_output=True, env=environment(**changes), check=False)
    assert (ran.returncode, ran.stderr, ran.stdout) == (code, message, b"")


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("init", 0, b""),
        ("config set creator_uid -", 2, b"omics: config set: "),
        ("dss put-bundle --files @-", 2, b"--files"),
    ],
)
def test_a_closed_stdin_is_an_empty_one(tmp_path, words, code, message):
    changes = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    shell = ["sh", "-c", f"{OMICS} {words} <&-"]
    ran = subprocess.run(shell, capture_output=True, env=environment(**changes), check=False)
    assert (ran.returncode, ran.stderr.count(b"\n")) == (code, 1 if message else 0)
    assert message in ran.stderr
    assert b"unexpected" not in ran.stderr


@pytest.mark.parametrize("words", ["login sb --token-stdin", "config set oauth2_token.a -", "alias set a -"])
def test_a_stdin_that_is_not_utf_8_is_one_line(words):
    variables = environment(PYTHONIOENCODING="utf-8:strict")
    ran = subprocess.run([OMICS, *words.split()], input=b"\xff", capture_output=True, env=variables, check=False)
    assert (ran.returncode, b": byte 0 of stdin is not UTF-8 text. Save it as UTF-8." in ran.stderr) == (2, True)


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_a_name_in_a_pipe_is_its_bytes_in_any_locale(tmp_path):
    (tmp_path / os.fsdecode(b"a\xff")).touch()
    for form, expected in (("tsv", b"a\xff\n"), ("json", b'[\n  "a\\udcff"\n]\n')):
        command = [OMICS, "--output", form, "--query", "[].name", "ls", str(tmp_path)]
        ran = subprocess.run(
            command, capture_output=True, env=environment(PYTHONIOENCODING="utf-8:strict"), check=False, timeout=60
        )
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, expected, b"")


def test_an_encoding_that_lacks_a_character_escapes_it(serve):
    url = serve(
        lambda _head, connection: connection.sendall(response('{"bundle": {"files": []}, "name": "é→"}'.encode()))
    )
    command = [OMICS, "--base-url", url, *BUNDLE, "--no-paginate"]
    variables = environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0")  # which the interpreter reads when it starts
    ran = subprocess.run(command, capture_output=True, env=variables, check=False, timeout=60)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert json.loads(ran.stdout)["name"] == "é→"


@pytest.mark.parametrize(
    "words", [["ls", "{folder}"], ["cp", "{folder}/a", "{folder}/é"]], ids=["aws-cli-3957", "word"]
)
def test_names_in_utf_8_are_refused_where_the_locale_has_another_encoding(tmp_path, words):
    (tmp_path / "a").touch()
    (tmp_path / "é").mkdir()
    variables = environment(LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    command = [OMICS, *(word.format(folder=tmp_path) for word in words)]
    ran = subprocess.run(command, capture_output=True, env=variables, check=False)
    assert ran.returncode == 1
    assert rb"\xe9 is in UTF-8, but the locale's encoding is ascii. Set PYTHONUTF8=1, or a locale" in ran.stderr
    subprocess.run([OMICS, "ls", str(tmp_path / "a")], capture_output=True, env=variables, check=True)


def test_a_body_that_is_cut_is_reported(serve):
    def cut(_head: bytes, connection: socket.socket) -> None:
        connection.sendall(response(b"x" * 1000)[:-10])
        connection.close()

    command = [OMICS, "--base-url", serve(cut), *FILE]
    ran = forked.run(command, capture_output=True, env=environment(), timeout=60)
    assert ran.returncode == 1
    assert ran.stderr.count(b"\n") == 1
    assert b"Traceback" not in ran.stderr


def on_a_terminal(*words: str, columns: int = 80, typed: bytes = b"", **changes: str) -> tuple[int, str]:
    """Runs `omics` on a pseudo-terminal; gives its exit code and all that it showed."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = forked.start([OMICS, *words], stdin=slave, stdout=slave, stderr=slave, env=environment(**changes))
    os.close(slave)
    if typed:
        os.write(master, typed)
    shown = b""
    while True:
        try:
            piece = os.read(master, 65536)
        except OSError:  # Linux states EIO when the last writer is gone
            break
        if not piece:
            break
        shown += piece
    os.close(master)
    return process.wait(30), shown.decode().replace("\r\n", "\n")


def test_help_fits_the_terminal():
    for columns in (60, 100):
        code, shown = on_a_terminal("dss", "download", "--help", columns=columns)
        assert code == 0
        assert max(map(len, shown.splitlines())) in range(columns - 12, columns + 1)


def test_deleting_asks_and_no_is_no(serve):
    heads: list[bytes] = []

    def note(head: bytes, connection: socket.socket) -> None:
        heads.append(head)
        connection.sendall(response(b"{}"))

    url = serve(note)
    words = ("--base-url", url, "dss", "delete-collection", "--uuid", "u", "--replica", "aws")
    code, shown = on_a_terminal(*words, typed=b"n\n")
    assert (code, heads) == (130, [])
    assert "[y/N]" in shown
    code, shown = on_a_terminal(*words, typed=b"y\n")
    assert (code, len(heads)) == (0, 1)


def test_the_package_runs_as_the_command():
    outputs = [
        subprocess.run([*command, "--version"], capture_output=True, text=True, check=True, env=environment()).stdout
        for command in ([OMICS], [sys.executable, "-m", "omicsdk"])
    ]
    assert outputs[0] == outputs[1] != ""
