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
    from collections.abc import Generator, Mapping
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

    from omicsdk.core.atomic_file import write_private

    def tell(sandbox: Sandbox) -> None:
        lines = _shell_lines(sandbox.environment())
        write_private(sandbox.folder / ENVIRONMENT, lines)
        console.message(f"sandbox at {sandbox.url}, state in {sandbox.folder}; Ctrl-C ends it")
        console.message(f"in another shell: . {shlex.quote(str(sandbox.folder / ENVIRONMENT))}")
        sys.stdout.write(lines)
        sys.stdout.flush()

    port = arguments["port"]
    if not 0 <= port <= 65535:
        raise UsageError(f"--port: {port} isn't a port", remedy="Give 1 to 65535, or 0 for a free one.")
    with _troubles(arguments["dir"], port, arguments["faults"]):
        from omicsdk.sandbox import serve

        serve(Path(arguments["dir"]), port, arguments["faults"] or (), on_ready=tell)


def seed(arguments: Mapping[str, Any], console: Console) -> list[Any]:
    """`omics sandbox seed`: makes a bundle of each folder, in a running sandbox or in a stopped one's folder.

    Raises:
        UsageError: Neither or both of them are named, or a folder isn't one.
        SomeFailed: Some of several folders couldn't be taken; the others are in.
    """
    if bool(arguments["url"]) == bool(arguments["dir"]):
        raise UsageError("give --url of a running sandbox or --dir of one that isn't running")
    folders = [Path(name).absolute() for name in arguments["folder"]]
    if wrong := [folder for folder in folders if not folder.is_dir()]:
        raise UsageError(f"{wrong[0]} isn't a folder")
    made: list[Any] = []
    errors: list[OmicsError] = []
    with _troubles(arguments["dir"] or ""), _seeder(arguments) as put:
        for folder in folders:
            try:
                made.append(put(folder))
            except ValueError as error:
                errors.append(UsageError(f"{folder}: {error}"))
            except OmicsError as error:
                errors.append(error)
    if errors and len(folders) == 1:
        raise errors[0]
    if errors:
        for bundle in made:
            console.message(f"made bundle {bundle['bundle_uuid']}")
        raise SomeFailed(f"{len(errors)} of {len(folders)} folders weren't taken", errors)
    return made


@contextmanager
def _seeder(arguments: Mapping[str, Any]) -> Generator[Any]:
    """What puts one folder into the sandbox that the arguments name."""
    if arguments["dir"]:
        if not Path(arguments["dir"]).is_dir():
            raise UsageError(f"--dir: there is no folder {arguments['dir']}")
        from omicsdk.sandbox import Sandbox

        with Sandbox(Path(arguments["dir"])) as sandbox:
            yield sandbox.seed
        return
    from omicsdk.core.bodies import json_body
    from omicsdk.core.request import OperationFacts, request
    from omicsdk.core.transport import Transport

    facts = OperationFacts(name="seed", method="POST", path="/_sandbox/seed")
    transport = Transport(arguments["url"].rstrip("/"))

    def put(folder: Path) -> Any:
        # The server reads the folder itself: it runs on this machine.
        return transport.send(request(facts, facts.path, body=json_body({"folder": str(folder)}))).json()

    try:
        yield put
    finally:
        transport.close()


@contextmanager
def _troubles(folder: str, port: int = 0, faults: str | None = None) -> Generator[None]:
    """Says in our errors what can go wrong with a server, its folder and its file of faults."""
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
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        is_faults = faults is not None and error.filename == faults
        remedy = "Give a file of faults that can be read." if is_faults else "Choose another folder with --dir."
        raise ConfigError(f"the sandbox can't start: {what}", remedy=remedy) from error
    except OmicsError:
        raise
    except ValueError as error:  # what stands in the file of faults, or in the folder
        raise ConfigError(f"the sandbox can't start: {error}") from error
    except Exception as error:
        if type(error).__name__ != "FolderInUse":
            raise
        raise ConfigError(
            f"another sandbox runs on the folder {folder}",
            remedy="Give its address with --url, stop it, or choose another folder with --dir.",
        ) from error


def _shell_lines(environment: Mapping[str, str]) -> str:
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
