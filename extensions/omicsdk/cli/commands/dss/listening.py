"""`omics dss listen`: notifications as JSON lines, or one by one to a command."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.input_files import text_of
from omicsdk.core.errors import OmicsError, UsageError
from omicsdk.core.json_encoding import written
from omicsdk.hca.dss.notifications import Listener
from omicsdk.transfer.interrupts import termination

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.console import Console
    from omicsdk.hca.dss.notifications import Notification

KEY_VARIABLE = "OMICS_DSS_HMAC_KEY"


class _CommandFailed(Exception):
    """What --exec ran ended with an error."""


def listen(arguments: Mapping[str, Any], console: Console) -> None:
    """Prints notifications until there were enough, or Ctrl-C."""
    most: int | None = 1 if arguments["once"] else arguments["max"]
    command = _command(arguments["exec"])
    keys = _keys(arguments["hmac_key"], arguments["hmac_key_id"])
    path: str | None = arguments["path"]
    if path is not None and not path.startswith("/"):
        raise UsageError(f"--path {path}: a path begins with /")
    listener = Listener(
        host=arguments["host"],
        port=arguments["port"],
        path=path,
        keys=keys,
        payload_field=arguments["payload_form_field"],
    )
    with termination(), listener:
        console.message(f"listening at {listener.url}")
        if keys is None:
            console.warning("signatures aren't checked: anybody may send notifications; give --hmac-key")
        count = 0
        while most is None or count < most:
            try:
                with listener.receive(arguments["timeout"]) as notification:
                    _hand_over(notification, command)
            except _CommandFailed as error:
                console.some_failed(f"{error}; it will come again")
            else:
                count += 1


def _command(given: str | None) -> list[str] | None:
    if given is None:
        return None
    try:
        words = shlex.split(given)
    except ValueError as error:
        raise UsageError(f"--exec: {given!r} can't be split into words: {error}") from error
    if not words:
        raise UsageError("--exec: the command is empty")
    if shutil.which(words[0]) is None:
        raise UsageError(f"--exec: there is no program {words[0]}", remedy="Give its whole path.")
    return words


def _keys(given: str | None, key_id: str | None) -> Mapping[str, str] | str | None:
    """The secret, for one key's id or for all."""
    secret = given or os.environ.get(KEY_VARIABLE) or None
    if secret is not None and secret.startswith("@"):
        file = secret[1:]
        secret = text_of(file, "--hmac-key").rstrip("\r\n")
        if not secret:
            raise UsageError(f"--hmac-key: {file} is empty", remedy="Put the secret into it, alone.")
    if secret is None:
        if key_id is not None:
            raise UsageError("--hmac-key-id needs --hmac-key", remedy=f"Give the secret, or set {KEY_VARIABLE}.")
        return None
    return secret if key_id is None else {key_id: secret}


def _hand_over(notification: Notification, command: list[str] | None) -> None:
    told = dict(notification.payload)
    if notification.form_fields:
        told["form_fields"] = dict(notification.form_fields)
    line = written(told)  # ASCII: a sender's text steers no terminal
    if command is None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        return
    try:
        ended = subprocess.run(command, input=f"{line}\n", text=True, encoding="utf-8", check=False)
    except OSError as error:
        raise OmicsError(
            f"--exec: can't run {command[0]}: {error.strerror}", remedy="Give the command's whole path."
        ) from error
    if ended.returncode != 0:
        raise _CommandFailed(f"{notification.transaction_id}: {command[0]} ended with {ended.returncode}")
