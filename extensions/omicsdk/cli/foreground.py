"""Programs that a command runs in the foreground, and ends as they do."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

from omicsdk.transfer.engine.control import Terminated, termination


def exit_code_of(program: Sequence[str], environ: Mapping[str, str] | None = None) -> int:
    """Run a program to its end.

    The terminal interrupts it beside this process; SIGTERM, which schedulers send to this process alone, is passed on, as is SIGHUP.

    Args:
        program: The program and its arguments.
        environ: Its environment; by default that of this process.

    Returns:
        Its exit code as shells state it: 128 and the number of the signal that ended it.

    Raises:
        OSError: It cannot be started.
    """
    sys.stdout.flush()  # before the program writes to the same descriptor
    with termination():
        child = subprocess.Popen(program, env=environ)
        while True:
            try:
                code = child.wait()
            except Terminated as signal:
                child.send_signal(signal.exit_code - 128)
            except KeyboardInterrupt:
                continue
            else:
                return code if code >= 0 else 128 - code
