"""The sandbox as an object: one local HTTP server with every service in it, its state under one folder."""

import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from omicsdk.sandbox.contents import platforms
from omicsdk.sandbox.control import control_routes
from omicsdk.sandbox.engine.documents import Spec, named_specs
from omicsdk.sandbox.instance import Instance, Options
from omicsdk.sandbox.live import LiveSandbox
from omicsdk.sandbox.pages.routes import page_routes
from omicsdk.sandbox.state.folder import close_to_others
from omicsdk.sandbox.traffic.faults import Rule, read_rules
from omicsdk.sandbox.traffic.server_thread import LOOPBACK, names_of


class Sandbox(LiveSandbox):
    """One local server with every service in it.

    It listens on 127.0.0.1 by default, keeps its state in a folder and continues from it when it is started
    there a second time. Use it as a context manager, or call `start` and `stop`.

    Args:
        folder: Folder of the state; created if it does not exist. Default a temporary folder that goes with `stop`.
        port: TCP port; 0, the default, picks a free one.
        faults: A YAML or JSON file of faults, or rules, in force from the start and again after `reset`.
        documents: Service name to OpenAPI document, in place of the generated ones.
        host: The address to listen on; default 127.0.0.1. With another one any user who reaches this machine controls the
            sandbox, and with it reads what its owner may read: only for containers and private networks.
        s3_port: TCP port of the S3 server; 0, the default, picks a free one.
        allow_hosts: Names besides those of loopback that requests may be for, such as a container's or a proxy's; one that
            begins with a dot allows all names below it. All others are refused.
        run_tools: Whether cwltool, where it is installed, runs the tools of Seven Bridges' tasks: any user who may make a task then
            runs commands as the sandbox's owner. Default false; outputs are then placeholders, and the task states it.
        strict_errors: How what the real servers are known to fail on with 500 is answered: `helpful`, the default, by the
            refusal that it should be, or `real`, by their 500. The setting `sandbox.strict_errors` changes it later.
        specs: OpenAPI documents that are served beside the platforms, with state: files or resolved documents, by name or as
            a list; `spec_url(name)` is where each is.

    Attributes:
        allow_hosts: As given, with the address that it listens on where that is not one of loopback.
        clock: The sandbox's time; tests move it.
        settings: The settings; see `settings.all()`.
        fault_book: The injected faults in force.
        request_log: The last requests.
        s3_log: The last requests to the S3 server.
        stalls: Responses that a fault keeps waiting.
    """

    def __init__(
        self,
        folder: Path | str | None = None,
        port: int = 0,
        faults: Path | str | Sequence[Rule] = (),
        *,
        documents: Mapping[str, Mapping[str, Any]] | None = None,
        host: str = LOOPBACK,
        s3_port: int = 0,
        allow_hosts: Sequence[str] = (),
        run_tools: bool = False,
        strict_errors: Literal["helpful", "real"] = "helpful",
        specs: Mapping[str, Spec] | Sequence[Spec] = (),
    ) -> None:
        rules = read_rules(Path(faults)) if isinstance(faults, str | Path) else faults
        hosts = (*allow_hosts, *names_of(host))
        options = Options(
            port,
            documents or {},
            host,
            s3_port,
            hosts,
            run_tools,
            strict_errors,
            named_specs(specs, [each.name for each in platforms()] if specs else ()),
        )
        super().__init__(None if folder is None else Path(folder).absolute(), rules, options)

    # -- life

    def start(self) -> Self:
        """Start the server and returns when it answers.

        Raises:
            FolderInUse: Another sandbox runs on the folder.
            OSError: The port is taken or the folder cannot be written.
            ValueError: A document cannot be read.
            RuntimeError: The sandbox is already running.
        """
        if self._running is not None:
            raise RuntimeError("the sandbox is already running")
        if self._chosen_folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="omics-sandbox-")
        else:
            self._chosen_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            close_to_others(self._chosen_folder)
        self.fault_book.clear()
        self.fault_book.add(self._first_faults)
        try:
            running = Instance(self, [*page_routes(self), control_routes(self)], lasting=self._temporary is None)
            running.begin()
        except BaseException:
            self._clean_up()
            raise
        self._running = running
        return self

    def stop(self) -> None:
        """Stop the server; the state stays in the folder unless that was a temporary one."""
        running, self._running = self._running, None
        if running is not None:
            running.in_loop(self.stalls.release)
            running.end()
        self._clean_up()

    def _clean_up(self) -> None:
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def serve(sandbox: Sandbox, on_ready: Callable[[Sandbox], None] = lambda _sandbox: None) -> None:
    """Run a sandbox until the process receives SIGINT or SIGTERM; only in the main thread of a process.

    Args:
        sandbox: The sandbox, not started yet.
        on_ready: Called with the running sandbox, to print its address.
    """
    stop = threading.Event()

    def end(_number: int, _frame: object) -> None:
        stop.set()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with sandbox:
            on_ready(sandbox)
            # A wait without an end cannot be interrupted on every system.
            while not stop.wait(1.0):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
