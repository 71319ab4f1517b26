"""`omics sandbox save`, `load` and `status`: a sandbox's state as a file, and what there is of it."""

from __future__ import annotations

import contextlib
from pathlib import Path

from omicsdk.cli.commands.sandbox import control, one_sandbox, troubles
from omicsdk.core.errors import ConfigError, UsageError

_WAIT = 3600.0
"""Seconds that a sandbox may take to write a snapshot before it sends it; all contents may have to be copied."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from omicsdk.cli.console import Console


def save(arguments: Mapping[str, Any], _console: Console) -> dict[str, Any]:
    """`omics sandbox save`: writes the state of a running sandbox, or of a folder, into one file.

    Raises:
        UsageError: Neither or both of them are named.
        ConfigError: The folder isn't a sandbox's, a sandbox runs on it, or something can't be read or written.
    """
    one_sandbox(arguments)
    target = Path(arguments["file"]).absolute()
    if not target.parent.is_dir():
        raise UsageError(f"{target.parent} isn't a folder")
    with troubles(arguments["dir"] or "", failed="the state isn't saved"):
        if not arguments["dir"]:
            return {"file": str(target), "bytes": _fetched(arguments["url"], target)}
        from omicsdk.sandbox.state.saving import save_folder

        try:
            return {"file": str(target), **save_folder(Path(arguments["dir"]), target)}
        except ValueError as error:
            raise ConfigError(str(error), remedy="Name the folder of a sandbox with --dir.") from error


def _fetched(url: str, target: Path) -> int:
    """Writes the running sandbox's answer into a file of its owner's, whole or not at all; its length in bytes."""
    from omicsdk.core.files import PRIVATE, in_place_of
    from omicsdk.core.request import OperationFacts, request
    from omicsdk.core.sending.transport import Transport
    from omicsdk.transfer.writing import Growth

    facts = OperationFacts(name="snapshot", method="GET", path="/_sandbox/snapshot")
    transport = Transport(url.rstrip("/"), timeout=_WAIT)
    try:
        answer = transport.send(request(facts, facts.path), stream=True)
        with contextlib.closing(answer), in_place_of(target, mode=PRIVATE) as file:
            growth = Growth(str(target))
            for block in answer.iter_bytes():
                growth.expect(len(block))
                file.write(block)
            return file.tell()
    finally:
        transport.close()


def load(arguments: Mapping[str, Any], console: Console) -> dict[str, Any]:
    """`omics sandbox load`: makes a sandbox's folder of a file that `save` wrote.

    Raises:
        ConfigError: The file isn't one, is damaged or of another release's layout, or the folder holds something.
    """
    folder = Path(arguments["dir"])
    in_use = "Stop that sandbox: load makes a folder, it doesn't change a running sandbox. Or choose another folder with --dir."
    with troubles(arguments["dir"], failed="the state isn't loaded", in_use=in_use):
        from omicsdk.sandbox import load_snapshot

        try:
            about = load_snapshot(Path(arguments["file"]), folder, replace=arguments["replace"])
        except ValueError as error:
            remedy = "Give a file of omics sandbox save, and an empty folder with --dir (or --replace for a sandbox's)."
            raise ConfigError(str(error), remedy=remedy) from error
    console.message(f"start it with: omics sandbox up --dir {arguments['dir']}")
    return {"folder": str(folder.absolute()), **about}


def status(arguments: Mapping[str, Any], _console: Console) -> dict[str, Any]:
    """`omics sandbox status`: whether a sandbox runs, where, and how much is in it.

    Raises:
        UsageError: Neither or both of URL and folder are named, or the folder isn't there.
        ConfigError: The folder isn't a sandbox's.
    """
    one_sandbox(arguments)
    url: str | None = arguments["url"]
    with troubles(arguments["dir"] or "", failed="the sandbox can't be looked at"):
        if url is None:
            folder = Path(arguments["dir"])
            if not folder.is_dir():
                raise UsageError(f"--dir: there is no folder {arguments['dir']}")
            from omicsdk.sandbox import running_url

            url = running_url(folder) if any(folder.iterdir()) else None
            if url is None:
                return {"running": False, "folder": str(folder.absolute()), "contents": _stopped(folder)}
        with control(url) as ask:
            about = ask("GET", "/").json()
            return {
                "running": True,
                **{name: about[name] for name in ("url", "folder", "version", "clock")},
                "faults": len(ask("GET", "/faults").json()["faults"]),
                "contents": ask("GET", "/contents").json(),
            }


def _stopped(folder: Path) -> dict[str, dict[str, int]]:
    from omicsdk.sandbox.contents import counted_in

    try:
        return counted_in(folder)
    except ValueError as error:
        raise ConfigError(str(error), remedy="Name the folder of a sandbox with --dir.") from error
