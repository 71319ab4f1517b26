"""Workflow commands of `omics dss`: transfers, changes of any size, checkouts, and received notifications."""

from __future__ import annotations

import os
import shutil
import sys
from functools import partial
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omicsdk.cli.commands.values import text_of, words_of
from omicsdk.core.errors import Interrupted, OmicsError, UsageError
from omicsdk.core.response import json_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omicsdk.cli.output import Call, Console
    from omicsdk.core.request import Request
    from omicsdk.hca.dss import Dss
    from omicsdk.hca.dss.downloads import Result
    from omicsdk.hca.dss.notifications import Notification
    from omicsdk.hca.dss.uploads import UploadedBundle

KEY_VARIABLE = "OMICS_DSS_HMAC_KEY"


def nothing_cached(*, console: Console) -> None:
    """Do nothing: definitions of services are not cached.

    Args:
        console: Reports that.
    """
    from omicsdk.compat.hca.util import NOTHING_CACHED

    console.message(NOTHING_CACHED)


# -- transfers


def bundle_manifest(result: Result, call: Call) -> object:
    """Render a bundle's download: the bundle's manifest, with the folder's path."""
    output = download_result(result, call)
    if call.arguments.get("dry_run") or result.why_stopped:
        return output
    bundle = result.bundles[0]
    return {**bundle.manifest, "path": str(Path(call.arguments.get("download_dir") or "") / bundle.folder)}


def download_result(result: Result, call: Call) -> object:
    """Render a download as counts."""
    from omicsdk.cli.commands.transfers import finish, foreseen

    errors = [outcome.error for outcome in result.failed if outcome.error is not None]
    finish(result, call, errors, fail=result.raise_if_failed)
    if call.arguments.get("dry_run"):
        return foreseen(result)
    summary = result.summary()
    return {
        **{name: summary[name] for name in ("ok", "counts", "verification", "bytes_fetched", "seconds")},
        "bundles": [bundle.folder for bundle in result.bundles],
        "errors": [str(error) for error in errors],
    }


def uploaded_bundle(result: UploadedBundle, call: Call) -> object:
    """Render an upload: the new bundle, or the plan of a dry run."""
    from omicsdk.cli.commands.transfers import planned, print_stopped, report_ended, rows_of, transfer_data
    from omicsdk.hca.dss.bundles import CHECKSUMS

    report_ended(result, call)
    if call.arguments.get("dry_run"):
        rows = [
            {
                "name": file.name,
                "size": file.size,
                "state": file.state,
                "plan": file.plan,
                "target": f"{result.target}/{file.name}",
                "checksum": ", ".join(CHECKSUMS),
                "source": file.source,
            }
            for file in result.files
        ]
        size = sum(file.size or 0 for file in result.files)
        summary = {"counts": {"planned": len(rows)}, "bytes_to_send": size, "files": rows}
        return planned(summary, size, "send")
    if result.why_stopped and result.ended_by is None:
        remedy = "No bundle was created. Repeat the upload to resume it."
        print_stopped(Interrupted(f"The upload ended early: {result.why_stopped}", remedy=remedy), call.console)
        return transfer_data(result, rows_of(result))
    result.raise_if_failed()
    return result.response()


# -- operations with several requests: changes of any size, and copies with waiting


def put_collection(client: Dss, **arguments: Any) -> object:
    """Create a collection with any number of links."""
    from omicsdk.hca.dss.collections import create

    return create(partial(_response, client.put_collection), partial(_response, client.patch_collection), arguments)


def patch_collection(client: Dss, **arguments: Any) -> object:
    """Change a collection by any number of links."""
    from omicsdk.hca.dss.collections import change

    return change("patch_collection", partial(_response, client.patch_collection), arguments)


def patch_bundle(client: Dss, **arguments: Any) -> object:
    """Change a bundle by any number of files."""
    from omicsdk.hca.dss.collections import change

    return change("patch_bundle", partial(_response, client.patch_bundle), arguments)


def put_file(
    client: Dss, *, wait: bool = False, timeout_seconds: float = 1200, console: Console, **arguments: Any
) -> object:
    """Register a file.

    Args:
        wait: Wait until the service has copied the file. Large files are copied after the response is sent.
        timeout_seconds: Seconds to wait for the copy with `wait`.
        console: Announces waiting.
        **arguments: Arguments of the operation.
    """
    if not wait:
        return _response(client.put_file, **arguments)
    # Invalid arguments are refused before the message.
    _request(client.put_file, arguments)
    console.message(f"waiting until the Data Store has file {arguments['uuid']}")
    return {"version": client.register_file(**arguments, timeout_seconds=timeout_seconds).version}


def checkout(
    client: Dss, *, wait: bool = False, timeout_seconds: float = 3600, console: Console, **arguments: Any
) -> object:
    """Start a checkout of a bundle.

    Args:
        wait: Wait until the bundle is copied, and print its location; the exit code is 1 if the job fails.
        timeout_seconds: Seconds to wait for the job with `wait`.
        console: Announces the job.
        **arguments: Arguments of the operation.
    """
    if not wait:
        return _response(client.post_bundles_checkout, **arguments)
    result = client.checkout(
        **arguments,
        timeout_seconds=timeout_seconds,
        started=lambda job_id: console.message(f"checkout {job_id} has started"),
    )
    return {"checkout_job_id": result.job_id, "status": "SUCCEEDED", "location": result.location}


def _response(operation: Any, **arguments: Any) -> dict[str, Any]:
    """Call an operation, and return its response as JSON."""
    return json_of(next(operation.responses(_request(operation, arguments))))


def _request(operation: Any, arguments: dict[str, Any]) -> Request:
    """Return the request of an operation; refuse invalid arguments, such as a UUID with a slash."""
    try:
        return operation.build(**arguments)
    except (ValueError, TypeError) as error:
        raise UsageError(str(error)) from error


# -- notifications of subscriptions


class _CommandFailed(Exception):
    """The command of --exec failed."""


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
    """Receive notifications of subscriptions and print each as a JSON line.

    Runs a small web server for the callback URL of a subscription. With `hmac_key`, only signed requests are accepted;
    otherwise all requests are. A notification is acknowledged when its line is printed, or when the command of `exec`
    has exited with 0; otherwise the Data Store sends it again later. Listens on this machine only by default: use a web
    server with TLS to forward requests to it. Press Ctrl-C to stop.

    Args:
        port: TCP port to listen on; 0 selects a free port and prints it.
        host: Address to listen on.
        path: Path of the callback URL; other paths are answered with 404. By default every path is accepted.
        hmac_key: The subscription's hmac_secret_key, or @ and the name of a file with it; by default the value of
            OMICS_DSS_HMAC_KEY. All users of a machine can see its command lines.
        hmac_key_id: The subscription's hmac_key_id; by default requests signed with any id are accepted.
        payload_form_field: Form field that holds the message, for subscriptions with the encoding multipart/form-data.
        max: Stop after N notifications; by default run until Ctrl-C.
        once: Stop after the first notification.
        timeout: Seconds to wait for each notification; the exit code is 1 if none arrives. By default, wait without
            limit.
        exec: Command to run for each notification, with the notification on stdin. It is split into words as by a
            shell, but run without one. If it fails, the notification is sent again later.
        console: Prints messages.
    """
    from omicsdk.hca.dss.notifications import Listener
    from omicsdk.transfer.engine.control import termination

    left: float = 1 if once else inf if max is None else max
    command, keys = _command(exec), _keys(hmac_key, hmac_key_id)
    if path is not None and not path.startswith("/"):
        raise UsageError(f"--path {path}: a path begins with /")
    listener = Listener(host=host, port=port, path=path, keys=keys, payload_field=payload_form_field)
    with termination(), listener:
        console.message(f"listening at {listener.url}")
        if keys is None:
            console.warning("signatures are not verified: any client may send notifications; use --hmac-key")
        while left > 0:
            try:
                with listener.receive(timeout) as notification:
                    _hand_over(notification, command)
            except _CommandFailed as error:
                console.some_failed(f"{error}; the notification will be sent again")
            else:
                left -= 1


def _command(command_text: str | None) -> list[str] | None:
    if command_text is None:
        return None
    try:
        parts = words_of(command_text)
    except ValueError as error:
        raise UsageError(f"--exec: {command_text!r} cannot be split into words: {error}") from error
    if not parts:
        raise UsageError("--exec: the command is empty")
    if shutil.which(parts[0]) is None:
        raise UsageError(f"--exec: program {parts[0]} not found", remedy="Use its full path.")
    return parts


def _keys(secret_option: str | None, key_id: str | None) -> Mapping[str, str] | str | None:
    """Return the secret, for one key id or for all."""
    secret = secret_option or os.environ.get(KEY_VARIABLE) or ""
    if secret.startswith("@"):
        file = secret[1:]
        secret = text_of(file, "--hmac-key").rstrip("\r\n")
        if not secret:
            raise UsageError(f"--hmac-key: {file} is empty", remedy="Write only the secret into it.")
    if key_id is None:
        return secret or None
    if not secret:
        raise UsageError("--hmac-key-id requires --hmac-key", remedy=f"Use the secret, or set {KEY_VARIABLE}.")
    return {key_id: secret}


def _hand_over(notification: Notification, command: list[str] | None) -> None:
    """Print a notification, or run the command with it.

    Raises:
        _CommandFailed: The command failed.
        OmicsError: The command cannot be run.
    """
    import subprocess

    from omicsdk.core.json_text import written

    fields = {"form_fields": dict(notification.form_fields)} if notification.form_fields else {}
    line = written({**notification.payload, **fields})  # ASCII: a sender's text cannot control a terminal
    if command is None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        return
    try:
        ended = subprocess.run(command, input=f"{line}\n", text=True, encoding="utf-8", check=False)
    except OSError as error:
        raise OmicsError(
            f"--exec: cannot run {command[0]}: {error.strerror}", remedy="Use the command's full path."
        ) from error
    if ended.returncode != 0:
        raise _CommandFailed(f"{notification.transaction_id}: {command[0]} exited with {ended.returncode}")
