"""`omics sandbox`: starts and fills the local server."""

from __future__ import annotations

import errno
import shlex
import sys
from contextlib import contextmanager
from pathlib import Path

from omicsdk.core.errors import ConfigError, MissingExtra, OmicsError, SomeFailed, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from typing import Any

    from omicsdk.cli.console import Console
    from omicsdk.sandbox import Sandbox

ENVIRONMENT = "environment.sh"
"""Shell lines that point other programs at the sandbox, in its folder; they hold a token."""


def up(arguments: Mapping[str, Any], console: Console) -> None:
    """`omics sandbox up`: runs until it is told to stop; what to set stands on stdout and in the folder.

    Raises:
        MissingExtra: The sandbox's dependencies aren't installed.
        ConfigError: The port is taken, the folder is in use or can't be written, or the faults can't be read.
    """

    from omicsdk.core.files import write_private

    def tell(sandbox: Sandbox) -> None:
        from omicsdk.sandbox.environment.shells import shell_lines

        lines = shell_lines(sandbox.environment())
        write_private(sandbox.folder / ENVIRONMENT, lines)
        console.message(f"sandbox at {sandbox.url}, state in {sandbox.folder}; Ctrl-C ends it")
        console.message(f"in a browser: {sandbox.url}/")
        console.message(f"in another shell: . {shlex.quote(str(sandbox.folder / ENVIRONMENT))}")
        sys.stdout.write(lines)
        sys.stdout.flush()

    port, s3_port, host = arguments["port"], arguments["s3_port"], arguments["host"]
    for name, number in (("--port", port), ("--s3-port", s3_port)):
        if not 0 <= number <= 65535:
            raise UsageError(f"{name}: {number} isn't a port", remedy="Give 1 to 65535, or 0 for a free one.")
    with troubles(arguments["dir"], port, arguments["faults"]):
        from omicsdk.sandbox import serve
        from omicsdk.sandbox.traffic.host_names import is_loopback

        if not is_loopback(host):
            console.message(
                f"warning: on {host} whoever reaches this machine controls the sandbox and reads what you may"
            )
        serve(
            Path(arguments["dir"]),
            port,
            arguments["faults"] or (),
            host=host,
            s3_port=s3_port,
            allow_hosts=arguments["allow_host"] or (),
            run_tools=arguments["run_tools"],
            on_ready=tell,
        )


def seed(arguments: Mapping[str, Any], console: Console) -> Any:
    """`omics sandbox seed`: puts folders or a recording into a running sandbox, or into a stopped one's folder.

    Raises:
        UsageError: Neither or both of them are named, there is nothing to put in, or a folder isn't one.
        SomeFailed: Some of several folders couldn't be taken; the others are in.
    """
    one_sandbox(arguments)
    if bool(arguments["folder"]) == bool(arguments["exchanges"]):
        raise UsageError("give folders to put in, or --exchanges with a recording")
    recording = Path(arguments["exchanges"]).absolute() if arguments["exchanges"] else None
    folders = [Path(name).absolute() for name in arguments["folder"] or ()]
    if recording is not None and not recording.is_file():
        raise UsageError(f"--exchanges: {recording} isn't a file")
    if wrong := [folder for folder in folders if not folder.is_dir()]:
        raise UsageError(f"{wrong[0]} isn't a folder")
    with troubles(arguments["dir"] or "", failed="nothing is put in"), _seeder(arguments) as put:
        return (
            _folders(folders, arguments["service"], put, console) if recording is None else _recording(recording, put)
        )


def one_sandbox(arguments: Mapping[str, Any]) -> None:
    """Checks that a command names one sandbox.

    Raises:
        UsageError: It names none, or two.
    """
    if bool(arguments["url"]) == bool(arguments["dir"]):
        raise UsageError("give --url of a running sandbox or --dir of one that isn't running")


def _recording(file: Path, put: Callable[[dict[str, str]], Any]) -> Any:
    try:
        return put({"exchanges": str(file)})
    except ValueError as error:
        raise UsageError(str(error)) from error


def _folders(folders: list[Path], service: str, put: Callable[[dict[str, str]], Any], console: Console) -> list[Any]:
    made: list[Any] = []
    errors: list[OmicsError] = []
    for folder in folders:
        try:
            made.append(put({"folder": str(folder), "service": service}))
        except ValueError as error:
            errors.append(UsageError(f"{folder}: {error}"))
        except OmicsError as error:
            errors.append(error)
    if errors and len(folders) == 1:
        raise errors[0]
    if errors:
        for each in made:
            console.message(f"made {' '.join(map(str, next(iter(each.items()))))}")
        raise SomeFailed(f"{len(errors)} of {len(folders)} folders weren't taken", errors)
    return made


@contextmanager
def _seeder(arguments: Mapping[str, Any]) -> Generator[Callable[[dict[str, str]], Any]]:
    """What puts something into the sandbox that the arguments name."""
    if arguments["dir"]:
        if not Path(arguments["dir"]).is_dir():
            raise UsageError(f"--dir: there is no folder {arguments['dir']}")
        from omicsdk.sandbox import Sandbox

        with Sandbox(Path(arguments["dir"])) as sandbox:

            def take(what: dict[str, str]) -> Any:
                if "exchanges" in what:
                    return sandbox.seed_exchanges(what["exchanges"])
                return sandbox.seed_service(what["service"], what["folder"])

            yield take
        return
    # The server reads folders itself: it runs on this machine.
    with control(arguments["url"]) as ask:
        yield lambda what: ask("POST", "/seed", what).json()


@contextmanager
def control(url: str) -> Generator[Callable[..., Any]]:
    """What asks a running sandbox's control API: called with a method, a path and a JSON body, it gives the answer.

    Args:
        url: The sandbox's address.
    """
    from omicsdk.core.bodies import json_body
    from omicsdk.core.request import NO_BODY, OperationFacts, request
    from omicsdk.core.sending.transport import Transport

    transport = Transport(url.rstrip("/"))

    def ask(method: str, path: str, body: dict[str, str] | None = None) -> Any:
        facts = OperationFacts(name=path.strip("/"), method=method, path=f"/_sandbox{path}")
        return transport.send(request(facts, facts.path, body=NO_BODY if body is None else json_body(body)))

    try:
        yield ask
    finally:
        transport.close()


@contextmanager
def troubles(
    folder: str,
    port: int = 0,
    faults: str | None = None,
    *,
    failed: str = "the sandbox can't start",
    in_use: str = "Give its address with --url, stop it, or choose another folder with --dir.",
) -> Generator[None]:
    """Says in our errors what can go wrong with a server, its folder and its file of faults.

    Args:
        folder: The sandbox's folder.
        port: The port that it listens on.
        faults: The file of faults.
        failed: What isn't done.
        in_use: What to do when another sandbox runs on the folder.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("omicsdk"):
            raise
        raise MissingExtra("sandbox", "omics sandbox", module=error.name) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(
                f"the sandbox can't start: port {port} is taken", remedy="Choose another one with --port."
            ) from error
        if error.errno == errno.EADDRNOTAVAIL:
            raise ConfigError(f"{failed}: {error}", remedy="Give an address of this machine with --host.") from error
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        is_faults = faults is not None and error.filename == faults
        remedy = (
            "Give a file of faults that can be read." if is_faults else "Choose another place; --dir names the folder."
        )
        raise ConfigError(f"{failed}: {what}", remedy=remedy) from error
    except OmicsError:
        raise
    except ValueError as error:  # what stands in the file of faults, or in the folder
        raise ConfigError(f"{failed}: {error}") from error
    except Exception as error:
        if type(error).__name__ != "FolderInUse":
            raise
        raise ConfigError(f"another sandbox runs on the folder {folder}", remedy=in_use) from error
