"""Run Python programs in processes that find their libraries already imported.

Most of a short program's time goes into imports of httpx, boto3 and others. A server, run by the programs' interpreter, imports such
libraries once and forks for each program. Each is still a process with its own arguments, environment, working folder, streams and
signals, so nothing of one reaches the next. What is about the start itself, such as imports, the interpreter's options and how long
they take, uses `subprocess`.
"""

import contextlib
import gc
import importlib
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

NUMBER = 4
"""Bytes of a process' number, and of the status with which it ended, as the server sends them."""
OPTIONS = {"stdin", "stdout", "stderr", "bufsize", "text", "encoding", "errors", "cwd", "env", "start_new_session"}


class ForkServer:
    """Runs Python programs by one interpreter, which starts with the first of them. Close it at the end.

    Args:
        python: The interpreter.
        modules: What it imports before it forks. There they see no variable of the environment, and no home; they start no thread.
    """

    def __init__(self, python: Path, modules: Sequence[str]) -> None:
        self._command = [str(python), __file__, *modules]
        # By the variables that an interpreter reads when it starts.
        self._processes: dict[tuple[tuple[str, str], ...], tuple[subprocess.Popen[bytes], socket.socket]] = {}

    @property
    def descriptors(self) -> set[int]:
        """The descriptors of its connections to interpreters, which last; one that has ended is started anew by the next program."""
        return {control.fileno() for _, control in self._processes.values()}

    def start(self, command: Sequence[str | Path], **options: Any) -> "subprocess.Popen[Any]":
        """Start a program as `subprocess.Popen` does.

        Args:
            command: The interpreter and a script, a module after `-m` or a text after `-c`, or a script beside the interpreter; then
                arguments for it.
            options: Of those of `subprocess.Popen`, those for streams, the environment, the working folder and a new session.
        """
        if others := options.keys() - OPTIONS:
            raise TypeError(f"a forked program takes no {', '.join(sorted(others))}: use subprocess")
        words = [str(word) for word in command]
        if not hasattr(os, "fork"):
            return subprocess.Popen(words, **options)
        return _Program(self, words[1:] if words[0] == self._command[0] else words, **options)

    def run(
        self,
        command: Sequence[str | Path],
        *,
        input: str | bytes | None = None,
        capture_output: bool = False,
        timeout: float | None = None,
        check: bool = False,
        **options: Any,
    ) -> "subprocess.CompletedProcess[Any]":
        """Run a program to its end as `subprocess.run` does, with the same arguments.

        Args:
            command: As for `start`.
            input: What it reads from its standard input.
            capture_output: Whether to return what it writes.
            timeout: Seconds after which it is killed.
            check: Whether an exit code that is not 0 raises `CalledProcessError`.
            options: As for `start`.
        """
        if input is not None:
            options["stdin"] = subprocess.PIPE
        if capture_output:
            options["stdout"] = options["stderr"] = subprocess.PIPE
        with self.start(command, **options) as program:
            try:
                stdout, stderr = program.communicate(input, timeout)
            except BaseException:
                program.kill()
                raise
        done = subprocess.CompletedProcess(command, program.returncode, stdout, stderr)
        if check:
            done.check_returncode()
        return done

    def fork(self, request: Mapping[str, Any], streams: Sequence[int]) -> tuple[int, socket.socket]:
        """Have a program started.

        Args:
            request: What `become` takes, but for the streams.
            streams: Its standard streams.

        Returns:
            Its number, and what tells its status at its end.
        """
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                socket.send_fds(self._control(request["env"]), [b"."], [*streams, theirs.fileno()])
            ours.sendall(json.dumps(request).encode())
            ours.shutdown(socket.SHUT_WR)
            return received(ours), ours
        except BaseException:
            ours.close()
            raise

    def _control(self, env: Mapping[str, str]) -> socket.socket:
        read = {name: text for name, text in env.items() if name.startswith(("PYTHON", "LANG", "LC_")) and text}
        process, control = self._processes.get(key := tuple(sorted(read.items())), (None, None))
        # It writes nothing there: what can be read is its end, which its process has not reported yet.
        if process is None or control is None or select.select([control], [], [], 0)[0]:
            if process is not None and control is not None:
                control.close()
                process.wait()
            control, theirs = socket.socketpair()
            # botocore remembers paths below the home when it is imported, and NumPy's threads would not survive a fork.
            alone = {**read, "HOME": os.devnull, "OPENBLAS_NUM_THREADS": "1"}
            with theirs:
                command, passed = [*self._command[:2], str(theirs.fileno()), *self._command[2:]], [theirs.fileno()]
                process = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=alone, pass_fds=passed)
            self._processes[key] = process, control
        return control

    def close(self) -> None:
        """End the interpreters."""
        while self._processes:
            _, (process, control) = self._processes.popitem()
            control.close()
            process.wait()


class _Program(subprocess.Popen[Any]):
    """A program's process, a child of the server.

    Args:
        server: The server.
        words: The script, `-m` or `-c`, and what follows.
        options: As for `ForkServer.start`.
    """

    def __init__(self, server: ForkServer, words: list[str], **options: Any) -> None:
        self._server = server
        super().__init__(words, **options)

    def _execute_child(self, args: list[str], *details: Any) -> None:
        cwd, env, pipes, new_session = details[4], details[5], details[9:15], details[20]
        request = {
            "words": args,
            "cwd": str(Path.cwd() if cwd is None else cwd),
            "env": dict(os.environ if env is None else env),
            "new_session": new_session,
        }
        streams = [number if pipe == -1 else pipe for number, pipe in enumerate((pipes[0], pipes[3], pipes[5]))]
        self.pid, self._channel = self._server.fork(request, streams)
        self._child_created = True
        self._close_pipe_fds(*pipes)

    def poll(self) -> int | None:
        """Return the exit code; None before the end."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code."""
        if self.returncode is None:
            self._channel.settimeout(timeout if timeout is None else max(timeout, 0))
            try:
                self.returncode = os.waitstatus_to_exitcode(received(self._channel))
            except (BlockingIOError, TimeoutError):
                raise subprocess.TimeoutExpired(self.args, timeout or 0) from None
            except EOFError:
                self.returncode = -signal.SIGKILL
                raise
            finally:
                if self.returncode is not None:
                    self._channel.close()
        return self.returncode


# What most commands and transfers import before they do anything.
forked = ForkServer(
    Path(sys.executable),
    [
        "omicsdk.cli.main", "omicsdk.cli.invoke", "omicsdk.cli.errors", "omicsdk.cli.output",
        "omicsdk.core.archives", "omicsdk.core.client", "omicsdk.core.operation", "omicsdk.core.security",
        "omicsdk.transfer.downloads.engine", "omicsdk.transfer.engine", "omicsdk.transfer.network.wire",
        "omicsdk.transfer.reports", "google_crc32c", "httpcore._backends.auto", "httpx", "importlib.resources",
        "platformdirs", "pycurl", "urllib.request",
    ],
)  # fmt: skip
"""Runs `omics` and programs of the tests' own interpreter; it is closed with each process of tests."""


def received(channel: socket.socket) -> int:
    """What a server sent.

    Raises:
        EOFError: It has ended.
    """
    if len(data := channel.recv(NUMBER)) < NUMBER:
        raise EOFError("the server that forks has ended")
    return int.from_bytes(data)


def serve(control: socket.socket, modules: Sequence[str]) -> None:
    """Fork for each program, and send its number and, at its end, its status. A child runs the program."""
    sys.path.pop(0)  # this file's folder is not on a program's path
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a collection in a child would copy every page of what was imported
    awake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    # Ctrl-C, or a test that interrupts its own group of processes, is for the programs: the server ends with its last connection.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    running: dict[int, socket.socket] = {}
    while True:
        ready, _, _ = select.select([control, awake], [], [])
        if awake in ready:
            os.read(awake, 1_000)
            while running and (ended := os.waitpid(-1, os.WNOHANG))[0]:
                with running.pop(ended[0]) as channel, contextlib.suppress(ConnectionError):  # nobody waits
                    channel.sendall(ended[1].to_bytes(NUMBER))
        if control in ready:
            _, descriptors, *_ = socket.recv_fds(control, 1, 4)
            if not descriptors:
                return
            *streams, last = descriptors
            channel = socket.socket(fileno=last)
            with channel.makefile() as sent:
                text = sent.read()
            if not text:  # who started it was interrupted before it had sent a request
                channel.close()
                for stream in streams:
                    os.close(stream)
                continue
            request = json.loads(text)
            if (child := os.fork()) == 0:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                signal.signal(signal.SIGINT, signal.default_int_handler)
                for endpoint in (control, channel, *running.values()):
                    endpoint.detach()  # its number may soon be that of a file of the program
                become(**request, streams=streams)
                return
            running[child] = channel
            with contextlib.suppress(ConnectionError):  # who started it was interrupted, and waits no more
                channel.sendall(child.to_bytes(NUMBER))
            for stream in streams:
                os.close(stream)


def become(words: list[str], cwd: str, env: dict[str, str], new_session: bool, streams: list[int]) -> None:
    """Run a program as the whole of this process, whose end is the interpreter's own."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(len(streams), os.sysconf("SC_OPEN_MAX"))
    if new_session:
        os.setsid()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
    how, *arguments = words
    sys.argv = words
    if how == "-c":
        sys.argv = [how, *arguments[1:]]
        sys.path.insert(0, "")
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(arguments[0], "<string>", "exec"), main.__dict__)
    elif how == "-m":
        sys.argv = arguments
        sys.path.insert(0, cwd)
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.path.insert(0, str(Path(how).parent))
        runpy.run_path(how, run_name="__main__")


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
