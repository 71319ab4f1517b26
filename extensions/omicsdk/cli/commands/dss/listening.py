"""`omics dss listen`: notifications as JSON lines, or one by one to a command."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from omicsdk.cli.commands.values import text_of
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


def listen(
    *,
    port: int = 8080,
    host: str = "127.0.0.1",
    path: str | None = None,
    hmac_key: str | None = None,
    hmac_key_id: str | None = None,
    payload_form_field: str = "payload",
    max: int | None = None,
    once: bool = False,
    timeout: float | None = None,
    exec: str | None = None,
    console: Console,
) -> None:
    """Receive notifications of subscriptions and print them, a JSON line each.

    A small web server for the callback URL of a subscription. With `hmac_key` only signed requests are accepted; without
    it every request is. The Data Store learns that a notification arrived when its line is printed, or when the command of
    `exec` has ended with 0; otherwise it sends the notification again later. Listens on this machine only, unless `host` says
    otherwise: let a web server with TLS forward requests to it. Ends on Ctrl-C.

    Args:
        port: TCP port to listen on; 0 takes a free one and prints it.
        host: Address to listen on.
        path: Path of the callback URL; other paths are answered with 404. By default every path is accepted.
        hmac_key: The subscription's hmac_secret_key, or @ and the name of a file that holds it; by default the value of
            OMICS_DSS_HMAC_KEY. All users of a machine can see its command lines.
        hmac_key_id: The subscription's hmac_key_id; by default requests signed under any id are accepted.
        payload_form_field: Form field that holds the message, for subscriptions with the encoding multipart/form-data.
        max: Notifications to receive before it ends; by default it runs until Ctrl-C.
        once: End after the first notification.
        timeout: Seconds to wait for each notification; when none comes the command ends with 1. By default it waits forever.
        exec: Command to run for each notification, which it gets on stdin. Its words are split as a shell does, but no shell
            runs it. When it fails, the notification is sent again later.
        console: Where messages go.
    """
    most: int | None = 1 if once else max
    command = _command(exec)
    keys = _keys(hmac_key, hmac_key_id)
    if path is not None and not path.startswith("/"):
        raise UsageError(f"--path {path}: a path begins with /")
    listener = Listener(host=host, port=port, path=path, keys=keys, payload_field=payload_form_field)
    with termination(), listener:
        console.message(f"listening at {listener.url}")
        if keys is None:
            console.warning("signatures aren't checked: anybody may send notifications; give --hmac-key")
        count = 0
        while most is None or count < most:
            try:
                with listener.receive(timeout) as notification:
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
