"""Run a client's Python programs in processes that find its libraries already imported.

Most of a published command's time goes into imports of pandas, boto3 and others. A server, run by the client's interpreter, imports
such libraries once and forks for each program. Each is still a process with its own arguments, environment, working folder and
standard streams, so nothing of one reaches the next.
"""

import gc
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

STREAMS = ("stdin", "stdout", "stderr")


class ForkServer:
    """Runs Python programs by one interpreter, which starts with the first of them. Close it at the end.

    Args:
        python: The interpreter.
        modules: What it imports before it forks. There they see no variable of the environment, and no home; they start no thread.
    """

    def __init__(self, python: Path, modules: Sequence[str]) -> None:
        self._command = [str(python), __file__, *modules]
        self._process: subprocess.Popen[str] | None = None

    def run(
        self, command: Sequence[str], *, env: Mapping[str, str], cwd: Path, input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run a program to its end as `subprocess.run` does.

        Args:
            command: A script's path and the arguments for it.
            env: Its environment.
            cwd: Its working folder.
            input: What it reads from its standard input.

        Returns:
            Its exit code and what it wrote.
        """
        if self._process is None:
            pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
            # botocore remembers paths below the home when it is imported, and NumPy's threads would not survive a fork.
            alone = {"HOME": os.devnull, "OPENBLAS_NUM_THREADS": "1"}
            self._process = subprocess.Popen(self._command, **pipes, env=alone, start_new_session=True)
        with TemporaryDirectory() as folder:
            files = [Path(folder, name) for name in STREAMS]
            for file in files:
                file.write_text(input if file.name == "stdin" else "", encoding="utf-8")
            request = {"command": [*command], "env": dict(env), "cwd": str(cwd), "streams": [*map(str, files)]}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            try:
                print(json.dumps(request), file=self._process.stdin, flush=True)
                code = int(self._process.stdout.readline())
            except BaseException:
                self.close()  # after a test's time limit, for example, the next program would be given the end of this one
                raise
            stdout, stderr = (file.read_text(encoding="utf-8") for file in files[1:])
        return subprocess.CompletedProcess(command, code, stdout, stderr)

    def close(self) -> None:
        """Kill the interpreter, and the program that it runs."""
        if self._process is not None:
            if self._process.poll() is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None


def serve(modules: Sequence[str]) -> None:
    """Fork for each line of the standard input. A child runs the program; the server writes its exit code."""
    sys.path.pop(0)  # this file's folder is not on a program's path
    for module in modules:
        importlib.import_module(module)
    gc.freeze()  # a collection in a child would copy every page of what was imported
    for line in sys.stdin:
        if (child := os.fork()) == 0:
            become(**json.loads(line))
            break
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def become(command: list[str], env: dict[str, str], cwd: str, streams: list[str]) -> None:
    """Run a program as the whole of this process, whose end is the interpreter's own."""
    for number, file in enumerate(streams):
        opened = os.open(file, os.O_RDWR)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.update(env)
    action: Any = env.get("PYTHONWARNINGS")  # Python reads it when it starts
    if action:
        warnings.simplefilter(action)
    os.chdir(cwd)
    sys.argv = command
    sys.path.insert(0, str(Path(command[0]).parent))
    runpy.run_path(command[0], run_name="__main__")


if __name__ == "__main__":
    serve(sys.argv[1:])
